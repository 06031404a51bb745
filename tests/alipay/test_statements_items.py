"""Files of the JSON products (families A1 and A2): the whole file, and each row of it."""

from datetime import date, datetime
from io import BytesIO

import pytest

from merchant_portal.alipay.statements import (
    FileState,
    Kind,
    Problem,
    Reason,
    Row,
    RowCode,
    read_name,
    read_statement,
)
from merchant_portal.alipay.times import GMT8
from tests.alipay.statement_files import (
    END,
    ITEM,
    ITEM_COLUMNS,
    ITEM_NAME,
    NEWEST,
    SETTLED_ITEM,
    SUM_NAME,
    read_all,
    read_bytes,
    read_items,
    read_newest,
    read_sample,
    read_settled_items,
    read_sums,
    read_text,
    sample,
)

REFUND = (
    "1022188000000000001,,2024R1,2024A1,R1,,ALIPAY_CN,REFUND,2024-03-15T11:00:00+08:00,"
    "IN_STORE_PAYMENT,-2.50,USD"
)


def only(rows: list[Row]) -> Row:
    [row] = rows
    return row


def only_problem(row: str) -> Problem:
    """What sets a row aside, while the next one is read all the same."""
    _, rows, set_aside, outcome = read_items(row, REFUND)
    assert (outcome.state, [each.partner_trans_id for each in rows]) == (FileState.ACCEPTED, ["R1"])
    [problem] = set_aside
    assert problem.line_number == 2
    assert problem.text == row
    return problem


# ---- The file ---------------------------------------------------------------------------------


def test_day_and_merchant_are_the_names_and_the_first_rows() -> None:
    statement, _, _, _ = read_items(ITEM)
    assert statement.day == date(2024, 3, 15)
    assert statement.partner_id == "1022188000000000001"


def test_without_a_day_in_its_name_the_first_row_tells_it() -> None:
    row = ITEM.replace("2024-03-15T10:00:00+08:00", "2024-03-15T23:30:00+07:00")
    statement, _, _, _ = read_text(ITEM_COLUMNS, row, END, name="part.csv")
    assert statement.day == date(2024, 3, 16)


@pytest.mark.parametrize("end", ["<END>", "<end>", "<END>,,,", "<END>\r"])
def test_the_last_line_ends_the_file(end: str) -> None:
    _, rows, _, outcome = read_text(ITEM_COLUMNS, ITEM, end, name=ITEM_NAME)
    assert (outcome.state, len(rows)) == (FileState.ACCEPTED, 1)


def test_without_its_last_line_a_file_was_cut_off() -> None:
    _, _, _, outcome = read_text(ITEM_COLUMNS, ITEM, name=ITEM_NAME)
    assert outcome.problem == Problem(2, "", FileState.TRUNCATED, Reason.END_MISSING)


@pytest.mark.parametrize("length", [20, 40, 100])
def test_cut_inside_the_column_line_it_was_cut_off(length: int) -> None:
    _, _, _, outcome = read_bytes(ITEM_COLUMNS[:length].encode(), name=ITEM_NAME)
    assert outcome.state is FileState.TRUNCATED


def test_what_stands_behind_the_end_is_set_aside() -> None:
    _, rows, set_aside, _ = read_text(ITEM_COLUMNS, ITEM, END, REFUND, name=ITEM_NAME)
    assert (len(rows), set_aside[0].reason) == (1, Reason.BEHIND_END)


def test_an_idle_day_has_no_rows() -> None:
    statement, rows, _, outcome = read_items()
    assert (statement.day, rows, outcome.state) == (date(2024, 3, 15), [], FileState.ACCEPTED)


def test_a_missing_column_is_named() -> None:
    columns = ITEM_COLUMNS.replace("transactionAmountValue,", "")
    _, _, _, outcome = read_text(columns, END, name=ITEM_NAME)
    assert outcome.problem is not None
    assert outcome.problem.reason is Reason.COLUMN_MISSING
    assert outcome.problem.shown == "transactionamountvalue"


def test_a_column_that_stands_there_twice_is_named() -> None:
    _, _, _, outcome = read_text(f"{ITEM_COLUMNS},PAYMENT_TIME", END, name=ITEM_NAME)
    assert outcome.problem is not None
    assert (outcome.problem.reason, outcome.problem.shown) == (Reason.COLUMN_TWICE, "paymentTime")


def test_columns_move_and_unknown_ones_are_kept() -> None:
    columns = f"laterColumn,{ITEM_COLUMNS}"
    _, rows, _, _ = read_text(columns, f"later,{ITEM}", END, name=ITEM_NAME)
    row = only(rows)
    assert (row.amount_minor, row.fields["laterColumn"]) == (800, "later")


@pytest.mark.parametrize("form", [b"\xef\xbb\xbf%s", b"%s"])
def test_windows_line_ends_and_a_mark_change_nothing(form: bytes) -> None:
    body = "\r\n".join((ITEM_COLUMNS, ITEM, END, "")).encode()
    _, rows, _, outcome = read_bytes(form % body, name=ITEM_NAME)
    assert (outcome.state, only(rows).amount_minor) == (FileState.ACCEPTED, 800)


@pytest.mark.parametrize(
    ("name", "part", "day"),
    [
        ("transactionItems_20181225_000.csv", 0, date(2018, 12, 25)),
        ("transactionItems_ALIPAY_CN_USD_20181225_017.csv", 17, date(2018, 12, 25)),
        ("/v1/settlements/1022/20181225/transactionItems_20181225_001.csv", 1, date(2018, 12, 25)),
        ("settlementItems_KaKaoPay_USD_2018122611021040123_000.csv", 0, None),
        ("settlementSummary_CONNECTWALLET_USD_0000000000000000000_000.csv", 0, None),
        ("TRANSACTION_DETAIL_202604271985548486_20260428.csv", None, date(2026, 4, 28)),
    ],
)
def test_names_tell_day_and_part(name: str, part: int | None, day: date | None) -> None:
    named = read_name(name)
    assert (named.is_json, named.part, named.day) == (True, part, day)


def test_parts_of_a_day_share_their_series() -> None:
    names = [f"transactionItems_20181225_00{part}.csv" for part in (0, 1)]
    assert len({read_name(name).series for name in names}) == 1


@pytest.mark.parametrize("name", ["ALIPAY_TRANSACTION_DETAIL_CNY_20160730.csv", "items.csv", ""])
def test_other_names_tell_nothing(name: str) -> None:
    assert not read_name(name).is_json


# ---- Events -----------------------------------------------------------------------------------


def test_a_payment_bears_our_number_and_alipays() -> None:
    _, rows, _, _ = read_items(ITEM)
    row = only(rows)
    assert (row.kind, row.partner_trans_id, row.alipay_trans_id) == (Kind.PAYMENT, "A1", "2024A1")
    assert (row.pricing_amount_minor, row.pricing_currency, row.fee_minor) == (800, "USD", None)
    assert row.occurred_at == datetime(2024, 3, 15, 10, tzinfo=GMT8)


def test_a_refund_names_its_payment_and_is_a_magnitude() -> None:
    _, rows, _, _ = read_items(REFUND)
    row = only(rows)
    assert (row.kind, row.amount_minor, row.original_trans_id) == (Kind.REFUND, 250, "2024A1")


def test_a_refund_that_came_back_is_money_to_the_merchant() -> None:
    row = only(read_items(ITEM.replace("PAYMENT,2024", "REFUND_REVERSAL,2024"))[1])
    assert (row.kind, row.kind.direction, row.amount_minor) == (Kind.REFUND_REVERSAL, 1, 800)


def test_one_below_zero_is_set_aside() -> None:
    back = ITEM.replace("PAYMENT,2024", "REFUND_REVERSAL,2024").replace("8.00", "-8.00")
    _, rows, problems, _ = read_items(back)
    assert (rows, [problem.reason for problem in problems]) == ([], [Reason.SIGN])


def test_a_time_in_another_zone_is_the_same_instant() -> None:
    _, rows, _, _ = read_sample("ams_transactionItems_20181225_000.csv")
    assert rows[0].occurred_at == datetime(2018, 12, 25, 9, 30, tzinfo=GMT8)


def test_a_comma_too_many_at_the_end_is_no_value() -> None:
    _, rows, _, _ = read_sample("ams_transactionItems_20181225_000.csv")
    assert rows[0].fields["transactionCurrency"] == "KRW"


def test_commas_and_quotation_marks_stand_inside_quoted_values() -> None:
    _, rows, _, _ = read_items(ITEM.replace(",Tea,", ',"Tea, ""green""",'))
    assert only(rows).remark == 'Tea, "green"'


def test_a_quoted_value_goes_on_over_line_ends() -> None:
    _, rows, _, _ = read_items(ITEM.replace(",Tea,", ',"Tea\nand cake",'), REFUND)
    assert [row.remark for row in rows] == ["Tea\nand cake", ""]
    assert [row.line_number for row in rows] == [2, 4]


def test_a_quotation_mark_within_a_value_is_one() -> None:
    _, rows, _, _ = read_items(ITEM.replace(",Tea,", ',Pipe 5",'))
    assert only(rows).remark == 'Pipe 5"'


def test_an_open_quotation_mark_costs_its_own_line_alone() -> None:
    assert only_problem(ITEM.replace(",Tea,", ',"Tea,')).reason is Reason.OPEN_QUOTE


@pytest.mark.parametrize(
    ("was", "becomes", "column", "code", "reason"),
    [
        ("8.00", "8,00", "", RowCode.BAD_ROW, Reason.COLUMN_COUNT),
        ("8.00", "8.001", "transactionAmountValue", RowCode.BAD_AMOUNT, Reason.TOO_FINE),
        ("8.00", "1e3", "transactionAmountValue", RowCode.BAD_AMOUNT, Reason.NOT_A_DECIMAL),
        ("8.00", "", "transactionAmountValue", RowCode.BAD_AMOUNT, Reason.NOT_A_DECIMAL),
        ("8.00", "-8.00", "transactionAmountValue", RowCode.BAD_AMOUNT, Reason.SIGN),
        ("USD", "usd", "transactionCurrency", RowCode.BAD_AMOUNT, Reason.NOT_A_CURRENCY),
        ("T10:00:00+08:00", " 10:00:00", "paymentTime", RowCode.BAD_ROW, Reason.NOT_AN_INSTANT),
        ("PAYMENT,2", "DISPUTE,2", "transactionType", RowCode.UNKNOWN_TYPE, Reason.UNKNOWN_WORD),
        ("2024A1", "", "transactionId", RowCode.BAD_ROW, Reason.NUMBER_MISSING),
        ("2024A1", "2" * 65, "transactionId", RowCode.BAD_ROW, Reason.NUMBER_TOO_LONG),
        ("Tea", "T\x00a", "", RowCode.BAD_ROW, Reason.CONTROL_CHARACTER),
    ],
)
def test_a_bad_row_is_set_aside_with_its_place(
    was: str, becomes: str, column: str, code: RowCode, reason: Reason
) -> None:
    _, rows, [problem], outcome = read_items(REFUND, ITEM.replace(was, becomes, 1))
    assert (problem.line_number, problem.column) == (3, column)
    assert (problem.code, problem.reason) == (code, reason)
    assert (outcome.state, len(rows), outcome.set_aside) == (FileState.ACCEPTED, 1, 1)


def test_another_merchants_row_is_set_aside() -> None:
    other = REFUND.replace("1022188000000000001", "1022188000000000002")
    _, rows, [problem], _ = read_items(ITEM, other)
    assert (len(rows), problem.column, problem.shown) == (1, "customerId", "1022188000000000002")
    assert problem.reason is Reason.OTHER_MERCHANT


# ---- The newest columns -----------------------------------------------------------------------


def test_the_newest_rows_give_fee_and_gross_in_settlement_currency() -> None:
    _, rows, _, _ = read_sample("newest_layout_transaction_details_20240315.csv")
    refund = rows[1]
    assert (refund.pricing_amount_minor, refund.pricing_currency) == (9000, "KRW")
    assert (refund.amount_minor, refund.fee_minor, refund.currency) == (750, 15, "USD")
    assert refund.original_trans_id == "PR-20240315-0003"


@pytest.mark.parametrize("word", ["FAIL", "processing", "CANCELLED"])
def test_what_never_succeeded_is_passed_over(word: str) -> None:
    _, rows, set_aside, outcome = read_newest(NEWEST, NEWEST.replace("SUCCESS", word))
    assert (len(rows), set_aside, outcome.passed_over) == (1, [], 1)


def test_a_status_that_is_not_known_is_set_aside() -> None:
    _, rows, [problem], outcome = read_newest(NEWEST.replace("SUCCESS", "FROZEN"))
    assert (rows, problem.column, problem.shown) == ([], "status", "FROZEN")
    assert outcome.passed_over == 0


def test_before_the_rate_is_fixed_a_row_has_no_fee() -> None:
    _, rows, _, _ = read_newest(NEWEST.replace("7.90,USD,-0.10,USD", ",,,"))
    row = only(rows)
    assert (row.amount_minor, row.currency, row.fee_minor) == (800, "USD", None)


def test_a_fee_in_another_currency_leaves_what_the_buyer_paid() -> None:
    _, rows, _, _ = read_newest(NEWEST.replace("-0.10,USD", "-0.10,BRL"))
    row = only(rows)
    assert (row.pricing_amount_minor, row.fee_minor) == (800, None)


# ---- Settlements ------------------------------------------------------------------------------


def test_the_gross_is_what_was_settled_and_all_fees() -> None:
    _, rows, _, _ = read_settled_items(SETTLED_ITEM)
    row = only(rows)
    assert (row.amount_minor, row.fee_minor, row.net_minor) == (800, 20, 780)
    assert row.net_agrees


def test_a_net_that_is_not_amount_less_fees_shows() -> None:
    _, rows, _, _ = read_settled_items(SETTLED_ITEM.replace("7.80", "7.81"))
    assert not only(rows).net_agrees


def test_a_fee_that_a_refund_costs_is_below_zero() -> None:
    refund = SETTLED_ITEM.replace("PAYMENT", "REFUND").replace("8.00", "-8.00")
    refund = refund.replace("7.80", "-8.10").replace("-0.15", "-0.10").replace("-0.05", "0.00")
    _, rows, _, _ = read_settled_items(refund)
    row = only(rows)
    assert (row.amount_minor, row.fee_minor, row.net_minor) == (800, -10, 810)


def test_a_fee_larger_than_its_payment_leaves_a_net_below_zero() -> None:
    _, rows, _, _ = read_settled_items(
        SETTLED_ITEM.replace("8.00", "0.05").replace("7.80", "-0.15")
    )
    row = only(rows)
    assert (row.amount_minor, row.fee_minor, row.net_minor) == (5, 20, -15)


def test_a_settled_fee_in_another_currency_is_set_aside() -> None:
    _, rows, [problem], _ = read_settled_items(SETTLED_ITEM.replace("-0.05,USD", "-0.05,EUR"))
    assert (rows, problem.column) == ([], "processingFeeAmountValue")
    assert (problem.reason, problem.shown) == (Reason.OTHER_FEE_CURRENCY, "EUR")


def test_what_belongs_to_no_payment_has_its_own_sign() -> None:
    _, rows, _, _ = read_sample("settlementItems_USD_2024031811021040123_000.csv")
    fee = rows[-1]
    assert (fee.kind, fee.net_minor, fee.remark) == (Kind.OTHER, -30, "SETTLEMENT_FEE")
    assert fee.occurred_at == fee.settled_at


def test_the_items_of_a_batch_are_its_summary() -> None:
    batch = "USD_2024031811021040123_000.csv"
    _, items, _, _ = read_sample(f"settlementItems_{batch}")
    _, sums, _, _ = read_sample(f"settlementSummary_{batch}")
    assert sum((row.net_minor or 0) * row.kind.direction for row in items) == 4475
    assert (sums[0].kind, sums[0].net_minor) == (Kind.TOTAL, 4475)


TOTAL = "TOTAL,2024-03-18T10:00:00+08:00,2,7.25,USD,-0.25,USD"
PAID = "PAYMENT,2024-03-18T10:00:00+08:00,1,14.50,USD,-0.50,USD"
BACK = "REFUND,2024-03-18T10:00:00+08:00,1,-7.25,USD,0.25,USD"
CORRECTION = ",2024-03-18T10:00:00+08:00,,-0.05,USD,,"


def test_a_summary_adds_up() -> None:
    _, rows, _, outcome = read_sums(TOTAL, PAID, BACK)
    assert outcome.state is FileState.ACCEPTED
    assert {row.alipay_trans_id for row in rows} == {"2024031811021040123"}


def test_a_correction_belongs_to_the_total() -> None:
    total = TOTAL.replace("7.25", "7.20")
    _, rows, _, outcome = read_sums(total, PAID, BACK, CORRECTION)
    assert (outcome.state, rows[-1].kind, rows[-1].net_minor) == (
        FileState.ACCEPTED,
        Kind.OTHER,
        -5,
    )


def test_a_total_that_is_not_the_sum_of_its_lines_shows() -> None:
    _, _, _, outcome = read_sums(TOTAL.replace("7.25", "7.26"), PAID, BACK)
    assert outcome.problem is not None
    assert outcome.state is FileState.COUNT_MISMATCH
    assert outcome.problem[:2] == (2, "settlementAmountValue")
    assert (outcome.problem.reason, outcome.problem.shown) == (Reason.OTHER_TOTAL, "726, 725")


# ---- Units ------------------------------------------------------------------------------------


def test_an_old_feed_writes_cents() -> None:
    path = sample("ams_settlementSummary_KaKaoPay_USD_2018122611021040123_000.csv")
    statement = read_statement(path, name=path.name, in_smallest_units={"1022188000000000001"})
    _, rows, _, outcome = read_all(statement)
    assert [row.net_minor for row in rows] == [725, 1450, 725]
    assert outcome.state is FileState.ACCEPTED


def test_cents_have_no_point() -> None:
    body = "\n".join((ITEM_COLUMNS, ITEM, END, "")).encode()
    statement = read_statement(
        BytesIO(body), name=SUM_NAME, in_smallest_units={"1022188000000000001"}
    )
    _, _, [problem], _ = read_all(statement)
    assert (problem.reason, problem.shown) == (Reason.NOT_WHOLE, "8.00")
