"""Refunds over the API: asked for once per key, approved by people only."""

from typing import Any

import pytest
from django.test import Client

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from payments.models import Payment
from payments.states import GiveBackReason
from qrcodes.models import IdempotencyKey, Store
from refunds.models import Refund
from refunds.states import RefundState
from tests import factories
from tests.alipay_side import AlipaySide
from tests.api.conftest import CONFIRMED, JSON, MakeProgram, Program
from tests.api.test_payments import payment
from tests.refunds.giving import REFUND, amounts, ask_for, tick

__all__ = ["payment"]

ORDER = {"amount": "2.50", "currency": "USD", "reason": "returned"}


def give(program: Program, paid: Payment, *, key: str = "k-1", **changed: Any) -> Any:
    """Ask for a refund with a key of one's own."""
    order = {"payment": str(paid.pk)} | ORDER | changed
    return program.post("refunds/", headers={"Idempotency-Key": key}, **order)


@pytest.fixture
def asked(at_store: Program, payment: Payment) -> dict[str, Any]:
    """A refund above the limit, which waits."""
    Account.objects.update(approval_limit_minor=100)
    made: dict[str, Any] = give(at_store, payment).json()
    return made


# ---- Asking for one -----------------------------------------------------------------------------


def test_a_refund_is_made_and_shown(at_store: Program, payment: Payment) -> None:
    response = give(at_store, payment)
    made = response.json()
    assert response.status_code == 201
    assert (made["amount"], made["currency"], made["state"]) == ("2.50", "USD", "APPROVED")
    assert (made["payment"], made["may_have_left"]) == (str(payment.pk), False)


def test_above_the_limit_it_waits(asked: dict[str, Any]) -> None:
    assert (asked["state"], asked["needs_approval"]) == ("REQUESTED", True)


def test_the_payment_shows_what_is_reserved(
    asked: dict[str, Any], at_store: Program, payment: Payment
) -> None:
    shown = at_store.get(f"payments/{payment.pk}/").json()
    assert (shown["reserved"], shown["refunded"], shown["cancelled"]) == ("2.50", "0.00", "0.00")


def test_the_same_request_again_gives_the_same_refund(at_store: Program, payment: Payment) -> None:
    first, again = give(at_store, payment), give(at_store, payment)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert amounts(payment) == (0, 0, 250)


def test_the_same_key_for_another_amount_is_refused(at_store: Program, payment: Payment) -> None:
    give(at_store, payment)
    response = give(at_store, payment, amount="3.00")
    assert response.status_code == 422
    assert "for something else" in response.json()["detail"]
    assert amounts(payment) == (0, 0, 250)


def test_another_programs_key_of_the_same_text_is_its_own(
    at_store: Program, everywhere: Program, payment: Payment
) -> None:
    give(at_store, payment)
    assert give(everywhere, payment).status_code == 201
    assert IdempotencyKey.objects.count() == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "ü", "x" * 101])
def test_without_a_usable_key_nothing_is_asked_for(
    key: str, at_store: Program, payment: Payment
) -> None:
    response = give(at_store, payment, key=key)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert "Idempotency-Key" in response.json()["detail"]
    assert not Refund.objects.exists()


def test_a_refusal_leaves_the_key_free(at_store: Program, payment: Payment) -> None:
    Payment.objects.update(frozen=True)
    assert give(at_store, payment).status_code == 409
    Payment.objects.update(frozen=False)
    assert give(at_store, payment).status_code == 201


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "0"},
        {"amount": "-1.00"},
        {"amount": "2.505"},
        {"amount": "1e2"},
        {"amount": 2.5},
        {"amount": None},
        {"currency": "usd"},
        {"currency": "XXX"},
        {"reason": "because"},
        {"reason": "other"},
        {"payment": "999999"},
        {"payment": "x"},
        {"instead_of": "999999"},
        {"note": "x" * 201},
    ],
    ids=str,
)
def test_what_cannot_be_used_is_told_by_field(
    changed: dict[str, Any], at_store: Program, payment: Payment
) -> None:
    response = give(at_store, payment, **changed)
    assert response.status_code == 400
    assert set(response.json()["errors"]) & {*changed, "note", "amount"}
    assert not Refund.objects.exists()


@pytest.mark.parametrize("changed", [{"amount": "12.51"}, {"currency": "HKD"}])
def test_what_does_not_fit_the_payment_is_refused(
    changed: dict[str, Any], at_store: Program, payment: Payment
) -> None:
    response = give(at_store, payment, **changed)
    assert response.status_code == 409
    assert amounts(payment) == (0, 0, 0)


def test_another_reason_with_its_note_is_taken(at_store: Program, payment: Payment) -> None:
    made = give(at_store, payment, reason="other", note="A gift.").json()
    assert (made["reason"], made["note"]) == (GiveBackReason.OTHER, "A gift.")


# ---- Who may ------------------------------------------------------------------------------------


def test_a_stranger_sees_and_gives_nothing(
    asked: dict[str, Any], stranger: Program, payment: Payment
) -> None:
    assert give(stranger, payment, key="k-2").status_code == 400
    assert stranger.get("refunds/").json()["results"] == []
    assert stranger.get(f"refunds/{asked['id']}/").status_code == 404


@pytest.mark.parametrize("verb", ["approve", "decline", "ask"])
def test_a_strangers_verb_finds_nothing(
    verb: str, asked: dict[str, Any], program: MakeProgram
) -> None:
    stranger = program(Role.MANAGER, store=factories.other_store())
    person = stranger.post(f"refunds/{asked['id']}/{verb}/", note="No.")
    assert person.status_code == (403 if verb == "approve" else 404)


def test_nobody_is_told_to_sign_in(nobody: Program, payment: Payment) -> None:
    assert give(nobody, payment).status_code == 401
    assert nobody.get("refunds/").status_code == 401


def test_an_auditor_gives_nothing_back(
    program: MakeProgram, payment: Payment, store: Store
) -> None:
    response = give(program(Role.AUDITOR, store=store), payment)
    assert response.status_code == 403
    assert "ask for money to go back" in response.json()["detail"]


@pytest.mark.parametrize("verb", ["approve", "decline", "ask"])
def test_a_verb_is_posted(verb: str, asked: dict[str, Any], at_store: Program) -> None:
    assert at_store.get(f"refunds/{asked['id']}/{verb}/").status_code == 405


# ---- A second person ----------------------------------------------------------------------------


def test_a_program_does_not_approve_and_is_told_why(
    asked: dict[str, Any], everywhere: Program
) -> None:
    response = everywhere.post(f"refunds/{asked['id']}/approve/")
    assert response.status_code == 403
    assert "A person approves money going back" in response.json()["detail"]
    assert Refund.objects.get().state == RefundState.REQUESTED


def test_a_person_approves(asked: dict[str, Any], client: Client, manager: User) -> None:
    client.force_login(manager)
    shown = client.post(f"/api/v1/refunds/{asked['id']}/approve/", CONFIRMED, JSON).json()
    assert (shown["state"], shown["decided_by"]) == ("APPROVED", "manager")


def test_a_person_does_not_approve_the_own_request(
    payment: Payment, client: Client, manager: User
) -> None:
    Account.objects.update(approval_limit_minor=100)
    refund = ask_for(payment, "2.50", factories.Actor.person(manager))
    client.force_login(manager)
    response = client.post(f"/api/v1/refunds/{refund.pk}/approve/", CONFIRMED, JSON)
    assert response.status_code == 409
    assert "cannot approve it" in response.json()["detail"]


def test_declining_says_why_and_frees_the_amount(
    asked: dict[str, Any], at_store: Program, payment: Payment
) -> None:
    url = f"refunds/{asked['id']}/decline/"
    assert at_store.post(url, note="").status_code == 400
    assert at_store.post(url, note="Not ours.").json()["state"] == "DECLINED"
    assert amounts(payment) == (0, 0, 0)
    assert at_store.post(url, note="Again.").status_code == 409


# ---- What became of it --------------------------------------------------------------------------


def test_asking_tells_what_alipay_said(
    at_store: Program, payment: Payment, alipay: AlipaySide
) -> None:
    made = give(at_store, payment).json()
    alipay.switch("done_but_no_answer", times=1, service=REFUND)
    tick()
    told = at_store.post(f"refunds/{made['id']}/ask/").json()
    assert (told["outcome"], told["code"]) == ("answered", "SUCCESS")
    assert told["refund"]["state"] == "REFUNDED"


def test_no_answer_is_unknown_and_never_failed(
    at_store: Program, payment: Payment, alipay: AlipaySide
) -> None:
    made = give(at_store, payment).json()
    alipay.switch("down")
    tick()
    told = at_store.post(f"refunds/{made['id']}/ask/").json()
    assert told["outcome"] == "no_answer"
    assert told["refund"]["state"] in {"UNKNOWN", "APPROVED"}


def test_what_was_never_sent_is_not_asked_about(asked: dict[str, Any], at_store: Program) -> None:
    response = at_store.post(f"refunds/{asked['id']}/ask/")
    assert response.status_code == 409
    assert "nothing to ask" in response.json()["detail"]


def test_a_refund_shows_its_moves(at_store: Program, payment: Payment) -> None:
    made = give(at_store, payment).json()
    tick()
    shown = at_store.get(f"refunds/{made['id']}/").json()
    assert [move["to_state"] for move in shown["moves"]] == ["APPROVED", "SUBMITTED", "REFUNDED"]
    assert shown["partner_refund_id"] == Refund.objects.get().partner_refund_id


@pytest.mark.parametrize(
    ("name", "matching", "other"),
    [
        ("state", "REQUESTED", "FAILED"),
        ("origin", "ours", "elsewhere"),
        ("has_question", "false", "true"),
        ("day_from", "2020-01-01", "2100-01-01"),
        ("day_to", "2100-01-01", "2020-01-01"),
        ("partner_refund_id", "", "R1"),
        ("payment", "", "999999"),
        ("store", "", "999999"),
    ],
)
def test_refunds_are_filtered(
    asked: dict[str, Any], at_store: Program, name: str, matching: str, other: str
) -> None:
    refund = Refund.objects.select_related("payment").get()
    own = {
        "partner_refund_id": refund.partner_refund_id,
        "payment": str(refund.payment_id),
        "store": str(refund.payment.store_id),
    }
    assert len(at_store.get("refunds/", **{name: matching or own[name]}).json()["results"]) == 1
    assert at_store.get("refunds/", **{name: other}).json()["results"] == []


def test_pages_of_refunds_follow_each_other(at_store: Program, payment: Payment) -> None:
    for number in range(2):
        give(at_store, payment, key=f"k-{number}", amount="1.00")
    page = at_store.get("refunds/", limit=1).json()
    rest = at_store.client.get(page["next"], headers=at_store.headers).json()
    assert {row["id"] for row in page["results"] + rest["results"]} == {
        str(refund.pk) for refund in Refund.objects.all()
    }
    assert rest["next"] is None
