"""When a store is open: pure arithmetic with weekdays, zones and instants.

A day that ends at or before its beginning ends on the next day. Hours are wall-clock times of the
store's own zone: on the day a clock is put forward an opening is shorter, and instants, not
wall-clock times, are subtracted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_WEEK = 7


@dataclass(frozen=True, slots=True)
class Hours:
    """A weekday's opening: Monday is 0."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Opening:
    """From when to when the store is open without a break, as instants in UTC."""

    begins_at: datetime
    ends_at: datetime

    def holds(self, instant: datetime) -> bool:
        return self.begins_at <= instant < self.ends_at


def opening_at(hours: Sequence[Hours], *, zone: str, instant: datetime) -> Opening | None:
    """The opening an instant falls into; None while the store is closed.

    Of a store that never closes, it is what lies within a week of the instant.
    """
    for opening in _joined(hours, zone=zone, around=instant):
        if opening.holds(instant):
            return opening
    return None


def _joined(hours: Sequence[Hours], *, zone: str, around: datetime) -> Iterator[Opening]:
    """The openings of a week before and after, in order; those that touch are one."""
    current: Opening | None = None
    for opening in _openings(hours, zone=ZoneInfo(zone), around=around):
        if current is not None and opening.begins_at <= current.ends_at:
            current = Opening(current.begins_at, max(current.ends_at, opening.ends_at))
            continue
        if current is not None:
            yield current
        current = opening
    if current is not None:
        yield current


def _openings(hours: Sequence[Hours], *, zone: ZoneInfo, around: datetime) -> Iterator[Opening]:
    today = around.astimezone(zone).date()
    by_weekday = {each.weekday: each for each in hours}
    for days in range(-_WEEK - 1, _WEEK + 2):
        day = today + timedelta(days=days)
        if (each := by_weekday.get(day.weekday())) is not None:
            yield _opening_on(day, each, zone)


def _opening_on(day: date, hours: Hours, zone: ZoneInfo) -> Opening:
    last = day if hours.closes > hours.opens else day + timedelta(days=1)
    return Opening(_instant(day, hours.opens, zone), _instant(last, hours.closes, zone))


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
