"""The night writes the transaction file of a day: what is in it, and how it is written."""

from pathlib import Path

import pytest

from merchant_portal.alipay.statements import Kind

from .files import FRIDAY, SATURDAY, again, closed, compact, paid, rows_of, terms, words, written
from .wire import GLOBAL_PARTNER, GLOBAL_TERMS, HK_PARTNER, Merchant

SAMPLES = Path(__file__).parents[1] / "samples" / "statements" / "published"


def line(path: Path, number: int) -> str:
    return path.read_text(encoding="utf-8").split("\n")[number - 1]


def cells(path: Path, number: int) -> dict[str, str]:
    """The values of one line by their columns."""
    return dict(zip(line(path, 2).split("|"), line(path, number).split("|"), strict=True))


def test_a_global_file_has_the_published_column_line(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    published = line(SAMPLES / "instore_global_transaction_3rows.txt", 2)
    assert line(written(shop, "transaction"), 2) == published


def test_a_hong_kong_file_has_the_published_column_line(hk_shop: Merchant) -> None:
    paid(hk_shop, f"{FRIDAY}T10:00:00")
    published = line(SAMPLES / "instore_hk_transaction.txt", 2)
    assert line(written(hk_shop, "transaction"), 2) == published


def test_name_and_first_line_tell_partner_day_and_count(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    paid(shop.with_changes(terms=shop.terms | {"store_id": "S2"}), f"{FRIDAY}T11:00:00")
    path = written(shop, "transaction")
    assert path.name == f"{GLOBAL_PARTNER}_transaction_{compact(FRIDAY)}.txt"
    assert line(path, 1) == f"Partner:{GLOBAL_PARTNER}|Payment_time: {FRIDAY}|Total_count:2"


def test_it_ends_its_lines_with_lf_and_is_utf_8(hk_shop: Merchant) -> None:
    paid(hk_shop, f"{FRIDAY}T10:00:00")
    content = written(hk_shop, "transaction").read_bytes()
    assert content.endswith(b"\n")
    assert b"\r" not in content
    assert "海旁麵家" in content.decode("utf-8")


def test_nothing_unfinished_is_left_beside_it(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    path = written(shop, "transaction")
    assert list(path.parent.glob("*.tmp")) == []


def test_a_global_payment_is_told_with_all_its_columns(shop: Merchant) -> None:
    terms(shop, fee_rate="0.006")
    trade = paid(shop, f"{FRIDAY}T10:00:00", "369.30")
    told = cells(written(shop, "transaction"), 3)
    assert told == {
        "Partner_transaction_id": trade["out_trade_no"],
        "Transaction_id": trade["trade_no"],
        "Transaction_amount": "369.30",
        "Charge_amount": "2.22",
        "Currency": "USD",
        "Payment_time": f"{FRIDAY} 10:00:00",
        "Transaction_type": "PAYMENT",
        "Remark": "",
        "Secondary_merchant_industry": "5812",
        "Secondary_merchant_name": "Harbour Noodle Bar",
        "Operator_name": "Harbour Noodle Bar Pier 3",
        "Order_scene": "shopQrCode",
        "Trans_currency": "USD",
        "Trans_amount": "369.30",
        "Trans_forex_rate": "1",
    }


@pytest.mark.parametrize("wallet", ["ALIPAYCN", "ALIPAYHK"])
def test_hong_kong_tells_the_wallet_and_the_secondary_merchant(
    hk_shop: Merchant, wallet: str
) -> None:
    paid(hk_shop, f"{FRIDAY}T10:00:00", wallet=wallet)
    [row] = rows_of(written(hk_shop, "transaction"))
    assert (row.wallet, row.secondary_merchant_id) == (wallet, "HK0001")


def test_a_taxi_is_told_by_its_driver(shop: Merchant) -> None:
    taxi = {
        "secondary_merchant_industry": "4121",
        "taxi_operation_id": "T1",
        "taxi_number": "AB 123",
        "taxi_driver_name": "the driver",
        "taxi_driver_mobile": "5550000",
    }
    changes = GLOBAL_TERMS | taxi | {"store_id": None, "store_name": None}
    paid(shop.with_changes(terms=changes), f"{FRIDAY}T10:00:00")
    assert cells(written(shop, "transaction"), 3)["Operator_name"] == "the driver"


def test_pipes_and_line_breaks_in_texts_become_blanks(shop: Merchant) -> None:
    names = {"secondary_merchant_name": "A|B", "store_name": "C\r\nD"}
    paid(shop.with_changes(terms=shop.terms | names), f"{FRIDAY}T10:00:00")
    [row] = rows_of(written(shop, "transaction"))
    assert (row.secondary_merchant_name, row.store_name) == ("A B", "C  D")


def test_a_foreign_price_is_told_beside_the_settlement_amount(shop: Merchant) -> None:
    terms(shop, fee_rate="0.01")
    paid(shop.with_changes(terms=shop.terms | {"currency": "CNY"}), f"{FRIDAY}T10:00:00", "12.50")
    [row] = rows_of(written(shop, "transaction"))
    assert (row.currency, row.amount_minor, row.fee_minor) == ("CNY", 8875, 89)
    assert (row.pricing_currency, row.pricing_amount_minor, row.rate_text) == (
        "USD",
        1250,
        "7.10000000",
    )


def test_yen_have_no_decimals(shop: Merchant) -> None:
    terms(shop, fee_rate="0.006")
    yen = {"trans_currency": "JPY", "currency": "JPY"}
    paid(shop.with_changes(terms=shop.terms | yen), f"{FRIDAY}T10:00:00", "1250")
    told = cells(written(shop, "transaction"), 3)
    assert (told["Transaction_amount"], told["Charge_amount"]) == ("1250", "8")


def test_a_cancel_bears_the_numbers_of_its_payment_and_gives_the_fee_back(shop: Merchant) -> None:
    terms(shop, fee_rate="0.006", fee_back="no")
    trade = paid(shop, f"{FRIDAY}T10:00:00", "42")
    shop.control(f"trades/{trade['trade_no']}", status="TRADE_CLOSED")
    rows = rows_of(written(shop, "transaction"))
    assert words(rows) == [("PAYMENT", 4200, 25), ("CANCEL", 4200, 25)]
    assert {(row.partner_trans_id, row.alipay_trans_id) for row in rows} == {
        (trade["out_trade_no"], trade["trade_no"])
    }


def test_a_refund_bears_its_own_numbers_and_its_reason(shop: Merchant) -> None:
    trade = paid(shop, f"{FRIDAY}T10:00:00")
    shop.refund(trade, "R1", "4", refund_reason="cold | soup")
    payment, refund = rows_of(written(shop, "transaction"))
    assert (refund.kind, refund.partner_trans_id, refund.remark) == (
        Kind.REFUND,
        "R1",
        "cold   soup",
    )
    assert refund.alipay_trans_id != payment.alipay_trans_id


def test_a_refund_made_in_the_portal_bears_the_number_of_its_payment(shop: Merchant) -> None:
    trade = paid(shop, f"{FRIDAY}T10:00:00")
    number = shop.control("refunds", trade_no=trade["trade_no"], amount="4").json()["out_biz_no"]
    refund = rows_of(written(shop, "transaction"))[-1]
    assert (refund.partner_trans_id, refund.alipay_trans_id) == (trade["out_trade_no"], number)


def test_it_bears_both_numbers_of_its_payment_if_the_terms_say_so(shop: Merchant) -> None:
    terms(shop, portal_refund_ids="payment")
    trade = paid(shop, f"{FRIDAY}T10:00:00")
    shop.control("refunds", trade_no=trade["trade_no"], amount="4")
    refund = rows_of(written(shop, "transaction"))[-1]
    assert (refund.kind, refund.alipay_trans_id) == (Kind.REFUND, trade["trade_no"])


@pytest.mark.parametrize(
    ("fee_back", "fees"),
    [
        ("in_proportion", [5, 1, 2, 2]),
        ("yes", [5, 5, 0, 0]),
        ("no", [5, 0, 0, 0]),
    ],
)
def test_the_fee_comes_back_as_the_contract_says(
    shop: Merchant, fee_back: str, fees: list[int]
) -> None:
    terms(shop, fee_rate="0.006", fee_back=fee_back)
    trade = paid(shop, f"{FRIDAY}T10:00:00", "7.50")
    for number, amount in enumerate(("2.00", "2.75", "2.75")):
        shop.refund(trade, f"R{number}", amount)
    assert [row.fee_minor for row in rows_of(written(shop, "transaction"))] == fees


def test_partial_refunds_give_back_exactly_what_was_settled(shop: Merchant) -> None:
    changed = shop.with_changes(terms=shop.terms | {"currency": "CNY"})
    trade = paid(changed, f"{FRIDAY}T10:00:00", "0.11")
    for number, amount in enumerate(("0.03", "0.04", "0.04")):
        changed.refund(trade, f"R{number}", amount)
    payment, *refunds = rows_of(written(shop, "transaction"))
    assert sum(row.amount_minor for row in refunds) == payment.amount_minor == 78


def test_what_was_not_paid_leaves_no_row(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    shop.pay(shop.code(), outcome="closed")
    shop.pay(shop.code(), outcome="waiting")
    assert len(rows_of(written(shop, "transaction"))) == 1


@pytest.mark.parametrize(
    ("at", "day"), [(f"{FRIDAY}T23:59:59", FRIDAY), (f"{SATURDAY}T00:00:00", SATURDAY)]
)
def test_the_day_is_the_one_in_gmt_8(shop: Merchant, at: str, day: str) -> None:
    paid(shop, at)
    shop.at(f"{SATURDAY}T12:00:00")
    assert len(rows_of(written(shop, "transaction", day))) == 1


def test_a_day_without_anything_has_no_file(shop: Merchant) -> None:
    shop.at(f"{FRIDAY}T10:00:00")
    assert closed(shop, FRIDAY) == []


def test_it_has_a_file_of_two_lines_if_the_terms_say_so(shop: Merchant) -> None:
    shop.at(f"{FRIDAY}T10:00:00")
    terms(shop, idle_files=True)
    path = written(shop, "transaction", FRIDAY)
    assert line(path, 1).endswith("|Total_count:0")
    assert rows_of(path) == []


def test_a_waiting_refund_of_this_night_runs_first(shop: Merchant) -> None:
    trade = paid(shop, f"{FRIDAY}T10:00:00")
    shop.at(f"{SATURDAY}T10:00:00")
    shop.refund(trade, "R1", "4", is_sync="N")
    [row] = rows_of(written(shop, "transaction"))
    assert (row.kind, row.partner_trans_id) == (Kind.REFUND, "R1")


def test_a_refund_that_ran_after_eleven_belongs_to_the_day_it_ran_on(shop: Merchant) -> None:
    trade = paid(shop, f"{FRIDAY}T10:00:00")
    shop.at(f"{SATURDAY}T23:30:00")
    shop.refund(trade, "R1", "4", is_sync="N")
    shop.at("2027-03-07T12:00:00")
    [row] = rows_of(written(shop, "transaction", SATURDAY))
    assert row.partner_trans_id == "R1"


def test_closing_an_older_day_leaves_waiting_refunds_alone(shop: Merchant) -> None:
    trade = paid(shop, f"{FRIDAY}T10:00:00")
    shop.at(f"{SATURDAY}T10:00:00")
    shop.refund(trade, "R1", "4", is_sync="N")
    closed(shop, FRIDAY)
    assert shop.refund_state(trade, "R1") == ("PROCESSING", "")


def test_the_same_day_again_is_a_second_delivery_under_the_same_name(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    first = closed(shop)
    again(shop, "3")
    second = closed(shop)
    assert [(told["name"], told["rows"]) for told in (*first, *second)] == [
        (first[0]["name"], 1),
        (first[0]["name"], 2),
    ]
    assert [told["delivery"] for told in shop.books("files")] == [1, 2]


def test_each_partner_has_its_own_files(shop: Merchant, hk_shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    paid(hk_shop, f"{FRIDAY}T10:00:00")
    assert {told["partner_id"] for told in closed(shop)} == {GLOBAL_PARTNER, HK_PARTNER}
    assert {told["partner_id"] for told in closed(shop, partner_id=HK_PARTNER)} == {HK_PARTNER}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"day": "5 March"}, 400),
        ({"day": "20270305"}, 400),
        ({"day": "2027-03-32"}, 400),
        ({"day": "2999-01-01"}, 400),
        ({"partner_id": "2088000000000009"}, 404),
    ],
)
def test_a_night_that_cannot_be_is_refused(
    shop: Merchant, body: dict[str, str], status: int
) -> None:
    assert shop.control("night", **body).status_code == status
