"""Whether the portal can serve, and whether its clock runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from merchant_portal import clock
from merchant_portal.models import ClockTick

OK = "ok"
_BROKER_ANSWERS_WITHIN_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What each part said: ``ok``, or in a few words what is wrong."""

    parts: Mapping[str, str]

    @property
    def is_ready(self) -> bool:
        """Requests can be served: only the database is needed to take in a notification."""
        return self.parts["database"] == OK

    @property
    def status(self) -> str:
        if not self.is_ready:
            return "not ready"
        return "ready" if set(self.parts.values()) == {OK} else "degraded"


def examine() -> Report:
    """Ask the database, the broker and the clock's last sign."""
    database = _database()
    return Report(
        {
            "database": database,
            "broker": _broker(),
            "clock": _clock() if database == OK else "not known",
        }
    )


def note_clock_tick() -> None:
    """The clock reached a worker just now."""
    ClockTick.objects.update_or_create(pk=1, defaults={"seen_at": clock.now()})


def clock_silence() -> timedelta | None:
    """How long ago the clock last reached a worker; None where it never did."""
    tick = ClockTick.objects.filter(pk=1).first()
    return clock.now() - tick.seen_at if tick else None


def _database() -> str:
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "does not answer"
    return f"migrations missing: {len(missing)}" if missing else OK


def _broker() -> str:
    if not settings.REDIS_URL:
        folder = settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"]
        return OK if Path(str(folder)).is_dir() else "the broker's folder is missing"
    within = _BROKER_ANSWERS_WITHIN_SECONDS
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=within, socket_connect_timeout=within
    )
    try:
        client.ping()
    except redis.RedisError:
        return "does not answer"
    finally:
        client.close()
    return OK


def _clock() -> str:
    silence = clock_silence()
    if silence is None:
        return "never seen: is beat running?"
    if silence > timedelta(seconds=settings.CLOCK_SILENT_SECONDS):
        return f"silent for {silence.total_seconds():.0f} s"
    return OK
