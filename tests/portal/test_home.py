"""The home page: what needs attention, what was taken, where to begin."""

from collections.abc import Callable
from datetime import timedelta

import time_machine
from django.test import Client
from django.urls import reverse

from merchant_portal import clock
from merchant_portal.models import User
from payments.states import PaymentState, Question
from qrcodes.models import QRCode, Store
from tests import factories
from tests.portal.conftest import NOON, PayMaker

SignIn = Callable[[User], Client]


def test_what_waits_for_a_person_is_a_link(pay: PayMaker, finance: User, signed_in: SignIn) -> None:
    pay(state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    pay(question=Question.NO_ANSWER, question_since=NOON)
    page = signed_in(finance).get("/").content.decode()
    assert 'href="/unknown/"' in page
    assert "/payments/?question=on" in page


def test_a_calm_day_says_so(pay: PayMaker, finance: User, signed_in: SignIn) -> None:
    pay()
    assert "Nothing waits for you." in signed_in(finance).get("/").content.decode()


@time_machine.travel(NOON, tick=False)
def test_takings_are_of_the_stores_own_day(
    take: PayMaker, finance: User, store: Store, signed_in: SignIn
) -> None:
    Store.objects.filter(pk=store.pk).update(business_day_starts="06:00")
    take(1000, occurred_at=NOON - timedelta(hours=1))
    take(500, occurred_at=NOON - timedelta(hours=7))  # 05:00 in New York: yesterday's business
    (takings,) = signed_in(finance).get("/").context["takings"]
    assert str(takings.total) == "USD 10.00"


@time_machine.travel(NOON, tick=False)
def test_takings_are_of_ones_own_stores(take: PayMaker, cashier: User, signed_in: SignIn) -> None:
    take(1000)
    take(7000, store=factories.other_store(), counter=None)
    (takings,) = signed_in(cashier).get("/").context["takings"]
    assert str(takings.total) == "USD 10.00"


def test_the_first_day_shows_the_way(administrator: User, signed_in: SignIn) -> None:
    steps = signed_in(administrator).get("/").context["steps"]
    assert [step.is_done for step in steps] == [False, False, False, False]


def test_each_step_is_ticked_off(code: QRCode, administrator: User, signed_in: SignIn) -> None:
    steps = signed_in(administrator).get("/").context["steps"]
    assert [step.is_done for step in steps] == [True, True, True, False]


def test_home_asks_a_dozen_questions_however_much_there_is(
    take: PayMaker,
    finance: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    for days in range(9):
        take(occurred_at=clock.now() - timedelta(days=days))
    client = signed_in(finance)
    with django_assert_max_num_queries(13):  # type: ignore[attr-defined]
        client.get("/")


def test_what_is_asked_for_each_time_is_shown_even_when_nothing_waits(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay()
    concerns = signed_in(finance).get("/").context["concerns"]
    assert [(concern.url, str(concern.count)) for concern in concerns] == [
        (reverse("unknown_desk"), "0"),
        (reverse("approval_list"), "0"),
        (reverse("discrepancy_list"), "0"),
        (f"{reverse('statement_list')}?state=EXPECTED", "0"),
    ]


def test_a_cashier_sees_no_figures_of_files(
    pay: PayMaker, cashier: User, signed_in: SignIn
) -> None:
    pay()
    page = signed_in(cashier).get("/").content.decode()
    assert reverse("discrepancy_list") not in page
    assert reverse("approval_list") not in page
