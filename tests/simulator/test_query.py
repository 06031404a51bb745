"""What the query says of a trade, global and HK."""

from decimal import Decimal

import pytest

from .wire import QUERY, Merchant, md5, signed_text


def test_a_global_answer_shows_the_cny_leg_and_no_wallet(shop: Merchant) -> None:
    paid = shop.pay(shop.code(), "12.50").json()
    fields = shop.call(QUERY, partner_trans_id=paid["out_trade_no"]).fields
    assert fields["exchange_rate"] == "7.10000000"
    assert fields["trans_amount_cny"] == "88.75"
    assert (fields["forex_total_fee"], fields["trans_forex_rate"]) == ("12.50", "1")
    assert "payment_inst" not in fields


def test_the_fields_stand_in_alphabetical_order(shop: Merchant) -> None:
    paid = shop.pay(shop.code()).json()
    names = list(shop.call(QUERY, partner_trans_id=paid["out_trade_no"]).fields)
    assert names == sorted(names)


def test_a_foreign_settlement_is_converted(shop: Merchant) -> None:
    paid = shop.pay(shop.code(currency="CNY"), "10").json()
    fields = shop.call(QUERY, alipay_trans_id=paid["trade_no"]).fields
    assert (fields["currency"], fields["trans_amount"]) == ("USD", "10.00")
    assert fields["forex_total_fee"] == "71.00"
    assert Decimal(fields["trans_forex_rate"]) == Decimal("7.1")


def test_a_coupon_is_named(shop: Merchant) -> None:
    paid = shop.pay(shop.code(), "10", discount="1.5").json()
    fields = shop.call(QUERY, alipay_trans_id=paid["trade_no"]).fields
    assert fields["m_discount_forex_amount"] == "1.50"


@pytest.mark.parametrize("wallet", ["ALIPAYHK", "ALIPAYCN"])
def test_an_hk_answer_names_the_wallet_and_no_rate(hk_shop: Merchant, wallet: str) -> None:
    paid = hk_shop.pay(hk_shop.code(), "88", wallet=wallet).json()
    fields = hk_shop.call(QUERY, partner_trans_id=paid["out_trade_no"]).fields
    assert fields["payment_inst"] == wallet
    assert not {"exchange_rate", "trans_amount_cny", "forex_total_fee"} & set(fields)


def test_an_hk_answer_is_declared_and_written_in_gbk(hk_shop: Merchant) -> None:
    paid = hk_shop.pay(hk_shop.code(), buyer="陳*文").json()
    answer = hk_shop.call(QUERY, partner_trans_id=paid["out_trade_no"])
    assert answer.raw.content.startswith(b'<?xml version="1.0" encoding="GBK"?>')
    assert answer.fields["alipay_buyer_login_id"] == "陳*文"
    assert answer.sign == md5(signed_text(answer.fields), hk_shop.md5_key, "gbk")


def test_a_buyer_gbk_cannot_write_makes_the_answer_utf8(hk_shop: Merchant) -> None:
    paid = hk_shop.pay(hk_shop.code(), buyer="🍜***").json()
    answer = hk_shop.call(QUERY, partner_trans_id=paid["out_trade_no"])
    assert answer.raw.content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert answer.raw.headers["content-type"] == "text/xml;charset=UTF-8"
    assert answer.fields["alipay_buyer_login_id"] == "🍜***"


def test_an_hk_partner_may_be_answered_in_utf8(hk_shop: Merchant) -> None:
    hk_shop.control("partners", partner_id=hk_shop.partner, answer_charset="UTF-8")
    answer = hk_shop.call(QUERY, partner_trans_id="1")
    assert b'encoding="UTF-8"' in answer.raw.content


def test_alipays_number_is_looked_at_first(shop: Merchant) -> None:
    code = shop.code()
    first, second = shop.pay(code).json(), shop.pay(code).json()
    both = {"alipay_trans_id": first["trade_no"], "partner_trans_id": second["out_trade_no"]}
    assert shop.call(QUERY, **both).fields["out_trade_no"] == first["out_trade_no"]


def test_a_trade_of_another_partner_does_not_exist(shop: Merchant, hk_shop: Merchant) -> None:
    paid = hk_shop.pay(hk_shop.code()).json()
    fields = shop.call(QUERY, alipay_trans_id=paid["trade_no"]).fields
    assert fields == {"error": "TRADE_NOT_EXIST", "result_code": "FAIL"}


@pytest.mark.parametrize(
    ("outcome", "status", "has_time"),
    [
        ("paid", "TRADE_SUCCESS", True),
        ("pending", "TRADE_PENDING", True),
        ("finished", "TRADE_FINISHED", True),
        ("waiting", "WAIT_BUYER_PAY", False),
        ("closed", "TRADE_CLOSED", False),
    ],
)
def test_every_status_can_be_asked_about(
    shop: Merchant,
    outcome: str,
    status: str,
    has_time: bool,
) -> None:
    paid = shop.pay(shop.code(), outcome=outcome).json()
    fields = shop.call(QUERY, partner_trans_id=paid["out_trade_no"]).fields
    assert (fields["result_code"], fields["alipay_trans_status"]) == ("SUCCESS", status)
    assert ("alipay_pay_time" in fields) is has_time


def test_a_closed_trade_that_was_paid_shows_its_pay_time(shop: Merchant) -> None:
    paid = shop.pay(shop.code()).json()
    shop.control(f"trades/{paid['trade_no']}", status="TRADE_CLOSED")
    fields = shop.call(QUERY, partner_trans_id=paid["out_trade_no"]).fields
    assert fields["alipay_trans_status"] == "TRADE_CLOSED"
    assert len(fields["alipay_pay_time"]) == 14


def test_what_the_buyer_leaves_unfinished_is_closed_after_three_minutes(shop: Merchant) -> None:
    paid = shop.pay(shop.code(), outcome="waiting").json()
    shop.control("clock", advance_seconds=181)
    fields = shop.call(QUERY, partner_trans_id=paid["out_trade_no"]).fields
    assert fields["alipay_trans_status"] == "TRADE_CLOSED"
    assert "alipay_pay_time" not in fields


def test_a_jpy_amount_has_no_decimals(shop: Merchant) -> None:
    paid = shop.pay(shop.code(trans_currency="JPY", currency="JPY"), "1500").json()
    fields = shop.call(QUERY, alipay_trans_id=paid["trade_no"]).fields
    assert (fields["trans_amount"], fields["forex_total_fee"]) == ("1500", "1500")
