"""Asking for a refund, approving and declining it."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.audit import Actor
from merchant_portal.crashpoints import reached
from merchant_portal.money import Money
from payments.errors import ApprovalRefused, GiveBackRefused
from payments.models import Cancel, Payment
from payments.services import giving_back
from payments.states import CancelState
from qrcodes.services.idempotency import RequestKey, recall, remember
from refunds.models import Refund
from refunds.services import moves
from refunds.states import RefundOrigin, RefundState

_CANCELS_THAT_CAME_TO_NOTHING = frozenset({CancelState.LAPSED, CancelState.REFUSED})


@transaction.atomic
def request_refund(
    payment: Payment,
    *,
    amount: Money,
    reason: str,
    note: str,
    actor: Actor,
    instead_of: Cancel | None = None,
    request: RequestKey | None = None,
) -> Refund:
    """Somebody wants money of a payment to go back; raises GiveBackRefused, and KeyReused."""
    locked = giving_back.lock_payment(payment.pk)
    made = recall(request) if request else None
    if made is not None:
        return Refund.objects.get(pk=made)
    giving_back.refuse_reason(reason, note)
    refuse_refund(locked, amount)
    _refuse_successor(locked, instead_of)
    giving_back.reserve(locked, amount)
    refund = _begin(locked, amount, reason=reason, note=note, actor=actor, instead_of=instead_of)
    audit.record(actor, "request_refund", refund, amount=str(amount), reason=reason)
    if request:
        remember(request, refund)
    reached("refund.requested")
    return refund


def refuse_refund(payment: Payment, amount: Money) -> None:
    """Raise GiveBackRefused unless this amount of the payment can go back now."""
    text = objection(payment)
    if text:
        raise GiveBackRefused(text)
    giving_back.refuse_amount(payment, amount)


def objection(payment: Payment) -> str:
    """Why nothing can be refunded as things stand, for people; empty where it can be."""
    return giving_back.objection(payment) or _window_over(payment)


def _window_over(payment: Payment) -> str:
    """Counted in days of GMT+8, as Alipay does."""
    paid_on = clock.transaction_day(payment.paid_at or payment.occurred_at)
    last_day = paid_on + timedelta(days=payment.account.refund_window_days)
    if clock.transaction_day(clock.now()) <= last_day:
        return ""
    return _("Alipay took refunds of it until %s only.") % last_day.isoformat()


def _refuse_successor(payment: Payment, instead_of: Cancel | None) -> None:
    if instead_of is None:
        return
    to_nothing = payment.cancels.filter(state__in=_CANCELS_THAT_CAME_TO_NOTHING)
    if not to_nothing.filter(pk=instead_of.pk).exists():
        raise GiveBackRefused(_("A refund follows a cancel only where that came to nothing."))


def _begin(
    payment: Payment,
    amount: Money,
    *,
    reason: str,
    note: str,
    actor: Actor,
    instead_of: Cancel | None,
) -> Refund:
    columns = giving_back.columns_of_request(payment, amount, reason=reason, note=note, actor=actor)
    refund = Refund.objects.create(
        **columns,
        account=payment.account,
        origin=RefundOrigin.OURS,
        partner_refund_id=_new_number(payment),
        state=RefundState.REQUESTED if columns["needs_approval"] else RefundState.APPROVED,
        instead_of=instead_of,
    )
    giving_back.write_move(refund, "", actor=actor, note=refund.note)
    return refund


def _new_number(payment: Payment) -> str:
    """Its name at Alipay for ever; never an order number, which Alipay takes for the same."""
    while True:
        number = f"R{clock.transaction_day(clock.now()):%Y%m%d}{secrets.token_hex(8)}"
        orders = Payment.objects.filter(account=payment.account_id, partner_trans_id=number)
        if not orders.exists():
            return number


@transaction.atomic
def approve_refund(refund: Refund, *, actor: Actor) -> Refund:
    """A second person agrees; raises ApprovalRefused."""
    _payment, locked = moves.lock(refund.pk)
    _refuse_decided(locked)
    giving_back.refuse_approver(locked, actor)
    giving_back.note_decision(locked, actor=actor)
    giving_back.owe_call(locked)
    giving_back.move(locked, RefundState.APPROVED, actor=actor)
    locked.save()
    audit.record(actor, "approve_refund", locked)
    return locked


@transaction.atomic
def decline_refund(refund: Refund, *, note: str, actor: Actor) -> Refund:
    """A second person says no, or who asked withdraws; raises ApprovalRefused.

    One that is approved and cannot be sent may be given up too: nothing of it has left.
    """
    payment, locked = moves.lock(refund.pk)
    if not _is_stuck(locked):
        _refuse_decided(locked)
    if not note.strip():
        raise ApprovalRefused(_("Write down why."))
    giving_back.note_decision(locked, actor=actor, note=note)
    giving_back.move(locked, RefundState.DECLINED, actor=actor, note=note)
    giving_back.release(payment, locked.amount)
    locked.save()
    audit.record(actor, "decline_refund", locked, note=note.strip())
    return locked


def _is_stuck(refund: Refund) -> bool:
    """Whether it waits for a person because it cannot be sent, and surely has not been."""
    return refund.is_stuck and not giving_back.is_claimed(refund)


def _refuse_decided(refund: Refund) -> None:
    if refund.state != RefundState.REQUESTED:
        raise ApprovalRefused(_("This refund does not wait for approval any more."))
