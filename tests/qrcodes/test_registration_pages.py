"""Pages about Alipay's review of stores: what they say, whom they open to, and to whom not."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.models import User
from qrcodes import services as codes
from qrcodes.models import Enrolment, Membership, QRCode, Registrant, Registration
from tests import factories
from tests.alipay_side import AlipaySide
from tests.conftest import ACTOR

SignIn = Callable[[User], Client]
READ = ["registration_detail", "registration_standing"]
BUTTONS = ["registration_register", "registration_ask"]
MAINTAIN = "alipay.overseas.secmerchant.offline.maintain"
REGISTRANT = {
    "type": "ENTERPRISE",
    "registration_no": "99-1",
    "register_country": "US",
    "register_address": "9 Hill Street",
    "contact_email": "shop@hill.example",
}


def at(name: str, enrolment: Enrolment) -> str:
    return reverse(name, args=[enrolment.pk])


def read(client: Client, name: str, enrolment: Enrolment) -> str:
    return client.get(at(name, enrolment)).content.decode()


@pytest.fixture
def browser(signed_in: SignIn, manager: User) -> Client:
    """The store's manager, signed in."""
    return signed_in(manager)


@pytest.fixture
def speaker(manager: User, signed_in: SignIn) -> Client:
    """Somebody who manages every store of the merchant."""
    Membership.objects.get(user=manager).stores.clear()
    return signed_in(manager)


# ---- What people do ---------------------------------------------------------------------------


def test_a_manager_has_a_store_registered(acquired: Enrolment, browser: Client) -> None:
    response = browser.post(at("registration_register", acquired), follow=True)
    assert "Alipay is told about the store." in response.content.decode()
    assert Registration.objects.get().next_call == "register"


def test_a_counter_is_enrolled_on_the_way_to_its_review(
    acquired: Enrolment, browser: Client
) -> None:
    second = factories.counter(acquired.store, number=2)
    offer = browser.get(second.get_absolute_url()).content.decode()
    assert "Test global: Alipay reviews the store first." in offer
    answer = browser.post(
        reverse("enrolment_new", args=[second.pk]),
        {"account": acquired.account_id, "then": "register"},
    )
    assert answer["Location"] == at("registration_detail", second.enrolments.get())


def test_a_page_tells_why_a_store_was_rejected(
    in_review: Registration, alipay: AlipaySide, browser: Client
) -> None:
    alipay.decide_review(in_review.enrolment.alipay_store_id, "FAILED", "high risk merchant")
    codes.send_registration(in_review)
    page = read(browser, "registration_detail", in_review.enrolment)
    assert "Alipay has rejected the store." in page
    assert "high risk merchant" in page
    assert "Register again" in page


def test_a_lost_answer_is_never_called_unregistered(
    acquired: Enrolment, alipay: AlipaySide, browser: Client
) -> None:
    alipay.switch("done_but_no_answer", service=MAINTAIN, times=1)
    codes.send_registration(codes.register_enrolment(acquired, actor=ACTOR))
    page = read(browser, "registration_detail", acquired)
    assert "Not known whether Alipay has taken the store" in page
    assert "Not registered" not in page


def test_a_refusal_is_said_in_plain_words_and_alipays(
    acquired: Enrolment, alipay: AlipaySide, browser: Client
) -> None:
    alipay.switch("refused", "PARAM_ILLEGAL", service=MAINTAIN, times=1)
    codes.send_registration(codes.register_enrolment(acquired, actor=ACTOR))
    page = read(browser, "registration_detail", acquired)
    assert "missing or malformed. (PARAM_ILLEGAL)" in page


def test_what_keeps_a_store_from_being_registered_is_said(
    acquired: Enrolment, browser: Client
) -> None:
    Registrant.objects.all().delete()
    assert "Say first who stands behind" in read(browser, "registration_detail", acquired)
    refused = browser.post(at("registration_register", acquired), follow=True)
    assert "Say first who stands behind" in refused.content.decode()
    assert not Registration.objects.exists()


def test_asking_before_alipay_was_told_is_refused(acquired: Enrolment, browser: Client) -> None:
    codes.register_enrolment(acquired, actor=ACTOR)
    refused = browser.post(at("registration_ask", acquired), follow=True).content.decode()
    assert "Alipay is being told about the store first." in refused


def test_the_standing_looks_again_only_while_a_call_is_near(
    acquired: Enrolment, browser: Client
) -> None:
    registration = codes.register_enrolment(acquired, actor=ACTOR)
    assert "every 2s" in read(browser, "registration_standing", acquired)
    codes.send_registration(registration)
    answer = browser.get(at("registration_standing", acquired))
    assert answer["HX-Refresh"] == "true"
    assert "every 2s" not in answer.content.decode()


def test_who_stands_behind_a_merchant_is_kept(acquired: Enrolment, speaker: Client) -> None:
    address = reverse("merchant_registrant", args=[acquired.store.merchant_id])
    assert speaker.get(address).status_code == 200
    assert speaker.post(address, REGISTRANT).status_code == 302
    assert Registrant.objects.get().registration_no == "99-1"


@pytest.mark.parametrize("missing", ["type", "registration_no", "register_address"])
def test_a_registrant_lacking_something_is_asked_for_it(
    acquired: Enrolment, speaker: Client, missing: str
) -> None:
    address = reverse("merchant_registrant", args=[acquired.store.merchant_id])
    answer = speaker.post(address, REGISTRANT | {missing: ""})
    assert answer.status_code == 422
    assert Registrant.objects.get().registration_no == "7301-22"


def test_a_registrant_nobody_can_reach_is_asked_for_a_way(
    acquired: Enrolment, speaker: Client
) -> None:
    address = reverse("merchant_registrant", args=[acquired.store.merchant_id])
    answer = speaker.post(address, REGISTRANT | {"contact_email": ""})
    assert "Give a number or an e-mail" in answer.content.decode()


# ---- What other pages say -----------------------------------------------------------------------


def test_a_code_of_a_store_not_approved_warns(
    in_review: Registration, browser: Client, alipay: AlipaySide
) -> None:
    code = codes.send_code(codes.make_code(in_review.enrolment, actor=ACTOR))
    warning = "Alipay has not approved this store"
    assert warning in browser.get(code.get_absolute_url()).content.decode()
    alipay.decide_review(in_review.enrolment.alipay_store_id, "SUCCESS")
    codes.send_registration(in_review)
    assert warning not in browser.get(code.get_absolute_url()).content.decode()


def test_the_list_is_filtered_by_review(in_review: Registration, browser: Client) -> None:
    def shown(**query: str) -> int:
        return len(browser.get(reverse("registration_list"), query).context["rows"])

    assert (shown(), shown(state="IN_REVIEW"), shown(state="APPROVED")) == (1, 1, 0)
    assert (shown(state="nonsense"), shown(question="on")) == (1, 0)


def test_home_counts_the_stores_that_need_a_person(
    in_review: Registration, alipay: AlipaySide, signed_in: SignIn, administrator: User
) -> None:
    code = codes.send_code(codes.make_code(in_review.enrolment, actor=ACTOR))
    alipay.pay(code.value, "1.00")
    alipay.carry_due(Client())
    alipay.decide_review(in_review.enrolment.alipay_store_id, "FAILED", "security reason")
    codes.send_registration(in_review)
    home = signed_in(administrator).get("/").content.decode()
    assert "/registrations/?question=on" in home


def test_the_first_day_of_an_acquirer_has_one_step_more(
    approved: Registration, signed_in: SignIn, administrator: User
) -> None:
    steps = signed_in(administrator).get("/").context["steps"]
    assert [step.is_done for step in steps] == [True, True, False, True, False]


def test_direct_accounts_show_nothing_of_reviews(
    code: QRCode, signed_in: SignIn, administrator: User
) -> None:
    browser = signed_in(administrator)
    pages = [reverse("store_list"), code.get_absolute_url(), "/"]
    pages += [code.enrolment.place.get_absolute_url(), code.enrolment.store.get_absolute_url()]
    shown = "".join(browser.get(page).content.decode() for page in pages)
    assert "review" not in shown
    assert browser.get(at("registration_detail", code.enrolment)).status_code == 404
    assert browser.post(at("registration_register", code.enrolment)).status_code == 404
    registrant = reverse("merchant_registrant", args=[code.enrolment.store.merchant_id])
    assert browser.get(registrant).status_code == 404


# ---- Doors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READ)
def test_a_page_opens_to_who_may_only_see(
    acquired: Enrolment, signed_in: SignIn, cashier: User, name: str
) -> None:
    page = signed_in(cashier).get(at(name, acquired))
    assert page.status_code == 200
    assert b"<form" not in page.content.split(b"<main")[-1]


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_is_closed_to_who_may_only_see(
    acquired: Enrolment, signed_in: SignIn, cashier: User, name: str
) -> None:
    assert signed_in(cashier).post(at(name, acquired)).status_code == 403
    assert not Registration.objects.exists()


@pytest.mark.parametrize("name", BUTTONS)
def test_a_right_at_another_store_is_none_here(
    acquired: Enrolment, signed_in: SignIn, cashier: User, name: str
) -> None:
    elsewhere = factories.other_store()
    more = Membership.objects.create(user=cashier, role=Role.MANAGER, merchant=elsewhere.merchant)
    more.stores.add(elsewhere)
    assert signed_in(cashier).post(at(name, acquired)).status_code == 403
    assert not Registration.objects.exists()


@pytest.mark.parametrize("name", [*READ, *BUTTONS])
def test_what_is_others_is_not_there(
    acquired: Enrolment, signed_in: SignIn, outsider: User, name: str
) -> None:
    client = signed_in(outsider)
    send = client.post if name in BUTTONS else client.get
    assert send(at(name, acquired)).status_code == 404
    assert not Registration.objects.exists()


def test_the_list_shows_nobody_elses_store(
    acquired: Enrolment, signed_in: SignIn, outsider: User
) -> None:
    assert signed_in(outsider).get(reverse("registration_list")).context["rows"] == []


@pytest.mark.parametrize("name", [*READ, *BUTTONS])
def test_who_is_not_signed_in_is_sent_to_the_sign_in(
    acquired: Enrolment, client: Client, name: str
) -> None:
    send = client.post if name in BUTTONS else client.get
    answer = send(at(name, acquired))
    assert answer["Location"].startswith(reverse("account_login"))
    assert not Registration.objects.exists()


@pytest.mark.parametrize("name", [*READ, *BUTTONS, "registration_list", "merchant_registrant"])
def test_a_door_takes_its_own_method_only(acquired: Enrolment, speaker: Client, name: str) -> None:
    numbers = {"registration_list": [], "merchant_registrant": [acquired.store.merchant_id]}
    address = reverse(name, args=numbers.get(name, [acquired.pk]))
    send = speaker.get if name in BUTTONS else speaker.delete
    assert send(address).status_code == 405


def test_a_registrant_is_said_by_who_may_change_all_stores_of_the_merchant(
    acquired: Enrolment, signed_in: SignIn, manager: User, outsider: User, client: Client
) -> None:
    address = reverse("merchant_registrant", args=[acquired.store.merchant_id])
    assert client.get(address)["Location"].startswith(reverse("account_login"))
    assert signed_in(manager).get(address).status_code == 403
    assert signed_in(outsider).get(address).status_code == 404


def test_the_registration_list_asks_for_a_sign_in(client: Client, db: None) -> None:
    assert client.get(reverse("registration_list")).status_code == 302
