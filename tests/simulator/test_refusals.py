"""Every refusal of the gateway, message by message: unsigned, with exactly one code."""

from typing import Any

import pytest

from .wire import (
    CREATE,
    GLOBAL_PARTNER,
    HK_PARTNER,
    MD5_KEY,
    MODIFY,
    MODIFY_STATUS,
    QUERY,
    Merchant,
    gmt8,
    md5,
    read,
    signed_text,
)


def create_parameters(shop: Merchant, **changes: str) -> dict[str, str]:
    return shop.parameters(CREATE, biz_data=shop.biz_data()) | changes


def test_a_refusal_is_unsigned_and_echoes_nothing(shop: Merchant) -> None:
    answer = shop.send({"service": QUERY})
    assert [child.tag for child in answer.root] == ["is_success", "error"]
    assert answer.raw.status_code == 200


@pytest.mark.parametrize("service", ["", "alipay.commerce.qrcode.modifystatus", "nonsense"])
def test_an_unknown_service(shop: Merchant, service: str) -> None:
    answer = shop.send(shop.signed(create_parameters(shop, service=service)))
    assert answer.error == "ILLEGAL_SERVICE"


@pytest.mark.parametrize("partner", ["", "2088000000000000", "not a partner"])
def test_an_unknown_partner(shop: Merchant, partner: str) -> None:
    answer = shop.send(shop.signed(create_parameters(shop, partner=partner)))
    assert answer.error == "ILLEGAL_PARTNER"


def test_a_changed_parameter(shop: Merchant) -> None:
    signed = shop.signed(create_parameters(shop))
    changed = signed | {"biz_data": shop.biz_data(store_name="Elsewhere")}
    assert shop.send(changed).error == "ILLEGAL_SIGN"


def test_a_parameter_added_after_signing(shop: Merchant) -> None:
    signed = shop.signed(create_parameters(shop))
    assert shop.send(signed | {"unknown": "x"}).error == "ILLEGAL_SIGN"


def test_a_parameter_removed_after_signing(shop: Merchant) -> None:
    signed = shop.signed(create_parameters(shop, notify_url="http://127.0.0.1:9/n"))
    del signed["notify_url"]
    assert shop.send(signed).error == "ILLEGAL_SIGN"


def test_another_md5_key(shop: Merchant) -> None:
    stranger = shop.with_changes(md5_key="x" * 32)
    assert stranger.create().error == "ILLEGAL_SIGN"


def test_no_signature(shop: Merchant) -> None:
    unsigned = create_parameters(shop, sign_type="MD5")
    assert shop.send(unsigned).error == "ILLEGAL_SIGN"


def test_an_unknown_parameter_that_is_signed_is_accepted(shop: Merchant) -> None:
    signed = shop.signed(create_parameters(shop, sendFormat="normal"))
    assert shop.send(signed).accepted


def test_an_empty_parameter_is_not_part_of_the_signature(shop: Merchant) -> None:
    signed = shop.signed(create_parameters(shop))
    assert shop.send(signed | {"notify_url": ""}).accepted


def test_an_md5_signature_in_capitals_is_accepted(shop: Merchant) -> None:
    signed = shop.signed(create_parameters(shop))
    assert shop.send(signed | {"sign": signed["sign"].upper()}).accepted


@pytest.mark.parametrize("sign_type", ["", "md5", "DSA", "SHA256", "RSA", "RSA2"])
def test_a_sign_type_the_contract_does_not_name(shop: Merchant, sign_type: str) -> None:
    signed = shop.signed(create_parameters(shop)) | {"sign_type": sign_type}
    assert shop.send(signed).error == "ILLEGAL_SIGN_TYPE"


def test_a_contract_for_rsa_without_an_uploaded_key(shop: Merchant) -> None:
    shop.control("partners", partner_id=GLOBAL_PARTNER, sign_types=["MD5", "RSA2"])
    signed = shop.signed(create_parameters(shop)) | {"sign_type": "RSA2"}
    assert shop.send(signed).error == "ILLEGAL_SECURITY_PROFILE"


def test_an_rsa_key_text_used_as_md5_key(shop: Merchant, key_pair: tuple[str, str]) -> None:
    keys = {"sign_types": ["RSA2"], "merchant_public_key_pem": key_pair[1]}
    shop.control("partners", partner_id=GLOBAL_PARTNER, **keys)
    downgraded = shop.with_changes(md5_key=key_pair[1])
    assert downgraded.create().error == "ILLEGAL_SIGN_TYPE"


@pytest.mark.parametrize("sign_type", ["RSA", "RSA2"])
def test_rsa_signatures_are_accepted(
    shop: Merchant,
    key_pair: tuple[str, str],
    sign_type: str,
) -> None:
    private, public = key_pair
    keys = {"sign_types": ["RSA", "RSA2"], "merchant_public_key_pem": public}
    shop.control("partners", partner_id=GLOBAL_PARTNER, **keys)
    signing = shop.with_changes(sign_type=sign_type, private_key_pem=private)
    assert signing.create().accepted


def test_an_rsa_signature_named_rsa2(shop: Merchant, key_pair: tuple[str, str]) -> None:
    private, public = key_pair
    keys = {"sign_types": ["RSA", "RSA2"], "merchant_public_key_pem": public}
    shop.control("partners", partner_id=GLOBAL_PARTNER, **keys)
    signed = shop.with_changes(sign_type="RSA", private_key_pem=private).signed(
        create_parameters(shop),
    )
    assert shop.send(signed | {"sign_type": "RSA2"}).error == "ILLEGAL_SIGN"


@pytest.mark.parametrize("charset", ["LATIN-1", "UTF-16", "big5"])
def test_an_unknown_charset(shop: Merchant, charset: str) -> None:
    signed = shop.signed(create_parameters(shop, _input_charset=charset))
    assert shop.send(signed).error == "ILLEGAL_CHARSET"


def test_a_missing_charset(shop: Merchant) -> None:
    parameters = create_parameters(shop)
    del parameters["_input_charset"]
    assert shop.send(shop.signed(parameters)).error == "ILLEGAL_CHARSET"


def test_a_post_whose_charset_is_in_the_body_alone(shop: Merchant) -> None:
    signed = shop.signed(create_parameters(shop))
    answer = read(shop.http.post(f"{shop.url}/gateway.do", data=signed))
    assert answer.error == "ILLEGAL_CHARSET"


def test_a_post_whose_charset_is_in_the_url(shop: Merchant) -> None:
    signed = shop.signed(create_parameters(shop))
    address = f"{shop.url}/gateway.do?_input_charset=UTF-8"
    assert read(shop.http.post(address, data=signed)).accepted


def test_a_lower_case_charset_is_accepted_as_it_was_signed(shop: Merchant) -> None:
    signed = shop.signed(create_parameters(shop, _input_charset="utf-8"))
    assert shop.send(signed).accepted


@pytest.mark.parametrize("charset", ["GBK", "GB2312"])
def test_chinese_text_in_a_chinese_charset_is_accepted(shop: Merchant, charset: str) -> None:
    chinese = shop.with_changes(charset=charset)
    assert chinese.create(store_name="海旁面家").accepted


def test_bytes_that_are_not_of_the_declared_charset(shop: Merchant) -> None:
    signed = shop.signed(create_parameters(shop, biz_data=shop.biz_data(store_name="面家")))
    assert shop.send(signed, charset="gbk").error == "INVALID_CHARACTER_SET"


def test_a_control_character(shop: Merchant) -> None:
    signed = shop.signed(create_parameters(shop, biz_data="\x01"))
    assert shop.send(signed).error == "INVALID_CHARACTER_SET"


def test_a_parameter_sent_twice_with_different_texts(shop: Merchant) -> None:
    signed = shop.signed(create_parameters(shop))
    url = f"{shop.url}/gateway.do?_input_charset=UTF-8&biz_type=OTHER"
    assert read(shop.http.post(url, data=signed)).error == "ILLEGAL_ARGUMENT"


def test_a_service_outside_the_contract(shop: Merchant) -> None:
    shop.control("partners", partner_id=GLOBAL_PARTNER, services=[QUERY])
    assert shop.create().error == "ILLEGAL_PARTNER_EXTERFACE"


@pytest.mark.parametrize("minutes", [-31, 31, -480])
def test_a_stale_or_early_timestamp(shop: Merchant, minutes: int) -> None:
    signed = shop.signed(create_parameters(shop, timestamp=gmt8(minutes)))
    assert shop.send(signed).error == "SESSION_TIMEOUT"


@pytest.mark.parametrize("minutes", [-29, 29])
def test_a_timestamp_within_half_an_hour(shop: Merchant, minutes: int) -> None:
    signed = shop.signed(create_parameters(shop, timestamp=gmt8(minutes)))
    assert shop.send(signed).accepted


@pytest.mark.parametrize(
    "timestamp", ["", "1456507704121", "20261120194116", "2026-13-40 25:00:00"]
)
def test_a_malformed_timestamp(shop: Merchant, timestamp: str) -> None:
    signed = shop.signed(create_parameters(shop, timestamp=timestamp))
    assert shop.send(signed).error == "ILLEGAL_ARGUMENT"


@pytest.mark.parametrize("service", [CREATE, MODIFY, MODIFY_STATUS])
@pytest.mark.parametrize("biz_type", ["", "SHOPQRCODE"])
def test_another_biz_type(shop: Merchant, service: str, biz_type: str) -> None:
    extra = {"qrcode": shop.code(), "status": "STOP", "biz_data": shop.biz_data()}
    answer = shop.call(service, **extra | {"biz_type": biz_type})
    assert answer.error == "ILLEGAL_ARGUMENT"


BAD_TERMS: list[dict[str, Any]] = [
    {"secondary_merchant_industry": None},
    {"secondary_merchant_industry": "58120"},
    {"secondary_merchant_id": None},
    {"secondary_merchant_id": "has blank"},
    {"secondary_merchant_id": "M" * 65},
    {"secondary_merchant_name": ""},
    {"secondary_merchant_name": "N" * 65},
    {"store_id": None},
    {"store_id": "S" * 33},
    {"store_id": "store.1"},
    {"store_name": None},
    {"store_name": "N" * 257},
    {"store_name": 7},
    {"trans_currency": None},
    {"trans_currency": "usd"},
    {"trans_currency": "XYZ"},
    {"currency": None},
    {"currency": "EUR"},
    {"trans_currency": "TWD", "currency": "TWD"},
    {"country_code": "USA"},
    {"notify_mobile": "+1 555"},
    {"secondary_merchant_industry": "4121"},
    {"channel_fee": {"type": "RATE", "value": "0.051"}},
    {"channel_fee": {"type": "RATE", "value": "-0.01"}},
    {"channel_fee": {"type": "FIXED", "value": "1.005"}},
    {"channel_fee": {"type": "SHARE", "value": "0.01"}},
    {"channel_fee": {"type": "RATE"}},
    {"channel_fee": "not json"},
    {"channel_fee": ""},
    {"passback_parameters": "not json"},
    {"passback_parameters": '{"nested": {"a": "b"}}'},
    {"notify_sign_type": "RSA2"},
    {"notify_charset": "UTF-16"},
    {"address": "A" * 2000},
    {"passback_parameters": {"list": []}},
]


@pytest.mark.parametrize("changes", BAD_TERMS, ids=lambda changes: str(changes)[:50])
def test_a_bad_member_of_biz_data(shop: Merchant, changes: dict[str, Any]) -> None:
    assert shop.create(**changes).error == "ILLEGAL_ARGUMENT"


@pytest.mark.parametrize("member", ["store_name", "passback_parameters"])
def test_half_a_character_in_biz_data(shop: Merchant, member: str) -> None:
    text = shop.biz_data(**{member: "HALF"}).replace("HALF", "\\ud83c")
    assert shop.call(CREATE, biz_data=text).error == "ILLEGAL_ARGUMENT"


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"a":"1","a":"2"}', "[" * 1900])
def test_biz_data_that_is_no_object(shop: Merchant, text: str) -> None:
    signed = shop.signed(create_parameters(shop, biz_data=text))
    assert shop.send(signed).error == "ILLEGAL_ARGUMENT"


@pytest.mark.parametrize(
    "url", ["not a url", "ftp://127.0.0.1/", "http://", "http://a/" + "b" * 200]
)
def test_a_bad_notify_url(shop: Merchant, url: str) -> None:
    assert shop.create(notify_url=url).error == "ILLEGAL_ARGUMENT"


@pytest.mark.parametrize(
    "changes",
    [
        {"secondary_merchant_id": "M" * 33},
        {"secondary_merchant_name": "N" * 33},
        {"trans_currency": "USD", "currency": "USD"},
        {"currency": "CNY"},
        {"store_name": 'The "Harbour"'},
        {"address": '"Pier" 3'},
    ],
)
def test_what_hk_refuses_and_global_takes(
    hk_shop: Merchant,
    shop: Merchant,
    changes: dict[str, str],
) -> None:
    assert hk_shop.create(**changes).error == "ILLEGAL_ARGUMENT"
    assert shop.create(**changes).accepted


@pytest.mark.parametrize("service", [MODIFY, MODIFY_STATUS])
@pytest.mark.parametrize("qrcode", ["", "https://qr.alipay.com/ocx00000000000000000000"])
def test_an_unknown_code(shop: Merchant, service: str, qrcode: str) -> None:
    extra = {"status": "STOP", "biz_data": shop.biz_data(), "qrcode": qrcode}
    assert shop.call(service, **extra).error == "ILLEGAL_ARGUMENT"


def test_the_wrong_parameter_name_of_an_old_client(shop: Merchant) -> None:
    answer = shop.call(MODIFY, qr_code=shop.code(), biz_data=shop.biz_data())
    assert answer.error == "ILLEGAL_ARGUMENT"


def test_a_code_of_another_partner(shop: Merchant, hk_shop: Merchant) -> None:
    answer = hk_shop.call(MODIFY_STATUS, qrcode=shop.code(), status="STOP")
    assert answer.error == "HAS_NO_PRIVILEGE"


@pytest.mark.parametrize("status", ["", "stop", "PAUSE"])
def test_an_unknown_status(shop: Merchant, status: str) -> None:
    answer = shop.call(MODIFY_STATUS, qrcode=shop.code(), status=status)
    assert answer.error == "ILLEGAL_ARGUMENT"


@pytest.mark.parametrize("status", ["STOP", "RESTART", "DELETE"])
def test_anything_on_a_deleted_code(shop: Merchant, status: str) -> None:
    code = shop.code()
    shop.call(MODIFY_STATUS, qrcode=code, status="DELETE")
    assert shop.call(MODIFY_STATUS, qrcode=code, status=status).error == "ILLEGAL_ARGUMENT"


@pytest.mark.parametrize(
    ("changes", "extra"),
    [
        ({"secondary_merchant_id": "M0002"}, {}),
        ({"store_id": "S0002"}, {}),
        ({"sys_service_provider_id": "2088000000000001"}, {}),
        ({"channel_fee": {"type": "RATE", "value": "0.01"}}, {}),
    ],
)
def test_a_modify_of_what_cannot_change(
    shop: Merchant,
    changes: dict[str, Any],
    extra: dict[str, str],
) -> None:
    answer = shop.call(MODIFY, qrcode=shop.code(), biz_data=shop.biz_data(**changes), **extra)
    assert answer.error == "ILLEGAL_ARGUMENT"


def test_a_modify_that_drops_the_channel_fee(shop: Merchant) -> None:
    code = shop.code(channel_fee={"type": "FIXED", "value": "0.10"})
    answer = shop.call(MODIFY, qrcode=code, biz_data=shop.biz_data())
    assert answer.error == "ILLEGAL_ARGUMENT"


def test_hk_modify_takes_md5_alone(hk_shop: Merchant, key_pair: tuple[str, str]) -> None:
    private, public = key_pair
    keys = {"sign_types": ["MD5", "RSA2"], "merchant_public_key_pem": public}
    hk_shop.control("partners", partner_id=HK_PARTNER, **keys)
    by_rsa = hk_shop.with_changes(sign_type="RSA2", private_key_pem=private)
    code = by_rsa.code()
    extra = {"qrcode": code, "biz_data": hk_shop.biz_data()}
    assert by_rsa.call(MODIFY, **extra).error == "ILLEGAL_SIGN_TYPE"
    assert hk_shop.call(MODIFY, **extra).accepted


def test_a_query_without_any_number(shop: Merchant) -> None:
    assert shop.call(QUERY).error == "ILLEGAL_ARGUMENT"


def test_an_hk_query_by_alipays_number_alone(hk_shop: Merchant) -> None:
    paid = hk_shop.pay(hk_shop.code()).json()
    answer = hk_shop.call(QUERY, alipay_trans_id=paid["trade_no"])
    assert answer.error == "ILLEGAL_ARGUMENT"


def test_an_hk_query_may_leave_the_charset_out(hk_shop: Merchant) -> None:
    fields = {"service": QUERY, "partner": HK_PARTNER, "partner_trans_id": "餐费"}
    signed = fields | {"sign_type": "MD5", "sign": md5(signed_text(fields), MD5_KEY, "gbk")}
    assert hk_shop.send(signed, charset="gbk").accepted


def test_a_global_query_may_not_leave_the_charset_out(shop: Merchant) -> None:
    fields = {"service": QUERY, "partner": GLOBAL_PARTNER, "partner_trans_id": "1"}
    assert shop.send(shop.signed(fields)).error == "ILLEGAL_CHARSET"


@pytest.mark.parametrize("garbage", ["%ff=%fe", "=&=&==", "service", "&" * 50, "a=1&" * 200])
def test_garbage_is_refused_like_everything_else(shop: Merchant, garbage: str) -> None:
    answer = read(shop.http.get(f"{shop.url}/gateway.do?{garbage}"))
    assert answer.root.findtext("is_success") == "F"
