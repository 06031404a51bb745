"""How a refund moves along its states, and what its end does to the payment's amounts.

The caller holds the transaction and the payment's lock, and saves the refund.
"""

from datetime import datetime

from merchant_portal import clock
from merchant_portal.accounts.models import GatewayCall
from merchant_portal.audit import Actor
from payments import ledger
from payments.models import Notification, Payment
from payments.services import giving_back
from payments.states import GiveBackQuestion
from refunds.models import Refund
from refunds.states import RefundState


def lock(refund_id: int) -> tuple[Payment, Refund]:
    """The payment first, then its refund: every verb locks in this order."""
    payment_id = Refund.objects.values_list("payment", flat=True).get(pk=refund_id)
    payment = giving_back.lock_payment(payment_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    refund.payment, refund.account = payment, payment.account
    return payment, refund


def complete(
    refund: Refund,
    payment: Payment,
    *,
    refunded_at: datetime,
    actor: Actor,
    call: GatewayCall | None = None,
    notification: Notification | None = None,
) -> None:
    """The buyer has the money: book it, once. One that was called failed is booked if it still
    fits; if not, a person must look."""
    was_reserved = refund.is_open
    if not was_reserved and refund.amount_minor > giving_back.left_of(payment).minor:
        giving_back.ask_person(refund, GiveBackQuestion.NOT_CONFIRMED)
        return
    giving_back.move(
        refund, RefundState.REFUNDED, actor=actor, call=call, notification=notification
    )
    refund.asked_without_answer = False
    refund.refunded_at = refunded_at
    if was_reserved:
        giving_back.release(payment, refund.amount)
    book(refund, payment)


def book(refund: Refund, payment: Payment) -> None:
    """Into the ledger, and into what the payment says was refunded."""
    refund.booked_at = clock.now()
    payment.refunded_minor += refund.amount_minor
    payment.save(update_fields=["refunded_minor"])
    ledger.post_refund(
        payment,
        refund.amount,
        reference=refund.partner_refund_id,
        occurred_at=refund.refunded_at or refund.booked_at,
    )


def fail(
    refund: Refund, payment: Payment, why: str, *, actor: Actor, call: GatewayCall | None = None
) -> None:
    """It does not happen, for certain; a new try is a new refund with a number of its own."""
    giving_back.move(refund, RefundState.FAILED, actor=actor, note=why, call=call)
    refund.refusal = refund.last_answer = why[:200]
    refund.asked_without_answer = False
    giving_back.release(payment, refund.amount)
