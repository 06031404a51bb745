"""A cashier at rush hour: ten payments, one whose notice is lost, and one that was never made.

What people wait for is measured and printed, one line each; `make bench` judges it. Where
``PEOPLE_TIMES`` names a file, the figures are written there as well.
"""

import json
import math
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.journeys.conftest import Running
from tests.journeys.steps import Receipt, books, lose_next_notice, pair_device, pay

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

_SHOWN = 20_000  # milliseconds a busy machine is given; what it took is measured and printed
_CODE = "PIER3-C1"
_PROMPT = ("4.10", "5.20", "6.30", "7.40", "8.50", "9.60", "10.70", "11.80", "12.90")
_LOST = "13.95"
#: A success screen that anybody can draw: 28 digits that begin with a day, as Alipay's do.
_FAKE = "2026010122001199990000123456"
#: When the browser put each amount before the cashier's eyes, in milliseconds since 1970.
_NOTE_WHEN_SHOWN = """() => {
  window.shownAt = {};
  const note = () => {
    for (const amount of document.querySelectorAll(".till-list .till-amount")) {
      requestAnimationFrame(() => { window.shownAt[amount.textContent.trim()] ??= Date.now(); });
    }
  };
  note();
  new MutationObserver(note).observe(document.body, { childList: true, subtree: true });
}"""


@dataclass
class Times:
    """What people waited for, in seconds, and the clicks to a proof."""

    to_screen: list[float] = field(default_factory=list)
    from_press: list[float] = field(default_factory=list)
    did_it_arrive: list[float] = field(default_factory=list)
    proof_clicks: int = 0

    @property
    def figures(self) -> dict[str, object]:
        ordered = sorted(self.to_screen)
        return {
            "payment_to_screen_p95_seconds": ordered[math.ceil(0.95 * len(ordered)) - 1],
            "payment_to_screen_seconds": self.to_screen,
            "press_to_screen_median_seconds": statistics.median(self.from_press),
            "press_to_screen_seconds": self.from_press,
            "did_it_arrive_seconds": max(self.did_it_arrive),
            "did_it_arrive_each_seconds": self.did_it_arrive,
            "proof_clicks": self.proof_clicks,
        }

    def tell(self) -> None:
        print()
        for name, figure in self.figures.items():
            print(f"{name}: {figure}")
        if os.environ.get("PEOPLE_TIMES"):
            Path(os.environ["PEOPLE_TIMES"]).write_text(json.dumps(self.figures))


@dataclass
class Clicks:
    """Everything a person clicks on the way."""

    number: int = 0

    def on(self, target: Locator) -> None:
        target.click()
        self.number += 1


@pytest.fixture
def device(browser: Browser) -> Iterator[BrowserContext]:
    """The tablet at the counter; a script that fails on it fails the test."""
    context = browser.new_context()
    failures: list[str] = []
    context.on("weberror", lambda failed: failures.append(str(failed.error)))
    yield context
    context.close()
    assert failures == []


def test_a_cashier_at_rush_hour_hands_over_what_is_paid_and_nothing_else(
    running: Running,
    device: BrowserContext,
    signed_in: Callable[[str], Page],
    open_page: Callable[[], Page],
) -> None:
    manager, cashier, phones = (
        signed_in("manager"),
        signed_in("cashier"),
        (open_page(), open_page()),
    )
    screen = pair_device(manager, device, running, counter="Counter 1", name="Till")
    screen.evaluate(_NOTE_WHEN_SHOWN)
    _open_question(cashier)
    times = Times()

    receipts = [
        pay(phones[turn % 2], running, _CODE, amount) for turn, amount in enumerate(_PROMPT[:6])
    ]
    _expect_on_screen(screen, *_PROMPT[:6])
    times.did_it_arrive += [_ask_with_four_digits(cashier, receipt) for receipt in receipts[:3]]

    _expect_nobody_takes_a_picture_for_money(cashier)
    lose_next_notice(phones[0], running)
    lost = pay(phones[0], running, _CODE, _LOST)
    _expect_found_by_asking(cashier, lost)

    receipts += [
        pay(phones[turn % 2], running, _CODE, amount) for turn, amount in enumerate(_PROMPT[6:])
    ]
    _expect_on_screen(screen, *_PROMPT, _LOST)
    _expect_each_announced_once(screen, *_PROMPT, _LOST)
    _expect_the_day_adds_up(screen, *_PROMPT, _LOST)

    times.proof_clicks = _open_proof(manager, running, receipts[0])
    shown_at = _shown_at(screen)
    times.to_screen = _seconds_to_screen(shown_at, phones[0], running, receipts)
    times.from_press = [round(shown_at[each.amount] - each.pressed_at, 3) for each in receipts]
    times.tell()
    assert times.proof_clicks == 2
    running.expect_all_true()


def _open_question(page: Page) -> None:
    page.get_by_role("link", name="Counter 1").first.click()
    page.get_by_role("link", name="Is this payment real?").click()


def _expect_on_screen(screen: Page, *amounts: str) -> None:
    for amount in amounts:
        shown = screen.locator(".till-amount").filter(has_text=amount)
        expect(shown).to_have_count(1, timeout=_SHOWN)


def _ask_with_four_digits(page: Page, receipt: Receipt) -> float:
    """From the first digit to the answer; the sum is the cashier's to compare."""
    started = time.monotonic()
    number = page.get_by_label("Number on the customer's screen")
    number.press_sequentially(receipt.trade_no[-4:])
    number.press("Enter")
    answer = page.locator("article.genuine-good").filter(has_text=receipt.amount)
    expect(answer).to_contain_text("Paid at this counter", timeout=_SHOWN)
    return time.monotonic() - started


def _ask_about(page: Page, number: str) -> None:
    page.get_by_label("Number on the customer's screen").fill(number)
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_role("heading", name="Not arrived yet")).to_be_visible()
    expect(page.get_by_text("Do not hand over the goods yet.")).to_be_visible()


def _expect_nobody_takes_a_picture_for_money(page: Page) -> None:
    _ask_about(page, _FAKE)
    page.get_by_role("button", name="Ask Alipay now").click()
    unknown = page.get_by_text("Alipay does not know the number so far")
    denied = page.get_by_role("heading", name="Not ours")
    expect(unknown.or_(denied)).to_be_visible(timeout=_SHOWN)
    expect(page.locator("article.genuine-good")).to_have_count(0)
    while denied.count() == 0:
        page.get_by_role("button", name="Ask Alipay now").click()
        expect(unknown.or_(denied)).to_be_visible(timeout=_SHOWN)
    expect(page.get_by_text("Do not hand over the goods; compare the number")).to_be_visible()


def _expect_found_by_asking(page: Page, lost: Receipt) -> None:
    _ask_about(page, lost.trade_no)
    page.get_by_role("button", name="Ask Alipay now").click()
    answer = page.locator("article.genuine-good").filter(has_text=lost.amount)
    expect(answer).to_contain_text("Paid at this counter", timeout=_SHOWN)
    expect(answer).to_contain_text("No notification has named the counter; Alipay was asked.")


def _expect_each_announced_once(screen: Page, *amounts: str) -> None:
    once = {f"USD {amount}": 1 for amount in amounts}
    screen.wait_for_function(
        "wanted => document.querySelectorAll('[data-announced]').length >= wanted",
        arg=len(once),
        timeout=_SHOWN,
    )
    screen.wait_for_timeout(3_000)  # longer than a second announcement would wait for its turn
    said = screen.locator("[data-announced] strong").all_text_contents()
    assert Counter(said) == once


def _expect_the_day_adds_up(screen: Page, *amounts: str) -> None:
    day = screen.locator("[data-part=day]")
    expect(day).to_contain_text(f"USD {sum(map(Decimal, amounts))}")
    expect(day).to_contain_text(f"{len(amounts)} payments")


def _open_proof(page: Page, running: Running, receipt: Receipt) -> int:
    """How many clicks it takes from the list to the signed words themselves."""
    clicks = Clicks()
    page.goto(f"{running.url}/payments/")
    row = page.get_by_role("row").filter(has_text=receipt.trade_no[-6:])
    clicks.on(row.get_by_role("link").first)
    clicks.on(page.locator("#panel").get_by_role("link", name="Proof"))
    expect(page.locator("pre.raw").first).to_contain_text(receipt.trade_no)
    return clicks.number


def _shown_at(screen: Page) -> dict[str, float]:
    """When each amount came before the cashier's eyes, in seconds since 1970."""
    return {
        amount.removeprefix("USD"): milliseconds / 1000
        for amount, milliseconds in screen.evaluate("window.shownAt").items()
    }


def _seconds_to_screen(
    shown_at: Mapping[str, float], page: Page, running: Running, receipts: list[Receipt]
) -> list[float]:
    """From the notice that Alipay writes and posts at once, to the amount on the screen."""
    written_at = {
        notice["trade_no"]: notice["created_at"] for notice in books(page, running, "notices")
    }
    return [
        round(
            shown_at[receipt.amount]
            - datetime.fromisoformat(written_at[receipt.trade_no]).timestamp(),
            3,
        )
        for receipt in receipts
    ]
