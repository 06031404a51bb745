"""Mishaps as switches: what may go wrong at Alipay or on the way, some times or for ever."""

import re
from dataclasses import replace
from enum import StrEnum

from .books import Books
from .records import Mishap


class NoticeMishap(StrEnum):
    """What may happen to a notice. The first block is per notice, the second per sending."""

    LOST = "lost"
    LATE = "late"
    DOUBLED = "doubled"
    REORDERED = "reordered"
    WITHOUT_OPTIONAL = "without_optional"
    EXTRA_FIELD = "extra_field"
    FOREIGN_SELLER = "foreign_seller"
    OTHER_AMOUNT = "other_amount"

    TAMPERED = "tampered"
    WRONG_KEY = "wrong_key"


class GatewayMishap(StrEnum):
    """What may happen to a gateway call. Before the work, instead of it, or after it."""

    DOWN = "down"
    HTTP_500 = "http_500"
    HTML = "html"
    REFUSED = "refused"
    ERROR_UNSIGNED = "error_unsigned"
    UNKNOWN_THEN = "unknown_then"
    NOT_EXIST = "not_exist"
    PAID_MEANWHILE = "paid_meanwhile"
    NO_PAY_TIME = "no_pay_time"

    SLOW = "slow"
    DONE_BUT_NO_ANSWER = "done_but_no_answer"
    HALF = "half"
    WRONGLY_SIGNED = "wrongly_signed"
    GBK = "gbk"


class RefundMishap(StrEnum):
    """What may happen to an asynchronous refund when it runs."""

    FAILS = "refund_fails"


DEFAULT_VALUES: dict[str, str] = {
    NoticeMishap.LATE: "30",
    NoticeMishap.OTHER_AMOUNT: "0.01",
    NoticeMishap.TAMPERED: "0.01",
    NoticeMishap.EXTRA_FIELD: "a+b & 100%=全部",
    NoticeMishap.FOREIGN_SELLER: "2088000000009999",
    RefundMishap.FAILS: "SELLER_ERROR",
    GatewayMishap.REFUSED: "SYSTEM_ERROR",
    GatewayMishap.ERROR_UNSIGNED: "SYSTEM_ERROR",
    GatewayMishap.SLOW: "15",
}
LATER = re.compile(r"(paid|fails)(?: ([0-9]{1,5}))?", re.ASCII)
USUAL_LATER_SECONDS = 6.0
SECONDS = frozenset({NoticeMishap.LATE, GatewayMishap.SLOW})
NAMES: tuple[str, ...] = (*NoticeMishap, *GatewayMishap, *RefundMishap)


class UnknownMishap(ValueError):
    """No switch has this name, or its value makes no sense."""


def switch_on(books: Books, mishap: Mishap) -> Mishap:
    """Turn a mishap on; raises UnknownMishap."""
    if mishap.name not in NAMES:
        raise UnknownMishap(f"no mishap is called {mishap.name!r}; there are {', '.join(NAMES)}")
    if mishap.times is not None and mishap.times < 1:
        raise UnknownMishap("times is a whole number from 1, or null for ever")
    value = mishap.value or DEFAULT_VALUES.get(mishap.name, "")
    if mishap.name in SECONDS and not value.replace(".", "", 1).isdecimal():
        raise UnknownMishap("the value is a number of seconds")
    switched = replace(mishap, value=value)
    return replace(switched, mishap_id=books.add(switched))


def read_later(value: str) -> tuple[str, float] | None:
    """What an open payment or refund comes to, `paid` or `fails`, and after how many seconds."""
    match = LATER.fullmatch(value)
    if match is None:
        return None
    return match[1], float(match[2]) if match[2] else USUAL_LATER_SECONDS


def take(books: Books, name: str, *, partner_id: str, service: str = "") -> Mishap | None:
    """The mishap that strikes now, its count lowered; None if none is on."""
    with books.transaction():
        mishap = books.first(
            Mishap,
            "name = ? AND partner_id IN ('', ?) AND service IN ('', ?)",
            name,
            partner_id,
            service,
        )
        if mishap is None or mishap.times is None:
            return mishap
        if mishap.times > 1:
            books.save(replace(mishap, times=mishap.times - 1))
        else:
            books.remove(mishap)
    return mishap


def strikes(books: Books, name: str, partner_id: str) -> bool:
    """Whether a mishap without a value strikes now."""
    return take(books, name, partner_id=partner_id) is not None
