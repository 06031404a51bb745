"""A database, a disk and a clock for a simulated month: made for it, and taken away again.

The shop's own rows and files are out of reach while it lasts: the connection is another one, to
another database, and every setting that names a folder or an address is another one too.
"""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections
from django.utils.translation import gettext as _

_SQLITE = "django.db.backends.sqlite3"
#: Nobody misses it after a power cut.
_SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
}


@dataclass(frozen=True, slots=True)
class Scratch:
    """Where everything of one simulation lies."""

    folder: Path
    database: str


@contextmanager
def kept_apart(*, keep: bool) -> Iterator[Scratch]:
    """Live in an empty database and folder of one's own; both go at the end, unless kept."""
    folder = Path(tempfile.mkdtemp(prefix="simulate-"))
    try:
        with _settings_of(folder), _database_in(folder, keep=keep) as database:
            yield Scratch(folder, database)
    finally:
        if not keep:
            shutil.rmtree(folder)


@contextmanager
def _settings_of(folder: Path) -> Iterator[None]:
    """Addresses of this machine, folders of the simulation, and no broker's messages."""
    wanted = {
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "STATEMENTS_DIR": folder / "statements",
        "REPORT_FOLDER": folder / "reports",
        "REFUNDS_SYNC": True,
    }
    before = {name: getattr(settings, name) for name in wanted}
    _set(wanted)
    try:
        yield
    finally:
        _set(before)


def _set(values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(settings, name, value)


@contextmanager
def _database_in(folder: Path, *, keep: bool) -> Iterator[str]:
    """Every query of this thread goes to an empty database of its own."""
    shops = connections[DEFAULT_DB_ALIAS]
    terms = _terms(shops.settings_dict, folder)
    name = str(terms["NAME"])
    is_file = terms["ENGINE"] == _SQLITE
    if not is_file:
        _run_beside(f"CREATE DATABASE {connection.ops.quote_name(name)}")
    own = shops.copy()
    own.settings_dict = terms
    connections[DEFAULT_DB_ALIAS] = own
    ContentType.objects.clear_cache()
    try:
        call_command("migrate", verbosity=0, interactive=False)
        yield name
    finally:
        own.close()
        connections[DEFAULT_DB_ALIAS] = shops
        ContentType.objects.clear_cache()
        if not (is_file or keep):
            _run_beside(f"DROP DATABASE {connection.ops.quote_name(name)}")


def _terms(shops: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The shop's own kind of database, another one."""
    if shops["ENGINE"] == _SQLITE:
        return {**shops, "NAME": str(folder / "portal.sqlite3"), "OPTIONS": _SQLITE_OPTIONS}
    return {**shops, "NAME": f"simulate_{secrets.token_hex(6)}"}


def _run_beside(statement: str) -> None:
    """On the server, in no database of anybody."""
    try:
        with connection._nodb_cursor() as cursor:
            cursor.execute(statement)
    except Error as refused:
        why = _("The database server does not let a database be made or removed: %s")
        raise CommandError(why % str(refused).strip()) from refused
