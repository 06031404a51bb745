"""The recorded messages of the counter sent byte for byte; answered with the very signatures.

The samples are invented; their signatures were made by an independent program.
"""

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest

from merchant_portal.simulator.books import Books
from merchant_portal.simulator.counter_records import Order
from merchant_portal.simulator.records import Trade, TradeStatus
from merchant_portal.simulator.server import Simulator

from .counter import NUMBER, ORDER_NUMBER, payment_code, scan
from .test_samples import SAMPLE_KEY, TRADE
from .wire import Answer, Merchant, md5, read, signed_text

SAMPLES = Path(__file__).parents[1] / "samples" / "counter"
DIGITS = "281010897274821897274821"
PAY_SAMPLE, ORDER_SAMPLE = "barcode/mapi-01", "order-code/mapi-01"
SALE = Order(
    order_id=None,
    partner_id=TRADE.partner_id,
    order_number=NUMBER,
    product="barcode",
    client_id="",
    trade_no=TRADE.trade_no,
    qrcode="",
    payment_code=DIGITS,
    amount="12.50",
    currency="USD",
    settlement_currency="USD",
    subject="Noodle set lunch",
    shop="{}",
    reference="",
    notify_url="",
    passback="",
    sign_type="MD5",
    charset="UTF-8",
    error="",
    created_at=TRADE.created_at,
    code_expires_at=None,
    expires_at=None,
)
SOLD = replace(TRADE, out_trade_no=NUMBER, qrcode="")
WAITING = replace(SOLD, status=TradeStatus.WAIT_BUYER_PAY, paid_at=None)
CLOSED = replace(WAITING, status=TradeStatus.TRADE_CLOSED)


@pytest.fixture
def till(shop: Merchant) -> Merchant:
    """The partner of the samples, on the evening they were made."""
    shop.control("partners", partner_id=shop.partner, region="global", md5_key=SAMPLE_KEY)
    shop.control("clock", now="2026-11-20T19:50:02+08:00", timestamp_window_minutes=120)
    return shop.with_changes(md5_key=SAMPLE_KEY)


@pytest.fixture
def books(till: Merchant, _running: Simulator) -> Books:
    """Alipay's own books."""
    return _running.books


def text_of(name: str) -> str:
    [path] = SAMPLES.glob(f"{name}-*")
    return path.read_text(encoding="utf-8")


def send(shop: Merchant, name: str) -> Answer:
    """Send a sample as it is written, to this gateway instead of the one it names."""
    lines = text_of(name).splitlines()
    [start] = [place for place, line in enumerate(lines) if line.startswith(("GET ", "POST "))]
    method, address = lines[start].split(" ", 1)
    url = f"{shop.url}/gateway.do?{address.partition('?')[2]}"
    if method == "GET":
        return read(shop.http.get(url))
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    body = lines[start + 3]
    return read(httpx.post(url, content=body, headers=headers, trust_env=False))


def recorded_sign(name: str) -> str:
    return text_of(name).rpartition("<sign>")[2].partition("</sign>")[0]


def members_of(name: str) -> set[str]:
    inner = text_of(name).partition("<response>")[2].partition("</response>")[0]
    return set(re.findall(r"</([a-z_]+)>", inner)) - {"alipay"}


@pytest.mark.parametrize(
    ("trade", "answer"),
    [(WAITING, "barcode/mapi-11"), (SOLD, "barcode/mapi-12"), (CLOSED, "barcode/mapi-13")],
)
def test_the_recorded_query_comes_out(
    till: Merchant, books: Books, trade: Trade, answer: str
) -> None:
    books.add(trade)
    books.add(replace(SALE, expires_at=TRADE.created_at + 10**9))
    assert send(till, "barcode/mapi-10").sign == recorded_sign(answer)


def test_the_recorded_query_of_nothing_comes_out(till: Merchant) -> None:
    assert send(till, "barcode/mapi-10").sign == recorded_sign("barcode/mapi-14")


@pytest.mark.parametrize(
    ("trade", "answer"), [(SOLD, "barcode/mapi-03"), (WAITING, "barcode/mapi-04")]
)
def test_a_repeated_pay_has_the_recorded_answer(
    till: Merchant, books: Books, trade: Trade, answer: str
) -> None:
    assert sold_by_sample(till)
    [order] = books.select(Order)
    [made] = books.select(Trade)
    books.remove(made)
    books.add(trade)
    books.save(replace(order, trade_no=trade.trade_no))
    assert send(till, PAY_SAMPLE).sign == recorded_sign(answer)


@pytest.mark.parametrize(
    ("outcome", "answer"), [("not_enough_money", "barcode/mapi-06"), ("", "barcode/mapi-05")]
)
def test_the_recorded_refusal_comes_out(till: Merchant, outcome: str, answer: str) -> None:
    if outcome:
        payment_code(till, digits=DIGITS, outcome=outcome)
    assert send(till, PAY_SAMPLE).sign == recorded_sign(answer)


def test_the_recorded_system_error_comes_out(till: Merchant) -> None:
    till.mishap("refused")
    assert send(till, PAY_SAMPLE).sign == recorded_sign("barcode/mapi-07")


@pytest.mark.parametrize("name", [PAY_SAMPLE, "barcode/mapi-02"])
def test_the_recorded_requests_are_paid(till: Merchant, name: str) -> None:
    payment_code(till, digits=DIGITS)
    fields = send(till, name).fields
    assert set(fields) == members_of("barcode/mapi-03")
    assert (fields["result_code"], fields["trans_amount_cny"]) == ("SUCCESS", "88.75")


def sold_by_sample(till: Merchant) -> bool:
    payment_code(till, digits=DIGITS)
    return send(till, PAY_SAMPLE).fields["result_code"] == "SUCCESS"


def test_the_recorded_close_comes_out(till: Merchant, books: Books) -> None:
    books.add(WAITING)
    books.add(replace(SALE, expires_at=TRADE.created_at + 10**9))
    assert send(till, "barcode/mapi-20").sign == recorded_sign("barcode/mapi-21")


def test_the_recorded_reverse_has_its_members(till: Merchant) -> None:
    assert sold_by_sample(till)
    assert set(send(till, "barcode/mapi-23").fields) == members_of("barcode/mapi-24")


def test_the_recorded_order_is_issued(till: Merchant) -> None:
    fields = send(till, ORDER_SAMPLE).fields
    assert set(fields) == members_of("order-code/mapi-02")
    assert scan(till, fields["qr_code"]).json()["amount"] == "12.50"


def test_the_recorded_unknown_has_its_members(till: Merchant) -> None:
    till.mishap("unknown_then")
    assert send(till, ORDER_SAMPLE).sign == recorded_sign("order-code/mapi-04")


def test_the_recorded_cancel_of_nothing_comes_out(till: Merchant) -> None:
    assert send(till, "order-code/mapi-06").sign == recorded_sign("order-code/mapi-07")


@pytest.mark.parametrize("name", ["barcode/mapi-30", "order-code/mapi-05"])
def test_a_notice_has_the_recorded_members(till: Merchant, name: str) -> None:
    if name.startswith("barcode"):
        assert sold_by_sample(till)
    else:
        code = send(till, ORDER_SAMPLE).fields["qr_code"]
        assert scan(till, code).json()["out_trade_no"] == ORDER_NUMBER
    [told] = till.outbox()
    [line] = [each for each in text_of(name).splitlines() if each.startswith("notify_time=")]
    recorded = dict(parse_qsl(line))
    extra = {"notify_time", "notify_type", "notify_id", "sign", "sign_type"}
    assert set(told["fields"]) == set(recorded) - extra
    assert recorded["sign"] == md5(signed_text(recorded), SAMPLE_KEY)
    assert told["state"] == "UNDELIVERABLE"
