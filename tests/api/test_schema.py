"""The API's description: valid, complete, kept, and shown without anything from elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import response_schema_conformance

from merchant_portal.models import User
from merchant_portal.wsgi import application
from payments.models import Payment
from qrcodes.models import QRCode
from tests.alipay_side import AlipaySide
from tests.api.conftest import Program
from tests.api.test_payments import payment

__all__ = ["payment"]


def test_the_description_is_valid_and_without_warnings() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_the_description_is_for_those_with_a_key(nobody: Program, at_store: Program) -> None:
    assert nobody.get("schema/").status_code == 401
    assert at_store.get("schema/").status_code == 200


def test_the_page_loads_nothing_from_elsewhere(client: Client, manager: User) -> None:
    client.force_login(manager)
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert "//" not in page.content.decode().replace("<!DOCTYPE", "")
    assert "unsafe" not in page["Content-Security-Policy"]


def test_the_page_is_for_people_who_signed_in(client: Client) -> None:
    assert client.get("/api/v1/docs/").status_code == 302


@contextmanager
def one_connection() -> Iterator[None]:
    """Requests keep the test's own connection, as they do under Django's test client."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def described(everywhere: Program) -> Any:
    """The API as its own description presents it, asked with an administrator's key."""
    with one_connection():
        return schemathesis.openapi.from_wsgi(
            "/api/v1/schema/?format=json", application, headers=everywhere.headers
        )


def test_whatever_is_asked_is_answered_without_a_fault(
    described: Any,
    everywhere: Program,
    payment: Payment,
    code: QRCode,
    alipay: AlipaySide,
) -> None:
    """A few examples of every operation: no fault, and nothing the description does not say."""
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) > 25
    with one_connection():
        for operation in operations:
            _try(operation, headers=everywhere.headers)


def _try(operation: Any, *, headers: dict[str, str]) -> None:
    @settings(
        max_examples=3,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        response = case.call(headers=headers)
        assert response.status_code < 500, (case, response.text)
        case.validate_response(response, checks=[response_schema_conformance])

    ask()
