"""Taking payments on pages: a person at the counter's page, and a paired device."""

import logging
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from merchant_portal.models import User
from payments.models import Sale
from payments.selling import SaleOutcome
from qrcodes.models import IdempotencyKey
from tests.sales.browsing import (
    SignIn,
    desk,
    interface,
    open_form,
    page_of,
    scan_on_page,
    sell_url,
    terms_of,
    text_of,
)
from tests.sales.till import PAY, Till

__all__ = ["desk", "interface"]

pytestmark = pytest.mark.django_db


# ---- A scan -----------------------------------------------------------------------------------


def test_a_cashier_scans_a_customers_code_and_is_told_that_it_is_paid(
    till: Till, desk: Client
) -> None:
    digits = till.show_code().reveal()
    response = scan_on_page(desk, till, sell_url(till), f"{digits}\r\n", description="Noodles")
    sale = Sale.objects.get()
    assert response.headers["Location"] == reverse("payment_sale", args=[sale.payment_id])
    page = text_of(desk.get(response.headers["Location"]))
    assert "Paid Hand over the goods." in page
    assert "USD 12.50" in page
    assert (sale.description, str(sale.begun_by)) == ("Noodles", "cashier")
    assert till.outcome(sale) == SaleOutcome.PAID


def test_a_paired_device_takes_payments_of_its_counter(till: Till, device: Client) -> None:
    digits = till.show_code().reveal()
    response = scan_on_page(device, till, reverse("device_sell"), digits)
    sale = Sale.objects.get()
    assert response.headers["Location"] == reverse("device_sale", args=[sale.payment_id])
    assert "Hand over the goods." in text_of(device.get(response.headers["Location"]))
    assert sale.device is not None
    assert sale.device.counter == till.counter


def test_the_scan_field_is_empty_ready_and_unremembered(till: Till, desk: Client) -> None:
    address, key = open_form(desk, sell_url(till))
    page = desk.post(address, terms_of(till, key, way="barcode")).content.decode()
    (field,) = re.findall(r'<input[^>]*name="code"[^>]*>', page)
    assert "autofocus" in field
    assert 'autocomplete="off"' in field
    assert "value=" not in field
    assert "USD" in page


def test_a_code_is_kept_nowhere_whole(
    till: Till, desk: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    digits = till.show_code().reveal()
    response = scan_on_page(desk, till, sell_url(till), digits)
    assert digits not in response.headers["Location"]
    assert response.wsgi_request.sensitive_post_parameters == ("code",)  # in error reports
    assert digits not in desk.get(response.headers["Location"]).content.decode()
    assert digits not in caplog.text
    assert Sale.objects.get().code_hint == f"{digits[:2]}{'*' * (len(digits) - 6)}{digits[-4:]}"
    assert _tables_that_hold(digits) == []


def _tables_that_hold(digits: str) -> list[str]:
    """Every table of the database in a row of which the digits stand."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            plain = [
                bytes(value) if isinstance(value, memoryview) else value
                for row in cursor.fetchall()
                for value in row
            ]
            if any(digits in str(value) for value in plain):
                found.append(table)
    return found


@pytest.mark.parametrize("typed", ["28a4456785672301", "1234567890", "2" * 33])
def test_what_is_no_payment_code_is_not_sent_and_not_shown_again(
    till: Till, desk: Client, typed: str
) -> None:
    response = scan_on_page(desk, till, sell_url(till), typed)
    assert response.status_code == 400
    assert "This is not a payment code" in response.content.decode()
    assert typed not in response.content.decode()
    assert not Sale.objects.exists()


@pytest.mark.parametrize("typed", ["9924456785672301", "2" * 18, "28" + "4" * 23])
def test_a_code_of_an_unusual_form_is_asked_about_once_and_then_sent(
    till: Till, desk: Client, typed: str
) -> None:
    asked = scan_on_page(desk, till, sell_url(till), typed)
    page = asked.content.decode()
    assert "Nothing was sent yet." in page
    assert typed not in page
    assert not Sale.objects.exists()
    sent = scan_on_page(desk, till, sell_url(till), typed, **_hidden(page, "was_asked"))
    assert sent.status_code == 302
    assert till.called("pay") == 1


def _hidden(page: str, name: str) -> dict[str, str]:
    """What the page sends with the next scan."""
    (value,) = re.findall(rf'<input type="hidden" name="{name}" value="(\w+)">', page)
    return {name: value}


def test_a_usual_code_is_sent_without_a_question(till: Till, desk: Client) -> None:
    address, key = open_form(desk, sell_url(till))
    page = desk.post(address, terms_of(till, key, way="barcode")).content.decode()
    assert "was_asked" not in page
    assert (
        scan_on_page(desk, till, sell_url(till), till.show_code(length="24").reveal()).status_code
        == 302
    )


def test_a_double_scan_charges_once(till: Till, desk: Client) -> None:
    address, key = open_form(desk, sell_url(till))
    first, second = till.show_code().reveal(), till.show_code().reveal()
    one = desk.post(address, terms_of(till, key, way="barcode", code=first))
    other = desk.post(address, terms_of(till, key, way="barcode", code=second))
    assert one.headers["Location"] == other.headers["Location"]
    assert Sale.objects.count() == 1
    assert len(till.alipay.books("trades")) == 1


def test_the_back_button_leads_to_the_sale(till: Till, desk: Client) -> None:
    address, key = open_form(desk, sell_url(till))
    desk.post(address, terms_of(till, key, way="barcode", code=till.show_code().reveal()))
    sale = reverse("payment_sale", args=[Sale.objects.get().payment_id])
    assert desk.get(address).headers["Location"] == sale
    assert desk.post(address, terms_of(till, key, way="barcode")).headers["Location"] == sale


def test_a_new_try_has_a_new_key(till: Till, desk: Client) -> None:
    keys = {open_form(desk, sell_url(till))[1] for _time in range(3)}
    assert len(keys) == 3


def test_a_number_that_is_no_sales_begins_nothing_again(till: Till, desk: Client) -> None:
    address, _key = open_form(desk, sell_url(till))
    for number in ("9" * 5000, "9" * 18, "-1", "one"):
        page = desk.get(f"{address}&again={number}")
        assert (page.status_code, "USD" in text_of(page)) == (200, True)


@pytest.mark.parametrize("amount", ["", "0", "1,250", "12.505", "twelve", "-1"])
def test_an_amount_that_is_none_is_told_so(till: Till, desk: Client, amount: str) -> None:
    address, key = open_form(desk, sell_url(till))
    response = desk.post(address, terms_of(till, key, way="order_code", amount=amount))
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    assert not Sale.objects.exists()


def test_where_no_account_sells_the_page_says_so(
    counter: Any, cashier: User, signed_in: SignIn
) -> None:
    browser = signed_in(cashier)
    url = reverse("counter_sell", args=[counter.pk])
    page = browser.get(url, follow=True)
    assert "No payments can be taken here yet" in page.content.decode()
    screen = browser.get(reverse("counter_screen", args=[counter.pk])).content.decode()
    assert url not in screen


def test_a_lost_answer_is_waited_for(till: Till, desk: Client) -> None:
    till.alipay.switch("done_but_no_answer", times=1, service=PAY)
    response = scan_on_page(desk, till, sell_url(till), till.show_code().reveal())
    assert "Do not hand over the goods yet." in text_of(desk.get(response.headers["Location"]))
    till.run(4)
    assert "Hand over the goods." in text_of(desk.get(response.headers["Location"]))
    assert len(till.alipay.books("orders")) == 1


# ---- An order's code --------------------------------------------------------------------------


def test_an_orders_code_is_shown_until_its_end_and_never_after(till: Till, desk: Client) -> None:
    address, key = open_form(desk, sell_url(till))
    response = desk.post(address, terms_of(till, key, way="order_code"))
    url = response.headers["Location"]
    page = desk.get(url).content.decode()
    assert "data:image/svg+xml;base64," in page
    assert "Do not hand over the goods yet." in page
    till.wait(181)
    assert "data:image/svg+xml;base64," not in desk.get(url).content.decode()


def test_an_order_that_a_customer_paid_is_paid_on_the_page(till: Till, desk: Client) -> None:
    sale = till.order()
    till.pay_order(sale)
    till.run(70)
    page = text_of(page_of(desk, sale))
    assert "Hand over the goods." in page
    assert "data:image" not in page


def test_a_new_code_is_a_new_sale_of_the_same_amount(till: Till, desk: Client) -> None:
    sale = till.order("19.90")
    url = reverse("payment_sale_end", args=[sale.payment_id])
    form = desk.post(url, {"again": "on"}, follow=True)
    assert 'value="19.90"' in form.content.decode()
    assert till.outcome(sale) == SaleOutcome.NOT_PAID
    assert IdempotencyKey.objects.count() == 0
