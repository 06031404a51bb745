"""Taking payments on pages: the browsers at a till, and what is typed and read in them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.models import User
from payments.models import Sale
from tests.sales.till import Till

SignIn = Callable[[User], Client]


@pytest.fixture
def interface() -> str:
    """What is answered here does not differ by it."""
    return "gateway"


@pytest.fixture
def desk(till: Till, cashier: User, signed_in: SignIn) -> Client:
    """The cashier's browser."""
    return signed_in(cashier)


def sell_url(till: Till) -> str:
    return reverse("counter_sell", args=[till.counter.pk])


def open_form(browser: Client, url: str) -> tuple[str, str]:
    """The form's own address, with its key."""
    address = browser.get(url).headers["Location"]
    return address, address.partition("key=")[2]


def terms_of(till: Till, key: str, **more: str) -> dict[str, str]:
    terms = {"key": key, "amount": "12.50", "account": str(till.account.pk), "description": ""}
    return terms | more


def scan_on_page(browser: Client, till: Till, url: str, digits: str, **more: str) -> Any:
    """The whole way: the form, the amount, the scan."""
    address, key = open_form(browser, url)
    posted = terms_of(till, key, way="barcode", code=digits, **more)
    return browser.post(address, posted)


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def page_of(browser: Client, sale: Sale, name: str = "payment_sale", **more: str) -> Any:
    return browser.get(reverse(name, args=[sale.payment_id]), more)
