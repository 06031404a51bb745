"""Alipay's side: partners, trades, refunds, clock, books and the page for them."""

import base64

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding

from .wire import DIGESTS, GLOBAL_PARTNER, QUERY, Merchant, signed_text

LISTENER = "http://127.0.0.1:9/notify"


def move(shop: Merchant, trade_no: str, status: str) -> httpx.Response:
    return shop.control(f"trades/{trade_no}", status=status)


def refund(shop: Merchant, trade_no: str, amount: str, **extra: str) -> httpx.Response:
    return shop.control("refunds", trade_no=trade_no, amount=amount, **extra)


def test_a_partner_gets_a_key_if_it_brings_none(shop: Merchant) -> None:
    given = shop.control("partners", partner_id="2088000000000007").json()
    assert len(given["md5_key"]) == 32
    assert (
        shop.with_changes(partner=given["partner_id"], md5_key=given["md5_key"]).create().accepted
    )


def test_a_new_key_replaces_the_old_one(shop: Merchant) -> None:
    shop.control("partners", partner_id=GLOBAL_PARTNER, md5_key="n" * 32)
    assert shop.create().error == "ILLEGAL_SIGN"
    assert shop.with_changes(md5_key="n" * 32).create().accepted


def test_an_update_keeps_what_it_does_not_name(shop: Merchant) -> None:
    shop.control("partners", partner_id=GLOBAL_PARTNER, seller_email="shop@example.com")
    assert shop.create().accepted


def test_rsa_answers_fit_the_public_key_that_was_given(
    shop: Merchant,
    key_pair: tuple[str, str],
) -> None:
    keys = {"sign_types": ["RSA2"], "merchant_public_key_pem": key_pair[1]}
    given = shop.control("partners", partner_id=GLOBAL_PARTNER, **keys).json()
    by_rsa = shop.with_changes(sign_type="RSA2", private_key_pem=key_pair[0])
    answer = by_rsa.create()
    public = serialization.load_pem_public_key(given["alipay_public_key_pem"].encode())
    raw, text = base64.b64decode(answer.sign), signed_text(answer.fields).encode()
    public.verify(raw, text, padding.PKCS1v15(), DIGESTS["RSA2"]())  # type: ignore
    assert answer.root.findtext("sign_type") == "RSA2"


@pytest.mark.parametrize(
    "fields",
    [
        {"partner_id": "1"},
        {"partner_id": GLOBAL_PARTNER, "region": "moon"},
        {"partner_id": GLOBAL_PARTNER, "sign_types": ["DSA"]},
        {"partner_id": GLOBAL_PARTNER, "sign_types": 7},
        {"partner_id": GLOBAL_PARTNER, "merchant_public_key_pem": "no key"},
        {"partner_id": GLOBAL_PARTNER, "services": "all"},
        {"partner_id": GLOBAL_PARTNER, "answer_charset": "KOI8"},
    ],
)
def test_a_partner_that_cannot_be_is_refused(shop: Merchant, fields: dict[str, object]) -> None:
    response = shop.control("partners", **fields)
    assert (response.status_code, response.json()["error"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_refused(shop: Merchant, body: bytes) -> None:
    response = shop.http.post(f"{shop.url}/control/partners", content=body)
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("before", "status"),
    [
        ("TRADE_FINISHED", "TRADE_SUCCESS"),
        ("TRADE_FINISHED", "TRADE_CLOSED"),
        ("TRADE_CLOSED", "TRADE_SUCCESS"),
    ],
)
def test_what_has_ended_does_not_move(shop: Merchant, before: str, status: str) -> None:
    trade_no = shop.pay(shop.code()).json()["trade_no"]
    move(shop, trade_no, before)
    response = move(shop, trade_no, status)
    assert (response.status_code, response.json()["error"]) == (409, "TRADE_STATUS_ERROR")


@pytest.mark.parametrize("status", ["WAIT_BUYER_PAY", "", "PAID"])
def test_a_trade_cannot_be_moved_to_just_anything(shop: Merchant, status: str) -> None:
    trade_no = shop.pay(shop.code()).json()["trade_no"]
    assert move(shop, trade_no, status).status_code == 400


def test_a_trade_nobody_made_cannot_be_moved(shop: Merchant) -> None:
    assert move(shop, "1", "TRADE_CLOSED").status_code == 404


def test_a_frozen_trade_can_be_released(shop: Merchant) -> None:
    trade_no = shop.pay(shop.code(), outcome="pending").json()["trade_no"]
    assert move(shop, trade_no, "TRADE_SUCCESS").json()["status"] == "TRADE_SUCCESS"


def test_refunds_never_exceed_the_trade(shop: Merchant) -> None:
    trade_no = shop.pay(shop.code(), "10").json()["trade_no"]
    assert refund(shop, trade_no, "6").json()["amount"] == "6.00"
    response = refund(shop, trade_no, "4.01")
    assert (response.status_code, response.json()["error"]) == (409, "RETURN_AMOUNT_EXCEED")
    assert shop.trade()["refunded"] == "6.00"


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("waiting", "TRADE_STATUS_ERROR"),
        ("pending", "REASON_TRADE_BEEN_FREEZEN"),
        ("finished", "TRADE_HAS_FINISHED"),
        ("closed", "TRADE_HAS_CLOSE"),
    ],
)
def test_only_a_paid_trade_is_refunded(shop: Merchant, outcome: str, code: str) -> None:
    trade_no = shop.pay(shop.code(), outcome=outcome).json()["trade_no"]
    response = refund(shop, trade_no, "1")
    assert (response.status_code, response.json()["error"]) == (409, code)


def test_a_refund_number_is_used_once(shop: Merchant) -> None:
    trade_no = shop.pay(shop.code(), "10").json()["trade_no"]
    refund(shop, trade_no, "1", out_biz_no="R1")
    assert refund(shop, trade_no, "1", out_biz_no="R1").status_code == 409


@pytest.mark.parametrize("amount", ["", "0", "1.005", "abc"])
def test_a_refund_of_no_amount_is_refused(shop: Merchant, amount: str) -> None:
    trade_no = shop.pay(shop.code()).json()["trade_no"]
    assert refund(shop, trade_no, amount).status_code == 400


def test_a_refund_of_an_unknown_trade_is_refused(shop: Merchant) -> None:
    assert refund(shop, "1", "1").json()["error"] == "TRADE_NOT_EXIST"


def test_the_clock_moves_timestamps_and_pay_times(shop: Merchant) -> None:
    shop.control("clock", now="2027-01-02T03:04:05+08:00")
    assert shop.create().error == "SESSION_TIMEOUT"


def test_the_clock_comes_back(shop: Merchant) -> None:
    shop.control("clock", advance_seconds=86400)
    shop.control("clock", offset_seconds=0)
    assert shop.create().accepted


def test_a_payment_bears_alipays_time(shop: Merchant) -> None:
    code = shop.code()
    shop.control("clock", now="2027-01-02T03:04:05")
    paid = shop.pay(code).json()
    fields = shop.call(QUERY, alipay_trans_id=paid["trade_no"]).fields
    assert fields["alipay_pay_time"].startswith("202701020304")
    assert paid["trade_no"].startswith("20270102")


@pytest.mark.parametrize(
    "fields",
    [{}, {"now": "soon"}, {"offset_seconds": "x"}, {"offset_seconds": 1e300}],
)
def test_a_clock_that_cannot_be_set_is_refused(
    shop: Merchant,
    fields: dict[str, object],
) -> None:
    assert shop.control("clock", **fields).status_code == 400


@pytest.mark.parametrize("fields", [{"speed": 1}, {"ladder_scale": 0}, {"timeout_seconds": "x"}])
def test_a_delivery_that_cannot_be_is_refused(
    shop: Merchant,
    fields: dict[str, object],
) -> None:
    assert shop.control("delivery", **fields).status_code == 400


def test_the_books_tell_the_truth_about_everything(shop: Merchant) -> None:
    paid = shop.pay(shop.code(LISTENER), "10").json()
    refund(shop, paid["trade_no"], "4", out_biz_no="R1")
    books = {
        name: shop.http.get(f"{shop.url}/books/{name}.json").json()
        for name in ("partners", "codes", "trades", "notices")
    }
    assert [partner["partner_id"] for partner in books["partners"]] == [GLOBAL_PARTNER]
    assert books["codes"][0]["state"] == "ACTIVE"
    assert books["trades"][0]["refunds"][0]["amount"] == "4.00"
    assert len(books["notices"]) == 2


def test_the_books_do_not_tell_keys(shop: Merchant) -> None:
    text = shop.http.get(f"{shop.url}/books/partners.json").text
    assert shop.md5_key not in text
    assert "PRIVATE" not in text


def test_reset_empties_everything(shop: Merchant) -> None:
    shop.pay(shop.code(LISTENER))
    shop.control("reset")
    for name in ("partners", "codes", "trades", "notices"):
        assert shop.http.get(f"{shop.url}/books/{name}.json").json() == []


def test_the_page_shows_trades_notices_and_switches(shop: Merchant) -> None:
    paid = shop.pay(shop.code(LISTENER)).json()
    shop.mishap("doubled")
    text = shop.http.get(f"{shop.url}/control/").text
    assert paid["trade_no"] in text
    assert "WAITING" in text
    assert "Notice sent twice" in text


def test_a_form_of_the_page_comes_back_to_it(shop: Merchant) -> None:
    fields = {"name": "lost", "value": "", "times": "1", "service": "", "partner_id": ""}
    response = shop.http.post(f"{shop.url}/control/mishaps", data=fields)
    assert (response.status_code, response.headers["location"]) == (303, "/control/")


def test_a_refused_form_of_the_page_says_why(shop: Merchant) -> None:
    response = shop.http.post(f"{shop.url}/control/clock", data={"advance_seconds": "x"})
    assert response.status_code == 400
    assert "Not possible" in response.text


def test_the_checkbox_of_the_page_switches_delivery(shop: Merchant) -> None:
    url = f"{shop.url}/control/delivery"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for sent, shown in (("automatic=0&automatic=1", True), ("automatic=0", False)):
        shop.http.post(url, content=sent, headers=headers)
        assert ("checked" in shop.http.get(f"{shop.url}/control/").text) is shown


def test_an_unknown_address_and_a_wrong_method_are_told_apart(shop: Merchant) -> None:
    assert shop.http.get(f"{shop.url}/nowhere").status_code == 404
    assert shop.http.get(f"{shop.url}/control/reset").status_code == 405
    assert shop.http.put(f"{shop.url}/gateway.do").status_code == 405


def test_an_answer_to_an_unknown_notice_is_refused(shop: Merchant) -> None:
    answer = {"status": 200, "body": "success"}
    assert shop.http.post(f"{shop.url}/outbox/999/answered", json=answer).status_code == 404
