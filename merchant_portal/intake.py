"""The way of a notification: from a posted body on a key's address to its effect.

Store first, then let it have its effect; what arrived is kept also where that fails. ``success`` is
said only after the commit. Nothing but the database is asked on this way.
"""

import re

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from merchant_portal import audit, clock
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, AccountKey
from merchant_portal.alipay.errors import NotificationUnreadable
from merchant_portal.alipay.messages import Posted, parse_posted, read_notice
from merchant_portal.alipay.notifications import verify_posted
from merchant_portal.alipay.signing import SignType
from merchant_portal.audit import Actor
from merchant_portal.crashpoints import reached
from merchant_portal.vault import SealBroken, open_vault
from payments import services as payments
from payments.errors import WordUnusable
from payments.models import NEVER_CHECKED, IntakeCount, Notification, Payment, Quarantined
from payments.services import Addressee, Arrival
from payments.states import NotificationState, WaitReason
from qrcodes.models import QRCode
from refunds import services as refunds

log = structlog.get_logger(__name__)

_key_form = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Unverified(Exception):
    """A body that the account's own keys and sign type do not verify; the text says why."""


class KeysSealedShut(Unverified):
    """The master key opens no key of the account, so nothing was judged: the clock tries again."""


def receive(key: str, *, body: bytes, content_type: str) -> bool:
    """Take in one posted body; True only when it is stored, committed, and may be acknowledged."""
    checked_at = clock.now()
    addressee = payments.find_addressee(key, at=checked_at) if _key_form.fullmatch(key) else None
    if addressee is None:
        payments.count_turned_away(IntakeCount.Kind.UNKNOWN_KEY)
        return False
    try:
        arrival = verify(addressee, body=body, content_type=content_type)
    except Unverified as unverified:
        payments.quarantine(
            addressee.account,
            code=addressee.code,
            body=body,
            content_type=content_type,
            why=str(unverified),
            checked_at=NEVER_CHECKED if isinstance(unverified, KeysSealedShut) else checked_at,
        )
        return False
    store_and_apply(arrival)
    reached("notification.kept")
    return True


def verify(addressee: Addressee, *, body: bytes, content_type: str) -> Arrival:
    """What arrived, if the account's own keys and sign type verify it; raises Unverified."""
    account = addressee.account
    try:
        posted = parse_posted(body, content_type=content_type)
        keys = accounts.open_verifying_keys(account, addressee.keys)
    except NotificationUnreadable as unreadable:
        raise Unverified(str(unreadable)) from unreadable
    except SealBroken as broken:
        log.exception("account_keys_sealed_shut", account=account.pk)
        raise KeysSealedShut(str(broken)) from broken
    verified = verify_posted(
        posted, sign_type=SignType(account.sign_type), keys=[key for _row, key in keys]
    )
    for row, key in keys:
        if key is verified:
            return _arrival(
                account, addressee.code, row, posted, body=body, content_type=content_type
            )
    raise Unverified(gettext_noop("No live key of the account verifies the signature."))


def _arrival(
    account: Account,
    code: QRCode | None,
    key: AccountKey,
    posted: Posted,
    *,
    body: bytes,
    content_type: str,
) -> Arrival:
    return Arrival(
        account=account,
        code=code,
        key=key,
        posted=posted,
        notice=read_notice(posted),
        body=body,
        content_type=content_type,
        received_at=clock.now(),
    )


def store_and_apply(arrival: Arrival) -> Notification:
    """Commit the raw row with its effect, or with the reason why it waits.

    Nearly every effect succeeds, so both are tried first as one, a tenth cheaper than with a
    savepoint between them. Whatever fails is rolled back whole, and begun again with the savepoint
    that keeps the raw row.
    """
    try:
        return _store_with_effect(arrival)
    except Exception as error:  # noqa: BLE001  what is no passing matter fails, and is told, below
        log.debug("notification_begun_again", error=type(error).__name__)
    with transaction.atomic(durable=True):
        return _store_and_apply(arrival)


@transaction.atomic(durable=True)
def _store_with_effect(arrival: Arrival) -> Notification:
    notification = payments.record_notification(arrival)
    if notification.state == NotificationState.WAITING:
        _end(notification, arrival, _effect(notification, arrival))
    return notification


def _store_and_apply(arrival: Arrival) -> Notification:
    notification = payments.record_notification(arrival)
    if notification.state == NotificationState.WAITING:
        _apply(notification, arrival)
    return notification


def apply_again(notification_id: int, *, actor: Actor | None = None) -> Notification:
    """Let a waiting notification have its effect now; ``actor`` is the person who wants it.

    Safe to call at any time: what has had its effect has none again.
    """
    with transaction.atomic(durable=True):
        notification = (
            Notification.objects.select_for_update(of=("self",))
            .select_related("account", "verified_with", "code__enrolment__account")
            .get(pk=notification_id)
        )
        if actor is not None:
            audit.record(actor, "apply_notification", notification)
        if notification.state == NotificationState.WAITING:
            _apply(notification, _arrival_again(notification))
    return notification


def _arrival_again(notification: Notification) -> Arrival:
    """What arrived then; it was verified then, so a key retired since takes nothing from it."""
    body, content_type = bytes(notification.body), notification.content_type
    return _arrival(
        notification.account,
        notification.code,
        notification.verified_with,
        parse_posted(body, content_type=content_type),
        body=body,
        content_type=content_type,
    )


def _apply(notification: Notification, arrival: Arrival) -> None:
    """The effect, or why it waits. Whatever fails, what arrived is kept and people see it."""
    try:
        payment = _effect_or_again(notification, arrival)
    except WordUnusable as unusable:
        payments.keep_waiting(notification, unusable.reason, unusable.text)
    except Exception as error:  # what arrived must outlive any mistake of ours
        log.exception("notification_not_applied", notification=notification.pk)
        payments.keep_waiting(notification, WaitReason.FAILED, type(error).__name__)
    else:
        _end(notification, arrival, payment)


def _effect_or_again(notification: Notification, arrival: Arrival) -> Payment | None:
    """A race for a new payment is lost by a unique key; the second try sees the winner."""
    try:
        return _effect_in_savepoint(notification, arrival)
    except IntegrityError:
        return _effect_in_savepoint(notification, arrival)


@transaction.atomic
def _effect_in_savepoint(notification: Notification, arrival: Arrival) -> Payment | None:
    return _effect(notification, arrival)


def _effect(notification: Notification, arrival: Arrival) -> Payment | None:
    if arrival.notice.is_refund:
        return refunds.apply_refund_notice(notification, arrival)
    return payments.apply_paid(notification, arrival)


def _end(notification: Notification, arrival: Arrival, payment: Payment | None) -> None:
    if arrival.notice.is_refund and payment is None:
        payments.keep_waiting(notification, WaitReason.REFUND_UNBOOKED, arrival.notice.refund_fee)
    else:
        payments.mark_applied(notification, payment)
    reached("notification.applied")


def verify_quarantine_of(account: Account) -> int:
    """Verify again what is held for an account, oldest first, each in a transaction of its own;
    answers how many became notifications."""
    held = account.quarantine.to_verify_again().select_related(
        "account", "code__enrolment__account"
    )
    try:
        return sum(_verify_again(row) for row in held)
    except KeysSealedShut:
        return 0


def _verify_again(row: Quarantined) -> bool:
    checked_at = clock.now()
    try:
        arrival = verify(
            Addressee(row.account, row.code, tuple(row.account.keys.live(checked_at))),
            body=open_vault(settings.MASTER_KEY).open(bytes(row.sealed_body)),
            content_type=row.content_type,
        )
    except KeysSealedShut:
        raise
    except (Unverified, SealBroken) as unverified:
        payments.keep_in_quarantine(row, why=str(unverified), checked_at=checked_at)
        return False
    with transaction.atomic(durable=True):
        if not payments.lock_held(row):
            return False
        payments.release_from_quarantine(row, _store_and_apply(arrival))
    return True
