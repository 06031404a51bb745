"""A cashier's counter and a customer's own screen, with real web, jobs and Alipay's side: the six
acceptance cases of the barcode product in both generations of the interface, an order's code from
the typed amount to the slip, and an acquirer's merchants, who see nothing of each other."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.journeys import two_merchants
from tests.journeys.conftest import PASSWORD, Running
from tests.journeys.steps import Wallet, books, open_counter, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

_SOON = 20_000  # milliseconds a busy machine is given
#: The customer's time runs out; then it is cancelled until that is final.
_EXPIRED = 120_000
_OPEN = "[data-sale-open]"
_GATEWAY_PAY = "alipay.acquire.overseas.spot.pay"


@dataclass(frozen=True)
class Shop:
    """A store of the demo, and the generation of the interface its account speaks."""

    store: str
    currency: str
    #: The call that charges a customer's code.
    pay: str


_SHOPS = {
    "json": Shop("PIER3", "USD", "pay"),
    "gateway": Shop("CENTRAL", "HKD", _GATEWAY_PAY),
}


@pytest.fixture(scope="module")
def settings_of_portal() -> dict[str, str]:
    """Customers get less than their minute here, and a sale that nobody answers for is cancelled
    twice; the usual times are held by tests/sales, where the clock is moved."""
    return {"BARCODE_WAIT_SECONDS": "20", "SALE_CANCEL_LADDER_SECONDS": "5"}


@pytest.fixture(params=_SHOPS.values(), ids=_SHOPS)
def shop(request: pytest.FixtureRequest) -> Shop:
    """Each generation of the interface in turn."""
    chosen: Shop = request.param
    return chosen


def _take(page: Page, running: Running, shop: Shop, digits: str, amount: str) -> None:
    """The cashier's way: the amount, then the scanner types the code and the return key, twice."""
    open_counter(page, running, shop.store)
    page.get_by_role("link", name="Take a payment").click()
    page.get_by_label("Amount").fill(amount)
    page.get_by_role("button", name="Scan customer's code").click()
    expect(page.locator("[data-scan-field]")).to_be_focused()
    page.keyboard.type(digits)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sale/")
    assert digits not in page.content()


def _expect_word(page: Page, word: str, *, timeout: float = _SOON) -> None:
    expect(page.get_by_role("heading", name=word)).to_be_visible(timeout=timeout)


def _expect_paid(page: Page) -> None:
    _expect_word(page, "Paid")
    expect(page.get_by_text("Hand over the goods.")).to_be_visible()


def test_the_six_acceptance_cases_of_a_scanned_code(
    running: Running, shop: Shop, signed_in: Callable[[str], Page], open_page: Callable[[], Page]
) -> None:
    wallet = Wallet(open_page(), running)
    expires, broken, till = signed_in("cashier"), signed_in("cashier"), signed_in("cashier")

    # SPOT-004 and SPOT-005 take their time; the others go on meanwhile.
    _take(expires, running, shop, wallet.show(outcome="waiting"), "4.40")
    _expect_word(expires, "Waiting for the customer to confirm")
    _expect_to_be_kept_on(expires)
    wallet.go_wrong(shop.pay, "refused", "SYSTEM_ERROR")
    _take(broken, running, shop, wallet.show(), "5.50")
    expect(broken.locator(_OPEN)).to_be_visible()
    open_counter(till, running, shop.store)
    expect(till.get_by_role("heading", name="Unfinished sales")).to_be_visible()

    _take(till, running, shop, wallet.show(), "1.10")  # SPOT-001
    _expect_paid(till)
    _take(till, running, shop, wallet.show(length="24"), "2.20")  # SPOT-002
    _expect_paid(till)
    _take(till, running, shop, wallet.show(outcome="waiting"), "3.30")  # SPOT-003
    _expect_word(till, "Waiting for the customer to confirm")
    expect(till.get_by_text("Do not hand over the goods yet.")).to_be_visible()
    wallet.confirm("3.30")
    _expect_paid(till)
    wallet.go_wrong(shop.pay, "done_but_no_answer")
    _take(till, running, shop, wallet.show(), "6.60")  # SPOT-006
    _expect_paid(till)

    for page in (expires, broken):
        _expect_word(page, "Not paid, nothing was taken", timeout=_EXPIRED)
    assert _paid(wallet, shop) == {"1.10", "2.20", "3.30", "6.60"}
    till.get_by_role("link", name="To the counter's screen").click()
    expect(till.get_by_role("heading", name="Unfinished sales")).to_be_hidden(timeout=_SOON)
    running.expect_all_true()


#: Reads the customer's code off the camera once it shows a picture: the reader that telephones have
#: and browsers on a desk have not.
_READER = """(digits) => { window.BarcodeDetector = class {
  async detect(video) { return video.videoWidth ? [{ rawValue: digits }] : []; }
}; }"""


def test_the_camera_reads_the_code(
    running: Running, signed_in: Callable[[str], Page], open_page: Callable[[], Page]
) -> None:
    till, digits = signed_in("cashier"), Wallet(open_page(), running).show()
    open_counter(till, running, "PIER3")
    till.get_by_role("link", name="Take a payment").click()
    till.get_by_label("Amount").fill("7.70")
    till.add_init_script(f"({_READER})('{digits}')")
    till.get_by_role("button", name="Scan customer's code").click()
    till.get_by_role("button", name="Use the camera").click()
    till.wait_for_url("**/sale/")
    _expect_paid(till)
    assert digits not in till.content()


def _paid(wallet: Wallet, shop: Shop) -> set[str]:
    """The amounts that customers paid at the shop, as Alipay's own books have them."""
    trades = books(wallet.page, wallet.running, "trades")
    ours = [row for row in trades if row["currency"] == shop.currency]
    return {row["amount"] for row in ours if row["status"] == "TRADE_SUCCESS"}


def _expect_to_be_kept_on(page: Page) -> None:
    """Who leaves while the customer may still pay is asked whether they mean it."""
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.locator(".sale-sum").click()
    page.evaluate("location.assign('/')")
    expect(page.locator(_OPEN)).to_be_visible()
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    assert page.url.endswith("/sale/")


def test_a_customer_types_scans_and_takes_the_slip_along(
    running: Running,
    browser: Browser,
    signed_in: Callable[[str], Page],
    open_page: Callable[[], Page],
) -> None:
    manager, wallet = signed_in("manager"), Wallet(open_page(), running)
    kiosk = _pair_kiosk(manager, running, open_page())
    kiosk.get_by_label("What do you pay?").fill("9.40")
    kiosk.get_by_role("button", name="Show the code").click()
    code = kiosk.get_by_role("img", name="QR code to pay USD 9.40")
    expect(code).to_be_visible()
    expect(kiosk.get_by_text("more seconds")).to_be_visible()

    wallet.pay_order("9.40")
    _expect_word(kiosk, "Paid. Thank you!", timeout=_EXPIRED)
    expect(code).to_be_hidden()
    expect(kiosk.get_by_label("What do you pay?")).to_be_visible(timeout=40_000)

    manager.goto(f"{running.url}/payments/?product=order_code")
    manager.locator("a.row-link").first.click()
    manager.get_by_role("link", name="Open the whole page").click()
    manager.get_by_role("link", name="Slip", exact=True).click()
    slip = manager.locator("article.slip")
    expect(slip).to_contain_text("Payment slip, not a tax invoice")
    expect(slip).to_contain_text("9.40")
    running.expect_all_true()


def _pair_kiosk(manager: Page, running: Running, device: Page) -> Page:
    manager.goto(f"{running.url}/stores/")
    manager.get_by_role("link", name="Counter 2", exact=True).first.click()
    manager.get_by_role("link", name="Devices").click()
    manager.get_by_label("Name").fill("Kiosk")
    manager.get_by_label("Who stands in front of it").select_option("self_service")
    manager.get_by_role("button", name="Make a code").click()
    code = manager.locator(".pairing-code").inner_text()
    device.goto(f"{running.url}/pair/")
    device.get_by_label("Pairing code").fill(code)
    device.get_by_role("button", name="Make it the counter's screen").click()
    device.wait_for_url(f"{running.url}/screen/pay/")
    return device


@pytest.fixture
def key_of_quay(running: Running) -> str:
    """An acquirer's two merchants, and the key of the second one's program."""
    given = (running.simulator_url, PASSWORD)
    made = running.manage(
        "shell", "-c", f"from tests.journeys import two_merchants; two_merchants.make{given!r}"
    )
    assert made.returncode == 0, made.stderr
    asked = ("--name", "till", "--role", "manager", "--merchant", "QUAY", "--json")
    key: str = json.loads(running.manage("create_api_key", *asked).stdout)["key"]
    return key


def test_an_acquirers_merchants_see_their_own_sales_alone(
    running: Running, key_of_quay: str, open_page: Callable[[], Page]
) -> None:
    cashier, wallet = open_page(), Wallet(open_page(), running)
    sign_in(cashier, running, two_merchants.username("cashier", "HILL"))
    _take(cashier, running, Shop("HILLTOP", "USD", _GATEWAY_PAY), wallet.show(), "27.18")
    _expect_paid(cashier)
    (trade,) = (row for row in books(wallet.page, running, "trades") if row["amount"] == "27.18")
    assert trade["biz_data"]["secondary_merchant_id"] == "HILL"

    hill, quay = open_page(), open_page()
    for page, merchant, sees in ((hill, "HILL", 1), (quay, "QUAY", 0)):
        sign_in(page, running, two_merchants.username("manager", merchant))
        for address in ("payments/", "stores/", "reports/transactions/", ""):
            page.goto(f"{running.url}/{address}")
            expect(page.get_by_text("QUAYSIDE" if sees else "HILLTOP")).to_have_count(0)
        page.goto(f"{running.url}/payments/")
        expect(page.locator("a.row-link")).to_have_count(sees)
        assert ("27.18" in _transactions(page, running)) is bool(sees)
    _expect_nothing_of(cashier.url, quay, running, key_of_quay)
    running.expect_all_true()


def _transactions(page: Page, running: Running) -> str:
    """The transactions report as a file."""
    page.goto(f"{running.url}/reports/transactions/")
    page.get_by_role("button", name="Show", exact=True).click()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download CSV").click()
    return Path(downloading.value.path()).read_text("utf-8-sig")


def _expect_nothing_of(sale: str, page: Page, running: Running, key: str) -> None:
    """Neither the sale's page, nor its payment's, nor the API has it for the other merchant."""
    payment = sale.removesuffix("sale/")
    for address in (sale, payment, f"{payment}proof/"):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 404
    api = f"{running.url}/api/v1/payments/"
    headers = {"Authorization": f"Api-Key {key}"}
    listed = page.request.get(api, headers=headers)
    assert (listed.status, listed.json()["results"]) == (200, [])
    number = payment.rstrip("/").rpartition("/")[2]
    assert page.request.get(f"{api}{number}/", headers=headers).status == 404
