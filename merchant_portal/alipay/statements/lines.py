"""From bytes to lines in two passes and little memory, whatever the bytes are.

Whether a file is UTF-8 is known only at its end, and a GB18030 character may hold the byte of `|`:
so the first pass finds the charset (and the digest), the second decodes and only then splits.
"""

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import chain
from typing import BinaryIO

CHUNK_BYTES = 1 << 18
LONGEST_LINE = 1 << 16
"""In characters. The longest line by the pages' lengths has about 2,000."""


class Charset(StrEnum):
    """Which of the two it is, under Python's name for it. No page says; UTF-8 is tried first."""

    UTF8 = "utf-8-sig"  # with or without its mark
    GB18030 = "gb18030"


class LineTooLong(Exception):
    """A line that never ends, or might as well not. What came before it has been given out."""

    def __init__(self, line_number: int) -> None:
        super().__init__(f"line {line_number} is too long")
        self.line_number = line_number


class _TooLong(Exception):
    """The same, before the lines are counted."""


@dataclass(frozen=True)
class Scan:
    """The first pass. Without a charset, `bad_line` is the line neither could read."""

    sha256: str
    size_bytes: int
    charset: Charset | None
    bad_line: int = 0


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    return iter(partial(stream.read, CHUNK_BYTES), b"")


def scan(stream: BinaryIO) -> Scan:
    """Read all bytes once: digest, size, charset. The stream must be able to seek."""
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(stream):
        digest.update(chunk)
        size += len(chunk)
    bad_line = 0
    for charset in Charset:
        bad_line = _first_bad_line(stream, charset)
        if not bad_line:
            return Scan(digest.hexdigest(), size, charset)
    return Scan(digest.hexdigest(), size, None, bad_line)


def _first_bad_line(stream: BinaryIO, charset: Charset) -> int:
    """0 if all of it is in this charset; a character cut off at the very end is."""
    decoder = codecs.getincrementaldecoder(charset)()
    ended = 0
    for chunk in _chunks(stream):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            return ended + error.object.count(b"\n", 0, error.start) + 1
        ended += chunk.count(b"\n")
    return 0


class TextLines:
    """The lines of a stream that are not blank, once, each with its number in the file.

    Line ends are LF or CRLF, also mixed. `has_open_end` is True from the moment the last line is
    given out, if no line end follows it; `ends_inside_character` likewise. Raises LineTooLong.
    """

    def __init__(self, stream: BinaryIO, charset: Charset) -> None:
        self.has_open_end = False
        self.ends_inside_character = False
        self._lines = self._numbered(chain.from_iterable(self._batches(stream, charset)))

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self._lines

    def _numbered(self, lines: Iterator[str]) -> Iterator[tuple[int, str]]:
        number = 0
        try:
            for number, text in enumerate(lines, start=1):
                if text and not text.isspace():
                    yield number, text
        except _TooLong:
            raise LineTooLong(number + 1) from None

    def _batches(self, stream: BinaryIO, charset: Charset) -> Iterator[list[str]]:
        decoder = codecs.getincrementaldecoder(charset)()
        rest = ""
        for chunk in _chunks(stream):
            text = rest + decoder.decode(chunk)
            lines = (text.replace("\r\n", "\n") if "\r" in text else text).split("\n")
            rest = lines.pop()
            yield from _bounded(lines)
            if len(rest) > LONGEST_LINE:
                raise _TooLong
        self.ends_inside_character = bool(decoder.getstate()[0])
        if rest or self.ends_inside_character:
            self.has_open_end = True
            yield [rest.removesuffix("\r")]


def _bounded(lines: list[str]) -> Iterator[list[str]]:
    """The lines as one batch; up to the first that is too long, if one is."""
    if max(map(len, lines), default=0) <= LONGEST_LINE:
        yield lines
        return
    yield lines[: next(at for at, line in enumerate(lines) if len(line) > LONGEST_LINE)]
    raise _TooLong
