"""What a filter amounts to, per currency: of all its rows, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet, Value

from merchant_portal.money import Money
from merchant_portal.patience import answered_within
from payments.models import ChangedDay, DaySum, Payment, day_of, start_of
from payments.states import PAYMENT_TAKEN

#: More payments are not added up one by one on a page; the report does it.
MOST_ADDED = 200_000
#: Seconds until adding up is given up.
PATIENCE = 3.0
_DAY = timedelta(days=1)
#: Of one payment, or of a day's that are alike.
_COLUMNS = ("state", "currency", "number", "total_minor", "back_minor")
_NAMES = ", ".join(_COLUMNS)


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


@dataclass(frozen=True, slots=True)
class Days:
    """A stretch of time and the whole transaction days in it, from ``first`` to before ``end``."""

    since: datetime
    until: datetime
    first: date
    end: date


class TooManyToAdd(Exception):
    """The filter leaves more than ``MOST_ADDED`` payments to be added up one by one."""


def whole_days(since: datetime | None, until: datetime | None) -> Days | None:
    """The stretch between two instants, open where there is none; None without a whole day."""
    first = day_of(since - timedelta.resolution) + _DAY if since else date.min + _DAY
    end = day_of(until) if until else date.max
    if first >= end:
        return None
    return Days(since or start_of(first), until or datetime.max.replace(tzinfo=UTC), first, end)


def add_up(rows: QuerySet[Payment]) -> Sums:
    """Count and add up all of ``rows``; raises TooManyToAdd, TookTooLong."""
    try:
        inner, parameters = _one_by_one(rows)
    except EmptyResultSet:
        return Sums(0, ())
    each = f"SELECT {_NAMES}, 1 AS one_by_one FROM ({inner}) AS of_filter LIMIT %s"
    return _sums(each, [*parameters, MOST_ADDED + 1])


def add_up_by_days(rows: QuerySet[Payment], kept: QuerySet[DaySum], days: Days) -> Sums:
    """Count and add up ``rows`` within ``days``: what days were added up to, and one by one the
    payments of days that were not or have changed since, and of pieces of a day at both ends.

    ``kept`` are the sums of the same payments. All is one statement, so that it sees one instant:
    a change of a payment and the note of its day are both in it, or neither. Raises TooManyToAdd,
    TookTooLong.
    """
    unchanged = kept.filter(day__gte=days.first, day__lt=days.end).exclude(
        day__in=ChangedDay.objects.values("day")
    )
    try:
        inner, of_inner = _one_by_one(rows)
        whole, of_whole = unchanged.order_by().values_list(*_COLUMNS).query.sql_with_params()
    except EmptyResultSet:
        return Sums(0, ())
    gaps, of_gaps = _gaps(days)
    statement = f"""SELECT {_NAMES}, 0 AS one_by_one FROM ({whole}) AS of_days
        UNION ALL
        SELECT * FROM (
            SELECT {_NAMES}, 1 FROM ({gaps}) AS gap JOIN ({inner}) AS of_filter
            ON of_filter.occurred_at >= gap.since AND of_filter.occurred_at < gap.until
            LIMIT %s
        ) AS of_gaps"""
    return _sums(statement, [*of_whole, *of_gaps, *of_inner, MOST_ADDED + 1])


def _one_by_one(rows: QuerySet[Payment]) -> tuple[str, Sequence[Any]]:
    """Each payment as a sum of its own, and its time."""
    each = rows.order_by().annotate(
        number=Value(1),
        total_minor=F("amount_minor"),
        back_minor=F("refunded_minor") + F("cancelled_minor"),
    )
    return each.values_list(*_COLUMNS, "occurred_at").query.sql_with_params()


@dataclass(frozen=True, slots=True)
class _Words:
    """How a database says when a transaction day begins, and which comes after it."""

    start: str
    after: str


_WORDS = {
    "postgresql": _Words("(({} - interval '8 hours') AT TIME ZONE 'UTC')", "({} + 1)"),
    "sqlite": _Words("datetime({}, '-8 hours')", "date({}, '+1 day')"),
}


def _gaps(days: Days) -> tuple[str, list[Any]]:
    """From when until when the kept sums say nothing: before the first whole day, after the last
    one that was kept or is asked for, and on each day that has changed."""
    words = _WORDS[connection.vendor]
    last = f"(SELECT MAX(day) FROM {DaySum._meta.db_table})"
    statement = f"""SELECT %s AS since, %s AS until
        UNION ALL
        SELECT {words.start.format("day")}, %s FROM (
            SELECT CASE WHEN {last} >= %s THEN %s
                WHEN {last} >= %s THEN {words.after.format(last)} ELSE %s END AS day
        ) AS unkept
        UNION ALL
        SELECT {words.start.format("day")}, {words.start.format(words.after.format("day"))} FROM (
            SELECT DISTINCT day FROM {ChangedDay._meta.db_table}
            WHERE day >= %s AND day < %s AND day <= {last}
        ) AS changed"""
    instant, day = connection.ops.adapt_datetimefield_value, connection.ops.adapt_datefield_value
    first, end = day(days.first), day(days.end)
    edge = [instant(days.since), instant(start_of(days.first))]
    return statement, [*edge, instant(days.until), end, end, first, first, first, end]


def _sums(statement: str, parameters: Sequence[Any]) -> Sums:
    """What the rows of a statement add up to, if they could be read in time."""
    taken = ", ".join(["%s"] * len(PAYMENT_TAKEN))
    with answered_within(PATIENCE), connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT state IN ({taken}), currency, SUM(number), SUM(total_minor),
                SUM(back_minor), SUM(one_by_one)
            FROM ({statement}) AS added
            GROUP BY 1, 2 ORDER BY 2""",
            [*PAYMENT_TAKEN, *parameters],
        )
        groups = [(bool(taken), currency, *map(int, sums)) for taken, currency, *sums in cursor]
    if sum(group[-1] for group in groups) > MOST_ADDED:
        raise TooManyToAdd
    return Sums(
        sum(number for _taken, _currency, number, *_minor in groups),
        tuple(
            CurrencySum(number, Money(paid, currency), Money(back, currency))
            for taken, currency, number, paid, back, _one_by_one in groups
            if taken
        ),
    )
