"""How a cancel moves along its states, and what its end does to the payment's amounts.

The caller holds the transaction and the payment's lock, and saves the cancel.
"""

from datetime import datetime, time, timedelta

from merchant_portal import clock
from merchant_portal.accounts.models import Account, GatewayCall
from merchant_portal.audit import Actor
from payments import ledger
from payments.models import Cancel, Notification, Payment
from payments.services import giving_back
from payments.states import CANCEL_SENT, CancelState, PaymentState


def deadline_of(payment: Payment) -> datetime:
    """The end of the payment's GMT+8 day, and Alipay's grace after it (hkapi/acquire_cancel)."""
    return end_of_day(payment.paid_at or payment.occurred_at, payment.account)


def end_of_day(instant: datetime, account: Account) -> datetime:
    """Until when Alipay cancels what was paid at this instant."""
    day = clock.transaction_day(instant)
    midnight = datetime.combine(day + timedelta(days=1), time(), clock.GMT8)
    return midnight + timedelta(minutes=account.cancel_grace_minutes)


def end_without_effect(
    cancel: Cancel,
    payment: Payment,
    end: CancelState,
    *,
    actor: Actor,
    note: str = "",
    call: GatewayCall | None = None,
) -> None:
    """Declined, lapsed or refused: what was reserved may be given back otherwise."""
    giving_back.move(cancel, end, actor=actor, note=note, call=call)
    giving_back.release(payment, cancel.amount)


def sent_cancel_of(payment: Payment) -> Cancel | None:
    """The cancel whose call may have left and has no end, locked."""
    return Cancel.objects.select_for_update().filter(payment=payment, state__in=CANCEL_SENT).first()


def complete(
    cancel: Cancel,
    payment: Payment,
    *,
    actor: Actor,
    call: GatewayCall | None = None,
    notification: Notification | None = None,
    done_at: datetime,
) -> None:
    """All of the payment has gone back: book it, once. The caller moves the payment.

    A sale that was not known to be paid was, if money went back: both are booked.
    """
    giving_back.move(cancel, CancelState.DONE, actor=actor, call=call, notification=notification)
    cancel.asked_without_answer = False
    cancel.save()
    payment.reserved_minor -= cancel.amount_minor
    payment.cancelled_minor += cancel.amount_minor
    if payment.state != PaymentState.PAID:
        ledger.post_payment(payment, occurred_at=payment.occurred_at)
    ledger.post_cancel(payment, occurred_at=done_at)
