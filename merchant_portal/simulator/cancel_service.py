"""`alipay.acquire.cancel`: close what is unpaid, give back what was paid today.

Source: global.alipay.com/docs/ac/global/acquire_cancel, /docs/ac/hkapi/acquire_cancel.
"""

from collections.abc import Mapping
from decimal import Decimal

from . import cancels, clockwork
from .books import Books
from .checks import Call, GatewayCode, Refused
from .records import CancelAction, Origin, Trade, TradeStatus

CANCEL = "alipay.acquire.cancel"
SHORTEST_TRADE_NO = 16
REFUSALS: dict[TradeStatus, str] = {
    TradeStatus.TRADE_PENDING: "REASON_TRADE_BEEN_FREEZEN",
    TradeStatus.TRADE_FINISHED: "TRADE_HAS_FINISHED",
}
DESCRIPTIONS = {
    GatewayCode.SYSTEM_ERROR: "系统异常",
    "REASON_TRADE_BEEN_FREEZEN": "交易已经被冻结",
    "TRADE_HAS_CLOSE": "交易已经关闭",
    "TRADE_HAS_FINISHED": "交易已经完结",
    "TRADE_ROLE_ERROR": "没有该笔交易的权限",
    "TRADE_STATUS_ERROR": "交易状态不合法",
}


def cancel(books: Books, call: Call) -> Mapping[str, str]:
    """Alipay's number wins over the order number; what never was is cancelled in peace."""
    out_trade_no = call.required("out_trade_no", longest=64)
    trade_no = call.optional("trade_no", longest=64)
    if trade_no and len(trade_no) < SHORTEST_TRADE_NO:
        raise Refused(GatewayCode.ILLEGAL_ARGUMENT, "trade_no")
    _check_terminal_time(call.text("terminal_timestamp"))
    return cancel_order(books, call, out_trade_no=out_trade_no, trade_no=trade_no)


def cancel_order(
    books: Books, call: Call, *, out_trade_no: str, trade_no: str
) -> Mapping[str, str]:
    """Cancel what either number names; the answer's fields."""
    clockwork.catch_up(books)
    trade = _wanted_trade(books, call.partner.partner_id, trade_no, out_trade_no)
    if trade is None:
        cancels.note_never_existed(
            books,
            partner_id=call.partner.partner_id,
            out_trade_no=out_trade_no,
        )
        return {"result_code": "SUCCESS", "retry_flag": "N", "out_trade_no": out_trade_no}
    if trade.partner_id != call.partner.partner_id:
        return said(call, "FAIL", "TRADE_ROLE_ERROR")
    return _cancelled(books, call, trade)


def said(call: Call, result: str, code: str) -> Mapping[str, str]:
    """An answer without success; only Alipay's own trouble may be tried again."""
    return {
        "result_code": result,
        "retry_flag": "Y" if code == GatewayCode.SYSTEM_ERROR else "N",
        "out_trade_no": call.text("out_trade_no"),
        "detail_error_code": code,
        "detail_error_des": DESCRIPTIONS.get(code, ""),
    }


def _cancelled(books: Books, call: Call, trade: Trade) -> Mapping[str, str]:
    earlier = cancels.cancel_of(books, trade)
    if earlier is not None:
        return _success(trade, earlier.action)
    refusal = _refusal_of(books, trade)
    if refusal:
        return said(call, "FAIL", refusal)
    if trade.status == TradeStatus.TRADE_CLOSED:
        return _success(trade, CancelAction.CLOSE)
    return _success(trade, cancels.undo(books, trade, origin=Origin.GATEWAY).action)


def _refusal_of(books: Books, trade: Trade) -> str:
    """Why this trade cannot be cancelled; empty if it can."""
    status = TradeStatus(trade.status)
    if status in REFUSALS:
        return REFUSALS[status]
    if status is TradeStatus.TRADE_CLOSED:
        return "" if trade.paid_at is None else "TRADE_HAS_CLOSE"
    if books.now() > cancels.deadline_of(trade):
        return "TRADE_HAS_FINISHED"
    return "TRADE_STATUS_ERROR" if Decimal(trade.refunded) else ""


def _success(trade: Trade, action: str) -> Mapping[str, str]:
    return {
        "action": action,
        "out_trade_no": trade.out_trade_no,
        "result_code": "SUCCESS",
        "retry_flag": "N",
        "trade_no": trade.trade_no,
    }


def _wanted_trade(
    books: Books,
    partner_id: str,
    trade_no: str,
    out_trade_no: str,
) -> Trade | None:
    if trade_no:
        return books.get(Trade, trade_no)
    return books.first(Trade, "partner_id = ? AND out_trade_no = ?", partner_id, out_trade_no)


def _check_terminal_time(text: str) -> None:
    if text and not (text.isascii() and text.isdecimal()):
        raise Refused(GatewayCode.ILLEGAL_ARGUMENT, "terminal_timestamp")
