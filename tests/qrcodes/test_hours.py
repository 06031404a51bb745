"""When a store is open: weekdays, midnights, zones, and the nights a clock is changed."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qrcodes.hours import Hours, opening_at

NEW_YORK, HONG_KONG = "America/New_York", "Asia/Hong_Kong"
#: Monday to Friday, nine to six.
OFFICE = [Hours(day, time(9), time(18)) for day in range(5)]
#: Every evening until two in the morning.
BAR = [Hours(day, time(18), time(2)) for day in range(7)]
ALWAYS = [Hours(day, time(0), time(0)) for day in range(7)]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        ("2026-03-18 12:59", False),  # Wednesday 08:59 in New York
        ("2026-03-18 13:00", True),
        ("2026-03-18 21:59", True),
        ("2026-03-18 22:00", False),
        ("2026-03-21 16:00", False),  # Saturday
    ],
)
def test_a_store_is_open_in_its_own_zones_hours(instant: str, is_open: bool) -> None:
    opening = opening_at(OFFICE, zone=NEW_YORK, instant=_utc(instant))
    assert (opening is not None) is is_open


def test_an_opening_tells_when_it_began() -> None:
    opening = opening_at(OFFICE, zone=HONG_KONG, instant=_utc("2026-03-18 03:00"))
    assert opening is not None
    assert opening.begins_at == _utc("2026-03-18 01:00")
    assert opening.ends_at == _utc("2026-03-18 10:00")


def test_an_opening_goes_on_past_midnight() -> None:
    """Thursday 01:30 in Hong Kong belongs to Wednesday's evening."""
    opening = opening_at(BAR, zone=HONG_KONG, instant=_utc("2026-03-18 17:30"))
    assert opening is not None
    assert opening.begins_at == _utc("2026-03-18 10:00")


def test_after_the_last_hour_it_is_closed() -> None:
    assert opening_at(BAR, zone=HONG_KONG, instant=_utc("2026-03-18 18:00")) is None


def test_days_that_touch_are_one_opening() -> None:
    opening = opening_at(ALWAYS, zone=HONG_KONG, instant=_utc("2026-03-18 16:05"))
    assert opening is not None
    assert opening.begins_at <= _utc("2026-03-12 16:00")


def test_days_that_overlap_are_one_opening() -> None:
    hours = [Hours(2, time(18), time(4)), Hours(3, time(3), time(12))]
    opening = opening_at(hours, zone=HONG_KONG, instant=_utc("2026-03-18 22:00"))
    assert opening is not None
    assert opening.begins_at == _utc("2026-03-18 10:00")
    assert opening.ends_at == _utc("2026-03-19 04:00")


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-03-15", 24)]
)
def test_a_day_of_a_changed_clock_has_its_true_length(day: str, hours: int) -> None:
    sunday = [Hours(6, time(0), time(0))]
    opening = opening_at(sunday, zone=NEW_YORK, instant=_utc(f"{day} 12:00"))
    assert opening is not None
    assert opening.ends_at - opening.begins_at == timedelta(hours=hours)


def test_the_hour_that_is_skipped_opens_an_hour_later() -> None:
    """At 02:00 on 8 March 2026 New York's clocks go to 03:00, which is 07:00 UTC."""
    night = [Hours(6, time(2), time(8))]
    opening = opening_at(night, zone=NEW_YORK, instant=_utc("2026-03-08 09:00"))
    assert opening is not None
    assert opening.begins_at == _utc("2026-03-08 07:00")
    assert opening.ends_at == _utc("2026-03-08 12:00")


def test_without_hours_a_store_never_opens() -> None:
    assert opening_at([], zone=NEW_YORK, instant=_utc("2026-03-18 16:00")) is None


@given(
    st.integers(0, 3 * 365 * 24 * 60),
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.sampled_from([NEW_YORK, HONG_KONG, "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_an_opening_holds_the_instant_it_was_asked_for(
    minutes: int, opens: int, closes: int, zone: str
) -> None:
    instant = _utc("2025-01-01 00:00") + timedelta(minutes=minutes)
    wanted = [time(each // 60, each % 60) for each in (opens, closes)]
    hours = [Hours(day, *wanted) for day in range(7)]
    opening = opening_at(hours, zone=zone, instant=instant)
    assert opening is None or opening.begins_at <= instant < opening.ends_at
