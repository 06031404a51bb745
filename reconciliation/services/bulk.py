"""What a whole day's lines and entries have in common, in a few statements over all of them.

A line and a ledger entry agree where kind, number, day, currency, amount and fee do; such pairs
are the bulk of a day and never come to Python. What is left comes back as keys.
"""

import json
from array import array
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Document
from payments.models import Cancel, EntryKind, LedgerEntry, Sale
from payments.states import CancelState, Interface
from reconciliation.matching import FEE_TOLERANCE_MINOR, day_bounds
from reconciliation.models import StatementFile, StatementLine, Verdict
from reconciliation.states import LineKind, VerdictWord
from refunds.models import Refund

#: Entries that a transaction file has a line for.
FILED_KINDS = (
    EntryKind.PAYMENT,
    EntryKind.CANCEL,
    EntryKind.REFUND,
    EntryKind.REFUND_REVERSAL,
)
#: A rate has at most this many decimals; with larger amounts the product leaves 64 bits.
_RATE_DECIMALS = 8
_LARGEST_RECKONED = 5 * 10**10
#: From so many lines on the database is told what a fresh file looks like.
_MANY_LINES = 1_000
#: So that a million numbers are joined without being written to disk in parts.
_WORK_MEMORY = "160MB"
#: Rows that are fetched at once where all of a day may come.
_STREAMED = 10_000

_LINE, _ENTRY = StatementLine._meta.db_table, LedgerEntry._meta.db_table
_REFUND, _CANCEL = Refund._meta.db_table, Cancel._meta.db_table
_VERDICT = Verdict._meta.db_table
#: Stands for a verdict until the line is judged, and is never committed.
_UNEQUAL = "UNEQUAL"

_REFUND_OF_ENTRY = f"""LEFT JOIN {_REFUND} r
        ON e.kind IN ('{EntryKind.REFUND}', '{EntryKind.REFUND_REVERSAL}')
        AND r.account_id = e.account_id AND r.partner_refund_id = e.reference"""
_CANCEL_OF_ENTRY = f"""LEFT JOIN {_CANCEL} c ON e.kind = '{EntryKind.CANCEL}'
        AND c.payment_id = e.payment_id AND c.state = '{CancelState.DONE}'"""
_IN_JSON_FILES = f"""(SELECT 1 FROM {Sale._meta.db_table} s
                    WHERE s.payment_id = {_ENTRY}.payment_id
                        AND s.interface = '{Interface.JSON}')"""
#: The condition that an entry's payment was begun through an interface.
_BEGUN_BY: dict[Interface | None, str] = {
    None: "",
    Interface.JSON: f"AND EXISTS {_IN_JSON_FILES}",
    Interface.GATEWAY: f"AND NOT EXISTS {_IN_JSON_FILES}",
}
_INTO = f"""
    INSERT INTO {_VERDICT} (account_id, day, word, kind, date_drift,
        line_id, payment_id, refund_id, cancel_id, entry_id)"""


@dataclass(frozen=True, slots=True)
class Equals:
    """How many lines equal an entry, and the keys of what is left to be judged one by one.

    Keys in 8 bytes each, for also a file in which nothing agrees is compared.
    """

    matched: int
    line_ids: "array[int]"
    entry_ids: "array[int]"


@dataclass(frozen=True, slots=True)
class _LinesOfKind:
    """By which number lines of a kind name their entry, and what else of ours that booked.

    Kind by kind, so that a million payments do not look for refunds and cancels.
    """

    kind: LineKind
    number: str
    keys: str = "NULL, NULL"
    join: str = ""


_KINDS = (
    _LinesOfKind(LineKind.PAYMENT, "alipay_trans_id"),
    _LinesOfKind(LineKind.REFUND, "partner_trans_id", "r.id, NULL", _REFUND_OF_ENTRY),
    _LinesOfKind(LineKind.CANCEL, "alipay_trans_id", "NULL, c.id", _CANCEL_OF_ENTRY),
    _LinesOfKind(LineKind.REFUND_REVERSAL, "partner_trans_id", "r.id, NULL", _REFUND_OF_ENTRY),
)


def files_of(account: Account, day: date) -> list[StatementFile]:
    """The day's transaction files whose lines are compared."""
    files = StatementFile.objects.of_day(account, Document.TRANSACTION, day).usable()
    return list(files.order_by("-read_at", "-id"))


def clear(account: Account, day: date) -> None:
    """Forget what comparing the day found before."""
    verdicts = Verdict.objects.filter(account=account, day=day)
    verdicts._raw_delete(verdicts.db)  # nothing refers to a verdict


def match_equal(
    account: Account, day: date, files: Sequence[StatementFile], *, kinds: Collection[str]
) -> Equals:
    """Write MATCHED for every line that agrees in all things with one entry of the day; the files
    have lines of these kinds.
    """
    if not files:
        return Equals(0, array("q"), array("q"))
    _prepare(files)
    with _by_sorting():
        there = (lines for lines in _KINDS if lines.kind in kinds)
        written = sum(_match_kind(lines, account, day, files) for lines in there)
        _tell_planner(files, f"{_VERDICT} (account_id, day, payment_id, entry_id)")
        entry_ids = _take_back_ambiguous(account, day)
    line_ids = _take_unequal(account, day)
    return Equals(written - len(line_ids), line_ids, entry_ids)


def _match_kind(
    lines: _LinesOfKind, account: Account, day: date, files: Sequence[StatementFile]
) -> int:
    """A row for every line of a kind: MATCHED with the entry that it equals, else provisional, so
    that nobody has to look for those that are left. Answers for how many.

    Amount and currency are written as conditions no database hashes: the numbers tell rows apart.
    """
    begins, ends = _bounds(day)
    fee, fee_values = _fee_agrees(account, lines.kind)
    return _execute(
        f"""{_INTO}
        SELECT %s, %s, CASE WHEN e.id IS NULL THEN '{_UNEQUAL}' ELSE '{VerdictWord.MATCHED}' END,
            l.kind, FALSE, l.id, e.payment_id, {lines.keys}, e.id
        FROM {_LINE} l LEFT JOIN {_ENTRY} e
            ON e.account_id = %s AND e.kind = '{lines.kind}' AND e.reference = l.{lines.number}
            AND e.occurred_at >= %s AND e.occurred_at < %s
            AND e.amount_minor - COALESCE(l.pricing_amount_minor, l.amount_minor) = 0
            AND CASE WHEN l.pricing_amount_minor IS NULL
                THEN e.currency = l.currency ELSE e.currency = l.pricing_currency END
            {fee}
        {lines.join}
        WHERE l.file_id IN ({_places(files)}) AND l.kind = '{lines.kind}'""",
        [account.pk, day, account.pk, begins, ends, *fee_values, *_keys(files)],
    )


def await_entries(account: Account, day: date, *, begun_by: Interface | None = None) -> None:
    """Their file is not in, or not complete: what no line names waits. Where an account has two
    files of a day, what was ``begun_by`` one interface may wait alone.
    """
    begins, ends = _bounds(day)
    around = [day - timedelta(days=1), day + timedelta(days=1)]
    _execute(
        f"""{_INTO}
        SELECT %s, %s, '{VerdictWord.AWAITING}', e.kind, FALSE,
            NULL, e.payment_id, r.id, c.id, e.id
        FROM {_ENTRY} e {_REFUND_OF_ENTRY} {_CANCEL_OF_ENTRY}
        WHERE e.id IN (
            SELECT id FROM {_ENTRY}
            WHERE account_id = %s AND occurred_at >= %s AND occurred_at < %s
                AND kind IN ({", ".join(["%s"] * len(FILED_KINDS))})
                {_BEGUN_BY[begun_by]}
            EXCEPT SELECT entry_id FROM {_VERDICT}
            WHERE account_id = %s AND day BETWEEN %s AND %s AND line_id IS NOT NULL)""",
        [account.pk, day, account.pk, begins, ends, *FILED_KINDS, account.pk, *around],
    )


def entries_of(account: Account, day: date) -> QuerySet[LedgerEntry]:
    """What we have booked on a day and Alipay's file of it should have."""
    begins, ends = day_bounds(day)
    return LedgerEntry.objects.filter(
        account=account, kind__in=FILED_KINDS, occurred_at__gte=begins, occurred_at__lt=ends
    )


def _take_back_ambiguous(account: Account, day: date) -> "array[int]":
    """Of two lines for one entry is judged one by one which counts; answers with the entries that
    not exactly one line equals.
    """
    entry_ids, doubled = array("q"), list[int]()
    for entry_id, lines in _entries_not_matched_once(account, day):
        entry_ids.append(entry_id)
        if lines:
            doubled.append(entry_id)
    if doubled:
        among, keys = _among(doubled)
        _execute(
            f"""UPDATE {_VERDICT} SET word = '{_UNEQUAL}'
            WHERE account_id = %s AND day = %s AND entry_id {among}""",
            [account.pk, day, keys],
        )
    return entry_ids


def _entries_not_matched_once(account: Account, day: date) -> Iterator[tuple[int, int | None]]:
    """With how many lines agree with each; None for none."""
    begins, ends = _bounds(day)
    return _stream(
        f"""SELECT e.id, v.lines FROM {_ENTRY} e LEFT JOIN (
            SELECT entry_id, COUNT(*) AS lines FROM {_VERDICT}
            WHERE account_id = %s AND day = %s GROUP BY entry_id) v ON v.entry_id = e.id
        WHERE e.account_id = %s AND e.occurred_at >= %s AND e.occurred_at < %s
            AND e.kind IN ({", ".join(["%s"] * len(FILED_KINDS))})
            AND (v.lines IS NULL OR v.lines > 1)
        ORDER BY e.id""",
        [account.pk, day, account.pk, begins, ends, *FILED_KINDS],
    )


def _take_unequal(account: Account, day: date) -> "array[int]":
    """The keys of the lines without an equal entry; their provisional rows go."""
    unequal = Verdict.objects.filter(account=account, day=day, word=_UNEQUAL)
    line_ids = unequal.order_by("line").values_list("line", flat=True)
    keys = array("q", line_ids.iterator(chunk_size=_STREAMED))
    unequal._raw_delete(unequal.db)
    return keys


def _among(keys: list[int]) -> tuple[str, object]:
    """The end of a condition that a number is one of any number of keys, and its value."""
    if connection.vendor == "postgresql":
        return "= ANY(%s::bigint[])", keys
    return "IN (SELECT value FROM json_each(%s))", json.dumps(keys)


def _fee_agrees(account: Account, kind: LineKind) -> tuple[str, list[object]]:
    """The fee within one smallest unit of what the contract says, where its rate is known."""
    if not account.fee_rate or kind in {LineKind.REFUND, LineKind.REFUND_REVERSAL}:
        return "", []
    scale = 10**_RATE_DECIMALS
    rate = int(Decimal(account.fee_rate) * scale)
    condition = f"""AND CASE
        WHEN l.fee_minor IS NULL THEN TRUE
        WHEN l.amount_minor > {_LARGEST_RECKONED} THEN FALSE
        ELSE ABS(l.fee_minor - (l.amount_minor * %s + {scale // 2}) / {scale})
            <= {FEE_TOLERANCE_MINOR} END"""
    return condition, [rate]


def _prepare(files: Sequence[StatementFile]) -> None:
    """Let the database plan for what comes, for the rest of the transaction.

    A table that was just filled is planned as if it were empty; the few statements over a whole
    day are worth memory, and no compiling.
    """
    if connection.vendor != "postgresql":
        return
    _execute(f"SET LOCAL work_mem = '{_WORK_MEMORY}'", [])
    _execute("SET LOCAL jit = off", [])
    _execute("SET LOCAL cursor_tuple_fraction = 1", [])  # what is streamed is read to its end
    _tell_planner(files, f"{_LINE} (file_id, kind, alipay_trans_id, partner_trans_id)")


@contextmanager
def _by_sorting() -> Iterator[None]:
    """A million keys that come nearly in order are sorted several times faster than hashed."""
    if connection.vendor != "postgresql":
        yield
        return
    for planner_setting in ("enable_hashagg", "enable_hashjoin"):
        _execute(f"SET LOCAL {planner_setting} = off", [])
    yield
    for planner_setting in ("enable_hashagg", "enable_hashjoin"):
        _execute(f"SET LOCAL {planner_setting} TO DEFAULT", [])


def _tell_planner(files: Sequence[StatementFile], filled: str) -> None:
    """What a table that was just filled from large files looks like."""
    is_much = sum(file.row_count for file in files) >= _MANY_LINES
    if is_much and connection.vendor == "postgresql":
        _execute(f"ANALYZE {filled}", [])


def _bounds(day: date) -> tuple[object, object]:
    begins, ends = day_bounds(day)
    return _adapted(begins), _adapted(ends)


def _adapted(instant: datetime) -> object:
    return connection.ops.adapt_datetimefield_value(instant)


def _execute(statement: str, values: Sequence[Any]) -> int:
    """Run a statement; answers how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, _with_dates(values))
        return int(cursor.rowcount)


def _stream(statement: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a statement, however many, without holding them all."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, _with_dates(values))
        while rows := cursor.fetchmany(_STREAMED):
            yield from rows


def _with_dates(values: Sequence[Any]) -> list[Any]:
    return [
        connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value
        for value in values
    ]


def _keys(files: Sequence[StatementFile]) -> list[int]:
    return [file.pk for file in files]


def _places(files: Sequence[StatementFile]) -> str:
    return ", ".join(["%s"] * len(files))
