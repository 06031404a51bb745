"""The way of a notification: from a posted body on a key's address to its effect.

Store first, then let it have its effect; what arrived is kept also where that fails. ``success`` is
said only after the commit. Nothing but the database is asked on this way.
"""

import re
from datetime import datetime

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from merchant_portal import audit, clock
from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.crashpoints import reached
from merchant_portal.vault import SealBroken, open_vault
from payments import services as payments
from payments.errors import WordUnusable
from payments.models import NEVER_CHECKED, IntakeCount, Notification, Payment, Quarantined
from payments.services import Addressee, Arrival, JSONArrival, KeysSealedShut, Post, Unverified
from payments.states import NotificationState, WaitReason
from refunds import services as refunds

log = structlog.get_logger(__name__)

Arrived = Arrival | JSONArrival

_key_form = re.compile(r"[0-9a-f]{32}", re.ASCII)


def receive(key: str, post: Post) -> bool:
    """Take in what was posted on a key; True only when it is stored, committed, and may be
    acknowledged."""
    checked_at = clock.now()
    addressee = _addressee(key, post, at=checked_at)
    if addressee is None:
        payments.count_turned_away(IntakeCount.Kind.UNKNOWN_KEY)
        return False
    try:
        arrival = payments.verify(addressee, post)
    except Unverified as unverified:
        payments.quarantine(
            addressee.account,
            code=addressee.code,
            post=post,
            why=str(unverified),
            checked_at=NEVER_CHECKED if isinstance(unverified, KeysSealedShut) else checked_at,
        )
        return False
    store_and_apply(arrival)
    reached("notification.kept")
    return True


def _addressee(key: str, post: Post, *, at: datetime) -> Addressee | None:
    if not _key_form.fullmatch(key):
        return None
    find = payments.find_account if post.headers else payments.find_addressee
    return find(key, at=at)


def store_and_apply(arrival: Arrived) -> Notification:
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
def _store_with_effect(arrival: Arrived) -> Notification:
    notification = payments.record_notification(arrival)
    if notification.state == NotificationState.WAITING:
        _end(notification, arrival, _effect(notification, arrival))
    return notification


def _store_and_apply(arrival: Arrived) -> Notification:
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
            _apply(notification, payments.arrived_before(notification))
    return notification


def _apply(notification: Notification, arrival: Arrived) -> None:
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


def _effect_or_again(notification: Notification, arrival: Arrived) -> Payment | None:
    """A race for a new payment is lost by a unique key; the second try sees the winner."""
    try:
        return _effect_in_savepoint(notification, arrival)
    except IntegrityError:
        return _effect_in_savepoint(notification, arrival)


@transaction.atomic
def _effect_in_savepoint(notification: Notification, arrival: Arrived) -> Payment | None:
    return _effect(notification, arrival)


def _effect(notification: Notification, arrival: Arrived) -> Payment | None:
    if isinstance(arrival, JSONArrival):
        return payments.apply_json(notification, arrival)
    if arrival.notice.is_refund:
        return refunds.apply_refund_notice(notification, arrival)
    return payments.apply_paid(notification, arrival)


def _end(notification: Notification, arrival: Arrived, payment: Payment | None) -> None:
    if payment is None and isinstance(arrival, Arrival) and arrival.notice.is_refund:
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
        body = open_vault(settings.MASTER_KEY).open(bytes(row.sealed_body))
        arrival = payments.verify(
            Addressee(row.account, row.code, tuple(row.account.keys.live(checked_at))),
            Post(body, row.content_type, row.headers),
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
