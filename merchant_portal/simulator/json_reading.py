"""Reading requests of the JSON API: required and optional members, amounts, instants, addresses.

Everything that does not fit is PARAM_ILLEGAL (docs.antom.com/ac/ams/api_fund). Numbers may stand
where texts of digits are documented. Optional members are left out, or null; never empty texts.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from .biz_data import is_writable
from .books import ALIPAY_TIME
from .checks import is_web_address
from .currencies import decimals_of, write_amount
from .json_words import CURRENCIES
from .notices import is_loopback

ILLEGAL = "PARAM_ILLEGAL"
ID = r"[A-Za-z0-9_-]{1,64}"
VALUE = r"[1-9][0-9]{0,15}"
LONGEST_URL = 2048


class Declined(Exception):
    """The answer is a result other than S, with this code."""

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__(f"{code}: {reason}" if reason else code)
        self.code = code


@dataclass(frozen=True)
class Money:
    """An amount as the books keep it: decimal text in the currency's own decimals."""

    text: str
    currency: str


@dataclass(frozen=True)
class Reader:
    """One object of a request; every method raises Declined for what does not fit."""

    members: Mapping[str, Any]
    name: str = ""

    def text(self, name: str, *, longest: int, needed: bool = True, form: str = "") -> str:
        """A text, empty if it is not there and need not be."""
        member = self.members.get(name)
        if member is None and not needed:
            return ""
        if isinstance(member, int) and not isinstance(member, bool):
            member = str(member)
        if not isinstance(member, str) or not 0 < len(member) <= longest:
            raise Declined(ILLEGAL, name)
        if form and re.fullmatch(form, member, re.ASCII) is None:
            raise Declined(ILLEGAL, name)
        return member

    def inner(self, name: str, *, needed: bool = True) -> "Reader":
        """An object; without members if it is not there and need not be."""
        member = self.members.get(name)
        if member is None and not needed:
            return Reader({}, name)
        if not isinstance(member, dict):
            raise Declined(ILLEGAL, name)
        return Reader(member, name)

    def several(self, name: str, *, most: int) -> list["Reader"]:
        """A list of objects, if it is there."""
        member = self.members.get(name)
        if member is None:
            return []
        if not isinstance(member, list) or len(member) > most:
            raise Declined(ILLEGAL, name)
        return [Reader({name: each}).inner(name) for each in member]

    def money(self, name: str) -> Money:
        """An amount in whole minor units above zero; rupiah are whole."""
        members = self.inner(name)
        currency = members.text("currency", longest=3, form="[A-Z]{3}")
        value = members.text("value", longest=16, form=VALUE)
        if currency not in CURRENCIES:
            raise Declined("CURRENCY_NOT_SUPPORT", currency)
        if currency == "IDR" and not value.endswith("00"):
            raise Declined(ILLEGAL, name)
        amount = Decimal(value).scaleb(-decimals_of(currency))
        return Money(write_amount(amount, currency), currency)

    def instant(self, name: str, *, needed: bool = True) -> datetime | None:
        """ISO 8601 with a zone."""
        text = self.text(name, longest=64, needed=needed)
        return read_instant(text) if text else None

    def address(self, name: str, *, needed: bool = True) -> str:
        """An https address; http on this very machine, where no certificate can be had."""
        url = self.text(name, longest=LONGEST_URL, needed=needed)
        if not url:
            return ""
        secure = urlsplit(url).scheme == "https" if is_web_address(url) else False
        if not secure and not (is_web_address(url) and is_loopback(url)):
            raise Declined(ILLEGAL, name)
        return url


def read_body(body: bytes) -> Reader:
    """The members of a request."""
    try:
        members = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as unreadable:
        raise Declined(ILLEGAL, "not JSON in UTF-8") from unreadable
    if not isinstance(members, dict) or not is_writable(json.dumps(members, ensure_ascii=False)):
        raise Declined(ILLEGAL, "not an object")
    return Reader(members)


def read_instant(text: str) -> datetime:
    """ISO 8601 with a zone, in GMT+8; raises Declined."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as unreadable:
        raise Declined(ILLEGAL, text) from unreadable
    if at.tzinfo is None or "T" not in text:
        raise Declined(ILLEGAL, text)
    return at.astimezone(ALIPAY_TIME)
