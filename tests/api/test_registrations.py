"""Stores registered at Alipay, and their review followed, over the API."""

import pytest

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from merchant_portal.models import AuditEntry
from qrcodes.models import Enrolment, Registrant, Registration
from tests.alipay_side import AlipaySide
from tests.api.conftest import MakeProgram, Program

VERBS = ["register", "ask"]
REGISTRANT = {
    "type": "INDIVIDUAL",
    "registration_no": "55-1",
    "register_country": "US",
    "register_address": "5 Hill Street",
    "contact_email": "shop@hill.example",
}


def test_a_store_is_registered_and_asked_about(
    at_store: Program, acquired: Enrolment, alipay: AlipaySide
) -> None:
    told = at_store.post(f"enrolments/{acquired.pk}/register/").json()
    assert (told["review_state"], told["registration"]["next_call"]) == ("IN_REVIEW", "ask")
    alipay.decide_review(acquired.alipay_store_id, "FAILED", "high risk merchant")
    asked = at_store.post(f"enrolments/{acquired.pk}/ask/").json()
    assert (asked["review_state"], asked["registration"]["reject_reason"]) == (
        "REJECTED",
        "high risk merchant",
    )


def test_a_lost_answer_is_told(at_store: Program, acquired: Enrolment, alipay: AlipaySide) -> None:
    alipay.switch("done_but_no_answer", times=1)
    told = at_store.post(f"enrolments/{acquired.pk}/register/").json()["registration"]
    assert (told["state"], told["asked_without_answer"]) == ("UNREGISTERED", True)
    assert told["next_attempt_at"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_direct_accounts_store_cannot_be_registered(
    at_store: Program, acquired: Enrolment, account: Account, verb: str
) -> None:
    Account.objects.update(integration="direct")
    answer = at_store.post(f"enrolments/{acquired.pk}/{verb}/")
    assert answer.status_code == 409
    assert at_store.get(f"enrolments/{acquired.pk}/").json()["review_state"] is None


def test_enrolments_are_filtered_by_review(at_store: Program, in_review: Registration) -> None:
    def found(state: str) -> int:
        return len(at_store.get("enrolments/", review_state=state).json()["results"])

    assert [found(state) for state in ("UNREGISTERED", "IN_REVIEW", "APPROVED")] == [0, 1, 0]


@pytest.mark.parametrize("verb", VERBS)
def test_a_store_of_others_is_not_there(stranger: Program, acquired: Enrolment, verb: str) -> None:
    assert stranger.post(f"enrolments/{acquired.pk}/{verb}/").status_code == 404
    assert not Registration.objects.exists()


@pytest.mark.parametrize("verb", VERBS)
def test_who_may_only_see_cannot_register(
    program: MakeProgram, acquired: Enrolment, verb: str
) -> None:
    cashier = program(Role.CASHIER, store=acquired.store)
    assert cashier.post(f"enrolments/{acquired.pk}/{verb}/").status_code == 403


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_registers(nobody: Program, acquired: Enrolment, verb: str) -> None:
    assert nobody.post(f"enrolments/{acquired.pk}/{verb}/").status_code == 401


@pytest.mark.parametrize("verb", VERBS)
def test_registering_is_no_reading(at_store: Program, acquired: Enrolment, verb: str) -> None:
    assert at_store.get(f"enrolments/{acquired.pk}/{verb}/").status_code == 405


def test_a_registrant_is_said(program: MakeProgram, acquired: Enrolment) -> None:
    merchant = acquired.store.merchant
    theirs = program(Role.MANAGER, merchant=merchant)
    answer = theirs.put(f"merchants/{merchant.pk}/registrant/", **REGISTRANT)
    assert (answer.status_code, answer.json()["registration_no"]) == (200, "55-1")
    assert Registrant.objects.get(merchant=merchant).register_address == "5 Hill Street"


@pytest.mark.parametrize("missing", ["registration_no", "contact_email", "type"])
def test_a_registrant_without_what_alipay_asks_for_is_refused(
    everywhere: Program, acquired: Enrolment, missing: str
) -> None:
    said = {name: text for name, text in REGISTRANT.items() if name != missing}
    answer = everywhere.put(f"merchants/{acquired.store.merchant_id}/registrant/", **said)
    assert answer.status_code == 400
    assert not AuditEntry.objects.filter(verb="save_registrant").exists()


def test_who_has_one_store_does_not_speak_for_the_merchant(
    at_store: Program, acquired: Enrolment
) -> None:
    answer = at_store.put(f"merchants/{acquired.store.merchant_id}/registrant/", **REGISTRANT)
    assert answer.status_code == 403


def test_another_merchants_registrant_is_not_there(stranger: Program, acquired: Enrolment) -> None:
    answer = stranger.put(f"merchants/{acquired.store.merchant_id}/registrant/", **REGISTRANT)
    assert answer.status_code == 404
