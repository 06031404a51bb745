"""Where there is nothing yet, a page says what to do first, to whoever may do it."""

from collections.abc import Callable

import pytest
from django.test import Client

from merchant_portal.access import Role
from merchant_portal.models import User
from tests import factories

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.mark.parametrize(
    ("address", "next_step"),
    [
        ("/accounts/", "/accounts/new/"),
        ("/clinic/", "/accounts/new/"),
        ("/lookups/new/", "/accounts/new/"),
        ("/payments/real/", "/stores/"),
        ("/shifts/", "/stores/"),
        ("/stores/", "/merchants/new/"),
    ],
)
def test_an_empty_page_leads_to_what_comes_first(
    address: str, next_step: str, signed_in: SignIn
) -> None:
    page = signed_in(factories.person(Role.ADMINISTRATOR)).get(address).content.decode()
    assert f'<a class="btn btn-primary" href="{next_step}">' in page.split('class="empty"')[1]


@pytest.mark.parametrize("address", ["/payments/", "/giving-back/"])
def test_where_there_is_no_store_times_are_said_to_be_alipays(
    address: str, signed_in: SignIn
) -> None:
    page = signed_in(factories.person(Role.ADMINISTRATOR)).get(address).content.decode()
    assert "Times in GMT+8, Alipay's own day." in page
