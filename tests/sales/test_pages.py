"""Taking payments on pages: a person at the counter's page, and a paired device."""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from merchant_portal.accounts.models import GatewayCall
from merchant_portal.celery import app as celery
from merchant_portal.models import User
from payments.models import Sale
from payments.selling import SaleOutcome
from payments.states import CancelState
from qrcodes.models import IdempotencyKey
from tests import factories
from tests.sales.till import PAY, Till

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


@pytest.fixture
def interface() -> str:
    """What is answered here does not differ by it."""
    return "gateway"


@pytest.fixture
def desk(till: Till, cashier: User, signed_in: SignIn) -> Client:
    """The cashier's browser."""
    return signed_in(cashier)


def _url(till: Till) -> str:
    return reverse("counter_sell", args=[till.counter.pk])


def _open(browser: Client, url: str) -> tuple[str, str]:
    """The form's own address, with its key."""
    address = browser.get(url).headers["Location"]
    return address, address.partition("key=")[2]


def _terms(till: Till, key: str, **more: str) -> dict[str, str]:
    terms = {"key": key, "amount": "12.50", "account": str(till.account.pk), "description": ""}
    return terms | more


def _scan(browser: Client, till: Till, url: str, digits: str, **more: str) -> Any:
    """The whole way: the form, the amount, the scan."""
    address, key = _open(browser, url)
    posted = _terms(till, key, way="barcode", code=digits, **more)
    return browser.post(address, posted)


def _text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# ---- A scan -----------------------------------------------------------------------------------


def test_a_cashier_scans_a_customers_code_and_is_told_that_it_is_paid(
    till: Till, desk: Client
) -> None:
    digits = till.show_code().reveal()
    response = _scan(desk, till, _url(till), f"{digits}\r\n", description="Noodles")
    sale = Sale.objects.get()
    assert response.headers["Location"] == reverse("payment_sale", args=[sale.payment_id])
    page = _text(desk.get(response.headers["Location"]))
    assert "Paid Hand over the goods." in page
    assert "USD 12.50" in page
    assert (sale.description, str(sale.begun_by)) == ("Noodles", "cashier")
    assert till.outcome(sale) == SaleOutcome.PAID


def test_a_paired_device_takes_payments_of_its_counter(till: Till, device: Client) -> None:
    digits = till.show_code().reveal()
    response = _scan(device, till, reverse("device_sell"), digits)
    sale = Sale.objects.get()
    assert response.headers["Location"] == reverse("device_sale", args=[sale.payment_id])
    assert "Hand over the goods." in _text(device.get(response.headers["Location"]))
    assert sale.device is not None
    assert sale.device.counter == till.counter


def test_the_scan_field_is_empty_ready_and_unremembered(till: Till, desk: Client) -> None:
    address, key = _open(desk, _url(till))
    page = desk.post(address, _terms(till, key, way="barcode")).content.decode()
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
    response = _scan(desk, till, _url(till), digits)
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
    response = _scan(desk, till, _url(till), typed)
    assert response.status_code == 400
    assert "This is not a payment code" in response.content.decode()
    assert typed not in response.content.decode()
    assert not Sale.objects.exists()


@pytest.mark.parametrize("typed", ["9924456785672301", "2" * 18, "28" + "4" * 23])
def test_a_code_of_an_unusual_form_is_asked_about_once_and_then_sent(
    till: Till, desk: Client, typed: str
) -> None:
    asked = _scan(desk, till, _url(till), typed)
    page = asked.content.decode()
    assert "Nothing was sent yet." in page
    assert typed not in page
    assert not Sale.objects.exists()
    sent = _scan(desk, till, _url(till), typed, **_hidden(page, "was_asked"))
    assert sent.status_code == 302
    assert till.called("pay") == 1


def _hidden(page: str, name: str) -> dict[str, str]:
    """What the page sends with the next scan."""
    (value,) = re.findall(rf'<input type="hidden" name="{name}" value="(\w+)">', page)
    return {name: value}


def test_a_usual_code_is_sent_without_a_question(till: Till, desk: Client) -> None:
    address, key = _open(desk, _url(till))
    page = desk.post(address, _terms(till, key, way="barcode")).content.decode()
    assert "was_asked" not in page
    assert _scan(desk, till, _url(till), till.show_code(length="24").reveal()).status_code == 302


def test_a_double_scan_charges_once(till: Till, desk: Client) -> None:
    address, key = _open(desk, _url(till))
    first, second = till.show_code().reveal(), till.show_code().reveal()
    one = desk.post(address, _terms(till, key, way="barcode", code=first))
    other = desk.post(address, _terms(till, key, way="barcode", code=second))
    assert one.headers["Location"] == other.headers["Location"]
    assert Sale.objects.count() == 1
    assert len(till.alipay.books("trades")) == 1


def test_the_back_button_leads_to_the_sale(till: Till, desk: Client) -> None:
    address, key = _open(desk, _url(till))
    desk.post(address, _terms(till, key, way="barcode", code=till.show_code().reveal()))
    sale = reverse("payment_sale", args=[Sale.objects.get().payment_id])
    assert desk.get(address).headers["Location"] == sale
    assert desk.post(address, _terms(till, key, way="barcode")).headers["Location"] == sale


def test_a_new_try_has_a_new_key(till: Till, desk: Client) -> None:
    keys = {_open(desk, _url(till))[1] for _time in range(3)}
    assert len(keys) == 3


@pytest.mark.parametrize("amount", ["", "0", "1,250", "12.505", "twelve", "-1"])
def test_an_amount_that_is_none_is_told_so(till: Till, desk: Client, amount: str) -> None:
    address, key = _open(desk, _url(till))
    response = desk.post(address, _terms(till, key, way="order_code", amount=amount))
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


# ---- Until its end ----------------------------------------------------------------------------


@pytest.fixture
def waiting(till: Till) -> Sale:
    """A sale whose customer is asked for the password."""
    return till.scan(shown=till.show_code(outcome="waiting"))


def _page(browser: Client, sale: Sale, name: str = "payment_sale", **more: str) -> Any:
    return browser.get(reverse(name, args=[sale.payment_id]), more)


def test_while_it_waits_nothing_is_handed_over(desk: Client, waiting: Sale) -> None:
    page = _text(_page(desk, waiting))
    assert "Waiting for the customer to confirm Do not hand over the goods yet." in page
    assert "Cancel this payment" in page
    assert "Next customer" not in page


def test_without_script_the_page_looks_again_by_itself_and_by_a_link(
    till: Till, desk: Client, waiting: Sale
) -> None:
    url = reverse("payment_sale", args=[waiting.payment_id])
    page = desk.get(url).content.decode()
    assert '<noscript><meta http-equiv="refresh"' in page
    assert re.search(rf'<a [^>]*href="{url}"[^>]*>.*?Refresh', page, re.S)
    till.end(waiting)
    assert "http-equiv" not in desk.get(url).content.decode()


def test_a_look_that_brings_nothing_new_is_empty(till: Till, desk: Client, waiting: Sale) -> None:
    url = reverse("payment_sale", args=[waiting.payment_id])
    page = desk.get(url).content.decode()
    again = re.search(r'hx-get="([^"]+)"', page)
    assert again is not None
    assert desk.get(again[1], headers={"HX-Request": "true"}).status_code == 204
    till.run(2)
    till.press("pay")
    till.run(4)
    part = desk.get(again[1], headers={"HX-Request": "true"})
    assert "Hand over the goods." in _text(part)
    assert "hx-get" not in part.content.decode()


def test_looking_never_asks_alipay(till: Till, desk: Client, waiting: Sale) -> None:
    before = GatewayCall.objects.count()
    till.wait(30)
    _page(desk, waiting)
    assert GatewayCall.objects.count() == before


def test_looking_wakes_the_clock_once_a_question_is_due(
    till: Till, desk: Client, waiting: Sale
) -> None:
    before = _tasks_asked_for()
    _page(desk, waiting)
    assert _tasks_asked_for() == before
    till.wait(10)
    _page(desk, waiting)
    assert _tasks_asked_for() == before + 1


def _tasks_asked_for() -> int:
    with celery.connection_for_read() as connection:
        queue = connection.SimpleQueue(celery.conf.task_default_queue)
        number: int = queue.qsize()
        queue.close()
    return number


def test_a_cashier_cancels_what_is_not_paid(till: Till, desk: Client, waiting: Sale) -> None:
    response = desk.post(reverse("payment_sale_end", args=[waiting.payment_id]))
    page = _text(desk.get(response.headers["Location"]))
    assert "Not paid, nothing was taken" in page
    assert till.cancel(waiting).state == CancelState.CLOSED
    assert till.outcome(waiting) == SaleOutcome.NOT_PAID


def test_until_alipay_confirms_it_the_page_promises_nothing(
    till: Till, desk: Client, waiting: Sale
) -> None:
    till.alipay.switch("done_but_no_answer", times=1, service="alipay.acquire.cancel")
    response = desk.post(reverse("payment_sale_end", args=[waiting.payment_id]))
    page = _text(desk.get(response.headers["Location"]))
    assert "Being cancelled: Alipay has not confirmed it yet" in page
    assert "nothing was taken" not in page
    assert "Next customer" not in page


def test_what_is_paid_is_not_cancelled_by_a_late_press(till: Till, desk: Client) -> None:
    sale = till.scan()
    response = desk.post(reverse("payment_sale_end", args=[sale.payment_id]))
    assert "Hand over the goods." in _text(desk.get(response.headers["Location"]))
    assert not sale.payment.cancels.exists()


def test_a_refusal_says_what_the_cashier_can_do(till: Till, desk: Client) -> None:
    sale = till.scan(shown=till.show_code(outcome="not_enough_money"))
    page = _text(_page(desk, sale))
    assert "Not paid: refused There is not enough money." in page
    assert "Try again" in page


def test_an_unfinished_sale_stands_on_the_counters_screen(
    till: Till, desk: Client, device: Client, waiting: Sale
) -> None:
    for browser, screen, name in (
        (desk, reverse("counter_screen", args=[till.counter.pk]), "payment_sale"),
        (device, reverse("device_screen"), "device_sale"),
    ):
        page = browser.get(screen).content.decode()
        assert "Unfinished sales" in page
        assert reverse(name, args=[waiting.payment_id]) in page
    till.end(waiting)
    assert "Unfinished" not in device.get(reverse("device_screen")).content.decode()


def test_a_payment_that_was_begun_here_is_announced_like_any_other(
    till: Till, device: Client
) -> None:
    sale = till.scan()
    page = device.get(reverse("device_screen")).content.decode()
    assert page.count(f'data-payment="{sale.payment_id}"') == 1


# ---- An order's code --------------------------------------------------------------------------


def test_an_orders_code_is_shown_until_its_end_and_never_after(till: Till, desk: Client) -> None:
    address, key = _open(desk, _url(till))
    response = desk.post(address, _terms(till, key, way="order_code"))
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
    page = _text(_page(desk, sale))
    assert "Hand over the goods." in page
    assert "data:image" not in page


def test_a_new_code_is_a_new_sale_of_the_same_amount(till: Till, desk: Client) -> None:
    sale = till.order("19.90")
    url = reverse("payment_sale_end", args=[sale.payment_id])
    form = desk.post(url, {"again": "on"}, follow=True)
    assert 'value="19.90"' in form.content.decode()
    assert till.outcome(sale) == SaleOutcome.NOT_PAID
    assert IdempotencyKey.objects.count() == 0


# ---- Who may ----------------------------------------------------------------------------------

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
    assert browser.get(_url(till)).status_code == 403
    assert browser.post(reverse("payment_sale_end", args=[sale.payment_id])).status_code == 403
    assert "Cancel this payment" not in _text(_page(browser, sale))


def test_finance_is_not_led_to_where_payments_are_taken(
    till: Till, finance: User, signed_in: SignIn
) -> None:
    page = _page(signed_in(finance), till.scan())
    assert reverse("payment_slip", args=[Sale.objects.get().payment_id]) in page.content.decode()
    assert _url(till) not in page.content.decode()


def test_a_device_sees_the_sales_of_its_own_counter_alone(till: Till, device: Client) -> None:
    other = factories.sale(factories.counter(till.counter.store, number=2), account=till.account)
    assert _page(device, other, "device_sale").status_code == 404
    answer = device.post(reverse("device_sale_end", args=[other.payment_id]))
    assert answer.status_code == 404


def test_what_no_device_is_takes_no_payments(till: Till, client: Client) -> None:
    assert client.post(reverse("device_sell")).status_code == 403


def test_a_lost_answer_is_waited_for(till: Till, desk: Client) -> None:
    till.alipay.switch("done_but_no_answer", times=1, service=PAY)
    response = _scan(desk, till, _url(till), till.show_code().reveal())
    assert "Do not hand over the goods yet." in _text(desk.get(response.headers["Location"]))
    till.run(4)
    assert "Hand over the goods." in _text(desk.get(response.headers["Location"]))
    assert len(till.alipay.books("orders")) == 1


# ---- Elsewhere ----------------------------------------------------------------------------------


def test_the_payments_page_tells_how_it_began(till: Till, desk: Client) -> None:
    address, key = _open(desk, _url(till))
    digits = till.show_code(outcome="not_enough_money").reveal()
    desk.post(address, _terms(till, key, way="barcode", code=digits, description="Noodles"))
    sale = Sale.objects.get()
    page = _text(desk.get(reverse("payment_detail", args=[sale.payment_id])))
    for told in ("For Noodles", "Begun by cashier", sale.code_hint, "began the sale"):
        assert told in page
    assert f"There is not enough money. {_pays_otherwise()} {sale.refusal}" in page


def _pays_otherwise() -> str:
    return "The customer may choose another source, or pay otherwise."


def test_the_desk_of_what_is_unknown_advises_on_a_sale(
    till: Till, desk: Client, waiting: Sale
) -> None:
    url = reverse("unknown_desk")
    confirm = "Waiting for the customer to confirm. Do not hand over the goods yet."
    assert confirm in _text(desk.get(url))
    till.alipay.switch("done_but_no_answer", service="alipay.acquire.cancel")
    till.end(waiting)
    told = "Being cancelled: Alipay has not confirmed it yet. Do not hand over the goods, and do"
    assert _text(desk.get(url)).count(told) == 2
