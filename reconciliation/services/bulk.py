"""What a whole day's lines and entries have in common, in a few statements over all of them.

A line and a ledger entry agree where kind, number, day, currency, amount and fee do; such pairs
are the bulk of a day and never come to Python. What is left comes back as keys.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Document
from payments.models import Cancel, EntryKind, LedgerEntry
from payments.states import CancelState
from reconciliation.matching import FEE_TOLERANCE_MINOR, day_bounds
from reconciliation.models import StatementFile, StatementLine, Verdict
from reconciliation.states import LineKind, VerdictWord
from refunds.models import Refund

#: Entries that a transaction file has a line for.
FILED_KINDS = (EntryKind.PAYMENT, EntryKind.CANCEL, EntryKind.REFUND)
#: A rate has at most this many decimals; with larger amounts the product leaves 64 bits.
_RATE_DECIMALS = 8
_LARGEST_RECKONED = 5 * 10**10
#: From so many lines on the database is told what a fresh file looks like.
_MANY_LINES = 1_000
#: So that a million numbers are joined without being written to disk in parts.
_WORK_MEMORY = "160MB"

_LINE, _ENTRY = StatementLine._meta.db_table, LedgerEntry._meta.db_table
_REFUND, _CANCEL = Refund._meta.db_table, Cancel._meta.db_table
_VERDICT = Verdict._meta.db_table

_REFUND_OF_ENTRY = f"""LEFT JOIN {_REFUND} r ON e.kind = '{EntryKind.REFUND}'
        AND r.account_id = e.account_id AND r.partner_refund_id = e.reference"""
_CANCEL_OF_ENTRY = f"""LEFT JOIN {_CANCEL} c ON e.kind = '{EntryKind.CANCEL}'
        AND c.payment_id = e.payment_id AND c.state = '{CancelState.DONE}'"""
_INTO = f"""
    INSERT INTO {_VERDICT} (account_id, day, word, kind, date_drift,
        line_id, payment_id, refund_id, cancel_id, entry_id)"""


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
)


def files_of(account: Account, day: date) -> list[StatementFile]:
    """The day's transaction files whose lines are compared."""
    files = StatementFile.objects.of_day(account, Document.TRANSACTION, day).usable()
    return list(files.order_by("-read_at", "-id"))


def clear(account: Account, day: date) -> None:
    """Forget what comparing the day found before."""
    verdicts = Verdict.objects.filter(account=account, day=day)
    verdicts._raw_delete(verdicts.db)  # nothing refers to a verdict


def match_equal(account: Account, day: date, files: Sequence[StatementFile]) -> int:
    """Write MATCHED for every line that agrees in all things with one entry of the day; answers
    for how many.
    """
    if not files:
        return 0
    _prepare(files)
    matched = sum(_match_kind(kind, account, day, files) for kind in _KINDS)
    if matched >= _MANY_LINES and connection.vendor == "postgresql":
        _execute(f"ANALYZE {_VERDICT} (account_id, day, line_id, entry_id)", [])
    return matched - _take_back_ambiguous(account, day)


def _match_kind(
    lines: _LinesOfKind, account: Account, day: date, files: Sequence[StatementFile]
) -> int:
    """Amount and currency are written as conditions no database hashes: the numbers tell rows
    apart. By CROSS JOIN SQLite goes from lines to entries, and not through their product.
    """
    begins, ends = _bounds(day)
    fee, fee_values = _fee_agrees(account, lines.kind)
    return _execute(
        f"""{_INTO}
        SELECT %s, %s, '{VerdictWord.MATCHED}', l.kind, FALSE,
            l.id, e.payment_id, {lines.keys}, e.id
        FROM {_LINE} l CROSS JOIN {_ENTRY} e {lines.join}
        WHERE l.file_id IN ({_places(files)}) AND l.kind = '{lines.kind}'
            AND e.account_id = %s AND e.kind = '{lines.kind}' AND e.reference = l.{lines.number}
            AND e.occurred_at >= %s AND e.occurred_at < %s
            AND e.amount_minor - COALESCE(l.pricing_amount_minor, l.amount_minor) = 0
            AND CASE WHEN l.pricing_amount_minor IS NULL
                THEN e.currency = l.currency ELSE e.currency = l.pricing_currency END
            {fee}""",
        [account.pk, day, *_keys(files), account.pk, begins, ends, *fee_values],
    )


def await_entries(account: Account, day: date) -> None:
    """Their file is not in, or not complete: what no line names waits."""
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
            EXCEPT SELECT entry_id FROM {_VERDICT}
            WHERE account_id = %s AND day BETWEEN %s AND %s AND line_id IS NOT NULL)""",
        [account.pk, day, account.pk, begins, ends, *FILED_KINDS, account.pk, *around],
    )


def left_lines(account: Account, day: date, files: Sequence[StatementFile]) -> "array[int]":
    """The keys of the day's lines that have no verdict yet."""
    judged = Verdict.objects.filter(account=account, day=day, line=OuterRef("pk"))
    lines = StatementLine.objects.filter(~Exists(judged), file__in=_keys(files)).order_by("pk")
    return _collect(lines.values_list("pk", flat=True))


def left_entries(account: Account, day: date) -> "array[int]":
    """The keys of the day's entries that no verdict of the day names.

    Set less set: verdicts have no index by entry, so with EXISTS a database that does not know how
    many there are reads all the day's for each entry.
    """
    judged = Verdict.objects.filter(account=account, day=day, entry__isnull=False)
    entries = entries_of(account, day).order_by().values_list("pk", flat=True)
    return _collect(entries.difference(judged.values_list("entry", flat=True)).order_by("pk"))


def entries_of(account: Account, day: date) -> QuerySet[LedgerEntry]:
    """What we have booked on a day and Alipay's file of it should have."""
    begins, ends = day_bounds(day)
    return LedgerEntry.objects.filter(
        account=account, kind__in=FILED_KINDS, occurred_at__gte=begins, occurred_at__lt=ends
    )


def _collect(keys: QuerySet[StatementLine, int] | QuerySet[LedgerEntry, int]) -> "array[int]":
    """Keys in 8 bytes each, for also a file in which nothing agrees is compared."""
    return array("q", keys.iterator(chunk_size=10_000))


def _take_back_ambiguous(account: Account, day: date) -> int:
    """Two lines for one entry: which of them counts is judged one by one."""
    of_day = [account.pk, day]
    return _execute(
        f"""DELETE FROM {_VERDICT} WHERE account_id = %s AND day = %s AND entry_id IN (
            SELECT entry_id FROM {_VERDICT} WHERE account_id = %s AND day = %s
            GROUP BY entry_id HAVING COUNT(*) > 1)""",
        of_day + of_day,
    )


def _fee_agrees(account: Account, kind: LineKind) -> tuple[str, list[object]]:
    """The fee within one smallest unit of what the contract says, where its rate is known."""
    if not account.fee_rate or kind == LineKind.REFUND:
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
    if sum(file.row_count for file in files) >= _MANY_LINES:
        _execute(f"ANALYZE {_LINE} (file_id, kind, alipay_trans_id, partner_trans_id)", [])


def _bounds(day: date) -> tuple[object, object]:
    begins, ends = day_bounds(day)
    return _adapted(begins), _adapted(ends)


def _adapted(instant: datetime) -> object:
    return connection.ops.adapt_datetimefield_value(instant)


def _execute(statement: str, values: Sequence[Any]) -> int:
    """Run a statement; answers how many rows it wrote."""
    adapted: list[Any] = [
        connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value
        for value in values
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, adapted)
        return int(cursor.rowcount)


def _keys(files: Sequence[StatementFile]) -> list[int]:
    return [file.pk for file in files]


def _places(files: Sequence[StatementFile]) -> str:
    return ", ".join(["%s"] * len(files))
