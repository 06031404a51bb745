"""Reading the orders of the books: which one a number, a code or a trade belongs to."""

from dataclasses import replace

from .books import Books
from .counter_records import Order
from .records import Cancel, Product, Trade, TradeStatus


def of_number(books: Books, partner_id: str, number: str) -> Order | None:
    """The order a partner knows by its own number."""
    return books.first(Order, "partner_id = ? AND order_number = ?", partner_id, number)


def of_trade(books: Books, trade_no: str) -> Order | None:
    """The order that a trade, or a refused payment of the JSON API, belongs to."""
    return books.first(Order, "trade_no = ?", trade_no) if trade_no else None


def of_code(books: Books, text: str) -> Order | None:
    """The order whose code has this text, given whole or as what follows the last slash."""
    wanted = text.strip().rsplit("/", 1)[-1].split("?", 1)[0]
    return books.first(Order, "qrcode = ?", f"https://qr.alipay.com/{wanted}") if wanted else None


def trade_of(books: Books, order: Order) -> Trade | None:
    """The trade of an order, if one exists."""
    return books.get(Trade, order.trade_no) if order.trade_no else None


def was_cancelled(books: Books, partner_id: str, number: str) -> bool:
    """Whether this number was cancelled before anything was paid or begun under it."""
    where = "partner_id = ? AND out_trade_no = ? AND trade_no = ''"
    return books.first(Cancel, where, partner_id, number) is not None


def is_payable(books: Books, order: Order) -> bool:
    """Whether a buyer may still pay an order by its code."""
    now = books.timestamp()
    alive = all(end is None or now < end for end in (order.code_expires_at, order.expires_at))
    dead = order.error or was_cancelled(books, order.partner_id, order.order_number)
    if not order.is_order_code or dead or not alive:
        return False
    trade = trade_of(books, order)
    return trade is None or trade.status == TradeStatus.WAIT_BUYER_PAY


def payable(books: Books) -> list[Order]:
    """The codes that stand on screens now, newest first."""
    where = "product = ? AND error = '' AND code_expires_at > ?"
    made = books.select(Order, where, Product.ORDER_CODE, books.timestamp())
    return [order for order in reversed(made) if is_payable(books, order)]


def saved(books: Books, order: Order, **changes: object) -> Order:
    """The order as it is after a change."""
    changed = replace(order, **changes)  # type: ignore[arg-type]
    books.save(changed)
    return changed
