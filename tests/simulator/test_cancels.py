"""The whole payment undone on its own day."""

from datetime import UTC, datetime, timedelta

import pytest

from .wire import CANCEL, GLOBAL_PARTNER, MD5_KEY, QUERY, Answer, Merchant, gmt8, milliseconds

LISTENER = "http://127.0.0.1:9/notify"
OTHER_PARTNER = "2088123456789099"


def cancel(shop: Merchant, trade: dict[str, str], **extra: str) -> Answer:
    return shop.call(CANCEL, out_trade_no=trade["out_trade_no"], **extra)


def actions(shop: Merchant) -> list[str]:
    return [notice["notify_action_type"] for notice in shop.due_fields()]


def test_a_paid_trade_is_given_back_whole(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    answer = cancel(shop, trade)
    assert answer.fields == {
        "action": "refund",
        "out_trade_no": trade["out_trade_no"],
        "result_code": "SUCCESS",
        "retry_flag": "N",
        "trade_no": trade["trade_no"],
    }
    assert (shop.trade()["status"], shop.trade()["refunded"]) == ("TRADE_CLOSED", "12.50")


def test_a_cancelled_trade_was_paid_once_as_the_query_shows(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    cancel(shop, trade)
    fields = shop.call(QUERY, partner_trans_id=trade["out_trade_no"]).fields
    assert fields["alipay_trans_status"] == "TRADE_CLOSED"
    assert fields["alipay_pay_time"]


def test_an_unpaid_trade_is_only_closed(shop: Merchant) -> None:
    trade = shop.pay(shop.code(LISTENER), outcome="waiting").json()
    assert cancel(shop, trade).fields["action"] == "close"
    assert (shop.trade()["status"], shop.trade()["refunded"]) == ("TRADE_CLOSED", "0.00")
    assert shop.books("cancels")[0]["fee_returned"] is False
    assert actions(shop) == ["closeTradeAction"]


def test_a_cancelled_payment_is_announced_as_reversed(shop: Merchant) -> None:
    trade = shop.pay(shop.code(LISTENER)).json()
    shop.answer_all("success")
    cancel(shop, trade)
    [notice] = shop.due_fields()
    assert notice["notify_action_type"] == "reverseAction"
    assert notice["trade_status"] == "TRADE_CLOSED"


def test_a_second_cancel_says_the_same_and_gives_nothing(shop: Merchant) -> None:
    trade = shop.pay(shop.code(LISTENER)).json()
    first, second = cancel(shop, trade).fields, cancel(shop, trade).fields
    assert first == second
    assert len(shop.books("cancels")) == 1
    assert actions(shop) == ["payByAccountAction", "reverseAction"]


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_was_paid_after_its_cancel_is_given_back_by_another(
    shop: Merchant,
    by_hand: bool,
) -> None:
    trade = shop.pay(shop.code(), outcome="waiting").json()
    cancel(shop, trade)
    shop.control(f"trades/{trade['trade_no']}", status="TRADE_SUCCESS")
    if by_hand:
        shop.control(f"trades/{trade['trade_no']}", status="TRADE_CLOSED")
    assert cancel(shop, trade).fields["action"] == "refund"
    assert [row["action"] for row in shop.books("cancels")] == ["close", "refund"]
    assert shop.trade()["refunded"] == "12.50"


def test_what_never_was_is_cancelled_without_an_action(shop: Merchant) -> None:
    fields = cancel(shop, {"out_trade_no": "NEVER1"}).fields
    assert fields == {"out_trade_no": "NEVER1", "result_code": "SUCCESS", "retry_flag": "N"}
    cancel(shop, {"out_trade_no": "NEVER1"})
    assert [(row["out_trade_no"], row["action"]) for row in shop.books("cancels")] == [
        ("NEVER1", ""),
    ]


def test_a_trade_that_lapsed_is_cancelled_as_closed(shop: Merchant) -> None:
    trade = shop.pay(shop.code(), outcome="waiting").json()
    shop.control("clock", advance_seconds=200)
    assert cancel(shop, trade).fields["action"] == "close"


def test_alipays_number_wins_over_the_order_number(shop: Merchant) -> None:
    code = shop.code()
    first, second = shop.pay(code).json(), shop.pay(code).json()
    fields = cancel(shop, first, trade_no=second["trade_no"]).fields
    assert fields["out_trade_no"] == second["out_trade_no"]
    assert [trade["status"] for trade in shop.books("trades")] == ["TRADE_SUCCESS", "TRADE_CLOSED"]


@pytest.mark.parametrize(
    ("instant", "result"),
    [
        ("2027-03-01T23:59:59", ("SUCCESS", "")),
        ("2027-03-02T00:14:30", ("SUCCESS", "")),
        ("2027-03-02T00:15:01", ("FAIL", "TRADE_HAS_FINISHED")),
        ("2027-03-03T09:00:00", ("FAIL", "TRADE_HAS_FINISHED")),
    ],
)
def test_the_window_is_alipays_day_and_fifteen_minutes(
    shop: Merchant,
    instant: str,
    result: tuple[str, str],
) -> None:
    code = shop.code()
    shop.at("2027-03-01T10:00:00")
    trade = shop.pay(code).json()
    shop.at(instant)
    fields = cancel(shop, trade).fields
    assert (fields["result_code"], fields.get("detail_error_code", "")) == result
    assert fields["retry_flag"] == "N"


def test_a_cancel_repeated_after_the_window_says_what_was_done(shop: Merchant) -> None:
    code = shop.code()
    shop.at("2027-03-01T23:00:00")
    trade = shop.pay(code).json()
    first = cancel(shop, trade).fields
    shop.at("2027-03-02T12:00:00")
    assert cancel(shop, trade).fields == first


@pytest.mark.parametrize(
    ("refunded", "code"),
    [("5", "TRADE_STATUS_ERROR"), ("12.50", "TRADE_HAS_CLOSE")],
)
def test_after_a_refund_nothing_is_cancelled(shop: Merchant, refunded: str, code: str) -> None:
    trade = shop.pay(shop.code()).json()
    shop.control("refunds", trade_no=trade["trade_no"], amount=refunded)
    fields = cancel(shop, trade).fields
    assert fields["result_code"] == "FAIL"
    assert (fields["retry_flag"], fields["detail_error_code"]) == ("N", code)
    assert shop.books("cancels") == []


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("pending", "REASON_TRADE_BEEN_FREEZEN"), ("finished", "TRADE_HAS_FINISHED")],
)
def test_a_frozen_or_final_trade_is_not_cancelled(
    shop: Merchant,
    outcome: str,
    code: str,
) -> None:
    trade = shop.pay(shop.code(), outcome=outcome).json()
    fields = cancel(shop, trade).fields
    assert (fields["result_code"], fields["detail_error_code"]) == ("FAIL", code)


def test_another_partners_trade_is_not_cancelled(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    shop.control("partners", partner_id=OTHER_PARTNER, md5_key=MD5_KEY)
    stranger = shop.with_changes(partner=OTHER_PARTNER)
    fields = cancel(stranger, trade, trade_no=trade["trade_no"]).fields
    assert (fields["result_code"], fields["detail_error_code"]) == ("FAIL", "TRADE_ROLE_ERROR")
    assert "action" not in cancel(stranger, trade).fields
    assert shop.trade()["status"] == "TRADE_SUCCESS"


@pytest.mark.parametrize(
    "timestamp",
    [
        milliseconds(),
        milliseconds(20),
        gmt8(),
        gmt8(-20),
        gmt8().translate({45: "", 58: "", 32: ""}),
    ],
    ids=["milliseconds", "ahead", "text", "behind", "digits"],  # the same in every process
)
def test_three_forms_of_time_are_read(shop: Merchant, timestamp: str) -> None:
    assert cancel(shop, {"out_trade_no": "X"}, timestamp=timestamp).accepted


@pytest.mark.parametrize(
    ("timestamp", "code"),
    [
        ("", "ILLEGAL_ARGUMENT"),
        ("now", "ILLEGAL_ARGUMENT"),
        ("1795174304", "ILLEGAL_ARGUMENT"),
        ("20271399999999", "ILLEGAL_ARGUMENT"),
        (milliseconds(-45), "SESSION_TIMEOUT"),
        (milliseconds(60), "SESSION_TIMEOUT"),
        (gmt8(-8 * 60), "SESSION_TIMEOUT"),
    ],
    ids=["empty", "word", "seconds", "no-date", "long-ago", "far-ahead", "eight-hours-ago"],
)
def test_a_time_that_is_none_or_far_off(shop: Merchant, timestamp: str, code: str) -> None:
    assert cancel(shop, {"out_trade_no": "X"}, timestamp=timestamp).error == code


@pytest.mark.parametrize(
    "extra",
    [
        {"out_trade_no": ""},
        {"out_trade_no": "x" * 65},
        {"out_trade_no": "X", "trade_no": "1" * 15},
        {"out_trade_no": "X", "trade_no": "1" * 65},
        {"out_trade_no": "X", "terminal_timestamp": "noon"},
    ],
)
def test_a_parameter_that_does_not_fit(shop: Merchant, extra: dict[str, str]) -> None:
    assert shop.call(CANCEL, **extra).error == "ILLEGAL_ARGUMENT"


def test_a_cancel_may_fail_and_ask_to_be_tried_again(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    shop.mishap("refused", service=CANCEL, times=2)
    for _ in range(2):
        fields = cancel(shop, trade).fields
        assert (fields["result_code"], fields["retry_flag"]) == ("FAIL", "Y")
        assert fields["detail_error_code"] == "SYSTEM_ERROR"
        assert fields["detail_error_des"] == "系统异常"
    assert cancel(shop, trade).fields["result_code"] == "SUCCESS"


def test_a_cancel_may_fail_for_good(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    shop.mishap("refused", service=CANCEL, value="SELLER_ERROR")
    fields = cancel(shop, trade).fields
    assert (fields["retry_flag"], fields["detail_error_code"]) == ("N", "SELLER_ERROR")
    assert shop.trade()["status"] == "TRADE_SUCCESS"


@pytest.mark.parametrize(("value", "status"), [("", "TRADE_SUCCESS"), ("done", "TRADE_CLOSED")])
def test_an_unknown_cancel_may_have_been_done_or_not(
    shop: Merchant,
    value: str,
    status: str,
) -> None:
    trade = shop.pay(shop.code()).json()
    shop.mishap("unknown_then", value=value, service=CANCEL)
    fields = cancel(shop, trade).fields
    assert (fields["result_code"], fields["retry_flag"]) == ("UNKNOWN", "Y")
    assert shop.trade()["status"] == status
    assert cancel(shop, trade).fields["action"] == "refund"


def test_closing_a_paid_trade_by_hand_is_a_cancel_of_the_portal(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    shop.control(f"trades/{trade['trade_no']}", status="TRADE_CLOSED")
    [row] = shop.books("cancels")
    assert (row["origin"], row["action"], row["amount"]) == ("portal", "refund", "12.50")
    assert cancel(shop, trade).fields["action"] == "refund"


def test_the_books_tell_who_cancelled_what_and_when(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    cancel(shop, trade)
    [row] = shop.books("cancels")
    assert row["trade_no"] == trade["trade_no"]
    assert (row["origin"], row["fee_returned"], row["currency"]) == ("gateway", True, "USD")
    made = datetime.fromisoformat(row["cancelled_at"])
    assert abs(made - datetime.now(UTC)) < timedelta(minutes=1)


def test_an_hk_cancel_answers_in_gbk(hk_shop: Merchant) -> None:
    trade = hk_shop.pay(hk_shop.code()).json()
    hk_shop.mishap("refused", service=CANCEL)
    answer = cancel(hk_shop, trade)
    assert answer.raw.content.startswith(b'<?xml version="1.0" encoding="GBK"?>')
    assert answer.fields["detail_error_des"] == "系统异常"


def test_a_contract_without_cancels_cannot_cancel(shop: Merchant) -> None:
    shop.control("partners", partner_id=GLOBAL_PARTNER, services=[QUERY])
    assert cancel(shop, {"out_trade_no": "X"}).error == "ILLEGAL_PARTNER_EXTERFACE"
