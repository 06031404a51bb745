"""`refund` and `inquiryRefund` of the JSON API: given back once, asked about as often as liked."""

import pytest

from .json_shop import PRICE, SALE, JSONShop
from .wire import Merchant


@pytest.fixture
def payment(till: JSONShop) -> str:
    """The id of a payment of 12.50."""
    return str(till.sell().members["paymentId"])


def test_a_part_is_given_back_at_once(till: JSONShop, payment: str) -> None:
    said = till.refund(payment, "R1", "500", refundReason="Wrong dish", referenceRefundId="A-1")
    assert (said.code, said.status, said.verified) == ("SUCCESS", "S", True)
    assert set(said.members) == {
        *("result", "refundRequestId", "refundId", "paymentId", "refundAmount", "refundTime"),
        "grossSettlementAmount",
    }
    assert till.shop.trade()["refunded"] == "5.00"


def test_the_same_request_gives_back_once(till: JSONShop, payment: str) -> None:
    first = till.refund(payment, "R1", "500").members
    assert till.refund(payment, "R1", "500").members == first
    assert till.shop.trade()["refunded"] == "5.00"


def test_the_same_id_with_another_amount_is_inconsistent(till: JSONShop, payment: str) -> None:
    till.refund(payment, "R1", "500")
    assert till.refund(payment, "R1", "501").code == "REPEAT_REQ_INCONSISTENT"


def test_refunds_may_be_asked_about_by_either_id(till: JSONShop, payment: str) -> None:
    refund_id = till.refund(payment, "R1", "500", refundReason="Wrong dish").members["refundId"]
    by_ours = till.call("inquiryRefund", {"refundRequestId": "R1"}).members
    by_theirs = till.call("inquiryRefund", {"refundId": refund_id}).members
    assert by_ours == by_theirs
    assert (by_ours["refundStatus"], by_ours["refundReason"]) == ("SUCCESS", "Wrong dish")


@pytest.mark.parametrize("wish", [{"refundRequestId": "R9"}, {"refundId": "9" * 32}])
def test_a_refund_nobody_made_does_not_exist(
    till: JSONShop, payment: str, wish: dict[str, str]
) -> None:
    assert till.call("inquiryRefund", wish).code == "REFUND_NOT_EXIST"


def test_the_payment_tells_of_its_refunds(till: JSONShop, payment: str) -> None:
    till.refund(payment, "R1", "500")
    till.refund(payment, "R2", "750")
    members = till.call("inquiryPayment", {"paymentId": payment}).members
    assert members["paymentStatus"] == "SUCCESS"
    assert [each["transactionRequestId"] for each in members["transactions"]] == ["R1", "R2"]
    assert {each["transactionType"] for each in members["transactions"]} == {"REFUND"}


def test_no_more_goes_back_than_was_paid(till: JSONShop, payment: str) -> None:
    assert till.refund(payment, "R1", "1251").code == "REFUND_AMOUNT_EXCEED"
    assert till.refund(payment, "R1", "1251").code == "REFUND_AMOUNT_EXCEED"
    assert till.refund_status("R1") == "FAIL"
    till.refund(payment, "R2", "1250")
    assert till.refund(payment, "R3", "1").code == "REFUND_AMOUNT_EXCEED"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"paymentId": "1" * 32}, "ORDER_NOT_EXIST"),
        ({"paymentId": None}, "PARAM_ILLEGAL"),
        ({"refundRequestId": "R 1"}, "PARAM_ILLEGAL"),
        ({"refundAmount": PRICE | {"currency": "EUR"}}, "PARAM_ILLEGAL"),
        ({"refundAmount": PRICE | {"value": "5.00"}}, "PARAM_ILLEGAL"),
        ({"refundReason": "r" * 257}, "PARAM_ILLEGAL"),
    ],
)
def test_a_refund_that_does_not_fit_is_refused(
    till: JSONShop, payment: str, changes: dict[str, str], code: str
) -> None:
    assert till.refund(payment, "R1", "500", **changes).code == code
    assert till.shop.books("refunds") == []


@pytest.mark.parametrize(
    ("status", "code"),
    [("TRADE_PENDING", "ORDER_STATUS_INVALID"), ("TRADE_FINISHED", "REFUND_WINDOW_EXCEED")],
)
def test_a_payment_may_not_let_money_go(
    till: JSONShop, payment: str, status: str, code: str
) -> None:
    till.shop.control(f"trades/{payment}", status=status)
    assert till.refund(payment, "R1", "500").code == code


def test_a_cancelled_payment_gives_nothing_back(till: JSONShop, payment: str) -> None:
    till.call("cancel", {"paymentId": payment})
    assert till.refund(payment, "R1", "500").code == "ORDER_IS_CANCELED"


def test_an_unpaid_payment_gives_nothing_back(till: JSONShop) -> None:
    payment_id = till.order().members["paymentId"]
    assert till.refund(payment_id, "R1", "500").code == "ORDER_STATUS_INVALID"
    till.shop.control("clock", advance_seconds=200)
    assert till.refund(payment_id, "R2", "500").code == "ORDER_IS_CLOSED"


def test_the_days_for_a_refund_end(till: JSONShop, payment: str) -> None:
    till.shop.control("clock", advance_seconds=91 * 86_400)
    assert till.refund(payment, "R1", "500").code == "REFUND_WINDOW_EXCEED"


def test_a_low_balance_spends_no_id(till: JSONShop, payment: str) -> None:
    balance = {"partner_id": till.shop.partner, "currency": "USD"}
    till.shop.control("balances", amount="1.00", **balance)
    assert till.refund(payment, "R1", "500").code == "MERCHANT_BALANCE_NOT_ENOUGH"
    till.shop.control("balances", amount="", **balance)
    assert till.refund(payment, "R1", "500").code == "SUCCESS"


@pytest.mark.parametrize(("value", "end"), [("paid 9", "SUCCESS"), ("fails 9", "FAIL")])
def test_a_refund_may_be_in_process(till: JSONShop, payment: str, value: str, end: str) -> None:
    till.shop.mishap("unknown_then", value=value, service="refund")
    said = till.refund(payment, "R1", "500")
    assert (said.code, said.status) == ("REFUND_IN_PROCESS", "U")
    assert till.refund_status("R1") == "PROCESSING"
    till.shop.control("clock", advance_seconds=10)
    assert till.refund_status("R1") == end
    assert till.shop.trade()["refunded"] == ("5.00" if end == "SUCCESS" else "0.00")


def test_no_notice_tells_of_a_refund(till: JSONShop, payment: str) -> None:
    till.shop.answer_all("")
    till.refund(payment, "R1", "500")
    assert len(till.shop.outbox()) == 1


def test_a_refund_in_the_portal_is_seen_by_asking(till: JSONShop, payment: str) -> None:
    till.shop.control("refunds", trade_no=payment, amount="2.50")
    members = till.call("inquiryPayment", {"paymentId": payment}).members
    assert members["transactions"][0]["transactionAmount"] == PRICE | {"value": "250"}


def test_gateway_do_knows_such_a_payment_by_the_same_books(
    till: JSONShop, payment: str, shop: Merchant
) -> None:
    [trade] = shop.books("trades")
    assert (trade["trade_no"], trade["out_trade_no"]) == (payment, SALE)
