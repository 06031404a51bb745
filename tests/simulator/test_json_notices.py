"""notifyPayment: signed by Alipay, on the ladder until a result SUCCESS; and its mishaps."""

import json

import httpx
import pytest

from .counter import payment_code, post, scan
from .json_shop import ORDER, PRICE, SALE, JSONShop, sale
from .listener import Listener

UNDERSTOOD = '{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'


def states(till: JSONShop) -> list[str]:
    return [notice["state"] for notice in till.shop.outbox()]


def test_a_notice_tells_what_was_paid(till: JSONShop) -> None:
    paid = till.sell().members
    [(members, verified)] = till.notices()
    assert verified
    assert members["notifyType"] == "PAYMENT_RESULT"
    assert {name: members[name] for name in paid} == paid


def test_a_notice_is_posted_with_its_headers(till: JSONShop) -> None:
    till.shop.control("delivery", automatic=False)
    with Listener((200, UNDERSTOOD.encode())) as listener:
        till.sell(paymentNotifyUrl=listener.url)
        till.shop.control("deliver")
    [headers] = [{name.lower(): text for name, text in each.items()} for each in listener.headers]
    assert headers["content-type"] == "application/json; charset=UTF-8"
    assert headers["client-id"] == till.client_id
    assert headers["signature"].startswith("algorithm=RSA256,keyVersion=1,signature=")
    assert "request-time" in headers
    assert states(till) == ["ACKNOWLEDGED"]


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, UNDERSTOOD, "ACKNOWLEDGED"),
        (200, "success", "WAITING"),
        (200, '{"result":{"resultCode":"FAIL"}}', "WAITING"),
        (200, "[]", "WAITING"),
        (401, UNDERSTOOD, "WAITING"),
        (None, "", "WAITING"),
    ],
)
def test_only_a_result_success_is_understood(
    till: JSONShop, status: int | None, body: str, state: str
) -> None:
    till.sell()
    till.shop.answer_all(body, status)
    assert states(till) == [state]


def test_a_notice_is_repeated_eight_times(till: JSONShop) -> None:
    till.sell()
    for wait in (0, 120, 600, 600, 3600, 7200, 21_600, 54_000):
        till.shop.control("clock", advance_seconds=wait)
        assert len(till.shop.due()) == 1
        till.shop.answer_all("no")
    assert states(till) == ["GIVEN_UP"]


def test_a_resend_is_signed_anew_over_the_same_members(till: JSONShop) -> None:
    till.sell()
    [(first, _)] = till.notices()
    till.shop.answer_all("no")
    till.shop.control("clock", advance_seconds=121)
    [(second, verified)] = till.notices()
    assert verified
    assert first == second


def test_the_address_of_the_console_is_used_where_a_request_names_none(till: JSONShop) -> None:
    address = "http://127.0.0.1:9/console"
    post(till.shop, "/control/clients", client_id=till.client_id, notify_url=address)
    till.sell(paymentNotifyUrl=None)
    assert [notice["url"] for notice in till.shop.outbox()] == [address]


def test_an_end_without_payment_is_told_where_that_is_on(till: JSONShop) -> None:
    post(till.shop, "/control/clients", client_id=till.client_id, notifies_failures=True)
    till.order()
    till.shop.control("clock", advance_seconds=200)
    [(members, verified)] = till.notices()
    assert verified
    assert members["paymentRequestId"] == ORDER
    assert members["result"]["resultCode"] == "ORDER_IS_CLOSED"
    assert members["result"]["resultStatus"] == "F"


@pytest.mark.parametrize(("mishap", "due"), [("lost", 0), ("late", 0), ("doubled", 2)])
def test_a_notice_may_go_astray(till: JSONShop, mishap: str, due: int) -> None:
    till.shop.mishap(mishap)
    till.sell()
    assert len(till.notices()) == due


def test_a_notice_may_be_overtaken(till: JSONShop) -> None:
    till.shop.mishap("reordered")
    till.sell()
    scan(till.shop, till.qr())
    assert [members["paymentRequestId"] for members, _ in till.notices()] == [ORDER]
    till.shop.answer_all(UNDERSTOOD)
    assert [members["paymentRequestId"] for members, _ in till.notices()] == [SALE]


@pytest.mark.parametrize("mishap", ["tampered", "wrong_key"])
def test_a_notice_may_be_changed_on_the_way(till: JSONShop, mishap: str) -> None:
    till.shop.mishap(mishap)
    till.sell()
    [(members, verified)] = till.notices()
    assert not verified
    assert (members["paymentAmount"] == PRICE) is (mishap == "wrong_key")
    till.shop.answer_all("no")
    till.shop.control("clock", advance_seconds=121)
    [(members, verified)] = till.notices()
    assert verified
    assert members["paymentAmount"] == PRICE


def test_a_well_signed_notice_may_be_strange(till: JSONShop) -> None:
    till.shop.mishap("other_amount", value="99.00")
    till.shop.mishap("extra_field", value="all")
    till.sell()
    [(members, verified)] = till.notices()
    assert verified
    assert members["paymentAmount"]["value"] == "9900"
    assert members["unheardOf"] == "all"


def test_a_notice_may_name_another_client(till: JSONShop) -> None:
    till.shop.mishap("foreign_seller", value="211000000000000000009")
    till.sell()
    [notice] = till.shop.due()
    assert notice["headers"]["client-id"] == "211000000000000000009"
    assert "client-id" not in json.loads(notice["body"])


def test_a_payment_left_open_is_decided_later(till: JSONShop) -> None:
    till.shop.mishap("unknown_then", value="paid 9", service="pay")
    assert till.sell().code == "PAYMENT_IN_PROCESS"
    till.shop.control("clock", advance_seconds=10)
    assert till.status() == "SUCCESS"
    assert len(till.notices()) == 1


def test_a_payment_left_open_may_fail(till: JSONShop) -> None:
    till.shop.mishap("unknown_then", value="fails 9", service="pay")
    code = payment_code(till.shop)
    till.sell(code)
    till.shop.control("clock", advance_seconds=10)
    assert till.status() == "FAIL"
    assert till.sell(code).code == "USER_BALANCE_NOT_ENOUGH"


@pytest.mark.parametrize(("value", "status"), [("done", "SUCCESS"), ("", "ORDER_NOT_EXIST")])
def test_an_unclear_answer_may_hide_anything(till: JSONShop, value: str, status: str) -> None:
    till.shop.mishap("unknown_then", value=value, service="pay")
    said = till.sell()
    assert (said.code, said.status) == ("UNKNOWN_EXCEPTION", "U")
    assert till.status() == status


@pytest.mark.parametrize(
    "code", ["RISK_REJECT", "PROCESS_FAIL", "INVALID_MERCHANT_STATUS", "USER_KYC_NOT_QUALIFIED"]
)
def test_a_refused_id_stays_refused(till: JSONShop, code: str) -> None:
    wish = sale(payment_code(till.shop))
    till.shop.mishap("refused", value=code, service="pay")
    assert [till.call("pay", wish).code for _ in range(2)] == [code, code]


@pytest.mark.parametrize("code", ["SYSTEM_ERROR", "REQUEST_TRAFFIC_EXCEED_LIMIT"])
def test_some_refusals_end_nothing(till: JSONShop, code: str) -> None:
    wish = sale(payment_code(till.shop))
    till.shop.mishap("refused", value=code, service="pay")
    assert [till.call("pay", wish).code for _ in range(2)] == [code, "SUCCESS"]


@pytest.mark.parametrize(("mishap", "status"), [("done_but_no_answer", "SUCCESS"), ("down", "")])
def test_an_answer_may_be_lost(till: JSONShop, mishap: str, status: str) -> None:
    till.shop.mishap(mishap, service="pay")
    with pytest.raises(httpx.TransportError):
        till.sell()
    assert till.status() == (status or "ORDER_NOT_EXIST")


def test_a_cancel_may_have_happened_without_an_answer(till: JSONShop) -> None:
    till.sell()
    till.shop.mishap("done_but_no_answer", service="cancel")
    with pytest.raises(httpx.TransportError):
        till.call("cancel", {"paymentRequestId": SALE})
    assert till.status() == "CANCELLED"


def test_an_answer_may_be_halved_or_wrongly_signed(till: JSONShop) -> None:
    till.shop.mishap("half", service="pay")
    with pytest.raises(json.JSONDecodeError):
        till.sell()
    till.shop.mishap("wrongly_signed")
    assert till.call("inquiryPayment", {"paymentRequestId": SALE}).verified is False
    till.shop.mishap("error_unsigned", value="ACCESS_DENIED")
    said = till.call("inquiryPayment", {"paymentRequestId": SALE})
    assert (said.code, said.verified) == ("ACCESS_DENIED", None)


def test_an_inquiry_may_deny_a_payment_once(till: JSONShop) -> None:
    till.sell()
    till.shop.mishap("not_exist")
    assert [till.status(), till.status()] == ["ORDER_NOT_EXIST", "SUCCESS"]


def test_a_buyer_may_pay_while_the_cancel_arrives(till: JSONShop) -> None:
    till.order()
    till.shop.mishap("paid_meanwhile")
    assert till.call("cancel", {"paymentRequestId": ORDER}).code == "SUCCESS"
    assert till.status(ORDER) == "CANCELLED"
    assert [each["action"] for each in till.shop.books("cancels")] == ["refund"]
    assert len(till.notices()) == 1


def test_an_inquiry_may_keep_to_itself_that_a_cancelled_payment_was_paid(till: JSONShop) -> None:
    till.sell()
    till.call("cancel", {"paymentRequestId": SALE})
    till.shop.mishap("no_pay_time")
    terse, whole = (till.call("inquiryPayment", {"paymentRequestId": SALE}) for _time in range(2))
    assert terse.members["paymentStatus"] == whole.members["paymentStatus"] == "CANCELLED"
    assert whole.members.keys() - terse.members.keys() >= {"paymentTime", "pspCustomerInfo"}
