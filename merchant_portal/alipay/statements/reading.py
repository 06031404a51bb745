"""A nightly file, read line by line: what it says of itself, its rows, what it is good for."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from merchant_portal.alipay.statements.amounts import Units
from merchant_portal.alipay.statements.csv_rows import CSVRows
from merchant_portal.alipay.statements.headings import (
    FirstLine,
    Heading,
    HeadingRefused,
    read_heading,
)
from merchant_portal.alipay.statements.item_rows import Head, ItemReader, head_of
from merchant_portal.alipay.statements.layouts import Layout
from merchant_portal.alipay.statements.lines import Charset, LineTooLong, Scan, TextLines, scan
from merchant_portal.alipay.statements.names import NamedFile, read_name
from merchant_portal.alipay.statements.records import SHOWN, Problem, Row, printable
from merchant_portal.alipay.statements.rows import RowReader
from merchant_portal.alipay.statements.totals import Totals
from merchant_portal.alipay.statements.words import (
    Document,
    Family,
    FileState,
    Reason,
    RowCode,
)

Source = Path | BinaryIO
"""A file's place, or an open binary stream that can seek: it is read more than once, unchanged."""


@dataclass(frozen=True)
class Outcome:
    """How a file stands after its last line; `problem` is what keeps it from ACCEPTED.

    `rows` and `set_aside` together are the lines that the first line counts. `passed_over` are
    those of the newest JSON layout that tell of no success.
    """

    state: FileState
    rows: int = 0
    set_aside: int = 0
    problem: Problem | None = None
    passed_over: int = 0


class NotReadToItsEnd(Exception):
    """A file's state is known only when its last line has been read."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a nightly file says of itself; `read` gives its lines, as often as wanted.

    `partner_id` is whose file it is by its first line, else by its name, empty where neither says;
    of the JSON products the merchant number of the first row. `day` is that of a transaction file;
    the lines of a settlement file say when they were settled. Of the JSON products it is the day in
    the name, else that of the first row, in a settlement the one on which it was settled.
    `charset` is None where none fits, `refusal` what already the heading shows to be wrong.
    """

    named: NamedFile
    sha256: str
    size_bytes: int
    charset: Charset | None
    partner_id: str
    family: Family | None
    document: Document | None
    day: date | None
    stated_count: int | None
    layout: Layout | None
    refusal: Problem | None
    source: Source
    units: Units = Units.MAJOR

    @property
    def is_json(self) -> bool:
        """Whether it is of the JSON products, as far as heading or name show."""
        return self.family.is_json if self.family else self.named.is_json

    def read(self) -> "Reading":
        """One pass over the lines, from the beginning."""
        return Reading(self)


class Reading:
    """The lines of a file in their order, none of them kept; a Problem is one that is set aside.

    Rows are provisional until the end has been reached and `outcome` is known: the last byte may
    show that the file was cut off.
    """

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._outcome: Outcome | None = None
        self._lines = self._read()

    def __iter__(self) -> Iterator[Row | Problem]:
        return self._lines

    @property
    def outcome(self) -> Outcome:
        """The file's state; raises NotReadToItsEnd before the last line has been read."""
        if self._outcome is None:
            raise NotReadToItsEnd
        return self._outcome

    def _read(self) -> Iterator[Row | Problem]:
        statement = self._statement
        if statement.refusal is not None:
            self._outcome = _outcome(statement.refusal)
        elif statement.layout is None or statement.charset is None:
            self._outcome = Outcome(FileState.ACCEPTED)  # a first line alone: an idle day
        else:
            with _opened(statement.source) as stream:
                lines = TextLines(stream, statement.charset)
                read_heading(lines)
                if statement.layout.family.is_json:
                    reader = ItemReader(statement.layout, statement.units)
                    yield from self._read_items(CSVRows(lines), reader)
                else:
                    yield from self._read_rows(lines, RowReader(statement.layout))

    def _read_rows(self, lines: TextLines, reader: RowReader) -> Iterator[Row | Problem]:
        rows = set_aside = short_line = number = 0
        try:
            for number, text in lines:
                line = reader.read(number, text)
                if isinstance(line, Row):
                    rows += 1
                    short_line = 0
                else:
                    set_aside += 1
                    short_line = number if reader.is_short(text) else 0
                yield line
        except LineTooLong as endless:
            problem: Problem | None = _too_long(endless)
        else:
            ends_early = short_line or (number if lines.ends_inside_character else 0)
            problem = self._problem_at_end(ends_early, rows + set_aside)
        self._outcome = _outcome(problem, rows=rows, set_aside=set_aside)

    def _read_items(self, lines: CSVRows, reader: ItemReader) -> Iterator[Row | Problem]:
        rows = set_aside = passed_over = 0
        totals = Totals()
        try:
            for number, text in lines:
                line = _behind_end(number, text) if lines.has_ended else reader.read(number, text)
                if line is None:
                    passed_over += 1
                    continue
                if isinstance(line, Row):
                    rows += 1
                    totals.add(line)
                else:
                    set_aside += 1
                yield line
        except LineTooLong as endless:
            problem: Problem | None = _too_long(endless)
        else:
            problem = None if lines.has_ended else _cut_off(lines.last_line)
            if problem is None and not set_aside:
                problem = totals.problem
        self._outcome = _outcome(problem, rows=rows, set_aside=set_aside, passed_over=passed_over)

    def _problem_at_end(self, ends_early: int, counted: int) -> Problem | None:
        if ends_early:
            return Problem(ends_early, "", FileState.TRUNCATED, Reason.ENDS_EARLY)
        stated = self._statement.stated_count
        if stated is not None and stated != counted:
            shown = f"{stated}, {counted}"
            return Problem(1, "", FileState.COUNT_MISMATCH, Reason.OTHER_COUNT, shown)
        return None


def read_statement(
    source: Source,
    *,
    name: str,
    expected_partner: str | None = None,
    in_smallest_units: Collection[str] = (),
) -> Statement:
    """Read what a file says of itself, whatever its bytes are; what is wrong is in `refusal`.

    `name` is what the file is called at Alipay. With `expected_partner` a file of family G or H of
    another partner is refused. `in_smallest_units` are the merchant numbers whose files of the JSON
    products write `725` for 7.25 dollars.
    """
    named = read_name(name)
    with _opened(source) as stream:
        scanned = scan(stream)
        heading, family, refusal = _heading(stream, scanned)
        head = _head(stream, scanned, heading)
    first, layout = heading.first, heading.layout
    if refusal is None:
        refusal = _contradiction(named, first, expected_partner)
    return Statement(
        named=named,
        sha256=scanned.sha256,
        size_bytes=scanned.size_bytes,
        charset=scanned.charset,
        partner_id=first.partner_id if first else named.partner_id or head.merchant,
        family=layout.family if layout else family or named.family,
        document=heading.document,
        day=first.day if first else _day(named, heading, head),
        stated_count=first.stated_count if first else None,
        layout=layout,
        refusal=refusal,
        source=source,
        units=Units.SMALLEST if head.merchant in in_smallest_units else Units.MAJOR,
    )


def _opened(source: Source) -> AbstractContextManager[BinaryIO]:
    return source.open("rb") if isinstance(source, Path) else nullcontext(source)


def _heading(stream: BinaryIO, scanned: Scan) -> tuple[Heading, Family | None, Problem | None]:
    """The heading, as far as it can be read; another product's family; what is wrong."""
    if scanned.charset is None:
        unreadable = Problem(scanned.bad_line, "", FileState.UNKNOWN_LAYOUT, Reason.NEITHER_CHARSET)
        return Heading(), None, unreadable
    try:
        return read_heading(TextLines(stream, scanned.charset)), None, None
    except HeadingRefused as refused:
        return Heading(refused.first), refused.family, refused.problem
    except LineTooLong as endless:
        return Heading(), None, _too_long(endless)


def _head(stream: BinaryIO, scanned: Scan, heading: Heading) -> Head:
    """What the first row of a file of the JSON products says; nothing where there is none."""
    layout = heading.layout
    if layout is None or not layout.family.is_json or scanned.charset is None:
        return Head()
    lines = TextLines(stream, scanned.charset)
    try:
        read_heading(lines)
        rows = CSVRows(lines)
        _number, text = next(iter(rows), (0, ""))
    except LineTooLong:
        return Head()
    return Head() if rows.has_ended or not text else head_of(layout, text)


def _day(named: NamedFile, heading: Heading, head: Head) -> date | None:
    """Of the JSON products; only names of transaction files carry a day."""
    if heading.layout is None or not heading.layout.family.is_json:
        return None
    if heading.document is Document.TRANSACTION and named.day is not None:
        return named.day
    instant = head.settled_at or head.occurred_at
    return instant.date() if instant else named.day


def _behind_end(number: int, text: str) -> Problem:
    reason = Reason.BEHIND_END
    return Problem(number, "", RowCode.BAD_ROW, reason, "", printable(text))


def _cut_off(last_line: int) -> Problem:
    return Problem(last_line or 1, "", FileState.TRUNCATED, Reason.END_MISSING)


def _too_long(endless: LineTooLong) -> Problem:
    state = FileState.UNKNOWN_LAYOUT
    return Problem(endless.line_number, "", state, Reason.LINE_TOO_LONG)


def _contradiction(
    named: NamedFile, first: FirstLine | None, expected_partner: str | None
) -> Problem | None:
    """Where name, first line and expectation disagree."""
    partner_id = first.partner_id if first else named.partner_id
    wrong_partner, wrong_date = FileState.WRONG_PARTNER, FileState.WRONG_DATE
    if named.partner_id and partner_id != named.partner_id:
        return Problem(1, "Partner", wrong_partner, Reason.PARTNER_IN_NAME, partner_id[:SHOWN])
    if expected_partner and partner_id and partner_id != expected_partner:
        return Problem(1, "Partner", wrong_partner, Reason.ANOTHER_PARTNER, partner_id[:SHOWN])
    # Only the name of a transaction file repeats the first line's day; which day a settlement's
    # name carries no page says.
    is_dated = first and named.document is Document.TRANSACTION and named.day
    if first and is_dated and first.day != named.day:
        shown = first.day.isoformat()
        return Problem(1, "Payment_time", wrong_date, Reason.DATE_IN_NAME, shown)
    return None


def _outcome(
    problem: Problem | None, *, rows: int = 0, set_aside: int = 0, passed_over: int = 0
) -> Outcome:
    state = problem.code if problem else FileState.ACCEPTED
    return Outcome(FileState(state), rows, set_aside, problem, passed_over)
