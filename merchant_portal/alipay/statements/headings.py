"""What stands above the lines of a file: whose it is, of which day, how many lines it states."""

from dataclasses import dataclass
from datetime import date

from merchant_portal.alipay.statements.comma_layouts import (
    comma_layout_of,
    is_beginning_of_comma_line,
)
from merchant_portal.alipay.statements.layouts import (
    SEPARATOR,
    Layout,
    LayoutUnknown,
    canonical,
    is_beginning_of_column_line,
    layout_of,
)
from merchant_portal.alipay.statements.lines import TextLines
from merchant_portal.alipay.statements.names import read_day
from merchant_portal.alipay.statements.records import SHOWN, Problem, printable
from merchant_portal.alipay.statements.words import Document, Family, FileState, Reason

_FIRST = "partner:"
_LONGEST_NUMBER = 32
_LONGEST_COUNT = 12
_DAY_LENGTH = len("2024-03-15")  # Hong Kong pages give a time after it
_ZIP = "PK\x03\x04"
_ENCRYPTED = "-----BEGIN PGP"


@dataclass(frozen=True)
class FirstLine:
    """`Partner:2088...|Payment_time: 2024-03-15|Total_count:13`: only transaction files have it."""

    partner_id: str
    day: date
    stated_count: int


@dataclass(frozen=True)
class Heading:
    """The first and the column line. Without a layout: a first line alone, of an idle day.

    Files of the JSON products begin with the column line.
    """

    first: FirstLine | None = None
    layout: Layout | None = None

    @property
    def document(self) -> Document | None:
        """None where the heading could not be read."""
        if self.layout:
            return self.layout.document
        return Document.TRANSACTION if self.first else None


class HeadingRefused(Exception):
    """The file is none that can be read; `first` is what was read before that was seen."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem
        self.family: Family | None = None
        self.first: FirstLine | None = None


def read_heading(lines: TextLines) -> Heading:
    """Take the heading off a file's lines; raises HeadingRefused and LineTooLong."""
    number, text = _next(lines, missing=Reason.EMPTY, state=FileState.EMPTY_BYTES)
    _refuse_wrapped(text)
    if not text.lstrip().lower().startswith(_FIRST):
        _refuse_cut_first_line(text, lines)
        layout = _read_layout(number, text, lines)
        if layout.document is Document.TRANSACTION and not layout.family.is_json:
            raise _refused(number, Reason.NO_FIRST_LINE, shown=text)
        return Heading(None, layout)
    first = _read_first(number, text, lines)
    try:
        return Heading(first, _read_transaction_layout(first, lines))
    except HeadingRefused as refused:
        refused.first = first
        raise


def _next(lines: TextLines, *, missing: Reason, state: FileState) -> tuple[int, str]:
    found = next(iter(lines), None)
    if found is None:
        raise HeadingRefused(Problem(1, "", state, missing))
    return found


def _refuse_wrapped(text: str) -> None:
    """A zip archive is recognised, never opened: none of these files comes in one."""
    if text.startswith(_ZIP):
        raise _refused(1, Reason.ZIPPED)
    if text.startswith(_ENCRYPTED):
        raise _refused(1, Reason.ENCRYPTED)


def _refuse_cut_first_line(text: str, lines: TextLines) -> None:
    if lines.has_open_end and _FIRST.startswith(text.lower()):
        raise _refused(1, Reason.ENDS_EARLY, state=FileState.TRUNCATED)


def _read_first(number: int, text: str, lines: TextLines) -> FirstLine:
    parts = (part.partition(":") for part in text.split(SEPARATOR))
    stated = {canonical(name): value.strip() for name, _, value in parts}
    partner_id, count = stated.get("partner", ""), stated.get("totalcount", "")
    day = read_day(stated.get("paymenttime", "")[:_DAY_LENGTH])
    has_numbers = _is_number(partner_id, _LONGEST_NUMBER) and _is_number(count, _LONGEST_COUNT)
    if day is not None and has_numbers:
        return FirstLine(partner_id, day, int(count))
    state = FileState.TRUNCATED if lines.has_open_end else FileState.UNKNOWN_LAYOUT
    raise _refused(number, Reason.UNREADABLE_FIRST_LINE, shown=text, state=state)


def _is_number(text: str, longest: int) -> bool:
    return len(text) <= longest and text.isascii() and text.isdigit()


def _read_transaction_layout(first: FirstLine, lines: TextLines) -> Layout | None:
    found = next(iter(lines), None)
    if found is None:
        if first.stated_count == 0:
            return None
        raise _refused(1, Reason.COLUMN_LINE_MISSING, state=FileState.TRUNCATED)
    layout = _read_layout(*found, lines)
    if layout.document is not Document.TRANSACTION or layout.family.is_json:
        raise _refused(found[0], Reason.COLUMN_MISSING, shown="Transaction_type")
    return layout


def _read_layout(number: int, text: str, lines: TextLines) -> Layout:
    try:
        return layout_of(text) if SEPARATOR in text else comma_layout_of(text)
    except LayoutUnknown as unknown:
        is_cut = is_beginning_of_column_line(text) or is_beginning_of_comma_line(text)
        if lines.has_open_end and is_cut:
            raise _refused(number, Reason.ENDS_EARLY, state=FileState.TRUNCATED) from None
        refused = _refused(number, unknown.reason, shown=unknown.shown)
        refused.family = unknown.family
        raise refused from None


def _refused(
    number: int,
    reason: Reason,
    *,
    shown: str = "",
    state: FileState = FileState.UNKNOWN_LAYOUT,
) -> HeadingRefused:
    return HeadingRefused(Problem(number, "", state, reason, printable(shown)[:SHOWN]))
