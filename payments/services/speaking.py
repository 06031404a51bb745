"""Speaking of a payment in its own generation of the interface; heard in one form.

The two generations' types meet nowhere else: an amount is 12.50 at the gateway and 1250 in the JSON
API, and each stays a type of its own until it is Money.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from django.db import models

from merchant_portal import gateway
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.client import JSONClient
from merchant_portal.alipay.json_api.inquiries import InquiryAnswer
from merchant_portal.alipay.json_api.words import PaymentStatus
from merchant_portal.alipay.messages import (
    CancelAction,
    CancelAnswer,
    RefundAnswer,
    RefundQueryAnswer,
    TradeAnswer,
    TradeStatus,
)
from merchant_portal.gateway import Answered, Refused, Unanswered
from merchant_portal.money import CURRENCIES, Money
from payments.models import Cancel, Lookup, Payment
from payments.states import Interface
from qrcodes.services import agent_token_for

Answer = TypeVar("Answer", TradeAnswer, CancelAnswer, RefundAnswer, RefundQueryAnswer)

#: Refusals that say there is no such payment: an attempt that proves nothing by itself.
NOT_THERE = frozenset({"TRADE_NOT_EXIST", "ORDER_NOT_EXIST"})


@dataclass(frozen=True, slots=True)
class Unsent:
    """Nothing was sent: a key is missing or sealed shut, or Alipay would not take the request."""

    why: str


Heard = Answered[TradeAnswer] | Refused | Unanswered | Unsent
HeardOfCancel = Answered[CancelAnswer] | Refused | Unanswered | Unsent


def unraised(
    call: Callable[[], Answered[Answer] | Refused | Unanswered],
) -> Answered[Answer] | Refused | Unanswered | Unsent:
    """What a call heard; what keeps it from leaving is told too, and never raised."""
    try:
        return call()
    except gateway.NOTHING_SENT as unfit:
        return Unsent(str(unfit))


def ask(payment: Payment) -> Heard:
    """Where a payment stands."""
    if payment.interface == Interface.JSON:
        return _ask_json(payment)
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
    return unraised(
        lambda: gateway.ask(
            account,
            subject,
            lambda client: client.query_payment(
                partner_trans_id=partner_trans_id, alipay_trans_id=alipay_trans_id
            ),
        )
    )


def send_cancel(cancel: Cancel, payment: Payment) -> HeardOfCancel:
    """Undo a payment, or close one that nobody has paid."""
    if payment.interface == Interface.JSON:
        return _cancel_json(cancel, payment)
    return unraised(
        lambda: gateway.ask(
            payment.account,
            cancel,
            lambda client: client.cancel_payment(
                partner_trans_id=payment.partner_trans_id, alipay_trans_id=payment.alipay_trans_id
            ),
        )
    )


def says_not_there(heard: Heard | HeardOfCancel) -> bool:
    """Whether Alipay says, signed, that it knows no such payment."""
    return isinstance(heard, Refused) and heard.signed and heard.code in NOT_THERE


# ---- The JSON API -------------------------------------------------------------------------

_STATUSES: Mapping[PaymentStatus, TradeStatus] = MappingProxyType(
    {
        PaymentStatus.SUCCESS: TradeStatus.TRADE_SUCCESS,
        PaymentStatus.FAIL: TradeStatus.TRADE_CLOSED,
        PaymentStatus.CANCELLED: TradeStatus.TRADE_CLOSED,
        PaymentStatus.PROCESSING: TradeStatus.WAIT_BUYER_PAY,
        PaymentStatus.PENDING: TradeStatus.WAIT_BUYER_PAY,
    }
)


def ask_json(
    payment: Payment, subject: models.Model, call: Callable[[JSONClient], Answer]
) -> Answered[Answer] | Refused | Unanswered | Unsent:
    """One call about a payment, with its merchant's agent token where the account sends them."""
    account = payment.account
    return unraised(
        lambda: gateway.ask_json(
            account, subject, call, agent_token=agent_token_for(account, payment.store_id)
        )
    )


def _ask_json(payment: Payment) -> Heard:
    number = payment.partner_trans_id
    return ask_json(
        payment,
        payment,
        lambda client: _trade_of(client.inquire_payment(payment_request_id=number), payment),
    )


def _trade_of(answer: InquiryAnswer, payment: Payment) -> TradeAnswer:
    """An inquiry's answer. A cancelled payment that was paid stays one: its pay time says so, or
    what we know of it."""
    details = answer.details
    paid_at = details.paid_at
    if answer.status is PaymentStatus.CANCELLED and paid_at is None:
        paid_at = payment.paid_at
    is_failed = answer.status is PaymentStatus.FAIL
    return TradeAnswer(
        status=_STATUSES[answer.status],
        alipay_trans_id=details.payment_id,
        partner_trans_id=details.payment_request_id,
        amount=major_text(details.amount),
        currency=details.amount.currency if details.amount else "",
        paid_at=None if is_failed else paid_at,
        buyer_login=details.payer.shown_as,
        buyer_user_id=details.payer.customer_id,
        payment_inst=details.payer.wallet,
        fields={"error": answer.code} if is_failed else {},
        exchange=answer.exchange,
    )


def names_no_pay_time(answer: TradeAnswer) -> bool:
    """Whether it says "cancelled" and not whether it had been paid; "failed" has its reason. No
    page of the JSON API says that the pay time of a cancelled payment is always there."""
    is_closed = answer.status == TradeStatus.TRADE_CLOSED
    return is_closed and answer.paid_at is None and "error" not in answer.fields


def major_text(amount: MinorAmount | None) -> str:
    """An amount of the JSON API in major units, as every answer says it here; empty for none. In a
    currency we do not know it stays as it is: nobody reads it as an amount then."""
    if amount is None:
        return ""
    if amount.currency not in CURRENCIES:
        return str(amount.value)
    return Money(amount.value, amount.currency).decimal_text


def _cancel_json(cancel: Cancel, payment: Payment) -> HeardOfCancel:
    """Its success says that it is undone, not whether it was paid."""
    number = payment.partner_trans_id

    def undo(client: JSONClient) -> CancelAnswer:
        answer = client.cancel(payment_request_id=number)
        return CancelAnswer(
            action=CancelAction.NONE,
            partner_trans_id=number,
            alipay_trans_id=answer.payment_id,
            fields={},
            exchange=answer.exchange,
        )

    return ask_json(payment, cancel, undo)
