"""A paired device at a counter, in a real browser: each payment is announced once."""

import time
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.crashes import conftest as crashes
from tests.crashes.processes import House
from tests.journeys.conftest import PASSWORD

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]

house = crashes.house

_SHOWN = 20_000  # milliseconds a busy machine is given; `make bench` judges what it took
_AWAY_SECONDS = 13
#: A payment that a person moves to this counter later: its number is lower than what is known.
_MOVE = "from payments.models import Payment; from qrcodes.models import Counter;" + (
    "Payment.objects.filter(alipay_trans_id='{}').update(counter=Counter.objects.get(pk={}))"
)


class Screens:
    """Two tabs of one device, and everything they have announced."""

    def __init__(self, house: House, context: BrowserContext, first: Page) -> None:
        self.house, self.context, self.first = house, context, first
        self.tabs = [first, context.new_page()]
        self.tabs[1].goto(f"{house.url}/screen/")
        self.before_reload: list[str] = []

    def pay(self, amount: str) -> str:
        """A buyer pays, and Alipay's notification comes."""
        number = self.house.pay(amount)
        self.house.deliver()
        return number

    def see(self, *amounts: str) -> None:
        for tab in self.tabs:
            for amount in amounts:
                shown = tab.locator(".till-amount").filter(has_text=amount)
                expect(shown.first).to_be_visible(timeout=_SHOWN)

    def reload(self, tab: Page) -> None:
        self.before_reload += _said(tab)
        tab.reload()

    def announced(self) -> Counter[str]:
        """How often each amount was announced, in both tabs together."""
        time.sleep(3)  # longer than the tab that comes last waits for its turn
        return Counter(self.before_reload + [said for tab in self.tabs for said in _said(tab)])


def _said(tab: Page) -> list[str]:
    return tab.locator("[data-announced] strong").all_text_contents()


@pytest.fixture
def manager(browser: Browser, house: House) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def device(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that fails the test where a script fails; a lost network is part of it."""
    context = browser.new_context()
    failures: list[str] = []
    context.on("weberror", lambda failed: failures.append(str(failed.error)))
    yield context
    context.close()
    assert failures == []


def _offer(page: Page, house: House, name: str) -> str:
    """The manager makes a code for a device of counter 1."""
    if "/counters/" not in page.url:
        page.goto(f"{house.url}/auth/login/?next=/stores/")
        page.get_by_label("Username").fill("manager")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Counter 1", exact=True).first.click()
        page.get_by_role("link", name="Devices").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make a code").click()
    return page.locator(".pairing-code").inner_text()


def _pair(context: BrowserContext, house: House, code: str) -> Page:
    page = context.new_page()
    page.goto(f"{house.url}/pair/")
    page.get_by_label("Pairing code").fill(code)
    page.get_by_role("button", name="Make it the counter's screen").click()
    page.wait_for_url(f"{house.url}/screen/")
    return page


def test_each_payment_is_announced_once_whatever_happens_to_the_screen(
    house: House, manager: Page, device: BrowserContext
) -> None:
    with house.web():
        old, moved = house.pay("5.00"), house.pay("5.50")
        house.deliver()
        house.manage("shell", "-c", _MOVE.format(moved, 2))
        assert old
        screens = Screens(house, device, _pair(device, house, _offer(manager, house, "Tablet")))
        screens.see("5.00")
        screens.pay("6.10")
        screens.see("6.10")
        assert screens.announced() == {"USD 6.10": 1}

        house.manage("shell", "-c", _MOVE.format(moved, 1))
        screens.see("5.50")
        _expect_list_after_a_gap(screens)
        screens.reload(screens.first)
        screens.see("6.40")
    house.pay("6.50")
    with house.web():
        house.deliver()
        screens.see("6.50")
        told = {"USD 5.50", "USD 6.10", "USD 6.30", "USD 6.40", "USD 6.50"}
        assert screens.announced() == dict.fromkeys(told, 1)
        house.verify()


def _expect_list_after_a_gap(screens: Screens) -> None:
    screens.context.set_offline(True)
    expect(screens.first.get_by_text("Offline: nothing new is shown")).to_be_visible()
    screens.pay("6.30")
    screens.pay("6.40")
    time.sleep(_AWAY_SECONDS)
    screens.context.set_offline(False)
    screens.see("6.30", "6.40")
    screens.announced()
    lists = [tab.get_by_text("2 payments while you were offline") for tab in screens.tabs]
    assert sum(each.is_visible() for each in lists) == 1


def test_a_screen_that_nobody_has_touched_says_that_its_sound_is_off(
    house: House, manager: Page, device: BrowserContext
) -> None:
    with house.web():
        _pair(device, house, _offer(manager, house, "Phone"))
        untouched = device.new_page()
        untouched.goto(f"{house.url}/screen/")
        bar = untouched.get_by_role("button", name="Sound is off: tap")
        bar.click()
        expect(bar).to_be_hidden()
        untouched.get_by_text("Sound and voice").click()
        untouched.get_by_label("Speak the amount in").select_option("cantonese")
        untouched.reload()
        expect(untouched.get_by_label("Speak the amount in")).to_have_value("cantonese")
        house.verify()


def test_a_new_payment_stands_on_top_and_a_disconnected_screen_says_so(
    house: House, manager: Page, device: BrowserContext
) -> None:
    with house.web():
        screen = _pair(device, house, _offer(manager, house, "Monitor"))
        for amount in ("7.10", "7.20", "7.30"):
            _expect_on_top(house, screen, amount)

        manager.get_by_role("link", name="To the devices").click()
        manager.get_by_role("button", name="Disconnect Monitor").click()
        closed = screen.get_by_role("heading", name="This device was disconnected")
        expect(closed).to_be_visible(timeout=_SHOWN)
        expect(screen.locator("[data-payment]")).to_have_count(0)
        house.verify()


def _expect_on_top(house: House, screen: Page, amount: str) -> None:
    house.pay(amount)
    house.deliver()
    newest = screen.locator(".till-amount").first
    expect(newest).to_contain_text(amount, timeout=_SHOWN)
