"""What may go wrong with sales and orders at gateway.do, switched on and struck once."""

import xml.etree.ElementTree as ET

import httpx
import pytest

from .counter import (
    NUMBER,
    ORDER_NUMBER,
    PAY,
    PRECREATE,
    charge,
    pay_wish,
    payment_code,
    precreate,
    refusal,
    scan,
)
from .wire import CANCEL, QUERY, Merchant, md5, signed_text


def status(shop: Merchant, number: str = NUMBER) -> str | None:
    fields = shop.call(QUERY, partner_trans_id=number).fields
    return fields.get("alipay_trans_status") or fields.get("error")


@pytest.mark.parametrize(
    ("value", "first", "later"),
    [
        ("done", "TRADE_SUCCESS", "TRADE_SUCCESS"),
        ("", "TRADE_NOT_EXIST", "TRADE_NOT_EXIST"),
        ("paid 9", "WAIT_BUYER_PAY", "TRADE_SUCCESS"),
        ("fails 9", "WAIT_BUYER_PAY", "TRADE_CLOSED"),
        ("paid", "WAIT_BUYER_PAY", "TRADE_SUCCESS"),
    ],
)
def test_an_unknown_sale_comes_to_an_end(
    shop: Merchant, value: str, first: str, later: str
) -> None:
    shop.mishap("unknown_then", value=value, service=PAY)
    assert charge(shop).fields["result_code"] == "UNKNOW"
    assert status(shop) == first
    shop.control("clock", advance_seconds=10)
    assert status(shop) == later
    assert len(shop.due()) == (later == "TRADE_SUCCESS")


def test_a_sale_that_fails_later_can_not_be_repeated(shop: Merchant) -> None:
    shop.mishap("unknown_then", value="fails 9", service=PAY)
    wish = pay_wish(shop, payment_code(shop))
    shop.call(PAY, **wish)
    shop.control("clock", advance_seconds=10)
    assert refusal(shop.call(PAY, **wish)) == "BUYER_BALANCE_NOT_ENOUGH"


def test_a_decision_after_the_end_is_none(shop: Merchant) -> None:
    shop.mishap("unknown_then", value="paid 200", service=PAY)
    charge(shop)
    shop.control("clock", advance_seconds=300)
    assert status(shop) == "TRADE_CLOSED"
    assert shop.due() == []


def test_a_cancelled_sale_is_not_paid_later(shop: Merchant) -> None:
    shop.mishap("unknown_then", value="paid 9", service=PAY)
    charge(shop)
    assert shop.call(CANCEL, out_trade_no=NUMBER).fields["action"] == "close"
    shop.control("clock", advance_seconds=10)
    assert status(shop) == "TRADE_CLOSED"


@pytest.mark.parametrize("mishap", ["done_but_no_answer", "down"])
def test_a_sale_may_stay_without_an_answer(shop: Merchant, mishap: str) -> None:
    wish = pay_wish(shop, payment_code(shop))
    shop.mishap(mishap, service=PAY)
    with pytest.raises(httpx.TransportError):
        shop.call(PAY, **wish)
    done = mishap == "done_but_no_answer"
    assert status(shop) == ("TRADE_SUCCESS" if done else "TRADE_NOT_EXIST")
    assert shop.call(PAY, **wish).fields["result_code"] == "SUCCESS"
    assert len(shop.books("trades")) == 1


@pytest.mark.parametrize(
    "code", ["PULL_MOBILE_CASHIER_FAIL", "EXIST_FORBIDDEN_WORD", "ACCESS_FORBIDDEN"]
)
def test_a_refused_sale_stays_refused(shop: Merchant, code: str) -> None:
    wish = pay_wish(shop, payment_code(shop))
    shop.mishap("refused", value=code, service=PAY)
    assert [refusal(shop.call(PAY, **wish)) for _ in range(2)] == [code, code]
    assert status(shop) == "TRADE_NOT_EXIST"


def test_a_system_error_ends_nothing(shop: Merchant) -> None:
    wish = pay_wish(shop, payment_code(shop))
    shop.mishap("refused", service=PAY)
    assert refusal(shop.call(PAY, **wish)) == "SYSTEM_ERROR"
    assert shop.call(PAY, **wish).fields["result_code"] == "SUCCESS"


def test_an_unsigned_refusal_of_a_sale_works_nothing(shop: Merchant) -> None:
    shop.mishap("error_unsigned", value="ILLEGAL_SIGN", service=PAY)
    answer = charge(shop)
    assert (answer.accepted, answer.error) == (False, "ILLEGAL_SIGN")
    assert shop.books("orders") == []


def test_half_an_answer_to_a_sale_cannot_be_parsed(shop: Merchant) -> None:
    shop.mishap("half", service=PAY)
    with pytest.raises(ET.ParseError):
        charge(shop)
    assert status(shop) == "TRADE_SUCCESS"


def test_an_answer_to_an_order_may_be_wrongly_signed(shop: Merchant) -> None:
    shop.mishap("wrongly_signed", service=PRECREATE)
    answer = precreate(shop)
    assert answer.sign != md5(signed_text(answer.fields), shop.md5_key)


def test_a_query_may_deny_a_payment_once(shop: Merchant) -> None:
    charge(shop)
    shop.mishap("not_exist")
    assert [status(shop), status(shop)] == ["TRADE_NOT_EXIST", "TRADE_SUCCESS"]


def test_the_denial_waits_for_a_query(shop: Merchant) -> None:
    shop.mishap("not_exist")
    assert charge(shop).fields["result_code"] == "SUCCESS"
    assert status(shop) == "TRADE_NOT_EXIST"


def test_a_cancel_whose_answer_is_lost_has_happened(shop: Merchant) -> None:
    charge(shop)
    shop.mishap("done_but_no_answer", service=CANCEL)
    with pytest.raises(httpx.TransportError):
        shop.call(CANCEL, out_trade_no=NUMBER)
    assert status(shop) == "TRADE_CLOSED"
    again = shop.call(CANCEL, out_trade_no=NUMBER).fields
    assert (again["result_code"], again["action"]) == ("SUCCESS", "refund")
    assert len(shop.books("cancels")) == 1


def test_a_buyer_may_pay_while_the_cancel_arrives(shop: Merchant) -> None:
    charge(shop, payment_code(shop, outcome="waiting"))
    shop.mishap("paid_meanwhile")
    assert shop.call(CANCEL, out_trade_no=NUMBER).fields["action"] == "refund"
    assert [notice["trade_status"] for notice in shop.due_fields()] == ["TRADE_SUCCESS"]
    trade = shop.trade()
    assert (trade["status"], trade["refunded"]) == ("TRADE_CLOSED", "12.50")


def test_an_order_nobody_had_read_may_be_paid_while_the_cancel_arrives(shop: Merchant) -> None:
    precreate(shop)
    shop.mishap("paid_meanwhile")
    assert shop.call(CANCEL, out_trade_no=ORDER_NUMBER).fields["action"] == "refund"
    assert status(shop, ORDER_NUMBER) == "TRADE_CLOSED"


@pytest.mark.parametrize("mishap", ["lost", "late", "doubled", "tampered", "wrong_key"])
def test_a_notice_of_an_order_may_go_astray(shop: Merchant, mishap: str) -> None:
    code = precreate(shop).fields["qr_code"]
    shop.mishap(mishap)
    scan(shop, code)
    due = shop.due_fields()
    assert len(due) == {"lost": 0, "late": 0, "doubled": 2}.get(mishap, 1)
    honest = [notice["sign"] == md5(signed_text(notice), shop.md5_key) for notice in due]
    assert all(honest) is (mishap not in {"tampered", "wrong_key"})
