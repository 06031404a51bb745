"""Create, modify and modifyStatus: two codes at most, what may change, and the life of a code."""

import re
from typing import Any

import pytest

from .wire import MODIFY, MODIFY_STATUS, Merchant, md5, signed_text

FEE = {"type": "RATE", "value": "0.01"}
TAXI = {
    "secondary_merchant_industry": "4121",
    "store_id": None,
    "store_name": None,
    "taxi_operation_id": "T1",
    "taxi_number": "AB 1234",
    "taxi_driver_name": "A. Driver",
    "taxi_driver_mobile": "85200000000",
}


def books_code(shop: Merchant, qrcode: str) -> dict[str, Any]:
    codes = shop.http.get(f"{shop.url}/books/codes.json").json()
    return next(code for code in codes if code["qrcode"] == qrcode)


def test_a_code_has_23_characters_after_the_slash(shop: Merchant) -> None:
    assert re.fullmatch(r"https://qr\.alipay\.com/ocx[0-9a-z]{20}", shop.code())


def test_the_answer_has_a_picture_address_whose_ampersands_are_escaped(shop: Merchant) -> None:
    answer = shop.create()
    assert "&d&picSize=M" in answer.fields["qrcode_img_url"]
    assert b"&amp;d&amp;picSize=M" in answer.raw.content


def test_the_answer_echoes_every_parameter_with_its_signature(shop: Merchant) -> None:
    signed = shop.signed(shop.parameters("alipay.commerce.qrcode.create", biz_data="{}"))
    signed = signed | {"biz_data": shop.biz_data(store_name="R&D <Bar>")}
    signed = shop.signed({k: v for k, v in signed.items() if not k.startswith("sign")})
    echo = shop.send(signed).root.findall("request/param")
    assert {param.get("name"): param.text for param in echo} == signed


def test_the_signature_and_its_type_follow_the_response(shop: Merchant) -> None:
    root = shop.create().root
    assert [child.tag for child in root] == [
        "is_success",
        "request",
        "response",
        "sign",
        "sign_type",
    ]


def test_only_the_wrappers_children_are_signed(shop: Merchant) -> None:
    answer = shop.create()
    assert answer.sign == md5(signed_text(answer.fields), shop.md5_key)


def test_a_repeated_create_answers_the_same_code_unchanged(shop: Merchant) -> None:
    code = shop.code("http://127.0.0.1:9/first")
    assert shop.code("http://127.0.0.1:9/second", store_name="Other") == code
    assert books_code(shop, code)["notify_url"] == "http://127.0.0.1:9/first"
    assert books_code(shop, code)["biz_data"]["store_name"] == "Harbour Noodle Bar Pier 3"


def test_a_store_has_one_code_with_and_one_without_a_service_charge(shop: Merchant) -> None:
    plain, charged = shop.code(), shop.code(channel_fee=FEE)
    assert plain != charged
    assert (shop.code(), shop.code(channel_fee=FEE)) == (plain, charged)


@pytest.mark.parametrize(
    "fee", [FEE, '{"type":"FIXED","value":"0.10"}', {"type": "RATE", "value": 0}]
)
def test_a_channel_fee_is_taken_as_object_and_as_text(shop: Merchant, fee: object) -> None:
    assert shop.create(channel_fee=fee).accepted


@pytest.mark.parametrize("passback", [{"key": "a"}, '{"key":"a"}'])
def test_passback_parameters_are_taken_as_object_and_as_text(
    shop: Merchant,
    passback: object,
) -> None:
    assert books_code(shop, shop.code(passback_parameters=passback))["passback"] == '{"key":"a"}'


def test_other_stores_and_merchants_have_codes_of_their_own(shop: Merchant) -> None:
    codes = {shop.code(), shop.code(store_id="S0002"), shop.code(secondary_merchant_id="M0002")}
    assert len(codes) == 3


def test_another_partner_has_codes_of_its_own(shop: Merchant, hk_shop: Merchant) -> None:
    same_names = {"secondary_merchant_id": "M0001", "store_id": "S0001"}
    assert shop.code(**same_names) != hk_shop.code(**same_names)


def test_a_deleted_code_does_not_count(shop: Merchant) -> None:
    deleted = shop.code()
    shop.call(MODIFY_STATUS, qrcode=deleted, status="DELETE")
    assert shop.code() != deleted


def test_a_stopped_code_still_counts(shop: Merchant) -> None:
    stopped = shop.code()
    shop.call(MODIFY_STATUS, qrcode=stopped, status="STOP")
    assert shop.code() == stopped


def test_a_taxi_needs_no_store_and_has_a_code_per_taxi(shop: Merchant) -> None:
    assert shop.code(**TAXI) != shop.code(**TAXI | {"taxi_operation_id": "T2"})


def test_a_code_may_settle_in_cny(shop: Merchant) -> None:
    assert shop.create(trans_currency="USD", currency="CNY").accepted


def test_modify_replaces_the_whole_of_biz_data(shop: Merchant) -> None:
    code = shop.code(address="1 Example Pier", country_code="US")
    answer = shop.call(MODIFY, qrcode=code, biz_data=shop.biz_data(store_name="Pier 4"))
    assert answer.fields == {"qrcode": code}
    stored = books_code(shop, code)["biz_data"]
    assert stored["store_name"] == "Pier 4"
    assert "address" not in stored


def test_modify_puts_a_new_notify_url_in_force(shop: Merchant) -> None:
    code = shop.code("http://127.0.0.1:9/old")
    extra = {"biz_data": shop.biz_data(), "notify_url": "http://127.0.0.1:9/new"}
    shop.call(MODIFY, qrcode=code, **extra)
    shop.pay(code)
    assert shop.due()[0]["url"] == "http://127.0.0.1:9/new"


def test_modify_without_notify_url_keeps_the_old_one(shop: Merchant) -> None:
    code = shop.code("http://127.0.0.1:9/old")
    shop.call(MODIFY, qrcode=code, biz_data=shop.biz_data())
    assert books_code(shop, code)["notify_url"] == "http://127.0.0.1:9/old"


def test_modify_may_change_the_fee_and_the_currencies(shop: Merchant) -> None:
    code = shop.code(channel_fee=FEE)
    terms = {"channel_fee": {"type": "RATE", "value": "0.02"}}
    terms |= {"trans_currency": "JPY", "currency": "JPY"}
    assert shop.call(MODIFY, qrcode=code, biz_data=shop.biz_data(**terms)).accepted
    assert shop.pay(code, "1500").json()["currency"] == "JPY"


def test_modify_that_leaves_the_integrator_out_keeps_it(shop: Merchant) -> None:
    code = shop.code(sys_service_provider_id="2088123456789012")
    assert shop.call(MODIFY, qrcode=code, biz_data=shop.biz_data()).accepted
    assert books_code(shop, code)["biz_data"]["sys_service_provider_id"] == "2088123456789012"


@pytest.mark.parametrize(
    ("first", "then", "state"),
    [
        ("RESTART", "RESTART", "ACTIVE"),
        ("STOP", "STOP", "STOPPED"),
        ("STOP", "RESTART", "ACTIVE"),
        ("STOP", "DELETE", "DELETED"),
    ],
)
def test_the_life_of_a_code(shop: Merchant, first: str, then: str, state: str) -> None:
    code = shop.code()
    for status in (first, then):
        answer = shop.call(MODIFY_STATUS, qrcode=code, status=status)
        assert answer.fields == {"qrcode": code}
    assert books_code(shop, code)["state"] == state


def test_gbk_requests_are_answered_in_gbk(shop: Merchant) -> None:
    answer = shop.with_changes(charset="GBK").create(store_name="海旁面家")
    assert answer.raw.content.startswith(b'<?xml version="1.0" encoding="GBK"?>')
    assert answer.raw.headers["content-type"] == "text/xml;charset=GBK"
    assert "海旁面家" in (answer.root.findtext("request/param[@name='biz_data']") or "")
