"""Both sides' books, compared to the smallest unit."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from merchant_portal.management.simulating import told
from merchant_portal.management.simulating.stage import Shop
from merchant_portal.money import Money
from merchant_portal.simulator.books import Books
from payments.models import LedgerEntry, Payment
from reconciliation.services.bulk import FILED_KINDS

Sums = Counter[tuple[str, str]]
"""By kind and currency, in minor units."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What both sides have booked of one kind in one currency."""

    partner_id: str
    kind: str
    currency: str
    ours_minor: int
    theirs_minor: int

    @property
    def is_ok(self) -> bool:
        return self.ours_minor == self.theirs_minor

    @property
    def members(self) -> dict[str, object]:
        return {
            "partner_id": self.partner_id,
            "kind": self.kind,
            "currency": self.currency,
            "ours": _decimal(self.ours_minor, self.currency),
            "theirs": _decimal(self.theirs_minor, self.currency),
            "ok": self.is_ok,
        }


def compare_books(books: Books, shops: Sequence[Shop]) -> list[Balance]:
    """Sums of all that happened, by kind and currency."""
    return [balance for shop in shops for balance in _balances(books, shop)]


def _balances(books: Books, shop: Shop) -> Iterator[Balance]:
    ours, theirs = _our_sums(shop), _their_sums(books, shop)
    for kind, currency in sorted(ours.keys() | theirs.keys()):
        key = (kind, currency)
        yield Balance(shop.partner_id, kind, currency, ours[key], theirs[key])


def _our_sums(shop: Shop) -> Sums:
    sums: Sums = Counter()
    entries = LedgerEntry.objects.filter(account=shop.account, kind__in=FILED_KINDS)
    for kind, currency, minor in entries.values_list("kind", "currency", "amount_minor"):
        sums[kind, currency] += minor
    return sums


def _their_sums(books: Books, shop: Shop) -> Sums:
    sums: Sums = Counter()
    for row in told.happenings(books, shop.partner_id):
        currency = str(row["pricing_currency"])
        sums[str(row["kind"]), currency] += _minor(str(row["pricing_amount"]), currency)
    return sums


def differing_payments(books: Books, shops: Sequence[Shop]) -> list[str]:
    """Alipay's numbers of payments that are not the same here and there, or only on one side."""
    return sorted(
        number
        for shop in shops
        for number, _left in _payments_here(shop).items() ^ _payments_there(books, shop).items()
    )


def _payments_here(shop: Shop) -> dict[str, int]:
    """What is left of each payment that was paid."""
    booked = Payment.objects.filter(account=shop.account, ledger_entries__kind="PAYMENT")
    return {
        each.alipay_trans_id: each.amount_minor - each.refunded_minor - each.cancelled_minor
        for each in booked
    }


def _payments_there(books: Books, shop: Shop) -> dict[str, int]:
    left: Counter[str] = Counter()
    for row in told.happenings(books, shop.partner_id):
        minor = _minor(str(row["pricing_amount"]), str(row["pricing_currency"]))
        left[str(row["trade_no"])] += minor if row["kind"] == "PAYMENT" else -minor
    return dict(left)


def _minor(amount: str, currency: str) -> int:
    return abs(Money.parse(str(abs(Decimal(amount))), currency).minor)


def _decimal(minor: int, currency: str) -> str:
    return str(Money(minor, currency)).split(" ")[1]
