"""Money back and the night that proves the day, in a browser with real web, jobs and Alipay."""

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from merchant_portal import clock
from tests.journeys.conftest import PIN, Running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

_SENT = 15_000  # milliseconds from "approved" to Alipay's answer on the page
_TAKES = timedelta(seconds=120)


@pytest.fixture
def of_one_day() -> None:
    """A day at Alipay that ends in the middle is two days: begin after its midnight."""
    while clock.transaction_day(clock.now()) != clock.transaction_day(clock.now() + _TAKES):
        time.sleep(1)


@pytest.mark.usefixtures("of_one_day")
def test_money_goes_back_and_the_night_proves_the_day(
    running: Running, signed_in: Callable[[str], Page], open_page: Callable[[], Page]
) -> None:
    phone, cashier, manager, finance = (
        open_page(),
        signed_in("cashier"),
        signed_in("manager"),
        signed_in("finance"),
    )
    large, small, plain = (_pay(phone, running, amount) for amount in ("80.00", "20.00", "12.50"))

    _ask_for_part(cashier, running, large, "60.00")
    expect(cashier.locator("h1")).to_contain_text("Waiting for approval")
    _approve(manager, running, "USD 60.00")
    cashier.reload()
    expect(cashier.locator("h1")).to_contain_text("Refunded", timeout=_SENT)

    _give_all_back(manager, running, small)
    expect(manager.locator("h1")).to_contain_text("Cancelled", timeout=_SENT)

    _refund_at_alipay(phone, running, plain, "5.00")
    _run_the_night(phone, running)
    _fetch_the_file(finance, running)
    _book_the_only_difference(finance, running, "5.00")
    _expect_clean_day(finance, running)
    running.expect_all_true()


def _pay(phone: Page, running: Running, amount: str) -> str:
    phone.goto(f"{running.simulator_url}/")
    phone.get_by_role("link").filter(has_text="PIER3-C1").click()
    phone.get_by_label("Amount").fill(amount)
    phone.get_by_role("button", name="Pay").click()
    expect(phone.get_by_role("heading", name="Paid")).to_be_visible()
    return phone.locator("dt:has-text('Alipay order number') + dd").inner_text().strip()


def _open_payment(page: Page, running: Running, trade_no: str) -> None:
    page.goto(f"{running.url}/payments/")
    row = page.get_by_role("row").filter(has_text=trade_no[-6:])
    expect(row).to_be_visible()
    row.get_by_role("link").first.click()  # opens it beside the list
    page.get_by_role("link", name="Open the whole page").click()
    page.get_by_role("link", name="Give money back").click()


def _ask_for_part(page: Page, running: Running, trade_no: str, amount: str) -> None:
    _open_payment(page, running, trade_no)
    page.get_by_label("Another amount").check()
    page.get_by_label("Amount", exact=True).fill(amount)
    page.get_by_label("Reason").select_option(label="Wrong amount paid")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("must approve before anything leaves")).to_be_visible()
    page.get_by_label("Your PIN").fill(PIN)
    page.get_by_role("button", name=re.compile("Ask for .* to go back")).click()


def _approve(page: Page, running: Running, amount: str) -> None:
    page.goto(f"{running.url}/approvals/")
    page.get_by_label("Your PIN").fill(PIN)
    page.get_by_role("button", name=f"Approve {amount}").click()


def _give_all_back(page: Page, running: Running, trade_no: str) -> None:
    _open_payment(page, running, trade_no)
    page.get_by_label("Reason").select_option(label="Goods returned")
    page.get_by_role("button", name="Check").click()
    page.get_by_label("Your PIN").fill(PIN)
    page.get_by_role("button", name=re.compile("^Give .* back")).click()


def _refund_at_alipay(desk: Page, running: Running, trade_no: str, amount: str) -> None:
    desk.goto(f"{running.simulator_url}/control/")
    trade = (
        desk.locator("li")
        .filter(has_text=trade_no)
        .filter(has=desk.get_by_label("Amount to refund"))
    )
    trade.get_by_label("Amount to refund").fill(amount)
    trade.get_by_role("button", name="Refund").click()


def _run_the_night(desk: Page, running: Running) -> None:
    desk.goto(f"{running.simulator_url}/control/")
    desk.get_by_role("button", name="Run the night").click()
    expect(desk.get_by_text("_transaction_").first).to_be_visible()


def _fetch_the_file(page: Page, running: Running) -> None:
    page.goto(f"{running.url}/statements/")
    page.get_by_role("button", name="Look in the folders").click()
    file = page.get_by_role("row").filter(has_text=re.compile("Transactions.*Demo, global"))
    for _look in range(30):
        if file.filter(has_text="Accepted").count():
            return
        page.wait_for_timeout(500)
        page.goto(f"{running.url}/statements/")
    expect(file).to_contain_text("Accepted")


def _book_the_only_difference(page: Page, running: Running, amount: str) -> None:
    page.goto(f"{running.url}/discrepancies/")
    differences = page.get_by_role("row").filter(has=page.get_by_role("link"))
    expect(differences).to_have_count(1)
    expect(differences).to_contain_text("Unknown to us")
    differences.get_by_role("link").first.click()
    expect(page.get_by_text(amount).first).to_be_visible()
    page.get_by_label("Your PIN").fill(PIN)
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.get_by_text("was booked").first).to_be_visible()


def _expect_clean_day(page: Page, running: Running) -> None:
    page.goto(f"{running.url}/days/")
    day = page.get_by_role("row").filter(has_text="Demo, global")
    expect(day).to_have_count(1)
    expect(day).to_contain_text("Clean")
