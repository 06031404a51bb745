"""The gateway's ways of writing an instant."""

from datetime import UTC, datetime

import pytest

from merchant_portal.alipay.times import (
    GMT8,
    compact,
    gateway_timestamp,
    milliseconds,
    parse_compact,
    parse_text,
    written,
)
from merchant_portal.alipay.words import TimeForm

INSTANT = datetime(2026, 11, 20, 16, 30, 5, 999999, tzinfo=UTC)


def test_a_timestamp_is_written_in_gmt8_whatever_the_zone() -> None:
    assert gateway_timestamp(INSTANT) == "2026-11-21 00:30:05"
    assert gateway_timestamp(INSTANT.astimezone(GMT8)) == "2026-11-21 00:30:05"


def test_milliseconds_are_whole() -> None:
    assert milliseconds(datetime(2016, 2, 26, 17, 28, 24, 121999, tzinfo=UTC)) == "1456507704121"


def test_an_instant_without_a_zone_is_refused() -> None:
    for write in (gateway_timestamp, milliseconds, compact):
        with pytest.raises(ValueError, match="time zone"):
            write(datetime(2026, 11, 20))


def test_every_form_writes_the_same_instant() -> None:
    assert written(INSTANT, TimeForm.MILLISECONDS) == "1795192205999"
    assert written(INSTANT, TimeForm.TEXT) == "2026-11-21 00:30:05"
    assert written(INSTANT.astimezone(GMT8), TimeForm.COMPACT) == "20261121003005"


def test_both_forms_are_read_as_gmt8() -> None:
    expected = datetime(2026, 11, 20, 11, 50, 4, tzinfo=UTC)
    assert parse_text("2026-11-20 19:50:04") == expected
    assert parse_compact("20261120195004") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-20",
        "2026-11-20T19:50:04",
        "2026-1-2 03:04:05",
        "2026-02-30 00:00:00",
        "2026-11-20 24:00:00",
        "2026-11-20 19:50:60",
        "2026-11-20 19:50:04 ",
        "２０２６-11-20 19:50:04",
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a gateway time|must be in|out of range|range"):
        parse_text(text)


@pytest.mark.parametrize("text", ["", "2026112019500", "202611201950041", "20261320195004"])
def test_any_other_compact_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a gateway time|must be in"):
        parse_compact(text)
