"""The night writes the settlement file: who is paid out when, in which signs, to the cent."""

from pathlib import Path

import pytest

from .files import (
    FRIDAY,
    MONDAY,
    SATURDAY,
    SUNDAY,
    TUESDAY,
    again,
    closed,
    paid,
    rows_of,
    terms,
    written,
)
from .test_transaction_files import SAMPLES, line
from .wire import Merchant


def cells(path: Path) -> list[dict[str, str]]:
    """Every row by its columns; the column line comes first."""
    columns, *rows = path.read_text(encoding="utf-8").splitlines()
    return [dict(zip(columns.split("|"), row.split("|"), strict=True)) for row in rows]


def settled(shop: Merchant, day: str) -> int:
    """How many rows a day's settlement file has; no file has none."""
    shop.at(f"{day}T20:00:00")
    return sum(told["rows"] for told in closed(shop) if told["kind"] == "settlement")


def test_a_global_file_has_the_published_column_line(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    published = line(SAMPLES / "instore_global_settlement.txt", 1)
    assert line(written(shop, "settlement", MONDAY), 1) == published


def test_a_hong_kong_file_has_the_published_columns(hk_shop: Merchant) -> None:
    paid(hk_shop, f"{FRIDAY}T10:00:00")
    [row] = cells(written(hk_shop, "settlement", MONDAY))
    assert list(row)[:6] == [
        *("Partner_transaction_id", "Transaction_id", "Amount", "Fee", "Settlement", "Currency")
    ]
    assert list(row)[6:] == [
        *("Payment_time", "Settlement_time", "Type", "Status", "Remarks"),
        *("Secondary_merchant_industry", "Secondary_merchant_name", "Secondary_merchant_id"),
        *("Operator_name", "Order_scene", "Trans_currency", "Trans_amount", "Trans_forex_rate"),
        "Issue",
    ]


def test_the_published_row_computes(shop: Merchant) -> None:
    """369.30 at 5.4194 with 0.6 % is printed as 2001.38, 2.22, 367.08 and 1989.37."""
    terms(shop, fee_rate="0.006", cny_rates={"AUD": {FRIDAY: "5.4194"}})
    dollars = {"trans_currency": "AUD", "currency": "AUD"}
    paid(shop.with_changes(terms=shop.terms | dollars), f"{FRIDAY}T10:00:00", "369.30")
    [row] = cells(written(shop, "settlement", MONDAY))
    money = ("Amount", "Rmb_amount", "Fee", "Settlement", "Rmb_settlement", "Rate")
    assert [row[name] for name in money] == [
        *("369.30", "2001.38", "2.22", "367.08", "1989.37", "5.41940000")
    ]


def test_every_row_adds_up_and_the_file_pays_what_is_owed(shop: Merchant) -> None:
    terms(shop, fee_rate="0.006")
    trade = paid(shop, f"{FRIDAY}T10:00:00", "369.30")
    shop.refund(trade, "R1", "69.30")
    cancelled = again(shop, "42").json()
    shop.control(f"trades/{cancelled['trade_no']}", status="TRADE_CLOSED")
    rows = rows_of(written(shop, "settlement", MONDAY))
    signed = [row.net_minor if row.type_word == "P" else -(row.net_minor or 0) for row in rows]
    assert all(row.net_agrees for row in rows)
    assert sum(each or 0 for each in signed) == 36930 - 222 - 6930 + 42


def test_a_cancel_has_alipays_number_in_both_columns(shop: Merchant) -> None:
    trade = paid(shop, f"{FRIDAY}T10:00:00")
    shop.control(f"trades/{trade['trade_no']}", status="TRADE_CLOSED")
    rows = cells(written(shop, "settlement", MONDAY))
    assert [(row["Type"], row["Partner_transaction_id"]) for row in rows] == [
        ("P", trade["out_trade_no"]),
        ("R", trade["trade_no"]),
    ]
    assert {row["Transaction_id"] for row in rows} == {trade["trade_no"]}


@pytest.mark.parametrize(
    ("style", "signs"),
    [
        ("net_negative", ("4.00", "28.40", "0.40", "-3.60", "-25.56")),
        ("all_negative", ("-4.00", "-28.40", "-0.40", "-3.60", "-25.56")),
        ("all_positive", ("4.00", "28.40", "0.40", "3.60", "25.56")),
    ],
)
def test_money_back_is_signed_as_the_terms_say(
    shop: Merchant, style: str, signs: tuple[str, ...]
) -> None:
    terms(shop, fee_rate="0.1", sign_style=style)
    shop.refund(paid(shop, f"{FRIDAY}T10:00:00"), "R1", "4")
    row = cells(written(shop, "settlement", MONDAY))[-1]
    money = ("Amount", "Rmb_amount", "Fee", "Settlement", "Rmb_settlement")
    assert tuple(row[name] for name in money) == signs


def test_friday_to_sunday_are_settled_on_monday(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T00:00:00")
    for day in (SATURDAY, SUNDAY, MONDAY):
        shop.at(f"{day}T10:00:00")
        again(shop, "1")
    assert [settled(shop, day) for day in (SATURDAY, SUNDAY, MONDAY, TUESDAY)] == [0, 0, 3, 1]


def test_a_holiday_waits_for_the_next_working_day(shop: Merchant) -> None:
    terms(shop, holidays=[MONDAY])
    paid(shop, f"{FRIDAY}T10:00:00")
    assert [settled(shop, day) for day in (MONDAY, TUESDAY)] == [0, 1]


@pytest.mark.parametrize(
    ("rule", "counts"), [("daily", [0, 1, 0]), ("same_day", [1, 0, 0]), ("working_days", [0, 0, 1])]
)
def test_the_terms_say_when_a_day_is_settled(shop: Merchant, rule: str, counts: list[int]) -> None:
    terms(shop, settlement_rule=rule)
    paid(shop, f"{FRIDAY}T10:00:00")
    assert [settled(shop, day) for day in (FRIDAY, SATURDAY, MONDAY)] == counts


def test_the_time_of_liquidation_is_the_published_one(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    [row] = cells(written(shop, "settlement", MONDAY))
    assert (row["Settlement_time"], row["Status"]) == (f"{MONDAY} 15:46:00", "L")


def test_below_the_minimum_the_money_waits(shop: Merchant) -> None:
    terms(shop, settlement_rule="daily", settlement_minimum="15.00")
    paid(shop, f"{FRIDAY}T10:00:00", "14.99")
    assert settled(shop, SATURDAY) == 0
    again(shop, "0.01")
    assert settled(shop, SUNDAY) == 2


def test_more_given_back_than_taken_holds_the_settlement_back(shop: Merchant) -> None:
    terms(shop, settlement_rule="daily")
    trade = paid(shop, f"{FRIDAY}T10:00:00")
    assert settled(shop, SATURDAY) == 1
    shop.refund(trade, "R1", "4")
    assert settled(shop, SUNDAY) == 0


def test_nothing_is_settled_twice(shop: Merchant) -> None:
    terms(shop, settlement_rule="daily")
    paid(shop, f"{FRIDAY}T10:00:00")
    assert [settled(shop, day) for day in (SATURDAY, SUNDAY)] == [1, 0]


def test_the_same_settlement_again_holds_the_same_rows(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    first = written(shop, "settlement", MONDAY).read_bytes()
    assert written(shop, "settlement", MONDAY).read_bytes() == first


def test_a_late_second_run_does_not_pay_out_what_came_after(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    assert settled(shop, MONDAY) == 1
    again(shop, "1")
    assert [settled(shop, MONDAY), settled(shop, TUESDAY)] == [1, 1]


def test_the_partners_currency_wins_over_the_codes(shop: Merchant) -> None:
    terms(shop, settlement_currency="CNY", fee_rate="0.01")
    paid(shop, f"{FRIDAY}T10:00:00", "12.50")
    [row] = rows_of(written(shop, "settlement", MONDAY))
    assert (row.currency, row.amount_minor, row.fee_minor) == ("CNY", 8875, 89)
