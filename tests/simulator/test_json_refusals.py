"""The JSON API's refusals, message by message: door, contract, members."""

from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from .counter import payment_code, post
from .json_shop import (
    PREFIX,
    PRICE,
    SALE,
    JSONShop,
    iso,
    order_members,
    order_of_one,
    register,
)
from .wire import HK_PARTNER, Merchant

ASK = b'{"paymentRequestId":"BC2026112019500100012345"}'
INQUIRY = PREFIX + "inquiryPayment"
MERCHANT: dict[str, Any] = order_members()["merchant"]


def test_another_key_does_not_fit_and_is_answered_unsigned(till: JSONShop) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    said = till.with_changes(private=other).call("inquiryPayment", {"paymentRequestId": SALE})
    assert (said.code, said.status, said.verified) == ("SIGNATURE_INVALID", "F", None)


def test_the_word_for_a_wrong_signature_can_be_switched(
    shop: Merchant, key_pair: tuple[str, str]
) -> None:
    till = register(shop, key_pair, signature_word="INVALID_SIGNATURE")
    assert till.send(INQUIRY, ASK, Signature="").code == "INVALID_SIGNATURE"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Signature": "algorithm=RSA256,keyVersion=1,signature=AAAA"}, "SIGNATURE_INVALID"),
        ({"Signature": "algorithm=MD5,keyVersion=1,signature=AAAA"}, "SIGNATURE_INVALID"),
        ({"Signature": "nonsense"}, "SIGNATURE_INVALID"),
        ({"Client_Id": "211000000000000000002"}, "INVALID_CLIENT"),
        ({"Content_Type": "text/plain"}, "MEDIA_TYPE_NOT_ACCEPTABLE"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(
    till: JSONShop, headers: dict[str, str], code: str
) -> None:
    said = till.send(INQUIRY, ASK, **headers)
    assert (said.code, said.status, said.verified) == (code, "F", None)


@pytest.mark.parametrize("changed", ["path", "body", "time"])
def test_what_was_signed_cannot_be_changed(till: JSONShop, changed: str) -> None:
    time = iso()
    signed = till.send(INQUIRY, ASK, time=time).raw.request.headers["signature"]
    said = till.send(
        PREFIX + "cancel" if changed == "path" else INQUIRY,
        ASK + b" " if changed == "body" else ASK,
        time=iso(60) if changed == "time" else time,
        Signature=signed,
    )
    assert said.code == "SIGNATURE_INVALID"


@pytest.mark.parametrize("prefix", [PREFIX, "/ams/sandbox/api/v1/payments/"])
def test_both_prefixes_are_served_and_signed_as_sent(till: JSONShop, prefix: str) -> None:
    said = till.with_changes(prefix=prefix).sell()
    assert (said.code, said.verified) == ("SUCCESS", True)


def test_only_posts_are_taken(till: JSONShop) -> None:
    for ask in (till.shop.http.get, till.shop.http.delete):
        said = till.read(INQUIRY, ask(till.shop.url + INQUIRY))
        assert said.code == "METHOD_NOT_SUPPORTED"


def test_a_call_nobody_knows_is_refused(till: JSONShop) -> None:
    assert till.call("capture", {}).code == "NO_INTERFACE_DEF"


@pytest.mark.parametrize("time", ["now", "2026-11-20 19:50:01", "2026-11-20T19:50:01", "17951"])
def test_a_request_time_has_a_zone(till: JSONShop, time: str) -> None:
    assert till.send(INQUIRY, ASK, time=time).code == "PARAM_ILLEGAL"


def test_a_request_time_may_be_milliseconds(till: JSONShop) -> None:
    assert till.send(INQUIRY, ASK, time="1795175401123").code == "ORDER_NOT_EXIST"


def test_the_time_counts_only_where_that_is_on(till: JSONShop) -> None:
    old = iso(-1000)
    assert till.send(INQUIRY, ASK, time=old).code == "ORDER_NOT_EXIST"
    post(till.shop, "/control/clients", client_id=till.client_id, checks_request_time=True)
    assert till.send(INQUIRY, ASK, time=old).code == "ACCESS_DENIED"
    assert till.send(INQUIRY, ASK).code == "ORDER_NOT_EXIST"


def test_keys_have_versions(till: JSONShop, key_pair: tuple[str, str]) -> None:
    second = till.with_changes(key_version="2")
    said = second.call("inquiryPayment", {"paymentRequestId": SALE})
    assert (said.code, said.verified) == ("KEY_NOT_FOUND", True)
    key = key_pair[1].replace("-----BEGIN PUBLIC KEY-----", "")
    key = key.replace("-----END PUBLIC KEY-----", "")
    wish = {"client_id": till.client_id, "key_version": 2, "merchant_public_key_pem": key}
    told = post(till.shop, "/control/clients", **wish).json()
    assert told["key_versions"] == ["1", "2"]
    assert second.sell().code == "SUCCESS"
    post(till.shop, "/control/clients", client_id=till.client_id, retire_key_version=1)
    assert till.sell().code == "KEY_NOT_FOUND"


def test_an_agent_token_must_be_the_one_that_was_given(
    shop: Merchant, key_pair: tuple[str, str]
) -> None:
    till = register(shop, key_pair, agent_token="agent-token-of-the-isv")
    assert till.sell().code == "SUCCESS"
    assert till.with_changes(agent_token="another-one").sell().code == "ACCESS_DENIED"
    assert till.with_changes(agent_token="").sell().code == "ACCESS_DENIED"


def test_a_contract_may_not_cover_a_call(shop: Merchant, key_pair: tuple[str, str]) -> None:
    till = register(shop, key_pair, calls=["pay", "inquiryPayment"])
    assert till.sell().code == "SUCCESS"
    assert till.call("cancel", {"paymentRequestId": SALE}).code == "ACCESS_DENIED"


@pytest.mark.parametrize(
    ("named", "code"),
    [("EUR", "SUCCESS"), ("GBP", "SETTLE_CONTRACT_NOT_MATCH"), ("", "PARAM_ILLEGAL")],
)
def test_several_settlement_currencies_must_be_told_apart(
    shop: Merchant, key_pair: tuple[str, str], named: str, code: str
) -> None:
    till = register(shop, key_pair, settlement_currencies=["USD", "EUR"])
    strategy = {"settlementCurrency": named} if named else None
    assert till.sell(settlementStrategy=strategy).code == code


@pytest.mark.parametrize(
    ("named", "code"), [("SG", "SUCCESS"), ("JP", "INVALID_CONTRACT"), (None, "PARAM_ILLEGAL")]
)
def test_a_contract_may_be_for_some_regions(
    shop: Merchant, key_pair: tuple[str, str], named: str | None, code: str
) -> None:
    till = register(shop, key_pair, merchant_regions="SG,TH")
    assert till.sell(merchantRegion=named).code == code


def test_a_store_that_is_not_approved_is_refused_while_that_is_on(till: JSONShop) -> None:
    till.shop.control("review", blocks_unregistered=True)
    assert till.sell().code == "MERCHANT_NOT_REGISTERED"


def test_in_hong_kong_only_its_dollars_are_taken(
    hk_shop: Merchant, key_pair: tuple[str, str]
) -> None:
    till = register(hk_shop, key_pair, partner_id=HK_PARTNER)
    assert till.sell().code == "CURRENCY_NOT_SUPPORT"
    code = payment_code(hk_shop, wallet="ALIPAYHK")
    said = till.sell(code, paymentAmount=PRICE | {"currency": "HKD"})
    assert said.members["pspCustomerInfo"]["pspName"] == "ALIPAY_HK"
    assert "paymentQuote" not in said.members


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"a":"\\ud83c"}'])
def test_a_body_that_cannot_be_read_is_illegal(till: JSONShop, body: bytes) -> None:
    said = till.send(PREFIX + "pay", body)
    assert (said.code, said.verified) == ("PARAM_ILLEGAL", True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"productCode": "CASHIER_PAYMENT"}, "PARAM_ILLEGAL"),
        ({"productCode": None}, "PARAM_ILLEGAL"),
        ({"paymentRequestId": "with space"}, "PARAM_ILLEGAL"),
        ({"paymentRequestId": "N" * 65}, "PARAM_ILLEGAL"),
        ({"paymentAmount": None}, "PARAM_ILLEGAL"),
        ({"paymentAmount": PRICE | {"value": "12.50"}}, "PARAM_ILLEGAL"),
        ({"paymentAmount": PRICE | {"value": "0"}}, "PARAM_ILLEGAL"),
        ({"paymentAmount": PRICE | {"value": "1" * 17}}, "PARAM_ILLEGAL"),
        ({"paymentAmount": {"currency": "IDR", "value": "150001"}}, "PARAM_ILLEGAL"),
        ({"paymentAmount": {"currency": "XAF", "value": "1250"}}, "CURRENCY_NOT_SUPPORT"),
        ({"paymentFactor": {"inStorePaymentScenario": "PAYMENTCODE"}}, "PARAM_ILLEGAL"),
        ({"paymentFactor": None}, "PARAM_ILLEGAL"),
        ({"paymentMethod": {"paymentMethodType": "ALIPAY_CN"}}, "PARAM_ILLEGAL"),
        ({"paymentMethod": {"paymentMethodType": "CONNECT_WALLET"}}, "PARAM_ILLEGAL"),
        ({"paymentNotifyUrl": None}, "PARAM_ILLEGAL"),
        ({"paymentNotifyUrl": "http://shop.example/notify"}, "PARAM_ILLEGAL"),
        ({"paymentRedirectUrl": "https://shop.example"}, "PARAM_ILLEGAL"),
        ({"paymentExpiryTime": iso(-1)}, "PARAM_ILLEGAL"),
        ({"paymentExpiryTime": "2026-11-20T19:53:01"}, "PARAM_ILLEGAL"),
        ({"merchantRegion": "Singapore"}, "PARAM_ILLEGAL"),
        ({"merchantRegion": ""}, "PARAM_ILLEGAL"),
        ({"order": None}, "PARAM_ILLEGAL"),
        ({"order": order_members(orderDescription=None)}, "PARAM_ILLEGAL"),
        ({"order": order_members(referenceOrderId="r" * 65)}, "PARAM_ILLEGAL"),
        ({"order": order_members(env=None)}, "PARAM_ILLEGAL"),
        ({"order": order_members(env={"storeTerminalId": "T1"})}, "PARAM_ILLEGAL"),
        ({"order": order_members(goods=[{}])}, "PARAM_ILLEGAL"),
        ({"order": order_members(merchant=MERCHANT | {"merchantMCC": None})}, "PARAM_ILLEGAL"),
        ({"order": order_members(merchant=MERCHANT | {"store": {}})}, "PARAM_ILLEGAL"),
    ],
)
def test_a_malformed_payment_is_refused(till: JSONShop, changes: dict[str, Any], code: str) -> None:
    said = till.sell(**changes)
    assert (said.code, said.status, said.verified) == (code, "F", True)
    assert till.shop.books("orders") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"paymentExpiryTime": iso(86_400)},
        {"paymentMethod": {"paymentMethodType": "CONNECT_WALLET", "paymentMethodId": "28" * 9}},
    ],
)
def test_a_malformed_order_is_refused(till: JSONShop, changes: dict[str, Any]) -> None:
    assert till.order(**changes).code == "PARAM_ILLEGAL"


@pytest.mark.parametrize(
    "changes",
    [
        {"paymentAmount": PRICE | {"value": 1250}},
        {"unheardOf": {"a": 1}},
        {"merchantRegion": "SG"},
        {
            "order": order_members(
                merchant=MERCHANT
                | {
                    "store": {"referenceStoreId": "S1", "storeName": "Pier", "storeMcc": "5812"},
                }
            )
        },
        {"order": order_members(goods=[{"referenceGoodsId": "1", "goodsName": "Noodles"}])},
    ],
)
def test_what_may_be_sent_besides(till: JSONShop, changes: dict[str, Any]) -> None:
    assert till.sell(**changes).code == "SUCCESS"


def test_an_order_needs_no_environment(till: JSONShop) -> None:
    wish = order_of_one(order=order_members(env=None), paymentRedirectUrl="https://shop.example")
    assert till.call("pay", wish).status == "U"


@pytest.mark.parametrize("call", ["inquiryPayment", "cancel", "inquiryRefund", "refund"])
def test_a_question_without_a_number_is_illegal(till: JSONShop, call: str) -> None:
    assert till.call(call, {}).code == "PARAM_ILLEGAL"


@pytest.mark.parametrize(
    "wish",
    [
        {"client_id": ""},
        {"client_id": "a b"},
        {"client_id": "C", "partner_id": "2088000000000000"},
        {"merchant_public_key_pem": "none"},
        {"key_version": "first"},
        {"issued_with": "F"},
        {"signature_word": "WRONG"},
        {"settlement_currencies": ["XXX"]},
        {"merchant_regions": "Singapore"},
        {"calls": ["payout"]},
        {"notify_url": "shop"},
        {"alipay_private_key_pem": "none"},
        {"colour": "blue"},
    ],
)
def test_a_client_id_that_makes_no_sense_is_refused(
    till: JSONShop, key_pair: tuple[str, str], wish: dict[str, Any]
) -> None:
    usual = {"client_id": till.client_id, "merchant_public_key_pem": key_pair[1]}
    answer = post(till.shop, "/control/clients", **(usual | wish))
    assert answer.status_code == 400
    assert len(till.shop.books("clients")) == 1


def test_a_client_id_is_registered_on_the_page(shop: Merchant, key_pair: tuple[str, str]) -> None:
    form = {
        "client_id": "SANDBOX_1",
        "partner_id": shop.partner,
        "key_version": "3",
        "merchant_public_key_pem": key_pair[1],
        "issued_with": "",
    }
    page = httpx.post(
        f"{shop.url}/control/clients", data=form, follow_redirects=True, trust_env=False
    ).text
    assert "SANDBOX_1" in page
    assert "key versions 3" in page
    [client] = shop.books("clients")
    assert client["alipay_public_key_pem"].splitlines()[1] in page


def test_the_books_keep_alipays_secret(till: JSONShop) -> None:
    assert "PRIVATE" not in till.shop.http.get(f"{till.shop.url}/books/clients.json").text
