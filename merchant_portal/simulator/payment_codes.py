"""The code a buyer's wallet shows at the counter: new each minute, charged once.

Sources: global.alipay.com/docs/ac/global/spot_pay (16 to 24 digits, the first two 25 to 30) and
docs.alipayplus.com (payment_codes).
"""

import re
import secrets
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from .books import Books
from .counter_records import PaymentCode
from .currencies import UnusableAmount, read_amount
from .records import Wallet

CODE_FORM = re.compile(r"(2[5-9]|30)[0-9]{14,22}", re.ASCII)
SHOWN_SECONDS = 60.0  # The wallet shows a new one then.
VALID_SECONDS = 90.0  # A code on its way to the gateway is good a little longer.
USUAL_LENGTH, SHORTEST, LONGEST = 18, 16, 24
USUAL_LIMIT = "1000"  # Above it wallets ask for the password.
NEVER = "never"


class Outcome(StrEnum):
    """What comes of it when a buyer's code is charged or an order's code is paid."""

    PAID = "paid"
    WAITING = "waiting"
    NOT_ENOUGH_MONEY = "not_enough_money"
    OVER_LIMIT = "over_limit"
    BLOCKED = "blocked"
    RISK = "risk"


class UnusableCode(ValueError):
    """A payment code cannot be shown so; the text says why."""


@dataclass(frozen=True)
class CodeWish:
    """How a buyer wants to pay; what is empty is as usual."""

    wallet: str = ""
    buyer: str = ""
    outcome: str = ""
    password_from: str = ""
    length: str = ""
    digits: str = ""


def show(books: Books, wish: CodeWish) -> PaymentCode:
    """A new code on the buyer's phone; raises UnusableCode."""
    now = books.timestamp()
    code = PaymentCode(
        digits=wish.digits or _minted(_read_length(wish.length)),
        wallet=_one_of(wish.wallet or Wallet.ALIPAYCN, Wallet, "wallet"),
        buyer=wish.buyer,
        outcome=_one_of(wish.outcome or Outcome.PAID, Outcome, "outcome"),
        password_from=_read_password_from(wish.password_from or USUAL_LIMIT),
        shown_at=now,
        expires_at=now + VALID_SECONDS,
    )
    if not wish.buyer.isprintable():
        raise UnusableCode("the buyer's account holds control characters")
    if CODE_FORM.fullmatch(code.digits) is None:
        raise UnusableCode("a payment code has 16 to 24 digits, the first two 25 to 30")
    with books.transaction():
        if books.get(PaymentCode, code.digits) is not None:
            raise UnusableCode("this code was shown before")
        books.add(code)
    return code


def use(books: Books, code: PaymentCode, order_number: str) -> None:
    """A code is charged: it is good for nothing else from then on."""
    books.save(replace(code, used_for=order_number))


def asks_password(code: PaymentCode, amount: Decimal) -> bool:
    """Whether the wallet wants its password for this amount, of whatever currency."""
    if code.outcome == Outcome.WAITING:
        return True
    return bool(code.password_from) and amount >= Decimal(code.password_from)


def masked(digits: str) -> str:
    """Enough of a code to know it again, too little to charge it."""
    return f"{digits[:2]}{'*' * (len(digits) - 6)}{digits[-4:]}" if digits else ""


def _minted(length: int) -> str:
    return "28" + "".join(secrets.choice("0123456789") for _ in range(length - 2))


def _read_length(text: str) -> int:
    if not text:
        return USUAL_LENGTH
    if not (text.isascii() and text.isdecimal() and SHORTEST <= int(text) <= LONGEST):
        raise UnusableCode("a payment code has 16 to 24 digits")
    return int(text)


def _read_password_from(text: str) -> str:
    if text == NEVER:
        return ""
    try:
        return str(read_amount(text, "USD"))
    except UnusableAmount as unusable:
        raise UnusableCode("password_from is an amount, or never") from unusable


def _one_of(text: str, words: type[StrEnum], name: str) -> str:
    if text not in list(words):
        raise UnusableCode(f"{name} is one of {', '.join(words)}")
    return text
