"""What fits into a parameter: looked at before anything is sent.

Global pages name lengths; the Hong Kong pages also forbid double quotation marks in values
(global.alipay.com/docs/ac/hkapi/spot_refund), which cannot mean the JSON ones.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal

from merchant_portal.alipay.contract import refuse_address
from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.words import Region

ID_LENGTH = 64
NOTIFY_URL_LENGTH = 200
WHOLE_CURRENCIES = frozenset({"JPY", "KRW"})  # docs.antom.com/ac/global/spotpay_cn

CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_currency = re.compile(r"[A-Z]{3}")
_quantity = re.compile(r"[1-9][0-9]{0,8}")
_amount = re.compile(r"(?:0|[1-9]\d{0,8})(?:\.(\d{1,2}))?", re.ASCII)


def fit_text(field: str, text: str, *, longest: int, shortest: int = 1) -> str:
    """An id or address: there, not too long, nothing in it that cannot be seen."""
    if not text:
        raise RequestInvalid(field, "missing")
    if len(text) < shortest:
        raise RequestInvalid(field, f"shorter than {shortest} characters")
    if len(text) > longest:
        raise RequestInvalid(field, f"longer than {longest} characters")
    if not text.isprintable() or text != text.strip():
        raise RequestInvalid(field, "blanks at the ends or characters that cannot be printed")
    return text


def fit_words(field: str, text: str, *, longest: int | None = None) -> str:
    """A text people wrote, on one line; where Alipay states no length none is looked at."""
    if longest is not None and len(text) > longest:
        raise RequestInvalid(field, f"longer than {longest} characters")
    if CONTROL.search(text):
        raise RequestInvalid(field, "control characters are not permitted")
    if text != text.strip():
        raise RequestInvalid(field, "blanks at the ends")
    return text


def require_form(form: re.Pattern[str], field: str, text: str) -> None:
    """RequestInvalid unless the whole text has the form."""
    if not form.fullmatch(text):
        raise RequestInvalid(field, "missing" if not text else f"{text!r} is not of the right form")


def refuse_long(field: str, text: str, longest: int) -> None:
    """RequestInvalid for more characters than Alipay takes."""
    if len(text) > longest:
        raise RequestInvalid(field, f"longer than {longest} characters")


def refuse_quantity(field: str, text: str) -> None:
    """RequestInvalid unless it is a whole number above zero."""
    require_form(_quantity, field, text)


def compact_json(members: object) -> str:
    """JSON as it is signed and sent: no blanks, letters as they are."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def refuse_quotes(region: Region, fields: Mapping[str, str]) -> None:
    """Hong Kong takes no double quotation mark."""
    for field, text in fields.items():
        if region is Region.HK and '"' in text:
            raise RequestInvalid(field, "double quotation marks are not permitted in Hong Kong")


def refuse_notify_url(notify_url: str, *, longest: int = NOTIFY_URL_LENGTH) -> None:
    """RequestInvalid unless Alipay could send notifications there."""
    fit_text("notify_url", notify_url, longest=longest)
    refuse_address("notify_url", notify_url)


def refuse_currency(field: str, currency: str, *, region: Region) -> None:
    """RequestInvalid unless it is three capitals, in Hong Kong the three of its dollar."""
    if not _currency.fullmatch(currency):
        raise RequestInvalid(field, "missing" if not currency else f"{currency!r} is no currency")
    if region is Region.HK and currency != "HKD":
        raise RequestInvalid(field, "in Hong Kong it is HKD")


def decimals_of(currency: str) -> int:
    """How many decimals an amount may have (docs.antom.com/ac/global/spotpay_cn)."""
    return 0 if currency in WHOLE_CURRENCIES else 2


def refuse_amount(field: str, text: str, *, currency: str, largest: Decimal) -> None:
    """RequestInvalid unless the text is an amount above zero as Alipay reads one.

    The text is looked at, not the number: 100.00 yen is an error at Alipay though 100 is not
    (docs.antom.com/ac/global/spotpay_cn).
    """
    if not isinstance(text, str):  # an amount of the JSON products, which counts in minor units
        raise RequestInvalid(field, "the gateway takes a decimal text in major units")
    match = _amount.fullmatch(text)
    if match is None:
        raise RequestInvalid(field, "write a plain decimal, like 12.50")
    if len(match[1] or "") > decimals_of(currency):
        raise RequestInvalid(field, f"{currency} has {decimals_of(currency)} decimals")
    if not 0 < Decimal(text) <= largest:
        raise RequestInvalid(field, f"not above 0 and up to {largest}")


def is_same_amount(text: str, other: str) -> bool:
    """Whether two texts say one amount (`5` and `5.00`); False where one of them says none."""
    return all(_amount.fullmatch(each) for each in (text, other)) and Decimal(text) == Decimal(
        other
    )
