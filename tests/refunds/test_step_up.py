"""Where money goes back a person shows again who they are: what opens, what counts, what stays."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from merchant_portal import clock, step_up
from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.models import AuditEntry, StepUp, User
from merchant_portal.step_up import ConfirmationRefused
from payments.models import Payment
from payments.states import GiveBackQuestion
from refunds.models import Refund
from refunds.states import RefundState
from tests.factories import PIN
from tests.refunds.giving import ask_for
from tests.refunds.panel import PanelPage

SignIn = Callable[[User], Client]
PASSWORD = "noodles-at-pier-3"
WRONG = "4816"


@pytest.fixture
def panel(paid: Payment, cashier: User, signed_in: SignIn) -> PanelPage:
    cashier.set_password(PASSWORD)
    cashier.save()
    return PanelPage.open(signed_in(cashier), paid)


def _give(panel: PanelPage, typed: str) -> str:
    """What the page says; empty where money goes back."""
    response = panel.give("2.50", confirmation=typed)
    return "" if response.status_code == 302 else response.content.decode()


def _try(user: User, typed: str, *, times: int = 1) -> str:
    """The last refusal; empty where the last try was right."""
    said = ""
    for _time in range(times):
        try:
            step_up.confirm(user, typed=typed, verb="refund", target=user)
            said = ""
        except ConfirmationRefused as refused:
            said = str(refused)
    return said


# ---- What opens ---------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", [PIN, PASSWORD])
def test_the_pin_or_the_password_gives_back(typed: str, panel: PanelPage) -> None:
    assert _give(panel, typed) == ""
    assert Refund.objects.get().state == RefundState.APPROVED


@pytest.mark.parametrize("typed", ["", WRONG, "another-password", PIN[:3], f"{PIN}0"])
def test_nothing_else_does(typed: str, panel: PanelPage) -> None:
    page = _give(panel, typed)
    assert 'role="alert" id="confirm-error-give"' in page
    assert "You give back USD 2.50" in page
    assert not Refund.objects.exists()


def test_what_was_typed_does_not_come_back_in_the_page(panel: PanelPage) -> None:
    assert WRONG not in _give(panel, WRONG)


def test_a_pin_of_somebody_else_opens_nothing(panel: PanelPage, manager: User) -> None:
    step_up.keep_pin(manager, "70418", actor=Actor.person(manager))
    assert _give(panel, "70418") != ""


def test_a_second_person_shows_who_they_are_before_approving(
    paid: Payment, asker: Actor, manager: User, signed_in: SignIn
) -> None:
    Account.objects.update(approval_limit_minor=200)
    refund = ask_for(paid, "8.00", asker)
    client, url = signed_in(manager), reverse("refund_approve", args=[refund.pk])
    assert "nothing was done" in client.post(url, follow=True, data={"confirmation": WRONG}).text
    assert Refund.objects.get().state == RefundState.REQUESTED
    client.post(url, {"confirmation": PIN})
    assert Refund.objects.get().state == RefundState.APPROVED


def test_sending_again_is_confirmed(
    paid: Payment, asker: Actor, cashier: User, signed_in: SignIn
) -> None:
    refund = ask_for(paid, "2.00", asker)
    stuck = {"question": GiveBackQuestion.CANNOT_SEND, "question_since": clock.now()}
    Refund.objects.update(**stuck, next_attempt_at=None)
    client, url = signed_in(cashier), reverse("refund_ask", args=[refund.pk])
    client.post(url)
    assert Refund.objects.get().next_attempt_at is None
    assert (
        "Sending is tried again now." in client.post(url, {"confirmation": PIN}, follow=True).text
    )


def test_a_person_at_the_api_is_asked_too(paid: Payment, manager: User, signed_in: SignIn) -> None:
    order = {"payment": str(paid.pk), "amount": "2.50", "currency": "USD", "reason": "returned"}
    client, sent = signed_in(manager), {"headers": {"Idempotency-Key": "one"}}
    json = "application/json"
    refused = client.post("/api/v1/refunds/", order, json, **sent)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["confirmation"])
    assert not Refund.objects.exists()
    order["confirmation"] = PIN
    assert client.post("/api/v1/refunds/", order, json, **sent).status_code == 201


# ---- What counts --------------------------------------------------------------------------------


def test_after_five_wrong_the_pin_opens_nothing_until_the_password_does(panel: PanelPage) -> None:
    said = [_give(panel, WRONG) for _time in range(5)]
    assert "After 4 more the PIN is blocked" in said[0]
    assert "until you type your password" in said[4]
    assert _give(panel, PIN) != ""
    assert _give(panel, PASSWORD) == ""
    assert not step_up.asked_of(User.objects.get(username="cashier")).is_pin_blocked


def test_a_right_one_forgets_the_wrong_ones(cashier: User) -> None:
    _try(cashier, WRONG, times=4)
    assert _try(cashier, PIN) == ""
    assert "After 4 more" in _try(cashier, WRONG)


def test_after_ten_wrong_nobody_is_listened_to_for_minutes(panel: PanelPage, cashier: User) -> None:
    assert "wait" in _try(cashier, "a wrong password", times=10)
    assert "wait 5 minutes" in _try(cashier, PASSWORD) or "wait 6 minutes" in _try(
        cashier, PASSWORD
    )
    with time_machine.travel(clock.now() + timedelta(minutes=5, seconds=1)):
        assert "wait" in _try(cashier, "still wrong")
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert _give(panel, PASSWORD) == ""


def test_a_form_left_empty_counts_as_no_try(cashier: User) -> None:
    _try(cashier, "", times=20)
    assert StepUp.objects.get(user=cashier).wrong_in_a_row == 0


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time.")
@pytest.mark.django_db(transaction=True)
def test_tries_side_by_side_are_all_counted(cashier: User) -> None:
    gate = Barrier(4)

    def guess(_number: int) -> str:
        gate.wait()
        try:
            return _try(cashier, WRONG, times=4)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(guess, range(4)))
    row = StepUp.objects.get(user=cashier)
    assert row.wrong_in_a_row == 10
    assert row.paused_until is not None


# ---- What stays ---------------------------------------------------------------------------------


def test_both_kinds_of_tries_are_in_the_audit_log(panel: PanelPage) -> None:
    _give(panel, WRONG)
    _give(panel, PIN)
    entries = AuditEntry.objects.filter(verb__startswith="confirm").order_by("pk")
    assert [entry.verb for entry in entries] == ["confirm_wrongly", "confirm"]
    assert entries[1].details == {"doing": "refund", "means": "pin"}


def test_a_mistyped_pin_stands_in_words_on_the_payment(panel: PanelPage) -> None:
    _give(panel, WRONG)
    page = panel.client.get(Payment.objects.get().get_absolute_url()).content.decode()
    assert "mistyped PIN or password" in page
    assert "wrong_in_a_row" not in page


def test_nothing_that_was_typed_is_kept_or_logged(
    panel: PanelPage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for typed in (WRONG, PIN, PASSWORD):
        _give(panel, typed)
    kept = [
        str(list(model.objects.values()))
        for model in (AuditEntry, StepUp)  # type: ignore[attr-defined]
    ]
    for typed in (WRONG, PIN, PASSWORD):
        assert all(typed not in text.replace(str(clock.now().year), "") for text in kept)
        assert typed not in caplog.text


# ---- Setting it ---------------------------------------------------------------------------------


def _set(client: Client, *, password: str = PASSWORD, pin: str = "70418", again: str = "") -> str:
    said = {"password": password, "pin": pin, "again": again or pin}
    return client.post(reverse("own_pin"), said, follow=True).content.decode()


def test_a_person_sets_a_pin_for_their_password(panel: PanelPage) -> None:
    assert "Your PIN is set" in _set(panel.client)
    assert _give(panel, "70418") == ""


def test_a_new_pin_makes_the_former_one_worthless(panel: PanelPage) -> None:
    _set(panel.client)
    assert _give(panel, PIN) != ""


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"password": "guessed"}, "That was wrong"),
        ({"pin": "1234"}, "guessed first"),
        ({"pin": "0000"}, "guessed first"),
        ({"pin": "12a4"}, "four to eight digits"),
        ({"again": "70419"}, "not the same"),
    ],
)
def test_a_pin_that_is_not_set_says_why(said: dict[str, str], why: str, panel: PanelPage) -> None:
    assert why in _set(panel.client, **said)
    assert _give(panel, PIN) == ""


def test_guessing_the_password_at_the_pins_page_counts_like_elsewhere(panel: PanelPage) -> None:
    for number in range(10):
        _set(panel.client, password=f"guess {number}")
    assert "wait" in _set(panel.client)


def test_the_page_leads_the_signed_out_to_the_sign_in(client: Client, db: None) -> None:
    assert client.get(reverse("own_pin")).headers["Location"].startswith(reverse("account_login"))
