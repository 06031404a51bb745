"""Reading what a person or a test wishes for on the control page or over HTTP."""

from decimal import Decimal
from typing import Any

from .currencies import UnusableAmount, read_amount
from .web import BadRequest


def read_flag(wish: Any) -> bool:
    """Yes or no, in the words of JSON and of forms."""
    return str(wish).lower() in {"1", "true", "yes", "on"}


def read_positive(wish: Any) -> str:
    """A positive number, as the settings keep it; raises BadRequest."""
    try:
        number = float(wish)
    except (TypeError, ValueError) as unusable:
        raise BadRequest("that is not a number") from unusable
    if not 0 < number < 1_000_000:
        raise BadRequest("that is not a positive number")
    return str(number)


def read_balance(text: str, currency: str) -> Decimal | None:
    """An amount, nothing at all, or None for no limit; raises BadRequest."""
    if not text:
        return None
    try:
        return Decimal(0) if text in {"0", "0.00"} else read_amount(text, currency)
    except UnusableAmount as unusable:
        raise BadRequest(f"that is not an amount in {currency}") from unusable
