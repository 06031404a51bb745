"""What Prometheus reads, and who may read it."""

from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.test import Client

from merchant_portal import clock, tasks
from payments.models import Payment
from qrcodes.models import QRCode
from refunds.models import Refund
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.refunds.giving import ask_for

pytestmark = pytest.mark.django_db


def _lines(client: Client) -> list[str]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return answer.content.decode().splitlines()


def test_a_payment_is_counted_with_its_notification(
    client: Client, code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]]
) -> None:
    alipay.pay(code.value, "12.50")
    carry()
    lines = _lines(client)
    assert 'portal_notifications_total{state="APPLIED"} 1.0' in lines
    assert 'portal_payments{state="PAID"} 1.0' in lines
    assert 'portal_due_work{work="notification"} 0.0' in lines


def test_money_going_back_is_counted_with_what_waits_for_a_person(
    client: Client, code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]]
) -> None:
    alipay.pay(code.value, "12.50")
    carry()
    ask_for(Payment.objects.get(), "5.00", ACTOR)
    Refund.objects.update(question="cannot_send", question_since=clock.now())
    lines = _lines(client)
    assert 'portal_giving_back{call="refund",state="APPROVED"} 1.0' in lines
    assert 'portal_giving_back_questions{call="refund"} 1.0' in lines
    assert 'portal_giving_back_questions{call="cancel"} 0.0' in lines


def test_messages_turned_away_and_held_are_counted(client: Client, code: QRCode) -> None:
    client.post("/alipay/notify/nobody/", {"a": "b"})
    client.post(f"/alipay/notify/{code.key}/", {"a": "b"})
    lines = _lines(client)
    assert 'portal_messages_turned_away_total{kind="unknown_key"} 1.0' in lines
    assert "portal_quarantine_held 1.0" in lines


def test_the_clock_silence_is_told_once_it_was_seen(client: Client) -> None:
    assert not [line for line in _lines(client) if line.startswith("portal_clock_silence")]
    tasks.note_clock_tick()
    assert [line for line in _lines(client) if line.startswith("portal_clock_silence_seconds ")]


def test_without_a_token_only_this_machine_reads(client: Client) -> None:
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 403


def test_a_proxy_on_this_machine_does_not_make_strangers_local(client: Client) -> None:
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403


def test_with_a_token_its_bearer_reads_from_anywhere(
    client: Client, settings: LazySettings
) -> None:
    settings.METRICS_TOKEN = "a-test-token"
    assert client.get("/metrics").status_code == 403
    answer = client.get(
        "/metrics", headers={"Authorization": "Bearer a-test-token"}, REMOTE_ADDR="192.0.2.7"
    )
    assert answer.status_code == 200
