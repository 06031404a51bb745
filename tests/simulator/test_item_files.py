"""The night's files of families A1 and A2, and the scenes of sales and orders in family G."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from merchant_portal.alipay.statements import FileState

from .counter import charge, payment_code, precreate, scan
from .files import FRIDAY, MONDAY, SATURDAY, closed, read, rows_of, terms, written
from .json_shop import ORDER, PRICE, SALE, JSONShop
from .wire import Merchant

SAMPLES = Path(__file__).parents[1] / "samples" / "statements" / "made"
NOON = f"{FRIDAY}T12:00:00+08:00"

Row = dict[str, str]


def table(path: str | Path) -> list[Row]:
    """The rows of a file that is whole: by its column line, up to its last line."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "<END>"
    return list(csv.DictReader(lines[:-1]))


def columns_of(name: str) -> list[str]:
    return (SAMPLES / name).read_text(encoding="utf-8").splitlines()[0].split(",")


def files(till: JSONShop, day: str = FRIDAY) -> dict[str, str]:
    """Close a day; its files of the JSON API, by the first word of their names."""
    told = [each for each in closed(till.shop, day) if each["name"].endswith(".csv")]
    return {each["name"].split("_")[0]: each["path"] for each in told}


@pytest.fixture
def till(till: JSONShop) -> JSONShop:
    """On a Friday noon, with a fee of one percent."""
    till.shop.at(NOON)
    terms(till.shop, fee_rate="0.01", fee_back="in_proportion")
    return till


def sold(till: JSONShop, number: str = SALE, **changes: Any) -> str:
    """A sale of this Friday; its payment id."""
    changes = {"paymentExpiryTime": None, "paymentRequestId": number} | changes
    return str(till.sell(**changes).members["paymentId"])


def test_a_day_has_its_payments_refunds_and_cancels(till: JSONShop) -> None:
    payment = sold(till)
    refund = till.refund(payment, "R1", "500", refundReason="Wrong dish").members["refundId"]
    other = sold(till, "SECOND")
    till.call("cancel", {"paymentId": other})
    rows = table(files(till)["transactionItems"])
    told = sorted((row["transactionType"], row["transactionAmountValue"]) for row in rows)
    assert told == [
        *(("CANCEL", "-12.50"), ("PAYMENT", "12.50"), ("PAYMENT", "12.50"), ("REFUND", "-5.00")),
    ]
    by_kind = {row["transactionType"]: row for row in rows}
    assert by_kind["REFUND"]["transactionId"] == refund
    assert by_kind["REFUND"]["originalTransactionId"] == payment
    assert by_kind["REFUND"]["transactionRequestId"] == "R1"
    assert by_kind["CANCEL"]["transactionRequestId"] == "SECOND"
    assert by_kind["PAYMENT"]["referenceTransactionId"] == "ORDER-12345"


def test_the_columns_are_those_of_the_sample(till: JSONShop) -> None:
    sold(till)
    terms(till.shop, settlement_rule="same_day")
    made = files(till)
    for word, sample in (
        ("transactionItems", "transactionItems_20240315_000.csv"),
        ("settlementItems", "settlementItems_USD_2024031811021040123_000.csv"),
        ("settlementSummary", "settlementSummary_USD_2024031811021040123_000.csv"),
    ):
        assert list(table(made[word])[0]) == columns_of(sample)


def test_the_names_and_folders_are_those_of_the_server(till: JSONShop) -> None:
    sold(till)
    terms(till.shop, settlement_rule="same_day")
    made = files(till)
    folder = f"v1/settlements/{till.shop.partner}/20270305"
    assert made["transactionItems"].endswith(f"{folder}/transactionItems_20270305_000.csv")
    assert f"{folder}/settlementItems_USD_202703051102104" in made["settlementItems"]


def test_amounts_have_a_point_and_times_a_zone(till: JSONShop) -> None:
    sold(till, paymentAmount={"currency": "JPY", "value": "500"})
    [row] = table(files(till)["transactionItems"])
    assert (row["transactionAmountValue"], row["transactionCurrency"]) == ("500", "JPY")
    assert row["paymentTime"].startswith(f"{FRIDAY}T12:0")
    assert row["paymentTime"].endswith("+08:00")
    assert row["customerId"] == till.shop.partner


def test_old_feeds_write_the_smallest_unit(till: JSONShop) -> None:
    terms(till.shop, item_units="minor", settlement_rule="same_day")
    sold(till)
    made = files(till)
    assert table(made["transactionItems"])[0]["transactionAmountValue"] == "1250"
    assert table(made["settlementItems"])[0]["feeAmountValue"] == "-13"


def test_a_settlement_adds_up_to_its_summary(till: JSONShop) -> None:
    terms(till.shop, settlement_currency="EUR")
    payment = sold(till)
    till.refund(payment, "R1", "500")
    till.call("cancel", {"paymentId": sold(till, "SECOND")})
    made = files(till, MONDAY)
    rows = table(made["settlementItems"])
    for row in rows:
        gross = Decimal(row["transactionAmountValue"]) * Decimal(row["quotePrice"])
        fee = Decimal(row["feeAmountValue"])
        assert abs(gross + fee - Decimal(row["settlementAmountValue"])) <= Decimal("0.01")
        assert row["quoteCurrencyPair"] == "USD/EUR"
    total, *kinds = table(made["settlementSummary"])
    assert (total["summaryType"], total["count"]) == ("TOTAL", "4")
    assert [row["summaryType"] for row in kinds] == ["PAYMENT", "CANCEL", "REFUND"]
    for column in ("settlementAmountValue", "feeAmountValue"):
        whole = Decimal(total[column])
        assert whole == sum(Decimal(row[column]) for row in kinds)
        assert whole == sum(Decimal(row[column]) for row in rows)


def test_each_currency_is_a_batch_of_its_own(till: JSONShop) -> None:
    terms(till.shop, settlement_rule="same_day")
    sold(till)
    sold(till, "SECOND", paymentAmount=PRICE | {"currency": "EUR"})
    names = [each["name"] for each in closed(till.shop, FRIDAY)]
    assert sum(name.startswith("settlementItems_USD_") for name in names) == 1
    assert sum(name.startswith("settlementItems_EUR_") for name in names) == 1


def test_what_was_paid_out_is_not_paid_out_again(till: JSONShop) -> None:
    sold(till)
    assert "settlementItems" not in files(till)
    assert "settlementItems" in files(till, MONDAY)
    assert "settlementItems" not in files(till, "2027-03-09")


def test_the_newest_family_tells_of_failures_too(till: JSONShop) -> None:
    terms(till.shop, item_family="A2", settlement_rule="same_day")
    sold(till)
    till.order(paymentExpiryTime=None)
    till.shop.at(f"{FRIDAY}T12:30:00+08:00")
    made = files(till)
    rows = {row["status"]: row for row in table(made["transactionItems"])}
    assert list(rows["SUCCESS"]) == columns_of("newest_layout_transaction_details_20240315.csv")
    assert rows["FAIL"]["transactionRequestId"] == ORDER
    assert (rows["FAIL"]["settlementAmountValue"], rows["FAIL"]["wallet"]) == ("", "")
    assert rows["SUCCESS"]["settlementAmountValue"] == "12.37"
    assert rows["SUCCESS"]["paymentMethodFeeAmountValue"] == "-0.13"
    assert len(table(made["settlementItems"])) == 1


def test_an_idle_day_has_a_file_where_the_contract_says_so(till: JSONShop) -> None:
    assert files(till) == {}
    terms(till.shop, idle_files=True)
    assert table(files(till)["transactionItems"]) == []


@pytest.mark.parametrize("wish", [{"item_family": "A3"}, {"item_units": "cents"}])
def test_terms_that_make_no_sense_are_refused(till: JSONShop, wish: dict[str, str]) -> None:
    wishes = {"partner_id": till.shop.partner, **wish}
    assert till.shop.control("terms", **wishes).status_code == 400


def test_the_two_apis_have_files_of_their_own(till: JSONShop) -> None:
    sold(till)
    charge(till.shop, partner_trans_id="GATEWAY")
    told = closed(till.shop, FRIDAY)
    [text] = [each["path"] for each in told if each["name"].endswith(".txt")]
    assert [row.partner_trans_id for row in rows_of(Path(text))] == ["GATEWAY"]
    assert [row["transactionRequestId"] for row in table(files(till)["transactionItems"])] == [SALE]


def test_the_scene_says_which_code_it_was(shop: Merchant) -> None:
    shop.at(NOON)
    code = shop.code()
    shop.pay(code, "1")
    charge(shop, payment_code(shop))
    scan(shop, precreate(shop).fields["qr_code"])
    text = written(shop, "transaction", FRIDAY).read_text(encoding="utf-8")
    assert sorted(row.split("|")[11] for row in text.splitlines()[2:]) == [
        *("paymentQrCode", "shopQrCode", "transactionQrCode"),
    ]


def test_a_file_can_be_read_over_http(till: JSONShop) -> None:
    sold(till)
    files(till)
    [told] = [each for each in till.shop.books("files") if each["name"].endswith(".csv")]
    address = f"{till.shop.url}/files/{till.shop.partner}/{told['name']}"
    assert till.shop.http.get(address).text.endswith("<END>\n")


def spoil(till: JSONShop, name: str, **more: Any) -> None:
    assert till.shop.control("file_faults", name=name, **more).status_code == 200


def test_a_row_may_be_missing_unknown_or_changed(till: JSONShop) -> None:
    sold(till)
    for fault in ("unknown_row", "duplicate_row", "amount_changed"):
        spoil(till, fault, times=1)
    amounts = [row["transactionAmountValue"] for row in table(files(till)["transactionItems"])]
    assert len(amounts) == 3
    assert len(set(amounts)) > 1
    spoil(till, "row_missing")
    assert "transactionItems" not in files(till)


def test_a_batch_may_not_add_up(till: JSONShop) -> None:
    terms(till.shop, settlement_rule="same_day")
    sold(till)
    spoil(till, "batch_sum_wrong", value="3")
    made = files(till)
    [row] = table(made["settlementItems"])
    total = table(made["settlementSummary"])[0]
    assert Decimal(row["settlementAmountValue"]) - Decimal(total["settlementAmountValue"]) == 3


def test_a_row_may_be_settled_twice(till: JSONShop) -> None:
    terms(till.shop, settlement_rule="same_day")
    sold(till)
    files(till)
    till.shop.at("2027-03-06T12:00:00+08:00")
    sold(till, "SECOND")
    spoil(till, "settled_twice")
    rows = table(files(till, "2027-03-06")["settlementItems"])
    assert sorted(row["transactionRequestId"] for row in rows) == [SALE, "SECOND"]
    assert len({row["settlementBatchId"] for row in rows}) == 1


def test_a_row_may_move_over_midnight(till: JSONShop) -> None:
    sold(till)
    sold(till, "SECOND")
    spoil(till, "date_drift")
    assert len(table(files(till)["transactionItems"])) == 1
    [row] = table(files(till, "2027-03-06")["transactionItems"])
    assert row["paymentTime"] == "2027-03-06T00:00:05+08:00"


@pytest.mark.parametrize("fault", ["cut_file", "empty_file", "extra_column", "crlf", "bom", "gbk"])
def test_a_file_may_be_spoilt_as_a_whole(till: JSONShop, fault: str) -> None:
    sold(till)
    whole = Path(files(till)["transactionItems"]).read_bytes()
    spoil(till, fault)
    assert Path(files(till)["transactionItems"]).read_bytes() != whole
    faults = till.shop.http.get(f"{till.shop.url}/books/night.json").json()["faults"]
    assert [each["file_name"] for each in faults] == ["transactionItems_20270305_000.csv"]


def test_a_file_may_come_later(till: JSONShop) -> None:
    sold(till)
    spoil(till, "late_file", value="2")
    assert files(till) == {}
    till.shop.control("clock", advance_seconds=7201)
    [told] = [each for each in till.shop.books("files") if each["name"].endswith(".csv")]
    assert len(table(told["path"])) == 1


@pytest.mark.parametrize("late", [1, 2])
def test_a_file_that_comes_later_brings_no_other(till: JSONShop, late: int) -> None:
    payment = sold(till)
    charge(till.shop, partner_trans_id="GATEWAY")
    day = [each["name"] for each in closed(till.shop, FRIDAY) if each["kind"] == "transaction"]
    assert len(day) == 2
    till.shop.at(f"{FRIDAY}T13:00:00+08:00")
    till.refund(payment, "R1", "500")
    spoil(till, "late_file", times=late)
    held_back = day[:late]
    now = [each["name"] for each in closed(till.shop, FRIDAY) if each["kind"] == "transaction"]
    assert now == [name for name in day if name not in held_back]
    told = [each for each in closed(till.shop, SATURDAY) if each["kind"] == "transaction"]
    assert [each["name"] for each in told] == held_back


@pytest.mark.parametrize("family", ["A1", "A2"])
def test_a_refund_that_came_back_has_a_row_of_its_own(till: JSONShop, family: str) -> None:
    terms(till.shop, item_family=family, settlement_rule="same_day")
    payment = sold(till)
    refunded = till.refund(payment, "R1", "500").members
    [made] = till.shop.books("refunds")
    assert till.shop.control(f"refunds/{made['refund_id']}/return").status_code == 200
    made_files = files(till)
    rows = {row["transactionType"]: row for row in table(made_files["transactionItems"])}
    back = rows["REFUND_REVERSAL"]
    assert back["transactionAmountValue"] == "5.00"
    assert back["transactionId"] not in {payment, refunded["refundId"], ""}
    assert back["transactionRequestId"] == "R1"
    nets = [Decimal(row["settlementAmountValue"]) for row in table(made_files["settlementItems"])]
    summary = {row["summaryType"]: row for row in table(made_files["settlementSummary"])}
    assert Decimal(summary["TOTAL"]["settlementAmountValue"]) == sum(nets)
    assert summary["REFUND_REVERSAL"]["settlementAmountValue"] == "4.95"


def test_a_refund_may_repeat_its_payments_request_id(till: JSONShop) -> None:
    terms(till.shop, item_refund_ids="payment")
    told = till.refund(sold(till), "R1", "500").members
    [back] = [
        row for row in table(files(till)["transactionItems"]) if row["transactionType"] == "REFUND"
    ]
    assert (back["transactionRequestId"], back["transactionId"]) == (SALE, told["refundId"])


@pytest.mark.parametrize("family", ["A1", "A2"])
def test_the_portals_reader_takes_every_file(till: JSONShop, family: str) -> None:
    terms(till.shop, item_family=family, settlement_rule="same_day")
    payment = sold(till, paymentAmount=PRICE | {"currency": "SGD"})
    till.refund(payment, "R1", "500", refundAmount={"currency": "SGD", "value": "500"})
    till.order(paymentExpiryTime=None)
    till.shop.at(f"{FRIDAY}T12:30:00+08:00")
    made = files(till)
    assert sorted(made) == ["settlementItems", "settlementSummary", "transactionItems"]
    for word, path in made.items():
        state, rows = read(Path(path))
        assert state is FileState.ACCEPTED
        told = {(row.type_word, row.partner_trans_id) for row in rows}
        if word != "settlementSummary":
            assert {("PAYMENT", SALE), ("REFUND", "R1")} <= told


def test_the_page_changes_the_family(till: JSONShop) -> None:
    form = {"partner_id": till.shop.partner, "item_family": "A2", "item_units": ""}
    till.shop.http.post(f"{till.shop.url}/control/terms", data=form)
    [partner] = till.shop.books("partners")
    assert (partner["terms"]["item_family"], partner["terms"]["item_units"]) == ("A2", "major")
