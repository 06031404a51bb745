"""The portal where no script runs: files, compared days, differences, reports, and sales."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PIN, Running
from tests.journeys.steps import Receipt, Wallet, open_counter, pay, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

_LOOKS = 60  # how often a page without script is asked for again, half a second apart


def test_the_night_is_proven_by_links_and_forms_alone(
    running: Running, open_page: Callable[[], Page], without_script: Callable[[], Page]
) -> None:
    desk, page = open_page(), without_script()
    receipt = pay(desk, running, "PIER3-C3", "12.40")
    _refund_at_alipay(desk, running, receipt, "2.40")
    sign_in(page, running, "finance")
    _fetch_file(page, running)
    page.get_by_role("row").filter(has_text="Accepted").get_by_role("link").first.click()
    expect(page.locator("h1")).to_contain_text("Transactions")

    _click_in_menu(page, "Compared days")
    page.get_by_role("row").filter(has_text="Demo, global").get_by_role("link").first.click()
    _click_in_menu(page, "Differences")
    difference = page.get_by_role("row").filter(has_text="Unknown to us")
    difference.get_by_role("link").first.click()
    page.get_by_label("Your PIN").fill(PIN)
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.get_by_text("was booked").first).to_be_visible()
    _download_report(page, receipt)
    running.expect_all_true()


def _click_in_menu(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()


def _refund_at_alipay(desk: Page, running: Running, receipt: Receipt, amount: str) -> None:
    """Made in Alipay's own portal, so that the night's file says something new."""
    desk.goto(f"{running.simulator_url}/control/")
    asked = desk.get_by_label("Amount to refund")
    trade = desk.locator("li").filter(has_text=receipt.trade_no).filter(has=asked)
    trade.get_by_label("Amount to refund").fill(amount)
    trade.get_by_role("button", name="Refund").click()
    desk.get_by_role("button", name="Run the night").click()
    expect(desk.get_by_text("_transaction_").first).to_be_visible()


def _fetch_file(page: Page, running: Running) -> None:
    _click_in_menu(page, "Alipay's files")
    page.get_by_role("button", name="Look in the folders").click()
    _ask_again_until(page, lambda: page.get_by_role("row").filter(has_text="Accepted").count())


def _download_report(page: Page, receipt: Receipt) -> None:
    _click_in_menu(page, "Reports")
    page.get_by_role("link", name="Transactions", exact=True).click()
    page.get_by_role("button", name="Show", exact=True).click()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download CSV").click()
    rows = list(csv.reader(io.StringIO(Path(downloading.value.path()).read_text("utf-8-sig"))))
    assert any(receipt.trade_no in cell for row in rows for cell in row)


def _ask_again_until(page: Page, is_so: Callable[[], object]) -> None:
    """What a person without script does: load the page again."""
    for _look in range(_LOOKS):
        if is_so():
            return
        page.wait_for_timeout(500)
        page.goto(page.url)
    assert is_so(), f"waited in vain at {page.url}"


def test_a_cashier_sells_by_links_and_forms_alone(
    running: Running, open_page: Callable[[], Page], without_script: Callable[[], Page]
) -> None:
    wallet, page = Wallet(open_page(), running), without_script()
    sign_in(page, running, "cashier")
    open_counter(page, running, "PIER3")
    page.get_by_role("link", name="Take a payment").click()
    digits = wallet.show(outcome="waiting")
    _type_code(page, digits, amount="7.10")
    expect(page.get_by_role("heading", name="Waiting for the customer to confirm")).to_be_visible()
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_text("Do not hand over the goods yet.")).to_be_visible()
    wallet.confirm("7.10")
    _expect_paid(page)
    assert digits not in page.content()

    page.get_by_role("link", name="Next customer").click()
    page.get_by_label("Amount").fill("7.20")
    page.get_by_role("button", name="Show a code").click()
    expect(page.get_by_role("img", name="QR code to pay USD 7.20")).to_be_visible()
    wallet.pay_order("7.20")
    _expect_paid(page)
    page.get_by_role("link", name="Slip", exact=True).click()
    expect(page.locator("article.slip")).to_contain_text("7.20")
    running.expect_all_true()


def _type_code(page: Page, digits: str, *, amount: str) -> None:
    """The scanner is a keyboard: it types the digits and the return key."""
    page.get_by_label("Amount").fill(amount)
    page.get_by_role("button", name="Scan customer's code").click()
    expect(page.get_by_label("Scan the code on the customer's phone")).to_be_focused()
    page.keyboard.type(digits)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sale/")


def _expect_paid(page: Page) -> None:
    """The page loads itself again, as pages without script can."""
    expect(page.get_by_text("Hand over the goods.", exact=True)).to_be_visible(timeout=30_000)
