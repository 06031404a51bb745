"""Many hands change payments of past days while these are added up: no total is ever wrong.

SQLite has one writer at a time, so this is PostgreSQL's matter.
"""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test import Client

from merchant_portal.models import User
from payments.models import ChangedDay, DaySum, Payment
from payments.services import keep_day_sums
from tests.portal.conftest import PayMaker
from tests.portal.test_list_day_sums import LONG_AGO, URL, assert_exact
from tests.properties.at_once import at_once

pytestmark = pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="SQLite has one writer at a time: parallel connections need PostgreSQL.",
)
DAYS, PAYMENTS, ROUNDS = 5, 30, 40
_WAITS = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
def desk(
    transactional_db: None, pay: PayMaker, finance: User, signed_in: Callable[[User], Client]
) -> Client:
    """Finance, and payments of some past days; half of each has gone back."""
    for number in range(PAYMENTS):
        day = LONG_AGO + timedelta(days=number % DAYS, hours=5)
        pay(1000, refunded_minor=500, occurred_at=day)
    return signed_in(finance)


def _refund(payment: Payment, *, minor: int) -> None:
    changed = F("refunded_minor") + minor
    Payment.objects.filter(pk=payment.pk).update(refunded_minor=changed)


def _in_thread(pool: ThreadPoolExecutor, act: Callable[[], object]) -> Callable[[], object]:
    """Begin at once, on a connection of its own; what it returns waits for its end."""

    def run() -> object:
        try:
            return act()
        finally:
            connection.close()

    return pool.submit(run).result


def test_a_day_that_somebody_is_changing_is_not_added_up(desk: Client) -> None:
    changed, kept = Event(), Event()
    payment = Payment.objects.order_by("occurred_at")[0]

    def change() -> None:
        with transaction.atomic():
            _refund(payment, minor=100)
            changed.set()
            kept.wait(30)

    with ThreadPoolExecutor() as pool:
        ended = _in_thread(pool, change)
        assert changed.wait(30)
        assert keep_day_sums() == 0
        kept.set()
        ended()
    assert_exact(desk)
    assert keep_day_sums() == DAYS
    assert_exact(desk)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WAITS)
        return bool(cursor.fetchone()[0])


def test_who_changes_a_day_that_is_being_added_up_notes_it_afterwards(desk: Client) -> None:
    payment = Payment.objects.order_by("occurred_at")[0]
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            assert keep_day_sums() == DAYS
            ended = _in_thread(pool, lambda: _refund(payment, minor=100))
            until = time.monotonic() + 30
            while not _somebody_waits() and time.monotonic() < until:
                time.sleep(0.01)
            assert _somebody_waits()
        ended()
    assert ChangedDay.objects.count() == 1
    assert_exact(desk)


def _change(chance: random.Random) -> None:
    """Money back goes from one payment to another, and one moves to another day: in all the same.

    Some think better of it.
    """
    first, second = sorted(chance.sample(range(PAYMENTS), 2))
    payments = Payment.objects.order_by("pk")
    with suppress(RuntimeError), transaction.atomic():
        one, other = payments[first], payments[second]
        _refund(one, minor=-1)
        _refund(other, minor=1)
        day = LONG_AGO + timedelta(days=chance.randrange(DAYS), minutes=chance.randrange(600))
        Payment.objects.filter(pk=other.pk).update(occurred_at=day)
        if chance.random() < 0.2:
            raise RuntimeError


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_ever_sees_another_total(desk: Client, finance: User, seed: int) -> None:
    seen: set[tuple[int, int, int]] = set()

    def change(number: int) -> None:
        chance = random.Random(100 * seed + number)
        for _round in range(ROUNDS):
            _change(chance)

    def keep() -> None:
        for _round in range(ROUNDS):
            keep_day_sums()

    def ask() -> None:
        client = Client()
        client.force_login(finance)
        for _round in range(ROUNDS):
            sums = client.get(URL).context["sums"]
            (dollars,) = sums.by_currency
            seen.add((sums.number, dollars.paid.minor, dollars.given_back.minor))

    at_once(*[lambda number=number: change(number) for number in range(3)], keep, keep, ask)
    assert seen == {(PAYMENTS, 1000 * PAYMENTS, 500 * PAYMENTS)}
    assert_exact(desk)
    keep_day_sums()
    assert DaySum.objects.exists()
    assert_exact(desk)
