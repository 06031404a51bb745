"""Where a fault strikes a file, and what it leaves behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from .books import Books
from .currencies import write_amount
from .file_faults import AwaitedFile, FileFault
from .happenings import minor_units
from .layouts import Draft, FileKind, Line, file_name, written
from .records import Partner
from .terms import Terms

IDS = ("Partner_transaction_id", "Transaction_id")
AMOUNT = {FileKind.TRANSACTION: "Transaction_amount", FileKind.SETTLEMENT: "Amount"}
FEE = {FileKind.TRANSACTION: "Charge_amount", FileKind.SETTLEMENT: "Fee"}
REMARK = {FileKind.TRANSACTION: "Remark", FileKind.SETTLEMENT: "Remarks"}


@dataclass(frozen=True)
class Stage:
    """Where a fault strikes: whose file of which day, and the rows that were struck before."""

    books: Books
    partner: Partner
    terms: Terms
    day: date
    fault: FileFault
    struck: frozenset[str]

    def pick(self, lines: tuple[Line, ...]) -> Line | None:
        """The row to strike: by its number in the order of ids, one that is still whole."""
        whole = [line for line in lines if line.happening not in self.struck] or list(lines)
        in_order = sorted(whole, key=lambda line: (line.cells["Transaction_id"], line.happening))
        return in_order[self.fault.seed % len(in_order)] if in_order else None

    def amount_minor(self, usual: int, currency: str) -> int:
        """The fault's amount in the currency's smallest unit."""
        if not self.fault.value:
            return usual
        return minor_units(write_amount(Decimal(self.fault.value), currency), currency)


@dataclass(frozen=True)
class Struck:
    """A file after a fault, the row that was struck (none: all of it), and what was changed."""

    draft: Draft
    line: Line | None = None
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


def with_line(draft: Draft, line: Line) -> Draft:
    """With one more row: after the one with its numbers, else at the end."""
    ids = [line.cells[name] for name in IDS]
    places = [
        place
        for place, each in enumerate(draft.lines, start=1)
        if each.happening == line.happening and [each.cells[name] for name in IDS] == ids
    ]
    place = places[-1] if places else len(draft.lines)
    return replace(draft, lines=(*draft.lines[:place], line, *draft.lines[place:]))


def without(draft: Draft, gone: Line) -> Draft:
    """Without a row; a file that has none left is not written at all."""
    lines = tuple(line for line in draft.lines if line is not gone)
    return replace(draft, lines=lines, is_withheld=draft.is_withheld or not lines)


def in_place(draft: Draft, line: Line, changed: Line) -> Draft:
    """With a row changed where it stands."""
    lines = tuple(changed if each is line else each for each in draft.lines)
    return replace(draft, lines=lines)


def changed(draft: Draft, line: Line, cells: dict[str, str]) -> Struck:
    """A row with other values."""
    return Struck(
        in_place(draft, line, line.changed(**cells)), line, cells_before(line, cells), cells
    )


def cells_before(line: Line, cells: dict[str, str]) -> dict[str, str]:
    """What stood in the columns that are changed."""
    return {name: line.cells[name] for name in cells}


def grown(text: str, by_minor: int, line: Line) -> str:
    """An amount in settlement currency, farther from zero by so much."""
    currency = line.cells["Currency"]
    minor = minor_units(text, currency)
    return written(minor - by_minor if minor < 0 else minor + by_minor, currency)


def await_file(draft: Draft, stage: Stage) -> dict[str, str]:
    """The file is to be written later: after hours, or in the next night."""
    hours = stage.fault.value
    due = stage.books.timestamp() + float(hours) * 3600 if hours else None
    partner_id, day = stage.terms.partner_id, stage.day
    name = draft.name or file_name(partner_id, draft.kind, day)
    awaited = AwaitedFile(None, partner_id, draft.kind, day.isoformat(), name, due)
    stage.books.add(awaited)
    return {"comes": f"after {hours} hours" if hours else "in the next night"}
