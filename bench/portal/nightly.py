"""A day's payments, Alipay's file of it, and its comparison; run in processes of their own.

`python -m bench.portal.nightly make N FILE` books N payments of one day and writes their file: of
each thousand lines one has another amount, one another number, and one stands there twice in the
place of another. `python -m bench.portal.nightly reconcile FILE` takes the file from bytes to
verdicts and prints the seconds and by how many MB its memory grew.
"""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from django.apps import apps
from django.db import connection
from django.db.models import Model

from bench.notices import PARTNER
from bench.portal.shop import make_account, make_counters
from merchant_portal.audit import COMMAND_LINE
from merchant_portal.clock import GMT8
from merchant_portal.money import Money
from payments.models import LedgerEntry, Payment
from reconciliation.matching import day_bounds, fee_by_contract
from reconciliation.models import Discrepancy, StatementFile, Verdict
from reconciliation.services import read_file, receive_file
from reconciliation.states import Source, VerdictWord

DAY = date(2026, 3, 15)
NAME = f"{PARTNER}_transaction_{DAY:%Y%m%d}.txt"
_FEE_RATE = "0.006"
_COLUMNS = (
    "Partner_transaction_id|Transaction_id|Transaction_amount|Charge_amount|Currency|Payment_time|"
    "Transaction_type|Remark|Operator_name|Trans_currency|Trans_amount"
)
_SERIES = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < %s)"
_BOOK = """
INSERT INTO {entry} (account_id, payment_id, kind, reference, debit, credit, amount_minor,
    currency, occurred_at, posted_at)
SELECT account_id, id, 'PAYMENT', alipay_trans_id, 'receivable', 'sales', amount_minor,
    currency, occurred_at, occurred_at
FROM {payment}"""

Line = tuple[str, str, int, datetime]
"""Our number, Alipay's, the amount in minor units, and when."""


def make(number: int, path: Path) -> None:
    """So many payments of the day with their ledger entries, and Alipay's file of them."""
    account = make_account(fee_rate=_FEE_RATE)
    counter = make_counters(1)[0]
    begins, _ends = day_bounds(DAY)
    _insert_payments(
        number,
        account_id=str(account.pk),
        store_id=str(counter.store_id),
        counter_id=str(counter.pk),
        product="'merchant_qr'",
        alipay_trans_id="'202603152200' || (1000000000000000 + n)",
        partner_trans_id="'2026' || (1000000000000000 + n) || '00000000'",
        amount_minor="100 + n %% 9900",
        currency="'USD'",
        state="'PAID'",
        occurred_at=_times(begins, seconds=86_000 / number),
        paid_at=_times(begins, seconds=86_000 / number),
        wallet="'ALIPAYCN'",
    )
    with connection.cursor() as cursor:
        cursor.execute(_BOOK.format(entry=_table(LedgerEntry), payment=_table(Payment)))
        if connection.vendor == "postgresql":
            cursor.execute(f"VACUUM ANALYZE {_table(Payment)}, {_table(LedgerEntry)}")
    _write(path, number)


def _insert_payments(number: int, **columns: str) -> None:
    """As SQL of ``n`` for each column; columns that are not named hold what the model gives."""
    given = {
        field.attname: field.get_default()
        for field in Payment._meta.concrete_fields
        if not (field.null or field.primary_key or field.attname in columns)
    }
    given["first_heard_at"] = _adapted(day_bounds(DAY)[0])
    statement = (
        f"INSERT INTO {_table(Payment)} ({', '.join((*columns, *given))}) {_SERIES} "
        f"SELECT {', '.join((*columns.values(), *['%s'] * len(given)))} FROM series"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [number, *given.values()])


def _adapted(instant: datetime) -> str | datetime | None:
    return connection.ops.adapt_datetimefield_value(instant)


def _times(begins: datetime, *, seconds: float) -> str:
    """SQL of an instant so many seconds after the one before."""
    if connection.vendor == "postgresql":
        return f"timestamptz '{begins}' + n * interval '{seconds} seconds'"
    utc = f"{begins.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', '{utc}', (n * {seconds}) || ' seconds')"


def _write(path: Path, number: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(f"Partner:{PARTNER}|Payment_time: {DAY}|Total_count:{number}\n{_COLUMNS}\n")
        file.writelines(_text(line) for line in _lines())


def _lines() -> Iterator[Line]:
    """Theirs: as ours but for a few."""
    ours = Payment.objects.order_by("pk").values_list(
        "partner_trans_id", "alipay_trans_id", "amount_minor", "occurred_at"
    )
    last: Line | None = None
    for place, line in enumerate(ours.iterator(chunk_size=10_000)):
        partner_number, number, minor, at = line
        match place % 1000:
            case 1:
                yield partner_number, number, minor + 100, at
            case 2:
                yield f"{partner_number}5", f"{number}5", minor, at
            case 5 if last:
                yield last
            case _:
                yield line
        last = line


def _text(line: Line) -> str:
    partner_number, number, minor, at = line
    amount = f"{minor // 100}.{minor % 100:02}"
    fee = fee_by_contract(Money(minor, "USD"), _FEE_RATE).minor
    return (
        f"{partner_number}|{number}|{amount}|{fee // 100}.{fee % 100:02}|USD|"
        f"{at.astimezone(GMT8):%Y-%m-%d %H:%M:%S}|PAYMENT|table {minor % 40}|"
        f"Harbour Noodle Bar Pier 3|USD|{amount}\n"
    )


def reconcile(path: Path) -> None:
    """From bytes to verdicts; prints what it took and insists on what it must find."""
    _forget()
    before = _most_memory_mb()
    started = time.perf_counter()
    file = receive_file(path, name=NAME, source=Source.COMMAND, actor=COMMAND_LINE)
    file = read_file(file.pk)
    taken = time.perf_counter() - started
    growth = _most_memory_mb() - before
    _insist(file)
    print(taken, growth)


def _forget() -> None:
    """An earlier round; PostgreSQL's tables are then as if they had just been made."""
    tables = [_table(model) for model in apps.get_app_config("reconciliation").get_models()]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(tables)}")


def _insist(file: StatementFile) -> None:
    few = file.row_count // 1000
    matched = Verdict.objects.filter(word=VerdictWord.MATCHED).count()
    differing = Discrepancy.objects.count()
    wanted = (file.row_count - 3 * few, 5 * few)
    if (matched, differing) != wanted:
        raise RuntimeError(f"{matched} agree and {differing} differ, where {wanted} should.")


def _most_memory_mb() -> float:
    """The most that this process has held so far."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _table(model: type[Model]) -> str:
    return model._meta.db_table


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        reconcile(Path(sys.argv[2]))
