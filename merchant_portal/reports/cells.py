"""How each kind of value is written: by PostgreSQL, by Python, and into a workbook.

PostgreSQL writes a million rows in the time Python writes a hundred thousand. Both write the same
bytes, which a test holds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_date, parse_datetime

from merchant_portal.money import CURRENCIES, Money
from merchant_portal.reports.definition import Column, Kind

#: Signs that make a spreadsheet read a cell as a formula, also in their full width.
FORMULA_SIGNS = "=+-@\t\r\n＝＋－＠"
_FORMULA_SIGNS = frozenset(FORMULA_SIGNS)
#: An id ends in a tab, as in Alipay's own bills: no spreadsheet takes it for a number.
ID_END = "\t"
CURRENCY_ALIAS = "c_currency"
_WHOLE = tuple(code for code, decimals in CURRENCIES.items() if decimals == 0)
_DAY_SECONDS = 86_400
#: Kinds whose texts come from outside.
GUARDED = frozenset({Kind.TEXT, Kind.ID})
_EVERY_KIND = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Style:
    """What writing a value needs beside it: the zone of times, and the instant ages end at."""

    zone: ZoneInfo
    now: datetime


Written = tuple[str, Sequence[Any]]


def as_sql(column: Column, style: Style) -> Written:
    """PostgreSQL's expression for the text of a column, and its parameters."""
    name = column.alias
    match column.kind:
        case Kind.WORD:
            return _words_as_sql(column)
        case Kind.AGE:
            return f"floor(extract(epoch FROM (%s - {name})) / {_DAY_SECONDS})", [style.now]
    return _SQL[column.kind].format(name=name), []


_IS_FORMULA = f"ascii({{name}}) IN ({', '.join(str(ord(sign)) for sign in FORMULA_SIGNS)})"
_IS_WHOLE = f"{CURRENCY_ALIAS} IN ({', '.join(repr(code) for code in _WHOLE)})"
_SQL = {
    Kind.TEXT: f"CASE WHEN {_IS_FORMULA} THEN '''' || {{name}} ELSE NULLIF({{name}}, '') END",
    Kind.ID: f"CASE WHEN {_IS_FORMULA} THEN '''' ELSE '' END || NULLIF({{name}}, '') || E'\\t'",
    Kind.AMOUNT: f"CASE WHEN {_IS_WHOLE} THEN {{name}} ELSE {{name}} * 0.01 END",
    # A zone's minutes are written only where it has some: filled up to +08:00.
    Kind.TIME: "rpad(replace(date_trunc('second', {name})::text, ' ', 'T'), 25, ':00')",
    Kind.COUNT: "{name}",
    Kind.DAY: "{name}",
}


def as_half_sql(column: Column, style: Style) -> Written:
    """The text of a column for who needs texts from outside as they are."""
    if column.kind in GUARDED:
        return column.alias, []
    expression, parameters = as_sql(column, style)
    return f"({expression})::text", parameters


def _words_as_sql(column: Column) -> Written:
    cases = " ".join("WHEN %s THEN %s" for _ in column.words)
    words = [text for code, word in column.words.items() for text in (code, str(word))]
    return f"CASE {column.alias} {cases} ELSE NULLIF({column.alias}, '') END", words


def line(texts: Sequence[str]) -> str:
    """One line of CSV, quoted where PostgreSQL's COPY would quote."""
    joined = ",".join(texts)
    if joined.count(",") < len(texts) and not any(sign in joined for sign in '"\r\n'):
        return f"{joined}\n"
    return ",".join(map(_quoted, texts)) + "\n"


def _quoted(text: str) -> str:
    if any(sign in text for sign in '",\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def guarded(text: str) -> str:
    """A text no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in _FORMULA_SIGNS else text


@lru_cache(maxsize=4096)  # most amounts of a report are nought
def amount_text(minor: int, currency: str) -> str:
    return Money(int(minor), currency).decimal_text


@lru_cache(maxsize=256)  # paid at and heard of at are often one instant
def time_text(value: Any, zone: ZoneInfo) -> str:
    """An instant in a zone: ``2026-03-18T12:00:00-04:00``."""
    return as_instant(value).astimezone(zone).isoformat(timespec="seconds")


#: Writes a value that is there, given its whole row.
Writer = Callable[[Any, Sequence[Any]], str]


def row_writer(
    columns: Sequence[Column], style: Style, *, unwritten: frozenset[Kind] = _EVERY_KIND
) -> Callable[[Sequence[Any]], list[str]]:
    """What turns a row of the database into the texts of its cells; some may be texts already."""
    currency = [column.name for column in columns].index("currency")
    writers = [
        _WRITERS[column.kind](column, style, currency) if column.kind in unwritten else None
        for column in columns
    ]

    def write(row: Sequence[Any]) -> list[str]:
        return [
            "" if value is None or value == "" else writer(value, row) if writer else value
            for value, writer in zip(row, writers, strict=True)
        ]

    return write


#: For each kind what makes its writer of the column, the style and the currency's place in a row.
_WRITERS: dict[Kind, Callable[[Column, Style, int], Writer]] = {
    Kind.TEXT: lambda column, style, currency: lambda value, row: guarded(value),
    Kind.ID: lambda column, style, currency: lambda value, row: guarded(value) + ID_END,
    Kind.WORD: lambda column, style, currency: _write_words(plain_words(column)),
    Kind.COUNT: lambda column, style, currency: lambda value, row: str(value),
    Kind.AMOUNT: lambda column, style, currency: (
        lambda value, row: amount_text(value, row[currency])
    ),
    Kind.TIME: lambda column, style, currency: lambda value, row: time_text(value, style.zone),
    Kind.AGE: lambda column, style, currency: lambda value, row: str(age(value, style.now)),
    Kind.DAY: lambda column, style, currency: lambda value, row: as_day(value).isoformat(),
}


def _write_words(words: Mapping[str, str]) -> Writer:
    return lambda value, row: words.get(value, value)


def readable(column: Column, value: Any, text: str) -> str:
    """What a person or a workbook is given: there a text is no formula, and needs no guard."""
    return str(value or "") if column.kind in GUARDED else text


def plain_words(column: Column) -> Mapping[str, str]:
    """The column's words in the language that is in force."""
    return {code: str(word) for code, word in column.words.items()}


def age(value: Any, now: datetime) -> int:
    """The whole days since."""
    return (now - as_instant(value)).days


def as_instant(value: Any) -> datetime:
    """An instant as the database gave it: PostgreSQL's are aware, SQLite's are texts in UTC."""
    instant = parse_datetime(value) if isinstance(value, str) else value
    if not isinstance(instant, datetime):
        raise TypeError(f"{value!r} is no instant.")
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def as_day(value: Any) -> date:
    day = parse_date(value) if isinstance(value, str) else value
    if not isinstance(day, date):
        raise TypeError(f"{value!r} is no day.")
    return day
