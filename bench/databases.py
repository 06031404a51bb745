"""Scratch databases on the server of ``DATABASE_URL``: made for a run and dropped after it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bench.goals import CannotMeasure

ROOT = Path(__file__).resolve().parents[1]
LOCAL_POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"


class ServerMissing(CannotMeasure):
    """No PostgreSQL answers; the benchmark needs one."""


@contextmanager
def scratch_database(name: str) -> Iterator[str]:
    """The address of an empty database of this name (a leftover one is dropped first)."""
    parts = urlsplit(os.environ.get("DATABASE_URL") or LOCAL_POSTGRES)
    admin = urlunsplit(parts._replace(path="/postgres"))
    _execute(admin, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _execute(admin, "CREATE DATABASE {}", name)
    try:
        yield urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        _execute(admin, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def migrate(environment: dict[str, str]) -> None:
    """Make the portal's tables."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True)


def _execute(address: str, statement: str, name: str) -> None:
    try:
        with psycopg.connect(address, autocommit=True, connect_timeout=3) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
    except psycopg.OperationalError as refused:
        raise ServerMissing(f"PostgreSQL does not answer at {address}: {refused}") from refused
