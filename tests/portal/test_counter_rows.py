"""A row of the counter's screen is kept from look to look, and never shows what is no more so."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from merchant_portal.models import User
from payments.models import Payment
from payments.states import PaymentState, Question
from qrcodes.models import Counter, Store
from tests.portal.conftest import NOON, PayMaker

SignIn = Callable[[User], Client]


@pytest.fixture
def look(counter: Counter, cashier: User, signed_in: SignIn) -> Callable[..., str]:
    """The feed, as somebody who reads a language sees it at an instant."""
    client = signed_in(cashier)

    def at(now: datetime = NOON, *, language: str = "en") -> str:
        client.cookies["django_language"] = language
        with time_machine.travel(now, tick=False):
            return client.get(reverse("counter_feed", args=[counter.pk])).content.decode()

    return at


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"refunded_minor": 250}, "part-refunded 2.50"),
        ({"refunded_minor": 1250}, ">refunded<"),
        ({"reserved_minor": 250}, "going back 2.50"),
        ({"frozen": True}, ">frozen<"),
        ({"question": Question.AMOUNT_DIFFERS}, ">question<"),
        ({"wallet": "ALIPAYHK"}, "<span>AlipayHK</span>"),
        ({"buyer": "new***@example.com"}, "new***@example.com"),
        ({"amount_minor": 1251}, "</span>12.51</span>"),
        ({"currency": "EUR"}, '<span class="currency">EUR</span>'),
        ({"occurred_at": NOON - timedelta(minutes=7)}, "arrived late"),
    ],
)
def test_what_changed_stands_on_the_row(
    change: dict[str, object], words: str, pay: PayMaker, look: Callable[..., str]
) -> None:
    payment = pay(1250, occurred_at=NOON - timedelta(minutes=1), wallet="ALIPAYCN")
    before = look()
    Payment.objects.filter(pk=payment.pk).update(**change)
    assert words not in before
    assert words in look()


def test_each_reader_reads_the_row_in_their_language(
    pay: PayMaker, look: Callable[..., str]
) -> None:
    pay(refunded_minor=250)
    assert "part-refunded" in look(language="en")
    assert "part-refunded" not in look(language="zh-hans")
    assert "part-refunded" in look(language="en")


def test_after_the_turn_of_the_day_a_row_bears_its_day(
    pay: PayMaker, store: Store, look: Callable[..., str]
) -> None:
    pay(occurred_at=NOON - timedelta(minutes=1))
    Store.objects.filter(pk=store.pk).update(business_day_starts=time(12, 0))
    day = f"{NOON.day} {NOON:%b %Y} "
    before = look(NOON - timedelta(seconds=1))
    assert day not in before
    assert day in look(NOON)


def test_a_store_that_moves_to_another_zone_shows_its_times_there(
    pay: PayMaker, store: Store, look: Callable[..., str]
) -> None:
    pay(occurred_at=NOON - timedelta(minutes=1))
    Store.objects.filter(pk=store.pk).update(time_zone="UTC")
    assert 'data-time="15:59:00"' in look()
    Store.objects.filter(pk=store.pk).update(time_zone="Asia/Hong_Kong")
    there = look()
    assert 'data-time="23:59:00"' in there
    assert '23:59:00 <span class="zone">HKT</span>' in there


def test_the_rows_are_read_in_one_statement(
    pay: PayMaker,
    look: Callable[..., str],
    django_assert_num_queries: Callable[[int], object],
) -> None:
    pay(refunded_minor=250, reserved_minor=100, frozen=True, question=Question.AMOUNT_DIFFERS)
    pay(state=PaymentState.CONFIRMING, next_attempt_at=NOON)
    # Session, person, memberships with their stores, the counter; mark, payments, takings,
    # and the sales that nobody may forget.
    with django_assert_num_queries(8):  # type: ignore[attr-defined]
        assert look().count('class="till-amount"') == 2


def test_each_currency_is_added_up_by_itself_and_nothing_unpaid(
    pay: PayMaker, look: Callable[..., str]
) -> None:
    pay(1250)
    pay(1000, state=PaymentState.CONFIRMING, next_attempt_at=NOON)
    pay(500, currency="EUR")
    pay(700, state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    day = look().split('data-part="day"')[1].split("</p>")[0]
    assert "USD 22.50" in day
    assert "EUR 5.00" in day
    assert "7.00" not in day
