"""What stands in the report of a shift and of a day: each entry once, where it belongs."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from merchant_portal.models import AuditEntry
from merchant_portal.truths import run_checks
from payments import ledger, services
from payments.errors import ShiftRefused
from payments.models import LedgerEntry, Payment, Shift, ZFigure, ZLine, ZReport
from payments.services import place_payment
from payments.shift_checking import CHECKS
from payments.states import PaymentState, Question
from tests import factories
from tests.shifts.conftest import ACTOR, NOON, Till, told


@pytest.fixture(autouse=True)
def nothing_is_broken(db: None) -> object:
    """After every test each report equals its rows, and nothing was told twice."""
    yield
    assert [finding.breaches for finding in run_checks(CHECKS) if finding.breaches] == []


def test_a_shift_reports_what_was_paid_while_it_was_open(till: Till) -> None:
    shift = till.open(0)
    till.pay(1, 1000)
    till.pay(2, 250)
    report = till.close(shift, 10)
    assert told(report) == [("own", 1, 1000), ("own", 1, 250)]
    (figure,) = report.figures.all()
    assert (figure.number, figure.amount_minor, figure.wallet) == (2, 1250, "ALIPAYCN")


def test_an_instant_belongs_to_one_shift(till: Till) -> None:
    first = till.open(0)
    till.close(first, 10)
    second = till.open(10)
    till.pay(10)
    assert told(till.close(second, 20)) == [("own", 2, 1000)]


def test_wallets_and_currencies_are_summed_apart(till: Till) -> None:
    shift = till.open(0)
    till.pay(1, 1000)
    till.pay(2, 700, wallet="ALIPAYHK")
    till.pay(3, 500, currency="JPY")
    report = till.close(shift, 10)
    found = {(row.currency, row.wallet): row.amount_minor for row in report.figures.all()}
    assert found == {
        ("USD", "ALIPAYCN"): 1000,
        ("USD", "ALIPAYHK"): 700,
        ("JPY", "ALIPAYCN"): 500,
    }
    assert str(report.figures.get(currency="JPY").amount) == "JPY 500"


def test_another_counters_payment_is_not_in_it(till: Till) -> None:
    second = Till(till.account, factories.counter(till.counter.store, number=2))
    shift = till.open(0)
    second.pay(1)
    assert told(till.close(shift, 10)) == []


def test_a_refund_in_the_shift_is_taken_off(till: Till) -> None:
    shift = till.open(0)
    payment = till.pay(1, 1000)
    till.refund(payment, 5, 400)
    report = till.close(shift, 10)
    assert told(report) == [("own", 1, 1000), ("own", 1, -400)]


def test_a_cancel_in_the_shift_is_taken_off(till: Till) -> None:
    shift = till.open(0)
    payment = till.pay(1, 1000, cancelled_minor=1000)
    with till.at(3):
        ledger.post_cancel(payment, occurred_at=NOON + timedelta(minutes=3))
    assert told(till.close(shift, 10)) == [("own", 1, 1000), ("own", 1, -1000)]


def test_a_refund_after_the_close_is_in_the_shift_it_was_given_in(till: Till) -> None:
    first = till.open(0)
    payment = till.pay(1, 1000)
    report = till.close(first, 10)
    second = till.open(11)
    till.refund(payment, 15, 400)
    assert told(till.close(second, 20)) == [("own", 2, -400)]
    assert told(report) == [("own", 1, 1000)]


def test_a_payment_heard_of_after_the_close_is_late_in_the_next_report(till: Till) -> None:
    first = till.open(0)
    report = till.close(first, 10)
    till.pay(5, 800, heard=12)
    second = till.open(13)
    assert told(till.close(second, 20)) == [("late", 1, 800)]
    assert told(report) == []
    assert not report.figures.exists()


def test_a_late_payment_is_told_once(till: Till) -> None:
    till.close(till.open(0), 10)
    till.pay(5, 800, heard=12)
    till.close(till.open(13), 20)
    assert told(till.close(till.open(21), 30)) == []


def test_what_is_confirmed_after_the_close_is_late(till: Till) -> None:
    shift = till.open(0)
    payment = till.pay(1, 800, state=PaymentState.CONFIRMING, next_attempt_at=NOON)
    report = till.close(shift, 10)
    Payment.objects.filter(pk=payment.pk).update(state=PaymentState.PAID, next_attempt_at=None)
    payment.moves.create(
        from_state="CONFIRMING", to_state="PAID", at=NOON, actor_name="Alipay, asked"
    )
    ledger.post_payment(payment, occurred_at=payment.occurred_at)
    (waiting,) = report.open_payments.all()
    assert (waiting.payment, waiting.state) == (payment, PaymentState.CONFIRMING)
    assert told(till.close(till.open(11), 20)) == [("late", 1, 800)]


def test_unknown_and_questioned_payments_are_listed_as_they_stood(till: Till) -> None:
    shift = till.open(0)
    till.pay(1, state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    till.pay(2, question=Question.PLACE_DIFFERS, question_since=NOON)
    report = till.close(shift, 10)
    Payment.objects.update(question="", question_since=None)
    found = [(row.state, row.question) for row in report.open_payments.order_by("pk")]
    assert found == [("UNKNOWN", ""), ("PAID", "place_differs")]


def test_a_payment_placed_after_the_close_is_late(till: Till) -> None:
    shift = till.open(0)
    payment = till.pay(1, 900, store=None, counter=None)
    till.close(shift, 10)
    place_payment(payment, counter=till.counter, actor=ACTOR)
    assert told(till.close(till.open(11), 20)) == [("late", 1, 900)]


def test_closing_after_midnight_keeps_the_day_of_the_opening(till: Till) -> None:
    shift = till.open(11 * 60)
    till.pay(13 * 60)
    report = till.close(shift, 13 * 60 + 1)
    assert report.business_day == date(2026, 3, 18)
    assert till.close_day(13 * 60 + 2, days_back=1).business_day == date(2026, 3, 18)


def test_the_day_begins_when_the_store_says(till: Till) -> None:
    till.counter.store.business_day_starts = time(6)
    till.counter.store.save()
    assert till.open(17 * 60).business_day == date(2026, 3, 18)


# ---- Days ----------------------------------------------------------------------------------


def test_a_day_adds_up_its_shifts_and_what_fell_outside(till: Till) -> None:
    first = till.close(till.open(0), 10)
    till.pay(15, 300)
    second = till.close(till.open(20), 30)
    day = till.close_day(40)
    assert told(day) == [("outside", None, 300)]
    assert [row.part for row in day.parts.order_by("part__number")] == [first, second]
    assert [row.number for row in ZReport.objects.order_by("pk")] == [1, 2, 3]


def test_a_day_tells_what_came_late_for_its_shifts(till: Till) -> None:
    till.close(till.open(0), 10)
    till.pay(5, 300, heard=12)
    assert told(till.close_day(40)) == [("late", 1, 300)]


def test_a_day_without_shifts_can_be_closed(till: Till) -> None:
    till.pay(-30, 300)
    assert told(till.close_day(40)) == [("outside", None, 300)]


def test_payments_of_no_counter_are_in_the_day(till: Till) -> None:
    till.pay(1, 300, counter=None)
    assert told(till.close_day(40)) == [("outside", None, 300)]


def test_what_fell_outside_after_the_close_is_in_the_next_day(till: Till) -> None:
    till.close_day(40)
    till.pay(60, 300)
    assert told(till.close_day(24 * 60)) == [("outside", None, 300)]


def test_what_was_before_the_first_shift_ever_is_in_no_report(till: Till) -> None:
    till.pay(-24 * 60)
    till.close(till.open(0), 10)
    assert told(till.close_day(40)) == []


def test_a_day_waits_for_its_open_shifts(till: Till) -> None:
    till.open(0)
    with pytest.raises(ShiftRefused, match="Shift 1 of Counter 1"):
        till.close_day(40)
    assert not ZReport.objects.exists()


def test_a_shift_opened_after_the_close_is_the_next_days(till: Till) -> None:
    till.close_day(40)
    shift = till.open(50)
    assert shift.business_day == date(2026, 3, 19)
    till.close(shift, 60)
    assert till.close_day(24 * 60).parts.count() == 1


@pytest.mark.parametrize("days_back", [0, -1, 1])
def test_a_day_is_closed_once_in_order_and_not_before_it_begins(till: Till, days_back: int) -> None:
    till.close_day(40)
    with pytest.raises(ShiftRefused):
        till.close_day(41, days_back=days_back)


# ---- Moving between shifts -----------------------------------------------------------------


def test_a_payment_moved_before_the_close_counts_where_it_was_moved(till: Till) -> None:
    first = till.open(0)
    till.close(first, 10)
    second = till.open(10)
    payment = till.pay(11, 700)
    till.assign(payment, first, 12)
    assert told(till.close(second, 20)) == [("moved_in", 1, 700)]


def test_a_payment_of_a_closed_shift_moves_by_a_correction(till: Till) -> None:
    first = till.open(0)
    payment = till.pay(9, 700)
    report = till.close(first, 10)
    second = till.open(10)
    till.assign(payment, second, 12)
    assert told(till.close(second, 20)) == [("moved_out", 1, -700), ("moved_in", 2, 700)]
    assert told(report) == [("own", 1, 700)]


def test_a_correction_between_two_closed_shifts_is_told_by_the_next_report(till: Till) -> None:
    first, second = till.open(0), None
    payment = till.pay(9, 700)
    till.close(first, 10)
    second = till.open(10)
    till.close(second, 20)
    till.assign(payment, second, 21)
    assert told(till.close_day(30)) == [("moved_out", 1, -700), ("moved_in", 2, 700)]


def test_the_last_of_several_moves_holds(till: Till) -> None:
    first = till.open(0)
    payment = till.pay(9, 700)
    till.close(first, 10)
    second = till.open(10)
    till.assign(payment, second, 12)
    till.assign(payment, first, 13)
    assert told(till.close(second, 20)) == []
    assert told(till.close(till.open(21), 30)) == []


def test_a_payment_may_move_on_after_it_was_told(till: Till) -> None:
    first = till.open(0)
    payment = till.pay(9, 700)
    till.close(first, 10)
    second = till.open(10)
    till.assign(payment, second, 12)
    till.close(second, 20)
    third = till.open(20)
    till.assign(payment, third, 21)
    assert told(till.close(third, 30)) == [("moved_out", 2, -700), ("moved_in", 3, 700)]


def test_what_fell_outside_can_be_moved_into_a_shift(till: Till) -> None:
    payment = till.pay(5, 700)
    shift = till.open(6)
    till.assign(payment, shift, 7)
    assert told(till.close(shift, 20)) == [("moved_in", 1, 700)]
    assert told(till.close_day(30)) == []


def test_a_move_into_an_open_shift_waits_for_its_report(till: Till) -> None:
    payment = till.pay(5, 700)
    till.close_day(10)
    shift = till.open(20)
    till.assign(payment, shift, 21)
    assert told(till.close(shift, 30)) == [("moved_out", None, -700), ("moved_in", 1, 700)]


def test_a_move_is_written_down_with_its_reason(till: Till) -> None:
    payment = till.pay(5)
    shift = till.open(6)
    till.assign(payment, shift, 7)
    entry = AuditEntry.objects.get(verb="move_to_shift")
    assert (entry.target_id, entry.details["reason"]) == (payment.pk, "Took over early")


def test_a_payment_does_not_move_to_another_counters_shift(till: Till) -> None:
    second = Till(till.account, factories.counter(till.counter.store, number=2))
    with pytest.raises(ShiftRefused, match="counter where it was paid"):
        till.assign(till.pay(5), second.open(6), 7)


def test_a_payment_does_not_move_to_where_it_is(till: Till) -> None:
    shift = till.open(0)
    with pytest.raises(ShiftRefused, match="already"):
        till.assign(till.pay(5), shift, 7)


# ---- Opening and closing -------------------------------------------------------------------


def test_a_counter_has_one_open_shift(till: Till) -> None:
    till.open(0)
    with pytest.raises(ShiftRefused, match="open already"):
        till.open(1)


def test_the_database_holds_one_open_shift_per_counter(till: Till) -> None:
    shift = till.open(0)
    shift.pk, shift.number = None, 2
    with pytest.raises(IntegrityError), transaction.atomic():
        shift.save(force_insert=True)


def test_a_shift_is_closed_once(till: Till) -> None:
    shift = till.open(0)
    till.close(shift, 10)
    with pytest.raises(ShiftRefused, match="closed already"):
        till.close(shift, 11)
    assert ZReport.objects.count() == 1


def test_reports_of_all_shifts_and_days_add_up_to_the_ledger(till: Till) -> None:
    second = Till(till.account, factories.counter(till.counter.store, number=2))
    first = till.open(0)
    payment = till.pay(1, 1000)
    other = second.open(2)
    second.pay(3, 70)
    till.close(first, 10)
    till.pay(4, 500, heard=11)
    till.refund(payment, 12, 300)
    till.assign(payment, till.open(13), 14)
    second.close(other, 20)
    till.close(Shift.objects.get(closed_at=None), 21)
    till.close_day(30)
    total = ZLine.objects.aggregate(total=Sum("amount_minor"))["total"]
    assert total == 1000 + 70 + 500 - 300
    assert ZFigure.objects.aggregate(total=Sum("amount_minor"))["total"] == total
    assert LedgerEntry.objects.count() == 4


def test_each_opening_and_closing_leaves_an_audit_entry(till: Till) -> None:
    till.close(till.open(0), 10)
    till.close_day(20)
    verbs = AuditEntry.objects.filter(
        verb__in=("open_shift", "close_shift", "close_day")
    ).values_list("verb", flat=True)
    assert sorted(verbs) == ["close_day", "close_shift", "open_shift"]


def test_a_payment_without_a_reason_does_not_move(till: Till) -> None:
    shift = till.open(6)
    refused: Callable[[], object] = lambda: services.assign_payment(  # noqa: E731
        till.pay(5), shift=shift, reason=" ", actor=ACTOR
    )
    with pytest.raises(ShiftRefused, match="why"):
        refused()


def test_a_shift_that_was_forgotten_for_months_still_holds_all_of_it(till: Till) -> None:
    shift = till.open(0)
    till.pay(1, 900)
    assert told(till.close(shift, 90 * 24 * 60)) == [("own", 1, 900)]
