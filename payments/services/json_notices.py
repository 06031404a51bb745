"""The effect of a verified notification of the JSON API, on a sale that the shop began.

Page: docs.antom.com/ac/ams/paymentrn.
"""

from merchant_portal import clock
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.contract import JSONChoices
from merchant_portal.alipay.json_api.notifications import PAYMENT_TYPES, Notice
from merchant_portal.alipay.json_api.words import ResultStatus
from merchant_portal.alipay.messages import TradeStatus
from merchant_portal.money import Money
from payments.errors import WordUnusable
from payments.models import Notification, Payment
from payments.services import moves, steps
from payments.services.arriving import JSONArrival
from payments.services.speaking import major_text
from payments.services.words import Place, Word, read_amount
from payments.states import Interface, PaymentState, Product, Question, WaitReason


def apply_json(notification: Notification, arrival: JSONArrival) -> Payment | None:
    """The effect of a message about a payment's result, once; raises WordUnusable.

    None where nothing was taken from a buyer for a payment that is none of ours.
    """
    notice = _read(arrival)
    if notice.result.status is ResultStatus.SUCCESS:
        return _hear_paid(notification, arrival, notice)
    payment = _lock(arrival, _word(notification, notice, TradeStatus.TRADE_CLOSED))
    if payment is not None:
        _hear_unpaid(notification, payment, notice)
    return payment


def _read(arrival: JSONArrival) -> Notice:
    if arrival.notice is None:
        raise WordUnusable(WaitReason.UNREADABLE, arrival.problem)
    if arrival.notice.notify_type not in PAYMENT_TYPES:
        raise WordUnusable(WaitReason.UNKNOWN_STATUS, arrival.notice.notify_type)
    return arrival.notice


def _hear_paid(notification: Notification, arrival: JSONArrival, notice: Notice) -> Payment:
    """Paid: booked as asked for. What it leaves out is never guessed."""
    if not notice.details.payment_id:
        raise WordUnusable(WaitReason.NO_TRADE_NUMBER)
    if notice.details.amount is None:
        raise WordUnusable(WaitReason.UNUSABLE_AMOUNT, "paymentAmount")
    if notice.details.paid_at is None:
        raise WordUnusable(WaitReason.NO_PAYMENT_TIME, "paymentTime")
    word = _word(notification, notice, TradeStatus.TRADE_SUCCESS, _amount(notice.details.amount))
    payment = _lock(arrival, word)
    if payment is None:
        raise WordUnusable(WaitReason.NO_SALE, notice.details.payment_request_id)
    moves.hear_about(payment, word)
    _question_conflict(notification, payment)
    return payment


def _amount(amount: MinorAmount) -> Money:
    """Raises WordUnusable for one the portal cannot hold."""
    return read_amount(major_text(amount), amount.currency)


def _hear_unpaid(notification: Notification, payment: Payment, notice: Notice) -> None:
    """A refusal ends a scan that Alipay has under way, and nothing else: an order's code may be
    paid after a first failure, and after a call without an answer only an inquiry ends a sale. So
    elsewhere Alipay is asked at once instead."""
    if not payment.is_unsettled:
        return
    if _ends(payment, notice):
        moves.hear_about(payment, _word(notification, notice, TradeStatus.TRADE_CLOSED))
        _question_conflict(notification, payment)
        return
    payment.next_attempt_at = clock.now()
    payment.save(update_fields=["next_attempt_at"])


def _ends(payment: Payment, notice: Notice) -> bool:
    return (
        notice.result.status is ResultStatus.FAILED
        and notice.result.code not in JSONChoices().doubtful_codes
        and payment.product == Product.BARCODE
        and payment.state == PaymentState.PENDING
    )


def _question_conflict(notification: Notification, payment: Payment) -> None:
    if notification.conflicting:
        steps.raise_question(payment, Question.CONTENT_DIFFERS)
        payment.save(update_fields=["question", "question_since", "question_owner"])


def _lock(arrival: JSONArrival, word: Word) -> Payment | None:
    """The sale it is about, locked; only one that was begun through the JSON API."""
    payment = moves.lock_named(arrival.account, word)
    if payment is None or payment.interface != Interface.JSON:
        return None
    return payment


def _word(
    notification: Notification, notice: Notice, status: TradeStatus, amount: Money | None = None
) -> Word:
    details = notice.details
    return Word(
        status=status,
        alipay_trans_id=details.payment_id,
        partner_trans_id=details.payment_request_id,
        amount=amount,
        paid_at=details.paid_at if amount else None,
        buyer=details.payer.shown_as,
        wallet=details.payer.wallet,
        reason="" if amount else notice.result.code,
        place=Place(),
        notification=notification,
    )
