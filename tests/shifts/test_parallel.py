"""Two persons at the same moment. SQLite lets one write at a time by itself."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from payments import services
from payments.errors import ShiftRefused
from payments.models import ReportBook, Shift, ZLine, ZReport
from payments.places import business_day
from tests import factories
from tests.shifts.conftest import ACTOR, NOON, Till

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="needs PostgreSQL's parallel connections"
    ),
]
HANDS = 4


def _at_once(acts: list[Callable[[], object]]) -> list[object]:
    """What each of several threads, let go together, got or was refused with."""
    gate = Barrier(len(acts))

    def one(act: Callable[[], object]) -> object:
        try:
            gate.wait(timeout=10)
            return act()
        except ShiftRefused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def _refused(results: list[object]) -> int:
    return sum(isinstance(result, ShiftRefused) for result in results)


def test_one_of_many_people_opens_the_shift(till: Till) -> None:
    results = _at_once([lambda: services.open_shift(till.counter, actor=ACTOR)] * HANDS)
    assert Shift.objects.count() == 1
    assert _refused(results) == HANDS - 1


def test_one_of_many_people_closes_the_shift(till: Till) -> None:
    shift = till.open(0)
    till.pay(1)
    results = _at_once([lambda: services.close_shift(shift, actor=ACTOR)] * HANDS)
    assert ZReport.objects.get().number == 1
    assert ZLine.objects.count() == 1
    assert _refused(results) == HANDS - 1


def test_shifts_closed_together_have_numbers_without_a_gap(till: Till) -> None:
    store = till.counter.store
    tills = [till, *(Till(till.account, factories.counter(store, number=n)) for n in (2, 3, 4))]
    shifts = [each.open(0) for each in tills]
    _at_once([lambda s=shift: services.close_shift(s, actor=ACTOR) for shift in shifts])
    numbers = ZReport.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4]
    assert ReportBook.objects.get().last_number == 4


def test_one_of_many_people_closes_the_day(till: Till) -> None:
    till.close(till.open(0), 10)
    store = till.counter.store
    day = business_day(store, now=NOON)
    results = _at_once([lambda: services.close_day(store, day, actor=ACTOR)] * HANDS)
    assert ZReport.objects.count() == 2
    assert _refused(results) == HANDS - 1
