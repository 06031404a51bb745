"""Parallel workers on one trade: each race ends in one payment and one entry."""

import threading
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client

from merchant_portal import intake
from merchant_portal.verifying import find_breaches
from payments import services
from payments.models import LedgerEntry, Notification, Payment, Quarantined
from payments.states import NotificationState
from qrcodes.models import QRCode
from tests import factories
from tests.alipay_side import AlipaySide
from tests.intake.wire import FORM, paid_fields, signed

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer."),
]
WORKERS = 6
ROUNDS = 5


@pytest.fixture(autouse=True)
def _whole_database(transactional_db: None) -> None:
    """Commits are real here, so that threads see each other."""


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Run calls at the same instant, each with a connection of its own."""
    start = threading.Barrier(len(calls))
    heard: list[object] = []

    def run(call: Callable[[], object]) -> None:
        try:
            start.wait(10)
            heard.append(call())
        except Exception as error:  # noqa: BLE001
            heard.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return heard


def posting(till: QRCode, **changes: str | None) -> Callable[[], object]:
    body = signed(paid_fields(till, **changes))
    return lambda: Client().post(till.notify_path, body, content_type=FORM).content


def assert_one(number: str) -> None:
    payment = Payment.objects.get(alipay_trans_id=number)
    assert LedgerEntry.objects.filter(payment=payment).count() == 1
    assert not Notification.objects.waiting().exists()


def test_one_notice_delivered_many_times_at_once(till: QRCode) -> None:
    for number in map(str, range(ROUNDS)):
        changes = {"trade_no": number, "out_trade_no": number, "notify_id": number}
        heard = at_once(*[posting(till, **changes) for _worker in range(WORKERS)])
        assert heard == [b"success"] * WORKERS
        assert_one(number)
        assert Notification.objects.get(notify_id=number).received_count == WORKERS


def test_different_notices_of_one_trade_at_once(till: QRCode) -> None:
    for number in map(str, range(ROUNDS)):
        calls = [
            posting(till, trade_no=number, out_trade_no=number, notify_id=f"{number}-{worker}")
            for worker in range(WORKERS)
        ]
        assert at_once(*calls) == [b"success"] * WORKERS
        assert_one(number)
    assert find_breaches() == []


def test_waiting_for_one_buyer_told_many_times_at_once(till: QRCode) -> None:
    unpaid = {"trade_status": "WAIT_BUYER_PAY", "gmt_payment": None}
    for number in map(str, range(ROUNDS)):
        calls = [
            posting(
                till, trade_no=number, out_trade_no=number, notify_id=f"{number}-{each}", **unpaid
            )
            for each in range(WORKERS)
        ]
        assert at_once(*calls) == [b"success"] * WORKERS
        assert Payment.objects.get(alipay_trans_id=number).notifications.count() == WORKERS


def test_applying_again_against_a_delivery(till: QRCode) -> None:
    for number in map(str, range(ROUNDS)):
        changes = {"trade_no": number, "out_trade_no": number, "notify_id": number}
        at_once(posting(till, **changes, seller_id="2088000000009999"))
        waiting = Notification.objects.waiting().get()
        # As if it had waited for something that is cured now.
        Notification.objects.filter(pk=waiting.pk).update(
            body=signed(paid_fields(till, **changes)).encode()
        )
        at_once(
            posting(till, **changes),
            *[partial(intake.apply_again, waiting.pk) for _worker in range(3)],
        )
        assert Notification.objects.get(pk=waiting.pk).state == NotificationState.APPLIED
        assert_one(number)


def test_the_same_wrong_body_many_times_at_once(till: QRCode) -> None:
    body = signed(paid_fields(till), key="testkey1only1for1tests1testkey11")
    post = lambda: Client().post(till.notify_path, body, content_type=FORM).content  # noqa: E731
    assert at_once(*[post] * WORKERS) == [b"fail"] * WORKERS
    assert Quarantined.objects.get().received_count == WORKERS


def test_a_notice_against_queries(code: QRCode, alipay: AlipaySide) -> None:
    account = code.enrolment.account
    for _round in range(ROUNDS):
        trade = alipay.pay(code.value, "8.00")
        [notice] = alipay.due()
        lookups = [
            services.find_payment(account, actor=factories.ACTOR, **{name: trade[theirs]})
            for name, theirs in (
                ("alipay_trans_id", "trade_no"),
                ("partner_trans_id", "out_trade_no"),
            )
        ]
        path = urlsplit(notice["url"]).path
        heard = at_once(
            lambda path=path, notice=notice: (
                Client().post(path, notice["body"], content_type=notice["content_type"]).content
            ),
            *[lambda lookup=lookup: services.ask_lookup(lookup).state for lookup in lookups],
        )
        alipay.http.post(
            f"/outbox/{notice['id']}/answered", json={"status": 200, "body": "success"}
        )
        assert sorted(map(str, heard)) == ["FOUND", "FOUND", "b'success'"]
        assert_one(trade["trade_no"])
    assert find_breaches() == []
