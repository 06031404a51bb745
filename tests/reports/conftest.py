"""Payments, what went back of them, and their entries, as rows that reports read."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from payments import ledger
from payments.models import Payment
from payments.states import PaymentState, Product
from qrcodes.models import Counter

#: A Wednesday noon in New York, where the test shop stands.
NOON = datetime(2026, 3, 18, 16, 0, tzinfo=UTC)

PayMaker = Callable[..., Payment]


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Workbooks of tests stay among the tests."""
    settings.REPORT_FOLDER = tmp_path / "reports"
    return tmp_path


@pytest.fixture
def pay(account: Account, counter: Counter) -> PayMaker:
    """Makes payments at the counter, all of one instant, booked."""

    def make(amount_minor: int = 1250, **more: Any) -> Payment:
        number = Payment.objects.count() + 1
        at = more.pop("at", NOON)
        values = {
            "account": account,
            "product": Product.MERCHANT_QR,
            "store": counter.store,
            "counter": counter,
            "alipay_trans_id": f"20260318220011110000{number:08d}",
            "partner_trans_id": f"0077{number:08d}",
            "amount_minor": amount_minor,
            "currency": "USD",
            "state": PaymentState.PAID,
            "paid_at": at,
            "occurred_at": at,
            "first_heard_at": at,
        }
        payment = Payment.objects.create(**(values | more))
        if payment.state == PaymentState.PAID:
            ledger.post_payment(payment, occurred_at=at)
        return payment

    return make


@pytest.fixture
def download(finance: User, client: Client) -> Callable[..., bytes]:
    """What finance downloads of a report, with a filter."""

    def take(name: str, **asked: object) -> bytes:
        client.force_login(finance)
        response = client.get(f"/reports/{name}/csv/", asked)
        assert response.status_code == 200
        return b"".join(response)  # type: ignore[call-overload, no-any-return]

    return take


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Path]:
    """The file that the command writes."""

    def write(name: str, *options: str, file_format: str = "csv") -> Path:
        path = tmp_path / f"{name}.{file_format}"
        call_command("export_report", name, "--format", file_format, "--output", path, *options)
        return path

    return write
