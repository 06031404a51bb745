"""Storing the lines of a file: a million of them in seconds and in little memory.

PostgreSQL takes them as text by COPY, SQLite as values; a row that was read becomes one line of
text or one tuple, and never an object of the ORM. Lines that are set aside are few: they are
gathered and put in between two batches.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from django.db import connection

from merchant_portal.alipay.statements import Problem, Row
from payments.states import Interface
from reconciliation.models import SetAside, StatementFile, StatementLine

_COLUMNS = (
    *("file_id", "line_number", "kind", "partner_trans_id", "alipay_trans_id", "currency"),
    *("amount_minor", "fee_minor", "net_minor", "pricing_currency", "pricing_amount_minor"),
    *("occurred_at", "settled_at", "remark", "store_name", "secondary_merchant_id", "scene"),
    *("wallet", "rate_text", "text"),
)
#: Columns that only files of the JSON products fill; the database's defaults do for the others.
_ITEM_COLUMNS = (*_COLUMNS, "original_trans_id", "batch", "stated_count")
#: How much of a text its column holds; Alipay's own are shorter, and ``text`` has the whole line.
_LONG, _NUMBER, _SHORT = 256, 64, 32
_LONGEST_COLUMN = 100
#: Lines that are handed on at once: few enough that the longest there may be fit into memory.
_BATCH = 200
_MOST_SET_ASIDE = 200
_NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def store_lines(file: StatementFile, lines: Iterable[Row | Problem]) -> None:
    """Put in every line of a file; those that are set aside into their own table."""
    is_json = file.interface == Interface.JSON
    put: Callable[[int, Iterable[Row]], None]
    if connection.vendor == "postgresql":
        put = _copy_items if is_json else _copy
    else:
        put = _insert_items if is_json else _insert
    rest = _Sorted(lines)
    while not rest.has_ended:
        put(file.pk, rest)
        SetAside.objects.bulk_create(_set_aside(file, problem) for problem in rest.set_aside)
        rest.set_aside.clear()


class _Sorted:
    """The rows of a file; problems are laid aside until there are many, and then are to be kept."""

    def __init__(self, lines: Iterable[Row | Problem]) -> None:
        self._lines = iter(lines)
        self.set_aside: list[Problem] = []
        self.has_ended = False

    def __iter__(self) -> Iterator[Row]:
        for line in self._lines:
            if isinstance(line, Row):
                yield line
                continue
            self.set_aside.append(line)
            if len(self.set_aside) == _MOST_SET_ASIDE:
                return
        self.has_ended = True


def _set_aside(file: StatementFile, problem: Problem) -> SetAside:
    return SetAside(
        file=file,
        line_number=problem.line_number,
        column=problem.column[:_LONGEST_COLUMN],
        code=problem.code.value,
        reason=problem.reason.value,
        shown=problem.shown,
        text=problem.text,
    )


def _copy(file_id: int, rows: Iterable[Row]) -> None:
    """One COPY as long as there are rows, so that the database works while lines are read."""
    _stream_copy(_COLUMNS, _copy_lines(str(file_id), rows))


def _copy_items(file_id: int, rows: Iterable[Row]) -> None:
    """The same for the files of the JSON products, which are few."""
    fields = (_item_values(file_id, row) for row in rows)
    lines = ("\t".join(map(_copied, each)) + "\n" for each in fields)
    _stream_copy(_ITEM_COLUMNS, lines)


def _copied(value: object) -> str:
    return _NULL if value is None else str(value).translate(_ESCAPES)


def _stream_copy(columns: tuple[str, ...], lines: Iterator[str]) -> None:
    table = connection.ops.quote_name(StatementLine._meta.db_table)
    with connection.cursor() as cursor:
        raw: Any = cursor.cursor  # COPY is psycopg's own; Django has no word for it
        with raw.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            while batch := "".join(islice(lines, _BATCH)):
                copy.write(batch)


def _copy_lines(file_id: str, rows: Iterable[Row]) -> Iterator[str]:
    """Rows as COPY reads them. One function of thirty names, for a file has a million lines."""
    last: datetime | None = None
    time_text = ""
    # fmt: off
    for (
        number, kind, _word, partner_number, alipay_number, currency, _amount, amount_minor, _fee,
        fee_minor, _net, net_minor, pricing_currency, _pricing, pricing_minor, occurred_at,
        settled_at, text, _layout, remark, _industry, _merchant, merchant_id, store_name, scene,
        rate_text, wallet, _original, _batch, _count,
    ) in rows:
        # fmt: on
        if occurred_at is not last:  # lines of one second share the object
            last, time_text = occurred_at, str(occurred_at)
        fields: tuple[str, ...] = (
            file_id,
            str(number),
            kind,
            partner_number,
            alipay_number,
            currency,
            str(amount_minor),
            _NULL if fee_minor is None else str(fee_minor),
            _NULL if net_minor is None else str(net_minor),
            "" if pricing_minor is None else pricing_currency,
            _NULL if pricing_minor is None else str(pricing_minor),
            time_text,
            _NULL if settled_at is None else str(settled_at),
            remark[:_LONG],
            store_name[:_LONG],
            merchant_id[:_NUMBER],
            scene[:_SHORT],
            wallet[:_SHORT],
            rate_text[:_SHORT],
            text,
        )
        # Texts are parts of their line, so one look at it tells enough.
        if "\\" in text or "\t" in text or "\r" in text:
            fields = tuple(
                field if field is _NULL else field.translate(_ESCAPES) for field in fields
            )
        yield "\t".join(fields) + "\n"


def _insert(file_id: int, rows: Iterable[Row]) -> None:
    _stream_insert(_COLUMNS, (_values(file_id, row) for row in rows))


def _insert_items(file_id: int, rows: Iterable[Row]) -> None:
    _stream_insert(_ITEM_COLUMNS, (_item_values(file_id, row) for row in rows))


def _stream_insert(
    columns: tuple[str, ...], values: Iterator[tuple[str | int | None, ...]]
) -> None:
    table = connection.ops.quote_name(StatementLine._meta.db_table)
    places = ", ".join(["%s"] * len(columns))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
    with connection.cursor() as cursor:
        while batch := list(islice(values, _BATCH)):
            cursor.executemany(statement, batch)


def _values(file_id: int, row: Row) -> tuple[str | int | None, ...]:
    """The columns of a row as values."""
    pricing = row.pricing_amount_minor
    return (
        file_id,
        row.line_number,
        row.kind.value,
        row.partner_trans_id,
        row.alipay_trans_id,
        row.currency,
        row.amount_minor,
        row.fee_minor,
        row.net_minor,
        "" if pricing is None else row.pricing_currency,
        pricing,
        _stored_time(row.occurred_at),
        None if row.settled_at is None else _stored_time(row.settled_at),
        row.remark[:_LONG],
        row.store_name[:_LONG],
        row.secondary_merchant_id[:_NUMBER],
        row.scene[:_SHORT],
        row.wallet[:_SHORT],
        row.rate_text[:_SHORT],
        row.text,
    )


def _item_values(file_id: int, row: Row) -> tuple[str | int | None, ...]:
    """The same with what only files of the JSON products give."""
    return (*_values(file_id, row), row.original_trans_id, row.batch, row.stated_count)


@lru_cache(maxsize=4096)
def _stored_time(instant: datetime) -> str | None:
    return connection.ops.adapt_datetimefield_value(instant)
