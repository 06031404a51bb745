"""The control sheet: what a file holds, provably."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from merchant_portal.models import User
from merchant_portal.reports import services
from merchant_portal.reports.states import JobState
from payments.models import LedgerEntry, Payment
from payments.states import PaymentState
from tests.architecture.source import ROOT
from tests.reports.conftest import NOON, PayMaker
from tests.reports.rows import last_job, order, refunded, table

Download = Callable[..., bytes]
Export = Callable[..., Path]


def test_the_digest_is_that_of_the_file(pay: PayMaker, download: Download) -> None:
    pay()
    content = download("transactions")
    assert last_job().control["sha256"] == hashlib.sha256(content).hexdigest()


def test_sums_are_per_currency_and_state(pay: PayMaker, download: Download) -> None:
    pay(1250)
    pay(50)
    pay(700, currency="JPY")
    pay(state=PaymentState.CLOSED, paid_at=None)
    download("transactions")
    assert last_job().control["totals"] == [
        ["Closed unpaid", "USD", "1", "12.50", "0.00", "0.00"],
        ["Paid", "JPY", "1", "700", "0", "0"],
        ["Paid", "USD", "2", "13.00", "0.00", "0.00"],
    ]


def test_the_filter_is_said_in_words(pay: PayMaker, download: Download) -> None:
    store = pay().store
    assert store is not None
    download("transactions", **{"from": "2026-03-01", "to": "2026-03-31", "store": store.pk})
    control = last_job().control
    assert control["filter"] == [["Days", "2026-03-01 to 2026-03-31"], ["Store", store.name]]
    assert control["time_zone"] == "America/New_York"


def test_it_says_who_when_and_how_far_the_ledger_was(pay: PayMaker, download: Download) -> None:
    pay()
    download("ledger")
    control = last_job().control
    assert control["made_by"] == "finance"
    assert control["made_at"].endswith("+08:00")
    assert control["ledger_watermark"] == LedgerEntry.objects.latest("pk").pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="In memory a reader locks writers out.")
def test_a_payment_that_arrives_meanwhile_is_in_neither_rows_nor_sums(
    pay: PayMaker, finance: User
) -> None:
    pay(1250)
    job, chunks = services.open_download(order("transactions", finance))
    heading = next(chunks)
    before = LedgerEntry.objects.latest("pk").pk
    pay(99_00)
    rows = table(heading + b"".join(chunks))
    job.refresh_from_db()
    assert [row["Amount"] for row in rows] == ["12.50"]
    assert job.control["totals"] == [["Paid", "USD", "1", "12.50", "0.00", "0.00"]]
    assert job.control["ledger_watermark"] == before


def test_an_entry_that_is_booked_meanwhile_waits_for_no_reader(tmp_path: Path) -> None:
    environment = os.environ | {"DATABASE_URL": "", "VAR_DIR": str(tmp_path), "REDIS_URL": ""}
    told = subprocess.run(
        [sys.executable, "-m", "tests.reports.one_instant"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "['first'] 2"


def test_a_download_that_is_cut_is_no_file(pay: PayMaker, finance: User) -> None:
    pay()
    job, chunks = services.open_download(order("transactions", finance))
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    job.refresh_from_db()
    assert (job.state, job.control) == (JobState.FAILED, {})
    assert "before its last row" in job.failure


def test_a_control_sheet_goes_with_a_csv_file(
    pay: PayMaker, download: Download, client: Client
) -> None:
    pay()
    download("transactions")
    response = client.get(f"/reports/jobs/{last_job().pk}/control/")
    assert "transactions.control.csv" in response["Content-Disposition"]
    assert last_job().control["sha256"] in response.content.decode("utf-8-sig")


def test_the_command_writes_the_control_sheet_beside_the_file(
    pay: PayMaker, export: Export
) -> None:
    pay()
    path = export("transactions")
    sheet = path.with_name("transactions.control.csv").read_text("utf-8-sig")
    assert f"SHA-256 of the rows as CSV,{hashlib.sha256(path.read_bytes()).hexdigest()}" in sheet
    assert "Paid,USD,1,12.50,0.00,0.00" in sheet


def test_the_command_tells_the_control_sheet_as_json(
    pay: PayMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pay()
    path = tmp_path / "ledger.csv"
    call_command("export_report", "ledger", "--format=csv", f"--output={path}", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["control_file"]) == (1, str(tmp_path / "ledger.control.csv"))


def test_sums_below_zero_stay_numbers_in_the_sheet(
    pay: PayMaker, download: Download, client: Client
) -> None:
    payment: Payment = pay(1250)
    refunded(payment, 1250, at=NOON + timedelta(days=3))
    download("takings", **{"from": "2026-03-20"})
    sheet = client.get(f"/reports/jobs/{last_job().pk}/control/").content.decode("utf-8-sig")
    assert "USD,1,0,0.00,12.50,-12.50" in sheet
