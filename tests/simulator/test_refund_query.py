"""Where a refund stands, and what an attempt without an answer has left behind."""

import httpx
import pytest

from .wire import REFUND, REFUND_QUERY, Merchant


@pytest.mark.parametrize(
    ("out_trade_no", "out_return_no"),
    [("{}", "R9"), ("NEVER1", "R1")],
)
def test_a_refund_nobody_asked_for_is_not_found(
    shop: Merchant,
    out_trade_no: str,
    out_return_no: str,
) -> None:
    trade = shop.pay(shop.code()).json()
    shop.refund(trade, "R1", "1")
    order = out_trade_no.format(trade["out_trade_no"])
    fields = shop.call(REFUND_QUERY, out_trade_no=order, out_return_no=out_return_no).fields
    assert fields == {"response_code": "FAIL", "refund_error_code": "TRADE_NOT_EXIST"}


def test_the_refund_query_tells_a_refund_that_went_through(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    shop.refund(trade, "R1", "1")
    asked = {"out_trade_no": trade["out_trade_no"], "out_return_no": "R1"}
    fields = shop.call(REFUND_QUERY, **asked).fields
    assert fields.pop("gmt_create").startswith("20")
    assert fields == {
        "out_return_no": "R1",
        "out_trade_no": trade["out_trade_no"],
        "refund_result_code": "SUCCESS",
        "response_code": "SUCCESS",
        "trade_no": trade["trade_no"],
    }


@pytest.mark.parametrize(
    "asked",
    [
        {"out_trade_no": "", "out_return_no": "R1"},
        {"out_trade_no": "X", "out_return_no": ""},
        {"out_trade_no": "x" * 65, "out_return_no": "R1"},
        {"out_trade_no": "X", "out_return_no": "x" * 129},
        {"partner_trans_id": "X", "partner_refund_id": "R1"},
    ],
)
def test_an_inquiry_that_does_not_fit(shop: Merchant, asked: dict[str, str]) -> None:
    assert shop.call(REFUND_QUERY, **asked).error == "ILLEGAL_ARGUMENT"


def test_an_inquiry_may_be_refused_or_unknown(shop: Merchant) -> None:
    asked = {"out_trade_no": "X", "out_return_no": "R1"}
    for mishap, word in (("refused", "FAIL"), ("unknown_then", "UNKNOWN")):
        shop.mishap(mishap, service=REFUND_QUERY)
        fields = shop.call(REFUND_QUERY, **asked).fields
        assert fields == {"response_code": word, "refund_error_code": "SYSTEM_ERROR"}


def test_a_refund_may_be_done_without_an_answer(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    shop.mishap("done_but_no_answer", service=REFUND)
    with pytest.raises(httpx.TransportError):
        shop.refund(trade, "R1", "5")
    assert shop.refund_state(trade, "R1") == ("SUCCESS", "")
    assert shop.refund(trade, "R1", "5").fields["result_code"] == "SUCCESS"
    assert shop.trade()["refunded"] == "5.00"


@pytest.mark.parametrize(("value", "state"), [("", ""), ("done", "SUCCESS")])
def test_an_unknown_refund_may_have_been_done_or_not(
    shop: Merchant,
    value: str,
    state: str,
) -> None:
    trade = shop.pay(shop.code()).json()
    shop.mishap("unknown_then", value=value, service=REFUND)
    fields = shop.refund(trade, "R1", "5").fields
    assert fields == {"error": "SYSTEM_ERROR", "result_code": "UNKNOWN"}
    assert shop.refund_state(trade, "R1")[0] == state


def test_done_in_silence_then_refused_is_still_told_by_the_query(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    shop.mishap("unknown_then", value="done", service=REFUND)
    shop.refund(trade, "R1", "12.50")
    shop.mishap("refused", value="TRADE_HAS_CLOSE", service=REFUND)
    assert shop.refund(trade, "R1", "12.50").fields["error"] == "TRADE_HAS_CLOSE"
    assert shop.refund_state(trade, "R1") == ("SUCCESS", "")


def test_a_refund_is_not_found_under_another_order(shop: Merchant) -> None:
    code = shop.code()
    first, second = shop.pay(code).json(), shop.pay(code).json()
    shop.refund(first, "R1", "1")
    assert shop.refund_state(first, "R1") == ("SUCCESS", "")
    assert shop.refund_state(second, "R1") == ("", "TRADE_NOT_EXIST")
