"""Money given back at once: what is paid, what is refused, and never twice."""

from decimal import Decimal

import pytest

from .wire import GLOBAL_PARTNER, MD5_KEY, QUERY, REFUND, Merchant

OTHER_PARTNER = "2088123456789099"
LISTENER = "http://127.0.0.1:9/notify"


def error(shop: Merchant, trade: dict[str, str], number: str, amount: str, **extra: str) -> str:
    fields = shop.refund(trade, number, amount, **extra).fields
    assert fields["result_code"] == "FAIL"
    assert set(fields) == {"result_code", "error"}
    return fields["error"]


def hold(shop: Merchant, amount: str, currency: str = "USD") -> None:
    body = {"partner_id": GLOBAL_PARTNER, "currency": currency, "amount": amount}
    assert shop.control("balances", **body).status_code == 200


def test_a_part_goes_back_at_once(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    assert shop.refund(trade, "R1", "5.00", refund_reason="Wrong dish").fields == {
        "alipay_trans_id": trade["trade_no"],
        "currency": "USD",
        "exchange_rate": "7.10000000",
        "partner_refund_id": "R1",
        "partner_trans_id": trade["out_trade_no"],
        "refund_amount": "5.00",
        "refund_amount_cny": "35.50",
        "result_code": "SUCCESS",
    }
    assert (shop.trade()["status"], shop.trade()["refunded"]) == ("TRADE_SUCCESS", "5.00")


def test_parts_that_reach_the_whole_close_the_trade(shop: Merchant) -> None:
    trade = shop.pay(shop.code(), "10").json()
    for number, amount in (("R1", "3.33"), ("R2", "3.33"), ("R3", "3.34")):
        assert shop.refund(trade, number, amount).fields["result_code"] == "SUCCESS"
    fields = shop.call(QUERY, partner_trans_id=trade["out_trade_no"]).fields
    assert fields["alipay_trans_status"] == "TRADE_CLOSED"
    assert error(shop, trade, "R4", "0.01") == "TRADE_HAS_CLOSE"


def test_more_than_is_left_is_refused(shop: Merchant) -> None:
    trade = shop.pay(shop.code(), "10").json()
    shop.refund(trade, "R1", "6")
    assert error(shop, trade, "R2", "4.01") == "RETURN_AMOUNT_EXCEED"
    assert shop.trade()["refunded"] == "6.00"


def test_the_same_number_gives_back_once(shop: Merchant) -> None:
    trade = shop.pay(shop.code(), "10").json()
    answers = [shop.refund(trade, "R1", amount).fields for amount in ("4.00", "4.00", "4")]
    assert answers[0] == answers[1] == answers[2]
    assert shop.trade()["refunded"] == "4.00"


def test_a_whole_refund_asked_again_is_the_same_success(shop: Merchant) -> None:
    trade = shop.pay(shop.code(), "10").json()
    first = shop.refund(trade, "R1", "10").fields
    assert shop.refund(trade, "R1", "10").fields == first


@pytest.mark.parametrize(
    "change",
    [{"refund_amount": "3"}, {"is_sync": "N"}, {"currency": "EUR"}],
)
def test_the_same_number_with_other_words_is_refused(
    shop: Merchant,
    change: dict[str, str],
) -> None:
    trade = shop.pay(shop.code(), "10").json()
    shop.refund(trade, "R1", "4")
    assert error(shop, trade, "R1", "4", **change) == "DISCORDANT_REPEAT_REQUEST"


def test_the_same_number_for_another_order_is_refused(shop: Merchant) -> None:
    code = shop.code()
    first, second = shop.pay(code, "10").json(), shop.pay(code, "10").json()
    shop.refund(first, "R1", "4")
    assert error(shop, second, "R1", "4") == "DISCORDANT_REPEAT_REQUEST"


def test_two_partners_may_use_the_same_number(shop: Merchant, hk_shop: Merchant) -> None:
    for merchant in (shop, hk_shop):
        trade = merchant.pay(merchant.code(), "10").json()
        assert merchant.refund(trade, "R1", "4").fields["result_code"] == "SUCCESS"


def test_a_refused_refund_stays_refused_under_its_number(shop: Merchant) -> None:
    trade = shop.pay(shop.code(), "10").json()
    hold(shop, "0")
    assert error(shop, trade, "R1", "4") == "MERCHANT_BALANCE_NOT_ENOUGH"
    hold(shop, "")
    assert error(shop, trade, "R1", "4") == "MERCHANT_BALANCE_NOT_ENOUGH"
    assert shop.refund_state(trade, "R1") == ("FAIL", "MERCHANT_BALANCE_NOT_ENOUGH")
    assert shop.refund(trade, "R2", "4").fields["result_code"] == "SUCCESS"


def test_what_alipay_holds_shrinks_with_every_refund(shop: Merchant) -> None:
    trade = shop.pay(shop.code(), "10").json()
    hold(shop, "5")
    shop.refund(trade, "R1", "3")
    assert error(shop, trade, "R2", "2.01") == "MERCHANT_BALANCE_NOT_ENOUGH"
    assert shop.refund(trade, "R3", "2").fields["result_code"] == "SUCCESS"
    assert shop.books("partners")[0]["refund_balance"] == {"USD": "0.00"}


def test_what_is_held_in_one_currency_does_not_bind_another(shop: Merchant) -> None:
    hold(shop, "0", "EUR")
    trade = shop.pay(shop.code(), "10").json()
    assert shop.refund(trade, "R1", "3").fields["result_code"] == "SUCCESS"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"partner_id": "2088000000000000", "currency": "USD", "amount": "1"}, 400),
        ({"partner_id": GLOBAL_PARTNER, "currency": "XXX", "amount": "1"}, 400),
        ({"partner_id": GLOBAL_PARTNER, "currency": "USD", "amount": "-1"}, 400),
    ],
)
def test_a_balance_that_cannot_be_is_refused(
    shop: Merchant,
    fields: dict[str, str],
    status: int,
) -> None:
    assert shop.control("balances", **fields).status_code == status


@pytest.mark.parametrize(
    ("days", "instant", "result"),
    [
        (90, "2027-05-30T23:59:00", "SUCCESS"),
        (90, "2027-05-31T00:00:01", "FAIL"),
        (7, "2027-03-08T23:59:00", "SUCCESS"),
        (7, "2027-03-09T00:01:00", "FAIL"),
    ],
)
def test_the_window_is_the_contracts_days(
    shop: Merchant,
    days: int,
    instant: str,
    result: str,
) -> None:
    shop.control("partners", partner_id=GLOBAL_PARTNER, refund_window_days=days)
    code = shop.code()
    shop.at("2027-03-01T10:00:00")
    trade = shop.pay(code).json()
    shop.at(instant)
    fields = shop.refund(trade, "R1", "1").fields
    assert fields["result_code"] == result
    assert fields.get("error", "REFUNDMENT_VALID_DATE_EXCEED") == "REFUNDMENT_VALID_DATE_EXCEED"


@pytest.mark.parametrize("days", ["0", "-1", "x", "1.5", "99999"])
def test_a_window_that_cannot_be_is_refused(shop: Merchant, days: str) -> None:
    response = shop.control("partners", partner_id=GLOBAL_PARTNER, refund_window_days=days)
    assert response.status_code == 400


@pytest.mark.parametrize("currency", ["HKD", "usd", "XXX"])
def test_another_currency_is_refused(shop: Merchant, currency: str) -> None:
    trade = shop.pay(shop.code()).json()
    assert error(shop, trade, "R1", "5", currency=currency) == "CURRENCY_NOT_SAME"


@pytest.mark.parametrize(
    ("currency", "amount"),
    [
        ("USD", "1.005"),
        ("USD", "0"),
        ("USD", "0.00"),
        ("USD", "-1"),
        ("USD", "1e1"),
        ("USD", "1,00"),
        ("USD", "+1"),
        ("USD", "01"),
        ("USD", "1."),
        ("USD", " 1"),
        ("USD", "12345678.90"),
        ("JPY", "100.00"),
        ("JPY", "100.0"),
        ("KRW", "100.5"),
    ],
)
def test_decimals_that_the_currency_does_not_have(
    shop: Merchant,
    currency: str,
    amount: str,
) -> None:
    trade = shop.pay(shop.code(trans_currency=currency, currency=currency), "5000").json()
    assert error(shop, trade, "R1", amount) == "INVALID_PARAMETER"


def test_a_currency_without_decimals_goes_back_whole(shop: Merchant) -> None:
    trade = shop.pay(shop.code(trans_currency="JPY", currency="JPY"), "5000").json()
    fields = shop.refund(trade, "R1", "1500").fields
    assert fields["refund_amount"] == "1500"
    assert (fields["exchange_rate"], fields["refund_amount_cny"]) == ("0.04750000", "71.25")
    assert shop.trade()["refunded"] == "1500"


def test_a_refund_number_that_is_the_order_number(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    assert error(shop, trade, trade["out_trade_no"], "5") == "INVALID_PARAMETER"


@pytest.mark.parametrize("is_sync", ["y", "T", "1"])
def test_a_way_that_is_none(shop: Merchant, is_sync: str) -> None:
    trade = shop.pay(shop.code()).json()
    assert error(shop, trade, "R1", "5", is_sync=is_sync) == "INVALID_PARAMETER"


@pytest.mark.parametrize(
    "change",
    [
        {"partner_trans_id": ""},
        {"partner_refund_id": ""},
        {"refund_amount": ""},
        {"currency": ""},
        {"partner_trans_id": "x" * 65},
        {"partner_refund_id": "x" * 65},
        {"currency": "x" * 11},
        {"refund_reason": "x" * 129},
        {"refund_amount": "1" * 65},
        {"is_sync": "YES"},
        {"notify_url": "ftp://127.0.0.1/"},
        {"notify_url": "http://127.0.0.1/" + "x" * 200},
    ],
)
def test_a_parameter_that_is_missing_or_too_long(shop: Merchant, change: dict[str, str]) -> None:
    trade = shop.pay(shop.code()).json()
    answer = shop.refund(trade, "R1", "5", **change)
    assert (answer.accepted, answer.error) == (False, "ILLEGAL_ARGUMENT")
    assert shop.books("refunds") == []


def test_an_order_nobody_paid(shop: Merchant) -> None:
    unknown = {"out_trade_no": "NEVER1", "currency": "USD"}
    assert error(shop, unknown, "R1", "5") == "TRADE_NOT_EXIST"


def test_two_numbers_that_do_not_belong_together(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    assert error(shop, trade, "R1", "5", alipay_trans_id="2" * 28) == "TRADE_NOT_EXIST"
    right = shop.refund(trade, "R2", "5", alipay_trans_id=trade["trade_no"])
    assert right.fields["result_code"] == "SUCCESS"


def test_another_partners_order(shop: Merchant) -> None:
    trade = shop.pay(shop.code()).json()
    shop.control("partners", partner_id=OTHER_PARTNER, md5_key=MD5_KEY)
    stranger = shop.with_changes(partner=OTHER_PARTNER)
    assert error(stranger, trade, "R1", "5") == "TRADE_NOT_EXIST"


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("waiting", "TRADE_STATUS_ERROR"),
        ("pending", "REASON_TRADE_BEEN_FREEZEN"),
        ("finished", "TRADE_HAS_FINISHED"),
        ("closed", "TRADE_HAS_CLOSE"),
    ],
)
def test_only_a_paid_trade_is_refunded(shop: Merchant, outcome: str, code: str) -> None:
    trade = shop.pay(shop.code(), outcome=outcome).json()
    assert error(shop, trade, "R1", "1") == code


def test_a_refund_at_once_is_never_announced(shop: Merchant) -> None:
    trade = shop.pay(shop.code(LISTENER)).json()
    shop.answer_all("success")
    shop.refund(trade, "R1", "12.50", notify_url=LISTENER)
    assert shop.due() == []


@pytest.mark.parametrize(
    ("region", "spelling", "kept"),
    [
        ("global", "refund_reason", "Wrong dish"),
        ("global", "refund_reson", ""),
        ("hk", "refund_reson", "Wrong dish"),
        ("hk", "refund_reason", ""),
    ],
)
def test_each_region_spells_the_reason_its_own_way(
    shop: Merchant,
    hk_shop: Merchant,
    region: str,
    spelling: str,
    kept: str,
) -> None:
    merchant = hk_shop if region == "hk" else shop
    trade = merchant.pay(merchant.code()).json()
    merchant.refund(trade, "R1", "1", **{spelling: "Wrong dish"})
    assert shop.books("refunds")[0]["reason"] == kept


def test_an_hk_refund_shows_no_yuan(hk_shop: Merchant) -> None:
    trade = hk_shop.pay(hk_shop.code(), "88").json()
    fields = hk_shop.refund(trade, "R1", "88.00").fields
    assert not {"exchange_rate", "refund_amount_cny"} & set(fields)
    assert fields["refund_amount"] == "88.00"


def test_an_hk_reason_holds_no_double_quotes(hk_shop: Merchant) -> None:
    trade = hk_shop.pay(hk_shop.code()).json()
    assert error(hk_shop, trade, "R1", "1", refund_reson='a "b"') == "INVALID_PARAMETER"


def test_an_hk_refund_may_leave_the_charset_out(hk_shop: Merchant) -> None:
    trade = hk_shop.pay(hk_shop.code()).json()
    wish = {
        "partner_trans_id": trade["out_trade_no"],
        "partner_refund_id": "R1",
        "refund_amount": "1",
        "currency": "HKD",
        "is_sync": "Y",
        "refund_reson": "退款",
    }
    in_gbk = hk_shop.with_changes(charset="GBK")
    parameters = in_gbk.parameters(REFUND, **wish)
    del parameters["_input_charset"]
    assert in_gbk.send(in_gbk.signed(parameters)).fields["result_code"] == "SUCCESS"
    assert hk_shop.books("refunds")[0]["reason"] == "退款"


def test_a_refund_of_the_portal_is_in_the_books_as_such(shop: Merchant) -> None:
    trade = shop.pay(shop.code(), "10").json()
    shop.control("refunds", trade_no=trade["trade_no"], amount="4")
    shop.refund(trade, "R1", "3")
    books = shop.books("refunds")
    assert [row["origin"] for row in books] == ["portal", "gateway"]
    assert sum(Decimal(row["amount"]) for row in books) == Decimal(shop.trade()["refunded"])
    assert all(row["out_trade_no"] == trade["out_trade_no"] for row in books)


def test_a_portal_refund_needs_balance_and_window_too(shop: Merchant) -> None:
    trade = shop.pay(shop.code(), "10").json()
    asked = {"trade_no": trade["trade_no"], "amount": "4"}
    hold(shop, "3")
    assert shop.control("refunds", **asked).json()["error"] == "MERCHANT_BALANCE_NOT_ENOUGH"
    hold(shop, "")
    shop.control("clock", advance_seconds=91 * 86400)
    assert shop.control("refunds", **asked).json()["error"] == "REFUNDMENT_VALID_DATE_EXCEED"


def test_money_that_cannot_reach_the_buyer_comes_back_in_silence(shop: Merchant) -> None:
    trade = shop.pay(shop.code(LISTENER), "10").json()
    shop.answer_all("success")
    hold(shop, "5")
    shop.refund(trade, "R1", "4")
    back = shop.control("refunds/1/return").json()
    assert shop.books("refunds")[0]["returned_at"] == back["returned_at"]
    assert shop.refund_state(trade, "R1") == ("SUCCESS", "")
    assert shop.books("partners")[0]["refund_balance"] == {"USD": "5.00"}
    assert shop.due() == []


def test_only_money_that_was_paid_comes_back_and_once(shop: Merchant) -> None:
    trade = shop.pay(shop.code(), "10").json()
    shop.refund(trade, "R1", "11")
    shop.refund(trade, "R2", "4")
    statuses = [shop.control(f"refunds/{number}/return").status_code for number in (1, 2, 2, 3)]
    assert statuses == [409, 200, 409, 404]
