"""One line per request, and nothing in it that opens a door."""

import logging
import logging.config
import sys

import pytest
from django.conf import settings
from django.test import Client

from merchant_portal.models import User
from qrcodes.models import QRCode

pytestmark = pytest.mark.django_db


def test_a_page_is_logged_by_its_name_and_its_person(
    client: Client, cashier: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "portal.requests")
    client.force_login(cashier)
    client.get("/payments/?q=2020051121001")
    event = caplog.records[-1].msg
    assert event["address"] == "payment_list"
    assert (event["status"], event["user"]) == (200, cashier.pk)
    assert "2020051121001" not in str(event)


def test_a_notification_leaves_neither_key_nor_body_in_the_log(
    client: Client, code: QRCode, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.post(f"/alipay/notify/{code.key}/", {"buyer_login_id": "a***@example.com"})
    assert "alipay_notify" in caplog.text
    assert code.key not in caplog.text
    assert "example.com" not in caplog.text


def test_polls_are_quiet(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "portal.requests")
    client.get("/healthz/")
    assert caplog.records == []


def test_an_exception_is_logged_with_its_lines_but_no_values() -> None:
    secret = "-".join(["not", "to", "be", "seen"])
    formatter = logging.config.DictConfigurator(settings.LOGGING).configure_formatter(
        dict(settings.LOGGING["formatters"]["line"])
    )
    try:
        len(secret) / 0
    except ZeroDivisionError:
        record = logging.LogRecord("t", logging.ERROR, __file__, 1, "broke", (), sys.exc_info())
    line = formatter.format(record)
    assert "ZeroDivisionError" in line
    assert __file__ in line
    assert secret not in line
