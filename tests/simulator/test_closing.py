"""Closing days: the contract's terms, by the clock, on the page, without a server."""

import json
import re
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from merchant_portal.simulator import clockwork, night, trading
from merchant_portal.simulator.books import Books
from merchant_portal.simulator.contracts import partner_from
from merchant_portal.simulator.records import Code
from merchant_portal.simulator.trading import Purchase

from .files import FRIDAY, MONDAY, SATURDAY, closed, paid, rows_of, terms
from .wire import GLOBAL_PARTNER, GLOBAL_TERMS, HK_PARTNER, Merchant


def test_without_a_word_the_usual_terms_hold(shop: Merchant) -> None:
    [partner] = shop.books("partners")
    assert partner["terms"] | {"files_folder": ""} == {
        "partner_id": GLOBAL_PARTNER,
        "settlement_currency": "",
        "fee_rate": "0",
        "fee_back": "in_proportion",
        "settlement_minimum": "0",
        "settlement_rule": "working_days",
        "holidays": [],
        "idle_files": False,
        "sign_style": "net_negative",
        "portal_refund_ids": "own",
        "files_folder": "",
        "automatic_files": False,
        "cny_rates": {},
        "item_family": "A1",
        "item_units": "major",
        "item_refund_ids": "own",
    }


def test_terms_keep_what_is_not_named(shop: Merchant) -> None:
    terms(shop, fee_rate="0.006", cny_rates={"USD": {FRIDAY: "7"}})
    kept = terms(shop, idle_files=True, cny_rates={"USD": {SATURDAY: "7.2"}})
    assert (kept["fee_rate"], kept["idle_files"]) == ("0.006", True)
    assert kept["cny_rates"] == {"USD": {FRIDAY: "7.00000000", SATURDAY: "7.20000000"}}


@pytest.mark.parametrize(
    "wish",
    [
        {"partner_id": "2088000000000009"},
        {"fee_rate": "0.6 %"},
        {"fee_rate": "1"},
        {"fee_rate": "0.0000000001"},
        {"fee_back": "some"},
        {"settlement_minimum": "-1"},
        {"settlement_rule": "never"},
        {"sign_style": "red"},
        {"portal_refund_ids": "none"},
        {"settlement_currency": "XXX"},
        {"holidays": ["Christmas"]},
        {"cny_rates": "7.1"},
        {"cny_rates": {"USD": "7.1"}},
        {"cny_rates": {"USD": {FRIDAY: "0"}}},
        {"cny_rates": {"USD": {"today": "7.1"}}},
        {"files_folder": "/dev/null"},
        {"discount": "1"},
    ],
)
def test_terms_that_cannot_be_are_refused(shop: Merchant, wish: dict[str, object]) -> None:
    response = shop.control("terms", **({"partner_id": GLOBAL_PARTNER} | wish))
    assert (response.status_code, response.json()["error"]) == (400, "BAD_REQUEST")
    assert shop.books("partners")[0]["terms"]["fee_rate"] == "0"


def test_files_go_where_the_terms_say(shop: Merchant, tmp_path: Path) -> None:
    folder = tmp_path / "from Alipay"
    terms(shop, files_folder=str(folder))
    paid(shop, f"{FRIDAY}T10:00:00")
    [told] = closed(shop)
    assert [each.name for each in folder.iterdir()] == [told["name"]]


def test_files_do_not_come_by_themselves(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    shop.at(f"{MONDAY}T12:00:00")
    assert shop.books("files") == []


def test_they_do_if_the_terms_say_so_at_half_past_nine(shop: Merchant) -> None:
    shop.at(f"{FRIDAY}T08:00:00")
    terms(shop, automatic_files=True)
    paid(shop, f"{FRIDAY}T10:00:00")
    shop.at(f"{SATURDAY}T09:29:00")
    assert shop.books("files") == []
    shop.at(f"{SATURDAY}T09:30:01")
    assert [told["day"] for told in shop.books("files")] == [FRIDAY]


def test_a_clock_that_leaps_closes_every_day_in_between_once(shop: Merchant) -> None:
    shop.at(f"{FRIDAY}T12:00:00")
    terms(shop, automatic_files=True)
    trade = paid(shop, f"{FRIDAY}T13:00:00")
    shop.at(f"{SATURDAY}T13:00:00")
    shop.refund(trade, "R1", "4", is_sync="N")
    shop.at("2027-03-09T12:00:00")
    shop.at("2027-03-09T13:00:00")
    assert [(told["kind"], told["day"], told["rows"]) for told in shop.books("files")] == [
        ("transaction", FRIDAY, 1),
        ("transaction", SATURDAY, 1),
        ("settlement", MONDAY, 2),
    ]


def test_the_books_tell_every_row_that_belongs_to_a_day(shop: Merchant) -> None:
    terms(shop, fee_rate="0.01")
    trade = paid(shop, f"{FRIDAY}T10:00:00")
    shop.refund(trade, "R1", "4")
    told = shop.http.get(f"{shop.url}/books/night.json?day={FRIDAY}").json()["rows"]
    assert [(row["kind"], row["pricing_amount"], row["fee"], row["net"]) for row in told] == [
        ("PAYMENT", "10.00", "0.10", "9.90"),
        ("REFUND", "4.00", "0.04", "-3.96"),
    ]
    assert {row["settled_on"] for row in told} == {None}


def test_the_books_tell_when_a_row_was_settled(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    closed(shop, MONDAY)
    [row] = shop.http.get(f"{shop.url}/books/night.json").json()["rows"]
    assert (row["day"], row["settled_on"]) == (FRIDAY, MONDAY)


def test_other_partners_and_days_are_left_out_of_the_answer(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    for query in (f"partner_id={HK_PARTNER}", f"day={SATURDAY}"):
        assert shop.http.get(f"{shop.url}/books/night.json?{query}").json()["rows"] == []


def test_a_button_runs_the_night_and_shows_its_files(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    assert "Run the night" in shop.http.get(f"{shop.url}/control/").text
    answer = shop.http.post(f"{shop.url}/control/night", data={"day": FRIDAY, "partner_id": ""})
    [address] = re.findall(r'href="(/files/[0-9]+/[^"?]+)"', answer.text)
    assert shop.http.get(shop.url + address).text.startswith(f"Partner:{GLOBAL_PARTNER}|")


def test_a_file_can_be_kept(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    [told] = closed(shop)
    address = f"{shop.url}/files/{GLOBAL_PARTNER}/{told['name']}?download"
    answer = shop.http.get(address)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{told["name"]}"'
    assert answer.content == Path(told["path"]).read_bytes()


def test_the_page_lists_every_file_once_in_its_last_delivery(shop: Merchant) -> None:
    assert "No files yet" in shop.http.get(f"{shop.url}/files/").text
    paid(shop, f"{FRIDAY}T10:00:00")
    closed(shop)
    [told] = closed(shop)
    listed = shop.http.get(f"{shop.url}/files/").text
    assert listed.count(f">{told['name']}<") == 1
    assert "delivery 2" in listed


@pytest.mark.parametrize("name", ["none.txt", "..%2Fbooks.sqlite3", "%2e%2e/x.txt"])
def test_a_file_nobody_wrote_is_not_there(shop: Merchant, name: str) -> None:
    assert shop.http.get(f"{shop.url}/files/{GLOBAL_PARTNER}/{name}").status_code == 404


def test_a_night_without_anything_says_so_on_the_page(shop: Merchant) -> None:
    answer = shop.http.post(f"{shop.url}/control/night", data={"day": ""})
    assert "nothing happened" in answer.text


def test_a_wrong_day_is_answered_on_the_page(shop: Merchant) -> None:
    answer = shop.http.post(f"{shop.url}/control/night", data={"day": "soon"})
    assert (answer.status_code, "YYYY-MM-DD" in answer.text) == (400, True)


def test_terms_are_changed_by_a_form_and_shown(shop: Merchant) -> None:
    terms(shop, idle_files=True)
    form = {"partner_id": GLOBAL_PARTNER, "fee_rate": "0.006", "fee_back": "", "idle_files": ""}
    shop.http.post(f"{shop.url}/control/terms", data=form)
    page = shop.http.get(f"{shop.url}/control/").text
    assert "fee 0.006" in page
    assert "a file on idle days too" in page


@pytest.mark.parametrize("path", ["control/night", "control/terms", "control/file_faults"])
def test_what_changes_something_is_posted_to(shop: Merchant, path: str) -> None:
    assert shop.http.get(f"{shop.url}/{path}").status_code == 405


@pytest.mark.parametrize("path", ["files/", "books/files.json", "books/night.json"])
def test_what_is_only_read_is_not(shop: Merchant, path: str) -> None:
    assert shop.http.post(f"{shop.url}/{path}").status_code == 405


def test_a_reset_takes_the_files_away(shop: Merchant) -> None:
    paid(shop, f"{FRIDAY}T10:00:00")
    [told] = closed(shop)
    shop.control("reset")
    assert not Path(told["path"]).exists()


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Books in a file, of one partner with one code, on a Friday morning."""
    kept = Books(tmp_path / "books.sqlite3")
    kept.add(partner_from({"partner_id": GLOBAL_PARTNER}, None))
    code = Code(
        qrcode="https://qr.alipay.com/one",
        partner_id=GLOBAL_PARTNER,
        secondary_merchant_id="M0001",
        store_key="S0001",
        with_fee=0,
        state="ACTIVE",
        biz_data=json.dumps(GLOBAL_TERMS),
        notify_url="",
        charset="UTF-8",
        created_at=0,
    )
    kept.add(code)
    clockwork.move_to(kept, datetime.fromisoformat(f"{FRIDAY}T10:00:00+08:00"))
    yield kept
    kept.close()


def test_without_a_server_it_closes_a_busy_day_quickly(books: Books, tmp_path: Path) -> None:
    with books.transaction():
        for _ in range(2000):
            trading.pay(books, Purchase("one", "12.50"))
    began = time.monotonic()
    night.close_day(books, folder=tmp_path)
    [settled] = night.close_day(books, day=date.fromisoformat(MONDAY), folder=tmp_path)
    assert time.monotonic() - began < 5
    assert len(rows_of(Path(settled.path))) == 2000


def test_files_of_books_in_a_file_lie_beside_it(books: Books, tmp_path: Path) -> None:
    trading.pay(books, Purchase("one", "12.50"))
    [filed] = night.close_day(books)
    assert Path(filed.path).parent == tmp_path / "statements" / GLOBAL_PARTNER
