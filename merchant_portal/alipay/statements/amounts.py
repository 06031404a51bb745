"""Amounts of a file as whole minor units: integer arithmetic, no rounding, nothing guessed."""

import re
from enum import StrEnum
from functools import lru_cache

from merchant_portal.alipay.fitting import decimals_of
from merchant_portal.alipay.statements.words import Reason

_plain = re.compile(r"[+-]?(0|[1-9]\d{0,11})(?:\.(\d{1,8}))?", re.ASCII)
_whole = re.compile(r"[+-]?(0|[1-9]\d{0,15})", re.ASCII)
_USUAL_LENGTH = 12
_currency = re.compile(r"[A-Z]{3}", re.ASCII)


def minor_units(text: str, currency: str) -> int | Reason:
    """The magnitude in minor units, or why the text is no amount in that currency.

    A sign is read over: the direction comes from the line's type alone, because the pages show
    refunds with and without a minus. `1200.00` yen is 1200 yen; `1200.50` yen is refused.
    """
    if len(text) <= _USUAL_LENGTH and len(currency) <= _USUAL_LENGTH:
        return _again(text, currency)
    return _read(text, currency)


class Units(StrEnum):
    """How a file of the JSON products writes 7.25 dollars.

    The tables of the pages say `7.25`; their oldest samples print `725`
    (global.alipay.com/docs/ac/autodebitpay/settlementsummary).
    """

    MAJOR = "major"
    SMALLEST = "smallest"


def signed_minor(text: str, currency: str, units: Units) -> int | Reason:
    """The amount in minor units with its sign, or why the text is none in that currency."""
    minor = _smallest(text, currency) if units is Units.SMALLEST else minor_units(text, currency)
    return -minor if isinstance(minor, int) and text.startswith("-") else minor


def _smallest(text: str, currency: str) -> int | Reason:
    if _decimals_of(currency[:4]) is None:
        return Reason.NOT_A_CURRENCY
    match = _whole.fullmatch(text)
    return int(match[1]) if match else Reason.NOT_WHOLE


@lru_cache(maxsize=1 << 14)
def _again(text: str, currency: str) -> int | Reason:
    """Prices and fees of a shop come again and again; only short texts, as the cache keeps them."""
    return _read(text, currency)


def _read(text: str, currency: str) -> int | Reason:
    decimals = _decimals_of(currency[:4])  # cut, because the cache keeps what it is asked
    if decimals is None:
        return Reason.NOT_A_CURRENCY
    match = _plain.fullmatch(text)
    if match is None:
        return Reason.NOT_A_DECIMAL
    whole, fraction = match.groups("")
    if len(fraction) != decimals:
        fraction = fraction.rstrip("0").ljust(decimals, "0")
        if len(fraction) > decimals:
            return Reason.TOO_FINE
    return int(whole + fraction)


@lru_cache(maxsize=256)
def _decimals_of(currency: str) -> int | None:
    return decimals_of(currency) if _currency.fullmatch(currency) else None
