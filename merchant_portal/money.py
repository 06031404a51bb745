"""Money as whole minor units with a currency; text only at the edges.

Decimals are floats in SQLite, and a float once refused a correct refund: amounts are integers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# docs.antom.com/ac/global/spotpay_cn: JPY and KRW have no minor unit, all other currencies two.
_NO_MINOR_UNIT = frozenset({"JPY", "KRW"})
_DEFAULT_DECIMALS = 2

# global.alipay.com/docs/ac/global/spot_pay: 0.01 to 100000000.00.
LARGEST_MAJOR = 100_000_000

#: Currencies Alipay lists for pricing in a shop, with their decimals.
CURRENCIES: Mapping[str, int] = MappingProxyType(
    {
        code: 0 if code in _NO_MINOR_UNIT else _DEFAULT_DECIMALS
        for code in (
            *("AED", "AUD", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "IDR", "ILS"),
            *("JPY", "KRW", "LKR", "MOP", "MUR", "MYR", "NOK", "NZD", "PHP", "RUB", "SEK", "SGD"),
            *("THB", "TWD", "USD", "ZAR"),
        )
    }
)

_PLAIN_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,8}))?", re.ASCII)


class AmountUnusable(ValueError):
    """A text that is not an amount in its currency; nothing is guessed from it."""

    def __init__(self, text: str, currency: str, why: str) -> None:
        super().__init__(f"{text!r} is not an amount in {currency or 'no currency'}: {why}")
        self.text = text
        self.currency = currency
        self.why = why


def decimals_of(currency: str) -> int:
    """How many decimals a currency has; raises AmountUnusable for one we do not know."""
    try:
        return CURRENCIES[currency]
    except KeyError:
        raise AmountUnusable("", currency, "unknown currency") from None


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (cents; whole yen) of one currency."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read a positive plain decimal such as ``12.5``; raises AmountUnusable.

        Refused: signs, exponents, thousands marks, more decimals than the currency has (also
        ``1.50`` yen; ``1.00`` yen is refused too, as Alipay does), zero, and amounts beyond
        Alipay's limit.
        """
        decimals = decimals_of(currency)
        match = _PLAIN_DECIMAL.fullmatch(text)
        if match is None:
            raise AmountUnusable(text, currency, "not a plain decimal number")
        whole, fraction = match[1], match[2] or ""
        if len(fraction) > decimals:
            raise AmountUnusable(text, currency, f"more than {decimals} decimals")
        minor = int(whole) * 10**decimals + int(fraction.ljust(decimals, "0") or "0")
        if minor == 0:
            raise AmountUnusable(text, currency, "zero")
        if minor > LARGEST_MAJOR * 10**decimals:
            raise AmountUnusable(text, currency, "more than Alipay's limit")
        return cls(minor, currency)

    @property
    def decimal_text(self) -> str:
        """The amount in major units, with exactly the currency's decimals: ``12.50``."""
        decimals = decimals_of(self.currency)
        sign, minor = ("-", -self.minor) if self.minor < 0 else ("", self.minor)
        if decimals == 0:
            return f"{sign}{minor}"
        whole, fraction = divmod(minor, 10**decimals)
        return f"{sign}{whole}.{fraction:0{decimals}d}"

    def __str__(self) -> str:
        return f"{self.currency} {self.decimal_text}"

    def __add__(self, other: "Money") -> "Money":
        self._refuse_another_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._refuse_another_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def _refuse_another_currency(self, other: "Money") -> None:
        if other.currency != self.currency:
            raise ValueError(f"{self} and {other} are not of one currency")
