"""A workbook of payments beside a bare loop over the same cells, in a process of its own.

`python -m bench.portal.workbooks ROWS ROUNDS` prints the best seconds of ours and of the loop, and
by how many MB our memory grew.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import xlsxwriter

from merchant_portal import clock
from merchant_portal.models import User
from merchant_portal.reports import services
from merchant_portal.reports.asked import Asked
from merchant_portal.reports.catalogue import find_report
from merchant_portal.reports.definition import Kind
from merchant_portal.reports.services import Order
from merchant_portal.reports.shown import show
from merchant_portal.reports.states import FileFormat
from payments.models import Payment
from qrcodes.permissions import principal_of

_NUMBERS = frozenset({Kind.AMOUNT, Kind.COUNT})
Cell = str | float


def main(rows: int, rounds: int) -> None:
    principal = principal_of(User.objects.get(username="finance"))
    last = Payment.objects.order_by("occurred_at")[rows - 1].occurred_at
    asked = Asked(zone="America/New_York", last=last.date())
    order = Order(find_report("transactions"), asked, principal)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "payments.xlsx"
        before = _memory_mb()
        ours = [_seconds(lambda: _write_ours(order, path))]
        growth = _memory_mb() - before
        cells = _cells(order)
        bare = [_seconds(lambda: _write_bare(cells, path))]
        for _ in range(rounds - 1):
            ours.append(_seconds(lambda: _write_ours(order, path)))
            bare.append(_seconds(lambda: _write_bare(cells, path)))
    print(min(ours), min(bare), growth)


def _write_ours(order: Order, path: Path) -> None:
    services.write_file(order, path, file_format=FileFormat.XLSX)


def _write_bare(cells: list[list[Cell]], path: Path) -> None:
    """What anybody would write who has the cells already."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as workbook:
        sheet, amounts = workbook.add_worksheet(), workbook.add_format({"num_format": "0.00"})
        for down, row in enumerate(cells):
            for across, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(down, across, cell)
                else:
                    sheet.write_number(down, across, cell, amounts)


def _cells(order: Order) -> list[list[Cell]]:
    """Every cell that our workbook has, in memory."""
    shown = show(order, now=clock.now(), number=10**9)
    return [
        [float(text) if column.kind in _NUMBERS else text for column, text in line if text]
        for line in shown.lines
    ]


def _seconds(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
