"""`refund` and `inquiryRefund` of the JSON API; no notice ever tells of a refund at the counter.

Sources: docs.antom.com/ac/ams/refund, /ir.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from . import cancels, clockwork, json_words, orders, refunds
from .books import Books
from .counter_records import Order
from .json_door import JSONCall
from .json_reading import ID, ILLEGAL, Declined, Money
from .records import Refund, RefundState, Trade, TradeStatus
from .selling import FAILS, Meddling

FAILED_LATER = "PROCESS_FAIL"
NOT_EXIST = "REFUND_NOT_EXIST"

Members = dict[str, Any]


def refund(books: Books, call: JSONCall) -> Members:
    """Give back at once; the same id never gives twice. Raises Declined."""
    return meddled_refund(books, call, Meddling())


def meddled_refund(books: Books, call: JSONCall, meddling: Meddling) -> Members:
    """The same, or recorded by a mishap and decided later."""
    clockwork.catch_up(books)
    members = call.members
    number = members.text("refundRequestId", longest=64, form=ID)
    members.text("referenceRefundId", longest=64, needed=False, form=ID)
    reason = members.text("refundReason", longest=256, needed=False)
    money = members.money("refundAmount")
    trade = _paid_trade(books, call)
    earlier = refunds.refund_of(books, call.client.partner_id, number)
    if earlier is None:
        wish = refunds.new_refund(books, trade, number=number, amount=Decimal(money.text))
        _refuse_other(money, trade)
        earlier = _decided(books, call, trade, replace(wish, reason=reason), meddling)
    elif earlier.trade_no != trade.trade_no or Decimal(earlier.amount) != Decimal(money.text):
        raise Declined("REPEAT_REQ_INCONSISTENT")
    return _told(earlier, trade)


def inquire(books: Books, call: JSONCall) -> Members:
    """Where a refund stands."""
    clockwork.catch_up(books)
    found = wanted(books, call)
    return _members(found) | {"refundReason": found.reason, "refundStatus": found.state}


def wanted(books: Books, call: JSONCall) -> Refund:
    """The refund a request is about; Alipay's id wins over the merchant's. Raises Declined."""
    refund_id = call.members.text("refundId", longest=64, needed=False, form=ID)
    number = call.members.text("refundRequestId", longest=64, needed=False, form=ID)
    if not refund_id and not number:
        raise Declined(ILLEGAL, "refundId or refundRequestId")
    found = _of_id(books, call, refund_id) if refund_id else None
    if not refund_id:
        found = refunds.refund_of(books, call.client.partner_id, number)
    if found is None:
        raise Declined(NOT_EXIST)
    return found


def _paid_trade(books: Books, call: JSONCall) -> Trade:
    payment_id = call.members.text("paymentId", longest=64, form=ID)
    order: Order | None = orders.of_trade(books, payment_id)
    trade = orders.trade_of(books, order) if order else None
    if order is None or order.partner_id != call.client.partner_id or not order.client_id:
        raise Declined("ORDER_NOT_EXIST")
    if trade is None:
        raise Declined("ORDER_STATUS_INVALID")
    return trade


def _refuse_other(money: Money, trade: Trade) -> None:
    if money.currency != trade.currency:
        raise Declined(ILLEGAL, "refundAmount")


def _decided(
    books: Books, call: JSONCall, trade: Trade, wish: Refund, meddling: Meddling
) -> Refund:
    if meddling.refused_with:
        return refunds.keep_refused(books, wish, meddling.refused_with)
    code = _refusal(books, call, trade, Decimal(wish.amount))
    if code:
        return refunds.keep_refused(books, wish, code)
    if not refunds.covered(books, wish):
        raise Declined("MERCHANT_BALANCE_NOT_ENOUGH")  # The same request may come again.
    if meddling.decision:
        error = FAILED_LATER if meddling.decision == FAILS else ""
        run_at = books.timestamp() + meddling.after_seconds
        return refunds.keep_until(books, replace(wish, error=error), run_at=run_at)
    return refunds.keep_done(books, wish, trade)


def _refusal(books: Books, call: JSONCall, trade: Trade, amount: Decimal) -> str:
    """Why this amount cannot go back; empty if it can."""
    status = TradeStatus(trade.status)
    if status is TradeStatus.TRADE_CLOSED and cancels.cancel_of(books, trade) is not None:
        return "ORDER_IS_CANCELED"
    if trade.paid_at is None:
        closed = status is TradeStatus.TRADE_CLOSED
        return "ORDER_IS_CLOSED" if closed else "ORDER_STATUS_INVALID"
    if status is TradeStatus.TRADE_PENDING:
        return "ORDER_STATUS_INVALID"
    over = refunds.window_is_over(trade, call.partner, now=books.now())
    if over or status is TradeStatus.TRADE_FINISHED:
        return "REFUND_WINDOW_EXCEED"
    return "REFUND_AMOUNT_EXCEED" if amount > trade.refundable else ""


def _told(refund: Refund, trade: Trade) -> Members:
    if refund.state == RefundState.PROCESSING:
        return {"result": json_words.result("REFUND_IN_PROCESS")}
    if refund.state == RefundState.FAIL:
        raise Declined(refund.error)
    settled = Decimal(refund.amount) * Decimal(trade.settlement_rate)
    currency = trade.settlement_currency
    return _members(refund) | {
        "paymentId": trade.trade_no,
        "grossSettlementAmount": json_words.rounded(settled, currency),
    }


def _members(refund: Refund) -> Members:
    members = {
        "result": json_words.result(json_words.SUCCESS),
        "refundId": json_words.refund_id(refund),
        "refundRequestId": refund.out_biz_no,
        "refundAmount": json_words.amount(refund.amount, refund.currency),
    }
    if refund.refunded_at is not None:
        members["refundTime"] = json_words.instant(refund.refunded_at)
    return members


def _of_id(books: Books, call: JSONCall, refund_id: str) -> Refund | None:
    made = books.get(Refund, json_words.refund_number(refund_id))
    if made is None or made.partner_id != call.client.partner_id:
        return None
    return made if json_words.refund_id(made) == refund_id else None
