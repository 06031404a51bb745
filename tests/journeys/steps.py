"""What people do on more than one journey: at the phone, at Alipay's desk, in the portal."""

import json
import time
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.conftest import PASSWORD, Running


@dataclass(frozen=True)
class Receipt:
    """What a buyer's phone shows after paying."""

    amount: str
    trade_no: str
    #: When the buyer pressed the button, in seconds since 1970.
    pressed_at: float


class Wallet:
    """The phone of a customer, and Alipay's switches."""

    def __init__(self, page: Page, running: Running) -> None:
        self.page, self.running = page, running

    def show(self, **wish: str) -> str:
        """The digits of a payment code."""
        answer = self.page.request.post(f"{self.running.simulator_url}/phone/codes", data=wish)
        assert answer.ok, answer.text()
        code: str = answer.json()["code"]
        return code

    def confirm(self, amount: str) -> None:
        """The customer is asked for the password, and pays."""
        self.page.goto(f"{self.running.simulator_url}/wallet")
        asked = self.page.locator("section.asks").filter(has_text=amount)
        asked.get_by_role("button", name="Pay").click()

    def go_wrong(self, service: str, name: str, value: str | bool = True) -> None:
        """The next such call goes wrong so."""
        wish = {"name": name, "value": value, "times": 1, "service": service}
        answer = self.page.request.post(f"{self.running.simulator_url}/control/mishaps", data=wish)
        assert answer.ok, answer.text()

    def pay_order(self, amount: str) -> None:
        """The customer reads the order's code on the shop's screen."""
        self.page.goto(f"{self.running.simulator_url}/")
        orders = self.page.get_by_role("link").filter(has_text="Pier 3")
        orders.filter(has_text=amount).click()
        self.page.get_by_role("button", name="Pay").click()


def open_counter(page: Page, running: Running, store: str) -> None:
    """The screen of a store's first counter, the way people go."""
    page.goto(f"{running.url}/stores/")
    its = page.locator("section").filter(has_text=store)
    its.get_by_role("link", name="Counter 1", exact=True).click()
    page.get_by_role("link", name="Screen", exact=True).click()


def pay(phone: Page, running: Running, store_id: str, amount: str) -> Receipt:
    """A buyer scans a counter's code, types the amount and pays."""
    phone.goto(f"{running.simulator_url}/")
    phone.get_by_role("link").filter(has_text=store_id).click()
    phone.get_by_label("Amount").fill(amount)
    pressed_at = time.time()
    phone.get_by_role("button", name="Pay").click()
    expect(phone.get_by_role("heading", name="Paid")).to_be_visible()
    number = phone.locator("dt:has-text('Alipay order number') + dd").inner_text().strip()
    return Receipt(amount, number, pressed_at)


def lose_next_notice(desk: Page, running: Running) -> None:
    """Alipay's next notification never leaves."""
    desk.goto(f"{running.simulator_url}/control/")
    desk.get_by_label("What goes wrong").select_option("lost")
    desk.get_by_role("button", name="Switch on").click()


def books(page: Page, running: Running, name: str) -> list[dict[str, Any]]:
    """Alipay's own truth."""
    rows: list[dict[str, Any]] = json.loads(
        page.request.get(f"{running.simulator_url}/books/{name}.json").text()
    )
    return rows


def sign_in(page: Page, running: Running, name: str) -> None:
    """Somebody of the demo signs in and sees the home page."""
    page.goto(f"{running.url}/auth/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{running.url}/")


def pair_device(
    manager: Page, device: BrowserContext, running: Running, *, counter: str, name: str
) -> Page:
    """The manager makes a code, which is typed on the device; its screen, with takings."""
    manager.goto(f"{running.url}/stores/")
    manager.get_by_role("link", name=counter, exact=True).first.click()
    manager.get_by_role("link", name="Devices").click()
    manager.get_by_label("Name").fill(name)
    manager.get_by_role("checkbox").check()
    manager.get_by_role("button", name="Make a code").click()
    code = manager.locator(".pairing-code").inner_text()
    screen = device.new_page()
    screen.goto(f"{running.url}/pair/")
    screen.get_by_label("Pairing code").fill(code)
    screen.get_by_role("button", name="Make it the counter's screen").click()
    screen.wait_for_url(f"{running.url}/screen/")
    return screen
