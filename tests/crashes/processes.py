"""The portal's processes, as the Procfile starts them, one by one, to be killed one by one."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.alipay_side import AlipaySide

ROOT = Path(__file__).resolve().parents[2]
_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class House:
    """A portal with a demo shop, a simulator beside it, and a program's key to its API."""

    url: str
    environment: Mapping[str, str]
    folder: Path
    alipay: AlipaySide

    def manage(self, *command: str) -> str:
        """Run a management command; what it printed."""
        ran = subprocess.run(
            ["python", "manage.py", *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_WITHIN_SECONDS,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    @contextmanager
    def running(self, *names: str, crash_at: str = "") -> Iterator[list[subprocess.Popen[bytes]]]:
        """Processes of the Procfile; what still runs at the end is killed as hard."""
        lines = dict(_procfile(self.environment))
        started = [self._start(name, lines[name], crash_at) for name in names]
        try:
            yield started
        finally:
            for process in started:
                kill(process)

    @contextmanager
    def web(self, *, crash_at: str = "") -> Iterator[subprocess.Popen[bytes]]:
        with self.running("web", crash_at=crash_at) as (process,):
            wait_until(self._is_ready)
            yield process

    @contextmanager
    def jobs(self, *, crash_at: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """The worker with its clock; the first process is the worker."""
        names = [name for name, _line in _procfile(self.environment) if name not in _OTHERS]
        with self.running(*names, crash_at=crash_at) as processes:
            yield processes[0]

    def let_leases_end(self) -> None:
        """As if the minute had passed for which a dead worker holds its rows."""
        self.manage("shell", "--verbosity", "0", "-c", _LET_LEASES_END)

    def pay(self, amount: str) -> str:
        """A buyer pays; Alipay's number."""
        (code, *_others) = self.alipay.books("codes")
        return str(self.alipay.pay(code["qrcode"], amount)["trade_no"])

    def deliver(self) -> None:
        """Alipay posts what is due."""
        self.alipay.http.post("/control/deliver", timeout=30).raise_for_status()

    def get(self, noun: str, **filters: Any) -> list[dict[str, Any]]:
        """What a program sees over the API."""
        with self._api() as api:
            answer = api.get(f"/api/v1/{noun}/", params=filters).raise_for_status()
        rows: list[dict[str, Any]] = answer.json()["results"]
        return rows

    def post(self, noun: str, order: dict[str, Any], *, key: str) -> httpx.Response:
        with self._api() as api:
            return api.post(f"/api/v1/{noun}/", json=order, headers={"Idempotency-Key": key})

    def verify(self) -> None:
        """All that is always true is true."""
        self.manage("verify_ledger")

    def _api(self) -> httpx.Client:
        key = (self.folder / "api-key").read_text()
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Api-Key {key}"},
            timeout=10,
            trust_env=False,
        )

    def _start(self, name: str, line: str, crash_at: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                ["sh", "-c", line],
                cwd=ROOT,
                env={**self.environment, "CRASH_AT": crash_at},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _is_ready(self) -> bool:
        try:
            answer = httpx.get(f"{self.url}/healthz/", timeout=2, trust_env=False)
        except httpx.TransportError:
            return False
        return answer.is_success


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9, to the process and its children."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def wait_until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + _WITHIN_SECONDS
    while not is_so():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


#: Processes of the Procfile that are no part of the jobs.
_OTHERS = frozenset({"web", "simulator"})
_LET_LEASES_END = """
from payments.models import Cancel
from refunds.models import Refund
for model in (Cancel, Refund):
    model.objects.update(lease_until=None)
"""


def _procfile(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    name = "Procfile.redis" if environment.get("REDIS_URL") else "Procfile"
    for line in (ROOT / name).read_text().splitlines():
        process, _colon, command = line.partition(":")
        yield process, command.strip()


def make_key(house: House) -> None:
    """A key for a program that gives money back."""
    made = house.manage("create_api_key", "--name", "till", "--role", "manager", "--json")
    (house.folder / "api-key").write_text(json.loads(made)["key"])
