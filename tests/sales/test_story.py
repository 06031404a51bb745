"""What a payment's page says of the calls that were made about it, in either generation."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.models import User
from merchant_portal.money import Money
from payments.models import Sale
from refunds import services as refunds
from refunds.tasks import poll_due_refunds, submit_due_refunds
from tests.factories import ACTOR
from tests.sales.test_giving_back import REFUND
from tests.sales.till import Till

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


@pytest.fixture
def read(cashier: User, signed_in: SignIn) -> Callable[[Sale], str]:
    """The page of a sale's payment, as the cashier reads it."""
    browser = signed_in(cashier)

    def page(sale: Sale) -> str:
        return browser.get(reverse("payment_detail", args=[sale.payment_id])).content.decode()

    return page


def test_a_scan_that_was_asked_about_and_given_up_says_each_step(
    till: Till, read: Callable[[Sale], str]
) -> None:
    sale = till.scan(shown=till.show_code(outcome="waiting"))
    till.run(5)
    till.end(sale)
    page = read(sale)
    assert "We sent the customer&#x27;s code to Alipay:" in page
    assert "We asked Alipay about the payment:" in page
    assert "We sent the cancel to Alipay:" in page
    assert "We asked Alipay:" not in page


def test_an_orders_code_that_was_asked_for_is_told_as_that(
    till: Till, read: Callable[[Sale], str]
) -> None:
    page = read(till.order())
    assert "We asked Alipay for the order&#x27;s code: answered" in page
    assert "We asked Alipay:" not in page


def test_a_refund_and_the_question_about_it_are_told_apart(
    till: Till, read: Callable[[Sale], str], interface: str
) -> None:
    sale = till.scan("12.50")
    till.alipay.switch("done_but_no_answer", None, times=1, service=REFUND[interface])
    refunds.request_refund(
        till.payment(sale), amount=Money(500, "USD"), reason="returned", note="", actor=ACTOR
    )
    for _time in range(3):
        submit_due_refunds()
        poll_due_refunds()
        till.wait(5)
    page = read(sale)
    assert "We sent the refund to Alipay: " in page
    assert "We asked Alipay about the refund: answered" in page
    assert "We asked Alipay:" not in page


def test_the_desk_of_what_is_unknown_says_it_too(
    till: Till, cashier: User, signed_in: SignIn
) -> None:
    till.break_call("refused", "SYSTEM_ERROR", times=1, call="pay")
    till.scan()
    page = signed_in(cashier).get(reverse("unknown_desk")).content.decode()
    assert "We sent the customer&#x27;s code to Alipay: " in page
