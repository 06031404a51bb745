"""Which rows the JSON API's files have: those of the days and batches of one partner's clients."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial

from .books import ALIPAY_TIME, Books
from .counter_records import Client
from .happenings import Happening
from .item_layouts import Feed, ItemFamily, RefundIds, Units, orders_of
from .layouts import Draft, Line
from .records import PAYMENT_ID_LENGTH, Trade, TradeStatus
from .terms import Terms, item_family, item_refund_ids, item_units


def has_clients(books: Books, terms: Terms) -> bool:
    """Whether a partner speaks the JSON API at all."""
    return books.first(Client, "partner_id = ?", terms.partner_id) is not None


def feed_of(books: Books, terms: Terms, happened: list[Happening]) -> Feed:
    """What is needed to write of these."""
    return _feed(books, terms, [each.trade for each in happened])


def settlements(books: Books, terms: Terms, paid: list[Happening], day: date) -> list[Draft]:
    """One batch for each currency that was paid out."""
    made = list[Draft]()
    for currency in sorted({each.settlement_currency for each in paid}):
        batch = partial(_batch, books, terms, currency=currency, day=day)
        made.append(replace(batch(paid), again=batch))
    return made


def failures(books: Books, terms: Terms, day: date) -> tuple[Line, ...]:
    """The payments that were begun on a day and ended unpaid, where the family tells of them."""
    begins = datetime.combine(day, time(), ALIPAY_TIME)
    span = (begins.timestamp(), (begins + timedelta(days=1)).timestamp())
    where = (
        "partner_id = ? AND paid_at IS NULL AND status = ? AND length(trade_no) = ? "
        "AND created_at >= ? AND created_at < ?"
    )
    asked = (terms.partner_id, TradeStatus.TRADE_CLOSED, PAYMENT_ID_LENGTH, *span)
    trades = books.select(Trade, where, *asked)
    return _feed(books, terms, trades).failures(trades)


def _batch(
    books: Books, terms: Terms, happened: list[Happening], *, currency: str, day: date
) -> Draft:
    return feed_of(books, terms, happened).settlement(happened, currency=currency, day=day)


def _feed(books: Books, terms: Terms, trades: list[Trade]) -> Feed:
    family = ItemFamily(item_family(books, terms.partner_id))
    units = Units(item_units(books, terms.partner_id))
    refund_ids = RefundIds(item_refund_ids(books, terms.partner_id))
    return Feed(terms, family, units, refund_ids, orders_of(books, trades))
