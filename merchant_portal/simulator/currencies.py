"""Currencies a code may name, their decimals, and the rates of the small Alipay."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

SETTLEMENT_CURRENCIES = frozenset(
    {
        *("GBP", "HKD", "USD", "SGD", "JPY", "CAD", "AUD", "EUR", "NZD", "KRW", "THB", "CHF"),
        *("SEK", "DKK", "NOK", "MYR", "IDR", "PHP", "MUR", "ILS", "LKR", "RUB", "AED", "CZK"),
        *("ZAR", "CNY"),
    },
)
PRICING_CURRENCIES = SETTLEMENT_CURRENCIES | {"MOP", "TWD"}
WITHOUT_DECIMALS = frozenset({"JPY", "KRW", "CLP", "VND"})
SMALLEST = Decimal("0.01")
LARGEST = Decimal("100000000.00")
PLAIN_NUMBER = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?", re.ASCII)

# Invented, and fixed so that a demonstration is the same every day.
CNY_PER_UNIT = {
    "CNY": Decimal(1),
    "USD": Decimal("7.1"),
    "HKD": Decimal("0.91"),
    "EUR": Decimal("7.7"),
    "GBP": Decimal("9"),
    "JPY": Decimal("0.0475"),
    "KRW": Decimal("0.0052"),
}
CNY_PER_OTHER_UNIT = Decimal("5")


class UnusableAmount(ValueError):
    """The text is not an amount of this currency."""


def decimals_of(currency: str) -> int:
    """How many decimals the currency has on the wire."""
    return 0 if currency in WITHOUT_DECIMALS else 2


def read_amount(text: str, currency: str) -> Decimal:
    """Read an amount typed or sent; raises UnusableAmount outside 0.01 to 100000000.00."""
    match = PLAIN_NUMBER.fullmatch(text.strip())
    if match is None or (match[2] and currency in WITHOUT_DECIMALS):
        raise UnusableAmount(text)
    amount = Decimal(match[0])
    if not SMALLEST <= amount <= LARGEST:
        raise UnusableAmount(text)
    return amount


def write_amount(amount: Decimal, currency: str) -> str:
    """The amount with exactly the currency's decimals, rounded half up."""
    step = Decimal(1).scaleb(-decimals_of(currency))
    return str(amount.quantize(step, rounding=ROUND_HALF_UP))


def read_fraction(text: str) -> Decimal:
    """A plain decimal number of any length; raises UnusableAmount."""
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text, re.ASCII) is None:
        raise UnusableAmount(text)
    try:
        return Decimal(text)
    except InvalidOperation as unreadable:
        raise UnusableAmount(text) from unreadable


def cny_rate(currency: str) -> Decimal:
    """CNY for one unit of the currency, eight decimals as the query shows it."""
    return CNY_PER_UNIT.get(currency, CNY_PER_OTHER_UNIT).quantize(Decimal("1.00000000"))


def exchange_rate(pricing: str, settlement: str) -> Decimal:
    """Units of settlement currency for one unit of pricing currency."""
    if pricing == settlement:
        return Decimal(1)
    return (cny_rate(pricing) / cny_rate(settlement)).quantize(Decimal("1.00000000"))
