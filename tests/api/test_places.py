"""Merchants, stores, counters and enrolments over the API."""

from base64 import b64encode

import pytest

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from merchant_portal.models import AuditEntry
from qrcodes import services
from qrcodes.models import Counter, QRCode, Store
from tests.api.conftest import MakeProgram, Program
from tests.factories import ACTOR
from tests.factories import counter as make_counter

STORE = {
    "code": "PIER9",
    "name": "Harbour Noodle Bar Pier 9",
    "country": "HK",
    "pricing_currency": "HKD",
    "time_zone": "Asia/Hong_Kong",
}


def test_a_merchant_and_its_store_are_added(everywhere: Program) -> None:
    merchant = everywhere.post(
        "merchants/", name="Hill Tea", mcc="5812", secondary_merchant_id="HILL"
    ).json()
    answer = everywhere.post("stores/", merchant=merchant["id"], **STORE)
    assert answer.status_code == 201
    assert Store.objects.get().merchant.secondary_merchant_id == "HILL"


def test_a_merchant_is_changed_by_who_may_change_all_its_stores(
    program: MakeProgram, at_store: Program, store: Store
) -> None:
    address = f"merchants/{store.merchant_id}/"
    wanted = {"name": "Bay Noodle Bar", "secondary_merchant_id": "HARBOUR"}
    assert at_store.patch(address, **wanted).status_code == 403
    theirs = program(Role.MANAGER, merchant=store.merchant)
    assert theirs.patch(address, **wanted).json()["name"] == "Bay Noodle Bar"


def test_what_alipay_knows_a_merchant_by_is_fixed(everywhere: Program, code: QRCode) -> None:
    merchant = code.enrolment.store.merchant
    answer = everywhere.patch(f"merchants/{merchant.pk}/", secondary_merchant_id="BAY")
    assert (answer.status_code, answer.json()["title"]) == (409, "Conflict")


def test_what_a_program_did_is_in_the_audit_log(at_store: Program, store: Store) -> None:
    at_store.post("counters/", store=str(store.pk), code="C9", name="Terrace")
    entry = AuditEntry.objects.get(verb="add_counter")
    assert entry.actor_name.startswith("manager program")


def test_a_store_key_adds_no_store(at_store: Program, store: Store) -> None:
    answer = at_store.post("stores/", merchant=str(store.merchant_id), **STORE)
    assert answer.status_code == 403


def test_a_merchants_key_adds_no_merchant(program: MakeProgram, store: Store) -> None:
    theirs = program(Role.MANAGER, merchant=store.merchant)
    answer = theirs.post("merchants/", name="Hill", mcc="5812", secondary_merchant_id="HILL")
    assert answer.status_code == 403


def test_a_store_is_changed(at_store: Program, store: Store) -> None:
    assert at_store.patch(f"stores/{store.pk}/", name="Pier 3").status_code == 200
    store.refresh_from_db()
    assert store.name == "Pier 3"


@pytest.mark.parametrize(
    ("field", "value"),
    [("time_zone", "Moon/Base"), ("pricing_currency", "XXX"), ("country", "hk"), ("code", "A-B")],
)
def test_an_unusable_store_is_refused_by_field(
    everywhere: Program, store: Store, field: str, value: str
) -> None:
    body = STORE | {"merchant": str(store.merchant_id), field: value}
    answer = everywhere.post("stores/", **body)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_a_code_that_is_taken_is_a_conflict(at_store: Program, counter: Counter) -> None:
    answer = at_store.post(
        "counters/", store=str(counter.store_id), code=counter.code, name="Again"
    )
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Conflict"


@pytest.mark.parametrize("noun", ["stores", "counters", "enrolments"])
def test_what_belongs_to_others_is_not_there(
    stranger: Program, noun: str, counter: Counter, account: Account
) -> None:
    enrolment = services.enrol_counter(counter, account=account, actor=ACTOR)
    pk = {"stores": counter.store_id, "counters": counter.pk, "enrolments": enrolment.pk}[noun]
    assert stranger.get(f"{noun}/{pk}/").status_code == 404
    assert stranger.patch(f"{noun}/{pk}/", name="Mine").status_code == 404
    assert str(pk) not in [row["id"] for row in stranger.get(f"{noun}/").json()["results"]]


def test_a_counter_of_others_cannot_be_enrolled(
    stranger: Program, counter: Counter, account: Account
) -> None:
    answer = stranger.post("enrolments/", counter=str(counter.pk), account=str(account.pk))
    assert answer.status_code == 400
    assert "counter" in answer.json()["errors"]


def test_a_counter_is_enrolled_with_the_defaults(
    at_store: Program, counter: Counter, account: Account
) -> None:
    answer = at_store.post("enrolments/", counter=str(counter.pk), account=str(account.pk))
    assert answer.status_code == 201
    assert answer.json()["alipay_store_id"] == "PIER3-C1"


def test_an_enrolment_is_changed_before_its_first_code(
    at_store: Program, counter: Counter, account: Account
) -> None:
    enrolment = services.enrol_counter(counter, account=account, actor=ACTOR)
    answer = at_store.patch(f"enrolments/{enrolment.pk}/", alipay_store_id="OLD-1")
    assert answer.json()["alipay_store_id"] == "OLD-1"


def test_pages_go_on_where_the_last_ended(at_store: Program, store: Store) -> None:
    made = {str(make_counter(store, number=number).pk) for number in range(1, 6)}
    page = at_store.get("counters/", limit=3).json()
    rest = at_store.client.get(page["next"], headers=at_store.headers).json()
    assert rest["next"] is None
    assert {row["id"] for row in page["results"] + rest["results"]} == made


def test_counters_are_filtered_by_store(everywhere: Program, counter: Counter) -> None:
    assert len(everywhere.get("counters/", store=counter.store_id).json()["results"]) == 1
    assert everywhere.get("counters/", store="abc").status_code == 400


@pytest.mark.parametrize("position", ["abc", "9" * 30, ""])
def test_a_forged_cursor_leads_nowhere(everywhere: Program, store: Store, position: str) -> None:
    cursor = b64encode(f"p={position}".encode()).decode()
    assert everywhere.get("stores/", cursor=cursor).status_code in {200, 404}
