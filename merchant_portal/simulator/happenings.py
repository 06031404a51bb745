"""What the files tell: payments, cancels, refunds and refunds that came back, each with its money
in smallest units.

Parts of one payment add up: what its refunds and its cancel give back is shared out along the sum
given back so far, so that the last of them gives back exactly what is left, of the fee too.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from operator import attrgetter

from .books import ALIPAY_TIME, Books, alipay_time
from .currencies import decimals_of, exchange_rate
from .json_words import refund_id
from .records import (
    PAYMENT_ID_LENGTH,
    Cancel,
    CancelAction,
    Origin,
    Refund,
    RefundState,
    Trade,
)
from .terms import FeeBack, PortalRefundIds, Terms

ALWAYS = "1"
ALL_TIME = (0.0, 1e12)
UNSETTLED = "{key} NOT IN (SELECT happening FROM settled WHERE partner_id = :partner)"
SETTLED_ON = (
    "{key} IN (SELECT happening FROM settled "
    "WHERE partner_id = :partner AND settled_on = :settled_on)"
)
WITH_KEYS = "{key} IN (SELECT value FROM json_each(:keys))"
BY_JSON = f"length(trade_no) = {PAYMENT_ID_LENGTH}"
# Where something happens: table, number, instant, and what makes it count. For a refund that came
# back only the JSON API's files have a word.
SOURCES = (
    ("PAYMENT", "trades", "trade_no", "paid_at", "1"),
    ("CANCEL", "cancels", "cancel_id", "cancelled_at", f"action = '{CancelAction.REFUND}'"),
    ("REFUND", "refunds", "refund_id", "refunded_at", f"state = '{RefundState.SUCCESS}'"),
    ("REFUND_REVERSAL", "refunds", "refund_id", "returned_at", BY_JSON),
)


class Wire(StrEnum):
    """Which API the payment came by: each has files of its own. The value is for SQL."""

    ANY = "1"
    GATEWAY = f"length(trade_no) <> {PAYMENT_ID_LENGTH}"
    JSON = BY_JSON


class Kind(StrEnum):
    """What happened, in the words of the transaction file."""

    PAYMENT = "PAYMENT"
    CANCEL = "CANCEL"
    REFUND = "REFUND"
    REFUND_REVERSAL = "REFUND_REVERSAL"

    @property
    def is_inward(self) -> bool:
        """Whether the merchant gets money by it."""
        return self in {Kind.PAYMENT, Kind.REFUND_REVERSAL}


@dataclass(frozen=True)
class Happening:
    """One row to be: `pricing` is what the buyer saw, `settlement` what the merchant is owed."""

    key: str
    kind: Kind
    trade: Trade
    partner_trans_id: str
    transaction_id: str
    happened_at: float
    pricing_minor: int
    settlement_minor: int
    settlement_currency: str
    forex_rate: str
    fee_minor: int
    remark: str

    @property
    def day(self) -> date:
        """The GMT+8 day it belongs to."""
        return alipay_time(self.happened_at).date()

    @property
    def owed_minor(self) -> int:
        """What Alipay owes the merchant by it, after its fee; less than nothing for money back."""
        net = self.settlement_minor - self.fee_minor
        return net if self.kind.is_inward else -net


ORDER = attrgetter("happened_at", "kind", "key")


@dataclass(frozen=True)
class Sum:
    """A trade's money, and how much of it has gone back."""

    pricing: int
    settlement: int
    fee: int


def ever(books: Books, terms: Terms, *, on: date | None) -> list[Happening]:
    """What has ever happened, or what happened on a day."""
    return _found(books, terms, ALWAYS) if on is None else of_day(books, terms, on)


def of_day(books: Books, terms: Terms, day: date, *, wire: Wire = Wire.ANY) -> list[Happening]:
    """What happened on a GMT+8 day, in order."""
    begins = datetime.combine(day, time(), ALIPAY_TIME)
    span = (begins.timestamp(), (begins + timedelta(days=1)).timestamp())
    return _found(books, terms, ALWAYS, span=span, wire=wire)


def unsettled(books: Books, terms: Terms, *, until: date, wire: Wire) -> list[Happening]:
    """What happened until the end of a day and was not paid out yet."""
    end = datetime.combine(until + timedelta(days=1), time(), ALIPAY_TIME)
    return _found(books, terms, UNSETTLED, span=(0, end.timestamp()), wire=wire)


def settled_on(books: Books, terms: Terms, day: date, *, wire: Wire) -> list[Happening]:
    """What was paid out on a day."""
    return _found(books, terms, SETTLED_ON, settled_on=day.isoformat(), wire=wire)


def with_keys(
    books: Books, terms: Terms, keys: Iterable[str], *, wire: Wire = Wire.ANY
) -> list[Happening]:
    """The happenings that are known by these keys."""
    return _found(books, terms, WITH_KEYS, keys_wanted=keys, wire=wire)


def minor_units(text: str, currency: str) -> int:
    """An amount of the books in the currency's smallest unit."""
    return int(Decimal(text).scaleb(decimals_of(currency)))


def half_up(number: Decimal) -> int:
    """The nearest whole number; a half goes up."""
    return int(number.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def fee_of(settlement_minor: int, terms: Terms) -> int:
    """Alipay's fee, rounded half up to the smallest unit."""
    return half_up(settlement_minor * Decimal(terms.fee_rate))


def _found(
    books: Books,
    terms: Terms,
    wanted: str,
    *,
    span: tuple[float, float] = ALL_TIME,
    settled_on: str = "",
    keys_wanted: Iterable[str] = (),
    wire: Wire = Wire.ANY,
) -> list[Happening]:
    """The happenings within a span that fulfil a condition upon their key."""
    values = {
        "keys": json.dumps(sorted(keys_wanted)),
        "partner": terms.partner_id,
        "begins": span[0],
        "ends": span[1],
        "settled_on": settled_on,
    }
    keys, trades = set(), set()
    for word, table, number, instant, counts in SOURCES:
        key = f"'{word} ' || {number}"
        sql = (
            f"SELECT {key} AS key, trade_no FROM {table} WHERE partner_id = :partner AND {counts} "
            f"AND {instant} >= :begins AND {instant} < :ends AND {wanted.format(key=key)} "
            f"AND {wire.value}"
        )
        for row in books.rows(sql, values):
            keys.add(str(row["key"]))
            trades.add(str(row["trade_no"]))
    happened = [each for each in _of_trades(books, terms, trades) if each.key in keys]
    return sorted(happened, key=ORDER)


def _of_trades(books: Books, terms: Terms, numbers: set[str]) -> Iterator[Happening]:
    going_back: defaultdict[str, list[Refund | Cancel]] = defaultdict(list)
    for refund in books.select_in(Refund, "trade_no", numbers):
        if refund.state == RefundState.SUCCESS:
            going_back[refund.trade_no].append(refund)
    for cancel in books.select_in(Cancel, "trade_no", numbers):
        if cancel.action == CancelAction.REFUND:
            going_back[cancel.trade_no].append(cancel)
    for trade in books.select_in(Trade, "trade_no", numbers):
        yield from _of_trade(trade, going_back[trade.trade_no], terms)


def _of_trade(trade: Trade, going_back: list[Refund | Cancel], terms: Terms) -> Iterator[Happening]:
    currency, rate, whole = _whole(trade, terms)

    def happening(kind: Kind, number: object, at: float, money: Sum, **more: str) -> Happening:
        ids = {"partner_trans_id": trade.out_trade_no, "transaction_id": trade.trade_no}
        return Happening(
            key=f"{kind} {number}",
            kind=kind,
            trade=trade,
            happened_at=at,
            pricing_minor=money.pricing,
            settlement_minor=money.settlement,
            settlement_currency=currency,
            forex_rate=rate,
            fee_minor=money.fee,
            **({"remark": ""} | ids | more),
        )

    if trade.paid_at is not None:
        yield happening(Kind.PAYMENT, trade.trade_no, trade.paid_at, whole)
    before = Sum(0, 0, 0)
    for each in sorted(going_back, key=_instant):
        after = _after(before, each, whole, terms)
        money = Sum(
            after.pricing - before.pricing,
            after.settlement - before.settlement,
            after.fee - before.fee,
        )
        if isinstance(each, Cancel):
            yield happening(Kind.CANCEL, each.cancel_id, _instant(each), money)
        else:
            ids = _refund_ids(each, trade, terms)
            yield happening(Kind.REFUND, each.refund_id, _instant(each), money, **ids)
            if each.returned_at is not None and trade.is_by_json:
                ids["transaction_id"] = _minted_for(each)  # One of its own, as the pages say.
                kind = Kind.REFUND_REVERSAL
                yield happening(kind, each.refund_id, each.returned_at, money, **ids)
        before = after


def _whole(trade: Trade, terms: Terms) -> tuple[str, str, Sum]:
    """Settlement currency, rate and money of a payment."""
    currency = terms.settlement_currency or trade.settlement_currency
    pricing = minor_units(trade.amount, trade.currency)
    if currency == trade.settlement_currency:
        rate, settlement = trade.settlement_rate, minor_units(trade.settlement_amount, currency)
    else:
        number = exchange_rate(trade.currency, currency)
        rate, places = str(number), decimals_of(currency)
        settlement = half_up((Decimal(trade.amount) * number).scaleb(places))
    return currency, rate, Sum(pricing, settlement, fee_of(settlement, terms))


def _after(before: Sum, each: Refund | Cancel, whole: Sum, terms: Terms) -> Sum:
    """How much has gone back after this refund or cancel."""
    pricing = before.pricing + minor_units(each.amount, each.currency)
    settlement = half_up(Decimal(whole.settlement) * pricing / whole.pricing)
    if isinstance(each, Cancel) or terms.fee_back == FeeBack.YES:
        fee = whole.fee
    elif terms.fee_back == FeeBack.NO:
        fee = before.fee
    else:
        fee = fee_of(settlement, terms)
    return Sum(pricing, settlement, fee)


def _refund_ids(refund: Refund, trade: Trade, terms: Terms) -> dict[str, str]:
    """A refund's two numbers: the merchant's, or the payment's if the merchant has none."""
    if trade.is_by_json:
        numbers = {"partner_trans_id": refund.out_biz_no, "transaction_id": refund_id(refund)}
        return numbers | {"remark": refund.reason}
    if refund.origin == Origin.GATEWAY:
        return {
            "partner_trans_id": refund.out_biz_no,
            "transaction_id": _minted_for(refund),
            "remark": refund.reason,
        }
    own = refund.out_biz_no if _is_alipays(refund.out_biz_no) else _minted_for(refund)
    takes_payments = terms.portal_refund_ids == PortalRefundIds.PAYMENT
    return {
        "partner_trans_id": trade.out_trade_no,
        "transaction_id": trade.trade_no if takes_payments else own,
        "remark": refund.reason,
    }


def _is_alipays(number: str) -> bool:
    return number.isascii() and number.isdecimal() and len(number) <= 64


def _minted_for(refund: Refund) -> str:
    """Alipay's number of a refund: its day, and digits that never change."""
    seed = f"{refund.partner_id} {refund.out_biz_no}".encode()
    digits = int(hashlib.sha256(seed).hexdigest(), 16) % 10**15
    return f"{alipay_time(_instant(refund)).strftime('%Y%m%d')}22002{digits:015d}"


def _instant(each: Refund | Cancel) -> float:
    if isinstance(each, Cancel):
        return each.cancelled_at
    return each.refunded_at or each.requested_at
