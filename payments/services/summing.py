"""Adding up the payments of past days, once, so that a page adds up years in an instant.

A day's sums are kept in one transaction that waits for nobody. Triggers of the payments' table
note every day of which a payment changes, in the transaction that changes it (decision 21).
"""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, F, Max, Sum

from payments.models import ChangedDay, DaySum, Payment, day_of, start_of

#: What payments of a sum have in common, besides their day.
_ALIKE = ("account_id", "product", "store_id", "counter_id", "wallet", "state", "currency")
#: The triggers do not note what is younger than an hour, so that intake pays nothing. A day is
#: added up so long after its end that no transaction is still open which did not note it.
_RIPE_AFTER = timedelta(hours=6)
#: With the day's number after it, the triggers' lock.
_LOCK, _FIRST_DAY = 1937076531, date(2000, 1, 1)


def keep_day_sums(*, seconds: float = 60) -> int:
    """Add up the days that changed, then those that ended since; how many. Ends after ``seconds``:
    the clock comes again."""
    ends_at = time.monotonic() + seconds
    kept = 0
    for day in _due_days():
        if time.monotonic() > ends_at or not _keep(day):
            break
        kept += 1
    return kept


def _due_days() -> Iterator[date]:
    """Days that changed since they were added up, then each next one: never one before all
    earlier ones, for every day up to the last kept one counts as added up."""
    last = _last_kept()
    if last is not None:
        changed = ChangedDay.objects.filter(day__lte=last)
        yield from list(changed.order_by("day").values_list("day", flat=True).distinct())
    unripe = _first_unripe()
    while (day := _first_day_after(_last_kept())) is not None and day < unripe:
        yield day


def _last_kept() -> date | None:
    last: date | None = DaySum.objects.aggregate(last=Max("day"))["last"]
    return last


def _first_day_after(last: date | None) -> date | None:
    """The first day with a payment; one that comes to an earlier day meanwhile is noted."""
    rows = Payment.objects.order_by("occurred_at", "id")
    if last is not None:
        rows = rows.filter(occurred_at__gte=start_of(last + timedelta(days=1)))
    first = rows.values_list("occurred_at", flat=True).first()
    return day_of(first) if first else None


def _first_unripe() -> date:
    """By the database's clock, as the triggers tell: which hour a person or a test thinks it is
    changes nothing about what other transactions may do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
        (now,) = cursor.fetchone()
    if not isinstance(now, datetime):  # SQLite's, in UTC
        now = datetime.fromisoformat(now).replace(tzinfo=UTC)
    return day_of(now - _RIPE_AFTER)


@transaction.atomic
def _keep(day: date) -> bool:
    """Add a day up and forget that it had changed; False while somebody changes it."""
    if not _lock(day):
        return False
    ChangedDay.objects.filter(day=day).delete()
    DaySum.objects.filter(day=day).delete()
    DaySum.objects.bulk_create(_sums_of(day), batch_size=1_000)
    return True


def _lock(day: date) -> bool:
    """Tried, not waited for: whoever changes a payment may wait for us, we wait for nobody.

    What is read afterwards is what was committed by all who held it (read committed)."""
    if connection.vendor != "postgresql":
        return True  # SQLite has one writer at a time, and this is it
    with connection.cursor() as cursor:
        number = (day - _FIRST_DAY).days
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, number])
        return bool(cursor.fetchone()[0])


def _sums_of(day: date) -> Iterator[DaySum]:
    of_day = Payment.objects.filter(
        occurred_at__gte=start_of(day), occurred_at__lt=start_of(day + timedelta(days=1))
    )
    groups = of_day.order_by().values(*_ALIKE).annotate(
        number=Count("pk"),
        total=Sum("amount_minor"),
        back=Sum(F("refunded_minor") + F("cancelled_minor")),
    )  # fmt: skip
    for group in groups:
        total, back = int(group.pop("total")), int(group.pop("back"))
        yield DaySum(day=day, total_minor=total, back_minor=back, **group)
