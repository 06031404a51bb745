"""Reading a report at one instant: its totals, its first rows, all its rows, the same as CSV."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from merchant_portal.reports import cells
from merchant_portal.reports.cells import Style
from merchant_portal.reports.definition import Column, Report, Rows

#: Excel reads a file as UTF-8 only where it begins so.
MARK = "\ufeff"
_ROWS_PER_CHUNK = 1_000
_ROWS_AT_ONCE = 100
_ROWS_PER_READ = 2_000


@contextmanager
def snapshot() -> Iterator[BaseDatabaseWrapper]:
    """A connection whose every read sees the same instant, and which lets others write meanwhile.

    It is one of its own: what is noted about progress on the usual connection is seen at once.
    Inside somebody's transaction that one's view is the instant.
    """
    if connection.in_atomic_block:
        yield connection
        return
    own = connection.copy()
    own.inc_thread_sharing()  # a server may read the rows of one file in several threads
    try:
        with own.cursor() as cursor:
            cursor.execute(_BEGIN[own.vendor])
        yield own
    finally:
        own.close()


_BEGIN = {
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    # Deferred: a reader in WAL mode sees one instant and keeps no writer waiting.
    "sqlite": "BEGIN DEFERRED",
}


@dataclass(frozen=True, slots=True)
class Total:
    """Rows of one type and currency, and what their columns add up to."""

    #: The values of the type columns, as they stand in the database.
    types: tuple[str, ...]
    currency: str
    rows: int
    #: By the name of the column; minor units where it holds amounts.
    sums: dict[str, int]


class Reading:
    """A report's rows on one connection. ``style`` says how times and ages are written."""

    def __init__(
        self, report: Report, columns: Sequence[Column], rows: Rows, *, on: BaseDatabaseWrapper,
        style: Style,
    ) -> None:  # fmt: skip
        self.columns = tuple(columns)
        self._report, self._connection, self._style = report, on, style
        try:
            inner, self._parameters = rows.query.get_compiler(connection=on).as_sql()
        except EmptyResultSet:  # nothing is in reach
            inner, self._parameters = "", ()
        names = ", ".join(column.alias for column in self.columns)
        self._lines = f"WITH line ({names}) AS ({inner})" if inner else ""

    @cached_property
    def totals(self) -> tuple[Total, ...]:
        """Sums per currency and type, of all rows."""
        if not self._lines:
            return ()
        types = [f"c_{name}" for name in self._report.types]
        sums = [f"COALESCE(SUM(c_{name}), 0)" for name in self._report.sums]
        keys = ", ".join([*types, cells.CURRENCY_ALIAS])
        statement = f"{self._lines} SELECT {keys}, COUNT(*), {', '.join(sums)} FROM line"
        found = self._read(f"{statement} GROUP BY {keys} ORDER BY {keys}")
        return tuple(self._total(row) for row in found)

    def _total(self, row: Sequence[Any]) -> Total:
        number = len(self._report.types)
        sums = zip(self._report.sums, map(int, row[number + 2 :]), strict=True)
        return Total(tuple(row[:number]), row[number], row[number + 1], dict(sums))

    @property
    def row_count(self) -> int:
        return sum(total.rows for total in self.totals)

    @cached_property
    def watermark(self) -> int:
        """The ledger's highest entry at this instant; 0 where it is empty."""
        return int(self._read("SELECT COALESCE(MAX(id), 0) FROM payments_ledgerentry", ())[0][0])

    def first(self, number: int) -> list[tuple[Any, ...]]:
        """The first rows, as they stand in the database."""
        if not self._lines:
            return []
        return self._read(f"{self._lines} SELECT * FROM line {self._order} LIMIT {number}")

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Every row, as it stands in the database, read piece by piece."""
        return self._each("*", [])

    def written(self) -> Iterator[tuple[tuple[Any, ...], list[str]]]:
        """Every row with the texts of its cells; of a row itself only texts are as they stand.

        PostgreSQL writes what is no text anyway, in a process of its own.
        """
        if self._connection.vendor != "postgresql":
            write = cells.row_writer(self.columns, self._style)
            return ((row, write(row)) for row in self.rows())
        texts, parameters = _joined([cells.as_half_sql(each, self._style) for each in self.columns])
        return self._half_written(texts, parameters)

    def _half_written(
        self, texts: str, parameters: Sequence[Any]
    ) -> Iterator[tuple[tuple[Any, ...], list[str]]]:
        write = cells.row_writer(self.columns, self._style, unwritten=cells.GUARDED)
        with self._in_zone():
            yield from ((row, write(row)) for row in self._each(texts, parameters))

    def _each(self, select: str, parameters: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        if not self._lines:
            return
        statement = f"{self._lines} SELECT {select} FROM line {self._order}"
        with closing(self._connection.chunked_cursor()) as cursor:
            cursor.execute(statement, [*self._parameters, *parameters])
            while batch := cursor.fetchmany(_ROWS_PER_READ):
                yield from batch

    def csv(self) -> Iterator[tuple[bytes, int]]:
        """The CSV file in chunks, each with the number of rows it brings.

        Its words are fixed here, in the language that is in force, not when it is read.
        """
        heading = cells.line([str(column.heading) for column in self.columns])
        return chain([(f"{MARK}{heading}".encode(), 0)], self._body())

    def _body(self) -> Iterator[tuple[bytes, int]]:
        if not self._lines:
            return iter(())
        if self._connection.vendor == "postgresql":
            return self._copied([cells.as_sql(column, self._style) for column in self.columns])
        write = cells.row_writer(self.columns, self._style)
        return _chunks(cells.line(write(row)).encode() for row in self.rows())

    def _copied(self, written: Sequence[cells.Written]) -> Iterator[tuple[bytes, int]]:
        """PostgreSQL writes the lines itself, ten times as fast as they could be written here."""
        texts, parameters = _joined(written)
        select = f"{self._lines} SELECT {texts} FROM line {self._order}"
        statement = f"COPY ({select}) TO STDOUT (FORMAT csv)"
        with (
            self._in_zone(),
            self._connection.cursor() as cursor,
            cursor.copy(statement, [*self._parameters, *parameters]) as lines,
        ):
            yield from _chunks(iter(lines))

    @contextmanager
    def _in_zone(self) -> Iterator[None]:
        """PostgreSQL writes instants as texts of the report's zone.

        Only texts may be read within: Django takes each instant it reads for one in UTC.
        """
        self._read(_SET_ZONE, [str(self._style.zone)])
        yield
        self._read(_SET_ZONE, ["UTC"])

    @property
    def _order(self) -> str:
        there = {column.name for column in self.columns}
        keys = [f"c_{name}" for name in self._report.order if name in there]
        return f"ORDER BY {', '.join(keys)}"

    def _read(self, statement: str, parameters: Sequence[Any] | None = None) -> list[Any]:
        given = self._parameters if parameters is None else parameters
        with self._connection.cursor() as cursor:
            cursor.execute(statement, given)
            return list(cursor.fetchall())


def _chunks(lines: Iterator[Any]) -> Iterator[tuple[bytes, int]]:
    """Lines put together, first so many as a processor's cache holds: that halves the work."""
    held, rows = [], 0
    while batch := list(islice(lines, _ROWS_AT_ONCE)):
        held.append(b"".join(batch))
        rows += len(batch)
        if rows >= _ROWS_PER_CHUNK:
            yield b"".join(held), rows
            held, rows = [], 0
    if held:
        yield b"".join(held), rows


def _joined(written: Sequence[cells.Written]) -> cells.Written:
    """The expressions of a SELECT, and their parameters in the same order."""
    expressions = ", ".join(expression for expression, _ in written)
    return expressions, [each for _, given in written for each in given]


_SET_ZONE = "SELECT set_config('TimeZone', %s, true)"
