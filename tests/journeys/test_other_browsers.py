"""The portal in other browsers than a desktop's: on a phone, and where no script runs."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import PIN, Running
from tests.journeys.steps import Receipt, pay, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

_PHONE = {"width": 390, "height": 844}
_LOOKS = 60  # how often a page without script is asked for again, half a second apart


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A manager's phone: small, and touched."""
    context = browser.new_context(
        viewport=_PHONE, screen=_PHONE, has_touch=True, is_mobile=True, device_scale_factor=3
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


# ---- A phone ------------------------------------------------------------------------------------


def test_a_manager_approves_one_refund_and_declines_another_on_a_phone(
    running: Running,
    signed_in: Callable[[str], Page],
    open_page: Callable[[], Page],
    phone: Page,
) -> None:
    buyer, cashier = open_page(), signed_in("cashier")
    for amount in ("80.00", "90.00"):
        receipt = pay(buyer, running, "PIER3-C1", amount)
        _ask_for_all(cashier, running, receipt)
        expect(cashier.locator("h1")).to_contain_text("Waiting for approval")

    sign_in(phone, running, "manager")
    _fits(phone)
    _open_approvals(phone)
    phone.get_by_role("listitem").filter(has_text="USD 80.00").get_by_role("link").first.tap()
    phone.wait_for_url(re.compile("/(refunds|cancels)/"))
    _fits(phone)
    phone.get_by_label("Your PIN").fill(PIN)
    phone.get_by_role("button", name="Approve USD 80.00").tap()
    expect(phone.locator("h1")).to_contain_text(re.compile("Refunded|Cancelled"), timeout=20_000)
    _fits(phone)

    _open_approvals(phone)
    expect(phone.get_by_role("button", name=re.compile("^Approve"))).to_have_count(1)
    phone.locator("summary").filter(has_text="Decline").tap()
    phone.get_by_label("Why not").fill("The guest has eaten it")
    _fits(phone)
    phone.get_by_role("button", name="Decline").tap()
    expect(phone.get_by_text("Nothing waits for approval")).to_be_visible()
    _fits(phone)
    cashier.reload()
    expect(cashier.locator("h1")).to_contain_text("Declined")
    running.expect_all_true()


def _ask_for_all(page: Page, running: Running, receipt: Receipt) -> None:
    offered = page.get_by_role("link", name="Give money back")
    for _look in range(_LOOKS):
        page.goto(f"{running.url}/payments/?q={receipt.trade_no}")  # opens it, once it is known
        if offered.count():
            break
        page.wait_for_timeout(500)
    offered.click()
    page.get_by_label("Reason").select_option(label="Goods returned")
    page.get_by_role("button", name="Check").click()
    page.get_by_label("Your PIN").fill(PIN)
    page.get_by_role("button", name=re.compile("Ask for .* to go back")).click()


def _open_approvals(phone: Page) -> None:
    phone.get_by_role("button", name="Menu").tap()
    phone.get_by_role("navigation", name="Main").get_by_role("link", name="Approvals").tap()
    expect(phone.get_by_role("heading", name="Approvals")).to_be_visible()
    _fits(phone)


def _fits(page: Page) -> None:
    """Nothing stands beside the screen: a thumb scrolls down, never sideways."""
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= _PHONE["width"], f"{page.url} is {width} pixels wide"


# ---- No script ----------------------------------------------------------------------------------


def test_a_shops_day_works_by_links_and_forms_alone(
    running: Running, open_page: Callable[[], Page], without_script: Callable[[], Page]
) -> None:
    receipt = pay(open_page(), running, "PIER3-C2", "31.70")
    page = without_script()
    sign_in(page, running, "manager")
    _find_by_filter(page, running, receipt)
    _read_sum(page, running)
    _give_part_back(page, running, receipt)
    _stop_and_restart_code(page, running)
    _run_shift(page, running)
    running.expect_all_true()


def _click_in_menu(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()


def _find_by_filter(page: Page, running: Running, receipt: Receipt) -> None:
    _click_in_menu(page, "Payments")
    page.locator("summary").filter(has_text="Filter by time, place").click()
    counters = page.get_by_role("combobox", name="Counter")
    ours = counters.locator("option").filter(has_text=re.compile("Pier 3.*Counter 2|PIER3.*C2"))
    counters.select_option(ours.first.get_attribute("value"))
    page.get_by_role("button", name="Filter", exact=True).click()
    _ask_again_until(page, lambda: page.get_by_role("row").filter(has_text="31.70").count())
    row = page.get_by_role("row").filter(has_text=receipt.trade_no[-6:])
    expect(row).to_contain_text("Paid")


def _read_sum(page: Page, running: Running) -> None:
    page.get_by_role("link", name="Add up this filter").click()
    expect(page.get_by_role("heading", name="Sum of the filter")).to_be_visible()
    expect(page.locator(".summary")).to_contain_text("USD 31.70")
    page.get_by_role("link", name="To these payments").click()


def _give_part_back(page: Page, running: Running, receipt: Receipt) -> None:
    row = page.get_by_role("row").filter(has_text=receipt.trade_no[-6:])
    row.get_by_role("link").first.click()
    expect(page.locator("h1")).to_contain_text("USD 31.70")
    page.get_by_role("link", name="Give money back").click()
    page.get_by_label("Another amount").check()
    page.get_by_label("Amount", exact=True).fill("1.70")
    page.get_by_label("Reason").select_option(label="Wrong amount paid")
    page.get_by_role("button", name="Check").click()
    page.get_by_label("Your PIN").fill(PIN)
    page.get_by_role("button", name=re.compile("^Give .* back")).click()
    heading = page.locator("h1")
    expect(heading).to_contain_text("USD 1.70")
    _ask_again_until(page, lambda: "Refunded" in heading.inner_text())


def _stop_and_restart_code(page: Page, running: Running) -> None:
    _click_in_menu(page, "Stores and codes")
    page.get_by_role("link", name="Counter 3", exact=True).first.click()
    page.get_by_role("link", name="Open the code").click()
    page.locator("summary").filter(has_text="Stop the code").click()
    page.get_by_role("button", name="Yes, stop it").click()
    _ask_again_until(page, lambda: page.get_by_role("button", name="Yes, restart it").count())
    page.get_by_role("button", name="Yes, restart it").click()
    _ask_again_until(page, lambda: page.get_by_text("Stop the code").count())


def _run_shift(page: Page, running: Running) -> None:
    _click_in_menu(page, "Shifts")
    page.get_by_role("link", name="Counter 2").first.click()
    page.get_by_role("button", name="Open the shift").click()
    page.get_by_role("link", name="Close the shift").click()
    page.get_by_role("button", name="Close the shift").click()
    expect(page.locator("h1")).to_contain_text("Z-report")


def _ask_again_until(page: Page, is_so: Callable[[], object]) -> None:
    """What a person without script does: load the page again."""
    for _look in range(_LOOKS):
        if is_so():
            return
        page.wait_for_timeout(500)
        page.goto(page.url)
    assert is_so(), f"waited in vain at {page.url}"
