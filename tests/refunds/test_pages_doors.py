"""Every door of money going back: works, wrong method, outsider, signed out, wrong role."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.models import User
from payments.models import Cancel, Payment
from qrcodes.models import QRCode
from refunds.models import Refund
from tests import factories
from tests.alipay_side import AlipaySide
from tests.refunds.giving import ask_for, ask_for_cancel

SignIn = Callable[[User], Client]
Things = dict[str, Payment | Refund | Cancel]

LISTS = ["giving_back_list", "approval_list"]
DETAILS = ["refund_detail", "cancel_detail"]
BUTTONS = [
    "refund_approve",
    "refund_decline",
    "refund_ask",
    "cancel_approve",
    "cancel_decline",
    "cancel_ask",
]


@pytest.fixture
def things(
    paid: Payment,
    code: QRCode,
    alipay: AlipaySide,
    carry: Callable[[], list[str]],
    asker: Actor,
) -> Things:
    """A refund and a cancel that wait for a second person, each of a payment of its own."""
    alipay.pay(code.value, "20.00")
    carry()
    Account.objects.update(approval_limit_minor=100)
    other = Payment.objects.exclude(pk=paid.pk).get()
    return {
        "give": paid,
        "refund": ask_for(paid, "8.00", asker),
        "cancel": ask_for_cancel(other, asker),
    }


def _url(name: str, things: Things) -> str:
    return reverse(name, args=[things[name.partition("_")[0]].pk])


@pytest.mark.parametrize("name", LISTS)
def test_a_list_opens_for_a_manager(name: str, manager: User, signed_in: SignIn) -> None:
    assert signed_in(manager).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_no_post(name: str, manager: User, signed_in: SignIn) -> None:
    assert signed_in(manager).post(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", LISTS)
def test_a_list_leads_the_signed_out_to_the_sign_in(name: str, client: Client, db: None) -> None:
    assert client.get(reverse(name)).headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("role", [Role.CASHIER, Role.AUDITOR])
def test_the_inbox_is_for_those_who_approve(role: Role, db: None, signed_in: SignIn) -> None:
    response = signed_in(factories.person(role)).get(reverse("approval_list"))
    assert response.status_code == 403
    assert "approve money going back" in response.content.decode()


@pytest.mark.parametrize("name", [*DETAILS, "give_back"])
def test_a_page_is_not_there_for_an_outsider(
    name: str, things: Things, outsider: User, signed_in: SignIn
) -> None:
    assert signed_in(outsider).get(_url(name, things)).status_code == 404


@pytest.mark.parametrize("name", [*DETAILS, "give_back"])
def test_a_page_is_not_shown_to_the_signed_out(name: str, things: Things, client: Client) -> None:
    assert client.get(_url(name, things)).headers["Location"].startswith("/auth/login/")


@pytest.mark.parametrize("name", DETAILS)
@pytest.mark.parametrize("role", list(Role))
def test_a_page_opens_for_everybody_of_the_store(
    role: Role, name: str, things: Things, signed_in: SignIn
) -> None:
    person = factories.person(role, name="somebody", store=things["give"].store)  # type: ignore[union-attr]
    assert signed_in(person).get(_url(name, things)).status_code == 200


@pytest.mark.parametrize("name", DETAILS)
def test_a_page_to_read_takes_no_post(
    name: str, things: Things, manager: User, signed_in: SignIn
) -> None:
    assert signed_in(manager).post(_url(name, things)).status_code == 405


@pytest.mark.parametrize("name", DETAILS)
def test_a_page_of_nothing_is_not_there(name: str, manager: User, signed_in: SignIn) -> None:
    assert signed_in(manager).get(reverse(name, args=[999_999])).status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_the_panel_is_for_those_who_may_ask_for_money_to_go_back(
    role: Role, things: Things, signed_in: SignIn
) -> None:
    person = factories.person(role, name="somebody", store=things["give"].store)  # type: ignore[union-attr]
    status = signed_in(person).get(_url("give_back", things), follow=True).status_code
    assert status == (403 if role is Role.AUDITOR else 200)


def test_a_reader_everywhere_who_is_a_cashier_elsewhere_gives_nothing_back(
    things: Things, signed_in: SignIn
) -> None:
    person = factories.person(Role.CASHIER, name="somebody", store=factories.other_store())
    factories.Membership.objects.create(user=person, role=Role.AUDITOR)
    client = signed_in(person)
    assert client.get(_url("give_back", things)).status_code == 403
    Payment.objects.update(store=None, counter=None)
    assert client.get(_url("give_back", things)).status_code == 403


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_is_not_an_address(
    name: str, things: Things, manager: User, signed_in: SignIn
) -> None:
    assert signed_in(manager).get(_url(name, things)).status_code == 405


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_is_not_there_for_an_outsider(
    name: str, things: Things, outsider: User, signed_in: SignIn
) -> None:
    assert signed_in(outsider).post(_url(name, things), {"note": "No."}).status_code == 404


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_does_nothing_for_the_signed_out(
    name: str, things: Things, client: Client
) -> None:
    response = client.post(_url(name, things), {"note": "No."})
    assert response.headers["Location"].startswith("/auth/login/")
    assert {Refund.objects.get().state, Cancel.objects.get().state} == {"REQUESTED"}


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_is_closed_to_who_only_reads(name: str, things: Things, signed_in: SignIn) -> None:
    auditor = factories.person(Role.AUDITOR)
    assert signed_in(auditor).post(_url(name, things), {"note": "No."}).status_code == 403
