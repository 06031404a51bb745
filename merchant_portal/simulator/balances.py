"""What Alipay still holds of a partner's money to give back: no limit until a person sets one."""

from decimal import Decimal

from .books import Books
from .currencies import write_amount


def left(books: Books, partner_id: str, currency: str) -> Decimal | None:
    """What is left for refunds in a currency; None while there is no limit."""
    text = books.setting(_name(partner_id, currency), "")
    return Decimal(text) if text else None


def set_left(books: Books, partner_id: str, currency: str, amount: Decimal | None) -> None:
    """Say what is left; None lifts the limit."""
    text = "" if amount is None else write_amount(amount, currency)
    books.set_setting(_name(partner_id, currency), text)


def covers(books: Books, partner_id: str, currency: str, amount: Decimal) -> bool:
    """Whether a refund of this amount can be paid now."""
    held = left(books, partner_id, currency)
    return held is None or amount <= held


def draw(books: Books, partner_id: str, currency: str, amount: Decimal) -> None:
    """Take a refund out of what is left."""
    held = left(books, partner_id, currency)
    if held is not None:
        set_left(books, partner_id, currency, held - amount)


def limits(books: Books, partner_id: str) -> dict[str, str]:
    """The limits of a partner by currency."""
    prefix = _name(partner_id, "")
    return {
        name.removeprefix(prefix): text for name, text in books.settings(prefix).items() if text
    }


def _name(partner_id: str, currency: str) -> str:
    return f"refund_balance {partner_id} {currency}"
