"""CSV files: every row is there, and no spreadsheet harms a cell."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from merchant_portal.models import User
from merchant_portal.reports import cells, services
from merchant_portal.reports.catalogue import CATALOGUE
from merchant_portal.reports.cells import Style
from payments.states import PaymentState, Question
from qrcodes.models import Counter
from tests.reports.conftest import PayMaker
from tests.reports.rows import cancelled, last_job, made_workbook, order, table

Download = Callable[..., bytes]
Export = Callable[..., Path]


def test_every_payment_is_a_row(pay: PayMaker, download: Download) -> None:
    pay(1250)
    pay(2000)
    assert [row["Amount"] for row in table(download("transactions"))] == ["12.50", "20.00"]


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_report_without_rows_has_its_headings(name: str, db: None, download: Download) -> None:
    content = download(name)
    assert content.decode().count("\n") == 1
    assert last_job().control["rows"] == 0


def test_excel_is_told_that_it_is_utf_8(pay: PayMaker, download: Download) -> None:
    pay(buyer="陳*文")
    content = download("transactions")
    assert content.startswith(b"\xef\xbb\xbf")
    assert table(content)[0]["Buyer"] == "陳*文"


def test_an_id_keeps_all_its_digits_and_its_noughts(pay: PayMaker, download: Download) -> None:
    payment = pay()
    row = table(download("transactions"))[0]
    assert row["Alipay number"] == f"{payment.alipay_trans_id}\t"
    assert row["Merchant order number"] == "007700000001\t"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_no_cell_is_a_formula(sign: str, pay: PayMaker, download: Download) -> None:
    pay(buyer=f'{sign}HYPERLINK("http://x.example")')
    cell = table(download("transactions"))[0]["Buyer"]
    assert cell == f'\'{sign}HYPERLINK("http://x.example")'


def test_an_id_is_no_formula_either(pay: PayMaker, download: Download) -> None:
    pay(partner_trans_id="=1+1")
    assert table(download("transactions"))[0]["Merchant order number"] == "'=1+1\t"


def test_a_negative_number_stays_a_number(pay: PayMaker, download: Download) -> None:
    cancelled(pay(1250))
    rows = table(download("ledger"))
    assert [row["Owed by Alipay"] for row in rows] == ["12.50", "-12.50"]


def test_a_yen_has_no_decimals(pay: PayMaker, download: Download) -> None:
    pay(1250, currency="JPY")
    row = table(download("transactions"))[0]
    assert (row["Amount"], row["Currency"]) == ("1250", "JPY")


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/New_York", "2026-03-18T12:00:00-04:00"),
        ("Asia/Kolkata", "2026-03-18T21:30:00+05:30"),
        ("UTC", "2026-03-18T16:00:00+00:00"),
    ],
)
def test_a_time_names_its_zone(
    zone: str, expected: str, pay: PayMaker, counter: Counter, download: Download
) -> None:
    counter.store.time_zone = zone
    counter.store.save()
    pay()
    assert table(download("transactions"))[0]["Time"] == expected


def test_a_quote_a_comma_and_a_line_break_stay_in_their_cell(
    pay: PayMaker, download: Download
) -> None:
    pay(buyer='a "b", c\nd')
    assert table(download("transactions"))[0]["Buyer"] == 'a "b", c\nd'


def test_words_are_in_the_language_of_who_reads(
    pay: PayMaker, finance: User, client: Client
) -> None:
    pay()
    client.force_login(finance)
    b"".join(client.get("/reports/transactions/csv/", headers={"Accept-Language": "zh-hans"}))
    assert last_job().language == "zh-hans"


@pytest.fixture
def odd_payments(pay: PayMaker) -> None:
    """Whatever could be written in two ways."""
    pay(1, buyer='=1,"x"\r\n陳')
    pay(100_000, currency="JPY", state=PaymentState.CLOSED, paid_at=None)
    pay(question=Question.AMOUNT_DIFFERS, at=datetime(2026, 7, 1, 3, 4, 5, 678_900, tzinfo=UTC))
    pay(store=None, counter=None, alipay_trans_id="", partner_trans_id="-1")


@pytest.mark.parametrize("name", ["transactions", "ledger", "open-items", "takings"])
def test_python_writes_what_postgresql_writes(name: str, odd_payments: None, finance: User) -> None:
    wanted = order(name, finance)
    now = datetime(2026, 8, 1, 3, 4, 5, tzinfo=UTC)
    with services.opened(wanted, now=now) as reading:
        _heading, *copied = [chunk for chunk, _rows in reading.csv()]
        write = cells.row_writer(reading.columns, Style(ZoneInfo(wanted.asked.zone), now))
        written = [cells.line(write(row)).encode() for row in reading.rows()]
    assert b"".join(written) == b"".join(copied)
    assert written


def test_a_workbook_has_the_digest_of_the_csv_file(odd_payments: None, download: Download) -> None:
    content = download("transactions")
    assert made_workbook("transactions").control["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_command_writes_what_the_page_gives(
    pay: PayMaker, download: Download, export: Export
) -> None:
    pay(1250)
    pay(2000, at=datetime(2026, 4, 1, 12, tzinfo=UTC))
    days = {"from": "2026-03-01", "to": "2026-03-31"}
    content = download("transactions", **days, state="PAID")
    path = export("transactions", "--from=2026-03-01", "--to=2026-03-31", "--state=PAID")
    assert path.read_bytes() == content
    assert len(table(content)) == 1
