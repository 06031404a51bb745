"""The buyer's phone: choose or paste a code, type an amount, pay."""

from decimal import Decimal
from typing import Any
from urllib.parse import quote

from . import buying, orders, phone_counter
from .biz_data import channel_fee_of, store_id_of
from .books import Books, wall_clock
from .currencies import decimals_of
from .outbox import Outbox
from .records import Code, Product, Region, Trade, TradeStatus, Wallet
from .trading import Purchase, TradeRefused, pay
from .web import BadRequest, Html, Request, Response, fill, join, json_response, page

MOST_CODES_SHOWN = 200
WALLET_NAMES = {Wallet.ALIPAYCN: "Alipay", Wallet.ALIPAYHK: "AlipayHK"}
SUCCESS_TITLES = {
    TradeStatus.TRADE_SUCCESS: "Paid",
    TradeStatus.TRADE_FINISHED: "Paid",
    TradeStatus.TRADE_PENDING: "Paid, waiting at the shop's account",
    TradeStatus.WAIT_BUYER_PAY: "Waiting for your payment",
    TradeStatus.TRADE_CLOSED: "Closed without payment",
}


def front_page(books: Books, request: Request) -> Response:
    """The list of codes, or the amount screen once a code is chosen."""
    text = request.parameters.get("code", "").strip()
    if not text:
        return _list_page(books)
    code = books.code(text)
    if code is not None and code in books.live_codes():
        return _amount_page(books, code)
    if code is None and orders.of_code(books, text) is not None:
        return _order_page(books, text)
    return _refusal_page("This code is invalid.", status=409, retry="/")


def pay_by_phone(books: Books, outbox: Outbox, request: Request) -> Response:
    """The buyer confirms: answers a page to a form, JSON to JSON."""
    fields = request.fields()
    try:
        trade = pay(books, _purchase(fields))
    except TradeRefused as refused:
        if request.wants_page:
            code = quote(str(fields.get("code", "")))
            retry = "/" if refused.code == "CODE_INVALID" else f"/?code={code}"
            return _refusal_page(refused.message, status=refused.status, retry=retry)
        body = {"error": refused.code, "message": refused.message}
        return json_response(body, status=refused.status)
    outbox.wake()
    return _receipt_page(trade) if request.wants_page else json_response(phone_counter.told(trade))


def pay_order(books: Books, outbox: Outbox, request: Request) -> Response:
    """The buyer pays an order by its code, or leaves it: a page to a form, JSON to JSON."""
    try:
        trade = phone_counter.pay_order(books, outbox, request)
    except TradeRefused as refused:
        if not request.wants_page:
            raise
        return _refusal_page(refused.message, status=refused.status, retry="/")
    return _receipt_page(trade) if request.wants_page else json_response(phone_counter.told(trade))


def _order_page(books: Books, text: str) -> Response:
    try:
        return phone_counter.order_page(books, buying.open_order(books, text))
    except TradeRefused as refused:
        return _refusal_page(refused.message, status=refused.status, retry="/")


def _purchase(fields: dict[str, Any]) -> Purchase:
    text = {name: str(fields.get(name) or "").strip() for name in Purchase.__dataclass_fields__}
    if not text["buyer"].isprintable():
        raise BadRequest("the buyer's account holds control characters")
    return Purchase(**{**text, "outcome": text["outcome"] or "paid"})


def _list_page(books: Books) -> Response:
    codes = books.live_codes()[-MOST_CODES_SHOWN:][::-1]
    rows = join([fill("_code.html", _code_values(code)) for code in codes])
    if not codes:
        rows = fill("_no_codes.html", {})
    on_screens = phone_counter.order_rows(orders.payable(books))
    shown = fill("_orders.html", {"rows": on_screens}) if on_screens else Html("")
    return page("codes.html", {"codes": rows, "orders": shown}, title="Scan")


def _code_values(code: Code) -> dict[str, str]:
    terms = code.terms
    return {
        "link": f"/?code={quote(_token(code))}",
        "store": _store_name(terms),
        "merchant": terms["secondary_merchant_name"],
        "store_id": store_id_of(terms),
        "currency": terms["trans_currency"],
        "token": _token(code),
        "fee": " · service charge" if code.with_fee else "",
    }


def _amount_page(books: Books, code: Code) -> Response:
    partner = books.partner(code.partner_id)
    terms = code.terms
    in_hk = partner is not None and partner.region == Region.HK
    values = _code_values(code) | {
        "code": code.qrcode,
        "mode": "decimal" if decimals_of(terms["trans_currency"]) else "numeric",
        "example": "0.00" if decimals_of(terms["trans_currency"]) else "0",
        "wallets": fill("_wallets.html", {}) if in_hk else Html(""),
        "charge": _charge_words(terms),
    }
    return page("amount.html", values, title=_store_name(terms))


def _receipt_page(trade: Trade) -> Response:
    terms = trade.terms
    at = trade.created_at if trade.paid_at is None else trade.paid_at
    values = {
        "title": SUCCESS_TITLES[TradeStatus(trade.status)],
        "kind": "paid" if trade.paid_at is not None else "open",
        "mark": "✓" if trade.paid_at is not None else "…",
        "amount": trade.amount,
        "currency": trade.currency,
        "store": _store_name(terms),
        "store_id": store_id_of(terms),
        "merchant": terms["secondary_merchant_name"],
        "time": wall_clock(at),
        "wallet": WALLET_NAMES[Wallet(trade.wallet)],
        "trade_no": trade.trade_no,
        "out_trade_no": trade.out_trade_no,
        "again": _again(trade),
    }
    return page("receipt.html", values, title=values["title"])


def _again(trade: Trade) -> Html:
    """A code on a counter can be paid once more, an order cannot."""
    if trade.product is not Product.SHOP_CODE:
        return Html("")
    link = f"/?code={quote(trade.qrcode.rsplit('/', 1)[-1])}"
    return fill("_again.html", {"link": link})


def _refusal_page(message: str, *, status: int, retry: str) -> Response:
    return page(
        "refused.html",
        {"message": message, "retry": retry},
        title="Not paid",
        status=status,
    )


def _charge_words(terms: dict[str, Any]) -> str:
    fee = channel_fee_of(terms)
    if fee is None:
        return ""
    if fee["type"] == "RATE":
        return f"The shop adds a service charge of {_percent(str(fee['value']))} %."
    return f"The shop adds a service charge of {fee['value']} {terms['currency']}."


def _percent(fraction: str) -> str:
    text = format(Decimal(fraction) * 100, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _store_name(terms: dict[str, Any]) -> str:
    return str(terms.get("store_name") or terms["secondary_merchant_name"])


def _token(code: Code) -> str:
    return code.qrcode.rsplit("/", 1)[-1]
