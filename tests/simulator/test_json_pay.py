"""`pay`, `inquiryPayment` and `cancel` of the JSON API: what becomes of a payment."""

from typing import Any

import pytest

from .counter import payment_code, press, scan
from .json_shop import ORDER, PRICE, SALE, JSONShop, iso, order_of_one, sale

PAID_MEMBERS = {
    *("result", "paymentRequestId", "paymentId", "paymentAmount", "actualPaymentAmount"),
    *("paymentQuote", "paymentCreateTime", "paymentTime", "pspCustomerInfo"),
    "grossSettlementAmount",
}


def cancelled(till: JSONShop, number: str = SALE) -> str:
    return till.call("cancel", {"paymentRequestId": number}).code


def test_a_code_is_charged(till: JSONShop) -> None:
    said = till.sell()
    assert (said.status, said.code, said.verified) == ("S", "SUCCESS", True)
    assert set(said.members) == PAID_MEMBERS
    assert said.members["paymentAmount"] == PRICE
    assert said.members["actualPaymentAmount"] == {"currency": "CNY", "value": "8875"}
    assert said.members["paymentQuote"]["quotePrice"] == "7.10"
    assert len(said.members["paymentId"]) == 32


def test_the_books_keep_major_units(till: JSONShop) -> None:
    till.sell()
    [trade] = till.shop.books("trades")
    assert (trade["amount"], trade["currency"]) == ("12.50", "USD")
    [order] = till.shop.books("orders")
    assert (order["order_number"], order["client_id"]) == (SALE, till.client_id)
    assert (order["trade_no"], order["status"]) == (trade["trade_no"], "TRADE_SUCCESS")


def test_a_currency_without_decimals_is_charged_in_whole_units(till: JSONShop) -> None:
    yen = {"currency": "JPY", "value": "500"}
    assert till.sell(paymentAmount=yen).members["paymentAmount"] == yen
    assert till.shop.trade()["amount"] == "500"


def test_the_same_request_again_is_the_same_payment(till: JSONShop) -> None:
    wish = sale(payment_code(till.shop))
    first, second = till.call("pay", wish), till.call("pay", wish)
    assert first.members == second.members
    assert len(till.shop.books("trades")) == len(till.notices()) == 1


@pytest.mark.parametrize("change", ["code", "amount"])
def test_the_same_id_with_other_content_is_inconsistent(till: JSONShop, change: str) -> None:
    code = payment_code(till.shop)
    till.sell(code)
    other = code if change == "amount" else payment_code(till.shop)
    amount = PRICE | {"value": "1251"} if change == "amount" else PRICE
    assert till.sell(other, paymentAmount=amount).code == "REPEAT_REQ_INCONSISTENT"
    assert till.status() == "SUCCESS"


def test_members_that_are_not_compared_may_differ(till: JSONShop) -> None:
    code = payment_code(till.shop)
    first = till.sell(code)
    assert till.sell(code, paymentExpiryTime=iso(60)).members == first.members


def test_a_password_is_asked_for(till: JSONShop) -> None:
    said = till.sell(payment_code(till.shop, outcome="waiting"))
    assert (said.status, said.code) == ("U", "PAYMENT_IN_PROCESS")
    assert set(said.members) == {
        *("result", "paymentRequestId", "paymentId", "paymentAmount", "paymentCreateTime"),
    }
    assert till.status() == "PROCESSING"
    press(till.shop, "pay")
    assert till.status() == "SUCCESS"


def test_who_presses_cancel_has_not_verified(till: JSONShop) -> None:
    code = payment_code(till.shop, outcome="waiting")
    till.sell(code)
    press(till.shop, "cancel")
    said = till.call("inquiryPayment", {"paymentRequestId": SALE})
    assert said.members["paymentStatus"] == "FAIL"
    assert said.members["paymentResultCode"] == "USER_PAYMENT_VERIFICATION_FAILED"
    assert till.sell(code).code == "USER_PAYMENT_VERIFICATION_FAILED"
    assert till.notices() == []


def test_an_unpaid_payment_ends_when_it_was_to(till: JSONShop) -> None:
    code = payment_code(till.shop, outcome="waiting")
    till.sell(code, paymentExpiryTime=iso(60))
    till.shop.control("clock", advance_seconds=61)
    assert till.status() == "FAIL"
    assert till.sell(code, paymentExpiryTime=iso(60)).code == "ORDER_IS_CLOSED"


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"outcome": "not_enough_money"}, "USER_BALANCE_NOT_ENOUGH"),
        ({"outcome": "over_limit"}, "USER_AMOUNT_EXCEED_LIMIT"),
        ({"outcome": "blocked"}, "USER_STATUS_ABNORMAL"),
        ({"outcome": "risk"}, "RISK_REJECT"),
        ({"wallet": "ALIPAYHK"}, "INVALID_PAYMENT_CODE"),
    ],
)
def test_a_spent_id_says_the_same_again(till: JSONShop, wish: dict[str, str], code: str) -> None:
    digits = payment_code(till.shop, **wish)
    assert [till.sell(digits).code for _ in range(2)] == [code, code]
    said = till.call("inquiryPayment", {"paymentRequestId": SALE})
    assert (said.members["paymentStatus"], said.members["paymentResultCode"]) == ("FAIL", code)
    assert till.shop.books("trades") == []


def test_a_code_is_good_for_one_payment_and_for_its_time(till: JSONShop) -> None:
    code = payment_code(till.shop)
    till.sell(code)
    assert till.sell(code, paymentRequestId="SECOND").code == "EXPIRED_CODE"
    late = payment_code(till.shop)
    till.shop.control("clock", advance_seconds=91)
    assert till.sell(late, paymentRequestId="THIRD").code == "EXPIRED_CODE"
    assert till.sell("28" + "0" * 16, paymentRequestId="FOURTH").code == "INVALID_PAYMENT_CODE"


def test_a_payment_above_the_limit_is_refused(till: JSONShop) -> None:
    much = PRICE | {"value": "5000000"}
    assert till.sell(paymentAmount=much).code == "PAYMENT_AMOUNT_EXCEED_LIMIT"


def test_an_order_gets_a_code_and_is_not_paid(till: JSONShop) -> None:
    said = till.order()
    assert (said.status, said.code) == ("U", "PAYMENT_IN_PROCESS")
    assert "paymentTime" not in said.members
    form = said.members["orderCodeForm"]
    assert [each["displayType"] for each in form["codeDetails"]] == [
        *("TEXT", "SMALLIMAGE", "MIDDLEIMAGE", "BIGIMAGE"),
    ]
    assert till.status(ORDER) == "PROCESSING"
    assert till.notices() == []


def test_a_code_may_be_issued_with_s(till: JSONShop, key_pair: tuple[str, str]) -> None:
    register_again(till, issued_with="S")
    said = till.order()
    assert (said.status, said.code) == ("S", "SUCCESS")
    assert "orderCodeForm" in said.members
    assert till.status(ORDER) == "PROCESSING"


def register_again(till: JSONShop, **terms: Any) -> None:
    answer = till.shop.http.post(
        f"{till.shop.url}/control/clients", json={"client_id": till.client_id, **terms}
    )
    assert answer.status_code == 200


def test_an_order_is_paid_with_its_code(till: JSONShop) -> None:
    code = till.qr()
    assert scan(till.shop, code, buyer="mia***@example.com").status_code == 200
    assert till.status(ORDER) == "SUCCESS"
    [(members, verified)] = till.notices()
    assert verified
    assert members["paymentRequestId"] == ORDER
    assert members["pspCustomerInfo"]["displayCustomerId"] == "mia***@example.com"
    assert scan(till.shop, code).status_code == 409


def test_the_same_order_has_the_same_code_also_when_it_is_paid(till: JSONShop) -> None:
    wish = order_of_one()
    first = till.call("pay", wish)
    assert till.call("pay", wish).members == first.members
    scan(till.shop, first.members["orderCodeForm"]["codeDetails"][0]["codeValue"])
    assert till.call("pay", wish).members == first.members


def test_a_code_ends_with_its_order(till: JSONShop) -> None:
    code = till.qr(paymentExpiryTime=iso(120))
    till.shop.control("clock", advance_seconds=121)
    assert scan(till.shop, code).status_code == 409
    assert till.status(ORDER) == "FAIL"
    assert till.order(paymentExpiryTime=iso(120)).code == "ORDER_IS_CLOSED"


def test_an_order_without_an_end_lives_three_minutes(till: JSONShop) -> None:
    code = till.qr(paymentExpiryTime=None)
    till.shop.control("clock", advance_seconds=181)
    assert scan(till.shop, code).status_code == 409


def test_an_unpaid_payment_is_closed_by_a_cancel(till: JSONShop) -> None:
    code = till.qr()
    assert cancelled(till, ORDER) == "SUCCESS"
    assert till.status(ORDER) == "CANCELLED"
    assert scan(till.shop, code).status_code == 409
    assert till.order().code == "ORDER_IS_CANCELED"


def test_a_paid_payment_is_given_back_by_a_cancel_once(till: JSONShop) -> None:
    payment_id = till.sell().members["paymentId"]
    first = till.call("cancel", {"paymentId": payment_id})
    assert set(first.members) == {"result", "paymentRequestId", "paymentId", "cancelTime"}
    assert till.call("cancel", {"paymentId": payment_id}).members == first.members
    assert till.status() == "CANCELLED"
    assert [each["action"] for each in till.shop.books("cancels")] == ["refund"]


def test_what_never_was_is_not_cancelled(till: JSONShop) -> None:
    assert cancelled(till) == "ORDER_NOT_EXIST"
    assert till.status() == "ORDER_NOT_EXIST"
    assert till.sell().code == "SUCCESS"


@pytest.mark.parametrize(
    ("until", "code"),
    [("2026-11-21T00:14:00", "SUCCESS"), ("2026-11-21T00:16:00", "CANCEL_WINDOW_EXCEED")],
)
def test_a_cancel_has_a_window(till: JSONShop, until: str, code: str) -> None:
    till.shop.at("2026-11-20T23:50:00+08:00")
    assert till.sell(paymentExpiryTime=None).code == "SUCCESS"
    till.shop.at(f"{until}+08:00")
    assert cancelled(till) == code


def test_a_payment_given_back_in_part_is_not_cancelled(till: JSONShop) -> None:
    till.refund(till.sell().members["paymentId"], "R1", "100")
    assert cancelled(till) == "ORDER_STATUS_INVALID"


def test_a_refused_payment_has_nothing_to_cancel(till: JSONShop) -> None:
    till.sell(payment_code(till.shop, outcome="risk"))
    assert cancelled(till) == "SUCCESS"
    assert till.status() == "FAIL"


def test_a_payment_of_another_client_does_not_exist(
    till: JSONShop, hk_shop: object, key_pair: tuple[str, str]
) -> None:
    payment_id = till.sell().members["paymentId"]
    register_again(
        till.with_changes(client_id="OTHER"),
        partner_id="2088123456789029",
        merchant_public_key_pem=key_pair[1],
    )
    other = till.with_changes(client_id="OTHER")
    assert other.call("cancel", {"paymentId": payment_id}).code == "ORDER_NOT_EXIST"
    assert other.call("inquiryPayment", {"paymentRequestId": SALE}).code == "ORDER_NOT_EXIST"
