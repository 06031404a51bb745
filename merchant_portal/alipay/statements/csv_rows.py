"""Comma rows by RFC 4180, out of numbered lines, up to the line `<END>`.

No page says how a comma inside a value is written; quotation marks are the common way
(docs.antom.com/ac/reconcile/transaction_details shows none).
"""

import csv
from collections.abc import Iterator
from itertools import islice

from merchant_portal.alipay.statements.lines import TextLines

_END = "<end>"
_MOST_LINES = 8
"""A value over more lines than this is a quotation mark that nobody closed."""


class OpenQuote(Exception):
    """A quotation mark at the beginning of a value is not closed on its line."""


def values_of(text: str) -> list[str]:
    """The values of a row; raises OpenQuote."""
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        raise OpenQuote from None


class CSVRows:
    """The rows below a column line, each with the number of its first line.

    A value may hold line ends between quotation marks. ``has_ended`` is True once `<END>` was met;
    what is given out after that stands behind the end.
    """

    def __init__(self, lines: TextLines) -> None:
        self.has_ended = False
        self.last_line = 0
        self._lines = iter(lines)
        self._held: list[tuple[int, str]] = []

    def __iter__(self) -> Iterator[tuple[int, str]]:
        while (found := self._next()) is not None:
            number, text = found
            self.last_line = number
            if not self.has_ended and _is_end(text):
                self.has_ended = True
            else:
                yield number, self._whole(text)

    def _next(self) -> tuple[int, str] | None:
        return self._held.pop(0) if self._held else next(self._lines, None)

    def _whole(self, text: str) -> str:
        """The row with the lines that its last value goes on over; alone where it never ends."""
        if '"' not in text or _is_whole(text):
            return text
        self._held += islice(self._lines, _MOST_LINES - len(self._held))
        whole = text
        for at, (_number, further) in enumerate(self._held, start=1):
            if _is_end(further):
                break
            whole = f"{whole}\n{further}"
            if _is_whole(whole):
                del self._held[:at]
                return whole
        return text


def _is_end(text: str) -> bool:
    """Also with the commas that a spreadsheet puts behind it."""
    return text.rstrip(", \t").strip('" \t').lower() == _END


def _is_whole(text: str) -> bool:
    try:
        values_of(text)
    except OpenQuote:
        return False
    return True
