"""Giving a sale up: only Alipay says that it will not be paid, and what was paid goes back."""

from collections.abc import Callable
from datetime import datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from merchant_portal import clock
from merchant_portal.audit import SCHEDULE
from merchant_portal.models import User
from payments import services as payments
from payments.errors import SaleRefused
from payments.models import Cancel
from payments.selling import SaleOutcome
from payments.states import CancelState, GiveBackQuestion, PaymentState, Question
from refunds.sentences import StepState, progress, standing
from tests.factories import ACTOR
from tests.sales.till import Till

pytestmark = pytest.mark.django_db

#: The cancel was done, and nobody heard of it; or it never was.
LOST = ("done_but_no_answer", "half", "wrongly_signed", "http_500", "down")


# ---- Not paid ---------------------------------------------------------------------------------


def test_a_sale_given_up_is_closed_while_somebody_waits(till: Till) -> None:
    sale = till.end(till.scan(shown=till.show_code(outcome="waiting")))
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.NOT_PAID, [])
    cancel = till.cancel(sale)
    assert (cancel.state, cancel.reason, cancel.needs_approval) == (
        CancelState.CLOSED,
        "sale_ended",
        False,
    )
    assert till.payment(sale).reserved_minor == 0
    assert till.alipay.books("trades")[-1]["status"] == "TRADE_CLOSED"


def test_the_page_of_its_cancel_says_that_nothing_was_paid(till: Till) -> None:
    cancel = till.cancel(till.end(till.order()))
    assert standing(cancel).startswith("The sale was never paid")
    assert [step.state for step in progress(cancel)] == [
        StepState.DONE,
        StepState.DONE,
        StepState.ENDED,
    ]


def test_who_gave_it_up_is_said_in_the_readers_language(
    till: Till, cashier: User, signed_in: Callable[[User], Client]
) -> None:
    cancel = till.cancel(payments.end_sale(till.order(), actor=SCHEDULE))
    chinese = {"accept-language": "zh-hans"}
    for url in (cancel.get_absolute_url(), reverse("giving_back_list")):
        page = signed_in(cashier).get(url, headers=chinese).content.decode()
        assert ("定时任务" in page, "schedule" in page) == (True, False), url


def test_nobody_approves_that_a_sale_is_given_up(till: Till) -> None:
    till.account.approval_limit_minor = 0
    till.account.save()
    sale = till.end(till.scan(shown=till.show_code(outcome="waiting")))
    assert till.outcome(sale) == SaleOutcome.NOT_PAID


def test_giving_it_up_once_more_is_the_same(till: Till) -> None:
    sale = till.end(till.order())
    assert till.end(sale) == sale
    assert (Cancel.objects.count(), till.called("cancel")) == (1, 1)


def test_a_code_that_was_given_up_cannot_be_paid(till: Till) -> None:
    sale = till.end(till.order())
    answer = till.alipay.http.post("/phone/orders", json={"code": sale.order_code})
    assert answer.status_code == 409
    till.run(60)
    assert till.outcome(sale) == SaleOutcome.NOT_PAID


@pytest.mark.parametrize("silence", LOST)
def test_a_lost_answer_of_a_cancel_ends_as_closed_once(till: Till, silence: str) -> None:
    till.break_call(silence, times=1, call="cancel")
    sale = till.end(till.scan(shown=till.show_code(outcome="waiting")))
    assert (till.outcome(sale), till.cancel(sale).state) == (
        SaleOutcome.ENDING,
        CancelState.UNKNOWN,
    )
    till.run(6)
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.NOT_PAID, [])
    assert len(till.alipay.books("cancels")) == 1


def test_cancels_leave_at_least_five_seconds_apart_and_then_a_person_is_asked(till: Till) -> None:
    till.break_call("http_500", times=99, call="cancel")
    till.break_call("http_500", times=99, call="query")
    sale = till.end(till.scan(shown=till.show_code(outcome="waiting")))
    till.run(4)
    assert till.called("cancel") == 1
    till.run(120)
    assert till.called("cancel") <= 5
    assert (till.outcome(sale), till.cancel(sale).question) == (
        SaleOutcome.ASK,
        GiveBackQuestion.NO_ANSWER,
    )
    assert till.payment(sale).reserved_minor == 1250


def test_a_person_who_asks_ends_it(till: Till) -> None:
    till.break_call("http_500", times=99, call="cancel")
    sale = till.end(till.scan(shown=till.show_code(outcome="waiting")))
    till.run(120)
    till.alipay.clear_mishaps()
    payments.ask_cancel(till.cancel(sale), actor=ACTOR)
    assert till.outcome(sale) == SaleOutcome.NOT_PAID


def test_what_alipay_closed_by_itself_ends_the_cancel_too(till: Till) -> None:
    till.break_call("http_500", times=99, call="cancel")
    sale = till.end(till.scan(shown=till.show_code(outcome="waiting")))
    till.run(400)
    assert (till.outcome(sale), till.cancel(sale).state) == (
        SaleOutcome.NOT_PAID,
        CancelState.CLOSED,
    )


@pytest.mark.parametrize("interface", ["json"], indirect=True)
def test_that_the_json_api_knows_none_counts_only_at_the_ladders_end(till: Till) -> None:
    till.break_call("http_500", times=1, call="pay")
    sale = till.end(till.scan())
    assert (till.outcome(sale), till.cancel(sale).last_answer) == (
        SaleOutcome.ENDING,
        "ORDER_NOT_EXIST",
    )
    till.run(60)
    assert till.outcome(sale) == SaleOutcome.ENDING
    till.run(60)
    assert (till.outcome(sale), till.cancel(sale).state) == (
        SaleOutcome.NOT_PAID,
        CancelState.CLOSED,
    )


# ---- Paid all the same ------------------------------------------------------------------------


def test_what_is_known_to_be_paid_is_not_given_up(till: Till) -> None:
    sale = till.scan()
    with pytest.raises(SaleRefused):
        till.end(sale)
    assert (till.outcome(sale), till.called("cancel")) == (SaleOutcome.PAID, 0)


@pytest.mark.parametrize("silence", ["done_but_no_answer", "half"])
def test_what_was_paid_in_silence_goes_back(till: Till, silence: str) -> None:
    till.break_call(silence, times=1, call="pay")
    sale = till.end(till.scan())
    assert (till.outcome(sale), till.entries(sale)) == (
        SaleOutcome.GIVEN_BACK,
        ["PAYMENT", "CANCEL"],
    )
    assert till.payment(sale).cancelled_minor == 1250
    (trade,) = till.alipay.books("trades")
    assert (trade["status"], trade["refunded"]) == ("TRADE_CLOSED", "12.50")


def test_who_pays_in_the_moment_of_the_cancel_has_the_money_back(till: Till) -> None:
    sale = till.order()
    till.alipay.switch("paid_meanwhile", times=1)
    till.end(sale)
    till.carry()
    till.run(10)
    assert (till.outcome(sale), till.entries(sale)) == (
        SaleOutcome.GIVEN_BACK,
        ["PAYMENT", "CANCEL"],
    )


@pytest.mark.parametrize("silence", LOST)
def test_a_lost_answer_of_a_cancel_that_gave_back_ends_as_given_back_once(
    till: Till, silence: str
) -> None:
    till.break_call("done_but_no_answer", times=1, call="pay")
    till.break_call(silence, times=1, call="cancel")
    sale = till.end(till.scan())
    till.run(7)
    assert (till.outcome(sale), till.entries(sale)) == (
        SaleOutcome.GIVEN_BACK,
        ["PAYMENT", "CANCEL"],
    )
    assert len(till.alipay.books("cancels")) == 1


def test_a_notice_that_it_is_paid_while_it_is_given_up_books_it_and_it_goes_back(
    till: Till,
) -> None:
    till.break_call("done_but_no_answer", times=1, call="pay")
    till.break_call("http_500", times=1, call="cancel")
    sale = till.end(till.scan())
    assert till.carry() == [True]
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.ENDING, ["PAYMENT"])
    till.run(7)
    assert (till.outcome(sale), till.entries(sale)) == (
        SaleOutcome.GIVEN_BACK,
        ["PAYMENT", "CANCEL"],
    )
    assert till.payment(sale).question == ""


def test_where_the_cancel_is_refused_what_is_paid_stays_visible(till: Till) -> None:
    till.break_call("done_but_no_answer", times=1, call="pay")
    till.break_call("refused", "ACCESS_DENIED", times=1, call="cancel")
    sale = till.end(till.scan())
    till.run(7)
    assert (till.outcome(sale), till.payment(sale).question) == (
        SaleOutcome.ASK,
        Question.PAID_AFTER_END,
    )
    assert (till.payment(sale).state, till.entries(sale)) == (PaymentState.PAID, ["PAYMENT"])
    assert till.payment(sale).reserved_minor == 0


@pytest.mark.parametrize("interface", ["json"], indirect=True)
def test_an_inquiry_that_knows_none_is_not_believed_against_a_cancel_that_succeeded(
    till: Till,
) -> None:
    till.break_call("done_but_no_answer", times=1, call="pay")
    till.break_call("not_exist", times=2, call="query")
    sale = till.end(till.scan())
    assert till.outcome(sale) == SaleOutcome.ENDING
    till.run(20)
    assert (till.outcome(sale), till.entries(sale)) == (
        SaleOutcome.GIVEN_BACK,
        ["PAYMENT", "CANCEL"],
    )


# ---- Midnight ---------------------------------------------------------------------------------


@pytest.fixture
def late(till: Till) -> Till:
    """One minute before midnight in GMT+8."""
    till.traveller.move_to(datetime(2026, 3, 2, 23, 59, tzinfo=clock.GMT8))
    return till


def test_a_sale_of_yesterday_can_be_given_up_in_the_first_quarter_of_the_day(late: Till) -> None:
    late.break_call("done_but_no_answer", times=1, call="pay")
    sale = late.scan()
    late.wait(15 * 60)
    assert late.outcome(late.end(sale)) == SaleOutcome.GIVEN_BACK


def test_past_the_deadline_nothing_is_cancelled_and_what_is_paid_waits_for_a_person(
    late: Till,
) -> None:
    late.break_call("done_but_no_answer", times=1, call="pay")
    late.break_call("http_500", times=1, call="query")
    sale = late.scan()
    late.wait(20 * 60)
    late.tick()
    assert (late.outcome(sale), late.called("cancel")) == (SaleOutcome.ASK, 0)
    late.run(10)
    assert (late.outcome(sale), late.payment(sale).question) == (
        SaleOutcome.ASK,
        Question.PAID_AFTER_END,
    )
    assert (late.entries(sale), late.called("cancel")) == (["PAYMENT"], 0)


def test_a_cancel_that_could_not_leave_in_time_lapses_and_the_payment_is_asked(
    late: Till, settings: Settings, traveller: time_machine.Traveller
) -> None:
    late.break_call("done_but_no_answer", times=1, call="pay")
    sale = late.scan()
    settings.CRASH_AT = ""
    late.break_call("http_500", times=1, call="query")
    late.wait(61)
    payments.poll_payment(sale.payment_id)
    assert late.cancel(sale).state == CancelState.APPROVED
    late.wait(20 * 60)
    late.tick()
    late.run(2)
    assert (late.cancel(sale).state, late.outcome(sale)) == (CancelState.LAPSED, SaleOutcome.ASK)
    assert late.payment(sale).question == Question.PAID_AFTER_END


def test_a_person_ends_what_alipay_does_not_know_also_the_next_day(late: Till) -> None:
    late.break_call("http_500", times=1, call="pay")
    sale = late.scan()
    late.wait(20 * 60)
    late.tick()
    assert (late.outcome(sale), Cancel.objects.count()) == (SaleOutcome.ASK, 0)
    late.end(sale)
    late.run(130)
    assert (late.outcome(sale), late.entries(sale)) == (SaleOutcome.NOT_PAID, [])


# ---- Where Alipay does not say whether it had been paid -----------------------------------------


@pytest.fixture
def terse(till: Till) -> Till:
    """The JSON API names no pay time of what was cancelled."""
    till.alipay.switch("no_pay_time")
    return till


@pytest.mark.parametrize("interface", ["json"], indirect=True)
def test_what_may_have_been_paid_in_silence_is_never_called_not_paid(terse: Till) -> None:
    terse.break_call("done_but_no_answer", times=1, call="pay")
    sale = terse.end(terse.scan())
    assert terse.outcome(sale) == SaleOutcome.ENDING
    terse.run(150)
    assert (terse.outcome(sale), terse.payment(sale).question) == (
        SaleOutcome.ASK,
        Question.CANCELLED_UNSAID,
    )
    assert (terse.payment(sale).reserved_minor, terse.entries(sale)) == (0, [])
    (trade,) = terse.alipay.books("trades")
    assert trade["refunded"] == "12.50"


@pytest.mark.parametrize("interface", ["json"], indirect=True)
def test_a_notice_of_it_meanwhile_books_both(terse: Till) -> None:
    terse.break_call("done_but_no_answer", times=1, call="pay")
    sale = terse.end(terse.scan())
    terse.carry()
    terse.run(10)
    assert (terse.outcome(sale), terse.entries(sale)) == (
        SaleOutcome.GIVEN_BACK,
        ["PAYMENT", "CANCEL"],
    )


@pytest.mark.parametrize("interface", ["json"], indirect=True)
def test_a_pay_time_that_comes_later_books_both(terse: Till) -> None:
    terse.break_call("done_but_no_answer", times=1, call="pay")
    sale = terse.end(terse.scan())
    terse.run(20)
    terse.alipay.clear_mishaps()
    terse.run(60)
    assert (terse.outcome(sale), terse.entries(sale)) == (
        SaleOutcome.GIVEN_BACK,
        ["PAYMENT", "CANCEL"],
    )


@pytest.mark.parametrize("interface", ["json"], indirect=True)
def test_a_notice_after_the_question_asks_a_person_about_the_money(terse: Till) -> None:
    terse.break_call("done_but_no_answer", times=1, call="pay")
    sale = terse.end(terse.scan())
    terse.run(150)
    terse.carry()
    assert (terse.outcome(sale), terse.payment(sale).question) == (
        SaleOutcome.ASK,
        Question.PAID_AFTER_END,
    )


@pytest.mark.parametrize("interface", ["json"], indirect=True)
def test_what_alipay_said_it_waits_for_is_closed_as_not_paid(terse: Till) -> None:
    sale = terse.end(terse.scan(shown=terse.show_code(outcome="waiting")))
    assert (terse.outcome(sale), terse.entries(sale)) == (SaleOutcome.NOT_PAID, [])
