"""The program as people start it, `make run`, and a real browser in front of it."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "demo-counter-3"
PIN = "3925"
_STARTS_WITHIN_SECONDS = 180  # on a machine with much else to do


@dataclass(frozen=True)
class Running:
    """A started portal with its simulator."""

    url: str
    simulator_url: str
    environment: dict[str, str]
    log: Path

    def manage(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a management command beside the running processes."""
        return subprocess.run(
            [ROOT / ".venv/bin/python", "manage.py", *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def expect_all_true(self) -> None:
        """What must always be true is, as `verify_ledger` tells it."""
        checked = self.manage("verify_ledger")
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.fixture(scope="module")
def settings_of_portal() -> dict[str, str]:
    """What a module says in its portal's environment besides; nothing unless it says so."""
    return {}


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, settings_of_portal: dict[str, str]
) -> Iterator[Running]:
    """`make run` on an empty machine: own files, own database, own ports."""
    var = tmp_path_factory.mktemp("var")
    port = free_pair_of_ports()
    with ExitStack() as stack:
        environment = _environment(var, port) | settings_of_portal
        if os.environ.get("DATABASE_URL", "").startswith("postgres"):
            environment["DATABASE_URL"] = stack.enter_context(scratch_database())
        log = var / "run.log"
        stack.enter_context(_started(environment, log))
        portal = Running(
            url=f"http://127.0.0.1:{port}",
            simulator_url=f"http://127.0.0.1:{port + 1}",
            environment=environment,
            log=log,
        )
        _wait_until_ready(portal)
        yield portal


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                # A camera that shows a test picture, and that a page may use without asking.
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
            ],
        )
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[], Page]]:
    """A page in a browser of its own; a word on its console's error stream fails the test."""
    contexts = []
    complaints: list[str] = []

    def opened() -> Page:
        context = browser.new_context()
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: _note(complaints, said.type, said.text))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def without_script(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Browsers where no script runs."""
    contexts = []

    def opened() -> Page:
        context = browser.new_context(java_script_enabled=False)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def signed_in(running: Running, open_page: Callable[[], Page]) -> Callable[[str], Page]:
    """A page where somebody of the demo has signed in."""

    def sign_in(name: str) -> Page:
        page = open_page()
        page.goto(f"{running.url}/auth/login/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{running.url}/")
        return page

    return sign_in


def _note(complaints: list[str], kind: str, text: str) -> None:
    # A refused payment is answered with a 4xx page, which the browser reports as an error too.
    if kind == "error" and "status of 4" not in text:
        complaints.append(text)


def _environment(var: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    if kept.get("REDIS_URL"):
        kept["REDIS_URL"] = _own_redis(kept["REDIS_URL"])
    return kept | {
        "VAR_DIR": str(var),
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PYTHONWARNINGS": "default",
    }


def _own_redis(url: str) -> str:
    """The address with a database for this process of the run alone: one portal's worker must not
    take another's messages."""
    parts = urlsplit(url)
    beside = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    number = int(parts.path.strip("/") or 0) + int(beside)
    return urlunsplit(parts._replace(path=f"/{number}"))


def free_pair_of_ports() -> int:
    """A port whose next one is free too."""
    while True:
        with closing(socket.socket()) as first, closing(socket.socket()) as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


@contextmanager
def scratch_database() -> Iterator[str]:
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = f"portal_journey_{uuid4().hex[:8]}"
    admin = urlunsplit(parts._replace(path="/postgres"))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


@contextmanager
def _started(environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", "run", f"PORT={environment['PORT']}"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does: the whole group is interrupted, and nothing may outlive it for long."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_ready(portal: Running) -> None:
    end = time.monotonic() + _STARTS_WITHIN_SECONDS
    for url in (f"{portal.url}/readyz/", f"{portal.simulator_url}/books/partners.json"):
        while not _answers(url):
            if time.monotonic() > end:
                pytest.fail(f"{url} does not answer:\n{portal.log.read_text()}")
            time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.TransportError:
        return False
