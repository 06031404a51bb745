"""The counter's screen: what is new, within a second, and nothing that is not paid."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from merchant_portal.models import User
from payments.models import Payment, PaymentMove
from payments.states import PaymentState
from qrcodes.models import Counter
from tests import factories
from tests.portal.conftest import NOON, PayMaker

SignIn = Callable[[User], Client]


@pytest.fixture
def screen(counter: Counter, cashier: User, signed_in: SignIn) -> Callable[..., list[int]]:
    """The payments on the counter's screen, as they stand there."""
    client = signed_in(cashier)

    def look() -> list[int]:
        with time_machine.travel(NOON, tick=False):
            response = client.get(reverse("counter_screen", args=[counter.pk]))
        return [row.pk for row in response.context["payments"]]

    return look


def _feed(client: Client, counter: Counter, seen: str = "") -> tuple[int, str]:
    url = reverse("counter_feed", args=[counter.pk])
    with time_machine.travel(NOON, tick=False):
        response = client.get(url, {"seen": seen}, headers={"HX-Request": "true"})
    version = response.context["version"] if response.status_code == 200 else ""
    return response.status_code, version


def test_the_last_to_be_paid_stands_on_top(pay: PayMaker, screen: Callable[..., list[int]]) -> None:
    first, second = pay(), pay()
    assert screen() == [second.pk, first.pk]


@pytest.mark.parametrize("state", [PaymentState.UNKNOWN, PaymentState.PENDING, PaymentState.CLOSED])
def test_what_is_not_paid_is_not_on_the_screen(
    state: PaymentState, pay: PayMaker, screen: Callable[..., list[int]]
) -> None:
    pay(state=state, paid_at=None, next_attempt_at=NOON)
    assert screen() == []


def test_a_payment_being_confirmed_is_shown_as_paid(
    pay: PayMaker, screen: Callable[..., list[int]]
) -> None:
    payment = pay(state=PaymentState.CONFIRMING, next_attempt_at=NOON)
    assert screen() == [payment.pk]


def test_yesterday_is_not_on_the_screen(pay: PayMaker, screen: Callable[..., list[int]]) -> None:
    pay(occurred_at=NOON - timedelta(days=1))
    assert screen() == []


def test_another_counter_is_not_on_the_screen(
    pay: PayMaker, screen: Callable[..., list[int]], counter: Counter
) -> None:
    pay(counter=factories.counter(counter.store, number=2))
    assert screen() == []


def test_a_pending_payment_that_is_paid_later_stands_on_top(
    pay: PayMaker, screen: Callable[..., list[int]]
) -> None:
    late = pay(state=PaymentState.PENDING, next_attempt_at=NOON)
    early = pay()
    Payment.objects.filter(pk=late.pk).update(state=PaymentState.PAID)
    PaymentMove.objects.create(
        payment=late, to_state=PaymentState.PAID, at=NOON, actor_name="Alipay"
    )
    assert screen() == [late.pk, early.pk]


def test_the_feed_says_nothing_while_nothing_is_new(
    pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    pay()
    _, version = _feed(client, counter)
    assert _feed(client, counter, version) == (204, "")


def test_the_feed_brings_what_is_new_and_marks_it(
    pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    pay()
    _, version = _feed(client, counter)
    pay()
    url = reverse("counter_feed", args=[counter.pk])
    with time_machine.travel(NOON, tick=False):
        page = client.get(url, {"seen": version}).content.decode()
    assert page.count('class="new"') == 1


def test_the_feed_takes_away_what_was_cancelled(
    pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    payment = pay()
    _, version = _feed(client, counter)
    Payment.objects.filter(pk=payment.pk).update(state=PaymentState.CANCELLED)
    status, _ = _feed(client, counter, version)
    assert status == 200


def test_the_feed_tells_of_money_that_went_back(
    pay: PayMaker, cashier: User, counter: Counter, signed_in: SignIn
) -> None:
    pay()
    client = signed_in(cashier)
    seen = _feed(client, counter)[1]
    Payment.objects.update(refunded_minor=250)
    assert _feed(client, counter, seen)[0] == 200
    with time_machine.travel(NOON, tick=False):
        page = client.get(reverse("counter_screen", args=[counter.pk])).content.decode()
    assert "part-refunded 2.50" in page


@pytest.mark.parametrize("seen", ["", "x", "-", "99999999999999999999-1", "1-deadbeef", "²-1"])
def test_the_feed_takes_any_nonsense(
    seen: str, pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    pay()
    assert _feed(signed_in(cashier), counter, seen)[0] == 200


def test_the_screen_counts_and_adds_up_today(
    pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    pay(1000)
    pay(2000, refunded_minor=500)
    pay(5000, occurred_at=NOON - timedelta(days=1))
    with time_machine.travel(NOON, tick=False):
        response = signed_in(cashier).get(reverse("counter_screen", args=[counter.pk]))
    (takings,) = response.context["takings"]
    assert (takings.number, str(takings.total)) == (2, "USD 25.00")


def test_the_first_screen_of_the_day_waits(
    counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    page = signed_in(cashier).get(reverse("counter_screen", args=[counter.pk])).content.decode()
    assert "Waiting for the first payment" in page
    assert '<noscript><meta http-equiv="refresh"' in page


def test_a_poll_that_brings_nothing_is_cheap(
    pay: PayMaker,
    counter: Counter,
    cashier: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    client = signed_in(cashier)
    pay()
    _, version = _feed(client, counter)
    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        assert _feed(client, counter, version)[0] == 204
