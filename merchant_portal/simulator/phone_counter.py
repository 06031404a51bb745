"""The buyer's phone at a counter: its payment code, payments that wait for it, orders to pay."""

from typing import Any
from urllib.parse import quote, urlencode

from . import buying, clockwork, payment_codes
from .barcodes import barcode
from .books import Books, alipay_time, wall_clock
from .buying import Scan
from .counter_records import Order, PaymentCode
from .outbox import Outbox
from .payment_codes import SHOWN_SECONDS, CodeWish, Outcome, UnusableCode
from .records import Region, Trade, Wallet
from .web import BadRequest, Html, Request, Response, fill, join, json_response, page, redirect

LOOKS_AGAIN_SECONDS = "5"
GROUP = 4
SETTINGS = ("wallet", "buyer", "outcome", "password_from", "length")
OUTCOME_WORDS = {
    Outcome.PAID: "Pays, with the password above a limit",
    Outcome.WAITING: "Always asks for the password",
    Outcome.NOT_ENOUGH_MONEY: "Not enough money",
    Outcome.OVER_LIMIT: "Above the wallet’s limit",
    Outcome.BLOCKED: "The wallet is blocked",
    Outcome.RISK: "Refused for its risk",
}
WALLET_WORDS = {Wallet.ALIPAYCN: "Alipay", Wallet.ALIPAYHK: "AlipayHK"}


def show_code(books: Books, request: Request) -> Response:
    """A payment code for a test: JSON to JSON, the wallet's page to a form."""
    fields = request.fields()
    wish = CodeWish(**{name: _text(fields, name) for name in CodeWish.__dataclass_fields__})
    if request.wants_page:
        return redirect(f"/wallet?{_query(wish)}")
    code = _shown(books, wish)
    return json_response(
        {
            "code": code.digits,
            "wallet": code.wallet,
            "buyer": code.buyer,
            "shown_at": alipay_time(code.shown_at).isoformat(),
            "expires_at": alipay_time(code.expires_at).isoformat(),
        },
    )


def wallet_page(books: Books, request: Request) -> Response:
    """The wallet: its code, new each minute and after each use, and what waits for the buyer."""
    clockwork.catch_up(books)
    wish = _asked(request)
    code = _on_screen(books, wish) or _shown(books, wish)
    rest = max(0, round(code.shown_at + SHOWN_SECONDS - books.timestamp()))
    values = {
        "barcode": barcode(code.digits),
        "digits": _grouped(code.digits),
        "wallet": WALLET_WORDS[Wallet(code.wallet)],
        "rest": f"A new code in {rest} seconds",
        "waiting": join([_waiting_row(order, trade) for order, trade in buying.waiting(books)]),
        "settings": _query(wish),
    }
    return page("wallet.html", values, title="Pay", refresh=LOOKS_AGAIN_SECONDS)


def settings_page(request: Request) -> Response:
    """How the wallet pays: a page of its own, because the wallet's looks again by itself."""
    wish = _asked(request)
    values = {
        "wallets": _choices(WALLET_WORDS, wish.wallet),
        "outcomes": _choices(OUTCOME_WORDS, wish.outcome),
        "password_from": wish.password_from,
        "length": wish.length,
        "buyer": wish.buyer,
        "settings": _query(wish),
    }
    return page("wallet_settings.html", values, title="How this wallet pays")


def decide(books: Books, outbox: Outbox, request: Request, trade_no: str) -> Response:
    """The buyer presses Pay or Cancel."""
    trade = buying.decide(books, trade_no, decision=_text(request.fields(), "decision"))
    outbox.wake()
    return redirect("/wallet") if request.wants_page else json_response(told(trade))


def pay_order(books: Books, outbox: Outbox, request: Request) -> Trade:
    """The buyer pays an order by its code, or leaves it; raises TradeRefused."""
    fields = request.fields()
    scan = {name: _text(fields, name) for name in Scan.__dataclass_fields__}
    if not scan["buyer"].isprintable():
        raise BadRequest("the buyer's account holds control characters")
    trade = buying.pay_order(books, Scan(**{**scan, "decision": scan["decision"] or "pay"}))
    outbox.wake()
    return trade


def order_page(books: Books, order: Order) -> Response:
    """The order as the wallet shows it: nothing to type."""
    partner = books.partner(order.partner_id)
    in_hk = partner is not None and partner.region == Region.HK
    terms = order.terms
    ends = order.code_expires_at if order.code_expires_at is not None else order.expires_at
    values = {
        "code": order.qrcode,
        "store": terms.get("store_name") or terms["secondary_merchant_name"],
        "store_id": terms["store_id"],
        "merchant": terms["secondary_merchant_name"],
        "subject": order.subject,
        "amount": order.amount,
        "currency": order.currency,
        "ends": f"Can be paid until {wall_clock(ends)}" if ends is not None else "",
        "wallets": fill("_wallets.html", {}) if in_hk else Html(""),
        "outcomes": _choices(
            {name: words for name, words in OUTCOME_WORDS.items() if name != Outcome.WAITING},
            Outcome.PAID,
        ),
    }
    return page("order.html", values, title=str(values["store"]))


def order_rows(found: list[Order]) -> Html:
    """The orders whose codes stand on screens now."""
    return join([fill("_order_code.html", _order_values(order)) for order in found])


def told(trade: Trade) -> dict[str, object]:
    """A trade as the phone's addresses answer it."""
    names = ("trade_no", "out_trade_no", "amount", "currency", "status")
    return {name: getattr(trade, name) for name in names}


def _asked(request: Request) -> CodeWish:
    asked = request.parameters
    return CodeWish(**{name: asked.get(name, "").strip() for name in SETTINGS})


def _query(wish: CodeWish) -> str:
    return urlencode({name: text for name in SETTINGS if (text := getattr(wish, name))})


def _shown(books: Books, wish: CodeWish) -> PaymentCode:
    try:
        return payment_codes.show(books, wish)
    except UnusableCode as unusable:
        raise BadRequest(str(unusable)) from unusable


def _on_screen(books: Books, wish: CodeWish) -> PaymentCode | None:
    """The code this wallet shows already, while it is neither old nor used."""
    where = "used_for = '' AND shown_at > ? AND wallet = ? AND outcome = ? AND buyer = ?"
    since = books.timestamp() - SHOWN_SECONDS
    wallet, outcome = wish.wallet or Wallet.ALIPAYCN, wish.outcome or Outcome.PAID
    found = books.select(PaymentCode, where, since, wallet, outcome, wish.buyer)
    limit = wish.password_from or payment_codes.USUAL_LIMIT
    limit = "" if limit == payment_codes.NEVER else limit
    same = (code for code in reversed(found) if code.password_from == limit)
    return next((code for code in same if wish.length in {"", str(len(code.digits))}), None)


def _order_values(order: Order) -> dict[str, str]:
    token = order.qrcode.rsplit("/", 1)[-1]
    return {
        "link": f"/?code={quote(token)}",
        "store": str(order.terms.get("store_name") or order.terms["secondary_merchant_name"]),
        "subject": order.subject,
        "amount": order.amount,
        "currency": order.currency,
        "number": order.order_number,
    }


def _waiting_row(order: Order, trade: Trade) -> Html:
    values = {
        "store": str(order.terms.get("store_name") or order.terms["secondary_merchant_name"]),
        "subject": order.subject,
        "amount": trade.amount,
        "currency": trade.currency,
        "trade_no": trade.trade_no,
    }
    return fill("_waiting.html", values)


def _choices(words: dict[Any, str], chosen: str) -> Html:
    return join(
        [
            fill(
                "_chosen.html" if name == chosen else "_choice.html",
                {"value": name, "words": text},
            )
            for name, text in words.items()
        ]
    )


def _grouped(digits: str) -> str:
    return " ".join(digits[at : at + GROUP] for at in range(0, len(digits), GROUP))


def _text(fields: dict[str, Any], name: str) -> str:
    return str(fields.get(name) or "").strip()
