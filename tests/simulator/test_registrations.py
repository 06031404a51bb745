"""Stores handed in for review, and what their review allows."""

import json
from typing import Any

import httpx
import pytest

from .wire import GLOBAL_PARTNER, MAINTAIN, MD5_KEY, QUERY_STATUS, Answer, Merchant, gmt8

STORE = {
    "secondary_merchant_name": "Harbour Noodle Bar LLC",
    "secondary_merchant_id": "M0001",
    "store_id": "S0001",
    "store_name": "Harbour Noodle Bar Pier 3",
    "store_country": "US",
    "store_address": "1 Example Pier, Springfield",
    "store_industry": "5812",
    "secondary_merchant_type": "ENTERPRISE",
    "registration_no": "REG-0001",
    "register_country": "US",
    "register_address": "1 Example Pier, Springfield",
    "contact_no": "15550100",
    "contact_email": "owner@example.com",
}
DRIVER = {"operation_id": "D1", "contact_way": "+65 5550-1000", "contact_person": "Test Driver"}


def register(shop: Merchant, **changes: str) -> Answer:
    return shop.call(MAINTAIN, **(STORE | changes))


def review(shop: Merchant, **changes: str) -> dict[str, str]:
    """What queryStatus says, without the echo of what was asked."""
    asked = {"secondary_merchant_id": "M0001", "store_id": "S0001"}
    asked |= {"payment_method": "INSTORE_PAYMENT"} | changes
    fields = shop.call(QUERY_STATUS, **asked).fields
    return {name: text for name, text in fields.items() if name not in asked}


def by_hand(shop: Merchant, **fields: Any) -> httpx.Response:
    number = shop.books("registrations")[0]["registration_id"]
    return shop.control(f"registrations/{number}", **fields)


def drivers(*changes: dict[str, str]) -> str:
    return json.dumps([DRIVER | change for change in changes])


def test_a_registration_is_accepted_for_review(shop: Merchant) -> None:
    assert register(shop).fields == {"result_code": "SUCCESS"}
    assert review(shop) == {"result_code": "SUCCESS", "status": "UNDER_REVIEW"}


def test_the_answer_names_what_was_asked(shop: Merchant) -> None:
    asked = {"secondary_merchant_id": "M9", "store_id": "S9"}
    fields = shop.call(QUERY_STATUS, **asked, payment_method="INSTORE_PAYMENT").fields
    assert fields == {
        "payment_method": "INSTORE_PAYMENT",
        "result_code": "SUCCESS",
        "secondary_merchant_id": "M9",
        "status": "DATA_NOT_EXIST",
        "store_id": "S9",
    }


@pytest.mark.parametrize(
    ("seconds", "status"),
    [(290, "UNDER_REVIEW"), (301, "SUCCESS")],
)
def test_a_review_takes_five_minutes_of_alipays_clock(
    shop: Merchant,
    seconds: int,
    status: str,
) -> None:
    register(shop)
    shop.control("clock", advance_seconds=seconds)
    assert review(shop)["status"] == status


def test_a_review_may_be_set_to_refuse(shop: Merchant) -> None:
    shop.control("review", review_seconds=60, review_verdict="FAILED", review_reason="security")
    register(shop)
    shop.control("clock", advance_seconds=61)
    assert review(shop) == {
        "reject_reason": "security",
        "result_code": "SUCCESS",
        "status": "FAILED",
    }


def test_a_changed_verdict_does_not_reach_back(shop: Merchant) -> None:
    register(shop)
    shop.control("clock", advance_seconds=301)
    shop.control("review", review_verdict="FAILED")
    assert review(shop)["status"] == "SUCCESS"


def test_reviews_may_wait_for_a_person(shop: Merchant) -> None:
    shop.control("review", review_seconds=None)
    register(shop)
    shop.control("clock", advance_seconds=86400 * 3)
    shop.control("clock", offset_seconds=0)
    assert review(shop)["status"] == "UNDER_REVIEW"
    assert by_hand(shop, status="SUCCESS").status_code == 200
    assert review(shop)["status"] == "SUCCESS"


def test_a_person_refuses_with_a_reason(shop: Merchant) -> None:
    register(shop)
    by_hand(shop, status="FAILED", reject_reason="no such pier")
    assert review(shop)["reject_reason"] == "no such pier"
    by_hand(shop, status="FAILED")
    assert review(shop)["reject_reason"] == "high risk merchant"


def test_what_a_person_takes_up_again_is_under_review(shop: Merchant) -> None:
    register(shop)
    by_hand(shop, status="SUCCESS")
    by_hand(shop, status="UNDER_REVIEW")
    assert review(shop)["status"] == "UNDER_REVIEW"


def test_a_change_of_an_approved_store_is_reviewed_as_a_change(shop: Merchant) -> None:
    register(shop)
    by_hand(shop, status="SUCCESS")
    assert register(shop, store_name="Pier 4").fields == {"result_code": "SUCCESS"}
    assert review(shop)["status"] == "MODIFICATION_REVIEW"
    [row] = shop.books("registrations")
    assert row["fields"]["store_name"] == "Pier 4"


def test_a_refused_store_handed_in_again_is_new(shop: Merchant) -> None:
    register(shop)
    by_hand(shop, status="FAILED")
    register(shop)
    assert review(shop) == {"result_code": "SUCCESS", "status": "UNDER_REVIEW"}


def test_partners_do_not_see_each_others_stores(shop: Merchant, hk_shop: Merchant) -> None:
    register(shop)
    assert review(hk_shop)["status"] == "DATA_NOT_EXIST"


@pytest.mark.parametrize(
    "change",
    [
        *({name: ""} for name in STORE if not name.startswith("contact_")),
        {"contact_no": "", "contact_email": ""},
        {"secondary_merchant_name": "x" * 129},
        {"secondary_merchant_id": "M-1"},
        {"secondary_merchant_id": "x" * 65},
        {"secondary_merchant_id": "全"},
        {"store_id": "S 1"},
        {"store_id": "x" * 65},
        {"store_country": "USA"},
        {"store_country": "us"},
        {"register_country": "U1"},
        {"store_industry": "food"},
        {"secondary_merchant_type": "enterprise"},
        {"contact_no": "call me"},
        {"contact_email": "owner"},
        {"cs_email": "@"},
        {"internal_store_photo": "photo.png"},
        {"external_storefront_photo": "ftp://127.0.0.1/a.png"},
        {"store_industry": "4121"},
        {"extend_params": "{"},
        {"extend_params": "7"},
    ],
)
def test_a_field_that_is_missing_or_malformed(shop: Merchant, change: dict[str, str]) -> None:
    assert register(shop, **change).fields == {"error": "PARAM_ILLEGAL", "result_code": "FAIL"}
    assert shop.books("registrations") == []


@pytest.mark.parametrize("change", [{"contact_no": ""}, {"contact_email": ""}])
def test_one_way_to_reach_the_merchant_is_enough(shop: Merchant, change: dict[str, str]) -> None:
    assert register(shop, **change).fields == {"result_code": "SUCCESS"}


def test_a_system_integrator_says_less_than_an_acquirer(shop: Merchant) -> None:
    names = ("secondary_merchant_type", "registration_no", "register_country", "register_address")
    nothing = dict.fromkeys((*names, "contact_no", "contact_email"), "")
    assert register(shop, **nothing).fields["error"] == "PARAM_ILLEGAL"
    shop.control("partners", partner_id=GLOBAL_PARTNER, system_integrator=True)
    assert register(shop, **nothing).fields == {"result_code": "SUCCESS"}
    assert register(shop, **nothing, store_name="").fields["error"] == "PARAM_ILLEGAL"


def test_a_text_without_a_stated_length_may_be_long(shop: Merchant) -> None:
    assert register(shop, store_address="x" * 1000).fields == {"result_code": "SUCCESS"}


def test_a_taxi_business_names_its_drivers(shop: Merchant) -> None:
    text = drivers({}, {"operation_id": "D2"})
    assert register(shop, store_industry="4121", extend_params=text).accepted
    assert review(shop)["status"] == "UNDER_REVIEW"


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        drivers({"operation_id": "D-1"}),
        drivers({"operation_id": "x" * 65}),
        drivers({"contact_way": "mail"}),
        drivers({"contact_person": ""}),
        drivers({}, {}),
        drivers(*({"operation_id": f"D{number}"} for number in range(11))),
        '[{"operation_id": "D1"}]',
        '[{"operation_id": 7, "contact_way": "1", "contact_person": "x"}]',
    ],
)
def test_drivers_that_cannot_be(shop: Merchant, text: str) -> None:
    fields = register(shop, store_industry="4121", extend_params=text).fields
    assert fields["error"] == "PARAM_ILLEGAL"


def test_drivers_numbers_do_not_change(shop: Merchant) -> None:
    register(shop, store_industry="4121", extend_params=drivers({}))
    other = register(shop, store_industry="4121", extend_params=drivers({"operation_id": "D2"}))
    assert other.fields["error"] == "PARAM_ILLEGAL"
    same = register(shop, store_industry="4121", extend_params=drivers({"contact_way": "2"}))
    assert same.fields["result_code"] == "SUCCESS"


def test_an_hk_text_holds_no_double_quotes(hk_shop: Merchant) -> None:
    fields = register(hk_shop, store_name='The "Pier"').fields
    assert fields["error"] == "PARAM_ILLEGAL"


@pytest.mark.parametrize(
    "change",
    [
        {"secondary_merchant_id": ""},
        {"store_id": ""},
        {"payment_method": ""},
        {"payment_method": "ONLINE_PAYMENT"},
    ],
)
def test_an_inquiry_that_does_not_fit(shop: Merchant, change: dict[str, str]) -> None:
    register(shop)
    assert review(shop, **change) == {"error": "PARAM_ILLEGAL", "result_code": "FAIL"}


@pytest.mark.parametrize("service", [MAINTAIN, QUERY_STATUS])
@pytest.mark.parametrize(
    ("timestamp", "code"),
    [("", "ILLEGAL_ARGUMENT"), ("1795174304121", "ILLEGAL_ARGUMENT"), (None, "SESSION_TIMEOUT")],
)
def test_both_services_look_at_the_time(
    shop: Merchant,
    service: str,
    timestamp: str | None,
    code: str,
) -> None:
    sent = gmt8(-45) if timestamp is None else timestamp
    assert shop.call(service, **(STORE | {"timestamp": sent})).error == code


def test_a_registration_may_be_unknown_or_refused(shop: Merchant) -> None:
    for mishap, word in (("unknown_then", "UNKNOWN"), ("refused", "FAIL")):
        shop.mishap(mishap, service=MAINTAIN)
        fields = register(shop).fields
        assert fields == {"error": "SYSTEM_ERROR", "result_code": word}


def test_an_unregistered_store_trades_until_the_switch_blocks_it(shop: Merchant) -> None:
    code = shop.code()
    assert shop.pay(code).status_code == 200
    shop.control("review", blocks_unregistered=True)
    response = shop.pay(code)
    assert (response.status_code, response.json()["error"]) == (409, "STORE_NOT_REGISTERED")


@pytest.mark.parametrize(
    ("statuses", "paid"),
    [
        ([], 409),
        (["FAILED"], 409),
        (["SUCCESS"], 200),
        (["SUCCESS", "MODIFICATION_REVIEW"], 200),
        (["SUCCESS", "FAILED"], 200),
    ],
)
def test_only_what_was_approved_is_paid_while_the_switch_blocks(
    shop: Merchant,
    statuses: list[str],
    paid: int,
) -> None:
    code = shop.code()
    shop.control("review", review_seconds=None, blocks_unregistered=True)
    register(shop)
    for status in statuses:
        by_hand(shop, status=status)
    assert shop.pay(code).status_code == paid


def test_the_approval_of_one_store_does_not_open_another(shop: Merchant) -> None:
    shop.control("review", blocks_unregistered=True)
    register(shop)
    by_hand(shop, status="SUCCESS")
    assert shop.pay(shop.code(store_id="S0002")).status_code == 409


def test_a_taxi_is_paid_if_its_driver_was_registered(shop: Merchant) -> None:
    taxi = {"taxi_number": "SG1", "taxi_driver_name": "Test", "taxi_driver_mobile": "1"}
    taxi |= {"secondary_merchant_industry": "4121"}
    none: dict[str, Any] = {"store_id": None, "store_name": None}
    known = shop.code(**taxi, **none, taxi_operation_id="D1")
    unknown = shop.code(**taxi, **none, taxi_operation_id="D2")
    shop.control("review", blocks_unregistered=True)
    register(shop, store_industry="4121", extend_params=drivers({}))
    by_hand(shop, status="SUCCESS")
    assert [shop.pay(code).status_code for code in (known, unknown)] == [200, 409]


@pytest.mark.parametrize(
    "fields",
    [
        {"review_seconds": 0},
        {"review_seconds": "soon"},
        {"review_verdict": "UNDER_REVIEW"},
        {"review_verdict": ""},
        {"speed": 1},
    ],
)
def test_a_review_that_cannot_be_is_refused(shop: Merchant, fields: dict[str, Any]) -> None:
    assert shop.control("review", **fields).status_code == 400


def test_a_decision_that_cannot_be_is_refused(shop: Merchant) -> None:
    register(shop)
    assert by_hand(shop, status="DATA_NOT_EXIST").status_code == 400
    assert shop.control("registrations/999", status="SUCCESS").status_code == 404


def test_the_page_shows_reviews_and_their_switches(shop: Merchant) -> None:
    register(shop, store_name="<b>Pier</b>")
    form = {"review_seconds": "", "review_verdict": "FAILED", "blocks_unregistered": "1"}
    response = shop.http.post(f"{shop.url}/control/review", data=form)
    assert response.headers["location"] == "/control/"
    text = shop.http.get(f"{shop.url}/control/").text
    assert "&lt;b&gt;Pier&lt;/b&gt;" in text
    assert '<option value="FAILED" selected>' in text
    assert "UNDER_REVIEW" in text


def test_a_contract_without_registrations_cannot_register(shop: Merchant) -> None:
    shop.control("partners", partner_id=GLOBAL_PARTNER, md5_key=MD5_KEY, services=[QUERY_STATUS])
    assert register(shop).error == "ILLEGAL_PARTNER_EXTERFACE"
