"""Pages by key: no row lost, none doubled, also while new ones arrive."""

from datetime import UTC, datetime

import pytest

from merchant_portal.keyset import Cursor, CursorUnreadable, Page, Way, read_page
from payments.models import Payment
from tests.portal.conftest import NOON, PayMaker


def _page(text: str, *, size: int = 3) -> Page[Payment]:
    cursor = Cursor.parse(text) if text else None
    return read_page(Payment.objects.all(), time="occurred_at", cursor=cursor, size=size)


def _walk(first: Page[Payment]) -> list[int]:
    """The rows of all pages from ``first`` to the oldest."""
    seen, page = [row.pk for row in first.rows], first
    while page.older:
        page = _page(page.older)
        seen += [row.pk for row in page.rows]
    return seen


def test_all_pages_together_are_the_list(pay: PayMaker) -> None:
    expected = [pay().pk for _ in range(10)]
    assert _walk(_page("")) == expected


def test_rows_of_one_instant_are_neither_lost_nor_doubled(pay: PayMaker) -> None:
    pks = [pay(occurred_at=NOON).pk for _ in range(10)]
    assert _walk(_page("")) == sorted(pks, reverse=True)


def test_new_rows_do_not_move_the_older_pages(pay: PayMaker) -> None:
    expected = [pay().pk for _ in range(10)]
    first = _page("")
    for _ in range(4):
        pay(occurred_at=NOON)
    assert _walk(first) == expected


def test_newer_leads_back_to_the_same_rows(pay: PayMaker) -> None:
    for _ in range(12):
        pay()
    second = _page(_page("").older)
    third = _page(second.older)
    assert [row.pk for row in _page(third.newer).rows] == [row.pk for row in second.rows]


def test_the_newest_page_is_whole_and_has_nothing_newer(pay: PayMaker) -> None:
    for _ in range(5):
        pay()
    second = _page(_page("").older)
    newest = _page(second.newer)
    assert len(newest.rows) == 3
    assert newest.newer == ""


def test_a_list_ordered_by_its_key_alone_walks_too(pay: PayMaker) -> None:
    pks = [pay().pk for _ in range(5)]
    rows = Payment.objects.all()
    first = read_page(rows, time="", cursor=None, size=3)
    second = read_page(rows, time="", cursor=Cursor.parse(first.older), size=3)
    assert [row.pk for row in (*first.rows, *second.rows)] == sorted(pks, reverse=True)


def test_a_cursor_reads_back_what_it_wrote() -> None:
    cursor = Cursor(Way.OLDER, datetime(2026, 3, 18, 16, 0, 0, 123456, tzinfo=UTC), 42)
    assert Cursor.parse(cursor.text) == cursor


@pytest.mark.parametrize("text", ["x", "é", "bm90IGEgY3Vyc29y", "=", "bzIwMjY", "\x00" * 9])
def test_a_cursor_of_somebody_else_is_refused(text: str) -> None:
    with pytest.raises(CursorUnreadable):
        Cursor.parse(text)
