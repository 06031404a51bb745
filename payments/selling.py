"""How a sale stands, for whoever waits at the till; pure reads.

Goods are handed over for PAID alone, and "nothing was charged" is said of NOT_PAID and REFUSED
alone: everything between them is open.
"""

from enum import StrEnum

from payments.models import Cancel, Payment, Sale
from payments.states import GiveBackReason, PaymentState, Question


class SaleOutcome(StrEnum):
    """What a sale means at the till."""

    #: Not known to be paid: do not hand over the goods yet.
    WAITING = "WAITING"
    #: The order's code is shown, and nobody is known to have paid it.
    ISSUED = "ISSUED"
    #: Given up: a cancel is on its way, which also gives back what was paid meanwhile.
    ENDING = "ENDING"
    #: Hand over the goods.
    PAID = "PAID"
    #: Closed: nothing was charged, and nothing will be.
    NOT_PAID = "NOT_PAID"
    #: The same, because Alipay would not have it: ``Sale.refusal`` says why.
    REFUSED = "REFUSED"
    #: The customer was charged, and has the money back.
    GIVEN_BACK = "GIVEN_BACK"
    #: A person must look: at Alipay it may be paid or not, or is paid and was given up here, or is
    #: cancelled and nobody says whether it had been paid.
    ASK = "ASK"


#: Outcomes that no answer of Alipay's changes by itself any more, as a rule.
OVER = frozenset(
    {SaleOutcome.PAID, SaleOutcome.NOT_PAID, SaleOutcome.REFUSED, SaleOutcome.GIVEN_BACK}
)


def outcome_of(sale: Sale) -> SaleOutcome:
    """How a sale stands, as far as anybody here knows."""
    payment = sale.payment
    match PaymentState(payment.state):
        case PaymentState.CANCELLED:
            return SaleOutcome.GIVEN_BACK
        case PaymentState.CLOSED:
            return _closed(sale, payment)
        case PaymentState.PAID | PaymentState.CONFIRMING:
            return _paid(sale, payment)
    if sale.ending_at is not None:
        return _ending(payment)
    if payment.question:
        return SaleOutcome.ASK
    return SaleOutcome.ISSUED if sale.order_code else SaleOutcome.WAITING


def _closed(sale: Sale, payment: Payment) -> SaleOutcome:
    if payment.question == Question.CANCELLED_UNSAID:
        return SaleOutcome.ASK
    return SaleOutcome.REFUSED if sale.refusal else SaleOutcome.NOT_PAID


def _paid(sale: Sale, payment: Payment) -> SaleOutcome:
    if payment.question == Question.PAID_AFTER_END:
        return SaleOutcome.ASK
    if sale.ending_at is not None and _open_ending(payment) is not None:
        return _ending(payment)
    return SaleOutcome.PAID


def _ending(payment: Payment) -> SaleOutcome:
    ending = _open_ending(payment)
    is_on_its_way = ending is not None and not ending.question
    return SaleOutcome.ENDING if is_on_its_way else SaleOutcome.ASK


def _open_ending(payment: Payment) -> Cancel | None:
    """The cancel under way that ends the sale."""
    return payment.cancels.open().filter(reason=GiveBackReason.SALE_ENDED).first()
