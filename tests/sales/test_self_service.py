"""A device towards customers, the slip, and the customer's own page of a payment."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from payments import services as payments
from payments.models import Sale
from payments.selling import SaleOutcome
from payments.states import GiveBackReason
from qrcodes.models import Counter, Device
from qrcodes.states import DeviceUse
from tests.factories import ACTOR
from tests.sales.till import Till

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]
Pair = Callable[..., Client]


@pytest.fixture
def interface() -> str:
    """Pages do not differ by it."""
    return "gateway"


@pytest.fixture
def kiosk(pair_device: Pair) -> Client:
    """A device at which customers type what they pay."""
    return pair_device(DeviceUse.SELF_SERVICE)


@pytest.fixture
def display(pair_device: Pair) -> Client:
    """A device that shows customers what staff has begun."""
    return pair_device(DeviceUse.CUSTOMERS)


def _shown(browser: Client) -> str:
    return browser.get(reverse("device_pay")).content.decode()


def _type(kiosk: Client, till: Till, amount: str) -> Any:
    key = re.search(r'name="key" value="([^"]+)"', _shown(kiosk))
    assert key is not None
    terms = {"key": key[1], "amount": amount, "account": str(till.account.pk)}
    return kiosk.post(reverse("device_pay"), terms)


def test_a_customer_types_pays_and_the_start_comes_back(till: Till, kiosk: Client) -> None:
    _type(kiosk, till, "8.50")
    sale = Sale.objects.select_related("payment").get()
    page = _shown(kiosk)
    assert "data:image/svg+xml" in page
    assert "USD" in page
    till.pay_order(sale)
    till.run(70)
    page = _shown(kiosk)
    assert "Paid. Thank you!" in page
    assert "data:image/svg+xml" not in page
    till.wait(21)
    assert "What do you pay?" in _shown(kiosk)
    assert till.outcome(sale) == SaleOutcome.PAID


def test_a_customer_gives_up_what_they_began(till: Till, kiosk: Client) -> None:
    _type(kiosk, till, "8.50")
    kiosk.post(reverse("device_pay_end"))
    assert till.outcome(Sale.objects.get()) == SaleOutcome.NOT_PAID
    assert "Not paid, nothing was taken" in _shown(kiosk)


def test_what_a_person_must_look_at_keeps_no_customer_from_paying(
    till: Till, kiosk: Client
) -> None:
    _type(kiosk, till, "8.50")
    till.alipay.switch("down")
    kiosk.post(reverse("device_pay_end"))
    assert "Please do not pay this any more." in _shown(kiosk)
    till.run(300)
    assert till.outcome(Sale.objects.get()) == SaleOutcome.ASK
    assert "What do you pay?" in _shown(kiosk)


def test_a_second_press_makes_no_second_order(till: Till, kiosk: Client) -> None:
    key = {"key": "k" * 20, "amount": "8.50", "account": str(till.account.pk)}
    for _press in range(2):
        kiosk.post(reverse("device_pay"), key)
    assert Sale.objects.count() == 1


@pytest.mark.parametrize("amount", ["", "0", "1,000"])
def test_an_amount_that_is_none_is_told_to_the_customer(
    till: Till, kiosk: Client, amount: str
) -> None:
    response = _type(kiosk, till, amount)
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    assert not Sale.objects.exists()


def test_a_display_shows_no_order_that_another_customer_typed(
    till: Till, kiosk: Client, display: Client
) -> None:
    _type(kiosk, till, "8.50")
    assert "8.50" in _shown(kiosk)
    assert "8.50" not in _shown(display)
    till.order("9.40")
    assert "9.40" in _shown(display)


def test_a_display_shows_the_order_of_staff_and_types_nothing(till: Till, display: Client) -> None:
    assert "The code to pay with comes here" in _shown(display)
    display.post(reverse("device_pay"), {"amount": "8.50", "account": str(till.account.pk)})
    assert not Sale.objects.exists()
    sale = till.order()
    page = _shown(display)
    assert "data:image/svg+xml" in page
    assert "Cancel this payment" not in page
    display.post(reverse("device_pay_end"))
    assert till.outcome(sale) == SaleOutcome.ISSUED


def test_what_one_customer_begins_no_other_device_shows(
    till: Till, kiosk: Client, pair_device: Pair
) -> None:
    till.order()
    assert "data:image/svg+xml" not in _shown(kiosk)


def test_customers_see_nothing_of_the_counter(till: Till, kiosk: Client) -> None:
    sale = till.scan()
    for url in (reverse("device_screen"), reverse("device_sell")):
        assert kiosk.get(url).headers["Location"] == reverse("device_pay")
    assert kiosk.get(reverse("device_feed")).status_code == 403
    for name in ("device_sale", "device_slip"):
        assert kiosk.get(reverse(name, args=[sale.payment_id])).status_code == 404


def test_a_device_serves_others_once_it_is_changed(
    till: Till, pair_device: Pair, manager: User, signed_in: SignIn
) -> None:
    device = pair_device()
    url = reverse("device_edit", args=[Device.objects.get().pk])
    signed_in(manager).post(url, {"name": "Kiosk", "use": "self_service"})
    assert "What do you pay?" in _shown(device)
    assert Device.objects.get().name == "Kiosk"


# ---- The slip, and the customer's page ----------------------------------------------------------


def _receipt(sale: Sale) -> str:
    return reverse("receipt", args=[sale.receipt_key])


_TITLES = {
    "en": "Payment slip, not a tax invoice",
    "zh-hans": "付款凭条，非税务发票",
    "zh-hant": "付款單據，非稅務發票",
}


@pytest.mark.parametrize("language", _TITLES)
@pytest.mark.parametrize("paper", ["58", "80", "a4"])
def test_the_slip_says_what_it_is_on_each_paper_in_each_language(
    till: Till, cashier: User, signed_in: SignIn, paper: str, language: str
) -> None:
    sale = till.scan()
    url = reverse("payment_slip", args=[sale.payment_id])
    asked = {"paper": paper, "language": language}
    page = signed_in(cashier).get(url, asked).content.decode()
    assert _TITLES[language] in page
    assert f"slip-{paper}" in page
    assert till.payment(sale).alipay_trans_id in page
    assert "data:image/svg+xml" in page


def test_there_is_no_slip_of_what_is_not_paid(till: Till, cashier: User, signed_in: SignIn) -> None:
    sale = till.scan(shown=till.show_code(outcome="waiting"))
    url = reverse("payment_slip", args=[sale.payment_id])
    assert signed_in(cashier).get(url).status_code == 404


def test_a_customer_sees_the_payment_without_signing_in(till: Till, client: Client) -> None:
    sale = till.scan()
    response = client.get(_receipt(sale))
    page = response.content.decode()
    assert "12.50" in page
    assert "Paid" in page
    assert sale.code_hint not in page
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert client.post(_receipt(sale)).status_code == 405


def test_a_customer_sees_money_come_back(till: Till, client: Client) -> None:
    sale = till.scan()
    payments.request_cancel(
        till.payment(sale), reason=GiveBackReason.OTHER, note="Wrong dish", actor=ACTOR
    )
    till.run(2)
    page = client.get(_receipt(sale)).content.decode()
    assert "Given back to you" in page
    assert "Wrong dish" not in page


def test_a_key_that_nobody_was_given_leads_nowhere(till: Till, client: Client) -> None:
    till.scan()
    assert client.get(reverse("receipt", args=["x" * 32])).status_code == 404


# ---- Setting it up ------------------------------------------------------------------------------


def test_a_manager_lets_a_store_take_payments_under_an_account(
    counter: Counter, account: Account, manager: User, signed_in: SignIn
) -> None:
    browser = signed_in(manager)
    sell = reverse("counter_sell", args=[counter.pk])
    browser.post(reverse("store_enrol", args=[counter.store_id]), {"account": account.pk})
    assert "Show a code" in browser.get(sell, follow=True).content.decode()
    store = browser.get(counter.store.get_absolute_url()).content.decode()
    assert account.name in store
