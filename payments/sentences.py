"""What Alipay's answers mean for the person at the counter, in words."""

from django.contrib import messages
from django.utils.translation import gettext as _

from merchant_portal.alipay.messages import TradeAnswer, TradeStatus
from merchant_portal.gateway import Answered, Refused, Unanswered
from payments.models import Payment
from payments.states import PAYMENT_TAKEN, PaymentState

Heard = Answered[TradeAnswer] | Refused | Unanswered
_NOT_THERE = "TRADE_NOT_EXIST"


def advice(payment: Payment) -> str:
    """One sentence for the cashier, from all that is known."""
    match PaymentState(payment.state):
        case PaymentState.PAID | PaymentState.CONFIRMING:
            return _("Paid: hand over the goods.")
        case PaymentState.PENDING | PaymentState.UNKNOWN:
            return _("Do not hand over the goods yet.")
        case PaymentState.CLOSED:
            return _("Nothing was charged. The customer may pay again.")
        case PaymentState.CANCELLED:
            return _("Cancelled: the money went back to the customer.")


def heard_sentence(payment: Payment, heard: Heard) -> tuple[int, str]:
    """The level of the message and its sentences, once the answer is recorded."""
    match heard:
        case Answered(answer=answer):
            is_good = payment.state in PAYMENT_TAKEN
            level = messages.SUCCESS if is_good else messages.WARNING
            return level, f"{_answered(answer.status)} {advice(payment)}"
        case Refused(code=code):
            return messages.WARNING, f"{_refused(code)} {_standing(payment)}"
        case Unanswered(reason=reason):
            said = _("Alipay did not answer (%(why)s).") % {"why": reason.value}
            return messages.WARNING, f"{said} {_standing(payment)}"


def _answered(status: TradeStatus) -> str:
    match status:
        case TradeStatus.TRADE_SUCCESS | TradeStatus.TRADE_FINISHED:
            return _("Alipay says: paid.")
        case TradeStatus.TRADE_PENDING:
            return _("Alipay says: paid, and frozen for now.")
        case TradeStatus.TRADE_CLOSED:
            return _("Alipay says: closed.")
        case _:
            return _("Alipay says: the customer has not paid yet.")


def _refused(code: str) -> str:
    if code == _NOT_THERE:
        return _("Alipay does not know this payment yet; that proves nothing.")
    return _("Alipay refused the question (%(code)s).") % {"code": code}


def _standing(payment: Payment) -> str:
    """What holds although nothing new was learnt."""
    if payment.state in PAYMENT_TAKEN:
        return _("The payment stays paid: Alipay has said so before.")
    if payment.next_attempt_at is None:
        return advice(payment)
    return _("%(advice)s We keep asking by ourselves.") % {"advice": advice(payment)}
