"""`alipay.acquire.overseas.spot.refund` and `alipay.acquire.refund.query`.

Sources: global.alipay.com/docs/ac/global/spot_refund, /docs/ac/global/refundquery,
/docs/ac/hkapi/spot_refund.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from . import clockwork, refunds
from .books import Books, wall_clock
from .checks import Call
from .currencies import UnusableAmount, cny_rate, read_amount, write_amount
from .records import Partner, Refund, Region, Trade

REFUND = "alipay.acquire.overseas.spot.refund"
REFUND_QUERY = "alipay.acquire.refund.query"
REASON_NAMES = {Region.GLOBAL: "refund_reason", Region.HK: "refund_reson"}  # Spelled so in HK.
MOST_DIGITS = 9  # refund_amount is Number(9,2).


class Failed(Exception):
    """The refund is refused with a code of the business, not of the gateway."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Wish:
    """What the merchant asks for, well formed."""

    order_number: str
    trade_no: str
    refund_number: str
    amount: Decimal
    currency: str
    reason: str
    is_sync: str
    notify_url: str

    def repeats(self, refund: Refund, trade: Trade) -> bool:
        """Whether an earlier refund was asked for in the same words."""
        return (
            refund.trade_no == trade.trade_no
            and Decimal(refund.amount) == self.amount
            and refund.currency == self.currency
            and refund.is_sync == self.is_sync
        )


def ask_refund(books: Books, call: Call) -> Mapping[str, str]:
    """Give back at once, or record what runs later; the same number never gives twice."""
    clockwork.catch_up(books)
    try:
        wish = _read_wish(call)
        trade = _wanted_order(books, wish, call.partner)
        refund = _decided(books, wish, trade, call.partner)
    except Failed as failed:
        return {"result_code": "FAIL", "error": failed.code}
    if not refund.accepted:
        return {"result_code": "FAIL", "error": refund.error}
    return _success(refund, trade, call.partner)


def query_refund(books: Books, call: Call) -> Mapping[str, str]:
    """Where one refund stands."""
    out_trade_no = call.required("out_trade_no", longest=64)
    out_return_no = call.required("out_return_no", longest=128)
    clockwork.catch_up(books)
    trade = _order(books, call.partner, out_trade_no)
    refund = refunds.refund_of(books, call.partner.partner_id, out_return_no)
    if trade is None or refund is None or refund.trade_no != trade.trade_no:
        return said_by_query(call, "FAIL", "TRADE_NOT_EXIST")
    return {
        "gmt_create": wall_clock(trade.created_at),
        "out_return_no": refund.out_biz_no,
        "out_trade_no": trade.out_trade_no,
        "refund_error_code": refund.error,
        "refund_result_code": refund.state,
        "response_code": "SUCCESS",
        "trade_no": trade.trade_no,
    }


def said_by_query(_: Call, result: str, code: str) -> Mapping[str, str]:
    """An inquiry that did not succeed."""
    return {"response_code": result, "refund_error_code": code}


def _read_wish(call: Call) -> Wish:
    """Missing or too long: the gateway refuses. Malformed: Failed."""
    wish = Wish(
        order_number=call.required("partner_trans_id", longest=64),
        trade_no=call.optional("alipay_trans_id", longest=64),
        refund_number=call.required("partner_refund_id", longest=64),
        currency=call.required("currency", longest=10),
        amount=Decimal(0),
        reason=call.optional(REASON_NAMES[Region(call.partner.region)], longest=128),
        is_sync=call.optional("is_sync", longest=1) or "N",
        notify_url=call.notify_url(),
    )
    quoted = call.partner.region == Region.HK and '"' in wish.reason
    if quoted or wish.is_sync not in {"Y", "N"} or wish.refund_number == wish.order_number:
        raise Failed("INVALID_PARAMETER")
    text = call.required("refund_amount", longest=64)
    return replace(wish, amount=_read_refund_amount(text, wish.currency))


def _read_refund_amount(text: str, currency: str) -> Decimal:
    """JPY and KRW whole, all others at most two decimals, nine digits, no blanks."""
    if text != text.strip() or len(text.replace(".", "")) > MOST_DIGITS:
        raise Failed("INVALID_PARAMETER")
    try:
        return read_amount(text, currency)
    except UnusableAmount as unusable:
        raise Failed("INVALID_PARAMETER") from unusable


def _order(books: Books, partner: Partner, order_number: str) -> Trade | None:
    where = "partner_id = ? AND out_trade_no = ?"
    return books.first(Trade, where, partner.partner_id, order_number)


def _wanted_order(books: Books, wish: Wish, partner: Partner) -> Trade:
    trade = _order(books, partner, wish.order_number)
    if trade is None or wish.trade_no not in {"", trade.trade_no}:
        raise Failed("TRADE_NOT_EXIST")
    return trade


def _decided(books: Books, wish: Wish, trade: Trade, partner: Partner) -> Refund:
    earlier = refunds.refund_of(books, partner.partner_id, wish.refund_number)
    if earlier is not None:
        if not wish.repeats(earlier, trade):
            raise Failed("DISCORDANT_REPEAT_REQUEST")
        return earlier
    if wish.currency != trade.currency:
        raise Failed("CURRENCY_NOT_SAME")
    refund = replace(
        refunds.new_refund(books, trade, number=wish.refund_number, amount=wish.amount),
        reason=wish.reason,
        is_sync=wish.is_sync,
        notify_url=wish.notify_url if wish.is_sync == "N" else "",
    )
    return _kept(books, refund, trade, partner)


def _kept(books: Books, refund: Refund, trade: Trade, partner: Partner) -> Refund:
    code = refunds.refusal_of(trade, Decimal(refund.amount))
    if not code and refunds.window_is_over(trade, partner, now=books.now()):
        code = refunds.WINDOW_OVER
    if not code and refund.is_sync == "Y" and not refunds.covered(books, refund):
        code = refunds.BALANCE_LOW
    if code:
        return refunds.keep_refused(books, refund, code)
    if refund.is_sync == "Y":
        return refunds.keep_done(books, refund, trade)
    return refunds.keep_waiting(books, refund, trade, partner)


def _success(refund: Refund, trade: Trade, partner: Partner) -> Mapping[str, str]:
    """Synchronous: the money is back. Asynchronous: the request is recorded, no more."""
    fields = {
        "alipay_trans_id": trade.trade_no,
        "currency": refund.currency,
        "partner_refund_id": refund.out_biz_no,
        "partner_trans_id": trade.out_trade_no,
        "refund_amount": refund.amount,
        "result_code": "SUCCESS",
    }
    if partner.region == Region.HK:
        return fields
    rate = cny_rate(refund.currency)
    in_cny = write_amount(Decimal(refund.amount) * rate, "CNY")
    return fields | {"exchange_rate": str(rate), "refund_amount_cny": in_cny}
