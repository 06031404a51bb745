"""A simulated month from its first morning to the clean books at its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from django.conf import settings

from merchant_portal import clock
from merchant_portal.management.simulating import judging, told
from merchant_portal.management.simulating.books import (
    Balance,
    compare_books,
    differing_payments,
)
from merchant_portal.management.simulating.judging import Judge, Mishap, Row
from merchant_portal.management.simulating.month import Month
from merchant_portal.management.simulating.nights import ImportOrder, Nights, deal
from merchant_portal.management.simulating.stage import Stage
from merchant_portal.simulator.server import Simulator
from merchant_portal.verifying import find_breaches
from payments.models import Payment
from reconciliation import services
from reconciliation.errors import ResolutionRefused
from reconciliation.models import Discrepancy
from reconciliation.states import VerdictWord

#: A Monday, at midnight in GMT+8.
BEGINNING = datetime(2026, 3, 2, tzinfo=clock.GMT8)
#: After the last payment: refunds of its night, files people ask for again, the longest wait.
_TAIL_DAYS = 6
#: Also when nobody does anything; just after eleven Alipay tells of refunds it paid in its night.
_CLOCK_COMES_BY = (*range(0, 24, 2), 23.01)
#: Once they are awaited, once they are late, and in the evening; each that comes besides.
_FILES_ARE_LOOKED_AFTER = (10.5, 14.5, 20.5)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to simulate."""

    seed: int
    days: int
    payments_per_day: int
    order: ImportOrder


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    rows: list[Row]
    unseeded: list[str]
    never_struck: list[str]
    balances: list[Balance]
    differing_payments: list[str]
    still_open: list[str]
    breaches: list[str]
    payments: int
    files: int

    @property
    def is_ok(self) -> bool:
        wrong = (
            *self.unseeded,
            *self.never_struck,
            *self.differing_payments,
            *self.still_open,
            *self.breaches,
        )
        return (
            not wrong
            and all(row.is_ok for row in self.rows)
            and all(balance.is_ok for balance in self.balances)
        )


def simulate(plan: Plan, folder: Path) -> Outcome:
    """Live through the month; the database of this thread is empty and its own."""
    with _stage(folder) as stage:
        month, nights = _written_down(plan, stage)
        for midnight in _midnights(plan.days + _TAIL_DAYS):
            stage.live_until(midnight + _A_DAY)
        if plan.order is not ImportOrder.ASCENDING:
            _import_held_back(stage, nights, plan)
        mishaps = _mishaps(stage, month)
        judge = Judge(mishaps, nights.deliveries, plan.order)
        rows = judge.rows()
        unseeded = [judging.story_of(found) for found in judge.unseeded()]
        _work_off(stage)
        return _outcome(plan, stage, nights, rows, unseeded)


@contextmanager
def _stage(folder: Path) -> Iterator[Stage]:
    alipay = Simulator(folder / "simulator.sqlite3", automatic_delivery=False)
    stage = Stage(alipay, BEGINNING)
    with alipay, clock.told_by(stage.time):
        stage.move_to(BEGINNING)
        stage.open_shops(folder / "files")
        yield stage


def _written_down(plan: Plan, stage: Stage) -> tuple[Month, Nights]:
    """Everything that is going to happen, each part from a share of the seed."""
    midnights = list(_midnights(plan.days))
    days = [midnight.date() for midnight in midnights]
    partners = [shop.partner_id for shop in stage.shops]
    month = Month(stage, _share_of(plan, "month"), plan.payments_per_day)
    nights = Nights(
        stage,
        _share_of(plan, "nights"),
        plan.order,
        dealt=deal(_share_of(plan, "faults"), partners, days),
        theirs_alone=month.known_to_alipay_alone,
    )
    for number, midnight in enumerate(_midnights(plan.days + _TAIL_DAYS)):
        stage.diary.put(midnight, _kind_of_refunds(number))
        for hours in _CLOCK_COMES_BY:
            stage.diary.put(midnight + timedelta(hours=hours), stage.wait)
        for hours in _FILES_ARE_LOOKED_AFTER:
            stage.diary.put(midnight + timedelta(hours=hours), stage.look_after_files)
        if number < plan.days:
            month.plan(midnight, number=number)
        nights.plan(midnight)
    return month, nights


def _share_of(plan: Plan, purpose: str) -> Random:
    """The same seed is the same month, whoever draws first."""
    return Random(f"{plan.seed} {purpose}")  # noqa: S311  a story, no secret


def _midnights(number: int) -> Iterator[datetime]:
    for place in range(number):
        yield BEGINNING + place * _A_DAY


def _import_held_back(stage: Stage, nights: Nights, plan: Plan) -> None:
    """The month is over; only now the files come, and then nothing new for days."""
    begin = BEGINNING + (plan.days + _TAIL_DAYS) * _A_DAY
    end = begin + _TAIL_DAYS * _A_DAY
    nights.import_rest(begin=begin)
    for hours in range(0, 24 * _TAIL_DAYS, 12):
        stage.diary.put(begin + timedelta(hours=hours), stage.look_after_files)
    stage.live_until(end)


def _kind_of_refunds(number: int) -> Callable[[], None]:
    """On every third day refunds are only noted down, and paid back by night."""
    return lambda: setattr(settings, "REFUNDS_SYNC", number % 3 != 2)


# ---- At the end -------------------------------------------------------------------------------


def _mishaps(stage: Stage, month: Month) -> list[Mishap]:
    return [
        *(judging.mishap_of_fault(fault) for fault in told.faults(stage.alipay.books)),
        *(judging.mishap_of_seeded(seeded) for seeded in month.seeded),
    ]


def _work_off(stage: Stage) -> None:
    """People book what Alipay alone has booked, and note what was no matter of booking."""
    stage.move_to(stage.now + timedelta(hours=1))
    while (found := Discrepancy.objects.open().order_by("day", "pk").first()) is not None:
        if found.word != VerdictWord.MISSING_OURS or not _booked(stage, found):
            services.resolve_discrepancy(found, note=_NOTE, actor=stage.finance)
    stage.look_after_files()


def _booked(stage: Stage, found: Discrepancy) -> bool:
    """Whether it could be: what Alipay, asked, knows nothing of is a mistake of the file."""
    try:
        services.book_discrepancy(found, note=_NOTE, actor=stage.finance)
    except ResolutionRefused:
        return False
    return True


_NOTE = "Looked at both sides."


def _outcome(
    plan: Plan, stage: Stage, nights: Nights, rows: list[Row], unseeded: list[str]
) -> Outcome:
    struck = {row.name for row in rows}
    books, shops = stage.alipay.books, stage.shops
    return Outcome(
        rows=rows,
        unseeded=unseeded,
        never_struck=sorted({fault for each in nights.dealt.values() for fault in each} - struck),
        balances=compare_books(books, shops),
        differing_payments=differing_payments(books, shops),
        still_open=[judging.story_of(found) for found in Discrepancy.objects.open()],
        breaches=find_breaches(),
        payments=Payment.objects.count(),
        files=len(nights.deliveries),
    )
