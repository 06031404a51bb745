"""Cancels that end a sale: what answers to them mean while nobody knows whether it is paid.

The caller holds the payment's lock, and saves payment and cancel.
"""

from enum import StrEnum

from merchant_portal import clock
from merchant_portal.accounts.models import GatewayCall
from merchant_portal.alipay.messages import CancelAction, TradeAnswer, TradeStatus
from merchant_portal.gateway import Answered
from payments import ledger
from payments.models import Cancel, Payment
from payments.services import giving_back, sale_moves, speaking, steps
from payments.services.speaking import Heard
from payments.states import GiveBackReason, Interface, PaymentState, Product, Question

#: Refusals that speak of the payment's state: it is asked before anything is believed.
_OF_ITS_STATE = frozenset({"ORDER_STATUS_INVALID", "TRADE_STATUS_ERROR"})
_SUCCESS = "SUCCESS"
#: Last answers by which Alipay said, signed, that nobody had paid yet.
_WAITING = frozenset({TradeStatus.WAIT_BUYER_PAY.value, "ISSUED"})


class Meaning(StrEnum):
    """What a signed SUCCESS of a cancel says about the buyer's money."""

    GIVEN_BACK = "given back"
    CLOSED = "nothing was taken, and nothing will be"
    ASK = "only the payment itself can say"


def is_ending(cancel: Cancel) -> bool:
    """Whether it ends a sale; any other cancel gives back what is known to be paid."""
    return cancel.reason == GiveBackReason.SALE_ENDED


def is_over(cancel: Cancel, payment: Payment) -> bool:
    """Whether the sale has ended unpaid already, so that there is nothing to cancel."""
    return is_ending(cancel) and payment.state == PaymentState.CLOSED


def objection(cancel: Cancel, payment: Payment) -> str:
    """Why it may not leave, for people; a sale is also ended where nobody knows if it is paid."""
    if is_ending(cancel) and payment.is_unsettled:
        return ""
    return giving_back.objection(payment)


def meaning_of(action: CancelAction, payment: Payment) -> Meaning:
    """The gateway says what it did; the JSON API only that it is done."""
    if action == CancelAction.REFUND:
        return Meaning.GIVEN_BACK if payment.alipay_trans_id else Meaning.ASK
    if payment.is_taken:
        says_nothing = payment.interface == Interface.JSON
        return Meaning.GIVEN_BACK if says_nothing else Meaning.ASK
    if payment.is_unsettled and payment.interface == Interface.JSON:
        return Meaning.ASK
    return Meaning.CLOSED


def is_undecided(cancel: Cancel, payment: Payment, code: str) -> bool:
    """Whether a refusal of it leaves open what became of an unsettled sale: that Alipay knows none
    may only mean that it has not arrived yet."""
    asks = code in speaking.NOT_THERE or code in _OF_ITS_STATE
    return asks and is_ending(cancel) and payment.is_unsettled


def goes_again(cancel: Cancel, payment: Payment, heard: Heard) -> bool:
    """Whether the payment's answer leaves it open, so that the same cancel goes once more. What
    Alipay does not know has no day, so that one goes also past the deadline."""
    if not is_ending(cancel) or not payment.is_unsettled:
        return False
    if speaking.says_not_there(heard):
        return True
    is_waiting = isinstance(heard, Answered) and heard.answer.status == TradeStatus.WAIT_BUYER_PAY
    return is_waiting and clock.now() < cancel.deadline_at


def agree_on_nothing(cancel: Cancel, payment: Payment, heard: Heard) -> bool:
    """Whether the cancel was a success or found nothing, and the payment is not there, as often as
    both were asked. A success may have given money back: one inquiry proves nothing against it."""
    if not (is_ending(cancel) and payment.is_unsettled and speaking.says_not_there(heard)):
        return False
    is_nothing = cancel.last_answer in speaking.NOT_THERE or cancel.last_answer == _SUCCESS
    return is_nothing and giving_back.is_last_rung(cancel)


def is_doubtful(payment: Payment, answer: TradeAnswer) -> bool:
    """Whether "cancelled" may mean that a sale was paid and has gone back: the JSON API names no
    pay time, and the word before it was not, signed, that Alipay waits for the buyer."""
    if not (_may_be_paid_unsaid(payment) and speaking.names_no_pay_time(answer)):
        return False
    return payment.last_answer not in _WAITING


def stays_doubtful(cancel: Cancel, payment: Payment, heard: Heard) -> bool:
    """Whether that is all Alipay says, however often it is asked."""
    if not (isinstance(heard, Answered) and is_ending(cancel) and payment.is_unsettled):
        return False
    is_unsaid = _may_be_paid_unsaid(payment) and speaking.names_no_pay_time(heard.answer)
    return is_unsaid and giving_back.is_last_rung(cancel)


def _may_be_paid_unsaid(payment: Payment) -> bool:
    """An order's code that never came here nobody has seen, and so nobody has paid."""
    if payment.interface != Interface.JSON or not payment.is_unsettled:
        return False
    return payment.product != Product.ORDER_CODE or bool(payment.sale.order_code)


def close_in_doubt(cancel: Cancel, payment: Payment, call: GatewayCall) -> None:
    """It is cancelled: the buyer has nothing to pay, and has back what may have been taken. Which
    of the two a person finds out; the night's file names what was taken."""
    close(cancel, payment, call)
    steps.raise_question(payment, Question.CANCELLED_UNSAID)


def close(cancel: Cancel, payment: Payment, call: GatewayCall | None) -> None:
    """Alipay has closed it: the sale ends unpaid, and nothing goes back."""
    sale_moves.end_cancel(cancel, payment, call=call)
    if payment.is_unsettled:
        sale_moves.close(payment, GiveBackReason.SALE_ENDED.value, call=call)


def believe_paid(payment: Payment, call: GatewayCall) -> None:
    """Money went back of what was closed unpaid: then it was paid, and is booked."""
    steps.move(payment, PaymentState.PAID, call=call)
    ledger.post_payment(payment, occurred_at=payment.occurred_at)


def forget_question(payment: Payment) -> None:
    """Its money went back: nobody needs to decide what becomes of it."""
    if payment.question == Question.PAID_AFTER_END:
        steps.clear_question(payment)


def came_to_nothing(cancel: Cancel, payment: Payment) -> None:
    """Alipay will not cancel it any more: what is paid waits visibly for a person, what may be is
    asked about from now on. The payment is saved."""
    if not is_ending(cancel):
        return
    if payment.is_taken:
        steps.raise_question(payment, Question.PAID_AFTER_END)
    elif payment.is_unsettled:
        payment.attempts, payment.next_attempt_at = 0, clock.now()
    payment.save()
