"""What refunds and cancels share: whether money may go back, its reservation, a second person.

The caller holds the transaction, and the lock of the payment, which comes before that of the row.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from merchant_portal import clock, due
from merchant_portal.accounts.models import GatewayCall
from merchant_portal.audit import Actor
from merchant_portal.money import Money
from payments.errors import ApprovalRefused, GiveBackRefused
from payments.models import GivingBack, Notification, Payment
from payments.states import ASKED_REASONS, GiveBackQuestion, GiveBackReason, PaymentState

_NOTHING_TO_GIVE_BACK: Mapping[PaymentState, Promise] = MappingProxyType(
    {
        PaymentState.PENDING: gettext_lazy("It is not paid yet: there is nothing to give back."),
        PaymentState.UNKNOWN: gettext_lazy("It is not known to be paid; ask Alipay first."),
        PaymentState.CONFIRMING: gettext_lazy(
            "Its amount is still being confirmed with Alipay; ask again in a moment."
        ),
        PaymentState.CANCELLED: gettext_lazy("It is cancelled: all of it has gone back."),
        PaymentState.CLOSED: gettext_lazy("It was closed unpaid: there is nothing to give back."),
    }
)


def lock_payment(payment_id: int) -> Payment:
    return (
        Payment.objects.select_for_update(of=("self",))
        .select_related("account", "code__enrolment", "sale")
        .get(pk=payment_id)
    )


# ---- May it go back -----------------------------------------------------------------------


def objection(payment: Payment) -> str:
    """Why nothing of a payment can go back as things stand, for people; empty where it can."""
    if payment.state != PaymentState.PAID:
        return str(_NOTHING_TO_GIVE_BACK[PaymentState(payment.state)])
    if payment.frozen:
        return _("Alipay holds this payment; nothing can go back until it is released.")
    if not payment.refundable:
        return _("This payment is final at Alipay; nothing can go back any more.")
    if not payment.partner_trans_id:
        return _("Its merchant order number is not known, and Alipay wants it; ask Alipay first.")
    return ""


def left_of(payment: Payment) -> Money:
    """What has neither gone back nor is on its way."""
    gone = payment.refunded_minor + payment.cancelled_minor + payment.reserved_minor
    return Money(payment.amount_minor - gone, payment.currency)


def refuse_amount(payment: Payment, amount: Money) -> None:
    """Raise GiveBackRefused unless the amount is above zero and fits in what is left."""
    if amount.currency != payment.currency:
        raise GiveBackRefused(
            _("Money goes back in the currency it was paid in, %s.") % payment.currency
        )
    if amount.minor <= 0:
        raise GiveBackRefused(_("Enter an amount above zero."))
    left = left_of(payment)
    if amount.minor <= left.minor:
        return
    if payment.reserved_minor:
        reserved = Money(payment.reserved_minor, payment.currency)
        text = _("Only %(left)s is left of it; %(reserved)s is on its way back already.")
        raise GiveBackRefused(text % {"left": left, "reserved": reserved})
    raise GiveBackRefused(_("Only %s is left of it.") % left)


def refuse_reason(reason: str, note: str) -> None:
    """Raise GiveBackRefused without a reason of the list, or without a note for another one."""
    if reason not in dict(ASKED_REASONS):
        raise GiveBackRefused(_("Say why the money goes back."))
    if reason == GiveBackReason.OTHER and not note.strip():
        raise GiveBackRefused(_("Write down the reason."))


def needs_approval(payment: Payment, amount: Money) -> bool:
    """Above the account's limit a second person approves. A limit in another currency says
    nothing about this amount, so there a second person approves too."""
    limit = payment.account.approval_limit
    if limit is None:
        return False
    return limit.currency != amount.currency or amount.minor > limit.minor


# ---- The reservation ----------------------------------------------------------------------


def reserve(payment: Payment, amount: Money) -> None:
    """From now on nobody else can give this amount back."""
    payment.reserved_minor += amount.minor
    payment.save(update_fields=["reserved_minor"])


def release(payment: Payment, amount: Money) -> None:
    """It does not go back: it may be given back anew."""
    payment.reserved_minor -= amount.minor
    payment.save(update_fields=["reserved_minor"])


# ---- The row ------------------------------------------------------------------------------


def columns_of_request(
    payment: Payment, amount: Money, *, reason: str, note: str, actor: Actor
) -> dict[str, Any]:
    """The columns a request fills in, whichever call will carry it."""
    now = clock.now()
    # Nobody approves that a sale is given up: what was not wanted does not wait.
    approval = reason != GiveBackReason.SALE_ENDED and needs_approval(payment, amount)
    return {
        "payment": payment,
        "amount_minor": amount.minor,
        "currency": amount.currency,
        "reason": reason,
        "note": note.strip()[:200],
        "requested_by": actor.user,
        "requested_by_name": actor.name[:200],
        "requested_at": now,
        "needs_approval": approval,
        "next_attempt_at": None if approval else now,
    }


def move(
    row: GivingBack,
    target: Enum,
    *,
    actor: Actor,
    note: str = "",
    call: GatewayCall | None = None,
    notification: Notification | None = None,
) -> None:
    """Take a locked refund or cancel to another state; raises MoveRefused."""
    before = type(target)(row.state)
    row.machine.check(before, target)
    row.state = target.value
    if not row.is_open:
        owe_nothing(row)
    write_move(row, before.value, actor=actor, note=note, call=call, notification=notification)


def write_move(
    row: GivingBack,
    before: str,
    *,
    actor: Actor,
    note: str = "",
    call: GatewayCall | None = None,
    notification: Notification | None = None,
) -> None:
    """Leave the row of a move from the state before, empty for none, to that of now."""
    row.moves.create(
        from_state=before,
        to_state=row.state,
        at=clock.now(),
        actor_name=actor.name[:200],
        note=note[:200],
        call=call,
        notification=notification,
    )


def refuse_approver(row: GivingBack, actor: Actor) -> None:
    """Raise ApprovalRefused unless a person approves who did not ask for it."""
    if actor.user is None:
        raise ApprovalRefused(_("A person approves money going back."))
    if row.requested_by_id == actor.user.pk:
        raise ApprovalRefused(_("Whoever asks for money to go back cannot approve it."))


def note_decision(row: GivingBack, *, actor: Actor, note: str = "") -> None:
    """Who decided, and when. Who asked may withdraw: that is no decision of a second person."""
    withdraws = actor.user is not None and row.requested_by_id == actor.user.pk
    row.decided_by = None if withdraws else actor.user
    row.decided_by_name = actor.name[:200]
    row.decided_at = clock.now()
    row.decision_note = note.strip()[:200]


def owe_call(row: GivingBack) -> None:
    """Its call is due now, as a first attempt."""
    row.next_attempt_at = clock.now()
    row.attempts = 0
    clear_question(row)


def owe_nothing(row: GivingBack) -> None:
    """It has come to a definite end."""
    row.next_attempt_at = row.lease_until = None
    row.attempts = 0
    row.settled_at = clock.now()
    clear_question(row)


def clear_question(row: GivingBack) -> None:
    row.question, row.question_since = "", None


def ask_person(row: GivingBack, question: GiveBackQuestion) -> None:
    """A person must look; nothing more happens by itself."""
    if row.question != question:
        row.question, row.question_since = question, clock.now()
    row.next_attempt_at = row.lease_until = None


def climb(row: GivingBack, ladder: Sequence[int], *, at_the_end: GiveBackQuestion) -> None:
    """The next attempt at the ladder's next rung; where it has ended, a person must look."""
    row.lease_until = None
    row.attempts = max(row.attempts, 1)
    row.next_attempt_at = due.later(row, ladder, now=clock.now())
    if row.next_attempt_at is None:
        ask_person(row, at_the_end)


def ladder_of(row: GivingBack) -> Sequence[int]:
    """Seconds between its calls; a cancel that ends a sale is somebody waiting at the till."""
    if row.reason == GiveBackReason.SALE_ENDED:
        return settings.SALE_CANCEL_LADDER_SECONDS
    return settings.GIVE_BACK_LADDER_SECONDS


def is_last_rung(row: GivingBack) -> bool:
    """Whether its ladder ends with this attempt."""
    return due.later(row, ladder_of(row), now=clock.now()) is None


def restart(row: GivingBack) -> None:
    """A person asks: the ladder begins again. Called before the row is claimed."""
    row.attempts = 0
    row.next_attempt_at = clock.now()
    clear_question(row)


def begin_sending(row: GivingBack, *, at: datetime) -> None:
    """Write down that a call leaves, so that a crash from here on counts as no answer."""
    if row.first_sent_at is None:
        row.first_sent_at = at
    row.asked_without_answer = True


def is_claimed(row: GivingBack) -> bool:
    """Whether the clock, or a person, holds the row at this moment."""
    return row.lease_until is not None and row.lease_until > clock.now()
