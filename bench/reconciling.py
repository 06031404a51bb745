"""The nightly file of a million lines, beside the least that any program would do with it.

The bare work: a typed COPY of the same rows into a plain table with the same columns, then one hash
join of it with the ledger's million entries that writes a verdict for each pair and for what is
left on either side. We are strict with ourselves: its rows are ready as COPY reads them before its
clock starts, so that it neither reads nor checks the file, its tables have no key and no index, and
its join may use the memory it needs. Ours begins at the file's bytes and ends with verdicts that
are committed and differences on the worklist. Both are measured in turns, in one database.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg

from bench.databases import ROOT, migrate, scratch_database
from bench.goals import Goal, tell

LINES = 1_000_000
SQLITE_LINES = 100_000
_CHUNK_BYTES = 1 << 18
_COLUMNS = """
    file_id, line_number, kind, partner_trans_id, alipay_trans_id, currency, amount_minor,
    fee_minor, net_minor, pricing_currency, pricing_amount_minor, occurred_at, settled_at, remark,
    store_name, secondary_merchant_id, scene, wallet, rate_text, text"""
_TABLES = f"""
    DROP TABLE IF EXISTS bare_line, bare_verdict;
    CREATE TABLE bare_line AS SELECT {_COLUMNS} FROM reconciliation_statementline LIMIT 0;
    CREATE TABLE bare_verdict (line_number bigint, entry_id bigint, word text)"""
_HASH_JOIN = "SET work_mem = '256MB'; SET enable_mergejoin = off; SET enable_nestloop = off"
_JOIN = """
    INSERT INTO bare_verdict
    SELECT l.line_number, e.id, CASE
        WHEN e.id IS NULL THEN 'MISSING_OURS'
        WHEN l.line_number IS NULL THEN 'MISSING_THEIRS'
        WHEN (l.amount_minor, l.currency) <> (e.amount_minor, e.currency) THEN 'AMOUNT_MISMATCH'
        ELSE 'MATCHED' END
    FROM bare_line l
    FULL JOIN payments_ledgerentry e ON e.reference = l.alipay_trans_id AND e.kind = l.kind"""


def measure(*, rounds: int) -> Iterator[Goal]:
    """The goals about the nightly file."""
    with ExitStack() as stack:
        url = stack.enter_context(scratch_database("portal_bench_nightly"))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = _make(url, folder, lines=LINES)
        bare, ours, growth = [], [], []
        for _ in range(rounds):
            taken, grown = _reconcile(environment, folder)
            ours.append(taken)
            growth.append(grown)
            bare.append(_bare(url, folder))
    floor, whole = statistics.median(bare), statistics.median(ours)
    tell(f"nightly file of {LINES:,} lines: bare {floor:.1f} s, ours {whole:.1f} s")
    ratio = statistics.median(each / least for each, least in zip(ours, bare, strict=True))
    yield Goal("nightly file, ours / bare COPY and hash join", ratio, at_most=4)
    yield Goal("nightly file, memory growth in MB", max(growth), at_most=64)
    _show_sqlite()


def _show_sqlite() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = _make(f"sqlite:///{folder / 'bench.sqlite3'}", folder, lines=SQLITE_LINES)
        taken, growth = _reconcile(environment, folder)
    tell(
        f"nightly file of {SQLITE_LINES:,} lines on SQLite: {taken:.1f} s, "
        f"memory growth {growth:.0f} MB"
    )


def _make(url: str, folder: Path, *, lines: int) -> dict[str, str]:
    """The environment of a database with a day's payments, whose file is in the folder."""
    environment = {
        "DATABASE_URL": url,
        "REDIS_URL": "",
        "DEBUG": "",
        "VAR_DIR": str(folder / "var"),
        "LOG_LEVEL": "WARNING",
    }
    migrate(environment)
    _nightly(environment, "make", str(lines), str(folder / "file.txt"))
    return environment


def _reconcile(environment: dict[str, str], folder: Path) -> tuple[float, float]:
    """Seconds from bytes to verdicts, and the growth of memory in MB."""
    told = _nightly(environment, "reconcile", str(folder / "file.txt"))
    seconds, growth = map(float, told.split()[-2:])
    return seconds, growth


def _bare(url: str, folder: Path) -> float:
    """Seconds of the bare work with the rows that ours has just stored."""
    ready = folder / "rows"
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(_TABLES)
        cursor.execute(_HASH_JOIN)
        rows = f"SELECT {_COLUMNS} FROM reconciliation_statementline"
        with ready.open("wb") as file, cursor.copy(f"COPY ({rows}) TO STDOUT") as copy:
            file.writelines(copy)
        started = time.perf_counter()
        with ready.open("rb") as file, cursor.copy("COPY bare_line FROM STDIN") as copy:
            while chunk := file.read(_CHUNK_BYTES):
                copy.write(chunk)
        cursor.execute(_JOIN)
        taken = time.perf_counter() - started
        if cursor.rowcount < LINES:
            raise RuntimeError(f"{cursor.rowcount} verdicts came of {LINES} lines.")
    return taken


def _nightly(environment: dict[str, str], *arguments: str) -> str:
    finished = subprocess.run(
        [sys.executable, "-m", "bench.portal.nightly", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return finished.stdout
