"""A report as an XLSX workbook: a control sheet, and the rows on as many sheets as they need."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from merchant_portal.money import CURRENCIES
from merchant_portal.reports import cells
from merchant_portal.reports.control import ControlSheet
from merchant_portal.reports.definition import Kind
from merchant_portal.reports.reading import MARK, Reading

#: As many rows as a sheet of Excel holds, the heading among them.
ROWS_PER_SHEET = 1_048_576
_ROWS_PER_STEP = 2_000
_WIDTHS = {Kind.ID: 30, Kind.TIME: 26, Kind.TEXT: 20, Kind.WORD: 20}
_USUAL_WIDTH = 14
_Line = tuple[Sequence[Any], Sequence[str]]
Sealer = Callable[[str, int], ControlSheet]


def write_workbook(
    path: Path,
    reading: Reading,
    *,
    created_at: datetime,
    seal: Sealer,
    note: Callable[[int], None],
    rows_per_sheet: int = ROWS_PER_SHEET,
) -> ControlSheet:
    """Write all rows of ``reading``; ``seal`` makes the sheet of their digest and number.

    ``note`` is told how many rows are written, again and again.
    """
    # Rows go to the disk as they come: the memory a workbook needs does not grow with it.
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        workbook.use_zip64()
        workbook.set_properties({"created": created_at.replace(tzinfo=None)})
        first = workbook.add_worksheet(_("Control"))
        rows = _Rows(workbook, reading, rows_per_sheet=rows_per_sheet)
        written = 0
        for written in rows.write_all():
            note(written)
        control = seal(rows.digest.hexdigest(), written)
        _write_control(first, control, bold=workbook.add_format({"bold": True}))
    return control


class _Rows:
    """Rows on their way onto sheets, each sheet with the headings."""

    def __init__(
        self, workbook: xlsxwriter.Workbook, reading: Reading, *, rows_per_sheet: int
    ) -> None:
        self._workbook, self._reading = workbook, reading
        self._rows_per_sheet = rows_per_sheet - 1  # without the heading
        self._headings = [str(column.heading) for column in reading.columns]
        kinds = [column.kind for column in reading.columns]
        self._numbers = [_NUMBERS.get(kind) for kind in kinds]
        # A text is no formula here, by its type: it is written as it is, without its guard.
        self._as_is = [kind in {Kind.TEXT, Kind.ID} for kind in kinds]
        self._currency = [column.name for column in reading.columns].index("currency")
        self._formats = {code: _amount_format(workbook, code) for code in CURRENCIES}
        self._bold = workbook.add_format({"bold": True})
        self._name = _("Rows")
        self.digest = hashlib.sha256(f"{MARK}{cells.line(self._headings)}".encode())

    def write_all(self) -> Iterator[int]:
        """Write sheet after sheet, telling the number of rows written so far."""
        written, rows = 0, self._reading.written()
        while True:
            sheet_rows = islice(rows, self._rows_per_sheet)
            batch = list(islice(sheet_rows, _ROWS_PER_STEP))
            if not batch and written:
                return
            sheet = self._add_sheet()
            place = 1
            while batch:
                self._write(sheet, place, batch)
                place, written = place + len(batch), written + len(batch)
                yield written
                batch = list(islice(sheet_rows, _ROWS_PER_STEP))
            if not written:
                return

    def _add_sheet(self) -> Worksheet:
        number = len(self._workbook.worksheets())
        sheet = self._workbook.add_worksheet(f"{self._name} {number}" if number > 1 else self._name)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._reading.columns):
            sheet.set_column(place, place, _WIDTHS.get(column.kind, _USUAL_WIDTH))
            sheet.write_string(0, place, self._headings[place], self._bold)
        return sheet

    def _write(self, sheet: Worksheet, place: int, batch: Sequence[_Line]) -> None:
        """Write rows from a place on; this is the loop that a large workbook spends its time in."""
        write_string, write_number = sheet.write_string, sheet.write_number
        lines = []
        for down, (row, texts) in enumerate(batch, start=place):
            lines.append(cells.line(texts))
            for across, text in enumerate(texts):
                if not text:
                    continue
                number = self._numbers[across]
                if number is float:
                    write_number(down, across, float(text), self._formats[row[self._currency]])
                elif number is int:
                    write_number(down, across, int(text))
                else:
                    write_string(down, across, row[across] if self._as_is[across] else text)
        self.digest.update("".join(lines).encode())


_NUMBERS: dict[Kind, type[int] | type[float]] = {
    Kind.AMOUNT: float,
    Kind.COUNT: int,
    Kind.AGE: int,
}


def _amount_format(workbook: xlsxwriter.Workbook, currency: str) -> Format:
    decimals = CURRENCIES[currency]
    return workbook.add_format({"num_format": "0." + "0" * decimals if decimals else "0"})


def _write_control(sheet: Worksheet, control: ControlSheet, *, bold: Format) -> None:
    sheet.set_column(0, len(control.headings), 28)
    place = 0
    for what, which in control.facts():
        sheet.write_string(place, 0, what, bold)
        sheet.write_string(place, 1, str(which))
        place += 1
    for across, heading in enumerate(control.headings):
        sheet.write_string(place + 1, across, heading, bold)
    for down, total in enumerate(control.totals, start=place + 2):
        for across, text in enumerate(total):
            if across < control.words:
                sheet.write_string(down, across, text)
            elif text:
                sheet.write_number(down, across, float(text))
