"""Whatever is sent and however many ask at once: an answer, and books that add up."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from merchant_portal.simulator.books import Books, OtherVersion

from .wire import (
    CANCEL,
    CREATE,
    MAINTAIN,
    MODIFY,
    MODIFY_STATUS,
    QUERY,
    QUERY_STATUS,
    REFUND,
    REFUND_QUERY,
    Merchant,
    read,
)

AGAIN = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SERVICES = [CREATE, MODIFY, MODIFY_STATUS, QUERY, CANCEL, REFUND, REFUND_QUERY]
SERVICES += [MAINTAIN, QUERY_STATUS]
NAMES = ["biz_data", "qrcode", "status", "timestamp", "notify_url", "partner_trans_id", "surprise"]
NAMES += ["out_trade_no", "trade_no", "partner_refund_id", "refund_amount", "currency", "is_sync"]
NAMES += ["out_return_no", "refund_reason", "alipay_trans_id"]
NAMES += ["secondary_merchant_id", "store_id", "extend_params", "payment_method"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@AGAIN
@given(body=st.binary(max_size=300))
def test_any_bytes_are_answered_with_a_refusal(shop: Merchant, body: bytes) -> None:
    response = shop.http.post(f"{shop.url}/gateway.do?_input_charset=UTF-8", content=body)
    assert read(response).root.findtext("is_success") == "F"


@AGAIN
@given(
    service=st.sampled_from(SERVICES),
    extra=st.dictionaries(st.sampled_from(NAMES), st.text(max_size=20)),
)
def test_any_well_signed_parameters_are_answered(
    shop: Merchant,
    service: str,
    extra: dict[str, str],
) -> None:
    answer = shop.call(service, **extra)
    assert answer.raw.status_code == 200
    assert answer.root.findtext("is_success") in {"T", "F"}


@AGAIN
@given(member=st.sampled_from(["channel_fee", "passback_parameters", "store_name"]), odd=JSON)
def test_any_member_of_biz_data_is_answered(shop: Merchant, member: str, odd: object) -> None:
    answer = shop.call(CREATE, biz_data=shop.biz_data(**{member: odd}))
    assert answer.accepted or answer.error in {"ILLEGAL_ARGUMENT", "INVALID_CHARACTER_SET"}


@AGAIN
@given(odd=JSON)
def test_any_drivers_of_a_taxi_business_are_answered(shop: Merchant, odd: object) -> None:
    store = dict.fromkeys(("secondary_merchant_name", "store_name", "store_address"), "x")
    store |= {"secondary_merchant_id": "M1", "store_id": "S1", "store_country": "SG"}
    store |= {"secondary_merchant_type": "INDIVIDUAL", "registration_no": "1", "contact_no": "1"}
    store |= {"store_industry": "4121", "register_country": "SG", "register_address": "x"}
    answer = shop.call(MAINTAIN, **store, extend_params=json.dumps(odd))
    assert answer.fields["result_code"] in {"SUCCESS", "FAIL"}


@AGAIN
@given(parts=st.lists(st.integers(1, 1250), min_size=1, max_size=8))
def test_refunds_add_up_and_never_exceed(shop: Merchant, parts: list[int]) -> None:
    trade_no = shop.pay(shop.code(), "12.50").json()["trade_no"]
    for part in parts:
        shop.control("refunds", trade_no=trade_no, amount=str(Decimal(part) / 100))
    trade = shop.trade()
    booked = sum((Decimal(refund["amount"]) for refund in trade["refunds"]), Decimal(0))
    assert booked == Decimal(trade["refunded"]) <= Decimal("12.50")
    assert (trade["status"] == "TRADE_CLOSED") is (booked == Decimal("12.50"))


@AGAIN
@given(
    wishes=st.lists(
        st.tuples(st.sampled_from(["R1", "R2", "R3"]), st.integers(1, 1250), st.sampled_from("YN")),
        max_size=6,
    ),
    cancelled=st.booleans(),
)
def test_whatever_is_asked_the_books_add_up(
    shop: Merchant,
    wishes: list[tuple[str, int, str]],
    cancelled: bool,
) -> None:
    trade = shop.pay(shop.code(), "12.50").json()
    for number, cents, is_sync in wishes:
        name = number + trade["trade_no"]
        shop.refund(trade, name, str(Decimal(cents) / 100), is_sync=is_sync)
    if cancelled:
        shop.call(CANCEL, out_trade_no=trade["out_trade_no"])
    books = [shop.trade()["refunds"], shop.books("cancels")]
    mine = [row for rows in books for row in rows if row["trade_no"] == trade["trade_no"]]
    given_back = sum((Decimal(row["amount"]) for row in mine), Decimal(0))
    assert given_back == Decimal(shop.trade()["refunded"]) <= Decimal("12.50")


def test_one_refund_asked_at_once_by_many_gives_back_once(shop: Merchant) -> None:
    trade = shop.pay(shop.code(), "10").json()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shop.refund(trade, "R1", "3").fields, range(16)))
    assert all(answer == answers[0] for answer in answers)
    assert shop.trade()["refunded"] == "3.00"


def test_many_creates_at_once_make_one_code(shop: Merchant) -> None:
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: shop.code(), range(24)))
    assert len(set(codes)) == 1


def test_many_refunds_at_once_never_exceed(shop: Merchant) -> None:
    trade_no = shop.pay(shop.code(), "10").json()["trade_no"]
    with ThreadPoolExecutor(8) as pool:
        fields = {"trade_no": trade_no, "amount": "3"}
        answers = list(pool.map(lambda _: shop.control("refunds", **fields), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 5


def test_a_mishap_that_strikes_once_strikes_one_of_many(shop: Merchant) -> None:
    shop.mishap("refused")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shop.create().accepted, range(16)))
    assert answers.count(False) == 1


def test_a_megabyte_is_refused_in_peace(shop: Merchant) -> None:
    response = httpx.post(f"{shop.url}/gateway.do?_input_charset=UTF-8", content=b"a" * 1_000_000)
    assert read(response).error == "ILLEGAL_SERVICE"


def test_books_of_another_version_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite3"
    Books(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version=99")
    with pytest.raises(OtherVersion):
        Books(path)
