"""The first day in a browser, with real web, jobs and Alipay's side: the main job end to end."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

_SOON = 2_000  # milliseconds from the buyer's payment to the counter's screen


def test_a_manager_is_paid_stops_a_code_and_finds_a_lost_payment(
    running: Running, signed_in: Callable[[str], Page], open_page: Callable[[], Page]
) -> None:
    portal, screen, phone = signed_in("manager"), signed_in("cashier"), open_page()
    _open_counter(screen, running, "Counter 1")
    screen.get_by_role("link", name="Screen").click()
    expect(screen.get_by_text("Waiting for the first payment")).to_be_visible()

    _pay(phone, running, "PIER3-C1", "12.50")
    trade_no = _number(phone, "Alipay order number")
    expect(screen.locator(".till-amount").first).to_contain_text("12.50", timeout=_SOON)
    _expect_in_list(portal, running, trade_no)
    _expect_signed_evidence(portal, trade_no)

    _stop_code(portal, running, "Counter 1")
    _expect_refused(phone, running)

    _lose_next_notice(phone, running)
    _pay(phone, running, "PIER3-C2", "8.80")
    lost = _number(phone, "Alipay order number")
    _find(portal, running, lost)
    expect(portal.locator("h1")).to_contain_text("8.80")
    expect(portal.locator("h1")).to_contain_text("Paid")
    running.expect_all_true()


def test_a_cashier_in_hong_kong_finds_a_payment_by_the_merchant_order_number(
    running: Running, signed_in: Callable[[str], Page], open_page: Callable[[], Page]
) -> None:
    portal, phone = signed_in("cashier"), open_page()
    _lose_next_notice(phone, running)
    _pay(phone, running, "CENTRAL-C1", "88.00")
    _find(portal, running, _number(phone, "Merchant order number"), hong_kong=True)
    expect(portal.locator("h1")).to_contain_text("HKD 88.00")
    expect(portal.get_by_text("AlipayHK").first).to_be_visible()
    running.expect_all_true()


def _open_counter(page: Page, running: Running, name: str) -> None:
    page.goto(f"{running.url}/stores/")
    page.get_by_role("link", name=name, exact=True).first.click()


def _pay(phone: Page, running: Running, store_id: str, amount: str) -> None:
    phone.goto(f"{running.simulator_url}/")
    phone.get_by_role("link").filter(has_text=store_id).click()
    phone.get_by_label("Amount").fill(amount)
    phone.get_by_role("button", name="Pay").click()
    expect(phone.get_by_role("heading", name="Paid")).to_be_visible()


def _number(phone: Page, name: str) -> str:
    return phone.locator(f"dt:has-text('{name}') + dd").inner_text().strip()


def _expect_in_list(page: Page, running: Running, trade_no: str) -> None:
    page.goto(f"{running.url}/payments/")
    row = page.get_by_role("row").filter(has_text=trade_no[-6:])
    expect(row).to_contain_text("12.50")
    expect(row).to_contain_text("Paid")
    row.get_by_role("link").first.click()  # opens it beside the list
    page.get_by_role("link", name="Open the whole page").click()


def _expect_signed_evidence(page: Page, trade_no: str) -> None:
    expect(page.locator("h1")).to_contain_text("USD 12.50")
    page.get_by_text("What was really said").first.click()
    signed = page.locator("pre.raw").first
    expect(signed).to_be_visible()
    expect(signed).to_contain_text(f"trade_no={trade_no}&trade_status=TRADE_SUCCESS")


def _stop_code(page: Page, running: Running, counter: str) -> None:
    _open_counter(page, running, counter)
    page.get_by_role("link", name=re.compile("Open the code|Version 1|Code")).first.click()
    page.get_by_text("Stop the code", exact=True).click()
    page.get_by_role("button", name="Yes, stop it").click()
    expect(page.get_by_text("Stopped").first).to_be_visible()


def _expect_refused(phone: Page, running: Running) -> None:
    """The buyer had scanned the code before it was stopped."""
    phone.goto(f"{running.simulator_url}/")
    expect(phone.get_by_role("link").filter(has_text="PIER3-C1")).to_have_count(0)
    stopped = _codes(phone, running)["PIER3-C1"]
    phone.get_by_label("Paste the text of a code").fill(stopped)
    phone.get_by_role("button", name="Scan").click()
    expect(phone.get_by_text("This code is invalid.")).to_be_visible()


def _codes(phone: Page, running: Running) -> dict[str, str]:
    books = json.loads(phone.request.get(f"{running.simulator_url}/books/codes.json").text())
    return {row["store_key"]: row["qrcode"] for row in books}


def _lose_next_notice(phone: Page, running: Running) -> None:
    phone.goto(f"{running.simulator_url}/control/")
    phone.get_by_label("What goes wrong").select_option("lost")
    phone.get_by_role("button", name="Switch on").click()


def _find(page: Page, running: Running, number: str, *, hong_kong: bool = False) -> None:
    page.goto(f"{running.url}/payments/")
    page.get_by_role("link", name="Find a lost payment").first.click()
    if page.get_by_label("Account").count():
        label = "Demo, Hong Kong" if hong_kong else "Demo, global"
        page.get_by_label("Account").select_option(label=label)
    name = "Merchant order number" if hong_kong else "Alipay's number"
    page.get_by_label(name).first.fill(number)
    page.get_by_role("button", name="Ask Alipay").click()
    page.get_by_role("link", name="Open the payment").click()
