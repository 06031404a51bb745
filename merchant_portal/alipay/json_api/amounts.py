"""Amounts of the JSON API: whole minor units, written as text (docs.antom.com/ac/ams/amount).

A type of its own: gateway.do writes `12.50` where this API writes `1250`, and a sale a hundred
times too dear must not be one forgotten conversion away.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from merchant_portal.alipay.errors import RequestInvalid

LONGEST = 16

_currency = re.compile(r"[A-Z]{3}")
_value = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True)
class MinorAmount:
    """So many of a currency's smallest unit: MinorAmount(1250, "USD") is 12.50 dollars."""

    value: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.value) is not int:
            raise RequestInvalid("amount", "a whole number of minor units is wanted")
        if self.value < 0 or len(str(self.value)) > LONGEST:
            raise RequestInvalid("amount", f"not a number of at most {LONGEST} digits")
        if not isinstance(self.currency, str) or not _currency.fullmatch(self.currency):
            raise RequestInvalid("amount", "the currency is not three capitals")

    def as_members(self) -> dict[str, str]:
        """As it is written in a message."""
        return {"currency": self.currency, "value": str(self.value)}

    @classmethod
    def read(cls, members: object) -> "MinorAmount":
        """Read an amount of a message; ValueError for anything else, `12.50` above all."""
        if not isinstance(members, Mapping):
            raise ValueError("not an object")  # noqa: TRY004 - what arrives has no type yet
        value, currency = members.get("value"), members.get("currency")
        if not isinstance(value, str) or not _value.fullmatch(value):
            raise ValueError("its value is not a text of digits")
        if not isinstance(currency, str) or not _currency.fullmatch(currency):
            raise ValueError("its currency is not three capitals")
        return cls(int(value), currency)


def fit_amount(field: str, amount: MinorAmount) -> MinorAmount:
    """RequestInvalid unless it is an amount of this API, above zero, in whole rupiah for IDR."""
    if not isinstance(amount, MinorAmount):
        raise RequestInvalid(field, "a MinorAmount is wanted: whole minor units, not a decimal")
    if amount.value == 0:
        raise RequestInvalid(field, "not above 0")
    if amount.currency == "IDR" and amount.value % 100:
        raise RequestInvalid(field, "rupiah are whole: the last two digits are 00")
    return amount
