"""How a sale stands on pages, until its end."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.accounts.models import GatewayCall
from merchant_portal.celery import app as celery
from payments.models import Sale
from payments.selling import SaleOutcome
from payments.states import CancelState
from tests.sales.browsing import desk, interface, open_form, page_of, sell_url, terms_of, text_of
from tests.sales.till import Till

__all__ = ["desk", "interface"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(till: Till) -> Sale:
    """A sale whose customer is asked for the password."""
    return till.scan(shown=till.show_code(outcome="waiting"))


def test_while_it_waits_nothing_is_handed_over(desk: Client, waiting: Sale) -> None:
    page = text_of(page_of(desk, waiting))
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
    assert "Hand over the goods." in text_of(part)
    assert "hx-get" not in part.content.decode()


def test_looking_never_asks_alipay(till: Till, desk: Client, waiting: Sale) -> None:
    before = GatewayCall.objects.count()
    till.wait(30)
    page_of(desk, waiting)
    assert GatewayCall.objects.count() == before


def test_looking_wakes_the_clock_once_a_question_is_due(
    till: Till, desk: Client, waiting: Sale
) -> None:
    before = _tasks_asked_for()
    page_of(desk, waiting)
    assert _tasks_asked_for() == before
    till.wait(10)
    page_of(desk, waiting)
    assert _tasks_asked_for() == before + 1


def _tasks_asked_for() -> int:
    with celery.connection_for_read() as connection:
        queue = connection.SimpleQueue(celery.conf.task_default_queue)
        number: int = queue.qsize()
        queue.close()
    return number


def test_a_cashier_cancels_what_is_not_paid(till: Till, desk: Client, waiting: Sale) -> None:
    response = desk.post(reverse("payment_sale_end", args=[waiting.payment_id]))
    page = text_of(desk.get(response.headers["Location"]))
    assert "Not paid, nothing was taken" in page
    assert till.cancel(waiting).state == CancelState.CLOSED
    assert till.outcome(waiting) == SaleOutcome.NOT_PAID


def test_until_alipay_confirms_it_the_page_promises_nothing(
    till: Till, desk: Client, waiting: Sale
) -> None:
    till.alipay.switch("done_but_no_answer", times=1, service="alipay.acquire.cancel")
    response = desk.post(reverse("payment_sale_end", args=[waiting.payment_id]))
    page = text_of(desk.get(response.headers["Location"]))
    assert "Being cancelled: Alipay has not confirmed it yet" in page
    assert "nothing was taken" not in page
    assert "Next customer" not in page


def test_what_is_paid_is_not_cancelled_by_a_late_press(till: Till, desk: Client) -> None:
    sale = till.scan()
    response = desk.post(reverse("payment_sale_end", args=[sale.payment_id]))
    assert "Hand over the goods." in text_of(desk.get(response.headers["Location"]))
    assert not sale.payment.cancels.exists()


def test_a_refusal_says_what_the_cashier_can_do(till: Till, desk: Client) -> None:
    sale = till.scan(shown=till.show_code(outcome="not_enough_money"))
    page = text_of(page_of(desk, sale))
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


# ---- Elsewhere ----------------------------------------------------------------------------------


def test_the_payments_page_tells_how_it_began(till: Till, desk: Client) -> None:
    address, key = open_form(desk, sell_url(till))
    digits = till.show_code(outcome="not_enough_money").reveal()
    desk.post(address, terms_of(till, key, way="barcode", code=digits, description="Noodles"))
    sale = Sale.objects.get()
    page = text_of(desk.get(reverse("payment_detail", args=[sale.payment_id])))
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
    assert confirm in text_of(desk.get(url))
    till.alipay.switch("done_but_no_answer", service="alipay.acquire.cancel")
    till.end(waiting)
    told = "Being cancelled: Alipay has not confirmed it yet. Do not hand over the goods, and do"
    assert text_of(desk.get(url)).count(told) == 2
