"""Downloads: a CSV file of a million payments beside psql's own, a workbook beside a bare loop."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.databases import ROOT, ServerMissing, migrate, scratch_database
from bench.goals import Goal, tell
from bench.servers import Server, granian

PAYMENTS = 1_000_000
WORKBOOK_ROWS = 50_000
_CHUNK_BYTES = 1 << 20
#: So many small downloads load what every process of the server needs once.
_WARMING = 12
_DOWNLOAD = "/api/v1/reports/transactions/csv/"

# The report's columns as they stand in the tables, in its order.
_COPY = """\\copy (
    SELECT p.id, a.name, m.name, s.code, s.name, c.code, c.name, p.alipay_trans_id,
        p.partner_trans_id, p.occurred_at, p.paid_at, p.state, p.currency, p.amount_minor,
        p.refunded_minor, p.cancelled_minor, p.product, p.wallet, p.buyer, p.question
    FROM payments_payment p
    JOIN accounts_account a ON a.id = p.account_id
    LEFT JOIN qrcodes_store s ON s.id = p.store_id
    LEFT JOIN qrcodes_merchant m ON m.id = s.merchant_id
    LEFT JOIN qrcodes_counter c ON c.id = p.counter_id
    ORDER BY p.occurred_at, p.id
) to '/dev/null' csv"""


def measure(*, rounds: int) -> Iterator[Goal]:
    """The goals about downloads."""
    if shutil.which("psql") is None:
        raise ServerMissing("psql is not installed; downloads are measured beside its own.")
    with ExitStack() as stack:
        url = stack.enter_context(scratch_database("portal_bench_exporting"))
        environment = {
            "DATABASE_URL": url,
            "REDIS_URL": "",
            "DEBUG": "",
            "VAR_DIR": stack.enter_context(tempfile.TemporaryDirectory()),
            "LOG_LEVEL": "WARNING",
        }
        migrate(environment)
        _run(environment, "-m", "bench.portal.shop", "payments", str(PAYMENTS))
        yield from _measure_csv(url, environment, rounds=rounds)
        yield _measure_workbook(environment, rounds=rounds)


def _measure_csv(url: str, environment: dict[str, str], *, rounds: int) -> Iterator[Goal]:
    key = _make_key(environment)
    theirs, ours, growth = [], [], []
    with granian("merchant_portal.wsgi:application", environment) as server:
        for _ in range(_WARMING):
            _download(server, key, query="?from=2026-01-01&to=2026-01-01")
        for _ in range(rounds):
            theirs.append(_copy(url))
            with _watched(server) as peak:
                taken, rows = _download(server, key)
            if rows != PAYMENTS:
                raise RuntimeError(f"{rows} rows came of {PAYMENTS}.")
            ours.append(taken)
            growth.append(max(peak) - peak[0])
    # The best of the rounds: what else runs on the machine only ever slows one down.
    copy, download = min(theirs), min(ours)
    tell(f"CSV of {PAYMENTS:,} payments: psql {copy:.2f} s, over HTTP {download:.2f} s")
    yield Goal("CSV over HTTP / psql's copy, in rows per second", copy / download, at_least=0.5)
    yield Goal("CSV, memory growth of the server in MB", max(growth), at_most=16)


def _make_key(environment: dict[str, str]) -> str:
    options = ("create_api_key", "--name", "bench", "--role", "administrator", "--json")
    key: str = json.loads(_run(environment, "manage.py", *options))["key"]
    return key


def _copy(url: str) -> float:
    started = time.perf_counter()
    command = ["psql", url, "--quiet", "--no-psqlrc", "-c", " ".join(_COPY.split())]
    subprocess.run(command, check=True)
    return time.perf_counter() - started


def _download(server: Server, key: str, *, query: str = "") -> tuple[float, int]:
    """How long it took, and how many rows came."""
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    connection.request("GET", _DOWNLOAD + query, headers={"Authorization": f"Api-Key {key}"})
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"The download was answered {response.status}.")
    lines = 0
    while chunk := response.read(_CHUNK_BYTES):
        lines += chunk.count(b"\n")
    connection.close()
    return time.perf_counter() - started, lines - 1


@contextmanager
def _watched(server: Server) -> Iterator[list[float]]:
    """The server's memory, first before the work, then again and again while it runs."""
    seen, done = [server.memory_mb()], threading.Event()

    def look() -> None:
        while not done.wait(0.2):
            seen.append(server.memory_mb())

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def _measure_workbook(environment: dict[str, str], *, rounds: int) -> Goal:
    told = _run(environment, "-m", "bench.portal.workbooks", str(WORKBOOK_ROWS), str(rounds))
    ours, bare, growth = map(float, told.split()[-3:])
    tell(
        f"XLSX of {WORKBOOK_ROWS:,} payments: {WORKBOOK_ROWS / ours:,.0f} rows/s, bare loop "
        f"{WORKBOOK_ROWS / bare:,.0f} rows/s, memory growth {growth:.0f} MB"
    )
    return Goal("XLSX / a bare xlsxwriter loop, in rows per second", bare / ours, at_least=0.75)


def _run(environment: dict[str, str], *arguments: str) -> str:
    finished = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return finished.stdout
