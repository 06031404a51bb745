"""What went back of payments, as rows; and reading the files reports are."""

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

from merchant_portal.access import Role
from merchant_portal.models import User
from merchant_portal.reports import services, tasks
from merchant_portal.reports.catalogue import find_report
from merchant_portal.reports.forms import ReportForm
from merchant_portal.reports.models import ReportJob
from merchant_portal.reports.services import Order
from payments import ledger
from payments.models import Cancel, Payment
from payments.states import CancelState
from qrcodes.permissions import principal_of
from refunds.models import Refund
from refunds.states import RefundOrigin, RefundState
from tests import factories

Table = list[dict[str, str]]
_SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def refund(payment: Payment, amount_minor: int, **more: Any) -> Refund:
    """A refund that was asked for an hour after the payment and went its way at once."""
    at = payment.occurred_at + timedelta(hours=1)
    state = more.get("state", RefundState.REFUNDED)
    values = {
        "payment": payment,
        "account": payment.account,
        "origin": RefundOrigin.OURS,
        "partner_refund_id": f"R{Refund.objects.count() + 1:09d}",
        "amount_minor": amount_minor,
        "currency": payment.currency,
        "requested_by_name": "cashier",
        "requested_at": at,
        "state": state,
        "booked_at": at if state == RefundState.REFUNDED else None,
        "next_attempt_at": None if state == RefundState.REFUNDED else at,
    }
    return Refund.objects.create(**(values | more))


def refunded(payment: Payment, amount_minor: int, *, at: datetime) -> Refund:
    """A refund that was booked at an instant."""
    made = refund(payment, amount_minor, booked_at=at)
    ledger.post_refund(payment, made.amount, reference=made.partner_refund_id, occurred_at=at)
    return made


def cancelled(payment: Payment) -> Cancel:
    """The payment undone an hour later."""
    at = payment.occurred_at + timedelta(hours=1)
    ledger.post_cancel(payment, occurred_at=at)
    return Cancel.objects.create(
        payment=payment,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        requested_by_name="cashier",
        requested_at=at,
        settled_at=at,
        deadline_at=at + timedelta(hours=9),
        state=CancelState.DONE,
    )


def last_job() -> ReportJob:
    return ReportJob.objects.latest("pk")


def order(name: str, user: User, **said: object) -> Order:
    """What somebody asks for on a report's page."""
    report, principal = find_report(name), principal_of(user)
    return Order(report, ReportForm(said, report=report, principal=principal).read(), principal)


def made_workbook(name: str, user: User | None = None, **said: object) -> ReportJob:
    """A workbook somebody asked for, as the clock's task made it."""
    who = user or factories.person(Role.FINANCE, name="who asks")
    job = services.request_workbook(order(name, who, **said))
    tasks.make_due_reports()
    job.refresh_from_db()
    return job


def table(content: bytes) -> Table:
    """A CSV file as rows by their headings."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def sheets(path: Path) -> dict[str, list[list[tuple[str, str]]]]:
    """A workbook's sheets by name: rows of cells, each its type and its text."""
    with ZipFile(path) as workbook:
        names = ElementTree.fromstring(workbook.read("xl/workbook.xml"))
        titles = [each.attrib["name"] for each in names.iter(f"{_SPREADSHEET}sheet")]
        return {
            title: _rows(workbook.read(f"xl/worksheets/sheet{number}.xml"))
            for number, title in enumerate(titles, start=1)
        }


def _rows(content: bytes) -> list[list[tuple[str, str]]]:
    return [
        [
            (cell.attrib.get("t", "n"), "".join(cell.itertext()))
            for cell in row.iter(f"{_SPREADSHEET}c")
        ]
        for row in ElementTree.fromstring(content).iter(f"{_SPREADSHEET}row")
    ]
