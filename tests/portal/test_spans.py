"""How long something lasts is said in minutes, hours and days, in the reader's language."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from merchant_portal.templatetags.spans import since, until

_NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=13, minutes=14), "13 hours, 14 minutes"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=2, minutes=59), "2 days"),
        (timedelta(days=9, hours=3), "9 days, 3 hours"),
        (timedelta(seconds=-1), "less than a minute"),
    ],
)
def test_a_span_is_said_in_its_two_largest_units(span: timedelta, said: str) -> None:
    assert (since(_NOW - span, _NOW), until(_NOW + span, _NOW)) == (said, said)


def test_chinese_puts_no_comma_between_the_parts_of_a_span() -> None:
    with translation.override("zh-hant"):
        assert since(_NOW - timedelta(hours=13, minutes=14), _NOW) == "13 小時 14 分鐘"
