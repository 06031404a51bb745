"""The small Alipay's own store: an SQLite file (or memory) behind one lock."""

import json
import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TypeVar

from .records import Code, CodeState, Notice, Partner, Record, Trade, TradeStatus

ALIPAY_TIME = timezone(timedelta(hours=8), "GMT+8")
IN_MEMORY = ":memory:"
TABLES = (
    "agent_tokens",
    "client_keys",
    "clients",
    "orders",
    "payment_codes",
    "statement_files",
    "late_files",
    "displaced",
    "seeded_faults",
    "file_faults",
    "settled",
    "terms",
    "attempts",
    "notices",
    "refunds",
    "cancels",
    "registrations",
    "trades",
    "codes",
    "partners",
    "mishaps",
    "settings",
)

SCHEMA_VERSION = 3

Row = TypeVar("Row", bound=Record)


class OtherVersion(Exception):
    """The file was written by a version with other tables."""


class Books:
    """Everything the small Alipay knows. Column names come from the record classes alone."""

    def __init__(self, path: Path | str) -> None:
        self._path = path
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if str(path) != IN_MEMORY:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(
            str(path),
            check_same_thread=False,
            isolation_level=None,
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._refuse_other_version(path)
        schema = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
        self._connection.executescript(schema)
        self._connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def close(self) -> None:
        """Close the file; the books cannot be used afterwards."""
        with self._lock:
            self._connection.close()
            if self._temporary is not None:
                self._temporary.cleanup()

    @property
    def folder(self) -> Path:
        """The folder the books lie in; books in memory have one until they are closed."""
        if str(self._path) != IN_MEMORY:
            return Path(self._path).absolute().parent
        with self._lock:
            if self._temporary is None:
                self._temporary = tempfile.TemporaryDirectory(prefix="simulator-")
            return Path(self._temporary.name)

    def _refuse_other_version(self, path: Path | str) -> None:
        found = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if found not in {0, SCHEMA_VERSION}:
            self._connection.close()
            raise OtherVersion(
                f"{path} was kept by another version of the small Alipay. "
                "Remove the file and start again; codes made before cannot be paid there then."
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, one at a time; may be nested."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def add(self, record: Record) -> int:
        """Insert a record; answers the number SQLite gave it."""
        columns = asdict(record)
        names = ", ".join(columns)
        marks = ", ".join("?" for _ in columns)
        sql = f"INSERT INTO {record.table} ({names}) VALUES ({marks})"
        with self._lock:
            return int(self._connection.execute(sql, tuple(columns.values())).lastrowid or 0)

    def save(self, record: Record) -> None:
        """Write a changed record over the one with the same key, or insert it."""
        columns = asdict(record)
        names = ", ".join(columns)
        marks = ", ".join("?" for _ in columns)
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name != record.key)
        sql = (
            f"INSERT INTO {record.table} ({names}) VALUES ({marks}) "
            f"ON CONFLICT ({record.key}) DO UPDATE SET {changes}"
        )
        with self._lock:
            self._connection.execute(sql, tuple(columns.values()))

    def remove(self, record: Record) -> None:
        """Take a record out of the books."""
        sql = f"DELETE FROM {record.table} WHERE {record.key} = ?"
        with self._lock:
            self._connection.execute(sql, (asdict(record)[record.key],))

    def select(self, kind: type[Row], where: str = "1", *values: object) -> list[Row]:
        """The records that satisfy a condition, oldest first."""
        sql = f"SELECT * FROM {kind.table} WHERE {where} ORDER BY rowid"
        with self._lock:
            return [kind(**dict(row)) for row in self._connection.execute(sql, values)]

    def select_in(self, kind: type[Row], column: str, values: Iterable[str]) -> list[Row]:
        """The records whose column is one of many values, oldest first."""
        wanted = json.dumps(sorted(values))
        return self.select(kind, f"{column} IN (SELECT value FROM json_each(?))", wanted)

    def rows(self, sql: str, values: Mapping[str, object]) -> list[sqlite3.Row]:
        """What a question in SQL finds."""
        with self._lock:
            return self._connection.execute(sql, dict(values)).fetchall()

    def first(self, kind: type[Row], where: str, *values: object) -> Row | None:
        """The oldest record that satisfies a condition."""
        found = self.select(kind, f"{where} ", *values)
        return found[0] if found else None

    def get(self, kind: type[Row], key: object) -> Row | None:
        """The record with this key."""
        return self.first(kind, f"{kind.key} = ?", key)

    def partner(self, partner_id: str) -> Partner | None:
        """The partner with this id."""
        return self.get(Partner, partner_id)

    def code(self, text: str) -> Code | None:
        """The code with this text, given whole or as what follows the last slash."""
        wanted = text.strip().rsplit("/", 1)[-1].split("?", 1)[0]
        return self.get(Code, f"https://qr.alipay.com/{wanted}") if wanted else None

    def live_codes(self) -> list[Code]:
        """The codes a buyer can pay."""
        return self.select(Code, "state = ?", CodeState.ACTIVE)

    def lapsed_trades(self, *, now: float, waiting_seconds: float) -> list[Trade]:
        """Trades the buyer has begun and not finished in time: the order's own, or the usual."""
        ends = (
            "coalesce((SELECT expires_at FROM orders WHERE orders.trade_no = trades.trade_no), "
            "created_at + ?)"
        )
        waiting = TradeStatus.WAIT_BUYER_PAY
        return self.select(Trade, f"status = ? AND {ends} <= ?", waiting, waiting_seconds, now)

    def notice_by_notify_id(self, notify_id: str) -> Notice | None:
        """The notice Alipay gave this id."""
        return self.first(Notice, "notify_id = ?", notify_id)

    def setting(self, name: str, default: str) -> str:
        """A setting, or what holds while nobody has changed it."""
        with self._lock:
            row = self._connection.execute(
                "SELECT value FROM settings WHERE name = ?",
                (name,),
            ).fetchone()
        return str(row["value"]) if row else default

    def settings(self, prefix: str) -> dict[str, str]:
        """The settings whose names begin so."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT name, value FROM settings WHERE substr(name, 1, ?) = ? ORDER BY name",
                (len(prefix), prefix),
            ).fetchall()
        return {str(row["name"]): str(row["value"]) for row in rows}

    def set_setting(self, name: str, value: str) -> None:
        """Change a setting."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO settings (name, value) VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )

    def clear(self) -> None:
        """Forget everything."""
        with self.transaction():
            for table in TABLES:
                self._connection.execute(f"DELETE FROM {table}")

    def now(self) -> datetime:
        """Alipay's own clock, in GMT+8: the machine's, moved by the offset a person has set."""
        offset = timedelta(seconds=float(self.setting("clock_offset_seconds", "0")))
        return datetime.now(UTC).astimezone(ALIPAY_TIME) + offset

    def timestamp(self) -> float:
        """Alipay's clock as seconds since 1970."""
        return self.now().timestamp()


def alipay_time(instant: float) -> datetime:
    """An instant of the books on Alipay's wall clock."""
    return datetime.fromtimestamp(instant, ALIPAY_TIME)


def wall_clock(instant: float) -> str:
    """`yyyy-MM-dd HH:mm:ss` in GMT+8, as notices and timestamps write it."""
    return alipay_time(instant).strftime("%Y-%m-%d %H:%M:%S")
