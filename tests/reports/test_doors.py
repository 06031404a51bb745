"""Every door of the reports: works, wrong method, outsider, signed out; wrong names and filters."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.models import User
from merchant_portal.reports.catalogue import CATALOGUE
from merchant_portal.reports.models import ReportJob
from tests.reports.conftest import PayMaker
from tests.reports.rows import made_workbook, table

SignIn = Callable[[User], Client]
CSV = reverse("report_download", args=["transactions", "csv"])
XLSX = reverse("report_download", args=["transactions", "xlsx"])
SHOW = reverse("report_show", args=["transactions"])
GETS = [reverse("report_list"), SHOW, CSV]
#: Pages of one file.
OF_JOB = ["report_job", "report_job_file", "report_job_control"]


@pytest.fixture
def job(pay: PayMaker, finance: User) -> ReportJob:
    pay()
    return made_workbook("transactions", finance)


@pytest.mark.parametrize("url", GETS)
def test_a_page_opens_for_a_manager(url: str, manager: User, signed_in: SignIn) -> None:
    response = signed_in(manager).get(url)
    assert response.status_code == 200
    b"".join(response)  # type: ignore[call-overload]


@pytest.mark.parametrize("url", [*GETS, XLSX])
def test_a_page_sends_the_signed_out_to_the_sign_in(url: str, client: Client, db: None) -> None:
    assert client.get(url).headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("url", [*GETS, XLSX])
def test_a_cashier_has_no_reports(url: str, cashier: User, signed_in: SignIn) -> None:
    response = signed_in(cashier).get(url)
    assert response.status_code == 403
    assert "download reports" in response.content.decode()


@pytest.mark.parametrize("url", GETS)
def test_a_page_to_read_takes_no_post(url: str, finance: User, signed_in: SignIn) -> None:
    assert signed_in(finance).post(url).status_code == 405


def test_a_workbook_is_asked_for_by_post_alone(finance: User, signed_in: SignIn) -> None:
    assert signed_in(finance).get(XLSX).status_code == 405
    assert not ReportJob.objects.exists()


@pytest.mark.parametrize("name", ["ledger", "open-items"])
@pytest.mark.parametrize("door", ["report_show", "csv", "xlsx"])
def test_what_belongs_to_no_store_is_closed_to_a_manager(
    name: str, door: str, manager: User, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    match door:
        case "report_show":
            response = client.get(reverse("report_show", args=[name]))
        case "csv":
            response = client.get(reverse("report_download", args=[name, "csv"]))
        case _:
            response = client.post(reverse("report_download", args=[name, "xlsx"]))
    assert response.status_code == 403
    assert not ReportJob.objects.exists()


@pytest.mark.parametrize("name", ["transactions", "refunds-and-cancels", "takings"])
def test_an_outsider_finds_nothing_of_this_store(
    name: str, pay: PayMaker, outsider: User, signed_in: SignIn
) -> None:
    pay()
    response = signed_in(outsider).get(reverse("report_download", args=[name, "csv"]))
    assert table(b"".join(response)) == []  # type: ignore[call-overload]


def test_a_manager_finds_no_payment_of_another_store_nor_one_of_none(
    pay: PayMaker, outsider: User, manager: User, signed_in: SignIn
) -> None:
    ours = pay()
    there = outsider.memberships.get().stores.get()
    pay(store=there, counter=None)
    pay(store=None, counter=None)
    rows = table(b"".join(signed_in(manager).get(CSV)))  # type: ignore[call-overload]
    assert [row["Payment"] for row in rows] == [str(ours.pk)]


def test_another_store_cannot_be_filtered_for(
    outsider: User, manager: User, signed_in: SignIn
) -> None:
    there = outsider.memberships.get().stores.get()
    assert signed_in(manager).get(CSV, {"store": there.pk}).status_code == 400


@pytest.mark.parametrize("name", OF_JOB)
def test_a_file_opens_for_who_asked_for_it(
    name: str, job: ReportJob, finance: User, signed_in: SignIn
) -> None:
    response = signed_in(finance).get(reverse(name, args=[job.pk]))
    assert response.status_code == 200
    assert b"".join(response)  # type: ignore[call-overload]


@pytest.mark.parametrize("name", OF_JOB)
def test_a_file_is_not_there_for_others(
    name: str, job: ReportJob, manager: User, signed_in: SignIn
) -> None:
    assert signed_in(manager).get(reverse(name, args=[job.pk])).status_code == 404


@pytest.mark.parametrize("name", OF_JOB)
def test_a_file_is_not_shown_to_the_signed_out(name: str, job: ReportJob, client: Client) -> None:
    assert client.get(reverse(name, args=[job.pk])).status_code == 302


@pytest.mark.parametrize("name", OF_JOB)
def test_a_file_takes_no_post(name: str, job: ReportJob, finance: User, signed_in: SignIn) -> None:
    assert signed_in(finance).post(reverse(name, args=[job.pk])).status_code == 405


@pytest.mark.parametrize("door", ["/reports/nothing/", "/reports/nothing/csv/"])
def test_a_report_that_is_not_there_is_404(door: str, finance: User, signed_in: SignIn) -> None:
    assert signed_in(finance).get(door).status_code == 404


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"from": "2026-02-30"}, "valid date"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "The first day is after the last."),
        ({"least": "10"}, "Choose the currency of the amounts."),
        ({"least": "10.50", "currency": "JPY"}, "This currency has no decimals."),
        ({"least": "9", "most": "8", "currency": "USD"}, "The smallest is above the largest."),
        ({"state": "SOLD"}, "SOLD is not one of the available choices"),
        ({"number": "1" * 200}, "at most 160"),
    ],
)
@pytest.mark.parametrize("url", [SHOW, CSV])
def test_a_filter_that_is_none_is_said(
    url: str, said: dict[str, str], told: str, finance: User, signed_in: SignIn
) -> None:
    response = signed_in(finance).get(url, said)
    assert response.status_code == 400
    assert told in response.content.decode()


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_page_shows_the_numbers_of_its_file(
    name: str, pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay()
    page = signed_in(finance).get(reverse("report_show", args=[name]), {"from": "2026-03-01"})
    job = made_workbook(name, finance, **{"from": "2026-03-01"})
    shown = page.context["shown"]
    assert shown.rows == job.control["rows"]
    assert shown.total_lines == job.control["totals"]


def test_takings_open_with_the_groups_they_are_added_up_by(
    finance: User, signed_in: SignIn
) -> None:
    page = signed_in(finance).get(reverse("report_show", args=["takings"]))
    ticked = [each.data["value"] for each in page.context["form"]["by"] if each.data["selected"]]
    assert ticked == ["store", "day"]
