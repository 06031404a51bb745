"""What a shop code's biz_data must look like.

Sources: global.alipay.com/docs/ac/global/qrcode_create and /qrcode_modify,
global.alipay.com/docs/ac/hkapi/qrcode_create.
"""

import json
import re
from decimal import Decimal
from typing import Any

from .currencies import (
    PRICING_CURRENCIES,
    SETTLEMENT_CURRENCIES,
    UnusableAmount,
    decimals_of,
    read_fraction,
)
from .records import Partner, Region
from .signing import SignType

LONGEST_BIZ_DATA = 2000
LONGEST_STORE_NAME = 256
HIGHEST_FEE_RATE = Decimal("0.05")
TAXI = "4121"
TAXI_MEMBERS = ("taxi_operation_id", "taxi_number", "taxi_driver_name", "taxi_driver_mobile")
JSON_MEMBERS = frozenset({"channel_fee", "passback_parameters"})
NOTIFY_CHARSETS = frozenset({"UTF-8", "GBK", "GB2312"})

PATTERNS = {
    "secondary_merchant_industry": r"[0-9]{4}",
    "secondary_merchant_id": r"[A-Za-z0-9_-]+",
    "store_id": r"[A-Za-z0-9_-]{1,32}",
    "country_code": r"[A-Z]{2}",
    "notify_mobile": r"[0-9]+",
}


class UnusableBizData(ValueError):
    """biz_data breaks a rule; the text names the member for the person who reads the log."""


def read_biz_data(text: str, partner: Partner) -> dict[str, Any]:
    """The members of biz_data, checked; raises UnusableBizData."""
    if not text or len(text) > LONGEST_BIZ_DATA:
        raise UnusableBizData("biz_data is missing or longer than 2000")
    try:
        terms = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as unreadable:
        raise UnusableBizData("biz_data is not JSON") from unreadable
    if not isinstance(terms, dict):
        raise UnusableBizData("biz_data is not an object")
    if not is_writable(text_of_json(terms)):
        raise UnusableBizData("biz_data holds half a character")
    _check_texts(terms, partner)
    _check_required(terms)
    _check_lengths(terms, partner)
    _check_patterns(terms)
    _check_currencies(terms, partner)
    _check_channel_fee(terms)
    _check_passback(terms)
    _check_notify_wishes(terms, partner)
    return terms


def text_of_json(members: dict[str, Any]) -> str:
    """The members as JSON, letters of every script as themselves."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def is_writable(text: str) -> bool:
    """Whether the text has no lone halves of characters, which JSON can smuggle in."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def store_key(terms: dict[str, Any]) -> str:
    """What tells two codes of one secondary merchant apart; a taxi has no store."""
    return str(terms.get("store_id") or f"taxi {terms.get('taxi_operation_id', '')}")


def store_id_of(terms: dict[str, Any]) -> str:
    """What a person tells the counters of one store apart by; a taxi has its driver's number."""
    return str(terms.get("store_id") or terms.get("taxi_operation_id") or "")


def channel_fee_of(terms: dict[str, Any]) -> dict[str, Any] | None:
    """The service charge as an object, however it was sent; None if there is none."""
    fee = terms.get("channel_fee")
    if isinstance(fee, str) and fee:
        fee = _read_object(fee, "channel_fee")
    return fee if isinstance(fee, dict) else None


def passback_text(terms: dict[str, Any]) -> str:
    """passback_parameters as the text a notice carries back."""
    passback = terms.get("passback_parameters", "")
    if isinstance(passback, dict):
        return text_of_json(passback)
    return str(passback)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member appears twice")
    return members


def _read_object(text: str, member: str) -> dict[str, Any]:
    try:
        inner = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as unreadable:
        raise UnusableBizData(f"{member} is not JSON") from unreadable
    if not isinstance(inner, dict):
        raise UnusableBizData(f"{member} is not an object")
    return inner


def _check_texts(terms: dict[str, Any], partner: Partner) -> None:
    for name, member in terms.items():
        if name in JSON_MEMBERS:
            continue
        if not isinstance(member, str):
            raise UnusableBizData(f"{name} is not a text")
        # The HK pages forbid the half-width double quotation mark inside names and addresses.
        if partner.region == Region.HK and '"' in member:
            raise UnusableBizData(f"{name} holds a double quotation mark")


def _check_required(terms: dict[str, Any]) -> None:
    required = ["secondary_merchant_industry", "secondary_merchant_id", "secondary_merchant_name"]
    required += ["trans_currency", "currency"]
    if terms.get("secondary_merchant_industry") == TAXI:
        required += TAXI_MEMBERS
    else:
        required += ["store_id", "store_name"]
    for name in required:
        if not terms.get(name):
            raise UnusableBizData(f"{name} is missing")


def _check_lengths(terms: dict[str, Any], partner: Partner) -> None:
    longest = 32 if partner.region == Region.HK else 64
    limits = {
        "secondary_merchant_id": longest,
        "secondary_merchant_name": longest,
        "store_name": LONGEST_STORE_NAME,
    }
    for name, limit in limits.items():
        if len(terms.get(name, "")) > limit:
            raise UnusableBizData(f"{name} is longer than {limit}")


def _check_patterns(terms: dict[str, Any]) -> None:
    for name, pattern in PATTERNS.items():
        member = terms.get(name)
        if member and re.fullmatch(pattern, member, re.ASCII) is None:
            raise UnusableBizData(f"{name} is malformed")


def _check_currencies(terms: dict[str, Any], partner: Partner) -> None:
    pricing, settlement = terms["trans_currency"], terms["currency"]
    if pricing not in PRICING_CURRENCIES or settlement not in SETTLEMENT_CURRENCIES:
        raise UnusableBizData("unknown currency")
    if partner.region == Region.HK and (pricing, settlement) != ("HKD", "HKD"):
        raise UnusableBizData("AlipayHK trades in HKD alone")
    if pricing != "CNY" and settlement not in {"CNY", pricing}:
        raise UnusableBizData("settlement must be CNY or the pricing currency")


def _check_channel_fee(terms: dict[str, Any]) -> None:
    if "channel_fee" not in terms:
        return
    fee = channel_fee_of(terms)
    if fee is None or not isinstance(fee.get("value"), str | int | float):
        raise UnusableBizData("channel_fee is malformed")
    try:
        number = read_fraction(str(fee["value"]))
    except UnusableAmount as unreadable:
        raise UnusableBizData("channel_fee value is not a number") from unreadable
    if fee.get("type") == "RATE":
        if number > HIGHEST_FEE_RATE:
            raise UnusableBizData("channel_fee is above 5 percent")
    elif fee.get("type") == "FIXED":
        if -int(number.as_tuple().exponent) > decimals_of(terms["currency"]):
            raise UnusableBizData("channel_fee has too many decimals")
    else:
        raise UnusableBizData("channel_fee type is neither FIXED nor RATE")


def _check_passback(terms: dict[str, Any]) -> None:
    passback = terms.get("passback_parameters")
    if passback in (None, ""):
        return
    if isinstance(passback, str):
        passback = _read_object(passback, "passback_parameters")
    if not isinstance(passback, dict):
        raise UnusableBizData("passback_parameters is not an object")
    if any(isinstance(member, dict | list) for member in passback.values()):
        raise UnusableBizData("passback_parameters is nested")


def _check_notify_wishes(terms: dict[str, Any], partner: Partner) -> None:
    wish = terms.get("notify_sign_type")
    if wish and (wish not in list(SignType) or not partner.holds_key_for(SignType(wish))):
        raise UnusableBizData("notify_sign_type cannot be honoured")
    charset = terms.get("notify_charset")
    if charset and charset.upper() not in NOTIFY_CHARSETS:
        raise UnusableBizData("notify_charset is unknown")
