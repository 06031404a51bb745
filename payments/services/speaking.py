"""Speaking of a payment in its own generation of the interface; heard in one form.

The two generations' types meet nowhere else: an amount is 12.50 at the gateway and 1250 in the JSON
API, and each stays a type of its own until it is Money.
"""

from dataclasses import dataclass

from merchant_portal import gateway
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.messages import CancelAnswer, TradeAnswer
from merchant_portal.gateway import Answered, Refused, Unanswered
from payments.models import Cancel, Lookup, Payment

#: Refusals that say there is no such payment: an attempt that proves nothing by itself.
NOT_THERE = frozenset({"TRADE_NOT_EXIST", "ORDER_NOT_EXIST"})


@dataclass(frozen=True, slots=True)
class Unsent:
    """Nothing was sent: a key is missing or sealed shut, or Alipay would not take the request."""

    why: str


Heard = Answered[TradeAnswer] | Refused | Unanswered | Unsent
HeardOfCancel = Answered[CancelAnswer] | Refused | Unanswered | Unsent


def ask(payment: Payment) -> Heard:
    """Where a payment stands; what keeps us from asking is told too, and never raised."""
    return ask_gateway(
        payment.account,
        payment,
        alipay_trans_id=payment.alipay_trans_id,
        partner_trans_id=payment.partner_trans_id,
    )


def ask_gateway(
    account: Account, subject: Payment | Lookup, *, alipay_trans_id: str, partner_trans_id: str
) -> Heard:
    """What stands behind these numbers at the gateway."""
    try:
        return gateway.ask(
            account,
            subject,
            lambda client: client.query_payment(
                partner_trans_id=partner_trans_id, alipay_trans_id=alipay_trans_id
            ),
        )
    except gateway.NOTHING_SENT as unfit:
        return Unsent(str(unfit))


def send_cancel(cancel: Cancel, payment: Payment) -> HeardOfCancel:
    """Undo a payment, or close one that nobody has paid."""
    try:
        return gateway.ask(
            payment.account,
            cancel,
            lambda client: client.cancel_payment(
                partner_trans_id=payment.partner_trans_id, alipay_trans_id=payment.alipay_trans_id
            ),
        )
    except gateway.NOTHING_SENT as unfit:
        return Unsent(str(unfit))


def says_not_there(heard: Heard | HeardOfCancel) -> bool:
    """Whether Alipay says, signed, that it knows no such payment."""
    return isinstance(heard, Refused) and heard.signed and heard.code in NOT_THERE
