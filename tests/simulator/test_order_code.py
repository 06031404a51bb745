"""`alipay.acquire.precreate`: a code that stands for one order, and what becomes of it."""

import json

import pytest

from .counter import (
    ORDER_NUMBER,
    order,
    post,
    precreate,
    refusal,
    scan,
    shop_text,
)
from .wire import CANCEL, QUERY, Merchant, md5, milliseconds, signed_text


def status(shop: Merchant) -> str | None:
    fields = shop.call(QUERY, partner_trans_id=ORDER_NUMBER).fields
    return fields.get("alipay_trans_status") or fields.get("error")


def qr(shop: Merchant, **changes: str) -> str:
    answer = precreate(shop, **changes)
    assert answer.fields.get("result_code") == "SUCCESS", answer.raw.text
    return answer.fields["qr_code"]


def test_a_code_is_issued_and_nothing_exists_yet(shop: Merchant) -> None:
    fields = precreate(shop).fields
    assert set(fields) == {
        *("big_pic_url", "out_trade_no", "pic_url", "qr_code", "result_code", "small_pic_url"),
        "voucher_type",
    }
    assert fields["qr_code"].startswith("https://qr.alipay.com/bax")
    assert status(shop) == "TRADE_NOT_EXIST"
    assert shop.books("trades") == []


def test_the_same_order_again_has_the_same_code(shop: Merchant) -> None:
    assert qr(shop) == qr(shop)
    assert len(shop.books("orders")) == 1


@pytest.mark.parametrize("change", [{"total_fee": "12.51"}, {"subject": "Soup"}])
def test_the_same_number_for_another_order_is_refused(
    shop: Merchant, change: dict[str, str]
) -> None:
    qr(shop)
    assert refusal(precreate(shop, **change)) == "CONTEXT_INCONSISTENT"


def test_a_buyer_pays_and_the_notice_brings_back_what_was_sent(shop: Merchant) -> None:
    paid = scan(shop, qr(shop)).json()
    assert (paid["status"], paid["out_trade_no"]) == ("TRADE_SUCCESS", ORDER_NUMBER)
    assert status(shop) == "TRADE_SUCCESS"
    [notice] = shop.due_fields()
    assert notice["sign"] == md5(signed_text(notice), shop.md5_key)
    assert notice["extra_common_param"] == "till=7"
    assert (notice["trade_status"], notice["total_fee"]) == ("TRADE_SUCCESS", "12.50")


def test_a_notice_is_repeated_on_the_ladder_until_success(shop: Merchant) -> None:
    scan(shop, qr(shop))
    shop.answer_all("fail")
    assert shop.due() == []
    shop.control("clock", advance_seconds=121)
    assert len(shop.due()) == 1
    shop.answer_all("success")
    shop.control("clock", advance_seconds=86_400)
    assert shop.due() == []


def test_who_leaves_an_order_leaves_a_trade_that_waits(shop: Merchant) -> None:
    code = qr(shop)
    assert scan(shop, code, decision="leave").json()["status"] == "WAIT_BUYER_PAY"
    assert status(shop) == "WAIT_BUYER_PAY"
    assert scan(shop, code).json()["status"] == "TRADE_SUCCESS"


def test_who_has_not_enough_money_may_try_again(shop: Merchant) -> None:
    code = qr(shop)
    assert scan(shop, code, outcome="not_enough_money").status_code == 409
    assert status(shop) == "WAIT_BUYER_PAY"
    assert scan(shop, code).status_code == 200


def test_an_order_is_paid_once(shop: Merchant) -> None:
    code = qr(shop)
    scan(shop, code)
    assert scan(shop, code).status_code == 409
    assert refusal(precreate(shop)) == "TRADE_HAS_SUCCESS"
    assert len(shop.due()) == 1


def test_a_code_ends_before_its_order(shop: Merchant) -> None:
    code = qr(shop)
    scan(shop, code, decision="leave")
    shop.control("clock", advance_seconds=181)
    assert scan(shop, code).status_code == 409
    assert status(shop) == "WAIT_BUYER_PAY"
    shop.control("clock", advance_seconds=120)
    assert status(shop) == "TRADE_CLOSED"
    assert shop.due() == []


def test_without_a_life_a_trade_closes_three_minutes_after_the_scan(shop: Merchant) -> None:
    code = qr(shop, it_b_pay="", qr_code_it_b_pay="")
    shop.control("clock", advance_seconds=3600)
    scan(shop, code, decision="leave")
    shop.control("clock", advance_seconds=170)
    assert status(shop) == "WAIT_BUYER_PAY"
    shop.control("clock", advance_seconds=11)
    assert status(shop) == "TRADE_CLOSED"


def test_a_code_lives_no_longer_than_its_order(shop: Merchant) -> None:
    qr(shop, it_b_pay="2m", qr_code_it_b_pay="1h")
    told = order(shop)
    assert told["code_expires_at"] == told["expires_at"]


def test_an_order_may_end_with_the_day(shop: Merchant) -> None:
    shop.at("2026-11-20T20:00:00+08:00")
    qr(shop, it_b_pay="1c", qr_code_it_b_pay="")
    assert order(shop)["expires_at"] == "2026-11-21T00:00:00+08:00"


def test_a_cancel_kills_the_code_nobody_has_read(shop: Merchant) -> None:
    code = qr(shop)
    fields = shop.call(CANCEL, out_trade_no=ORDER_NUMBER).fields
    assert fields == {"out_trade_no": ORDER_NUMBER, "result_code": "SUCCESS", "retry_flag": "N"}
    assert scan(shop, code).status_code == 409
    assert refusal(precreate(shop)) == "TRADE_HAS_CLOSE"


@pytest.mark.parametrize(("decision", "action"), [("leave", "close"), ("pay", "refund")])
def test_a_cancel_ends_the_order_that_was_read(shop: Merchant, decision: str, action: str) -> None:
    scan(shop, qr(shop), decision=decision)
    assert shop.call(CANCEL, out_trade_no=ORDER_NUMBER).fields["action"] == action
    assert status(shop) == "TRADE_CLOSED"


@pytest.mark.parametrize("region", ["global", "hk"])
def test_the_timestamp_may_be_a_text_or_milliseconds(
    shop: Merchant, hk_shop: Merchant, region: str
) -> None:
    partner = hk_shop if region == "hk" else shop
    assert qr(partner, timestamp=milliseconds())
    assert qr(partner, out_trade_no="SECOND")
    assert refusal(precreate(partner, timestamp=milliseconds(-31))) == "SESSION_TIMEOUT"


GOODS = {"goodsId": "SKU-1", "goodsName": "Noodles", "quantity": "1", "price": "12.50"}


@pytest.mark.parametrize(
    "changes",
    [
        {"price": "12.50", "quantity": "1"},
        {"price": "6.25", "quantity": "2"},
        {"goods_detail": json.dumps([GOODS])},
        {"seller_id": "2088123456789012", "body": "Lunch", "show_url": "https://shop.example"},
        {"it_b_pay": "15d"},
        {"sendFormat": "normal"},
    ],
)
def test_what_may_be_sent_besides(shop: Merchant, changes: dict[str, str]) -> None:
    assert qr(shop, **changes)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"out_trade_no": ""}, "ILLEGAL_ARGUMENT"),
        ({"subject": ""}, "ILLEGAL_ARGUMENT"),
        ({"subject": "s" * 257}, "ILLEGAL_ARGUMENT"),
        ({"total_fee": ""}, "ILLEGAL_ARGUMENT"),
        ({"currency": ""}, "ILLEGAL_ARGUMENT"),
        ({"trans_currency": ""}, "ILLEGAL_ARGUMENT"),
        ({"product_code": ""}, "ILLEGAL_ARGUMENT"),
        ({"extend_params": ""}, "ILLEGAL_ARGUMENT"),
        ({"timestamp": "now"}, "ILLEGAL_ARGUMENT"),
        ({"notify_url": "https://shop.example/" + "n" * 170}, "ILLEGAL_ARGUMENT"),
        ({"product_code": "QR_CODE_OFFLINE"}, "INVALID_PARAMETER"),
        ({"total_fee": "12.505"}, "INVALID_PARAMETER"),
        ({"total_fee": "1250", "trans_currency": "XXX"}, "INVALID_PARAMETER"),
        ({"price": "12.50", "quantity": "2"}, "INVALID_PARAMETER"),
        ({"price": "12.50"}, "INVALID_PARAMETER"),
        ({"it_b_pay": "1.5h"}, "INVALID_PARAMETER"),
        ({"it_b_pay": "16d"}, "INVALID_PARAMETER"),
        ({"qr_code_it_b_pay": "0m"}, "INVALID_PARAMETER"),
        ({"goods_detail": "{}"}, "INVALID_PARAMETER"),
        ({"goods_detail": json.dumps([GOODS] * 51)}, "INVALID_PARAMETER"),
        ({"goods_detail": json.dumps([GOODS | {"price": "1.555"}])}, "INVALID_PARAMETER"),
        ({"extend_params": shop_text(store_id="S 1")}, "INVALID_PARAMETER"),
        ({"show_url": "shop"}, "INVALID_PARAMETER"),
        ({"seller_id": "2088000000000000"}, "SELLER_NOT_EXIST"),
    ],
)
def test_a_malformed_order_is_refused(shop: Merchant, changes: dict[str, str], code: str) -> None:
    assert refusal(precreate(shop, **changes)) == code
    assert shop.books("orders") == []


def test_an_order_above_the_limit_is_refused(shop: Merchant) -> None:
    assert refusal(precreate(shop, total_fee="50000")) == "BEYOND_PAY_RESTRICTION"


def test_a_refusal_says_why(shop: Merchant) -> None:
    fields = precreate(shop, price="1", quantity="1").fields
    assert (fields["result_code"], fields["out_trade_no"]) == ("FAIL", ORDER_NUMBER)
    assert fields["detail_error_code"] == "INVALID_PARAMETER"
    assert fields["detail_error_des"]


@pytest.mark.parametrize(
    ("wish", "status_code"),
    [
        ({"code": "https://qr.alipay.com/bax0"}, 409),
        ({"decision": "think"}, 400),
        ({"wallet": "ALIPAYHK"}, 400),
        ({"outcome": "perhaps"}, 400),
        ({"buyer": "a\x01"}, 400),
    ],
)
def test_a_phone_cannot_do_everything(
    shop: Merchant, wish: dict[str, str], status_code: int
) -> None:
    wishes = {"code": qr(shop)} | wish
    assert post(shop, "/phone/orders", **wishes).status_code == status_code
    assert status(shop) == "TRADE_NOT_EXIST"


def test_the_books_tell_of_an_order_before_anybody_comes(shop: Merchant) -> None:
    code = qr(shop)
    told = order(shop)
    assert (told["qrcode"], told["product"], told["status"]) == (code, "order_code", "")
    scan(shop, code, buyer="mia***@example.com")
    assert order(shop)["status"] == "TRADE_SUCCESS"
    assert shop.trade()["buyer_login"] == "mia***@example.com"
    assert shop.trade()["product"] == "order_code"
