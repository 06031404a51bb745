"""What a filter amounts to, per currency: of all its rows, or not at all."""

from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet

from merchant_portal.money import Money
from merchant_portal.patience import answered_within
from payments.models import Payment
from payments.states import PAYMENT_TAKEN

#: A filter of more payments is not added up on a page; the report is.
MOST_ADDED = 200_000
#: Seconds until adding up is given up.
PATIENCE = 3.0


@dataclass(frozen=True, slots=True)
class CurrencySum:
    """The payments of one currency that a cashier may call paid."""

    number: int
    paid: Money
    given_back: Money

    @property
    def stays(self) -> Money:
        return self.paid - self.given_back


@dataclass(frozen=True, slots=True)
class Sums:
    """All payments of a filter; ``by_currency`` is of those that were paid and not cancelled."""

    number: int
    by_currency: tuple[CurrencySum, ...]

    @property
    def paid_number(self) -> int:
        return sum(each.number for each in self.by_currency)

    @property
    def not_paid(self) -> int:
        return self.number - self.paid_number


class TooManyToAdd(Exception):
    """The filter leaves more than ``MOST_ADDED`` payments."""


def add_up(rows: QuerySet[Payment]) -> Sums:
    """Count and add up all of ``rows``; raises TooManyToAdd, TookTooLong."""
    with answered_within(PATIENCE):
        groups = _groups(rows)
    number = sum(count for _taken, _currency, count, _paid, _back in groups)
    if number > MOST_ADDED:
        raise TooManyToAdd
    return Sums(
        number,
        tuple(
            CurrencySum(count, Money(int(paid), currency), Money(int(back), currency))
            for taken, currency, count, paid, back in groups
            if taken
        ),
    )


def _groups(rows: QuerySet[Payment]) -> list[tuple[bool, str, int, int, int]]:
    """Grouping after a limit, which the ORM has no word for."""
    back = F("refunded_minor") + F("cancelled_minor")
    columns = ("state", "currency", "amount_minor", "back")
    limited = rows.order_by().annotate(back=back).values_list(*columns)
    try:
        inner, parameters = limited[: MOST_ADDED + 1].query.sql_with_params()
    except EmptyResultSet:
        return []
    taken = ", ".join(["%s"] * len(PAYMENT_TAKEN))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT state IN ({taken}), currency, COUNT(*), SUM(amount_minor), SUM(back)
            FROM ({inner}) AS of_filter
            GROUP BY 1, 2 ORDER BY 2""",
            [*PAYMENT_TAKEN, *parameters],
        )
        return [(bool(taken), *others) for taken, *others in cursor.fetchall()]
