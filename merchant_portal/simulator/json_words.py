"""Words, amounts and times of the JSON API, and what it says of one payment.

Sources: docs.antom.com/ac/ams/amount, /upm, /oc, /paymentri and /paymentrn.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from .books import alipay_time
from .counter_records import Order
from .currencies import cny_rate, decimals_of, write_amount
from .records import Refund, RefundState, Trade, TradeStatus, Wallet

# docs.antom.com/ac/ams/amount lists these; nothing is said of others.
CURRENCIES = frozenset(
    {
        *("CLP", "JPY", "KRW", "VND", "AUD", "BDT", "BRL", "CAD", "CNY", "EUR", "GBP", "HKD"),
        *("IDR", "MXN", "MYR", "NZD", "PEN", "PHP", "PKR", "PLN", "SGD", "THB", "TWD", "USD"),
    },
)
MESSAGES = {
    "SUCCESS": "success",
    "PAYMENT_IN_PROCESS": "payment in process",
    "REFUND_IN_PROCESS": "The refund is in process.",
    "UNKNOWN_EXCEPTION": "An unknown exception occurred.",
    "REQUEST_TRAFFIC_EXCEED_LIMIT": "The request traffic exceeds the limit.",
    "EXPIRED_CODE": "The code is expired.",
    "SIGNATURE_INVALID": "The signature is invalid.",
    "INVALID_SIGNATURE": "The signature is invalid.",
    "PARAM_ILLEGAL": "Illegal parameters.",
    "REPEAT_REQ_INCONSISTENT": "Repeated requests are inconsistent.",
    "ORDER_NOT_EXIST": "The order does not exist.",
    "ORDER_IS_CLOSED": "The order is closed.",
    "ORDER_IS_CANCELED": "The order is canceled.",
    "CANCEL_WINDOW_EXCEED": "The cancel window is exceeded.",
    "USER_BALANCE_NOT_ENOUGH": "The user balance is not enough.",
}
UNKNOWN_CODES = frozenset(
    {
        "PAYMENT_IN_PROCESS",
        "REFUND_IN_PROCESS",
        "UNKNOWN_EXCEPTION",
        "REQUEST_TRAFFIC_EXCEED_LIMIT",
    },
)
WALLETS = {Wallet.ALIPAYCN: ("ALIPAY_CN", "CNY"), Wallet.ALIPAYHK: ("ALIPAY_HK", "HKD")}
SUCCESS, IN_PROCESS = "SUCCESS", "PAYMENT_IN_PROCESS"

Members = dict[str, Any]


def result(code: str, *, status: str = "") -> Members:
    """`result`: its status follows from the code, unless another is said."""
    usual = "S" if code == SUCCESS else "U" if code in UNKNOWN_CODES else "F"
    message = MESSAGES.get(code, code.replace("_", " ").capitalize() + ".")
    return {"resultCode": code, "resultStatus": status or usual, "resultMessage": message}


def amount(text: str, currency: str) -> Members:
    """A decimal amount of the books in the currency's smallest unit, as text."""
    return {"currency": currency, "value": str(int(Decimal(text).scaleb(decimals_of(currency))))}


def instant(at: float) -> str:
    """ISO 8601 with zone, in GMT+8."""
    return alipay_time(at).isoformat(timespec="seconds")


def written(members: Mapping[str, Any]) -> str:
    """A message as it is signed and sent."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def payment(trade: Trade) -> Members:
    """What every message says of a payment; who paid and what with only once it is paid."""
    members = {
        "paymentRequestId": trade.out_trade_no,
        "paymentId": trade.trade_no,
        "paymentAmount": amount(trade.amount, trade.currency),
    }
    created = {"paymentCreateTime": instant(trade.created_at)}
    if trade.paid_at is None:
        return members | created
    name, currency = WALLETS[Wallet(trade.wallet)]
    return (
        members
        | _conversion(trade, currency)
        | created
        | {
            "paymentTime": instant(trade.paid_at),
            "pspCustomerInfo": {
                "pspName": name,
                "pspCustomerId": trade.buyer_id,
                "displayCustomerId": trade.buyer_login,
            },
            "grossSettlementAmount": amount(trade.settlement_amount, trade.settlement_currency),
        }
        | _settlement_quote(trade)
    )


def standing(order: Order, trade: Trade | None, *, cancelled: bool) -> tuple[str, str]:
    """`paymentStatus` and why: a payment given back in full stays SUCCESS."""
    if trade is None or (order.error and trade.paid_at is None):
        return "FAIL", order.error
    if trade.status == TradeStatus.WAIT_BUYER_PAY:
        return "PROCESSING", IN_PROCESS
    if cancelled:
        return "CANCELLED", "ORDER_IS_CANCELED"
    if trade.paid_at is not None:
        return "SUCCESS", SUCCESS
    return "FAIL", "ORDER_IS_CLOSED"


def refund_id(refund: Refund) -> str:
    """Alipay's number of a refund: 32 digits, the same for ever."""
    day = alipay_time(refund.requested_at).strftime("%Y%m%d")
    return f"{day}19401080010018{9 * 10**9 + (refund.refund_id or 0):010d}"


def refund_number(refund_id: str) -> int:
    """The number a refund has in the books, by Alipay's number of it; 0 for what is none."""
    tail = refund_id[22:]
    return int(tail) - 9 * 10**9 if tail.isascii() and tail.isdecimal() else 0


def rounded(money: Decimal, currency: str) -> Members:
    """An amount that was reckoned, in whole smallest units."""
    return amount(write_amount(money, currency), currency)


def refunded(refund: Refund) -> Members:
    """A refund among the `transactions` of its payment."""
    state = RefundState(refund.state)
    code = {RefundState.SUCCESS: SUCCESS, RefundState.PROCESSING: "REFUND_IN_PROCESS"}
    members = {
        "transactionResult": result(code.get(state, refund.error)),
        "transactionId": refund_id(refund),
        "transactionType": "REFUND",
        "transactionStatus": str(state),
        "transactionAmount": amount(refund.amount, refund.currency),
        "transactionRequestId": refund.out_biz_no,
    }
    if refund.refunded_at is not None:
        members["transactionTime"] = instant(refund.refunded_at)
    return members


def quote_price(rate: Decimal) -> str:
    """A rate with two decimals at least."""
    text = format(rate.normalize(), "f")
    return text if len(text.partition(".")[2]) > 1 else format(rate, ".2f")


def _conversion(trade: Trade, currency: str) -> Members:
    """What the buyer paid in the wallet's own currency."""
    if currency == trade.currency:
        return {"actualPaymentAmount": amount(trade.amount, currency)}
    rate = cny_rate(trade.currency) / cny_rate(currency)
    paid = write_amount(Decimal(trade.amount) * rate, currency)
    return {
        "actualPaymentAmount": amount(paid, currency),
        "paymentQuote": {
            "quoteId": f"Q{trade.trade_no[:8]}{trade.trade_no[-4:]}",
            "quoteCurrencyPair": f"{trade.currency}/{currency}",
            "quotePrice": quote_price(rate.quantize(Decimal("1.00000000"))),
            "guaranteed": "true",
        },
    }


def _settlement_quote(trade: Trade) -> Members:
    if trade.settlement_currency == trade.currency:
        return {}
    pair = f"{trade.currency}/{trade.settlement_currency}"
    price = quote_price(Decimal(trade.settlement_rate))
    return {"settlementQuote": {"quoteCurrencyPair": pair, "quotePrice": price}}
