"""A whole file: whose it is, its charset, and what state it is in."""

import tracemalloc
from hashlib import sha256
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from merchant_portal.alipay.statements import (
    Charset,
    Document,
    Family,
    FileState,
    NotReadToItsEnd,
    Reason,
    Row,
    read_name,
    read_statement,
)
from tests.alipay.statement_files import (
    COLUMNS,
    FIRST,
    NAME,
    PARTNER,
    ROW,
    SETTLED,
    SETTLEMENT_COLUMNS,
    SETTLEMENT_NAME,
    read_bytes,
    read_day,
    read_text,
    sample,
)

CHINESE = ROW.replace("Noodle Bar", "海旁面家")
OTHER = "2088000000000009"


def test_a_file_says_whose_it_is_and_of_which_day() -> None:
    statement, _, _, outcome = read_day(ROW)
    assert (statement.partner_id, statement.stated_count) == (PARTNER, 1)
    assert statement.day is not None
    assert statement.day.isoformat() == "2024-03-15"
    assert (outcome.state, outcome.rows) == (FileState.ACCEPTED, 1)


def test_a_settlement_file_belongs_to_whom_its_name_says() -> None:
    statement, _, _, _ = read_text(SETTLEMENT_COLUMNS, SETTLED, name=SETTLEMENT_NAME)
    assert (statement.partner_id, statement.day) == (PARTNER, None)
    assert statement.named.day is not None


def test_digest_and_size_are_those_of_the_bytes() -> None:
    body = sample(NAME).read_bytes()
    statement = read_statement(sample(NAME), name=NAME)
    assert (statement.sha256, statement.size_bytes) == (sha256(body).hexdigest(), len(body))


def test_a_file_can_be_read_twice() -> None:
    statement = read_statement(BytesIO(sample(NAME).read_bytes()), name=NAME)
    assert list(statement.read()) == list(statement.read())


def test_the_state_is_not_told_before_the_end() -> None:
    reading = read_statement(sample(NAME), name=NAME).read()
    next(iter(reading))
    with pytest.raises(NotReadToItsEnd):
        _ = reading.outcome


@pytest.mark.parametrize(
    ("codec", "charset"),
    [
        ("utf-8", Charset.UTF8),
        ("utf-8-sig", Charset.UTF8),
        ("gbk", Charset.GB18030),
        ("gb18030", Charset.GB18030),
    ],
)
def test_a_chinese_name_is_read_in_either_charset(codec: str, charset: Charset) -> None:
    statement, [row], _, outcome = read_day(CHINESE, charset=codec)
    assert (statement.charset, row.store_name) == (charset, "海旁面家")
    assert outcome.state is FileState.ACCEPTED


def test_a_character_that_holds_the_byte_of_the_separator_splits_nothing() -> None:
    name = bytes([0x81, 0x7C]).decode("gbk")
    _, [row], _, _ = read_day(ROW.replace("Noodle Bar", name), charset="gbk")
    assert row.store_name == name


def test_the_charset_is_that_of_the_whole_file() -> None:
    late = "\n".join([f"{FIRST}20001", COLUMNS, *[ROW] * 20_000, CHINESE]).encode("gb18030")
    _, rows, _, outcome = read_bytes(late)
    assert (len(rows), rows[-1].store_name) == (20_001, "海旁面家")
    assert outcome.state is FileState.ACCEPTED


def test_bytes_of_no_charset_are_refused_with_their_line() -> None:
    _, _, _, outcome = read_bytes(f"{FIRST}1\n{COLUMNS}\n{ROW}\n".encode() + b"\xff\xff\n")
    assert outcome.state is FileState.UNKNOWN_LAYOUT
    assert outcome.problem is not None
    assert (outcome.problem.line_number, outcome.problem.reason) == (4, Reason.NEITHER_CHARSET)


def test_line_ends_may_be_mixed_and_missing_at_the_end() -> None:
    body = f"{FIRST}3\r\n{COLUMNS}\n{ROW}\r\n\n{ROW}\n\r\n{ROW}".encode()
    _, rows, _, outcome = read_bytes(body)
    assert [row.line_number for row in rows] == [3, 5, 7]
    assert outcome.state is FileState.ACCEPTED


def test_another_count_is_told_and_the_rows_stay() -> None:
    _, rows, _, outcome = read_text(f"{FIRST}4", COLUMNS, ROW, ROW, ROW)
    assert (outcome.state, len(rows)) == (FileState.COUNT_MISMATCH, 3)
    assert outcome.problem is not None
    assert outcome.problem.shown == "4, 3"


def test_lines_set_aside_are_counted_too() -> None:
    _, _, _, outcome = read_day(ROW, "x|y", ROW)
    assert (outcome.state, outcome.rows, outcome.set_aside) == (FileState.ACCEPTED, 2, 1)


@pytest.mark.parametrize("body", [b"", b"\xef\xbb\xbf", b"\n \r\n"])
def test_a_file_with_nothing_in_it_is_empty(body: bytes) -> None:
    assert read_bytes(body)[3].state is FileState.EMPTY_BYTES


@pytest.mark.parametrize("lines", [(f"{FIRST}0",), (f"{FIRST}0", COLUMNS)])
def test_an_idle_day_is_accepted(lines: tuple[str, ...]) -> None:
    statement, rows, _, outcome = read_text(*lines)
    assert (statement.document, outcome.state, rows) == (
        Document.TRANSACTION,
        FileState.ACCEPTED,
        [],
    )


def test_a_first_line_alone_that_promises_lines_is_cut_off() -> None:
    assert read_text(f"{FIRST}5")[3].state is FileState.TRUNCATED


def test_a_short_last_row_means_the_file_is_cut_off() -> None:
    _, rows, [problem], outcome = read_text(f"{FIRST}2", COLUMNS, ROW, ROW[:40])
    assert (outcome.state, len(rows)) == (FileState.TRUNCATED, 1)
    assert (problem.line_number, problem.text) == (4, ROW[:40])


def test_a_file_cut_at_any_byte_is_never_accepted_nor_unknown() -> None:
    body = "\n".join([f"{FIRST}2", COLUMNS, CHINESE, CHINESE, ""]).encode()
    end_of_values = len(body) - len("8.00\n")
    states = {read_bytes(body[:cut])[3].state for cut in range(1, end_of_values)}
    assert states == {FileState.TRUNCATED, FileState.COUNT_MISMATCH}


def test_another_partner_in_the_name_is_refused() -> None:
    _, rows, _, outcome = read_day(ROW, name=NAME.replace(PARTNER, OTHER))
    assert (outcome.state, rows) == (FileState.WRONG_PARTNER, [])


@pytest.mark.parametrize("name", [NAME, SETTLEMENT_NAME])
def test_a_file_of_another_partner_than_expected_is_refused(name: str) -> None:
    expected = read_statement(sample(name), name=name, expected_partner=PARTNER)
    other = read_statement(sample(name), name=name, expected_partner=OTHER)
    assert expected.refusal is None
    assert other.refusal is not None
    assert other.refusal.code is FileState.WRONG_PARTNER


def test_another_day_in_the_name_is_refused() -> None:
    _, _, _, outcome = read_day(ROW, name=NAME.replace("20240315", "20240316"))
    assert outcome.state is FileState.WRONG_DATE


def test_any_name_is_permitted() -> None:
    statement, [_], _, _ = read_day(ROW, name="upload (3).dat")
    assert (statement.partner_id, statement.named.document) == (PARTNER, None)


def test_hong_kongs_first_line_may_give_a_time_with_the_day() -> None:
    first = FIRST.replace("2024-03-15", "2024-03-15 00:00:00")
    assert read_text(f"{first}1", COLUMNS, ROW)[3].state is FileState.ACCEPTED


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("hello",), Reason.UNKNOWN_COLUMNS),
        ((COLUMNS, ROW), Reason.NO_FIRST_LINE),
        ((FIRST.replace("03-15", "13-15") + "1", COLUMNS), Reason.UNREADABLE_FIRST_LINE),
        ((f"{FIRST}many", COLUMNS), Reason.UNREADABLE_FIRST_LINE),
        ((f"{FIRST}1", COLUMNS.replace("Charge_amount", "X"), ROW), Reason.COLUMN_MISSING),
        ((f"{FIRST}1", COLUMNS + "|currency", ROW), Reason.COLUMN_TWICE),
        ((f"{FIRST}1", SETTLEMENT_COLUMNS, SETTLED), Reason.COLUMN_MISSING),
        (("-----BEGIN PGP MESSAGE-----",), Reason.ENCRYPTED),
    ],
)
def test_what_is_no_such_file_is_refused_with_a_reason(
    lines: tuple[str, ...], reason: Reason
) -> None:
    _, rows, _, outcome = read_text(*lines)
    assert (outcome.state, rows) == (FileState.UNKNOWN_LAYOUT, [])
    assert outcome.problem is not None
    assert outcome.problem.reason is reason


def test_a_name_says_partner_document_and_day() -> None:
    named = read_name(f"download/20240316/{NAME}")
    assert (named.partner_id, named.document) == (PARTNER, Document.TRANSACTION)
    assert read_name(f"{PARTNER}_20240318.zip").family is Family.HK_ONLINE
    assert read_name("notes.txt").partner_id == ""


class Endless(RawIOBase):
    """A file whose last line goes on for ever, nearly: `size` bytes, none of them kept."""

    def __init__(self, start: bytes, size: int) -> None:
        self._start, self._size, self._at = start, size, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        size = min(size, self._size - self._at)
        piece = self._start[self._at : self._at + size]
        self._at += size
        return piece + b"9" * (size - len(piece))


def peak_of(start: bytes) -> tuple[int, FileState, Reason | None, int]:
    stream = cast(BinaryIO, Endless(start, 64 << 20))
    tracemalloc.start()
    reading = read_statement(stream, name=NAME).read()
    rows = sum(isinstance(line, Row) for line in reading)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    problem = reading.outcome.problem
    return peak, reading.outcome.state, problem.reason if problem else None, rows


@pytest.mark.parametrize(
    ("start", "rows"), [(b"", 0), (f"{FIRST}1\n{COLUMNS}\n{ROW}\n".encode(), 1)]
)
def test_an_endless_line_is_refused_in_little_memory(start: bytes, rows: int) -> None:
    peak, state, reason, counted = peak_of(start)
    assert peak < 4 << 20
    assert (state, reason, counted) == (FileState.UNKNOWN_LAYOUT, Reason.LINE_TOO_LONG, rows)


def test_a_zip_bomb_is_refused_unopened(tmp_path: Path) -> None:
    bomb = tmp_path / f"{PARTNER}_20240318.zip"
    with ZipFile(bomb, "w", ZIP_DEFLATED) as archive:
        archive.writestr(NAME, bytes(64 << 20))
    tracemalloc.start()
    statement = read_statement(bomb, name=bomb.name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert statement.refusal is not None
    assert statement.refusal.code is FileState.UNKNOWN_LAYOUT
    assert peak < 4 << 20


def test_a_long_file_keeps_no_lines() -> None:
    body = "\n".join([f"{FIRST}20000", COLUMNS, *[ROW] * 20_000]).encode()
    statement = read_statement(BytesIO(body), name=NAME)
    tracemalloc.start()
    counted = sum(1 for _ in statement.read())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counted == 20_000
    assert peak < 4 << 20
