"""Which transaction days are to be compared, and when."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, Max, OuterRef, Q

from merchant_portal import clock
from merchant_portal.alipay.statements import Document
from payments.models import LedgerEntry
from reconciliation import matching
from reconciliation.models import ComparedDay, StatementFile
from reconciliation.services.bulk import FILED_KINDS
from reconciliation.states import FILE_AWAITED, FILE_USABLE

#: A day that is not clean is looked at again: each hour while files and notices are expected,
#: then each day as long as Alipay may still work off a refund.
_BUSY_DAYS, _LONGEST_DAYS = timedelta(days=4), timedelta(days=190)
_OFTEN, _SELDOM = timedelta(hours=1), timedelta(days=1)
#: Entries of transactions that were under way when a day was compared come with earlier keys,
#: and may carry an earlier time.
_KEYS_UNDER_WAY, _UNDER_WAY = 1_000, timedelta(minutes=1)

AccountDay = tuple[int, date]


def next_look(day: date, now: datetime) -> datetime | None:
    """When a day that is not clean is compared again by itself; in the end only people do."""
    age = now - matching.day_bounds(day)[1]
    if age > _LONGEST_DAYS:
        return None
    return now + (_OFTEN if age < _BUSY_DAYS else _SELDOM)


def note_changes(now: datetime) -> None:
    """Make due every day about which something is new since it was compared."""
    changed = set(_days_of_files())
    make_due(changed, now=now)
    make_neighbours_due(changed, now=now)
    make_due(_days_of_late_entries(now), now=now)


def make_due(days: Iterable[AccountDay], *, now: datetime) -> None:
    """Have these days compared as soon as a worker is free."""
    for account_id, day in set(days):
        ComparedDay.objects.update_or_create(
            account_id=account_id, day=day, defaults={"next_attempt_at": now}
        )


def make_neighbours_due(days: Iterable[AccountDay], *, now: datetime) -> None:
    """What stands in one day's file may explain the day before and the day after."""
    for account_id, day in days:
        around = (day - timedelta(days=1), day + timedelta(days=1))
        compared = ComparedDay.objects.filter(account=account_id, day__in=around)
        compared.filter(compared_at__isnull=False).update(next_attempt_at=now)


def _days_of_files() -> Iterator[AccountDay]:
    """Awaited files of days never looked at, and files that are new or vouched for."""
    of_day = ComparedDay.objects.filter(account=OuterRef("account"), day=OuterRef("day"))
    is_awaited = Q(state__in=FILE_AWAITED) & ~Exists(of_day)
    is_new = Q(reconciled_at__isnull=True) | Q(vouched_at__gt=F("reconciled_at"))
    files = StatementFile.objects.filter(
        is_awaited | (Q(state__in=FILE_USABLE) & is_new),
        document=Document.TRANSACTION,
        day__isnull=False,
    )
    for account_id, day in files.values_list("account_id", "day"):
        if day is not None:
            yield account_id, day


def _days_of_late_entries(now: datetime) -> Iterator[AccountDay]:
    """Days that were compared before one of their entries was booked."""
    seen = ComparedDay.objects.aggregate(Max("last_entry"))["last_entry__max"]
    if seen is None:
        return
    today_begins, _ends = matching.day_bounds(clock.transaction_day(now))
    entries = LedgerEntry.objects.filter(
        pk__gt=seen - _KEYS_UNDER_WAY, kind__in=FILED_KINDS, occurred_at__lt=today_begins
    ).values_list("account_id", "occurred_at", "posted_at")
    last_posted: dict[AccountDay, datetime] = {}
    for account_id, occurred_at, posted_at in entries.iterator():
        day = (account_id, clock.transaction_day(occurred_at))
        last_posted[day] = max(posted_at, last_posted.get(day, posted_at))
    for (account_id, day_of_entry), posted_at in last_posted.items():
        compared = ComparedDay.objects.filter(account_id=account_id, day=day_of_entry)
        if compared.filter(compared_at__lt=posted_at + _UNDER_WAY).exists():
            yield account_id, day_of_entry
