"""What to watch, for Prometheus, counted in the database when asked.

Counting rows gives the same figures from every process, and after every restart.
"""

import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain

from django.conf import settings
from django.db.models import Count, Min, Sum
from django.http import HttpRequest
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from merchant_portal import clock, health
from merchant_portal.due import DueWork
from payments.models import Cancel, IntakeCount, Lookup, Notification, Payment, Quarantined
from qrcodes.models import QRCode, Registration
from reconciliation.models import StatementFile
from refunds.models import Refund

CONTENT_TYPE = CONTENT_TYPE_LATEST
_DUE_WORK: tuple[type[DueWork], ...] = (
    Notification,
    Payment,
    Lookup,
    QRCode,
    Registration,
    StatementFile,
    Refund,
    Cancel,
)
_LOOPBACK = frozenset({"127.0.0.1", "::1"})


def may_read(request: HttpRequest) -> bool:
    """The token's bearer; without a token, somebody on this machine and not through a proxy."""
    token: str = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    return request.META.get("REMOTE_ADDR") in _LOOPBACK and not (
        request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded")
    )


def render() -> bytes:
    """Everything there is to watch, as Prometheus reads it."""
    registry = CollectorRegistry()
    registry.register(PortalCollector())
    return generate_latest(registry)


class PortalCollector(Collector):
    """Counts rows at the moment somebody asks."""

    def collect(self) -> Iterable[Metric]:
        now = clock.now()
        yield from chain(
            _arrivals(), _payments(), _giving_back(), _files(), _due_work(now), _clock()
        )


def _arrivals() -> Iterator[Metric]:
    notices = CounterMetricFamily(
        "portal_notifications", "Verified notifications, by state.", labels=["state"]
    )
    for state, number in _by(Notification, "state"):
        notices.add_metric([state], number)
    yield notices
    turned_away = CounterMetricFamily(
        "portal_messages_turned_away", "Messages not stored, by kind.", labels=["kind"]
    )
    rows = IntakeCount.objects.values_list("kind").annotate(Sum("count")).order_by()
    for kind, number in rows:
        turned_away.add_metric([kind], number)
    yield turned_away
    held = Quarantined.objects.filter(notification__isnull=True).count()
    yield GaugeMetricFamily(
        "portal_quarantine_held", "Messages on a known key that did not verify.", value=held
    )


def _payments() -> Iterator[Metric]:
    states = GaugeMetricFamily("portal_payments", "Payments, by state.", labels=["state"])
    for state, number in _by(Payment, "state"):
        states.add_metric([state], number)
    yield states
    questions = Payment.objects.exclude(question="").count()
    yield GaugeMetricFamily(
        "portal_payment_questions", "Payments that wait for a person.", value=questions
    )


def _giving_back() -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "portal_giving_back", "Refunds and cancels, by state.", labels=["call", "state"]
    )
    questions = GaugeMetricFamily(
        "portal_giving_back_questions", "Those that wait for a person.", labels=["call"]
    )
    for call, model in (("refund", Refund), ("cancel", Cancel)):
        for state, number in _by(model, "state"):
            states.add_metric([call, state], number)
        questions.add_metric([call], model._default_manager.exclude(question="").count())
    yield from (states, questions)


def _files() -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "portal_statement_files", "Alipay's nightly files, by state.", labels=["state"]
    )
    for state, number in _by(StatementFile, "state"):
        states.add_metric([state], number)
    yield states
    yield GaugeMetricFamily(
        "portal_statement_files_missed",
        "Files that are late, and nobody has said why they will not come.",
        value=StatementFile.objects.missed().count(),
    )


def _due_work(now: datetime) -> Iterator[Metric]:
    number = GaugeMetricFamily("portal_due_work", "Rows whose time has come.", labels=["work"])
    age = GaugeMetricFamily(
        "portal_due_work_age_seconds", "How long the oldest of them waits.", labels=["work"]
    )
    for model in _DUE_WORK:
        name = str(model._meta.model_name)
        due = model._default_manager.filter(next_attempt_at__lte=now)
        row = due.aggregate(rows=Count("pk"), since=Min("next_attempt_at"))
        number.add_metric([name], row["rows"])
        age.add_metric([name], (now - row["since"]).total_seconds() if row["since"] else 0)
    yield number
    yield age


def _clock() -> Iterator[Metric]:
    silence = health.clock_silence()
    gauge = GaugeMetricFamily(
        "portal_clock_silence_seconds", "Since the clock last reached a worker; absent if never."
    )
    if silence is not None:
        gauge.add_metric([], silence.total_seconds())
    yield gauge


def _by(model: type[DueWork], column: str) -> Iterator[tuple[str, int]]:
    rows = model._default_manager.values_list(column).annotate(Count("pk")).order_by()
    yield from ((value, number) for value, number in rows)
