"""`alipay.acquire.overseas.spot.pay`: a buyer's code is charged."""

import pytest

from .counter import (
    NUMBER,
    PAY,
    REVERSE,
    charge,
    order,
    pay_wish,
    payment_code,
    post,
    press,
    refusal,
    shop_text,
)
from .wire import CANCEL, QUERY, REFUND, Merchant, md5, signed_text

PAID_MEMBERS = {
    *("alipay_buyer_login_id", "alipay_buyer_user_id", "alipay_pay_time", "alipay_trans_id"),
    *("currency", "exchange_rate", "partner_trans_id", "result_code", "trans_amount"),
    "trans_amount_cny",
}


def queried(shop: Merchant) -> dict[str, str]:
    return shop.call(QUERY, partner_trans_id=NUMBER).fields


def test_a_code_is_charged_and_the_payment_is_announced(shop: Merchant) -> None:
    answer = charge(shop)
    assert set(answer.fields) == PAID_MEMBERS
    assert answer.fields["result_code"] == "SUCCESS"
    [notice] = shop.due_fields()
    assert notice["sign"] == md5(signed_text(notice), shop.md5_key)
    assert notice["out_trade_no"] == NUMBER
    assert notice["trade_no"] == answer.fields["alipay_trans_id"]
    assert (notice["total_fee"], notice["currency"]) == ("12.50", "USD")


def test_a_notice_has_the_members_of_the_published_kind(shop: Merchant) -> None:
    charge(shop)
    [notice] = shop.due_fields()
    assert set(notice) == {
        *("buyer_email", "buyer_id", "currency", "gmt_create", "gmt_payment", "notify_id"),
        *("notify_time", "notify_type", "out_trade_no", "seller_id", "subject", "total_fee"),
        *("trade_no", "trade_status", "sign", "sign_type"),
    }


def test_the_same_request_again_is_the_same_trade(shop: Merchant) -> None:
    wish = pay_wish(shop, payment_code(shop))
    first, second = shop.call(PAY, **wish), shop.call(PAY, **wish)
    assert first.fields == second.fields
    assert len(shop.books("trades")) == 1
    assert len(shop.due()) == 1


def test_the_same_number_with_another_code_is_another_buyer(shop: Merchant) -> None:
    charge(shop)
    assert refusal(charge(shop)) == "TRADE_BUYER_NOT_MATCH"
    assert len(shop.books("trades")) == 1


@pytest.mark.parametrize(
    "change",
    [{"trans_amount": "12.51"}, {"currency": "EUR"}, {"trans_name": "Soup"}],
)
def test_the_same_number_with_other_content_is_refused(
    shop: Merchant, change: dict[str, str]
) -> None:
    code = payment_code(shop)
    charge(shop, code)
    assert refusal(charge(shop, code, **change)) == "CONTEXT_INCONSISTENT"


def test_a_code_is_good_for_one_payment(shop: Merchant) -> None:
    code = payment_code(shop)
    charge(shop, code)
    assert refusal(charge(shop, code, partner_trans_id="OTHER")) == "SOUNDWAVE_PARSER_FAIL"


def test_a_code_is_good_for_a_minute_and_a_half(shop: Merchant) -> None:
    code = payment_code(shop)
    shop.control("clock", advance_seconds=91)
    assert refusal(charge(shop, code)) == "SOUNDWAVE_PARSER_FAIL"
    assert shop.books("trades") == []


def test_a_refused_number_stays_refused(shop: Merchant) -> None:
    poor = payment_code(shop, outcome="not_enough_money")
    assert refusal(charge(shop, poor)) == "BUYER_BALANCE_NOT_ENOUGH"
    assert refusal(charge(shop, poor)) == "BUYER_BALANCE_NOT_ENOUGH"
    assert queried(shop) == {"error": "TRADE_NOT_EXIST", "result_code": "FAIL"}
    assert shop.due() == []


@pytest.mark.parametrize("length", [16, 17, 18, 19, 24])
def test_codes_of_every_length_are_charged(shop: Merchant, length: int) -> None:
    code = payment_code(shop, length=length)
    assert len(code) == length
    assert charge(shop, code).fields["result_code"] == "SUCCESS"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"partner_trans_id": ""}, "ILLEGAL_ARGUMENT"),
        ({"partner_trans_id": "N" * 65}, "ILLEGAL_ARGUMENT"),
        ({"trans_name": ""}, "ILLEGAL_ARGUMENT"),
        ({"trans_amount": ""}, "ILLEGAL_ARGUMENT"),
        ({"currency": ""}, "ILLEGAL_ARGUMENT"),
        ({"buyer_identity_code": ""}, "ILLEGAL_ARGUMENT"),
        ({"extend_info": ""}, "ILLEGAL_ARGUMENT"),
        ({"notify_url": "ftp://shop.example"}, "ILLEGAL_ARGUMENT"),
        ({"notify_url": "https://" + "s" * 200}, "ILLEGAL_ARGUMENT"),
        ({"memo": "m" * 257}, "ILLEGAL_ARGUMENT"),
        ({"trans_create_time": ""}, "ILLEGAL_ARGUMENT"),
        ({"trans_create_time": "2026-11-20 19:50"}, "INVALID_PARAMETER"),
        ({"trans_create_time": "20261320195001"}, "INVALID_PARAMETER"),
        ({"trans_amount": "12.505"}, "INVALID_PARAMETER"),
        ({"trans_amount": "0"}, "INVALID_PARAMETER"),
        ({"trans_amount": "-1"}, "INVALID_PARAMETER"),
        ({"trans_amount": "100000000.01"}, "INVALID_PARAMETER"),
        ({"trans_amount": "12.50", "currency": "JPY"}, "INVALID_PARAMETER"),
        ({"currency": "usd"}, "INVALID_PARAMETER"),
        ({"trans_currency": "EUR"}, "INVALID_PARAMETER"),
        ({"quantity": "half"}, "INVALID_PARAMETER"),
        ({"trade_information": "none"}, "INVALID_PARAMETER"),
        ({"identity_code_type": "soundwave"}, "INVALID_PARAMETER"),
        ({"biz_product": "OVERSEAS_QRCODE"}, "UN_SUPPORT_BIZ_TYPE"),
        ({"alipay_seller_id": "2088000000000000"}, "SELLER_NOT_EXIST"),
        ({"buyer_identity_code": "28123456789012345x"}, "SOUNDWAVE_PARSER_FAIL"),
        ({"buyer_identity_code": "2812345678901"}, "SOUNDWAVE_PARSER_FAIL"),
        ({"buyer_identity_code": "311234567890123456"}, "SOUNDWAVE_PARSER_FAIL"),
        ({"buyer_identity_code": "281234567890123456"}, "SOUNDWAVE_PARSER_FAIL"),
        ({"extend_info": "[]"}, "INVALID_PARAMETER"),
        ({"extend_info": shop_text(store_id=None)}, "INVALID_PARAMETER"),
        ({"extend_info": shop_text(secondary_merchant_id="M-1")}, "INVALID_PARAMETER"),
        ({"extend_info": shop_text(secondary_merchant_industry="58")}, "INVALID_PARAMETER"),
        ({"extend_info": shop_text(store_name="s" * 65)}, "INVALID_PARAMETER"),
        ({"extend_info": shop_text(sys_service_provider_id="9")}, "INVALID_PARAMETER"),
    ],
)
def test_a_malformed_request_is_refused(shop: Merchant, changes: dict[str, str], code: str) -> None:
    assert refusal(charge(shop, **changes)) == code
    assert shop.books("trades") == []


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("over_limit", "BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR"),
        ("blocked", "BUYER_ENABLE_STATUS_FORBID"),
        ("risk", "PAYMENT_FAIL"),
    ],
)
def test_a_buyer_may_be_unable_to_pay(shop: Merchant, outcome: str, code: str) -> None:
    answer = charge(shop, payment_code(shop, outcome=outcome))
    assert answer.fields == {"error": code, "partner_trans_id": NUMBER, "result_code": "FAILED"}


def test_a_payment_above_the_limit_is_refused(shop: Merchant) -> None:
    assert refusal(charge(shop, trans_amount="50000")) == "BEYOND_PAY_RESTRICTION"


def test_a_wallet_of_another_region_is_refused(shop: Merchant) -> None:
    code = payment_code(shop, wallet="ALIPAYHK")
    assert refusal(charge(shop, code)) == "UN_SUPPORT_BIZ_TYPE"


def test_hong_kong_says_which_wallet_paid(hk_shop: Merchant) -> None:
    fields = charge(hk_shop, payment_code(hk_shop, wallet="ALIPAYHK")).fields
    assert (fields["result_code"], fields["payment_inst"]) == ("SUCCESS", "ALIPAYHK")
    assert "exchange_rate" not in fields
    assert refusal(charge(hk_shop, trans_name='"', partner_trans_id="Q")) == "INVALID_PARAMETER"


def test_a_store_that_is_not_approved_is_refused_while_that_is_on(shop: Merchant) -> None:
    shop.control("review", blocks_unregistered=True)
    assert refusal(charge(shop)) == "INVALID_RECEIVE_ACCOUNT"


def test_a_password_is_asked_for_above_an_amount(shop: Merchant) -> None:
    code = payment_code(shop, password_from="12.50")
    answer = charge(shop, code)
    assert set(answer.fields) == {
        *("alipay_trans_id", "currency", "partner_trans_id", "result_code", "trans_amount"),
    }
    assert answer.fields["result_code"] == "UNKNOW"
    assert queried(shop)["alipay_trans_status"] == "WAIT_BUYER_PAY"
    assert shop.due() == []


def test_the_buyer_presses_pay(shop: Merchant) -> None:
    charge(shop, payment_code(shop, outcome="waiting"))
    assert press(shop, "pay").json()["status"] == "TRADE_SUCCESS"
    assert queried(shop)["alipay_trans_status"] == "TRADE_SUCCESS"
    assert len(shop.due()) == 1
    assert press(shop, "pay").status_code == 409


def test_the_buyer_presses_cancel(shop: Merchant) -> None:
    code = payment_code(shop, outcome="waiting")
    charge(shop, code)
    press(shop, "cancel")
    assert queried(shop)["alipay_trans_status"] == "TRADE_CLOSED"
    assert refusal(charge(shop, code)) == "TRADE_HAS_CLOSE"
    assert shop.due() == []


def test_an_unpaid_trade_closes_after_three_minutes(shop: Merchant) -> None:
    charge(shop, payment_code(shop, outcome="waiting"))
    shop.control("clock", advance_seconds=181)
    fields = queried(shop)
    assert fields["alipay_trans_status"] == "TRADE_CLOSED"
    assert "alipay_buyer_user_id" not in fields
    assert press(shop, "pay").status_code == 409
    assert shop.due() == []


def test_a_charged_payment_is_cancelled_whole(shop: Merchant) -> None:
    charge(shop)
    fields = shop.call(CANCEL, out_trade_no=NUMBER).fields
    assert (fields["result_code"], fields["action"]) == ("SUCCESS", "refund")
    assert refusal(charge(shop, order_code(shop))) == "TRADE_HAS_CLOSE"


def order_code(shop: Merchant) -> str:
    """The code the newest sale was charged with."""
    return str(shop.books("payment_codes")[-1]["digits"])


def test_a_number_cancelled_before_it_came_can_never_be_paid(shop: Merchant) -> None:
    fields = shop.call(CANCEL, out_trade_no=NUMBER).fields
    assert fields == {"out_trade_no": NUMBER, "result_code": "SUCCESS", "retry_flag": "N"}
    assert refusal(charge(shop)) == "TRADE_HAS_CLOSE"
    assert shop.books("trades") == []


def test_reverse_is_understood_as_a_cancel(shop: Merchant) -> None:
    paid = charge(shop).fields
    fields = shop.call(REVERSE, partner_trans_id=NUMBER).fields
    assert fields["result_code"] == "SUCCESS"
    assert fields["alipay_trans_id"] == paid["alipay_trans_id"]
    assert len(fields["alipay_reverse_time"]) == 14
    assert [cancel["action"] for cancel in shop.books("cancels")] == ["refund"]


def test_a_charged_payment_is_refunded_in_part(shop: Merchant) -> None:
    charge(shop)
    wish = {"refund_amount": "5.00", "currency": "USD", "is_sync": "Y"}
    answer = shop.call(REFUND, partner_trans_id=NUMBER, partner_refund_id="R1", **wish)
    assert answer.fields["result_code"] == "SUCCESS"
    assert queried(shop)["alipay_trans_status"] == "TRADE_SUCCESS"
    assert shop.trade()["refunded"] == "5.00"


def test_the_books_tell_of_sales_refused_ones_too(shop: Merchant) -> None:
    charge(shop, payment_code(shop, outcome="risk"))
    told = order(shop)
    assert (told["order_number"], told["product"]) == (NUMBER, "barcode")
    assert (told["amount"], told["error"], told["status"]) == ("12.50", "PAYMENT_FAIL", "")
    charge(shop, partner_trans_id="SECOND")
    told, trade = order(shop), shop.trade()
    assert told["trade_no"] == trade["trade_no"]
    assert (trade["product"], trade["out_trade_no"]) == ("barcode", "SECOND")
    assert "*" in told["payment_code"]


def test_another_partner_may_use_the_same_number(shop: Merchant, hk_shop: Merchant) -> None:
    assert charge(shop).fields["result_code"] == "SUCCESS"
    hk = hk_shop.with_changes(terms=hk_shop.terms)
    assert charge(hk, payment_code(hk)).fields["result_code"] == "SUCCESS"


@pytest.mark.parametrize(
    "wish",
    [
        {"wallet": "PAYWAVE"},
        {"outcome": "perhaps"},
        {"password_from": "much"},
        {"length": "15"},
        {"digits": "31" + "0" * 16},
        {"digits": "28" + "0" * 23},
    ],
)
def test_a_code_no_wallet_shows_is_refused(shop: Merchant, wish: dict[str, str]) -> None:
    assert post(shop, "/phone/codes", **wish).status_code == 400


def test_a_code_is_shown_once(shop: Merchant) -> None:
    digits = payment_code(shop)
    assert post(shop, "/phone/codes", digits=digits).status_code == 400


def test_a_sale_paid_after_its_end_is_told_as_paid(shop: Merchant) -> None:
    code = payment_code(shop, outcome="waiting")
    charge(shop, code)
    press(shop, "cancel")
    shop.control(f"trades/{shop.trade()['trade_no']}", status="TRADE_SUCCESS")
    assert charge(shop, code).fields["result_code"] == "SUCCESS"
    assert len(shop.due()) == 1
