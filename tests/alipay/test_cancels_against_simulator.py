"""Cancels against the small Alipay, which shares no line with the package."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from merchant_portal.alipay.client import Choices, GatewayClient, open_http
from merchant_portal.alipay.errors import GatewayRefused, GatewayUnreachable, NoAnswer
from merchant_portal.alipay.messages import CancelAction, Region, TimeForm, TradeStatus
from merchant_portal.alipay.signing import SignType
from tests.alipay.shops import EVERY_ACCOUNT, OpenShop, Shop


def refused_code(ask: Callable[[], object]) -> str:
    with pytest.raises(GatewayRefused) as refused:
        ask()
    assert refused.value.signed
    assert not refused.value.may_retry
    return refused.value.code


@pytest.mark.parametrize(("region", "sign_type"), EVERY_ACCOUNT)
def test_a_payment_of_today_goes_back_whole(
    region: Region, sign_type: SignType, open_shop: OpenShop
) -> None:
    shop = open_shop(region, sign_type)
    sale = shop.sold()
    answer = shop.client.cancel_payment(partner_trans_id=sale.partner_trans_id)
    assert (answer.action, answer.alipay_trans_id) == (CancelAction.REFUND, sale.alipay_trans_id)
    assert shop.status_of(sale.partner_trans_id) is TradeStatus.TRADE_CLOSED


def test_a_second_cancel_answers_the_same(shop: Shop) -> None:
    order = shop.sold().partner_trans_id
    first = shop.client.cancel_payment(partner_trans_id=order)
    assert shop.client.cancel_payment(partner_trans_id=order).fields == first.fields


def test_an_unfinished_payment_is_closed(shop: Shop) -> None:
    shop.alipay.pay(shop.code(), "12.50", outcome="waiting")
    order = shop.alipay.books("trades")[0]["out_trade_no"]
    answer = shop.client.cancel_payment(partner_trans_id=order)
    assert answer.action is CancelAction.CLOSE


def test_what_never_was_is_cancelled_without_an_action(shop: Shop) -> None:
    answer = shop.client.cancel_payment(partner_trans_id="NEVERWAS0001")
    assert (answer.action, answer.alipay_trans_id) == (CancelAction.NONE, "")


def test_both_numbers_of_one_payment_are_taken(shop: Shop) -> None:
    sale = shop.sold()
    answer = shop.client.cancel_payment(
        partner_trans_id=sale.partner_trans_id, alipay_trans_id=sale.alipay_trans_id
    )
    assert answer.partner_trans_id == sale.partner_trans_id


def test_numbers_of_two_payments_are_never_taken_for_a_cancel_of_ours(shop: Shop) -> None:
    """Alipay goes by its own number; the answer then speaks of an order we did not name."""
    sale = shop.sold()
    with pytest.raises(GatewayUnreachable) as unreachable:
        shop.client.cancel_payment(
            partner_trans_id="ANOTHER0001", alipay_trans_id=sale.alipay_trans_id
        )
    assert unreachable.value.reason is NoAnswer.UNREADABLE


def test_a_payment_of_another_day_is_refused_for_good(shop: Shop) -> None:
    order = shop.sold().partner_trans_id
    shop.alipay.advance(2 * 86_400)
    later = datetime.now(UTC) + timedelta(days=2)
    with open_http() as http:
        client = GatewayClient(shop.contract, http=http, now=lambda: later)
        code = refused_code(lambda: client.cancel_payment(partner_trans_id=order))
    assert code == "TRADE_HAS_FINISHED"


@pytest.mark.parametrize(
    ("given_back", "code"), [("5.00", "TRADE_STATUS_ERROR"), ("12.50", "TRADE_HAS_CLOSE")]
)
def test_a_refunded_payment_is_not_cancelled(given_back: str, code: str, shop: Shop) -> None:
    sale = shop.sold()
    shop.alipay.refund_in_portal(sale.alipay_trans_id, given_back)
    order = sale.partner_trans_id
    assert refused_code(lambda: shop.client.cancel_payment(partner_trans_id=order)) == code


def test_trouble_at_alipays_side_is_no_answer_though_it_may_be_retried(shop: Shop) -> None:
    order = shop.sold().partner_trans_id
    shop.alipay.switch("refused", "", times=1)
    with pytest.raises(GatewayUnreachable) as unreachable:
        shop.client.cancel_payment(partner_trans_id=order)
    assert unreachable.value.reason is NoAnswer.SYSTEM_ERROR
    assert b"<retry_flag>Y" in unreachable.value.exchange.body
    assert shop.client.cancel_payment(partner_trans_id=order).action is CancelAction.REFUND


@pytest.mark.parametrize("mishap", ["done_but_no_answer", "half", "wrongly_signed", "unknown_then"])
def test_a_cancel_without_an_answer_is_found_done_by_the_same_call(mishap: str, shop: Shop) -> None:
    order = shop.sold().partner_trans_id
    shop.alipay.switch(mishap, times=1)
    with pytest.raises(GatewayUnreachable):
        shop.client.cancel_payment(partner_trans_id=order)
    assert shop.client.cancel_payment(partner_trans_id=order).action is CancelAction.REFUND


def test_answers_in_gbk_verify(open_shop: OpenShop) -> None:
    shop = open_shop(Region.HK, SignType.RSA2)
    order = shop.sold().partner_trans_id
    shop.alipay.switch("gbk")
    answer = shop.client.cancel_payment(partner_trans_id=order)
    assert (answer.action, b'encoding="GBK"' in answer.exchange.body) == (CancelAction.REFUND, True)


@pytest.mark.parametrize("form", list(TimeForm))
def test_every_form_of_the_time_is_taken(form: TimeForm, shop: Shop) -> None:
    terms = replace(shop.contract, choices=Choices(cancel_time_form=form))
    with open_http() as http:
        client = GatewayClient(terms, http=http, now=lambda: datetime.now(UTC))
        assert client.cancel_payment(partner_trans_id="NEVERWAS0001").action is CancelAction.NONE
