"""The database is lost in the middle of a notification: all of it is kept, or nothing at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from merchant_portal.verifying import find_breaches
from payments.models import LedgerEntry, Notification, Payment
from tests.intake.wire import Postman

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connection."),
]
TABLES = ["payments_notification", "payments_payment", "payments_ledgerentry"]


@pytest.fixture(autouse=True)
def _whole_database(transactional_db: None) -> None:
    """Commits are real here, as losing them must be."""


@contextmanager
def losing_the_connection(*, before_writing: str, times: int) -> Iterator[None]:
    """The server ends our connection just before a row is put into a table, so many times."""
    losses = iter(range(times))

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if f'INSERT INTO "{before_writing}"' in sql and next(losses, None) is not None:
            _end_connection(connection.connection.info.backend_pid)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield


def _end_connection(process: int) -> None:
    with connection.get_new_connection(connection.get_connection_params()) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [process])


def stored() -> tuple[int, int, int]:
    return (Notification.objects.count(), Payment.objects.count(), LedgerEntry.objects.count())


@pytest.mark.parametrize("table", TABLES)
def test_a_connection_that_stays_lost_acknowledges_and_stores_nothing(
    postman: Postman, table: str
) -> None:
    with losing_the_connection(before_writing=table, times=2):
        assert postman.paid() == "fail"
    assert stored() == (0, 0, 0)


@pytest.mark.parametrize("table", TABLES)
def test_what_was_not_acknowledged_comes_again_and_is_booked_once(
    postman: Postman, table: str
) -> None:
    with losing_the_connection(before_writing=table, times=2):
        postman.paid()
    assert postman.paid() == "success"
    assert stored() == (1, 1, 1)
    assert find_breaches() == []


@pytest.mark.parametrize("table", TABLES)
def test_a_connection_lost_once_is_made_again_and_the_notice_booked_once(
    postman: Postman, table: str
) -> None:
    with losing_the_connection(before_writing=table, times=1):
        assert postman.paid() == "success"
    assert stored() == (1, 1, 1)
    assert Notification.objects.get().received_count == 1


def test_a_connection_lost_between_two_notices_costs_neither(postman: Postman) -> None:
    assert postman.paid() == "success"
    _end_connection(connection.connection.info.backend_pid)
    assert postman.paid(notify_time="2026-11-20 19:52:05") == "success"
    assert Notification.objects.get().received_count == 2
