"""The sample messages sent byte for byte: each is answered with the very signature recorded.

The samples are invented; their signatures were made by an independent program.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from merchant_portal.simulator.books import Books
from merchant_portal.simulator.records import Code, CodeState, Trade, TradeStatus, Wallet
from merchant_portal.simulator.server import Simulator

from .wire import HK_PARTNER, Answer, Merchant, read

SAMPLES = Path(__file__).parents[1] / "samples" / "alipay"
SAMPLE_KEY = "samplekey0samplekey0samplekey012"
QRCODE = "https://qr.alipay.com/ocx07358e3pxwresfpqpzed"
BEGAN = 1795175398.0  # 2026-11-20 19:49:58 in GMT+8.
TRADE = Trade(
    trade_no="2026112022001400000000000001",
    out_trade_no="2026112019500012345678901234",
    partner_id="2088123456789012",
    qrcode=QRCODE,
    biz_data='{"secondary_merchant_name": "Harbour Noodle Bar"}',
    status=TradeStatus.TRADE_SUCCESS,
    amount="12.50",
    currency="USD",
    settlement_amount="12.50",
    settlement_currency="USD",
    settlement_rate="1",
    discount="",
    wallet=Wallet.ALIPAYCN,
    buyer_login="cnb***@example.com",
    buyer_id="2088000000000123",
    created_at=BEGAN,
    paid_at=BEGAN + 6,
    refunded="0.00",
)
HK_TRADE = replace(
    TRADE,
    trade_no="2026112022001400000000000002",
    out_trade_no="2026112019510012345678909999",
    partner_id=HK_PARTNER,
    amount="88.00",
    currency="HKD",
)


@pytest.fixture
def books(shop: Merchant, _running: Simulator) -> Books:
    """Alipay's books as they stood on the evening of the samples."""
    shop.control("partners", partner_id=shop.partner, region="global", md5_key=SAMPLE_KEY)
    shop.control("partners", partner_id=HK_PARTNER, region="hk", md5_key=SAMPLE_KEY)
    shop.control("clock", now="2026-11-20T19:52:00", timestamp_window_minutes=120)
    for trade in (TRADE, HK_TRADE):
        _running.books.add(trade)
    _running.books.add(
        Code(QRCODE, TRADE.partner_id, "M1", "S1", 0, CodeState.ACTIVE, "{}", "", "UTF-8", BEGAN),
    )
    return _running.books


def send(shop: Merchant, name: str) -> Answer:
    """Send a sample request as it is written."""
    [path] = SAMPLES.glob(f"{name}-*.txt")
    lines = path.read_text(encoding="utf-8").splitlines()
    [query] = [line.partition("?")[2] for line in lines if line.startswith("GET ")]
    return read(shop.http.get(f"{shop.url}/gateway.do?{query}"))


def recorded_sign(name: str) -> str:
    [path] = SAMPLES.glob(f"{name}-*.xml")
    return path.read_text(encoding="utf-8").rpartition("<sign>")[2].partition("</sign>")[0]


@pytest.mark.parametrize(
    ("request_sample", "answer_sample"),
    [("17", "18"), ("21", "22"), ("27", "28")],
)
def test_the_recorded_answer_comes_out(
    shop: Merchant,
    books: Books,
    request_sample: str,
    answer_sample: str,
) -> None:
    assert send(shop, request_sample).sign == recorded_sign(answer_sample)


def test_the_recorded_refusal_of_too_much_comes_out(shop: Merchant, books: Books) -> None:
    books.save(replace(TRADE, refunded="8.00"))
    assert send(shop, "17").sign == recorded_sign("19")


def test_the_recorded_close_comes_out(shop: Merchant, books: Books) -> None:
    waiting = TradeStatus.WAIT_BUYER_PAY
    books.save(replace(TRADE, status=waiting, paid_at=None))
    assert send(shop, "21").sign == recorded_sign("23")


def test_the_recorded_failure_to_be_tried_again_comes_out(shop: Merchant, books: Books) -> None:
    shop.mishap("refused")
    assert send(shop, "21").sign == recorded_sign("24")


def test_the_recorded_state_of_a_refund_comes_out(shop: Merchant, books: Books) -> None:
    send(shop, "17")
    assert send(shop, "25").sign == recorded_sign("26")


def test_the_recorded_state_of_a_review_comes_out(shop: Merchant, books: Books) -> None:
    send(shop, "27")
    assert send(shop, "29").sign == recorded_sign("30")


def test_the_hk_sample_is_recorded_with_its_reason(shop: Merchant, books: Books) -> None:
    assert send(shop, "20").fields["result_code"] == "SUCCESS"
    [refund] = shop.books("refunds")
    assert (refund["reason"], refund["state"]) == ("Order voided", "PROCESSING")
    assert refund["notify_url"] == "https://pos.example.hk/alipay/refund-notify"
