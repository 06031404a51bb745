"""Whether the portal says truly that it lives, is ready, and that its clock runs."""

import socket
from collections.abc import Iterator

import pytest
import time_machine
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from merchant_portal import clock, health, tasks
from merchant_portal.models import ClockTick


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port of this machine where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_live_process_says_so_without_its_database(client: Client) -> None:
    assert client.get("/healthz/").json() == {"status": "ok"}


@pytest.mark.parametrize("address", ["/healthz/", "/readyz/", "/metrics"])
def test_watching_doors_are_only_read(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405


@pytest.mark.django_db
def test_with_database_broker_and_clock_it_is_ready(client: Client) -> None:
    tasks.note_clock_tick()
    answer = client.get("/readyz/")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


@pytest.mark.django_db
def test_a_clock_never_seen_is_named_but_requests_are_served(client: Client) -> None:
    answer = client.get("/readyz/")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["parts"]["clock"] == "never seen: is beat running?"


@pytest.mark.django_db
def test_a_clock_that_fell_silent_is_named_with_its_silence() -> None:
    tasks.note_clock_tick()
    seen_at = ClockTick.objects.get().seen_at
    with time_machine.travel(seen_at.timestamp() + 90, tick=False):
        assert health.examine().parts["clock"] == "silent for 90 s"


@pytest.mark.django_db
def test_the_clock_leaves_one_row_however_often_it_ticks() -> None:
    tasks.note_clock_tick()
    tasks.note_clock_tick()
    assert ClockTick.objects.count() == 1
    assert ClockTick.objects.get().seen_at <= clock.now()


@pytest.mark.django_db
def test_a_broker_that_does_not_answer_is_named(settings: LazySettings, silent_port: int) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{silent_port}/0"
    report = health.examine()
    assert report.parts["broker"] == "does not answer"
    assert report.is_ready


@pytest.mark.django_db
def test_a_missing_migration_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'payments' AND name ="
            " (SELECT MAX(name) FROM django_migrations WHERE app = 'payments')"
        )
    answer = client.get("/readyz/")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert answer.json()["parts"]["database"] == "migrations missing: 1"
