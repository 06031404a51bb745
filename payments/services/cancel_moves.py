"""How a cancel moves along its states, and what its end does to the payment's amounts.

The caller holds the transaction and the payment's lock, and saves the cancel.
"""

from datetime import datetime, time, timedelta

from merchant_portal import clock
from merchant_portal.accounts.models import GatewayCall
from merchant_portal.audit import Actor
from payments import ledger
from payments.models import Cancel, CancelMove, Notification, Payment
from payments.services.giving_back import owe_nothing, release
from payments.states import CANCEL_ENDED, CANCEL_MACHINE, CANCEL_SENT, CancelState, PaymentState


def deadline_of(payment: Payment) -> datetime:
    """The end of the payment's GMT+8 day, and Alipay's grace after it (hkapi/acquire_cancel)."""
    day = clock.transaction_day(payment.paid_at or payment.occurred_at)
    midnight = datetime.combine(day + timedelta(days=1), time(), clock.GMT8)
    return midnight + timedelta(minutes=payment.account.cancel_grace_minutes)


def move(
    cancel: Cancel,
    target: CancelState,
    *,
    actor: Actor,
    note: str = "",
    call: GatewayCall | None = None,
    notification: Notification | None = None,
) -> None:
    """Take a locked cancel to another state; raises MoveRefused."""
    before = CancelState(cancel.state)
    CANCEL_MACHINE.check(before, target)
    cancel.state = target
    if target in CANCEL_ENDED:
        owe_nothing(cancel)
    write_move(cancel, before.value, actor=actor, note=note, call=call, notification=notification)


def write_move(
    cancel: Cancel,
    before: str,
    *,
    actor: Actor,
    note: str = "",
    call: GatewayCall | None = None,
    notification: Notification | None = None,
) -> None:
    CancelMove.objects.create(
        cancel=cancel,
        from_state=before,
        to_state=cancel.state,
        at=clock.now(),
        actor_name=actor.name[:200],
        note=note[:200],
        call=call,
        notification=notification,
    )


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
    move(cancel, end, actor=actor, note=note, call=call)
    release(payment, cancel.amount)


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
    move(cancel, CancelState.DONE, actor=actor, call=call, notification=notification)
    cancel.asked_without_answer = False
    cancel.save()
    payment.reserved_minor -= cancel.amount_minor
    payment.cancelled_minor += cancel.amount_minor
    if payment.state != PaymentState.PAID:
        ledger.post_payment(payment, occurred_at=payment.occurred_at)
    ledger.post_cancel(payment, occurred_at=done_at)
