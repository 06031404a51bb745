"""An account that sells through the JSON API, its sales, and what Alipay posts to it."""

from collections.abc import Callable

import pytest
from django.test import Client

from merchant_portal.accounts.models import Account
from payments.models import Payment
from qrcodes.models import Counter
from tests.intake.json_wire import JSONPostman, begin_sale, make_json_account

Begin = Callable[..., Payment]


@pytest.fixture
def json_seller(seller: Account) -> Account:
    return make_json_account(seller)


@pytest.fixture
def begin(json_seller: Account, counter: Counter) -> Begin:
    return lambda **terms: begin_sale(json_seller, counter, **terms)


@pytest.fixture
def sale(begin: Begin) -> Payment:
    return begin()


@pytest.fixture
def postman(client: Client, json_seller: Account) -> JSONPostman:
    return JSONPostman(client, json_seller.notify_key)
