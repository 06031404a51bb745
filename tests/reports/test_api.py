"""Reports over the API: the same numbers, the same files."""

from collections.abc import Callable

import pytest
from django.test import Client

from merchant_portal.access import Role
from merchant_portal.reports import tasks
from qrcodes.models import Store
from tests.api.conftest import (
    MakeProgram,
    Program,
    at_store,
    everywhere,
    nobody,
    program,
    stranger,
)
from tests.reports.conftest import PayMaker
from tests.reports.rows import last_job, table

__all__ = ["at_store", "everywhere", "nobody", "program", "stranger"]

Download = Callable[..., bytes]


def test_the_catalogue_names_what_the_key_may_have(everywhere: Program, at_store: Program) -> None:
    all_names = [each["name"] for each in everywhere.get("reports/").json()]
    own_names = [each["name"] for each in at_store.get("reports/").json()]
    assert set(all_names) - set(own_names) == {"ledger", "open-items"}


def test_the_numbers_come_before_the_file(pay: PayMaker, everywhere: Program) -> None:
    pay(1250)
    shown = everywhere.get("reports/transactions/", state="PAID").json()
    assert (shown["rows"], shown["totals"]) == (1, [["Paid", "USD", "1", "12.50", "0.00", "0.00"]])
    assert shown["first_rows"][0]["alipay_trans_id"] == "2026031822001111000000000001"


def test_the_file_is_the_pages(pay: PayMaker, everywhere: Program, download: Download) -> None:
    pay()
    content = b"".join(everywhere.get("reports/transactions/csv/"))
    assert content == download("transactions")


def test_a_workbook_is_asked_for_and_fetched(pay: PayMaker, at_store: Program) -> None:
    pay()
    asked = at_store.post("reports/transactions/xlsx/")
    assert (asked.status_code, asked.json()["state"]) == (202, "WAITING")
    tasks.make_due_reports()
    job = at_store.get(f"reports/jobs/{asked.json()['id']}/").json()
    assert (job["state"], job["control"]["rows"]) == ("READY", 1)
    assert b"".join(at_store.get(f"reports/jobs/{job['id']}/file/")).startswith(b"PK")


def test_another_programs_file_is_not_there(
    pay: PayMaker, at_store: Program, stranger: Program
) -> None:
    pk = at_store.post("reports/transactions/xlsx/").json()["id"]
    assert stranger.get(f"reports/jobs/{pk}/").status_code == 404
    assert stranger.get("reports/jobs/").json()["results"] == []


def test_a_stranger_gets_no_row_of_this_store(pay: PayMaker, stranger: Program) -> None:
    pay()
    assert table(b"".join(stranger.get("reports/transactions/csv/"))) == []


@pytest.mark.parametrize(
    ("said", "field"),
    [({"from": "yesterday"}, "from"), ({"colour": "red"}, "colour"), ({"by": "hour"}, "by")],
)
def test_what_is_no_filter_is_refused_by_name(
    said: dict[str, str], field: str, everywhere: Program
) -> None:
    answer = everywhere.get("reports/takings/csv/", **said)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


def test_a_report_that_is_not_there_is_404(everywhere: Program) -> None:
    assert everywhere.get("reports/nothing/").status_code == 404


def test_the_ledger_is_closed_to_a_stores_key(at_store: Program) -> None:
    assert at_store.get("reports/ledger/csv/").status_code == 403


@pytest.mark.parametrize("path", ["reports/", "reports/transactions/csv/", "reports/jobs/"])
def test_without_a_key_nothing_opens(path: str, nobody: Program) -> None:
    assert nobody.get(path).status_code == 401


@pytest.mark.parametrize("path", ["reports/", "reports/transactions/", "reports/transactions/csv/"])
def test_a_door_to_read_takes_no_post(path: str, everywhere: Program) -> None:
    assert everywhere.post(path).status_code == 405


def test_a_cashiers_key_has_no_reports(program: MakeProgram, store: Store) -> None:
    assert program(Role.CASHIER, store=store).get("reports/").status_code == 403


def test_a_control_sheet_waits_for_the_last_row(
    pay: PayMaker, everywhere: Program, client: Client
) -> None:
    pk = everywhere.post("reports/transactions/xlsx/").json()["id"]
    assert everywhere.get(f"reports/jobs/{pk}/control/").status_code == 404
    tasks.make_due_reports()
    told = everywhere.get(f"reports/jobs/{pk}/control/").content.decode("utf-8-sig")
    assert last_job().control["sha256"] in told
