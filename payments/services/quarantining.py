"""What arrives on a known key and does not verify is sealed and kept, within limits."""

import hashlib

from django.conf import settings
from django.db import transaction
from django.db.models import F

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.vault import open_vault
from payments.models import IntakeCount, Quarantined
from qrcodes.models import QRCode


@transaction.atomic
def quarantine(
    account: Account, *, code: QRCode | None, body: bytes, content_type: str, why: str
) -> Quarantined | None:
    """Seal and keep a body that did not verify; beyond the limits it is only counted."""
    if len(body) > settings.QUARANTINE_BODY_BYTES:
        count_turned_away(IntakeCount.Kind.TOO_LARGE, scope=str(account.pk))
        return None
    digest = hashlib.sha256(body).hexdigest()
    same = Quarantined.objects.filter(
        account=account, body_digest=digest, content_type=content_type[:100]
    )
    if same.update(received_count=F("received_count") + 1):
        return same.get()
    held = Quarantined.objects.filter(account=account, notification__isnull=True).count()
    if held >= settings.QUARANTINE_BODIES:
        count_turned_away(IntakeCount.Kind.QUARANTINE_FULL, scope=str(account.pk))
        return None
    return Quarantined.objects.create(
        account=account,
        code=code,
        sealed_body=open_vault(settings.MASTER_KEY).seal(body),
        body_digest=digest,
        body_bytes=len(body),
        content_type=content_type[:100],
        why=why[:200],
        received_at=clock.now(),
    )


@transaction.atomic
def count_turned_away(kind: IntakeCount.Kind, *, scope: str = "") -> None:
    """One more message of a kind turned away on this transaction day."""
    row, _ = IntakeCount.objects.get_or_create(
        day=clock.transaction_day(clock.now()), scope=scope, kind=kind
    )
    IntakeCount.objects.filter(pk=row.pk).update(count=F("count") + 1)
