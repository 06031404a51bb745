"""From an empty portal to the first payment by the set-up guide alone, in a browser."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import (
    ROOT,
    Running,
    _environment,
    _stop,
    _wait_until_ready,
    free_pair_of_ports,
    scratch_database,
)

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]

_PASSWORD = "a long enough pass phrase"
#: What stands in the contract with Alipay.
_PARTNER, _MD5_KEY = "2088000000000202", "first0day0key0for0the0journey000"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Portal, jobs and simulator on an empty database with one administrator."""
    var, port = tmp_path_factory.mktemp("var"), free_pair_of_ports()
    with ExitStack() as stack:
        environment = _environment(var, port) | {
            "WEB_PORT": str(port),
            "SIMULATOR_PORT": str(port + 1),
            "PATH": f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}",
        }
        if os.environ.get("DATABASE_URL", "").startswith("postgres"):
            environment["DATABASE_URL"] = stack.enter_context(scratch_database())
        portal = Running(
            url=f"http://127.0.0.1:{port}",
            simulator_url=f"http://127.0.0.1:{port + 1}",
            environment=environment,
            log=var / "run.log",
        )
        _prepare(portal, var)
        stack.callback(_stop, _start(portal))
        _wait_until_ready(portal)
        _sign_contract(portal)
        yield portal


def _prepare(portal: Running, var: Path) -> None:
    """What the runbook says comes before the first page."""
    password = var / "password"
    password.write_text(_PASSWORD)
    person = ("--username", "engineer", "--role", "administrator", "--password-file", str(password))
    for command in (("migrate",), ("collectstatic", "--noinput"), ("add_person", *person)):
        done = portal.manage(*command)
        assert done.returncode == 0, done.stdout + done.stderr


def _start(portal: Running) -> subprocess.Popen[bytes]:
    procfile = "Procfile.redis" if portal.environment.get("REDIS_URL") else "Procfile"
    with portal.log.open("w") as output:
        return subprocess.Popen(
            ["honcho", "--no-prefix", "-f", procfile, "start"],
            cwd=ROOT,
            env=portal.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _sign_contract(portal: Running) -> None:
    """Alipay's side: the partner exists there, with its key."""
    partner = {
        "partner_id": _PARTNER,
        "region": "global",
        "sign_types": ["MD5"],
        "md5_key": _MD5_KEY,
    }
    address = f"{portal.simulator_url}/control/partners"
    httpx.post(address, json=partner, trust_env=False).raise_for_status()


def test_an_engineer_gets_from_nothing_to_the_first_payment_by_the_guide(
    empty: Running, open_page: Callable[[], Page]
) -> None:
    page, phone = open_page(), open_page()
    _sign_in(page, empty)
    page.get_by_role("link", name="Open the set-up guide").click()
    _add_account(page, empty)
    _add_shop(page, empty)
    _make_code(page, empty)
    _pay(phone, empty)
    _expect_light(page, empty, "notification", "Done")
    _expect_light(page, empty, "payment", "Done")
    page.get_by_role("link", name="Open the payment").last.click()
    page.get_by_role("button", name="Ask Alipay now").first.click()
    _open_guide(page, empty)
    page.get_by_role("button", name="I have put a copy away").click()
    expect(page.locator("main")).to_contain_text("13 of 15 steps are done")
    expect(page.locator("#step-file_source")).to_contain_text("To do")
    page.get_by_role("link", name="Go-live list").click()
    expect(page.get_by_role("row").filter(has_text="No account points")).to_contain_text("Problem")
    empty.expect_all_true()


def _sign_in(page: Page, portal: Running) -> None:
    page.goto(f"{portal.url}/")
    page.get_by_label("Username").fill("engineer")
    page.get_by_label("Password").fill(_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{portal.url}/")


def _open_guide(page: Page, portal: Running) -> None:
    page.goto(f"{portal.url}/setup/")


def _follow_next(page: Page, portal: Running) -> None:
    """Press what the guide names as the next step."""
    _open_guide(page, portal)
    page.locator(".banner-info").get_by_role("link").click()


def _expect_light(page: Page, portal: Running, step: str, word: str) -> None:
    """Payments and lookups run in the background: look again until it is so."""
    for _ in range(40):
        _open_guide(page, portal)
        if word in page.locator(f"#step-{step}").inner_text():
            return
        page.wait_for_timeout(250)
    expect(page.locator(f"#step-{step}")).to_contain_text(word)


def _add_account(page: Page, portal: Running) -> None:
    _expect_light(page, portal, "jobs", "Done")
    _follow_next(page, portal)
    _fill(
        page,
        name="Harbour",
        partner_id=_PARTNER,
        region="global",
        sign_type="MD5",
        gateway_url=f"{portal.simulator_url}/gateway.do",
        settlement_currency="USD",
    )
    _follow_next(page, portal)
    _fill(page, text=_MD5_KEY)
    _open_guide(page, portal)
    page.get_by_role("button", name="Ask Alipay").click()
    expect(page.locator("#step-connection")).to_contain_text("Done")
    expect(page.locator("#step-address")).to_contain_text("Done")


def _add_shop(page: Page, portal: Running) -> None:
    _follow_next(page, portal)
    _fill(page, name="Harbour Noodle Bar", mcc="5812", secondary_merchant_id="HARBOUR")
    _follow_next(page, portal)
    _fill(
        page,
        code="PIER3",
        name="Harbour Noodle Bar Pier 3",
        country="US",
        pricing_currency="USD",
        time_zone="America/New_York",
    )
    page.get_by_role("link", name="Add a counter").first.click()
    _fill(page, code="C1", name="Counter 1")


def _fill(page: Page, **values: str) -> None:
    """Fill the page's form and send it."""
    form = page.locator("form.form")
    for name, value in values.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("each => each.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    form.locator("button[type=submit]").click()
    expect(page.locator(".field-errors, .form-errors")).to_have_count(0)


def _make_code(page: Page, portal: Running) -> None:
    _follow_next(page, portal)
    page.get_by_role("link", name="Counter 1").first.click()
    page.get_by_role("button", name="Ask Alipay for the code").click()
    _expect_light(page, portal, "enrolment", "USD")
    _expect_light(page, portal, "code", "Done")


def _pay(phone: Page, portal: Running) -> None:
    phone.goto(f"{portal.simulator_url}/")
    phone.get_by_role("link").filter(has_text="PIER3-C1").click()
    phone.get_by_label("Amount").fill("1.00")
    phone.get_by_role("button", name="Pay").click()
    expect(phone.get_by_role("heading", name="Paid")).to_be_visible()
