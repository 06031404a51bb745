"""Every fault of a file on demand: a careful reader recognises it, and the books tell of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from merchant_portal.alipay.statements import FileState, Kind, Problem, Row, read_statement
from merchant_portal.simulator.file_faults import FileFaultName

from .files import (
    FRIDAY,
    MONDAY,
    SATURDAY,
    SUNDAY,
    TUESDAY,
    again,
    closed,
    paid,
    read,
    rows_of,
    terms,
)
from .wire import GLOBAL_PARTNER, Merchant

WEDNESDAY = "2027-03-10"
AMOUNTS = ("1", "2", "3")


@pytest.fixture
def sold(shop: Merchant) -> Merchant:
    """A shop with three payments on Friday."""
    terms(shop, fee_rate="0.006")
    paid(shop, f"{FRIDAY}T10:00:00", "1")
    for amount in AMOUNTS[1:]:
        again(shop, amount)
    return shop


def wish(shop: Merchant, name: str, **more: Any) -> dict[str, Any]:
    """Switch a fault on."""
    answer = shop.control("file_faults", name=name, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def seeded(shop: Merchant) -> list[dict[str, Any]]:
    return shop.http.get(f"{shop.url}/books/night.json").json()["faults"]


def struck(shop: Merchant, name: str, day: str = FRIDAY, **more: Any) -> Path:
    """The one file a fault strikes; the books tell of it."""
    wish(shop, name, **more)
    kind = shop.http.get(f"{shop.url}/control/file_faults.json").json()[0]["kind"]
    [told] = [each for each in closed(shop, day) if each["kind"] == kind]
    [kept] = seeded(shop)
    assert (kept["name"], kept["day"], kept["file_name"]) == (name, day, told["name"])
    return Path(told["path"])


def amounts(path: Path) -> list[int]:
    return sorted(row.amount_minor for row in rows_of(path))


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("wrong_count", FileState.COUNT_MISMATCH),
        ("wrong_partner", FileState.WRONG_PARTNER),
        ("wrong_date", FileState.WRONG_DATE),
        ("cut_file", FileState.TRUNCATED),
        ("empty_file", FileState.EMPTY_BYTES),
    ],
)
def test_a_file_that_cannot_be_believed_is_recognised(
    sold: Merchant, name: str, state: FileState
) -> None:
    assert read(struck(sold, name))[0] is state


@pytest.mark.parametrize(
    "name", ["gbk", "crlf", "bom", "padded_ids", "extra_column", "changed_column_order"]
)
def test_a_file_written_otherwise_says_the_same(sold: Merchant, name: str) -> None:
    right = {
        row.alipay_trans_id: row.amount_minor for row in rows_of(Path(closed(sold)[0]["path"]))
    }
    path = struck(sold, name)
    assert {row.alipay_trans_id: row.amount_minor for row in rows_of(path)} == right


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        ("gbk", lambda content: "收款".encode("gbk") in content),
        ("crlf", lambda content: content.count(b"\r\n") == content.count(b"\n") == 5),
        ("bom", lambda content: content.startswith(b"\xef\xbb\xbf")),
        ("padded_ids", lambda content: content.count(b" \t|") == 6),
        ("extra_column", lambda content: b"|Voucher_amount\n" in content),
        ("changed_column_order", lambda content: b"\nPayment_time|" in content),
    ],
)
def test_its_bytes_show_it(sold: Merchant, name: str, shows: Callable[[bytes], bool]) -> None:
    assert shows(struck(sold, name).read_bytes())


def test_chinese_names_are_written_in_gbk_as_they_are(hk_shop: Merchant) -> None:
    paid(hk_shop, f"{FRIDAY}T10:00:00")
    [row] = rows_of(struck(hk_shop, "gbk"))
    assert (row.secondary_merchant_name, row.remark) == ("海旁麵家", "")


def test_so_many_bytes_are_cut(sold: Merchant) -> None:
    whole = len(Path(closed(sold)[0]["path"]).read_bytes())
    assert len(struck(sold, "cut_file", value="100").read_bytes()) == whole - 100


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("row_missing", [200, 300]),
        ("unknown_row", [100, 200, 300, 7770]),
        ("duplicate_row", [100, 100, 200, 300]),
        ("conflicting_duplicate", [100, 200, 200, 300]),
        ("amount_changed", [200, 200, 300]),
    ],
)
def test_rows_differ_in_a_file_that_is_sound(
    sold: Merchant, name: str, expected: list[int]
) -> None:
    assert amounts(struck(sold, name, **seed_of(sold, "1.00"))) == expected


def seed_of(shop: Merchant, amount: str) -> dict[str, int]:
    """The seed that strikes the payment of this amount."""
    in_order = sorted(shop.books("trades"), key=lambda trade: trade["trade_no"])
    return {"seed": [trade["amount"] for trade in in_order].index(amount)}


def test_without_a_seed_the_first_row_by_its_id_is_struck(sold: Merchant) -> None:
    struck(sold, "row_missing")
    first = min(trade["trade_no"] for trade in sold.books("trades"))
    assert seeded(sold)[0]["transaction_id"] == first


def test_a_payment_nobody_made_has_numbers_nobody_knows(sold: Merchant) -> None:
    path = struck(sold, "unknown_row", value="5.55")
    known = {trade["trade_no"] for trade in sold.books("trades")}
    [row] = [row for row in rows_of(path) if row.alipay_trans_id not in known]
    assert (row.kind, row.amount_minor, row.fee_minor) == (Kind.PAYMENT, 555, 3)


def test_a_changed_fee_is_told_with_what_stood_there(sold: Merchant) -> None:
    path = struck(sold, "fee_changed", value="0.07", **seed_of(sold, "3.00"))
    assert [row.fee_minor for row in rows_of(path)][-1] == 9
    [kept] = seeded(sold)
    assert (kept["before"], kept["after"]) == ({"Charge_amount": "0.02"}, {"Charge_amount": "0.09"})


def test_a_changed_currency_is_told_in_both_columns(sold: Merchant) -> None:
    path = struck(sold, "currency_changed", value="CAD", **seed_of(sold, "1.00"))
    row = rows_of(path)[0]
    assert (row.currency, row.pricing_currency, row.amount_minor) == ("CAD", "CAD", 100)


def test_a_changed_foreign_price_is_converted(shop: Merchant) -> None:
    paid(shop.with_changes(terms=shop.terms | {"currency": "CNY"}), f"{FRIDAY}T10:00:00", "10")
    [row] = rows_of(struck(shop, "amount_changed", value="2"))
    assert (row.pricing_amount_minor, row.amount_minor) == (1200, 8520)


def test_a_row_moves_over_midnight(sold: Merchant) -> None:
    path = struck(sold, "date_drift", **seed_of(sold, "1.00"))
    assert amounts(path) == [200, 300]
    sold.at(f"{SATURDAY}T12:00:00")
    [told] = closed(sold)
    [row] = rows_of(Path(told["path"]))
    assert (row.amount_minor, row.occurred_at.isoformat()) == (
        100,
        f"{SATURDAY}T00:00:05+08:00",
    )


def test_it_stays_moved_when_its_day_is_closed_again(sold: Merchant) -> None:
    struck(sold, "date_drift", **seed_of(sold, "1.00"))
    assert [told["rows"] for told in closed(sold)] == [2]


def test_a_row_is_settled_later(sold: Merchant) -> None:
    path = struck(sold, "late_settlement", MONDAY, **seed_of(sold, "1.00"))
    assert amounts(path) == [200, 300]
    [told] = closed(sold, TUESDAY)
    assert amounts(Path(told["path"])) == [100]


def test_a_row_is_settled_twice(sold: Merchant) -> None:
    closed(sold, MONDAY)
    sold.at(f"{MONDAY}T12:00:00")
    again(sold, "9")
    path = struck(sold, "settled_twice", TUESDAY, **seed_of(sold, "1.00"))
    assert amounts(path) == [100, 900]
    assert [told["kind"] for told in closed(sold, WEDNESDAY)] == []


def test_a_settlement_that_is_not_amount_less_fee(sold: Merchant) -> None:
    path = struck(sold, "batch_sum_wrong", MONDAY)
    assert [row.net_agrees for row in rows_of(path)].count(False) == 1


@pytest.mark.parametrize("style", ["net_negative", "all_negative", "all_positive"])
@pytest.mark.parametrize("name", ["amount_changed", "fee_changed"])
def test_changed_settlement_rows_still_add_up(shop: Merchant, name: str, style: str) -> None:
    terms(shop, fee_rate="0.1", sign_style=style)
    shop.refund(paid(shop, f"{FRIDAY}T10:00:00", "50"), "R1", "30")
    for seed in (0, 1):
        wish(shop, name, kind="settlement", seed=seed)
    [told] = closed(shop, MONDAY)
    rows = rows_of(Path(told["path"]))
    assert all(row.net_agrees for row in rows)
    assert {fault["happening"].split()[0] for fault in seeded(shop)} == {"PAYMENT", "REFUND"}


def test_a_late_file_comes_in_the_next_night(sold: Merchant) -> None:
    wish(sold, "late_file")
    assert closed(sold, FRIDAY) == []
    sold.at(f"{SATURDAY}T12:00:00")
    assert [(told["day"], told["rows"]) for told in closed(sold)] == [(FRIDAY, 3)]
    assert closed(sold) == []


def test_a_late_file_comes_after_hours_by_the_clock(sold: Merchant) -> None:
    wish(sold, "late_file", value="30")
    assert closed(sold, FRIDAY) == []
    sold.at(f"{SATURDAY}T15:59:00")
    assert closed(sold) == []
    sold.at(f"{SATURDAY}T16:00:30")
    assert [told["day"] for told in sold.books("files")] == [FRIDAY]


def test_a_late_file_comes_at_once_if_its_day_is_closed_again(sold: Merchant) -> None:
    wish(sold, "late_file")
    closed(sold, FRIDAY)
    assert [told["rows"] for told in closed(sold, FRIDAY)] == [3]
    assert closed(sold, SATURDAY) == []


def test_a_late_settlement_file_comes_whole(sold: Merchant) -> None:
    wish(sold, "late_file", kind="settlement")
    assert closed(sold, MONDAY) == []
    assert [(told["kind"], told["rows"]) for told in closed(sold, TUESDAY)] == [("settlement", 3)]


def test_what_is_wrong_with_a_late_file_is_wrong_when_it_comes(sold: Merchant) -> None:
    for name in ("row_missing", "late_file"):
        wish(sold, name, day=FRIDAY)
    assert closed(sold, FRIDAY) == []
    assert [kept["name"] for kept in seeded(sold)] == ["late_file"]
    assert [told["rows"] for told in closed(sold, SATURDAY)] == [2]


def test_a_file_that_is_always_late_comes_all_the_same(sold: Merchant) -> None:
    wish(sold, "late_file", times=None)
    assert closed(sold, FRIDAY) == []
    assert [told["day"] for told in closed(sold, SATURDAY)] == [FRIDAY]


def test_nothing_more_is_wrong_with_an_empty_file(sold: Merchant) -> None:
    wish(sold, "row_missing")
    wish(sold, "empty_file")
    assert [told["rows"] for told in closed(sold, FRIDAY)] == [0]
    assert [kept["name"] for kept in seeded(sold)] == ["empty_file"]


def test_no_file_never_comes(sold: Merchant) -> None:
    wish(sold, "no_file")
    assert closed(sold, FRIDAY) == []
    assert closed(sold, SATURDAY) == []
    [kept] = seeded(sold)
    assert (kept["name"], kept["file_name"]) == (
        "no_file",
        f"{GLOBAL_PARTNER}_transaction_20270305.txt",
    )


def test_a_second_delivery_brings_the_row_that_was_missing(sold: Merchant) -> None:
    path = struck(sold, "second_delivery", **seed_of(sold, "1.00"))
    assert amounts(path) == [200, 300]
    closed(sold, SATURDAY)
    assert amounts(path) == [100, 200, 300]
    assert [told["delivery"] for told in sold.books("files")] == [1, 2]


def test_a_fault_strikes_once_and_the_next_delivery_is_right(sold: Merchant) -> None:
    path = struck(sold, "row_missing")
    closed(sold, FRIDAY)
    assert amounts(path) == [100, 200, 300]
    assert len(seeded(sold)) == 1


def test_a_fault_strikes_as_often_as_is_said(sold: Merchant) -> None:
    wish(sold, "row_missing", times=2)
    assert [[told["rows"] for told in closed(sold, FRIDAY)] for _ in range(3)] == [[2], [2], [3]]


def test_a_fault_lasts_until_it_is_switched_off(sold: Merchant) -> None:
    number = wish(sold, "row_missing", times=None)["fault_id"]
    assert [told["rows"] for told in (*closed(sold), *closed(sold))] == [2, 2]
    assert sold.control(f"file_faults/{number}/off").status_code == 200
    assert [told["rows"] for told in closed(sold)] == [3]


def test_a_fault_that_cannot_strike_waits(sold: Merchant) -> None:
    wish(sold, "settled_twice")
    closed(sold, FRIDAY)
    assert (seeded(sold), len(sold.http.get(f"{sold.url}/control/file_faults.json").json())) == (
        [],
        1,
    )


def test_a_fault_waits_for_its_day_and_partner(sold: Merchant) -> None:
    wish(sold, "row_missing", day=SATURDAY, partner_id=GLOBAL_PARTNER)
    assert [told["rows"] for told in closed(sold, FRIDAY)] == [3]
    sold.at(f"{SATURDAY}T12:00:00")
    again(sold, "4")
    again(sold, "5")
    assert [told["rows"] for told in closed(sold)] == [1]


def test_several_faults_strike_different_rows(sold: Merchant) -> None:
    for name in ("row_missing", "amount_changed", "fee_changed"):
        wish(sold, name)
    closed(sold, FRIDAY)
    assert len({fault["transaction_id"] for fault in seeded(sold)}) == 3


def test_the_truth_of_the_rows_is_not_touched_by_faults(sold: Merchant) -> None:
    struck(sold, "amount_changed")
    rows = sold.http.get(f"{sold.url}/books/night.json").json()["rows"]
    assert [row["pricing_amount"] for row in rows] == ["1.00", "2.00", "3.00"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "typhoon"},
        {"name": "row_missing", "times": 0},
        {"name": "row_missing", "times": "often"},
        {"name": "row_missing", "seed": -1},
        {"name": "row_missing", "value": "1"},
        {"name": "row_missing", "day": "soon"},
        {"name": "row_missing", "kind": "summary"},
        {"name": "row_missing", "partner_id": "2088000000000009"},
        {"name": "row_missing", "sed": 1},
        {"name": "settled_twice", "kind": "transaction"},
        {"name": "wrong_count", "kind": "settlement"},
        {"name": "wrong_count", "value": "many"},
        {"name": "amount_changed", "value": "-1"},
        {"name": "late_file", "value": "tomorrow"},
        {"name": "currency_changed", "value": "XXX"},
        {"name": "wrong_partner", "value": "me"},
        {"name": "extra_column", "value": "a|b"},
        {"name": "cut_file", "value": "0"},
        {},
    ],
)
def test_a_fault_that_cannot_be_is_refused(shop: Merchant, body: dict[str, Any]) -> None:
    answer = shop.control("file_faults", **body)
    assert (answer.status_code, answer.json()["error"]) == (400, "BAD_REQUEST")
    assert shop.http.get(f"{shop.url}/control/file_faults.json").json() == []


def test_all_are_switched_off_at_once(shop: Merchant) -> None:
    wish(shop, "row_missing")
    shop.http.delete(f"{shop.url}/control/file_faults")
    assert shop.http.get(f"{shop.url}/control/file_faults.json").json() == []


def test_what_is_not_on_cannot_be_switched_off(shop: Merchant) -> None:
    assert shop.control("file_faults/99/off").status_code == 404


def test_the_page_offers_every_fault_and_shows_what_is_on(shop: Merchant) -> None:
    form = {"name": "row_missing", "value": "", "times": "1", "partner_id": "", "kind": ""}
    shop.http.post(f"{shop.url}/control/file_faults", data=form)
    page = shop.http.get(f"{shop.url}/control/").text
    assert all(f'<option value="{name}">' in page for name in FileFaultName)
    assert "A row is missing</strong>" in page


def test_a_bad_line_is_set_aside_and_the_others_are_read(sold: Merchant) -> None:
    """A currency without decimals cannot hold the cents of a price."""
    again(sold, "1.50")
    path = struck(sold, "currency_changed", value="JPY", **seed_of(sold, "1.50"))
    lines = list(read_statement(path, name=path.name).read())
    assert [type(line) for line in lines].count(Problem) == 1
    assert [type(line) for line in lines].count(Row) == 3


@pytest.mark.parametrize("name", list(FileFaultName))
def test_every_fault_happens_to_hong_kong_too(hk_shop: Merchant, name: str) -> None:
    terms(hk_shop, settlement_rule="daily")
    paid(hk_shop, f"{FRIDAY}T10:00:00")
    closed(hk_shop, SATURDAY)
    hk_shop.at(f"{SATURDAY}T12:00:00")
    again(hk_shop, "4")
    wish(hk_shop, name)
    closed(hk_shop, SATURDAY)
    closed(hk_shop, SUNDAY)
    assert [kept["name"] for kept in seeded(hk_shop)] == [name]


def test_yen_stay_whole(shop: Merchant) -> None:
    yen = {"trans_currency": "JPY", "currency": "JPY"}
    paid(shop.with_changes(terms=shop.terms | yen), f"{FRIDAY}T10:00:00", "1200")
    for name in ("amount_changed", "fee_changed"):
        wish(shop, name)
    [told] = closed(shop)
    [row] = rows_of(Path(told["path"]))
    assert (row.amount_text, row.fee_text) == ("1300", "50")
