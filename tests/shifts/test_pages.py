"""Shifts and reports on pages: figures first, then a number; each figure leads to its rows."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.models import User
from payments.models import ReportKind, Shift, ShiftAssignment, ZReport
from payments.states import PaymentState
from qrcodes.models import QRCode
from tests import factories
from tests.alipay_side import AlipaySide
from tests.shifts.conftest import NOON, Till, told

SignIn = Callable[[User], Client]


def _page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def at_work(cashier: User, signed_in: SignIn) -> Client:
    """A cashier, signed in."""
    return signed_in(cashier)


@pytest.fixture
def open_shift(till: Till) -> Shift:
    """A shift with two payments and a refund."""
    shift = till.open(0)
    payment = till.pay(1, 1000)
    till.pay(2, 250)
    till.refund(payment, 3, 100)
    return shift


@pytest.fixture
def report(till: Till, open_shift: Shift) -> ZReport:
    return till.close(open_shift, 10)


def test_a_cashier_opens_and_closes_a_shift(till: Till, cashier: User, signed_in: SignIn) -> None:
    client, pk = signed_in(cashier), till.counter.pk
    client.post(reverse("shift_open", args=[pk]), {"note": "Drawer 2"})
    shift = Shift.objects.get()
    assert (shift.opened_by, shift.opening_note) == (cashier, "Drawer 2")
    response = client.post(reverse("shift_close", args=[shift.pk]), {"note": "Quiet"})
    report = ZReport.objects.get()
    assert response.headers["Location"] == report.get_absolute_url()
    assert (report.number, report.note, report.made_by) == (1, "Quiet", cashier)


def test_an_open_shift_shows_its_figures_so_far(
    till: Till, open_shift: Shift, cashier: User, signed_in: SignIn
) -> None:
    with till.at(5):
        page = _page(signed_in(cashier), open_shift.get_absolute_url())
    for shown in ("11.50", "12.50", "1.00 given back", "X-report"):
        assert shown in page


def test_nothing_is_closed_before_it_is_confirmed(
    till: Till, open_shift: Shift, cashier: User, signed_in: SignIn
) -> None:
    with till.at(5):
        page = _page(signed_in(cashier), reverse("shift_close", args=[open_shift.pk]))
    assert "11.50" in page
    assert not ZReport.objects.exists()


def test_a_second_closing_is_told_who_was_first(
    till: Till, report: ZReport, open_shift: Shift, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    page = client.post(reverse("shift_close", args=[open_shift.pk]), follow=True)
    assert "was closed already, by a test" in page.content.decode()
    assert ZReport.objects.count() == 1


def test_a_second_opening_is_refused_in_words(
    till: Till, open_shift: Shift, cashier: User, signed_in: SignIn
) -> None:
    url = reverse("shift_open", args=[till.counter.pk])
    page = signed_in(cashier).post(url, {"note": ""}, follow=True).content.decode()
    assert "is open already, in the hands of a test" in page


def test_every_figure_leads_to_the_rows_it_is_made_of(
    report: ZReport, finance: User, signed_in: SignIn
) -> None:
    client = signed_in(finance)
    page = _page(client, report.get_absolute_url())
    links = re.findall(r'href="([^"]*/rows/\?[^"]*)"', page)
    rows = {link: client.get(link.replace("&amp;", "&")).context["rows"] for link in links}
    sums = sorted(sum(row.amount_minor for row in found) for found in rows.values())
    assert sums == sorted(figure.amount_minor for figure in report.figures.all())


def test_every_figure_of_an_open_shift_leads_to_its_rows(
    till: Till, open_shift: Shift, finance: User, signed_in: SignIn
) -> None:
    client = signed_in(finance)
    with till.at(5):
        page = _page(client, open_shift.get_absolute_url())
        links = re.findall(r'href="([^"]*/rows/\?[^"]*)"', page)
        rows = [client.get(link.replace("&amp;", "&")).context["rows"] for link in links]
    sums = sorted(sum(row.amount_minor for row in found) for found in rows)
    assert sums == [-100, 1250]


def test_a_report_tells_what_later_ones_said_of_its_shift(
    till: Till, report: ZReport, finance: User, signed_in: SignIn
) -> None:
    till.pay(5, 777, heard=12)
    later = till.close(till.open(13), 20)
    page = _page(signed_in(finance), report.get_absolute_url())
    assert "Told later" in page
    assert "7.77" in page
    assert "Late for Shift 1" in _page(signed_in(finance), later.get_absolute_url())


def test_a_days_report_shows_its_shifts_and_the_sum(
    till: Till, report: ZReport, finance: User, signed_in: SignIn
) -> None:
    till.pay(15, 300)
    day = till.close_day(30)
    page = _page(signed_in(finance), day.get_absolute_url())
    assert report.get_absolute_url() in page
    assert "14.50" in page
    assert "Outside any shift" in page
    assert "Part of" in _page(signed_in(finance), report.get_absolute_url())


def test_a_manager_closes_the_day_after_seeing_it(
    till: Till, report: ZReport, manager: User, signed_in: SignIn
) -> None:
    client, url = signed_in(manager), reverse("day_close", args=[till.counter.store.pk])
    with till.at(40):
        till.pay(35, 300)
        assert "14.50" in _page(client, url)
        assert "3.00" in _page(client, f"{reverse('day_rows', args=[till.counter.store.pk])}")
        client.post(url, {"note": ""})
    assert ZReport.objects.get(kind=ReportKind.DAY).parts.get().part == report


def test_a_forgotten_day_is_closed_before_today(
    till: Till, report: ZReport, manager: User, signed_in: SignIn
) -> None:
    url = reverse("day_close", args=[till.counter.store.pk])
    with till.at(2 * 24 * 60):
        signed_in(manager).post(url, {"note": ""})
    assert ZReport.objects.get(kind=ReportKind.DAY).business_day == report.business_day


def test_the_day_says_which_shift_is_in_its_way(
    till: Till, open_shift: Shift, manager: User, signed_in: SignIn
) -> None:
    client, url = signed_in(manager), reverse("day_close", args=[till.counter.store.pk])
    with till.at(5):
        assert "Close these shifts first: Shift 1 of Counter 1" in _page(client, url)
        client.post(url, {"note": ""})
    assert not ZReport.objects.exists()


def test_a_stores_reports_come_in_pages(till: Till, finance: User, signed_in: SignIn) -> None:
    for minute in range(0, 102, 2):
        till.close(till.open(minute), minute + 1)
    client, url = signed_in(finance), reverse("z_report_list", args=[till.counter.store.pk])
    first = client.get(url).context["page"]
    second = client.get(url, {"page": first.older}).context["page"]
    numbers = [row.number for row in (*first.rows, *second.rows)]
    assert numbers == list(range(51, 0, -1))


def test_a_manager_moves_a_payment_from_its_page(
    till: Till, open_shift: Shift, manager: User, signed_in: SignIn
) -> None:
    payment = till.pay(-5, 700)
    client, url = signed_in(manager), reverse("payment_shift", args=[payment.pk])
    assert url in _page(client, payment.get_absolute_url())
    response = client.post(url, {"shift": open_shift.pk, "reason": "Opened late"})
    assert response.headers["Location"] == payment.get_absolute_url()
    assert ShiftAssignment.objects.get().shift == open_shift
    page = _page(client, payment.get_absolute_url())
    assert str(open_shift) in page
    assert "moved the payment to another shift" in page


def test_a_move_without_reason_is_refused_at_the_form(
    till: Till, open_shift: Shift, manager: User, signed_in: SignIn
) -> None:
    payment = till.pay(-5)
    url = reverse("payment_shift", args=[payment.pk])
    response = signed_in(manager).post(url, {"shift": open_shift.pk, "reason": ""})
    assert response.status_code == 400
    assert not ShiftAssignment.objects.exists()


def test_the_list_says_in_whose_hands_each_counter_is(
    till: Till, open_shift: Shift, cashier: User, signed_in: SignIn
) -> None:
    factories.counter(till.counter.store, number=2)
    page = _page(signed_in(cashier), reverse("shift_list"))
    assert "a test" in page
    assert "No shift" in page


def test_what_is_paid_now_is_in_the_shift_that_is_open_now(
    code: QRCode,
    alipay: AlipaySide,
    carry: Callable[[], list[str]],
    till: Till,
    at_work: Client,
) -> None:
    at_work.post(reverse("shift_open", args=[till.counter.pk]), {"note": ""})
    alipay.pay(code.value, "12.50")
    carry()
    with time_machine.travel(Shift.objects.get().opened_at + timedelta(minutes=1)):
        at_work.post(reverse("shift_close", args=[Shift.objects.get().pk]), {"note": ""})
    assert told(ZReport.objects.get()) == [("own", 1, 1250)]


# ---- Doors -------------------------------------------------------------------------------------


@pytest.fixture
def addresses(till: Till, report: ZReport) -> dict[str, str]:
    """Every address of the part, with something behind it."""
    shift, store = till.open(20), till.counter.store
    keys = {
        "counter_shift": till.counter.pk,
        "shift_open": till.counter.pk,
        "shift_detail": shift.pk,
        "shift_rows": shift.pk,
        "shift_close": shift.pk,
        "payment_shift": till.made[0].pk,
        "z_report_list": store.pk,
        "day_close": store.pk,
        "day_rows": store.pk,
        "z_report": report.pk,
        "z_report_rows": report.pk,
    }
    return {name: reverse(name, args=[key]) for name, key in keys.items()}


READ = ["counter_shift", "shift_detail", "shift_rows", "z_report_list", "z_report", "z_report_rows"]
WRITE = ["shift_close", "payment_shift", "day_close"]


@pytest.mark.parametrize("name", [*READ, *WRITE, "day_rows"])
def test_a_page_is_not_there_for_an_outsider(
    name: str, addresses: dict[str, str], outsider: User, signed_in: SignIn
) -> None:
    client = signed_in(outsider)
    assert client.get(addresses[name]).status_code == 404


@pytest.mark.parametrize("name", [*WRITE, "shift_open"])
def test_a_verb_is_not_there_for_an_outsider(
    name: str, addresses: dict[str, str], outsider: User, signed_in: SignIn
) -> None:
    assert signed_in(outsider).post(addresses[name], {"note": ""}).status_code == 404


@pytest.mark.parametrize("name", [*READ, *WRITE, "day_rows", "shift_open"])
def test_the_signed_out_are_sent_to_the_sign_in(
    name: str, addresses: dict[str, str], client: Client
) -> None:
    response = client.post(addresses[name]) if name == "shift_open" else client.get(addresses[name])
    assert response.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", [name for name in READ if name != "counter_shift"])
def test_finance_and_auditors_read(
    name: str, addresses: dict[str, str], finance: User, signed_in: SignIn
) -> None:
    assert signed_in(finance).get(addresses[name]).status_code == 200
    auditor = factories.person(Role.AUDITOR)
    assert signed_in(auditor).get(addresses[name]).status_code == 200


@pytest.mark.parametrize("name", [*WRITE, "shift_open"])
def test_finance_neither_opens_nor_closes_nor_moves(
    name: str, addresses: dict[str, str], finance: User, signed_in: SignIn
) -> None:
    assert signed_in(finance).post(addresses[name], {"note": ""}).status_code == 403


@pytest.mark.parametrize("name", ["day_close", "day_rows", "payment_shift"])
def test_a_cashier_neither_closes_days_nor_moves_payments(
    name: str, addresses: dict[str, str], cashier: User, signed_in: SignIn
) -> None:
    assert signed_in(cashier).get(addresses[name]).status_code == 403


@pytest.mark.parametrize("name", READ)
def test_a_page_to_read_takes_no_post(
    name: str, addresses: dict[str, str], manager: User, signed_in: SignIn
) -> None:
    assert signed_in(manager).post(addresses[name]).status_code == 405


def test_opening_is_not_an_address(
    addresses: dict[str, str], cashier: User, signed_in: SignIn
) -> None:
    assert signed_in(cashier).get(addresses["shift_open"]).status_code == 405


def test_a_shift_of_an_unplaced_payment_is_not_there(
    till: Till, administrator: User, signed_in: SignIn
) -> None:
    payment = till.pay(1, store=None, counter=None)
    url = reverse("payment_shift", args=[payment.pk])
    assert signed_in(administrator).get(url).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["?section=x", "?shift=abc", "?page=x", "?currency=USDX", "?shift=99999999999999999999"],
)
def test_nonsense_in_the_address_of_rows_is_no_error(
    query: str, report: ZReport, finance: User, signed_in: SignIn
) -> None:
    url = reverse("z_report_rows", args=[report.pk])
    assert signed_in(finance).get(url + query).status_code == 200


def test_the_pages_say_when_a_payment_is_unknown(
    till: Till, open_shift: Shift, cashier: User, signed_in: SignIn
) -> None:
    till.pay(4, state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    with till.at(5):
        assert "Unknown, or with a question" in _page(
            signed_in(cashier), open_shift.get_absolute_url()
        )
