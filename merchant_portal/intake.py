"""The way of a notification: from a posted body on a key's address to its effect.

Store first, then let it have its effect inside a savepoint; ``success`` is said only after the
commit. Nothing but the database is asked on this way.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.utils import DatabaseError

from merchant_portal import clock, due
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, AccountKey
from merchant_portal.alipay.errors import NotificationUnreadable
from merchant_portal.alipay.messages import Notice, Posted, parse_posted, read_notice
from merchant_portal.alipay.notifications import verify_posted
from merchant_portal.alipay.signing import SignType
from merchant_portal.vault import open_vault
from payments import services as payments
from payments.errors import NoticeMustWait
from payments.models import IntakeCount, Notification, Payment, Quarantined
from payments.services.notices import Arrival
from payments.states import NotificationState, WaitReason
from qrcodes.models import QRCode


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a key in the path belongs to."""

    account: Account
    code: QRCode | None


def receive(key: str, *, body: bytes, content_type: str) -> bool:
    """Take in one posted body; True only when it is stored, committed, and may be acknowledged."""
    addressee = find_addressee(key)
    if addressee is None:
        payments.count_turned_away(IntakeCount.Kind.UNKNOWN_KEY)
        return False
    arrival, why = verify(addressee, body=body, content_type=content_type)
    if arrival is None:
        payments.quarantine(
            addressee.account, code=addressee.code, body=body, content_type=content_type, why=why
        )
        return False
    store_and_apply(arrival)
    return True


def find_addressee(key: str) -> Addressee | None:
    """The account (and code) of a key; keys resolve for ever, also those of deleted codes."""
    code = (
        QRCode.objects.select_related(
            "enrolment__account", "enrolment__store", "enrolment__counter"
        )
        .filter(key=key)
        .first()
    )
    if code is not None:
        return Addressee(code.enrolment.account, code)
    account = Account.objects.filter(notify_key=key).first()
    return Addressee(account, None) if account else None


def verify(addressee: Addressee, *, body: bytes, content_type: str) -> tuple[Arrival | None, str]:
    """The arrival if the account's own keys and sign type verify it, else why not."""
    now = clock.now()
    try:
        posted = parse_posted(body, content_type=content_type)
    except NotificationUnreadable as unreadable:
        return None, str(unreadable)
    account = addressee.account
    pairs = accounts.verifying_keys(account, at=now)
    verified = verify_posted(
        posted, sign_type=SignType(account.sign_type), keys=[key for _, key in pairs]
    )
    if verified is None:
        return None, "No live key of the account verifies the signature."
    row = next(row for row, key in pairs if key == verified)
    return _arrival(addressee, row, posted, body, content_type), ""


def _arrival(
    addressee: Addressee, key: AccountKey, posted: Posted, body: bytes, content_type: str
) -> Arrival:
    notice: Notice = read_notice(posted)
    return Arrival(
        account=addressee.account,
        code=addressee.code,
        key=key,
        posted=posted,
        notice=notice,
        body=body,
        content_type=content_type,
        received_at=clock.now(),
    )


@transaction.atomic(durable=True)
def store_and_apply(arrival: Arrival) -> Notification:
    """One transaction: the raw row, and its effect inside a savepoint."""
    notification = payments.record_notification(arrival)
    if notification.state == NotificationState.WAITING:
        _apply(notification, arrival)
    return notification


def apply_again(notification_id: int) -> Notification:
    """Let a waiting notification have its effect now; safe to call at any time."""
    with transaction.atomic(durable=True):
        notification = (
            Notification.objects.select_for_update(of=("self",))
            .select_related("account", "code__enrolment__store", "code__enrolment__counter")
            .get(pk=notification_id)
        )
        if notification.state == NotificationState.WAITING:
            _apply(notification, _arrival_again(notification))
    return notification


def _arrival_again(notification: Notification) -> Arrival:
    body = bytes(notification.body)
    posted = parse_posted(body, content_type=notification.content_type)
    addressee = Addressee(notification.account, notification.code)
    return _arrival(addressee, notification.verified_with, posted, body, notification.content_type)


def _apply(notification: Notification, arrival: Arrival) -> None:
    """The effect, or why it waits. A lost race is tried once more: it sees the winner."""
    for attempt in (1, 2):
        try:
            with transaction.atomic():
                notification.payment = _dispatch(notification, arrival)
        except NoticeMustWait as wait:
            _wait(notification, wait.reason, wait.text)
            return
        except DatabaseError as error:
            if attempt == 2:
                _wait(notification, WaitReason.FAILED, type(error).__name__)
                return
        else:
            _mark_applied(notification)
            return


def _dispatch(notification: Notification, arrival: Arrival) -> Payment | None:
    if arrival.notice.is_refund:
        raise NoticeMustWait(WaitReason.REFUND_UNBOOKED, arrival.notice.refund_fee)
    return payments.apply_paid(notification, arrival)


def _mark_applied(notification: Notification) -> None:
    notification.state = NotificationState.APPLIED
    notification.reason = notification.reason_text = ""
    notification.applied_at = clock.now()
    notification.next_attempt_at = notification.lease_until = None
    notification.save(
        update_fields=[
            "state", "reason", "reason_text", "applied_at", "next_attempt_at", "lease_until",
            "payment",
        ]
    )  # fmt: skip


#: Reasons that time alone may cure; the others wait for a person.
_CURED_BY_TIME = frozenset({WaitReason.FAILED})


def _wait(notification: Notification, reason: WaitReason, text: str) -> None:
    now = clock.now()
    notification.reason, notification.reason_text = reason, text[:300]
    notification.lease_until = None
    notification.attempts = max(notification.attempts, 1)
    notification.next_attempt_at = (
        due.later(notification, settings.APPLY_LADDER_SECONDS, now=now)
        if reason in _CURED_BY_TIME
        else None
    )
    notification.save(
        update_fields=["reason", "reason_text", "next_attempt_at", "lease_until", "attempts"]
    )


def verify_quarantine_of(account: Account) -> int:
    """Verify again what is held for an account; answers how many became notifications."""
    released = 0
    started_at = clock.now()
    held = Quarantined.objects.filter(account=account, notification__isnull=True)
    for row in held.select_related("account", "code__enrolment__account").order_by("id"):
        body = open_vault(settings.MASTER_KEY).open(bytes(row.sealed_body))
        arrival, _why = verify(
            Addressee(row.account, row.code), body=body, content_type=row.content_type
        )
        if arrival is not None:
            notification = store_and_apply(arrival)
            Quarantined.objects.filter(pk=row.pk).update(notification=notification)
            released += 1
    Account.objects.filter(pk=account.pk).update(quarantine_verified_at=started_at)
    return released
