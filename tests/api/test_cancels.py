"""Cancels over the API: the whole payment, on its own day, once per key."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from payments.models import Cancel, Payment
from payments.states import CancelState
from tests.api.conftest import CONFIRMED, JSON, Program
from tests.api.test_payments import payment
from tests.refunds.giving import amounts, tick

__all__ = ["payment"]


def undo(program: Program, payment: Payment, *, key: str = "k-1", **changed: Any) -> Any:
    order = {"payment": str(payment.pk), "reason": "wrong_amount"} | changed
    return program.post("cancels/", headers={"Idempotency-Key": key}, **order)


@pytest.fixture
def asked(at_store: Program, payment: Payment) -> dict[str, Any]:
    """A cancel above the limit, which waits."""
    Account.objects.update(approval_limit_minor=100)
    made: dict[str, Any] = undo(at_store, payment).json()
    return made


def test_a_cancel_is_of_the_whole_payment(at_store: Program, payment: Payment) -> None:
    response = undo(at_store, payment)
    made = response.json()
    assert response.status_code == 201
    assert (made["amount"], made["currency"], made["state"]) == ("12.50", "USD", "APPROVED")
    assert made["deadline_at"].endswith("Z")


def test_the_same_request_again_gives_the_same_cancel(at_store: Program, payment: Payment) -> None:
    first, again = undo(at_store, payment), undo(at_store, payment)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert amounts(payment) == (0, 0, 1250)


def test_the_key_of_a_refund_does_not_cancel(at_store: Program, payment: Payment) -> None:
    order = {"amount": "1.00", "currency": "USD", "reason": "returned", "payment": str(payment.pk)}
    at_store.post("refunds/", headers={"Idempotency-Key": "k-1"}, **order)
    assert undo(at_store, payment).status_code == 422
    assert not Cancel.objects.exists()


def test_without_a_key_nothing_is_asked_for(at_store: Program, payment: Payment) -> None:
    assert undo(at_store, payment, key="").status_code == 400
    assert not Cancel.objects.exists()


def test_a_second_cancel_is_refused(at_store: Program, payment: Payment) -> None:
    undo(at_store, payment)
    response = undo(at_store, payment, key="k-2")
    assert response.status_code == 409
    assert amounts(payment) == (0, 0, 1250)


def test_after_its_day_only_a_refund_is_possible(at_store: Program, payment: Payment) -> None:
    with time_machine.travel(payment.occurred_at + timedelta(days=2)):
        response = undo(at_store, payment)
    assert response.status_code == 409
    assert "ask for a refund" in response.json()["detail"]


def test_another_reason_needs_its_note(at_store: Program, payment: Payment) -> None:
    response = undo(at_store, payment, reason="other")
    assert response.status_code == 400
    assert "note" in response.json()["errors"]


def test_a_stranger_finds_nothing(
    asked: dict[str, Any], stranger: Program, payment: Payment
) -> None:
    assert undo(stranger, payment, key="k-2").status_code == 400
    assert stranger.get("cancels/").json()["results"] == []
    assert stranger.get(f"cancels/{asked['id']}/").status_code == 404


@pytest.mark.parametrize("verb", ["decline", "ask"])
def test_a_strangers_verb_finds_nothing(
    verb: str, asked: dict[str, Any], stranger: Program
) -> None:
    assert stranger.post(f"cancels/{asked['id']}/{verb}/", note="No.").status_code == 404


def test_a_program_does_not_approve(asked: dict[str, Any], everywhere: Program) -> None:
    assert everywhere.post(f"cancels/{asked['id']}/approve/").status_code == 403
    assert Cancel.objects.get().state == CancelState.REQUESTED


def test_a_person_approves(asked: dict[str, Any], client: Client, manager: User) -> None:
    client.force_login(manager)
    shown = client.post(f"/api/v1/cancels/{asked['id']}/approve/", CONFIRMED, JSON).json()
    assert (shown["state"], shown["decided_by"]) == ("APPROVED", "manager")


def test_approved_too_late_it_lapses(asked: dict[str, Any], client: Client, manager: User) -> None:
    with time_machine.travel(Cancel.objects.get().deadline_at + timedelta(minutes=1)):
        client.force_login(manager)
        shown = client.post(f"/api/v1/cancels/{asked['id']}/approve/", CONFIRMED, JSON).json()
    assert (shown["state"], shown["may_have_left"]) == ("LAPSED", False)


def test_declining_frees_the_payment(
    asked: dict[str, Any], at_store: Program, payment: Payment
) -> None:
    shown = at_store.post(f"cancels/{asked['id']}/decline/", note="He kept it.").json()
    assert (shown["state"], shown["decision_note"]) == ("DECLINED", "He kept it.")
    assert amounts(payment) == (0, 0, 0)


def test_asking_tells_what_the_payment_says(at_store: Program, payment: Payment) -> None:
    made = undo(at_store, payment).json()
    tick()
    told = at_store.post(f"cancels/{made['id']}/ask/").json()
    assert (told["outcome"], told["code"]) == ("answered", "TRADE_CLOSED")
    assert told["cancel"]["state"] == "DONE"


@pytest.mark.parametrize(
    ("name", "matching", "other"),
    [("state", "REQUESTED", "DONE"), ("has_question", "false", "true")],
)
def test_cancels_are_filtered(
    asked: dict[str, Any], at_store: Program, name: str, matching: str, other: str
) -> None:
    assert len(at_store.get("cancels/", **{name: matching}).json()["results"]) == 1
    assert at_store.get("cancels/", **{name: other}).json()["results"] == []
