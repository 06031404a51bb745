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
from qrcodes.models import Counter, Store
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
        return [arrival.payment.pk for arrival in response.context["arrivals"]]

    return look


def _feed(client: Client, counter: Counter, etag: str = "", *, query: str = "") -> tuple[int, str]:
    """The feed's status and mark, for a screen that has seen another mark before."""
    url = reverse("counter_feed", args=[counter.pk]) + query
    with time_machine.travel(NOON, tick=False):
        response = client.get(url, headers={"If-None-Match": etag})
    return response.status_code, response.headers["ETag"]


def _page(client: Client, counter: Counter) -> str:
    with time_machine.travel(NOON, tick=False):
        return client.get(reverse("counter_screen", args=[counter.pk])).content.decode()


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


def test_what_was_paid_yesterday_but_heard_of_today_is_on_the_screen(
    pay: PayMaker, screen: Callable[..., list[int]]
) -> None:
    late = pay(occurred_at=NOON - timedelta(days=1))
    PaymentMove.objects.filter(payment=late).update(at=NOON)
    assert screen() == [late.pk]


def test_the_turn_of_the_business_day_takes_no_payment_off_the_screen(
    pay: PayMaker, store: Store, screen: Callable[..., list[int]]
) -> None:
    just_before = pay(occurred_at=NOON - timedelta(seconds=1))
    store.business_day_starts = "12:00"
    store.save()
    assert screen() == [just_before.pk]


def test_today_is_the_business_day_of_the_store(
    pay: PayMaker, store: Store, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    pay(1000, occurred_at=NOON - timedelta(seconds=1))
    pay(2000, occurred_at=NOON)
    store.business_day_starts = "12:00"
    store.save()
    with time_machine.travel(NOON, tick=False):
        response = signed_in(cashier).get(reverse("counter_screen", args=[counter.pk]))
    assert [str(taking.total) for taking in response.context["takings"]] == ["USD 20.00"]


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
    _, etag = _feed(client, counter)
    assert _feed(client, counter, etag) == (304, etag)


def test_the_feed_brings_what_is_new(
    pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    pay()
    _, etag = _feed(client, counter)
    pay()
    assert _feed(client, counter, etag)[0] == 200


def test_the_feed_takes_away_what_was_cancelled(
    pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    payment = pay()
    _, etag = _feed(client, counter)
    Payment.objects.filter(pk=payment.pk).update(state=PaymentState.CANCELLED)
    assert _feed(client, counter, etag)[0] == 200


def test_the_feed_tells_of_money_that_went_back(
    pay: PayMaker, cashier: User, counter: Counter, signed_in: SignIn
) -> None:
    pay()
    client = signed_in(cashier)
    etag = _feed(client, counter)[1]
    Payment.objects.update(refunded_minor=250)
    assert _feed(client, counter, etag)[0] == 200
    assert "part-refunded 2.50" in _page(client, counter)


def test_a_reader_of_another_language_gets_its_own_feed(
    pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    pay()
    _, etag = _feed(client, counter)
    client.cookies["django_language"] = "zh-hans"
    assert _feed(client, counter, etag)[0] == 200


@pytest.mark.parametrize("etag", ["", "x", '"', "W/", '"1-deadbeef"', "²", "*, *"])
def test_the_feed_takes_any_nonsense(
    etag: str, pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    pay()
    assert _feed(signed_in(cashier), counter, etag)[0] == 200


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


def test_a_poll_that_brings_nothing_reads_the_payments_once(
    pay: PayMaker,
    counter: Counter,
    cashier: User,
    signed_in: SignIn,
    django_assert_num_queries: Callable[[int], object],
) -> None:
    client = signed_in(cashier)
    pay()
    _, etag = _feed(client, counter)
    # Session, person, memberships with their stores, the counter; then the payments.
    with django_assert_num_queries(5):  # type: ignore[attr-defined]
        assert _feed(client, counter, etag)[0] == 304


def test_all_that_is_to_be_announced_is_in_the_feed_though_ten_are_shown(
    pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    payments = [pay() for _ in range(12)]
    page = _page(signed_in(cashier), counter)
    assert all(f'data-payment="{payment.pk}"' in page for payment in payments)
    assert page.count('class="till-amount"') == 10


def test_a_payment_carries_what_a_voice_says(
    pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    pay(1250)
    page = _page(signed_in(cashier), counter)
    assert 'data-say-mandarin="支付宝到账12.5美元"' in page
    assert 'data-say-english="Alipay payment received: 12.50 US dollars"' in page


def test_a_payment_heard_of_late_is_marked_so(
    pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    late = pay(occurred_at=NOON - timedelta(hours=1))
    PaymentMove.objects.filter(payment=late).update(at=NOON)
    page = _page(signed_in(cashier), counter)
    assert 'data-late="late"' in page
    assert "arrived late" in page


def test_the_wallet_stands_on_the_screen_by_its_name(
    pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    pay(wallet="ALIPAYHK")
    assert "<span>AlipayHK</span>" in _page(signed_in(cashier), counter)
