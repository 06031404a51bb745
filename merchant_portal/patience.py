"""Reads that are given up when they take too long, so that one hard question delays nobody else."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg.errors
from django.db import OperationalError, connection, transaction

#: SQLite is looked at after so many of its steps, well under a millisecond apart.
_STEPS = 10_000


class TookTooLong(Exception):
    """A read was given up; nothing is known of what it would have found."""


@contextmanager
def answered_within(seconds: float) -> Iterator[None]:
    """Give up any single read inside that takes longer; raises TookTooLong."""
    try:
        with _limited(seconds):
            yield
    except OperationalError as error:
        if not _was_given_up(error):
            raise
        raise TookTooLong from error


def _limited(seconds: float) -> AbstractContextManager[None]:
    if connection.vendor == "postgresql":
        return _limited_on_postgresql(seconds)
    return _limited_on_sqlite(seconds)


@contextmanager
def _limited_on_postgresql(seconds: float) -> Iterator[None]:
    """For this transaction alone, and taken back where that goes on."""
    before = "SELECT current_setting('statement_timeout')"
    limit = "SELECT set_config('statement_timeout', %s, true)"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(before)
        (usual,) = cursor.fetchone()
        cursor.execute(limit, [f"{max(1, int(seconds * 1000))}ms"])
        yield
        cursor.execute(limit, [usual])


@contextmanager
def _limited_on_sqlite(seconds: float) -> Iterator[None]:
    connection.ensure_connection()
    database = connection.connection
    end = time.monotonic() + seconds
    database.set_progress_handler(lambda: int(time.monotonic() > end), _STEPS)
    try:
        yield
    finally:
        database.set_progress_handler(None, 0)


def _was_given_up(error: OperationalError) -> bool:
    match error.__cause__:
        case psycopg.errors.QueryCanceled():
            return True
        case sqlite3.OperationalError() as cause:
            return cause.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
        case _:
            return False
