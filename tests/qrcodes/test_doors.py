"""Every page and button of stores and codes: who it opens to, how, and to whom it does not."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.models import User
from qrcodes.models import Counter, Enrolment, Membership, QRCode, Store
from tests import factories

SignIn = Callable[[User], Client]

READ = ["store_list", "store_detail", "counter_detail", "code_detail", "code_standing"]
PICTURES = ["code_image_svg", "code_image_png"]
FORMS = ["store_edit", "counter_new", "counter_edit", "enrolment_edit"]
#: Forms about all stores of a merchant.
OF_A_MERCHANT = ["merchant_edit"]
BUTTONS = [
    "code_new",
    "enrolment_new",
    "code_stop",
    "code_restart",
    "code_delete",
    "code_send_again",
    "code_decide",
    "code_fee",
]
EVERYWHERE = ["merchant_new"]
ALL_FORMS = [*FORMS, *OF_A_MERCHANT, *EVERYWHERE, "store_new"]


@pytest.fixture
def address(code: QRCode) -> Callable[[str], str]:
    """The address of a door at the test's shop."""
    counter = code.enrolment.counter
    assert counter
    numbers = {"store": counter.store_id, "counter": counter.pk, "code": code.pk}
    numbers |= {"enrolment": code.enrolment_id, "counter_new": counter.store_id}
    numbers |= {"code_new": counter.pk, "enrolment_new": counter.pk}
    numbers |= {"merchant": counter.store.merchant_id}

    def of(name: str) -> str:
        if name in {"store_list", "store_new", "merchant_new"}:
            return reverse(name)
        return reverse(name, args=[numbers.get(name) or numbers[name.split("_", maxsplit=1)[0]]])

    return of


@pytest.mark.parametrize("name", [*READ, *PICTURES, *FORMS])
def test_a_page_opens_to_the_stores_manager(
    address: Callable[[str], str], signed_in: SignIn, manager: User, name: str
) -> None:
    assert signed_in(manager).get(address(name)).status_code == 200


@pytest.mark.parametrize("name", [*READ, *PICTURES])
def test_a_page_opens_to_who_may_only_see(
    address: Callable[[str], str], signed_in: SignIn, cashier: User, name: str
) -> None:
    assert signed_in(cashier).get(address(name)).status_code == 200


@pytest.mark.parametrize("name", ALL_FORMS)
def test_a_form_is_closed_to_who_may_only_see(
    address: Callable[[str], str], signed_in: SignIn, cashier: User, name: str
) -> None:
    assert signed_in(cashier).get(address(name)).status_code == 403


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_is_closed_to_who_may_only_see(
    address: Callable[[str], str], signed_in: SignIn, cashier: User, name: str
) -> None:
    assert signed_in(cashier).post(address(name)).status_code == 403


@pytest.mark.parametrize("name", [*READ[1:], *PICTURES, *FORMS, *OF_A_MERCHANT])
def test_a_page_of_others_is_not_there(
    address: Callable[[str], str], signed_in: SignIn, outsider: User, name: str
) -> None:
    assert signed_in(outsider).get(address(name)).status_code == 404


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_of_others_is_not_there(
    address: Callable[[str], str], signed_in: SignIn, outsider: User, code: QRCode, name: str
) -> None:
    assert signed_in(outsider).post(address(name)).status_code == 404
    assert not code.moves.filter(actor_name="outsider").exists()


@pytest.mark.parametrize(
    "name", [*READ, *PICTURES, *FORMS, *EVERYWHERE, *OF_A_MERCHANT, "store_new"]
)
def test_who_is_not_signed_in_is_sent_to_the_sign_in(
    address: Callable[[str], str], client: Client, name: str
) -> None:
    response = client.get(address(name))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_does_nothing_signed_out(
    address: Callable[[str], str], client: Client, code: QRCode, name: str
) -> None:
    assert client.post(address(name)).status_code == 302
    assert QRCode.objects.get() == code


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_cannot_be_followed_as_a_link(
    address: Callable[[str], str], signed_in: SignIn, manager: User, name: str
) -> None:
    assert signed_in(manager).get(address(name)).status_code == 405


@pytest.mark.parametrize("name", [*READ, *PICTURES])
def test_a_page_takes_no_post(
    address: Callable[[str], str], signed_in: SignIn, manager: User, name: str
) -> None:
    assert signed_in(manager).post(address(name)).status_code == 405


def test_a_merchant_is_added_only_by_who_may_change_every_store(
    signed_in: SignIn, manager: User, administrator: User
) -> None:
    assert signed_in(manager).get(reverse("merchant_new")).status_code == 403
    assert signed_in(administrator).get(reverse("merchant_new")).status_code == 200


def test_a_merchant_is_changed_only_by_who_may_change_all_its_stores(
    address: Callable[[str], str], store: Store, signed_in: SignIn, manager: User
) -> None:
    assert signed_in(manager).get(address("merchant_edit")).status_code == 403
    Membership.objects.get(user=manager).stores.clear()
    assert signed_in(manager).get(address("merchant_edit")).status_code == 200
    assert signed_in(manager).delete(address("merchant_edit")).status_code == 405
    shop = signed_in(manager).get(store.get_absolute_url()).content.decode()
    assert address("merchant_edit") in shop


def test_the_list_shows_nobody_elses_store(code: QRCode, signed_in: SignIn, outsider: User) -> None:
    page = signed_in(outsider).get(reverse("store_list")).content.decode()
    assert "PIER3" not in page
    assert "OTHER" in page


def test_a_cashier_sees_no_signed_evidence(
    code: QRCode, signed_in: SignIn, cashier: User, manager: User
) -> None:
    address = code.get_absolute_url()
    assert b"_input_charset" not in signed_in(cashier).get(address).content
    assert b"_input_charset" in signed_in(manager).get(address).content


def test_a_manager_of_one_store_cannot_enrol_another(
    enrolment: Enrolment, signed_in: SignIn, outsider: User
) -> None:
    before = enrolment.alipay_store_id
    address = reverse("enrolment_edit", args=[enrolment.pk])
    assert signed_in(outsider).post(address, {"alipay_store_id": "X"}).status_code == 404
    enrolment.refresh_from_db()
    assert enrolment.alipay_store_id == before


def test_a_stranger_without_any_role_sees_no_store(client: Client, db: None) -> None:
    client.force_login(User.objects.create(username="nobody"))
    assert client.get(reverse("store_list")).status_code == 403
    assert factories.store().pk


@pytest.mark.parametrize("number", ["", "x", "9" * 5000, "\0"])
def test_an_account_that_is_none_enrols_nothing(
    counter: Counter, signed_in: SignIn, manager: User, number: str
) -> None:
    address = reverse("enrolment_new", args=[counter.pk])
    assert signed_in(manager).post(address, {"account": number}).status_code == 404
    assert not Enrolment.objects.exists()


def test_a_search_for_signs_no_store_has_finds_nothing_worse(
    code: QRCode, signed_in: SignIn, manager: User
) -> None:
    page = signed_in(manager).get(reverse("store_list"), {"q": "PIER\x003"})
    assert [store.code for store in page.context["page"]] == ["PIER3"]
