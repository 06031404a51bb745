"""Granian with the settings the portal runs with, started for a run, and its memory."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.databases import ROOT

_STARTS_WITHIN_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """A started server."""

    port: int
    pid: int

    def memory_mb(self) -> float:
        """Proportional memory of the server and its workers, in MB."""
        return sum(_memory_kb(pid) for pid in _family(self.pid)) / 1024


@contextmanager
def granian(target: str, environment: dict[str, str]) -> Iterator[Server]:
    """``target`` served as ``make run`` serves the portal on PostgreSQL and Redis."""
    port = _free_port()
    command = [*_web_command(port), target]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment)
    try:
        _wait_for(port)
        yield Server(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _web_command(port: int) -> list[str]:
    """The Procfile's own words, but for the application at their end."""
    lines = (ROOT / "Procfile.redis").read_text().splitlines()
    words = next(shlex.split(line) for line in lines if line.startswith("web: exec granian "))
    beside_python = str(Path(sys.executable).parent / "granian")
    options = [word.replace("$WEB_PORT", str(port)) for word in words[3:-1]]
    return [beside_python, *options]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    end = time.monotonic() + _STARTS_WITHIN_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"Nothing answers on port {port}.")


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _memory_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
