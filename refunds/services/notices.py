"""The effect of a refund notice: ours is booked, another is held until the file names it."""

from merchant_portal import clock
from merchant_portal.audit import ALIPAY
from merchant_portal.money import Money
from payments import services as payments
from payments.errors import WordUnusable
from payments.models import Notification, Payment
from payments.services import Arrival, giving_back, steps
from payments.services.words import read_amount
from payments.states import PaymentState, Question, WaitReason
from refunds.models import Refund
from refunds.services import elsewhere, moves
from refunds.states import RefundOrigin, RefundState

_NUMBER_LENGTH = 64


def apply_refund_notice(notification: Notification, arrival: Arrival) -> Payment | None:
    """Let a refund notice have its effect, once; None where it waits: for its payment, or
    because it does not fit, which is a question. Raises WordUnusable."""
    known = payments.hear_refund(notification, arrival)
    notification.payment = known
    if known is None:
        return None
    payment = giving_back.lock_payment(known.pk)
    amount = _amount(payment, arrival)
    ours = _ours(payment, arrival.notice.out_biz_no)
    if ours is not None:
        _hear_ours(ours, payment, amount, notification, arrival)
        return payment
    return _hear_elsewhere(payment, amount, notification, arrival)


def _amount(payment: Payment, arrival: Arrival) -> Money:
    """In the payment's currency: a refund notice names none for its own amount."""
    named = arrival.notice.trans_currency
    if named not in {"", payment.currency}:
        raise WordUnusable(WaitReason.UNUSABLE_AMOUNT, named)
    return read_amount(arrival.notice.refund_fee, payment.currency)


def _ours(payment: Payment, number: str) -> Refund | None:
    rows = Refund.objects.select_for_update().filter(
        account=payment.account_id, origin=RefundOrigin.OURS, partner_refund_id=number
    )
    return rows.first() if number else None


def _hear_ours(
    refund: Refund,
    payment: Payment,
    amount: Money,
    notification: Notification,
    arrival: Arrival,
) -> None:
    if refund.payment_id != payment.pk:
        raise WordUnusable(WaitReason.NUMBERS_DIFFER, refund.partner_refund_id)
    if refund.amount != amount:
        raise WordUnusable(WaitReason.UNUSABLE_AMOUNT, str(amount))
    if refund.state in {RefundState.REFUNDED, RefundState.RETURNED}:
        return
    moves.complete(
        refund,
        payment,
        refunded_at=arrival.notice.sent_at or arrival.received_at,
        actor=ALIPAY,
        notification=notification,
    )
    refund.save()


def _hear_elsewhere(
    payment: Payment, amount: Money, notification: Notification, arrival: Arrival
) -> Payment | None:
    """Reserved and shown; booked by the file's row. What does not fit waits, and is a question."""
    reference = _reference(payment, arrival)
    if Refund.objects.filter(account=payment.account_id, partner_refund_id=reference).exists():
        return payment
    if not elsewhere.fits(payment, amount):
        if payment.state == PaymentState.PAID:
            steps.raise_question(payment, Question.CONTENT_DIFFERS)
            payment.save()
        return None
    elsewhere.begin(
        payment,
        amount,
        reference=reference,
        refunded_at=arrival.notice.sent_at or arrival.received_at,
        notification=notification,
    )
    return payment


def _reference(payment: Payment, arrival: Arrival) -> str:
    """Its own number where it has one; else the payment's and the time, as the file tells it."""
    number = arrival.notice.out_biz_no
    if len(number) > _NUMBER_LENGTH:
        raise WordUnusable(WaitReason.NUMBER_UNUSABLE, f"{number[:_NUMBER_LENGTH]}…")
    if number not in {"", payment.partner_trans_id, payment.alipay_trans_id}:
        return f"alipay:{number}"
    at = arrival.notice.sent_at or arrival.received_at
    told_at = at.astimezone(clock.GMT8).strftime("%Y-%m-%d %H:%M:%S")
    return f"alipay:{payment.alipay_trans_id}@{told_at}"
