"""Who may take payments on pages, and look at them."""

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.models import User
from payments.models import Sale
from tests import factories
from tests.sales.browsing import SignIn, desk, interface, page_of, sell_url, text_of
from tests.sales.till import Till

__all__ = ["desk", "interface"]

pytestmark = pytest.mark.django_db


_WRITES = ["counter_sell", "payment_sale_end"]


@pytest.mark.parametrize("name", _WRITES)
def test_an_outsider_finds_nothing(
    name: str, till: Till, outsider: User, signed_in: SignIn
) -> None:
    sale = till.scan()
    pk = till.counter.pk if name == "counter_sell" else sale.payment_id
    assert signed_in(outsider).post(reverse(name, args=[pk])).status_code == 404


@pytest.mark.parametrize("name", _WRITES)
def test_who_is_signed_out_is_led_to_the_sign_in(name: str, till: Till, client: Client) -> None:
    sale = till.scan()
    pk = till.counter.pk if name == "counter_sell" else sale.payment_id
    answer = client.post(reverse(name, args=[pk]))
    assert answer.headers["Location"].startswith("/auth/login/")


@pytest.mark.parametrize("name", ["payment_sale_end", "device_sale_end", "device_pay_end"])
def test_a_sale_is_not_given_up_by_looking(
    name: str, till: Till, desk: Client, device: Client
) -> None:
    sale = till.scan()
    args = [] if name == "device_pay_end" else [sale.payment_id]
    browser = desk if name == "payment_sale_end" else device
    assert browser.get(reverse(name, args=args)).status_code == 405


def test_finance_looks_and_takes_nothing(till: Till, finance: User, signed_in: SignIn) -> None:
    sale = till.scan(shown=till.show_code(outcome="waiting"))
    browser = signed_in(finance)
    assert browser.get(sell_url(till)).status_code == 403
    assert browser.post(reverse("payment_sale_end", args=[sale.payment_id])).status_code == 403
    assert "Cancel this payment" not in text_of(page_of(browser, sale))


def test_finance_is_not_led_to_where_payments_are_taken(
    till: Till, finance: User, signed_in: SignIn
) -> None:
    page = page_of(signed_in(finance), till.scan())
    assert reverse("payment_slip", args=[Sale.objects.get().payment_id]) in page.content.decode()
    assert sell_url(till) not in page.content.decode()


def test_a_device_sees_the_sales_of_its_own_counter_alone(till: Till, device: Client) -> None:
    other = factories.sale(factories.counter(till.counter.store, number=2), account=till.account)
    assert page_of(device, other, "device_sale").status_code == 404
    answer = device.post(reverse("device_sale_end", args=[other.payment_id]))
    assert answer.status_code == 404


def test_what_no_device_is_takes_no_payments(till: Till, client: Client) -> None:
    assert client.post(reverse("device_sell")).status_code == 403
