"""The small Alipay as a program of its own."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command


def test_it_runs_from_the_command_line(tmp_path: Path) -> None:
    books = tmp_path / "books.sqlite3"
    command = [sys.executable, "-m", "merchant_portal.simulator", "--port", "0"]
    with subprocess.Popen(
        [*command, "--database", books], stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        url = run.stdout.readline().split()[-1]
        assert "Scan a code" in httpx.get(url).text
        run.terminate()
    assert books.exists()


def test_it_needs_nothing_of_the_portal() -> None:
    """It runs where neither Django nor our other packages can be imported."""
    script = (
        "import sys; sys.modules['django'] = None\n"
        "import merchant_portal.simulator.server\n"
        "ours = ('merchant_portal', 'payments', 'qrcodes', 'refunds')\n"
        "print([n for n in sys.modules if n.startswith(ours)\n"
        "       and n != 'merchant_portal' and not n.startswith('merchant_portal.simulator')])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.fixture
def old_books(tmp_path: Path) -> Path:
    """Books another version has kept."""
    path = tmp_path / "simulator.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    return path


def test_books_of_another_version_end_it_with_one_line(old_books: Path) -> None:
    command = [sys.executable, "-m", "merchant_portal.simulator", "--database", old_books]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (1, "", 1)
    assert f"{old_books} was kept by another version" in run.stderr


def test_the_portals_commands_refuse_them_too(old_books: Path, settings: Any) -> None:
    settings.VAR_DIR = old_books.parent
    with pytest.raises(CommandError, match="Remove the file"):
        call_command("runsimulator", database=old_books, port=0)
    with pytest.raises(CommandError, match="Remove the file"):
        call_command("seed_demo", simulator_url="http://127.0.0.1:9")
