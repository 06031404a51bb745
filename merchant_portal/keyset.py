"""Pages of a long list by key, not by number: as fast at the end as at the start.

A cursor names the last row seen, so that rows arriving meanwhile neither repeat nor hide others.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
#: What stands in the cursor of a list ordered by its key alone.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Way(StrEnum):
    """Which way a page lies from the row its cursor names."""

    OLDER = "o"
    NEWER = "n"


class CursorUnreadable(ValueError):
    """A cursor that this module did not write."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A row of a list ordered by time and key, and the way to read on from it."""

    way: Way
    at: datetime
    pk: int

    @property
    def text(self) -> str:
        """The opaque text of an address."""
        plain = f"{self.way} {self.at.astimezone(UTC).isoformat()} {self.pk}"
        return urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read ``text`` back; raises CursorUnreadable."""
        try:
            plain = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
            way, at, pk = plain.split(" ")
            instant = datetime.fromisoformat(at)
            if instant.tzinfo is None or not 0 < int(pk) < 2**63:
                raise CursorUnreadable(text)
            return cls(Way(way), instant, int(pk))
        except (ValueError, OverflowError, binascii.Error) as error:
            raise CursorUnreadable(text) from error


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows newest first, and the cursors of what lies before and after them, empty at the ends."""

    rows: list[Row]
    newer: str
    older: str


def read_page(rows: QuerySet[Row], *, time: str, cursor: Cursor | None, size: int) -> Page[Row]:
    """One page of ``rows``, newest first, by the column ``time`` and the key (empty: the key)."""
    if cursor is not None and cursor.way is Way.NEWER:
        return _newer_page(rows, time=time, cursor=cursor, size=size)
    if cursor is not None:
        rows = rows.filter(_beyond(time, "lt", cursor))
    found = list(rows.order_by(*_order(time, "-"))[: size + 1])
    shown = found[:size]
    newer = _cursor(Way.NEWER, shown[0], time) if cursor is not None and shown else ""
    older = _cursor(Way.OLDER, shown[-1], time) if len(found) > size else ""
    return Page(shown, newer, older)


def _newer_page(rows: QuerySet[Row], *, time: str, cursor: Cursor, size: int) -> Page[Row]:
    found = list(rows.filter(_beyond(time, "gt", cursor)).order_by(*_order(time, ""))[: size + 1])
    if len(found) <= size:  # the newest page is always whole
        return read_page(rows, time=time, cursor=None, size=size)
    shown = found[size - 1 :: -1]
    return Page(shown, _cursor(Way.NEWER, shown[0], time), _cursor(Way.OLDER, shown[-1], time))


def _beyond(time: str, side: str, cursor: Cursor) -> Q:
    """Rows past the cursor. The first half alone is a range an index can walk."""
    if not time:
        return Q(**{f"pk__{side}": cursor.pk})
    within = Q(**{f"{time}__{side}e": cursor.at})
    past = Q(**{f"{time}__{side}": cursor.at}) | Q(**{f"pk__{side}": cursor.pk})
    return within & past


def _cursor(way: Way, row: Model, time: str) -> str:
    return Cursor(way, getattr(row, time) if time else _NO_TIME, row.pk).text


def _order(time: str, sign: str) -> list[str]:
    return [f"{sign}{column}" for column in (time, "pk") if column]
