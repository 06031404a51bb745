"""How takings run, by business day and by hour: the takings report's own sums, cut finer.

One or two questions to the ledger, over a month and along its index by account and time, answer all
that the home page draws.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from math import gcd
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, F, Func, Q, QuerySet

from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from merchant_portal.money import Money
from merchant_portal.reports.catalogue.takings import SUMS, TAKEN
from payments.models import EntryKind, LedgerEntry, Payment
from payments.places import ALIPAY_ZONE
from qrcodes.models import Store
from qrcodes.permissions import Principal

#: So many weeks are looked back on.
WEEKS = 4
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_MARGIN = timedelta(days=2)
#: Offsets of all zones are whole quarters of an hour.
_QUARTER_SECONDS = 900


class Slot(Func):
    """Which stretch of so many seconds since 1970 an instant falls in."""

    output_field = BigIntegerField()
    arity = 1

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        instant, parameters = compiler.compile(self.get_source_expressions()[0])
        return f"(floor(extract(epoch FROM {instant}))::bigint / {self._seconds})", parameters

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        instant, parameters = compiler.compile(self.get_source_expressions()[0])
        return f"(CAST(strftime('%%s', {instant}) AS INTEGER) / {self._seconds})", parameters

    @property
    def _seconds(self) -> int:
        return int(self.extra["seconds"])


@dataclass(frozen=True, slots=True)
class Booked:
    """What the ledger booked in some stretch of time, in minor units of one currency."""

    payments: int = 0
    paid: int = 0
    given_back: int = 0

    def __add__(self, other: "Booked") -> "Booked":
        return Booked(
            self.payments + other.payments,
            self.paid + other.paid,
            self.given_back + other.given_back,
        )

    def __neg__(self) -> "Booked":
        return Booked(-self.payments, -self.paid, -self.given_back)

    @property
    def net(self) -> int:
        return self.paid - self.given_back


_Sums = dict[Any, Booked]


def _empty() -> _Sums:
    return defaultdict(Booked)


@dataclass(slots=True)
class Course:
    """One currency's takings of the last weeks; each store's days are its own business days."""

    currency: str
    #: Today at the shops that take this currency; more than one day where their calendars differ.
    todays: set[date] = field(default_factory=set)
    today: Booked = field(default_factory=Booked)
    #: A week ago: the whole day, and as far as today has come.
    week_ago: Booked = field(default_factory=Booked)
    week_ago_so_far: Booked = field(default_factory=Booked)
    by_day: _Sums = field(default_factory=_empty)
    #: Today by the hour of the shop's clock, and the same weekday of all weeks together.
    by_hour: _Sums = field(default_factory=_empty)
    usual_by_hour: _Sums = field(default_factory=_empty)
    #: The weeks back in which something was booked on today's weekday.
    weeks: set[int] = field(default_factory=set)

    @property
    def last(self) -> date:
        """The newest day that is drawn."""
        return max(self.todays)

    @property
    def first(self) -> date:
        return self.last - WEEKS * _WEEK + _DAY

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)

    def usual(self, hour: int) -> int | None:
        """What is paid in this hour on an average day like today; None without one to compare."""
        return self.usual_by_hour[hour].paid // len(self.weeks) if self.weeks else None


@dataclass(frozen=True, slots=True)
class ShopClock:
    """The zone and the start of the business day that some stores share."""

    zone: ZoneInfo
    begins: time

    def place(self, local: datetime) -> tuple[date, int]:
        """Business day and hour of what this clock shows."""
        begins = timedelta(hours=self.begins.hour, minutes=self.begins.minute)
        return (local - begins).date(), local.hour

    def today(self, now: datetime) -> date:
        return self.place(_by_the_clock(now, self.zone))[0]

    def start(self, day: date) -> datetime:
        return datetime.combine(day, self.begins, tzinfo=self.zone)


#: Payments of no store keep Alipay's day.
ALIPAYS_CLOCK = ShopClock(ZoneInfo(ALIPAY_ZONE), time(0))


def clock_of(store: Store) -> ShopClock:
    return ShopClock(ZoneInfo(store.time_zone), store.business_day_starts)


@dataclass(frozen=True, slots=True)
class Courses:
    """The courses of all currencies, and by whose clocks today is today."""

    todays: frozenset[date]
    clocks: tuple[ShopClock, ...]
    each: Sequence[Course]


def read_courses(principal: Principal, stores: Sequence[Store], *, now: datetime) -> Courses:
    """What the ledger booked since four weeks ago, at the stores somebody sees."""
    clocks = tuple({clock_of(store): None for store in stores}) or (ALIPAYS_CLOCK,)
    todays = frozenset(each.today(now) for each in clocks)
    last = max(todays)
    courses: dict[str, Course] = {}
    for stretch in _stretches(principal, stores, clocks, now=now):
        course = courses.setdefault(stretch.currency, Course(stretch.currency))
        _add(course, stretch, now=now, last=last)
    return Courses(todays, clocks, [courses[currency] for currency in sorted(courses)])


@dataclass(frozen=True, slots=True)
class _Stretch:
    """One currency's sums of one stretch of time, and whose clock it is read on."""

    currency: str
    #: None: of no shop.
    shop: ShopClock | None
    began: datetime
    booked: Booked


def _stretches(
    principal: Principal, stores: Sequence[Store], clocks: Sequence[ShopClock], *, now: datetime
) -> Iterator[_Stretch]:
    since = min(each.start(each.today(now) - WEEKS * _WEEK) for each in (*clocks, ALIPAYS_CLOCK))
    # Accounts are named, because the index begins with them.
    accounts = list(Account.objects.order_by().values_list("pk", flat=True))
    entries = LedgerEntry.objects.filter(
        kind__in=TAKEN, account__in=accounts, occurred_at__gte=since
    )
    seconds = _slot_seconds(clocks)
    if not principal.holds_everywhere(Right.SEE_PAYMENTS):
        entries = entries.filter(payment__store__in=[store.pk for store in stores])
        return _by_shops_clock(entries, seconds, since)
    if len(clocks) > 1:
        return _by_shops_clock(entries, seconds, since)
    return _by_one_clock(entries, seconds, clocks[0])


def _by_shops_clock(
    entries: QuerySet[LedgerEntry], seconds: int, since: datetime
) -> Iterator[_Stretch]:
    """Each entry by the clock of its payment's shop.

    A payment is booked at its own time, so its day finds it in its shop's list; of what went back
    there is less, and it may be of any payment.
    """
    paid = Q(kind=EntryKind.PAYMENT)
    shops = {
        "zone": F("payment__store__time_zone"),
        "begins": F("payment__store__business_day_starts"),
    }
    for part in (paid & Q(payment__occurred_at__gte=since - _MARGIN), ~paid):
        for row in _summed(entries.filter(part), seconds, **shops):
            shop = ShopClock(ZoneInfo(row["zone"]), row["begins"]) if row["zone"] else None
            yield _stretch(row, shop, seconds)


def _by_one_clock(
    entries: QuerySet[LedgerEntry], seconds: int, shop: ShopClock
) -> Iterator[_Stretch]:
    """All entries by the clock that all shops share, and those of no shop moved to Alipay's.

    Joining each entry to its shop took ten times as long at 1,000,000 payments.
    """
    for row in _summed(entries, seconds):
        yield _stretch(row, shop, seconds)
    unplaced_payments = Payment.objects.unplaced().order_by().values("pk")
    for row in _summed(entries.filter(payment__in=unplaced_payments), seconds):
        unplaced = _stretch(row, None, seconds)
        yield replace(unplaced, shop=shop, booked=-unplaced.booked)
        yield unplaced


def _summed(
    entries: QuerySet[LedgerEntry], seconds: int, **shops: F
) -> Iterable[Mapping[str, Any]]:
    slot = Slot("occurred_at", seconds=seconds)
    rows = entries.order_by().values("currency", slot=slot, **shops)
    return rows.annotate(**{name: SUMS[name] for name in ("payments", "paid", "given_back")})


def _stretch(row: Mapping[str, Any], shop: ShopClock | None, seconds: int) -> _Stretch:
    began = datetime.fromtimestamp(row["slot"] * seconds, UTC)
    booked = Booked(row["payments"], row["paid"], row["given_back"])
    return _Stretch(row["currency"], shop, began, booked)


def _slot_seconds(clocks: Sequence[ShopClock]) -> int:
    """The longest stretch that no hour and no business day's start cuts."""
    begin = [each.begins.hour * 3600 + each.begins.minute * 60 for each in clocks]
    return gcd(_QUARTER_SECONDS, *begin)


def _add(course: Course, stretch: _Stretch, *, now: datetime, last: date) -> None:
    shop, booked = stretch.shop or ALIPAYS_CLOCK, stretch.booked
    at, now_there = (_by_the_clock(each, shop.zone) for each in (stretch.began, now))
    day, hour = shop.place(at)
    # What belongs to no shop is of today where its day is called as the shops' is.
    today = shop.today(now) if stretch.shop else last
    course.todays.add(today)
    course.by_day[day] += booked
    if day == today:
        course.today += booked
        course.by_hour[hour] += booked
        return
    weeks, odd = divmod((today - day).days, 7)
    if odd == 0 and 0 < weeks <= WEEKS:
        course.weeks.add(weeks)
        course.usual_by_hour[hour] += booked
    if day == today - _WEEK:
        course.week_ago += booked
        # A stretch that had begun a week ago by this time counts whole.
        if at < now_there - _WEEK:
            course.week_ago_so_far += booked


def _by_the_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    """What a clock on the wall there shows, whatever its summer time."""
    return instant.astimezone(zone).replace(tzinfo=None)
