"""Whatever comes, and whatever breaks: a result or a located refusal, once, in little memory."""

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.conf import LazySettings
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as sought

from merchant_portal.accounts.models import Account
from merchant_portal.crashpoints import Crashed
from reconciliation import services
from reconciliation.errors import StatementRefused
from reconciliation.models import SetAside, StatementFile, StatementLine
from reconciliation.states import FILE_READ, FILE_USABLE, FileState, Source
from reconciliation.tasks import import_due_statements
from tests.alipay.test_statements_properties import any_bytes, names
from tests.properties.at_once import at_once
from tests.reconciliation.files import ACTOR, NAME, account, day_file, receive, row, take

ROOT = Path(__file__).resolve().parents[2]
CRASHES = ("kept", "received", "stored", "read")


@contextmanager
def little_memory(most_megabytes: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most_megabytes * 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("shop")
@given(any_bytes, names)
@sought(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_end_in_a_definite_state(body: bytes, name: str) -> None:
    file = take(body, name=name or "-", account=Account.objects.get())
    stored = (file.lines.count(), file.set_aside.count())
    assert file.state in (*FILE_READ, FileState.SUPERSEDED)
    assert stored == (
        (file.row_count, file.set_aside_count) if file.state in FILE_USABLE else (0, 0)
    )


@pytest.mark.parametrize("start", [b"", day_file(row())], ids=["alone", "below a line"])
def test_an_endless_line_is_refused_in_little_memory(
    shop: Account, tmp_path: Path, start: bytes
) -> None:
    path = tmp_path / NAME
    with path.open("wb") as endless:
        endless.write(start)
        for _ in range(64):
            endless.write(b"x" * 1_000_000)
    with little_memory(12):
        file = services.receive_file(
            path, name=NAME, source=Source.COMMAND, actor=ACTOR, account=shop
        )
        file = services.read_file(file.pk)
    assert (file.state, file.lines.count()) == (FileState.UNKNOWN_LAYOUT, 0)


def test_a_zip_bomb_is_kept_as_it_is_and_never_opened(shop: Account, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with ZipFile(bomb, "w", ZIP_DEFLATED) as archive:
        archive.writestr(NAME, b"\0" * 200_000_000)
    with little_memory(8):
        file = services.receive_file(
            bomb, name=bomb.name, source=Source.UPLOAD, actor=ACTOR, account=shop
        )
        file = services.read_file(file.pk)
    assert (file.state, file.size_bytes) == (FileState.UNKNOWN_LAYOUT, bomb.stat().st_size)


def test_a_file_of_bad_lines_alone_is_read_in_little_memory(shop: Account) -> None:
    body = day_file(*[row(f"A{number}", amount="x") for number in range(40_000)])
    with little_memory(16):
        file = take(body)
    assert (file.state, SetAside.objects.count()) == (FileState.ACCEPTED, 40_000)


@pytest.mark.usefixtures("shop")
def test_a_file_larger_than_is_taken_leaves_nothing_behind(
    settings: LazySettings, var: Path
) -> None:
    settings.STATEMENT_FILE_BYTES = 100
    with pytest.raises(StatementRefused):
        receive(day_file(row()))
    assert not [path for path in var.rglob("*") if path.is_file()]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("point", CRASHES)
def test_a_crash_anywhere_is_mended_by_doing_it_again(settings: LazySettings, point: str) -> None:
    settings.CRASH_AT = f"statement.{point}"
    body = day_file(row("A1"), row("A2"))
    with pytest.raises(Crashed):
        take(body)
    settings.CRASH_AT = ""
    StatementFile.objects.update(lease_until=None)
    file = take(body)
    assert (file.state, StatementFile.objects.count()) == (FileState.ACCEPTED, 1)
    assert StatementLine.objects.count() == 2


@pytest.mark.usefixtures("shop")
def test_a_crash_before_reading_is_mended_by_the_clock(settings: LazySettings) -> None:
    settings.CRASH_AT = "statement.received"
    with pytest.raises(Crashed):
        receive(day_file(row()))
    settings.CRASH_AT = ""
    import_due_statements()
    assert StatementFile.objects.get().state == FileState.ACCEPTED


@pytest.mark.parametrize("point", ["received", "stored"])
def test_a_killed_command_is_mended_by_the_next(tmp_path: Path, point: str) -> None:
    path = tmp_path / NAME
    path.write_bytes(day_file(row("A1"), row("A2")))
    plain = _environment(tmp_path)
    _manage(plain, "migrate", "--verbosity", "0")
    _manage(plain, "add_account", "--partner-id", "2088000000000001", "--region", "global",
            "--sign-type", "MD5", "--gateway-url", "http://127.0.0.1:1/gateway.do")  # fmt: skip
    killed = _manage(
        plain | {"DEBUG": "1", "CRASH_AT": f"statement.{point}:kill"}, "import_statement", str(path)
    )
    after = _manage(plain, "import_statement", str(path))
    assert (killed.returncode, after.returncode) == (-9, 0)
    assert "ACCEPTED, 2 lines" in after.stdout


def _environment(var: Path) -> dict[str, str]:
    database = f"sqlite:///{var / 'portal.sqlite3'}"
    return os.environ | {"VAR_DIR": str(var), "DATABASE_URL": database, "REDIS_URL": ""}


def _manage(environment: dict[str, str], *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


needs_postgresql = pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="SQLite has one writer at a time: parallel connections need PostgreSQL.",
)


@needs_postgresql
@pytest.mark.usefixtures("transactional_db")
def test_the_same_file_on_many_connections_is_one_delivery() -> None:
    account()
    body = day_file(*[row(f"A{number}") for number in range(300)])
    files = at_once(*[lambda: take(body)] * 6)
    assert len({file.pk for file in files}) == 1
    assert StatementLine.objects.count() == 300


@needs_postgresql
@pytest.mark.usefixtures("transactional_db")
def test_two_deliveries_at_once_leave_the_lines_of_one() -> None:
    account()
    bodies = [day_file(*[row(f"{kind}{number}") for number in range(200)]) for kind in "AB"]
    at_once(*[_taking(body) for body in bodies])
    states = sorted(StatementFile.objects.values_list("state", flat=True))
    assert states == [FileState.ACCEPTED, FileState.SUPERSEDED]
    assert StatementLine.objects.count() == 200


def _taking(body: bytes) -> Callable[[], object]:
    return lambda: take(body)
