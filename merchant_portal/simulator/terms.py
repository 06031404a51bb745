"""What a partner's contract says about files and money: fees, settlement, where its files are put.

Terms hold for every file that is written from then on; without any, the usual ones hold.
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from .books import Books
from .contracts import text_of
from .currencies import (
    SETTLEMENT_CURRENCIES,
    UnusableAmount,
    cny_rate,
    decimals_of,
    read_amount,
    read_fraction,
)
from .records import Record
from .web import BadRequest
from .wishes import read_flag

MOST_RATE_DECIMALS = 8
# Of the JSON API's files; the first word of each is the usual one.
ITEM_TERMS = {
    "item_family": ("A1", "A2"),
    "item_units": ("major", "minor"),
    "item_refund_ids": ("own", "payment"),
}


class FeeBack(StrEnum):
    """What of the fee a refund gives back; a cancel always gives all of it."""

    YES = "yes"
    NO = "no"
    IN_PROPORTION = "in_proportion"


class SettlementRule(StrEnum):
    """When a day's money is paid out."""

    WORKING_DAYS = "working_days"
    DAILY = "daily"
    SAME_DAY = "same_day"


class SignStyle(StrEnum):
    """What is negative on the settlement rows of money going back."""

    NET_NEGATIVE = "net_negative"
    ALL_NEGATIVE = "all_negative"
    ALL_POSITIVE = "all_positive"


class PortalRefundIds(StrEnum):
    """Whose Transaction_id a refund made in Alipay's portal bears."""

    OWN = "own"
    PAYMENT = "payment"


@dataclass(frozen=True)
class Terms(Record):
    """The terms of one partner. An empty currency is each code's own, an empty folder the usual."""

    table = "terms"
    key = "partner_id"

    partner_id: str
    settlement_currency: str = ""
    fee_rate: str = "0"
    fee_back: str = FeeBack.IN_PROPORTION
    settlement_minimum: str = "0"
    settlement_rule: str = SettlementRule.WORKING_DAYS
    holidays: str = ""
    idle_files: int = 0
    sign_style: str = SignStyle.NET_NEGATIVE
    portal_refund_ids: str = PortalRefundIds.OWN
    files_folder: str = ""
    automatic_files: int = 0
    closed_until: str = ""
    cny_rates: str = "{}"

    @property
    def days_off(self) -> frozenset[date]:
        """The holidays beside Saturdays and Sundays."""
        return frozenset(date.fromisoformat(day) for day in self.holidays.split(",") if day)

    def minimum_minor(self, currency: str) -> int:
        """The least that is paid out at once, in the currency's smallest unit."""
        return int(Decimal(self.settlement_minimum).scaleb(decimals_of(currency)))

    def cny_rate_on(self, day: date, currency: str) -> Decimal:
        """CNY for one unit of the currency on a day, with eight decimals."""
        rates: dict[str, dict[str, str]] = json.loads(self.cny_rates)
        set_for_day = rates.get(currency, {}).get(day.isoformat())
        return Decimal(set_for_day) if set_for_day else cny_rate(currency)


def terms_of(books: Books, partner_id: str) -> Terms:
    """The terms of a partner."""
    return books.get(Terms, partner_id) or Terms(partner_id)


def item_family(books: Books, partner_id: str) -> str:
    """Which generation of the JSON API's files a partner gets: A1 or A2."""
    return _item_term(books, "item_family", partner_id)


def item_units(books: Books, partner_id: str) -> str:
    """What their amounts are written in: major or minor units."""
    return _item_term(books, "item_units", partner_id)


def item_refund_ids(books: Books, partner_id: str) -> str:
    """Whose request id their rows of refunds bear: own, or payment."""
    return _item_term(books, "item_refund_ids", partner_id)


def _item_term(books: Books, name: str, partner_id: str) -> str:
    return books.setting(f"{name} {partner_id}", ITEM_TERMS[name][0])


def keep_item_terms(books: Books, partner_id: str, wishes: dict[str, Any]) -> dict[str, Any]:
    """Keep what is said of the JSON API's files; answers all the rest. Raises BadRequest."""
    for name, words in ITEM_TERMS.items():
        if name in wishes and text_of(wishes[name]) not in words:
            raise BadRequest(f"{name} is one of {', '.join(words)}")
    for name in ITEM_TERMS.keys() & wishes.keys():
        books.set_setting(f"{name} {partner_id}", text_of(wishes[name]))
    return {name: wish for name, wish in wishes.items() if name not in ITEM_TERMS}


def folder_of(books: Books, terms: Terms) -> Path:
    """Where the partner's files are put."""
    if terms.files_folder:
        return Path(terms.files_folder)
    return books.folder / "statements" / terms.partner_id


def terms_from(fields: dict[str, Any], known: Terms) -> Terms:
    """The terms as described; what is not said stays as it was. Raises BadRequest."""
    wishes = {name: wish for name, wish in fields.items() if name != Terms.key}
    unknown = wishes.keys() - READERS.keys()
    if unknown:
        raise BadRequest(f"there is no term {min(unknown)!r}; there are {', '.join(READERS)}")
    read = {name: READERS[name](wish) for name, wish in wishes.items() if name != "cny_rates"}
    rates = _with_rates(known.cny_rates, wishes.get("cny_rates", {}))
    return replace(known, cny_rates=rates, **read)


def shown_terms(books: Books, terms: Terms) -> dict[str, object]:
    """The terms for JSON: flags as such, rates by currency and day, the folder in full."""
    return {name: member for name, member in asdict(terms).items() if name != "closed_until"} | {
        "idle_files": bool(terms.idle_files),
        "automatic_files": bool(terms.automatic_files),
        "holidays": sorted(day.isoformat() for day in terms.days_off),
        "cny_rates": json.loads(terms.cny_rates),
        "files_folder": str(folder_of(books, terms)),
        "item_family": item_family(books, terms.partner_id),
        "item_units": item_units(books, terms.partner_id),
        "item_refund_ids": item_refund_ids(books, terms.partner_id),
    }


def read_day(wish: Any) -> date:
    """A day as YYYY-MM-DD; raises BadRequest."""
    try:
        day = date.fromisoformat(text_of(wish))
    except ValueError as unreadable:
        raise BadRequest("a day is written YYYY-MM-DD") from unreadable
    if text_of(wish) != day.isoformat():
        raise BadRequest("a day is written YYYY-MM-DD")
    return day


def _read_currency(wish: Any) -> str:
    currency = text_of(wish)
    if currency and currency not in SETTLEMENT_CURRENCIES:
        raise BadRequest("settlement_currency is not one Alipay settles in")
    return currency


def _read_fee_rate(wish: Any) -> str:
    text = text_of(wish) or "0"
    try:
        rate = read_fraction(text)
    except UnusableAmount as unusable:
        raise BadRequest("fee_rate is a fraction such as 0.006") from unusable
    if rate >= 1 or -int(rate.as_tuple().exponent) > MOST_RATE_DECIMALS:
        raise BadRequest("fee_rate is a fraction below 1 with eight decimals at most")
    return text


def _read_minimum(wish: Any) -> str:
    text = text_of(wish) or "0"
    try:
        if read_fraction(text) == 0:
            return "0"
        return str(read_amount(text, "USD"))
    except UnusableAmount as unusable:
        raise BadRequest("settlement_minimum is an amount, or 0") from unusable


def _read_holidays(wish: Any) -> str:
    days = wish if isinstance(wish, list) else re.split(r"[,\s]+", text_of(wish))
    return ",".join(sorted({read_day(day).isoformat() for day in days if day}))


def _read_folder(wish: Any) -> str:
    text = text_of(wish)
    if not text:
        return ""
    folder = Path(text).absolute()
    if "\0" in text or (folder.exists() and not folder.is_dir()):
        raise BadRequest("files_folder is not a folder")
    return str(folder)


def _one_of(name: str, words: type[StrEnum]) -> Callable[[Any], str]:
    def read(wish: Any) -> str:
        if text_of(wish) not in list(words):
            raise BadRequest(f"{name} is one of {', '.join(words)}")
        return text_of(wish)

    return read


def _with_rates(known: str, wish: Any) -> str:
    """The rates of single days, put on top of those that were set before."""
    rates: dict[str, dict[str, str]] = json.loads(known)
    if not isinstance(wish, dict) or not all(isinstance(days, dict) for days in wish.values()):
        raise BadRequest('cny_rates are written {"USD": {"2026-11-20": "7.10000000"}}')
    for currency, days in wish.items():
        if not _read_currency(currency):
            raise BadRequest("cny_rates name a currency")
        read = {read_day(day).isoformat(): _read_rate(rate) for day, rate in days.items()}
        rates[currency] = rates.get(currency, {}) | read
    return json.dumps(rates, sort_keys=True)


def _read_rate(wish: Any) -> str:
    try:
        rate = read_fraction(text_of(wish))
    except UnusableAmount as unusable:
        raise BadRequest("a rate is a plain decimal number") from unusable
    if not 0 < rate < 1_000_000 or -int(rate.as_tuple().exponent) > MOST_RATE_DECIMALS:
        raise BadRequest("a rate is a positive number with eight decimals at most")
    return str(rate.quantize(Decimal("1.00000000")))


READERS: dict[str, Callable[[Any], Any]] = {
    "settlement_currency": _read_currency,
    "fee_rate": _read_fee_rate,
    "fee_back": _one_of("fee_back", FeeBack),
    "settlement_minimum": _read_minimum,
    "settlement_rule": _one_of("settlement_rule", SettlementRule),
    "holidays": _read_holidays,
    "idle_files": lambda wish: int(read_flag(wish)),
    "sign_style": _one_of("sign_style", SignStyle),
    "portal_refund_ids": _one_of("portal_refund_ids", PortalRefundIds),
    "files_folder": _read_folder,
    "automatic_files": lambda wish: int(read_flag(wish)),
    "cny_rates": lambda wish: wish,
}
