"""`inquiryPayment` and `cancel` of the JSON API.

Sources: docs.antom.com/ac/ams/paymentri, /paymentc.
"""

from decimal import Decimal
from typing import Any

from . import cancels, clockwork, json_words, orders
from .books import Books
from .counter_records import Order
from .json_door import JSONCall
from .json_reading import ID, ILLEGAL, Declined
from .records import Cancel, Origin, Refund, Trade, TradeStatus

NOT_EXIST = "ORDER_NOT_EXIST"

Members = dict[str, Any]

# What an inquiry says of every payment, paid or not.
_TOLD_OF_ALL = (
    *("result", "paymentStatus", "paymentResultCode", "paymentResultMessage"),
    *("paymentRequestId", "paymentId", "paymentAmount", "paymentCreateTime"),
)


def inquire(books: Books, call: JSONCall) -> Members:
    """Where a payment stands; its refunds are its `transactions`."""
    clockwork.catch_up(books)
    order = wanted(books, call)
    trade = orders.trade_of(books, order)
    cancelled = trade is not None and cancels.cancel_of(books, trade) is not None
    status, code = json_words.standing(order, trade, cancelled=cancelled)
    members = {
        "result": json_words.result(json_words.SUCCESS),
        "paymentStatus": status,
        "paymentResultCode": code,
        "paymentResultMessage": json_words.result(code)["resultMessage"],
    }
    if trade is None:
        return members | _refused_payment(order)
    made = books.select(Refund, "trade_no = ?", trade.trade_no)
    told = [json_words.refunded(refund) for refund in made if refund.accepted]
    return members | json_words.payment(trade) | ({"transactions": told} if told else {})


def inquire_tersely(books: Books, call: JSONCall) -> Members:
    """The same, but of what was cancelled nothing tells whether it had been paid."""
    members = inquire(books, call)
    if members["paymentStatus"] != "CANCELLED":
        return members
    return {name: members[name] for name in _TOLD_OF_ALL if name in members}


def cancel(books: Books, call: JSONCall) -> Members:
    """Close what is unpaid, give back what was paid; again it is the same answer."""
    clockwork.catch_up(books)
    order = wanted(books, call)
    trade = orders.trade_of(books, order)
    made = None if trade is None else cancels.cancel_of(books, trade)
    if trade is not None and made is None:
        made = _cancelled(books, trade)
    at = made.cancelled_at if made else books.timestamp()
    return {
        "result": json_words.result(json_words.SUCCESS),
        "paymentRequestId": order.order_number,
        "paymentId": order.trade_no,
        "cancelTime": json_words.instant(at),
    }


def wanted(books: Books, call: JSONCall) -> Order:
    """The payment a request is about; Alipay's id wins over the merchant's. Raises Declined."""
    payment_id = call.members.text("paymentId", longest=64, needed=False, form=ID)
    number = call.members.text("paymentRequestId", longest=64, needed=False, form=ID)
    if not payment_id and not number:
        raise Declined(ILLEGAL, "paymentId or paymentRequestId")
    partner_id = call.client.partner_id
    if payment_id:
        found = orders.of_trade(books, payment_id)
    else:
        found = orders.of_number(books, partner_id, number)
    if found is None or found.partner_id != partner_id or not found.client_id:
        raise Declined(NOT_EXIST)
    return found


def _cancelled(books: Books, trade: Trade) -> Cancel | None:
    """Undo a payment; one that ended unpaid by itself needs nothing."""
    status = TradeStatus(trade.status)
    if status is TradeStatus.TRADE_CLOSED and trade.paid_at is None:
        return None
    if status is TradeStatus.TRADE_FINISHED or books.now() > cancels.deadline_of(trade):
        raise Declined("CANCEL_WINDOW_EXCEED")
    if status is TradeStatus.TRADE_PENDING or Decimal(trade.refunded):
        raise Declined("ORDER_STATUS_INVALID")
    return cancels.undo(books, trade, origin=Origin.GATEWAY)


def _refused_payment(order: Order) -> Members:
    return {
        "paymentRequestId": order.order_number,
        "paymentId": order.trade_no,
        "paymentAmount": json_words.amount(order.amount, order.currency),
        "paymentCreateTime": json_words.instant(order.created_at),
    }
