"""A report as page and API show it before anybody downloads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from merchant_portal.reports import cells, control, services
from merchant_portal.reports.cells import Style
from merchant_portal.reports.definition import Column
from merchant_portal.reports.reading import Total
from merchant_portal.reports.services import Order

#: How many rows are shown; the file has all of them.
ROWS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """The numbers that a download will hold, and its first rows."""

    columns: Sequence[Column]
    rows: int
    totals: Sequence[Total]
    total_headings: Sequence[str]
    #: Totals and rows as texts.
    total_lines: Sequence[Sequence[str]]
    #: How many of a total's texts are words.
    words: int
    #: The first rows, each text with its column.
    lines: Sequence[Sequence[tuple[Column, str]]]
    filter: Sequence[tuple[str, str]]
    time_zone: str


def show(order: Order, *, now: datetime, number: int = ROWS_SHOWN) -> Shown:
    """Read totals and first rows, at one instant; raises RightMissing."""
    report, asked = order.report, order.asked
    with services.opened(order, now=now) as reading:
        write = cells.row_writer(reading.columns, Style(ZoneInfo(asked.zone), now))
        return Shown(
            columns=reading.columns,
            rows=reading.row_count,
            totals=reading.totals,
            total_headings=control.total_headings(report, reading.columns),
            total_lines=[
                control.total_line(report, reading.columns, total) for total in reading.totals
            ],
            words=len(report.types) + 1,
            lines=[
                [
                    (column, cells.readable(column, value, text))
                    for column, value, text in zip(reading.columns, row, write(row), strict=True)
                ]
                for row in reading.first(number)
            ],
            filter=control.filter_in_words(report, asked),
            time_zone=control.zone_in_words(report, asked),
        )
