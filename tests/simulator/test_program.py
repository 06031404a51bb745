"""The small Alipay as a program of its own."""

import subprocess
import sys
from pathlib import Path

import httpx


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
