"""Due work as columns on the noun: the row is the queue, a task is only the clock's nudge.

A row whose ``next_attempt_at`` has come is claimed for ``LEASE_SECONDS`` by one conditional
UPDATE; two workers never hold the same row, and a worker that dies gives it back in time.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

LONGEST_ANSWER = 200
Item = TypeVar("Item")


class DueWork(models.Model):
    """The columns of something that is asked, sent or applied again until it has an end."""

    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_answer = models.CharField(_("last answer"), max_length=LONGEST_ANSWER, blank=True)

    class Meta:
        abstract = True


def claim_due(
    model: type[DueWork], *, now: datetime, limit: int = 20, states: Sequence[str] = ()
) -> list[int]:
    """Claim up to ``limit`` due rows, of these states where some are named; their keys."""
    table = connection.ops.quote_name(model._meta.db_table)
    skip = " FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update else ""
    among = f"AND state IN ({', '.join(['%s'] * len(states))}) " if states else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET lease_until = %s, attempts = attempts + 1 WHERE id IN ("
            f"SELECT id FROM {table} WHERE next_attempt_at <= %s "
            f"AND (lease_until IS NULL OR lease_until <= %s) {among}"
            f"ORDER BY next_attempt_at LIMIT %s{skip}) RETURNING id",
            [_value(now + _lease()), _value(now), _value(now), *states, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def claim_each(
    model: type[DueWork],
    *,
    now: Callable[[], datetime],
    limit: int = 20,
    seconds: float = 30,
    states: Sequence[str] = (),
) -> Iterator[int]:
    """Claim due rows one after the other, so that each lease begins with its own work.

    Ends when nothing is due, after ``limit`` rows, or once ``seconds`` have passed: the clock
    comes again, and one slow gateway does not keep a worker from everything else.
    """
    started_at = now()
    for _row in range(limit):
        if (now() - started_at).total_seconds() > seconds:
            return
        claimed = claim_due(model, now=now(), limit=1, states=states)
        if not claimed:
            return
        yield claimed[0]


def each(items: Iterable[Item], work: Callable[[Item], object]) -> None:
    """Give every item its turn, also after one whose work fails; then raises all failures.

    A failed row keeps its lease and comes again when that ends: it holds up nobody else.
    """
    failures: list[Exception] = []
    for item in items:
        try:
            work(item)
        except Exception as failure:  # noqa: BLE001  raised below, after the others' turn
            failures.append(failure)
    if failures:
        raise ExceptionGroup("Due work failed.", failures)


def claim_one(model: type[DueWork], pk: int, *, now: datetime) -> bool:
    """Claim one row whether or not its time has come; False while somebody else holds it."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    claimed: int = model._default_manager.filter(free, pk=pk).update(
        lease_until=now + _lease(), attempts=F("attempts") + 1
    )
    return claimed == 1


def later(row: DueWork, ladder: Sequence[int], *, now: datetime) -> datetime | None:
    """When the next rung of a ladder (seconds) comes; None where the ladder has ended."""
    rung = row.attempts - 1
    return now + timedelta(seconds=ladder[rung]) if 0 <= rung < len(ladder) else None


def _lease() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


def _value(instant: datetime) -> datetime | str:
    return connection.ops.adapt_datetimefield_value(instant) or ""
