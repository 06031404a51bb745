"""Refunds and their queries against the small Alipay, which shares no line with the package."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from merchant_portal.alipay.errors import GatewayRefused, GatewayUnreachable, NoAnswer
from merchant_portal.alipay.messages import (
    Notice,
    RefundAnswer,
    RefundMode,
    RefundResult,
    Region,
    TradeStatus,
    read_notice,
)
from merchant_portal.alipay.signing import SignType
from tests.alipay.shops import EVERY_ACCOUNT, NOTIFY_URL, OpenShop, Shop


def give_back(shop: Shop, sale: Notice, amount: str, number: str, **more: Any) -> RefundAnswer:
    """A refund of a part of a sale, at once if nothing else is said."""
    wish = {
        "partner_trans_id": sale.partner_trans_id,
        "partner_refund_id": number,
        "amount_text": amount,
        "currency": shop.details.trans_currency,
        "is_sync": RefundMode.SYNC,
    }
    return shop.client.refund_payment(**(wish | more))


def state_of(shop: Shop, sale: Notice, number: str) -> RefundResult:
    return shop.client.query_refund(
        partner_trans_id=sale.partner_trans_id, partner_refund_id=number
    ).state


def run_night(shop: Shop) -> None:
    shop.alipay.http.post("/control/refunds/run", json={}).raise_for_status()


def refused_code(ask: Callable[[], object]) -> str:
    with pytest.raises(GatewayRefused) as refused:
        ask()
    assert refused.value.signed
    return refused.value.code


@pytest.mark.parametrize(("region", "sign_type"), EVERY_ACCOUNT)
def test_a_payment_goes_back_in_two_parts(
    region: Region, sign_type: SignType, open_shop: OpenShop
) -> None:
    shop = open_shop(region, sign_type)
    sale = shop.sold("12.50")
    assert give_back(shop, sale, "5.00", "RF1", reason="Wrong dish 上错菜").is_refunded
    assert shop.status_of(sale.partner_trans_id) is TradeStatus.TRADE_SUCCESS
    assert give_back(shop, sale, "7.5", "RF2", alipay_trans_id=sale.alipay_trans_id).is_refunded
    assert shop.status_of(sale.partner_trans_id) is TradeStatus.TRADE_CLOSED
    assert {state_of(shop, sale, number) for number in ("RF1", "RF2")} == {RefundResult.SUCCESS}


@pytest.mark.parametrize("region", list(Region))
def test_the_reason_arrives_by_each_regions_name(region: Region, open_shop: OpenShop) -> None:
    shop = open_shop(region, SignType.RSA2)
    give_back(shop, shop.sold(), "5.00", "RF1", reason="Wrong dish")
    assert [refund["reason"] for refund in shop.alipay.books("refunds")] == ["Wrong dish"]


def test_the_same_refund_again_gives_back_once(shop: Shop) -> None:
    sale = shop.sold()
    first = give_back(shop, sale, "5.00", "RF1")
    assert give_back(shop, sale, "5.00", "RF1").fields == first.fields
    assert [trade["refunded"] for trade in shop.alipay.books("trades")] == ["5.00"]


def test_one_number_for_two_amounts_is_refused(shop: Shop) -> None:
    sale = shop.sold()
    give_back(shop, sale, "5.00", "RF1")
    code = refused_code(lambda: give_back(shop, sale, "5.01", "RF1"))
    assert code == "DISCORDANT_REPEAT_REQUEST"


def test_more_than_was_paid_is_refused(shop: Shop) -> None:
    sale = shop.sold("12.50")
    code = refused_code(lambda: give_back(shop, sale, "12.51", "RF1"))
    assert code == "RETURN_AMOUNT_EXCEED"
    assert state_of(shop, sale, "RF1") is RefundResult.FAIL


def test_what_went_back_whole_is_closed(shop: Shop) -> None:
    sale = shop.sold("12.50")
    give_back(shop, sale, "12.50", "RF1")
    assert refused_code(lambda: give_back(shop, sale, "0.01", "RF2")) == "TRADE_HAS_CLOSE"


@pytest.mark.parametrize(
    ("change", "code"),
    [({"partner_trans_id": "NOSUCH0001"}, "TRADE_NOT_EXIST"),
     ({"currency": "EUR"}, "CURRENCY_NOT_SAME")],
)  # fmt: skip
def test_a_refund_of_something_else_is_refused(
    change: dict[str, str], code: str, shop: Shop
) -> None:
    sale = shop.sold()
    assert refused_code(lambda: give_back(shop, sale, "5.00", "RF1", **change)) == code


def test_yen_go_back_as_whole_numbers(shop: Shop) -> None:
    details = replace(shop.details, trans_currency="JPY", currency="JPY")
    yen = replace(shop, details=details)
    sale = yen.sold("1250")
    assert give_back(yen, sale, "250", "RF1").amount == "250"


def test_a_recorded_refund_is_done_only_after_the_night(open_shop: OpenShop) -> None:
    shop = open_shop(Region.HK, SignType.MD5)
    sale = shop.sold()
    answer = give_back(shop, sale, "5.00", "RF1", is_sync=RefundMode.ASYNC, notify_url=NOTIFY_URL)
    assert not answer.is_refunded
    assert state_of(shop, sale, "RF1") is RefundResult.PROCESSING
    run_night(shop)
    assert state_of(shop, sale, "RF1") is RefundResult.SUCCESS


def test_a_recorded_refund_that_fails_is_told_by_the_query_alone(open_shop: OpenShop) -> None:
    shop = open_shop(Region.HK, SignType.RSA)
    sale = shop.sold()
    give_back(shop, sale, "5.00", "RF1", is_sync=RefundMode.ASYNC)
    shop.alipay.switch("refund_fails", "SELLER_ERROR", times=1)
    run_night(shop)
    answer = shop.client.query_refund(
        partner_trans_id=sale.partner_trans_id, partner_refund_id="RF1"
    )
    assert (answer.state, answer.error) == (RefundResult.FAIL, "SELLER_ERROR")


def test_the_notice_of_a_recorded_refund_carries_its_number(open_shop: OpenShop) -> None:
    shop = open_shop(Region.GLOBAL, SignType.RSA2)
    sale = shop.sold()
    give_back(shop, sale, "5.00", "RF1", is_sync=RefundMode.ASYNC, notify_url=NOTIFY_URL)
    notices = [read_notice(posted) for posted in shop.told()]
    refunds = [notice for notice in notices if notice.is_refund]
    assert [(notice.out_biz_no, notice.refund_fee) for notice in refunds] == [("RF1", "5.00")]


@pytest.mark.parametrize("mishap", ["done_but_no_answer", "half", "wrongly_signed"])
def test_a_refund_without_an_answer_is_found_done(mishap: str, shop: Shop) -> None:
    sale = shop.sold("12.50")
    shop.alipay.switch(mishap, times=1)
    with pytest.raises(GatewayUnreachable):
        give_back(shop, sale, "12.50", "RF1")
    assert state_of(shop, sale, "RF1") is RefundResult.SUCCESS
    assert give_back(shop, sale, "12.50", "RF1").is_refunded


@pytest.mark.parametrize(
    ("mishap", "reason"),
    [("unknown_then", NoAnswer.UNKNOWN_RESULT), ("refused", NoAnswer.SYSTEM_ERROR)],
)
def test_neither_yes_nor_no_is_no_answer(mishap: str, reason: NoAnswer, shop: Shop) -> None:
    sale = shop.sold()
    shop.alipay.switch(mishap, "", times=2)
    for ask in (
        lambda: give_back(shop, sale, "5.00", "RF1"),
        lambda: state_of(shop, sale, "RF1"),
    ):
        with pytest.raises(GatewayUnreachable) as unreachable:
            ask()
        assert unreachable.value.reason is reason


def test_a_question_about_a_refund_nobody_made_is_refused(shop: Shop) -> None:
    sale = shop.sold()
    assert refused_code(lambda: state_of(shop, sale, "NOSUCH")) == "TRADE_NOT_EXIST"


def test_answers_in_gbk_verify(open_shop: OpenShop) -> None:
    shop = open_shop(Region.HK, SignType.RSA2)
    sale = shop.sold()
    shop.alipay.switch("gbk")
    assert b'encoding="GBK"' in give_back(shop, sale, "5.00", "RF1").exchange.body
    assert state_of(shop, sale, "RF1") is RefundResult.SUCCESS
