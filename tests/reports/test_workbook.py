"""Workbooks: made by a worker, whole or not at all, kept for some days."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from merchant_portal import clock
from merchant_portal.models import User
from merchant_portal.reports import services, tasks
from merchant_portal.reports.models import ReportJob
from merchant_portal.reports.states import FileFormat, JobState
from tests.reports.conftest import PayMaker
from tests.reports.rows import cancelled, last_job, made_workbook, order, sheets

SignIn = Callable[[User], Client]
Export = Callable[..., Path]


def test_a_workbook_has_every_row_and_a_control_sheet(pay: PayMaker) -> None:
    pay(1250)
    pay(2000)
    job = made_workbook("transactions")
    book = sheets(job.path)
    assert list(book) == ["Control", "Rows"]
    assert len(book["Rows"]) == 3
    assert ("inlineStr", job.control["sha256"]) in [cell for row in book["Control"] for cell in row]


def test_an_id_is_a_text_and_an_amount_a_number(pay: PayMaker) -> None:
    payment = pay(1250, buyer="=1+1")
    _heading, row = sheets(made_workbook("transactions").path)["Rows"]
    assert ("inlineStr", payment.alipay_trans_id) in row
    assert ("inlineStr", "=1+1") in row
    assert ("n", "12.5") in row


def test_a_sum_below_zero_is_a_number_on_both_sheets(pay: PayMaker) -> None:
    cancelled(pay(1250))
    book = sheets(made_workbook("ledger").path)
    assert ("n", "-12.5") in book["Rows"][2]
    assert ("n", "-12.5") in [cell for row in book["Control"] for cell in row]


@pytest.mark.parametrize(
    ("payments", "expected"),
    [(3, [3, 2]), (4, [3, 3]), (0, [1])],
    ids=["the last sheet is not full", "every sheet is full", "no row"],
)
def test_rows_that_a_sheet_has_no_room_for_go_onto_the_next(
    payments: int, expected: list[int], pay: PayMaker, finance: User, tmp_path: Path
) -> None:
    for _ in range(payments):
        pay()
    path = tmp_path / "split.xlsx"
    services.write_file(
        order("transactions", finance), path, file_format=FileFormat.XLSX, rows_per_sheet=3
    )
    _control, *rows = sheets(path).values()
    assert [len(each) for each in rows] == expected
    assert len({str(each[0]) for each in rows}) == 1  # the same heading on each


def test_the_command_writes_the_same_rows_as_the_page(
    pay: PayMaker, export: Export, finance: User
) -> None:
    pay()
    theirs = sheets(export("transactions", file_format="xlsx"))
    assert theirs["Rows"] == sheets(made_workbook("transactions", finance).path)["Rows"]


def test_a_workbook_waits_for_the_clock_and_says_so(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay()
    client = signed_in(finance)
    asked = client.post(reverse("report_download", args=["transactions", "xlsx"]))
    page = client.get(asked.headers["Location"]).content.decode()
    assert "Waiting for its turn" in page
    assert 'http-equiv="refresh"' in page
    assert 'hx-trigger="every 2s"' in page


def test_progress_is_seen_while_the_rows_are_written(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay()
    job = services.request_workbook(order("transactions", finance))
    ReportJob.objects.update(state=JobState.RUNNING, rows_total=1_000, rows_done=250)
    page = signed_in(finance).get(job.get_absolute_url(), headers={"HX-Request": "true"})
    assert "250 of 1,000 rows written." in page.content.decode()
    assert "<html" not in page.content.decode()


def test_a_workbook_is_downloaded_under_its_days(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay()
    job = made_workbook("transactions", finance, **{"from": "2026-03-01", "to": "2026-03-31"})
    response = signed_in(finance).get(reverse("report_job_file", args=[job.pk]))
    assert b"".join(response) == job.path.read_bytes()  # type: ignore[call-overload]
    assert "transactions_2026-03-01_2026-03-31.xlsx" in response["Content-Disposition"]


def test_a_workbook_is_taken_away_after_its_days(
    pay: PayMaker, finance: User, signed_in: SignIn, settings: Settings
) -> None:
    pay()
    job = made_workbook("transactions", finance)
    path = job.path
    with time_machine.travel(clock.now() + timedelta(days=settings.REPORT_FILE_DAYS, seconds=1)):
        tasks.make_due_reports()
    assert not path.exists()
    assert (last_job().state, last_job().control["rows"]) == (JobState.EXPIRED, 1)
    page = signed_in(finance).get(reverse("report_job_file", args=[job.pk]))
    assert page.status_code == 404


def test_a_workbook_whose_worker_died_is_made_again(pay: PayMaker, finance: User) -> None:
    pay()
    services.request_workbook(order("transactions", finance))
    ended_at = clock.now() - timedelta(seconds=1)
    ReportJob.objects.update(state=JobState.RUNNING, attempts=1, lease_until=ended_at)
    tasks.make_due_reports()
    assert last_job().state == JobState.READY


def test_a_workbook_that_never_comes_to_its_end_is_given_up(pay: PayMaker, finance: User) -> None:
    services.request_workbook(order("transactions", finance))
    ReportJob.objects.update(attempts=services.MOST_ATTEMPTS)
    tasks.make_due_reports()
    assert (last_job().state, last_job().next_attempt_at) == (JobState.FAILED, None)
    assert "begun several times" in last_job().failure


def test_one_workbook_is_made_at_a_time(pay: PayMaker, finance: User) -> None:
    held = services.request_workbook(order("transactions", finance))
    until = clock.now() + timedelta(seconds=30)
    ReportJob.objects.filter(pk=held.pk).update(state=JobState.RUNNING, lease_until=until)
    services.request_workbook(order("ledger", finance))
    tasks.make_due_reports()
    assert last_job().state == JobState.WAITING


def test_who_may_no_more_gets_no_workbook(pay: PayMaker, finance: User) -> None:
    pay()
    services.request_workbook(order("ledger", finance))
    finance.memberships.all().delete()
    tasks.make_due_reports()
    assert (last_job().state, last_job().has_file) == (JobState.FAILED, False)
    assert "taken back" in last_job().failure


def test_a_disk_that_takes_nothing_is_said(
    pay: PayMaker, finance: User, settings: Settings, tmp_path: Path
) -> None:
    settings.REPORT_FOLDER = tmp_path / "a file"
    settings.REPORT_FOLDER.write_text("in the way")
    services.request_workbook(order("transactions", finance))
    tasks.make_due_reports()
    assert last_job().state == JobState.FAILED
    assert "could not be written" in last_job().failure


def test_a_file_that_vanished_is_not_found(pay: PayMaker, finance: User, signed_in: SignIn) -> None:
    job = made_workbook("transactions", finance)
    job.path.unlink()
    response = signed_in(finance).get(reverse("report_job_file", args=[job.pk]))
    assert response.status_code == 404


def test_a_download_nobody_takes_any_more_is_given_up(pay: PayMaker, finance: User) -> None:
    _job, chunks = services.open_download(order("transactions", finance))
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        tasks.make_due_reports()
    assert last_job().state == JobState.FAILED
    b"".join(chunks)  # somebody does after all
    assert (last_job().state, last_job().failure) == (JobState.READY, "")
