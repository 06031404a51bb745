"""Which call gives money back, a cancel or a refund, and what that costs the shop.

Asked when somebody looks and again when they say yes: the day may have ended in between. Whether
it may leave is decided once more at the instant of sending, by the services.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from merchant_portal.money import Money
from payments.models import Payment
from payments.services.cancel_moves import deadline_of
from payments.states import CancelState
from refunds.services import refuse_refund


class Call(StrEnum):
    """The two ways money goes back."""

    CANCEL = "cancel"
    REFUND = "refund"


class Why(StrEnum):
    """Why it is this call."""

    WHOLE_ON_ITS_DAY = "whole_on_its_day"
    DAY_IS_OVER = "day_is_over"
    NOT_WHOLE = "not_whole"
    CANCEL_WAS_REFUSED = "cancel_was_refused"


@dataclass(frozen=True, slots=True)
class Advice:
    """What is best for an amount of a payment at an instant.

    ``fee`` is Alipay's fee on the amount, None where the contract does not tell its rate. With a
    cancel it comes back (hkapi/acquire_cancel); with a refund that is a matter of the contract.
    """

    call: Call
    why: Why
    deadline_at: datetime
    fee: Money | None


def advise(payment: Payment, *, amount: Money, at: datetime) -> Advice:
    """The call that gives an amount back; raises GiveBackRefused where none can."""
    refuse_refund(payment, amount)
    deadline = deadline_of(payment)
    why = _why(payment, amount, is_in_time=at < deadline)
    call = Call.CANCEL if why is Why.WHOLE_ON_ITS_DAY else Call.REFUND
    return Advice(call, why, deadline, fee_of(payment, amount))


def _why(payment: Payment, amount: Money, *, is_in_time: bool) -> Why:
    if amount != payment.amount:
        return Why.NOT_WHOLE
    cancels = set(payment.cancels.values_list("state", flat=True))
    if not is_in_time or CancelState.LAPSED in cancels:
        return Why.DAY_IS_OVER
    if CancelState.REFUSED in cancels:
        return Why.CANCEL_WAS_REFUSED
    return Why.WHOLE_ON_ITS_DAY


def fee_of(payment: Payment, amount: Money) -> Money | None:
    """Alipay's fee on an amount by the contract's rate, rounded half up."""
    rate = payment.account.fee_rate
    if not rate:
        return None
    minor = (amount.minor * Decimal(rate)).quantize(Decimal(1), ROUND_HALF_UP)
    return Money(int(minor), amount.currency)
