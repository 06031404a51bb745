"""One sentence of advice for every state in which something can stand: what to do with goods and
cash meanwhile. Pure: no row is read here."""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from payments.states import CancelState, LookupState, PaymentState
from qrcodes.states import CodeState
from refunds.states import RefundState

State = PaymentState | RefundState | CancelState | LookupState | CodeState

_NOT_YET = _("Do not hand over the goods yet.")
_HAND_OVER = _("Paid: hand over the goods.")
_NOTHING_CHARGED = _("Safe: nothing was charged. The customer may pay again.")
_NOT_IN_CASH = _("The money may have gone back: do not pay it out in cash.")
_NOTHING_LEFT = _("Nothing has left: the buyer does not have the money back.")
_IS_BACK = _("The buyer has the money back: do not pay it out in cash.")
_NO_PRINT = _("Do not print or hang this code yet.")

_PAYMENTS: Mapping[PaymentState, StrOrPromise] = MappingProxyType(
    {
        PaymentState.PENDING: _("Do not hand over the goods yet: the buyer has not finished."),
        PaymentState.UNKNOWN: _NOT_YET,
        PaymentState.CONFIRMING: _(
            "Paid: hand over the goods. Its amount is still being confirmed."
        ),
        PaymentState.PAID: _HAND_OVER,
        PaymentState.CANCELLED: _("Cancelled: the money went back. Do not hand over the goods."),
        PaymentState.CLOSED: _NOTHING_CHARGED,
    }
)
_REFUNDS: Mapping[RefundState, StrOrPromise] = MappingProxyType(
    {
        RefundState.REQUESTED: _NOTHING_LEFT,
        RefundState.APPROVED: _("Nothing has left yet, but it is about to: pay nothing in cash."),
        RefundState.DECLINED: _NOTHING_LEFT,
        RefundState.SUBMITTED: _NOT_IN_CASH,
        RefundState.ACCEPTED: _("Alipay will pay the buyer: do not pay it out in cash."),
        RefundState.UNKNOWN: _NOT_IN_CASH,
        RefundState.REFUNDED: _IS_BACK,
        RefundState.FAILED: _NOTHING_LEFT,
        RefundState.RETURNED: _("It came back to the shop: the buyer does not have the money."),
    }
)
_CANCELS: Mapping[CancelState, StrOrPromise] = MappingProxyType(
    {
        CancelState.REQUESTED: _NOTHING_LEFT,
        CancelState.APPROVED: _REFUNDS[RefundState.APPROVED],
        CancelState.DECLINED: _NOTHING_LEFT,
        CancelState.LAPSED: _NOTHING_LEFT,
        CancelState.SUBMITTED: _NOT_IN_CASH,
        CancelState.UNKNOWN: _NOT_IN_CASH,
        CancelState.DONE: _IS_BACK,
        CancelState.CLOSED: _NOTHING_CHARGED,
        CancelState.REFUSED: _NOTHING_LEFT,
    }
)
_LOOKUPS: Mapping[LookupState, StrOrPromise] = MappingProxyType(
    {
        LookupState.ASKING: _NOT_YET,
        LookupState.FOUND: _("Found: what to do stands on the payment."),
        LookupState.NOT_FOUND: _("Do not hand over the goods: Alipay knows no such payment."),
        LookupState.REFUSED: _("Do not hand over the goods yet: Alipay did not take the question."),
        LookupState.UNANSWERED: _("Do not hand over the goods yet: Alipay has not answered."),
    }
)
_CODES: Mapping[CodeState, StrOrPromise] = MappingProxyType(
    {
        CodeState.CREATING: _NO_PRINT,
        CodeState.UNKNOWN: _("Customers may be able to pay with it or not: print nothing new yet."),
        CodeState.ADOPTING: _NO_PRINT,
        CodeState.ACTIVE: _("In force: customers can pay with it."),
        CodeState.STOPPED: _("Stopped: cover the sticker, nobody can pay with it."),
        CodeState.DELETED: _("Deleted: take the sticker down."),
        CodeState.REFUSED: _("Alipay gave no code: there is nothing to print."),
    }
)


def advice_for(state: State) -> str:
    """What to do while it stands so."""
    match state:
        case PaymentState():
            return str(_PAYMENTS[state])
        case RefundState():
            return str(_REFUNDS[state])
        case CancelState():
            return str(_CANCELS[state])
        case LookupState():
            return str(_LOOKUPS[state])
        case CodeState():
            return str(_CODES[state])
