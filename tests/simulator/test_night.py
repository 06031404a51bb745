"""Asynchronous refunds: recorded, run on the same day or by night, told only when they succeed."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from merchant_portal.simulator.server import Simulator

from .listener import Listener, eventually
from .wire import GLOBAL_PARTNER, HK_PARTNER, MD5_KEY, Merchant

PAID = "http://127.0.0.1:9/paid"
REFUNDED = "http://127.0.0.1:9/refunded"
WAITING, DONE = ("PROCESSING", ""), ("SUCCESS", "")


def paid_at(shop: Merchant, instant: str, amount: str = "10") -> dict[str, Any]:
    """A trade paid at an instant, its notice acknowledged."""
    code = shop.code(PAID)
    shop.at(instant)
    trade: dict[str, Any] = shop.pay(code, amount).json()
    shop.answer_all("success")
    return trade


def recorded(shop: Merchant, trade: dict[str, Any], number: str, amount: str) -> None:
    answer = shop.refund(trade, number, amount, is_sync="N", notify_url=REFUNDED)
    assert answer.fields["result_code"] == "SUCCESS"


def hold(shop: Merchant, amount: str) -> None:
    body = {"partner_id": shop.partner, "currency": shop.terms["currency"], "amount": amount}
    assert shop.control("balances", **body).status_code == 200


def test_on_the_day_of_the_payment_it_runs_at_once(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    recorded(shop, trade, "R1", "4")
    assert shop.refund_state(trade, "R1") == DONE
    assert shop.trade()["refunded"] == "4.00"


def test_without_a_wish_a_refund_is_asynchronous(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    shop.at("2027-03-02T10:00:00")
    assert shop.refund(trade, "R1", "4", is_sync="").fields["result_code"] == "SUCCESS"
    assert shop.refund_state(trade, "R1") == WAITING


@pytest.mark.parametrize(
    ("instant", "state"),
    [
        ("2027-03-02T10:00:30", WAITING),
        ("2027-03-02T22:59:00", WAITING),
        ("2027-03-02T23:00:01", DONE),
        ("2027-03-03T12:00:00", DONE),
    ],
)
def test_on_a_later_day_it_runs_in_the_night(
    shop: Merchant,
    instant: str,
    state: tuple[str, str],
) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    shop.at("2027-03-02T10:00:00")
    recorded(shop, trade, "R1", "4")
    shop.at(instant)
    assert shop.refund_state(trade, "R1") == state


@pytest.mark.parametrize(
    ("instant", "state"),
    [
        ("2027-03-02T23:10:00", DONE),
        ("2027-03-03T04:59:00", DONE),
        ("2027-03-03T05:00:30", WAITING),
    ],
)
def test_what_is_asked_by_night_runs_the_same_night(
    shop: Merchant,
    instant: str,
    state: tuple[str, str],
) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    shop.at(instant)
    recorded(shop, trade, "R1", "4")
    assert shop.refund_state(trade, "R1") == state


def test_a_clock_that_leaps_books_the_refund_in_its_own_night(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    shop.at("2027-03-02T10:00:00")
    recorded(shop, trade, "R1", "4")
    shop.at("2027-03-09T10:00:00")
    [row] = shop.books("refunds")
    assert row["refunded_at"] == "2027-03-02T23:00:00+08:00"
    assert row["requested_at"].startswith("2027-03-02T10:00")
    assert (row["state"], row["runs"]) == ("SUCCESS", 1)


def test_in_hong_kong_even_the_same_day_waits_for_the_batch(hk_shop: Merchant) -> None:
    trade = paid_at(hk_shop, "2027-03-01T10:00:00")
    recorded(hk_shop, trade, "R1", "4")
    assert hk_shop.refund_state(trade, "R1") == WAITING
    hk_shop.at("2027-03-01T23:00:01")
    assert hk_shop.refund_state(trade, "R1") == DONE


def test_in_hong_kong_what_misses_the_batch_waits_a_day(hk_shop: Merchant) -> None:
    trade = paid_at(hk_shop, "2027-03-01T10:00:00")
    hk_shop.at("2027-03-01T23:30:00")
    recorded(hk_shop, trade, "R1", "4")
    hk_shop.at("2027-03-02T22:59:00")
    assert hk_shop.refund_state(trade, "R1") == WAITING
    hk_shop.at("2027-03-02T23:00:01")
    assert hk_shop.refund_state(trade, "R1") == DONE


def test_success_is_told_to_the_address_of_the_request(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    recorded(shop, trade, "R1", "4")
    [notice], [fields] = shop.due(), shop.due_fields()
    assert notice["url"] == REFUNDED
    assert fields["notify_action_type"] == "refundFPAction"
    assert (fields["refund_fee"], fields["out_biz_no"]) == ("4.00", "R1")
    assert fields["trade_status"] == "TRADE_SUCCESS"


def test_a_whole_refund_is_told_with_a_closed_trade(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    recorded(shop, trade, "R1", "10")
    assert shop.due_fields()[0]["trade_status"] == "TRADE_CLOSED"


def test_without_an_address_nothing_is_told(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    shop.refund(trade, "R1", "4", is_sync="N")
    assert shop.due() == []


def test_a_low_balance_is_tried_again_every_night(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    hold(shop, "3")
    recorded(shop, trade, "R1", "4")
    shop.at("2027-03-03T12:00:00")
    assert shop.refund_state(trade, "R1") == WAITING
    assert shop.books("refunds")[0]["runs"] == 3
    hold(shop, "5")
    shop.at("2027-03-03T23:00:01")
    assert shop.refund_state(trade, "R1") == DONE
    assert [notice["out_biz_no"] for notice in shop.due_fields()] == ["R1"]


def test_after_half_a_year_a_low_balance_is_a_failure(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    hold(shop, "0")
    recorded(shop, trade, "R1", "4")
    shop.at("2027-08-28T12:00:00")
    assert shop.refund_state(trade, "R1") == WAITING
    shop.at("2027-08-29T12:00:00")
    assert shop.refund_state(trade, "R1") == ("FAIL", "MERCHANT_BALANCE_NOT_ENOUGH")
    assert shop.due() == []


def test_in_hong_kong_a_low_balance_is_tried_until_it_succeeds(hk_shop: Merchant) -> None:
    trade = paid_at(hk_shop, "2027-03-01T10:00:00")
    hold(hk_shop, "0")
    recorded(hk_shop, trade, "R1", "4")
    hk_shop.at("2027-11-01T12:00:00")
    assert hk_shop.refund_state(trade, "R1") == WAITING
    hold(hk_shop, "")
    hk_shop.at("2027-11-01T23:00:01")
    assert hk_shop.refund_state(trade, "R1") == DONE


def test_two_that_do_not_fit_together_fail_one_in_silence(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    shop.at("2027-03-02T10:00:00")
    recorded(shop, trade, "R1", "6")
    recorded(shop, trade, "R2", "6")
    shop.at("2027-03-02T23:00:01")
    assert shop.refund_state(trade, "R1") == DONE
    assert shop.refund_state(trade, "R2") == ("FAIL", "RETURN_AMOUNT_EXCEED")
    assert [notice["out_biz_no"] for notice in shop.due_fields()] == ["R1"]


def test_a_trade_cancelled_meanwhile_fails_the_refund(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    hold(shop, "0")
    recorded(shop, trade, "R1", "4")
    shop.control(f"trades/{trade['trade_no']}", status="TRADE_CLOSED")
    shop.at("2027-03-01T23:00:01")
    assert shop.refund_state(trade, "R1") == ("FAIL", "TRADE_HAS_CLOSE")


def test_a_silent_failure_is_told_by_the_query_alone(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    shop.mishap("refund_fails", value="BUYER_ERROR")
    recorded(shop, trade, "R1", "4")
    assert shop.refund_state(trade, "R1") == ("FAIL", "BUYER_ERROR")
    assert shop.due() == []
    assert shop.trade()["refunded"] == "0.00"


def test_a_recorded_refund_asked_again_is_recorded_once(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    shop.at("2027-03-02T10:00:00")
    recorded(shop, trade, "R1", "4")
    recorded(shop, trade, "R1", "4")
    assert len(shop.books("refunds")) == 1


@pytest.mark.parametrize(
    ("amount", "code"),
    [("10.01", "RETURN_AMOUNT_EXCEED"), ("1.005", "INVALID_PARAMETER")],
)
def test_what_cannot_be_is_refused_when_it_is_asked_for(
    shop: Merchant,
    amount: str,
    code: str,
) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    fields = shop.refund(trade, "R1", amount, is_sync="N").fields
    assert fields == {"result_code": "FAIL", "error": code}


def test_the_nights_refunds_run_when_a_person_says_so(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    shop.at("2027-03-02T10:00:00")
    recorded(shop, trade, "R1", "4")
    ran = shop.control("refunds/run").json()["ran"]
    assert [(row["out_biz_no"], row["state"]) for row in ran] == [("R1", "SUCCESS")]
    assert ran[0]["refunded_at"].startswith("2027-03-02T10:00")
    assert shop.control("refunds/run").json()["ran"] == []


def test_a_night_run_by_hand_leaves_a_low_balance_waiting(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    hold(shop, "0")
    recorded(shop, trade, "R1", "4")
    [row] = shop.control("refunds/run").json()["ran"]
    assert (row["state"], row["next_at"]) == ("PROCESSING", "2027-03-01T23:00:00+08:00")


def test_the_page_shows_what_goes_back_and_by_whom(shop: Merchant) -> None:
    trade = paid_at(shop, "2027-03-01T10:00:00")
    hold(shop, "3")
    recorded(shop, trade, "R1", "4")
    shop.control("refunds", trade_no=trade["trade_no"], amount="1")
    text = shop.http.get(f"{shop.url}/control/").text
    assert "asynchronous refund · asked by the merchant" in text
    assert "runs 2027-03-01 23:00:00 · tried 1 ×" in text
    assert "made in Alipay’s portal" in text
    assert "USD 2.00 left for them" in text


def test_the_buttons_of_the_page_come_back_to_it(shop: Merchant) -> None:
    balance = {"partner_id": GLOBAL_PARTNER, "currency": "USD", "amount": ""}
    for path, fields in (("refunds/run", {"_": ""}), ("balances", balance)):
        response = shop.http.post(f"{shop.url}/control/{path}", data=fields)
        assert (response.status_code, response.headers["location"]) == (303, "/control/")


def test_two_regions_keep_their_own_nights(shop: Merchant, hk_shop: Merchant) -> None:
    trades = [(shop, paid_at(shop, "2027-03-01T10:00:00"))]
    trades.append((hk_shop, paid_at(hk_shop, "2027-03-01T10:00:10")))
    for merchant, trade in trades:
        recorded(merchant, trade, "R1", "4")
    states = {row["partner_id"]: row["state"] for row in shop.books("refunds")}
    assert states == {GLOBAL_PARTNER: "SUCCESS", HK_PARTNER: "PROCESSING"}


def test_by_itself_the_night_comes_and_is_announced(tmp_path: Path) -> None:
    """With automatic delivery, and over a restart of the program."""
    partner = {"partner_id": GLOBAL_PARTNER, "md5_key": MD5_KEY}
    books = tmp_path / "books.sqlite3"
    with Listener() as listener, httpx.Client(trust_env=False) as http:
        with Simulator(books) as first:
            shop = Merchant(first.url, http)
            shop.control("partners", **partner)
            trade = shop.pay(shop.code()).json()
            shop.control("clock", advance_seconds=86400)
            hold(shop, "0")
            shop.refund(trade, "R1", "4", is_sync="N", notify_url=listener.url)
            hold(shop, "")
        with Simulator(books) as second:
            Merchant(second.url, http).control("clock", advance_seconds=86400)
            assert eventually(lambda: bool(listener.received))
    assert [notice["out_biz_no"] for notice in listener.received] == ["R1"]
