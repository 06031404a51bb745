"""Intake: the portal's notification door beside a bare view, both on granian and PostgreSQL."""

import os
import pickle
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg

from bench.databases import ROOT, migrate, scratch_database
from bench.goals import Goal, percentile, tell
from bench.load import Order, Told
from bench.notices import CONTENT_TYPE, TestKeys, signed_body
from bench.servers import Server, granian

CONNECTIONS = 8
_BARE_TABLES = """
CREATE TABLE bare_notice (id bigserial PRIMARY KEY, notify_id text UNIQUE, body bytea NOT NULL);
CREATE TABLE bare_entry (id bigserial PRIMARY KEY, trade_no text UNIQUE, minor bigint NOT NULL);
"""


@dataclass
class Side:
    """One of the two servers, and what its rounds told."""

    name: str
    server: Server
    path: str
    count_rows: Callable[[], int]
    rounds: list[Told] = field(default_factory=list)
    sent: int = 0

    @property
    def rate(self) -> float:
        """Answered requests per second: the median of the rounds."""
        return statistics.median(len(told.latencies) / told.seconds for told in self.rounds)


def measure(*, rounds: int, requests: int) -> Iterator[Goal]:
    """The goal about intake; raises if one acknowledged notification is not a row."""
    keys = TestKeys.make()
    with ExitStack() as stack:
        sides = [_ours(stack, keys), _bare(stack, keys)]
        for side in sides:
            _post(side, keys, number=200)
        for side in sides * rounds:
            side.rounds.append(_post(side, keys, number=requests))
        for side in sides:
            _show(side)
            _insist_on_rows(side)
    yield Goal("intake, ours / bare view", sides[0].rate / sides[1].rate, at_least=0.3)


def _ours(stack: ExitStack, keys: TestKeys) -> Side:
    url = stack.enter_context(scratch_database("portal_bench_intake"))
    environment = _environment(stack, url, keys)
    migrate(environment)
    made = subprocess.run(
        [sys.executable, "-m", "bench.portal.shop", "intake"],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    server = stack.enter_context(granian("merchant_portal.wsgi:application", environment))
    path = made.stdout.strip().splitlines()[-1]
    return Side("ours", server, path, lambda: _count(url, "payments_ledgerentry"))


def _bare(stack: ExitStack, keys: TestKeys) -> Side:
    url = stack.enter_context(scratch_database("portal_bench_bare"))
    with psycopg.connect(url) as connection:
        connection.execute(_BARE_TABLES)
    server = stack.enter_context(granian("bench.bare:application", _environment(stack, url, keys)))
    path = f"/alipay/notify/{'0' * 32}/"
    return Side("bare view", server, path, lambda: _count(url, "bare_entry"))


def _environment(stack: ExitStack, url: str, keys: TestKeys) -> dict[str, str]:
    return {
        "DATABASE_URL": url,
        "REDIS_URL": "",
        "DEBUG": "",
        "VAR_DIR": stack.enter_context(tempfile.TemporaryDirectory()),
        "BENCH_PUBLIC_PEM": keys.public_pem,
    }


def _post(side: Side, keys: TestKeys, *, number: int) -> Told:
    bodies = [signed_body(keys.signer, number=side.sent + each) for each in range(number)]
    side.sent += number
    order = Order(side.server.port, side.path, CONTENT_TYPE, bodies, CONNECTIONS)
    loaded = subprocess.run(
        [sys.executable, "-c", "from bench.load import main; main()"],
        cwd=ROOT,
        input=pickle.dumps(order),
        stdout=subprocess.PIPE,
        check=True,
    )
    told: Told = pickle.loads(loaded.stdout)
    if told.refused:
        raise RuntimeError(f"{side.name}: {told.refused} of {number} were not answered success.")
    return told


def _show(side: Side) -> None:
    latencies = [each * 1000 for told in side.rounds for each in told.latencies]
    tell(
        f"intake {side.name}: {side.rate:,.0f}/s, p50 {percentile(latencies, 0.5):.1f} ms, "
        f"p99 {percentile(latencies, 0.99):.1f} ms, memory {side.server.memory_mb():.0f} MB"
    )


def _insist_on_rows(side: Side) -> None:
    rows = side.count_rows()
    if rows != side.sent:
        raise RuntimeError(f"{side.name}: {side.sent} acknowledged, {rows} booked.")


def _count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0
