"""Every door of these pages: works, wrong method, outsider, signed out."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.models import User
from payments.models import Notification, Payment
from payments.states import NotificationState
from qrcodes.models import Counter, QRCode
from tests.alipay_side import AlipaySide
from tests.portal.conftest import PayMaker

SignIn = Callable[[User], Client]

PAGES = ["home", "payment_list", "lookup_new", "notification_list", "quarantine_list"]
#: Pages of one thing, and the kind of thing.
DETAILS = ["payment_detail", "counter_screen", "counter_feed", "notification_detail"]
BUTTONS = ["payment_ask", "payment_note", "payment_settle", "payment_place", "notification_apply"]


@pytest.fixture
def things(
    code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]]
) -> dict[str, Payment | Counter | Notification]:
    """A payment made at the counter, and what belongs to it."""
    alipay.pay(code.value, "12.50")
    carry()
    assert code.enrolment.counter is not None
    return {
        "payment": Payment.objects.get(),
        "counter": code.enrolment.counter,
        "notification": Notification.objects.get(),
    }


def _url(name: str, things: dict[str, Payment | Counter | Notification]) -> str:
    return reverse(name, args=[things[name.partition("_")[0]].pk])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_for_finance(name: str, finance: User, signed_in: SignIn) -> None:
    assert signed_in(finance).get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_a_page_sends_the_signed_out_to_the_sign_in(name: str, client: Client, db: None) -> None:
    response = client.get(reverse(name))
    assert response.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ["home", "payment_list", "notification_list", "quarantine_list"])
def test_a_page_to_read_takes_no_post(name: str, finance: User, signed_in: SignIn) -> None:
    assert signed_in(finance).post(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", ["notification_list", "quarantine_list"])
def test_a_cashier_is_told_which_right_is_missing(
    name: str, cashier: User, signed_in: SignIn
) -> None:
    response = signed_in(cashier).get(reverse(name))
    assert response.status_code == 403
    assert "see notifications" in response.content.decode()
    assert "Finance" in response.content.decode()


def test_the_quarantine_is_not_for_a_manager_of_one_store(manager: User, signed_in: SignIn) -> None:
    assert signed_in(manager).get(reverse("quarantine_list")).status_code == 403


@pytest.mark.parametrize("name", DETAILS)
def test_a_thing_opens_for_its_manager(
    name: str, things: dict[str, Payment], manager: User, signed_in: SignIn
) -> None:
    assert signed_in(manager).get(_url(name, things)).status_code == 200


@pytest.mark.parametrize("name", DETAILS)
def test_a_thing_is_not_there_for_an_outsider(
    name: str, things: dict[str, Payment], outsider: User, signed_in: SignIn
) -> None:
    assert signed_in(outsider).get(_url(name, things)).status_code == 404


@pytest.mark.parametrize("name", DETAILS)
def test_a_thing_is_not_shown_to_the_signed_out(
    name: str, things: dict[str, Payment], client: Client
) -> None:
    assert client.get(_url(name, things)).status_code == 302


@pytest.mark.parametrize("name", DETAILS)
def test_a_thing_takes_no_post(
    name: str, things: dict[str, Payment], manager: User, signed_in: SignIn
) -> None:
    assert signed_in(manager).post(_url(name, things)).status_code == 405


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_is_not_an_address(
    name: str, things: dict[str, Payment], manager: User, signed_in: SignIn
) -> None:
    assert signed_in(manager).get(_url(name, things)).status_code == 405


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_is_not_there_for_an_outsider(
    name: str, things: dict[str, Payment], outsider: User, signed_in: SignIn
) -> None:
    assert signed_in(outsider).post(_url(name, things)).status_code == 404


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_does_nothing_for_the_signed_out(
    name: str, things: dict[str, Payment], client: Client
) -> None:
    assert client.post(_url(name, things)).headers["Location"].startswith("/auth/login/")


@pytest.mark.parametrize("name", BUTTONS[2:])
def test_a_button_is_closed_to_a_cashier(
    name: str, things: dict[str, Payment], cashier: User, signed_in: SignIn
) -> None:
    assert signed_in(cashier).post(_url(name, things)).status_code == 403


def test_applying_an_applied_notification_again_changes_nothing(
    things: dict[str, Payment], manager: User, signed_in: SignIn
) -> None:
    response = signed_in(manager).post(_url("notification_apply", things))
    assert response.status_code == 302
    assert Notification.objects.get().state == NotificationState.APPLIED
    assert Payment.objects.count() == 1


def test_a_live_part_leads_the_signed_out_page_to_the_sign_in(
    pay: PayMaker, client: Client
) -> None:
    pay()
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/payments/?state=PAID"}
    response = client.get(reverse("payment_list"), headers=headers)
    assert response.headers["HX-Redirect"] == "/auth/login/?next=%2Fpayments%2F%3Fstate%3DPAID"
