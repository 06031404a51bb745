"""What arrives on a known key and does not verify is sealed and kept, within limits."""

import hashlib
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.vault import open_vault
from payments.models import IntakeCount, Notification, Quarantined
from payments.services.arriving import Post
from qrcodes.models import QRCode

log = structlog.get_logger(__name__)


@transaction.atomic
def quarantine(
    account: Account,
    *,
    code: QRCode | None,
    post: Post,
    why: str,
    checked_at: datetime,
) -> Quarantined | None:
    """Seal and keep a body that did not verify; beyond the limits it is only counted."""
    body, headers = post.body, post.headers
    log.warning("notification_not_verified", account=account.pk, why=why, size=len(body))
    if len(body) > settings.QUARANTINE_BODY_BYTES:
        count_turned_away(IntakeCount.Kind.TOO_LARGE, scope=str(account.pk))
        return None
    content_type = post.content_type[:100]
    # A message of the JSON API with other headers may verify where this one does not.
    digest = hashlib.sha256(headers.encode() + body).hexdigest()
    same = Quarantined.objects.filter(
        account=account, body_digest=digest, content_type=content_type
    )
    if same.update(received_count=F("received_count") + 1):
        return same.get()
    if account.quarantine.held().count() >= settings.QUARANTINE_BODIES:
        count_turned_away(IntakeCount.Kind.QUARANTINE_FULL, scope=str(account.pk))
        return None
    row, is_new = Quarantined.objects.get_or_create(
        account=account,
        body_digest=digest,
        content_type=content_type,
        defaults={
            "code": code,
            "sealed_body": open_vault(settings.MASTER_KEY).seal(body),
            "body_bytes": len(body),
            "headers": headers,
            "why": why[:200],
            "received_at": clock.now(),
            "checked_at": checked_at,
        },
    )
    if not is_new:  # the same body came at the same instant
        same.update(received_count=F("received_count") + 1)
    return row


def lock_held(row: Quarantined) -> bool:
    """Lock it; False where somebody else has released it. The caller holds the transaction."""
    held = Quarantined.objects.held().select_for_update(of=("self",)).filter(pk=row.pk)
    return held.first() is not None


def release_from_quarantine(row: Quarantined, notification: Notification) -> None:
    """It verifies now and is a notification; its row stays as the trace."""
    Quarantined.objects.filter(pk=row.pk).update(notification=notification)


def keep_in_quarantine(row: Quarantined, *, why: str, checked_at: datetime) -> None:
    """It still does not verify."""
    Quarantined.objects.filter(pk=row.pk).update(why=why[:200], checked_at=checked_at)


@transaction.atomic
def count_turned_away(kind: IntakeCount.Kind, *, scope: str = "") -> None:
    """One more message of a kind turned away on this transaction day."""
    row, _ = IntakeCount.objects.get_or_create(
        day=clock.transaction_day(clock.now()), scope=scope, kind=kind
    )
    IntakeCount.objects.filter(pk=row.pk).update(count=F("count") + 1)
