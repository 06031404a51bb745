"""One line: what is read from it, and what sets it aside."""

from datetime import datetime, timedelta

import pytest

from merchant_portal.alipay.statements import FileState, Kind, Reason, Row, RowCode
from merchant_portal.alipay.times import GMT8
from tests.alipay.statement_files import (
    COLUMNS,
    FIRST,
    PARTNER,
    ROW,
    SETTLED,
    read_day,
    read_settled,
    read_text,
)


def only_row(*rows: str) -> Row:
    _, [row], set_aside, _ = read_day(*rows)
    assert set_aside == []
    return row


def test_a_line_becomes_a_typed_row() -> None:
    row = only_row(ROW)
    assert (row.line_number, row.kind, row.partner_trans_id, row.alipay_trans_id) == (
        *(3, Kind.PAYMENT, "A1", "2024"),
    )
    assert (row.amount_text, row.amount_minor, row.fee_minor) == ("12.50", 1250, 10)
    assert (row.pricing_currency, row.pricing_amount_minor) == ("USD", 800)
    assert row.occurred_at == datetime(2024, 3, 15, 9, 12, 44, tzinfo=GMT8)
    assert (row.remark, row.store_name, row.net_minor) == ("table 6", "Noodle Bar", None)


def test_a_settlement_line_says_when_and_how_much_was_paid_out() -> None:
    _, [row], _, _ = read_settled(SETTLED)
    assert row.net_minor == 1240
    assert row.settled_at == datetime(2024, 3, 18, 15, 46, tzinfo=GMT8)


@pytest.mark.parametrize("signs", [("", "", "-"), ("-", "-", "-"), ("", "", ""), ("-", "", "+")])
def test_direction_comes_from_the_type_whatever_the_signs(signs: tuple[str, str, str]) -> None:
    amount, fee, net = signs
    _, [row], _, _ = read_settled(
        SETTLED.replace("|P|", "|R|")
        .replace("|12.50|60|", f"|{amount}12.50|60|")
        .replace("|0.10|12.40", f"|{fee}0.10|{net}12.40")
    )
    assert (row.amount_minor, row.fee_minor, row.net_minor) == (1250, 10, 1240)
    assert row.kind.direction == -1


def test_a_net_that_does_not_compute_is_seen() -> None:
    _, [row], _, _ = read_settled(SETTLED.replace("12.40", "12.41"))
    assert not row.net_agrees


def test_a_settled_cancel_is_told_by_its_two_equal_numbers() -> None:
    _, rows, _, _ = read_settled(
        SETTLED.replace("|P|", "|R|"), SETTLED.replace("A1|", "2024|").replace("|P|", "|R|")
    )
    assert [row.kind for row in rows] == [Kind.REFUND, Kind.CANCEL]


def test_values_are_trimmed_and_the_line_is_kept_as_it_came() -> None:
    text = ROW.replace("A1|2024|12.50", "A1 \t| 2024\t|12.50 ")
    row = only_row(text)
    assert (row.partner_trans_id, row.alipay_trans_id, row.amount_minor) == ("A1", "2024", 1250)
    assert (row.text, row.fields["Transaction_id"]) == (text, " 2024\t")


@pytest.mark.parametrize("nothing", ["", "-"])
def test_a_fee_that_is_not_there_is_not_zero(nothing: str) -> None:
    assert only_row(ROW.replace("|0.10|", f"|{nothing}|")).fee_minor is None
    assert only_row(ROW.replace("|0.10|", "|0.0|")).fee_minor == 0


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("100", "HKD", 10_000),
        ("7.5", "HKD", 750),
        ("369.300", "AUD", 36_930),
        ("9999999.99", "AUD", 999_999_999),
        ("1200", "JPY", 1200),
        ("1200.00", "JPY", 1200),
        ("15.0", "KRW", 15),
    ],
)
def test_an_amount_is_read_in_its_currency(text: str, currency: str, minor: int) -> None:
    row = only_row(ROW.replace("|12.50|0.10|AUD|", f"|{text}||{currency}|"))
    assert row.amount_minor == minor


@pytest.mark.parametrize(
    ("was", "becomes", "code", "column", "reason"),
    [
        ("12.50", "12.505", RowCode.BAD_AMOUNT, "Transaction_amount", Reason.TOO_FINE),
        (
            "12.50|0.10|AUD",
            "1200.50||JPY",
            RowCode.BAD_AMOUNT,
            "Transaction_amount",
            Reason.TOO_FINE,
        ),
        ("12.50", "1,200.00", RowCode.BAD_AMOUNT, "Transaction_amount", Reason.NOT_A_DECIMAL),
        ("12.50", "", RowCode.BAD_AMOUNT, "Transaction_amount", Reason.NOT_A_DECIMAL),
        ("12.50", "1e3", RowCode.BAD_AMOUNT, "Transaction_amount", Reason.NOT_A_DECIMAL),
        ("12.50", "١٢", RowCode.BAD_AMOUNT, "Transaction_amount", Reason.NOT_A_DECIMAL),
        ("12.50", "9" * 70_00, RowCode.BAD_AMOUNT, "Transaction_amount", Reason.NOT_A_DECIMAL),
        ("0.10", "x", RowCode.BAD_AMOUNT, "Charge_amount", Reason.NOT_A_DECIMAL),
        ("8.00", "8.001", RowCode.BAD_AMOUNT, "Trans_amount", Reason.TOO_FINE),
        ("AUD", "aud", RowCode.BAD_AMOUNT, "Currency", Reason.NOT_A_CURRENCY),
        ("USD", "", RowCode.BAD_AMOUNT, "Trans_currency", Reason.NOT_A_CURRENCY),
        ("PAYMENT", "CHARGEBACK", RowCode.UNKNOWN_TYPE, "Transaction_type", Reason.UNKNOWN_WORD),
        ("09:12:44", "09:12", RowCode.BAD_ROW, "Payment_time", Reason.NOT_A_TIME),
        ("2024-03-15", "2024-02-30", RowCode.BAD_ROW, "Payment_time", Reason.NOT_A_TIME),
        ("|2024|", "||", RowCode.BAD_ROW, "Transaction_id", Reason.NUMBER_MISSING),
        ("A1|", "A" * 65 + "|", RowCode.BAD_ROW, "Partner_transaction_id", Reason.NUMBER_TOO_LONG),
        ("table 6", "table|6", RowCode.BAD_ROW, "", Reason.COLUMN_COUNT),
        ("|table 6", "", RowCode.BAD_ROW, "", Reason.COLUMN_COUNT),
        ("table", "ta\x00ble", RowCode.BAD_ROW, "", Reason.CONTROL_CHARACTER),
    ],
)
def test_a_bad_line_is_set_aside_with_its_place_and_the_others_count(
    was: str, becomes: str, code: RowCode, column: str, reason: Reason
) -> None:
    _, rows, [problem], outcome = read_day(ROW, ROW.replace(was, becomes, 1), ROW)
    assert (problem.line_number, problem.code, problem.column) == (4, code, column)
    assert problem.reason is reason
    assert problem.text.startswith("A")
    assert "\x00" not in problem.text
    assert [row.line_number for row in rows] == [3, 5]
    assert (outcome.state, outcome.set_aside) == (FileState.ACCEPTED, 1)


def test_a_line_that_is_not_liquidated_is_not_taken_as_settled() -> None:
    _, rows, [problem], _ = read_settled(SETTLED, SETTLED.replace("|P|L", "|P|P"))
    assert (problem.code, problem.column) == (RowCode.UNKNOWN_TYPE, "Status")
    assert len(rows) == 1


def test_columns_are_found_by_name_in_any_order_and_spelling() -> None:
    names = [name.upper().replace("_", " ") for name in COLUMNS.split("|")]
    mixed = list(zip([*names, "Later_column"], [*ROW.split("|"), "x"], strict=True))[::-1]
    columns, values = zip(*mixed, strict=True)
    _, [row], _, _ = read_text(f"{FIRST}1", "|".join(columns), "|".join(values))
    assert (row.partner_trans_id, row.amount_minor, row.kind) == ("A1", 1250, Kind.PAYMENT)
    assert row.fields["Later_column"] == "x"


def test_the_eight_columns_of_old_files_are_enough() -> None:
    columns, values = COLUMNS.split("|")[:8], ROW.split("|")[:8]
    _, [row], _, _ = read_text(f"{FIRST}1", "|".join(columns), "|".join(values))
    assert (row.amount_minor, row.pricing_amount_minor, row.store_name) == (1250, None, "")


def test_a_payment_and_its_cancel_are_two_lines_that_share_their_numbers() -> None:
    _, [payment, cancel, again], _, _ = read_day(
        ROW, ROW.replace("PAYMENT", "CANCEL"), ROW.replace("PAYMENT", "REVERSAL")
    )
    assert payment.identity(PARTNER) != cancel.identity(PARTNER)
    assert cancel.identity(PARTNER) == again.identity(PARTNER)


def test_two_portal_refunds_with_their_payments_numbers_differ_in_their_time() -> None:
    refund = ROW.replace("PAYMENT", "REFUND")
    _, [first, second], _, _ = read_day(refund, refund.replace("09:12:44", "09:13:44"))
    assert first.identity(PARTNER) == second.identity(PARTNER)
    assert second.occurred_at - first.occurred_at == timedelta(minutes=1)
