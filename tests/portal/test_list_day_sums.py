"""Years are added up from what each day came to: the same to the cent and the payment, always."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client

from merchant_portal.models import User
from merchant_portal.verifying import find_all
from payments import sums
from payments.models import ChangedDay, DaySum, Payment
from payments.services import keep_day_sums
from payments.states import PaymentState
from qrcodes.models import Counter, Store
from tests import factories
from tests.portal.conftest import PayMaker

SignIn = Callable[[User], Client]
URL = "/payments/sums/"
#: Asks for nothing more, but for what only payments can answer.
ONE_BY_ONE = {"least": "0"}
#: A midnight of Alipay's, noon in New York: no clock of a test machine is so far behind.
LONG_AGO = datetime(2024, 3, 18, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def summed(client: Client, **query: str) -> sums.Sums:
    found = client.get(URL, query).context["sums"]
    assert isinstance(found, sums.Sums)
    return found


def assert_exact(client: Client, **query: str) -> None:
    """What is shown is what the payments add up to, one by one."""
    assert summed(client, **query) == summed(client, **query, **ONE_BY_ONE)


@pytest.fixture
def kept(pay: PayMaker) -> list[Payment]:
    """Payments of four days, added up."""
    days = [LONG_AGO + number * DAY + timedelta(hours=3) for number in range(4)]
    made = [
        pay(1000 + number, occurred_at=day, wallet="ALIPAYHK")
        for number, day in enumerate([*days, *days])
    ]
    assert keep_day_sums() == 4
    return made


def test_past_days_are_not_added_up_again(
    kept: list[Payment], finance: User, signed_in: SignIn
) -> None:
    client = signed_in(finance)
    assert_exact(client)
    DaySum.objects.update(number=F("number") + 1)
    assert (summed(client).number, summed(client, **ONE_BY_ONE).number) == (12, 8)


def _set(**changes: object) -> Callable[[Payment], object]:
    return lambda payment: Payment.objects.filter(pk=payment.pk).update(**changes)


def _delete(payment: Payment) -> None:
    payment.moves.all().delete()
    payment.delete()


def _save(payment: Payment) -> None:
    payment.state, payment.cancelled_minor = PaymentState.CANCELLED, payment.amount_minor
    payment.save()


CHANGES: dict[str, Callable[[Payment], object]] = {
    "refunded": _set(refunded_minor=300),
    "cancelled": _save,
    "unplaced": _set(store=None, counter=None),
    "known better": _set(amount_minor=7, currency="HKD"),
    "another wallet": _set(wallet="ALIPAYCN"),
    "another day": _set(occurred_at=LONG_AGO - 5 * DAY),
    "today after all": _set(occurred_at=F("occurred_at") + 40_000 * DAY),
    "gone": _delete,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("query", [{}, {"state": "PAID"}, {"wallet": "ALIPAYHK"}])
def test_a_change_of_a_past_day_is_in_the_sums_at_once(
    change: str, query: dict[str, str], kept: list[Payment], finance: User, signed_in: SignIn
) -> None:
    client = signed_in(finance)
    before = summed(client, **ONE_BY_ONE)
    CHANGES[change](kept[2])
    assert_exact(client, **query)
    keep_day_sums()
    assert not ChangedDay.objects.exists()
    assert_exact(client, **query)
    assert change in {"another wallet", "unplaced", "another day", "today after all"} or (
        summed(client) != before
    )


def test_a_payment_learned_late_is_in_the_sums_at_once(
    kept: list[Payment], pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay(5, occurred_at=LONG_AGO + DAY)
    pay(6, occurred_at=LONG_AGO - 900 * DAY)
    assert summed(signed_in(finance)).number == 10
    assert_exact(signed_in(finance))


def test_asking_about_a_past_payment_leaves_its_sums(kept: list[Payment]) -> None:
    Payment.objects.update(attempts=F("attempts") + 1, last_answer="WAIT", question="no_answer")
    assert not ChangedDay.objects.exists()


def test_more_payments_than_a_page_adds_up_are_summed_by_their_days(
    too_many: None, finance: User, signed_in: SignIn
) -> None:
    client = signed_in(finance)
    assert client.get(URL).context["is_too_many"]
    keep_day_sums()
    assert summed(client, state="PAID").number == sums.MOST_ADDED + 1
    assert client.get(URL, ONE_BY_ONE).context["is_too_many"]


def test_only_the_stores_somebody_sees_are_in_the_sums(
    kept: list[Payment], pay: PayMaker, cashier: User, signed_in: SignIn
) -> None:
    pay(900, store=factories.other_store(), counter=None, occurred_at=LONG_AGO)
    pay(900, store=None, counter=None, occurred_at=LONG_AGO)
    keep_day_sums()
    assert summed(signed_in(cashier)).number == 8
    assert_exact(signed_in(cashier))


@pytest.mark.parametrize("hours", [-1, 0, 1])
@pytest.mark.parametrize("micro", [-1, 0, 1])
def test_a_stretch_cuts_days_where_it_says(
    hours: int, micro: int, pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    for number in range(4):
        pay(3, occurred_at=LONG_AGO + number * DAY + timedelta(microseconds=micro))
    keep_day_sums()
    since, until = (LONG_AGO + timedelta(days=days, hours=hours - 4) for days in (1, 3))
    client = signed_in(finance)
    shown = {"since": f"{since:%Y-%m-%dT%H:%M}", "until": f"{until:%Y-%m-%dT%H:%M}"}
    assert_exact(client, **shown)
    assert_exact(client, since=shown["since"])
    assert_exact(client, until=shown["until"])


def test_days_of_the_shop_are_cut_by_its_own_clock(
    kept: list[Payment], finance: User, signed_in: SignIn
) -> None:
    Store.objects.update(time_zone="Asia/Kathmandu")
    client = signed_in(finance)
    assert summed(client, first="2024-03-19", last="2024-03-20").number == 4
    assert_exact(client, first="2024-03-19", last="2024-03-20")


class Shop:
    """Two stores under any two clocks, and what may happen to their payments."""

    def __init__(self, pay: PayMaker, counter: Counter, chance: random.Random) -> None:
        other = factories.other_store()
        Store.objects.filter(pk=other.pk).update(time_zone=chance.choice(ZONES))
        self.pay, self.chance = pay, chance
        self.counters = [counter, factories.counter(other)]
        pay(1, wallet="ALIPAYHK", occurred_at=LONG_AGO)

    def instant(self) -> datetime:
        quarters = timedelta(minutes=15 * self.chance.randrange(5 * 96))
        edge = timedelta(microseconds=self.chance.choice([-1, 0, 0, 1]))
        return LONG_AGO + quarters + edge

    def hear(self) -> None:
        counter = self.chance.choice(self.counters)
        amount, wallet = self.chance.randint(1, 999), self.chance.choice(["", "ALIPAYHK"])
        currency = self.chance.choice(["USD", "JPY"])
        store = {"store": counter.store, "counter": counter}
        at = self.instant()
        self.pay(amount, wallet=wallet, currency=currency, occurred_at=at, **store)

    def change(self) -> None:
        payment = Payment.objects.order_by("?").first()
        if payment is not None:
            counter = self.chance.choice(self.counters)
            changes = [
                {"refunded_minor": self.chance.randint(0, payment.amount_minor)},
                {"store": counter.store, "counter": counter},
                {"store": None, "counter": None},
                {"occurred_at": self.instant()},
                {"state": PaymentState.CLOSED},
            ]
            _set(**self.chance.choice(changes))(payment)

    def question(self) -> dict[str, str]:
        counter, day = self.chance.choice(self.counters), LONG_AGO.date()
        first = day + self.chance.randint(-1, 3) * DAY
        parts: list[dict[str, str]] = [
            {"store": str(counter.store_id)},
            {"counter": str(counter.pk)},
            {"state": self.chance.choice(["PAID", "CLOSED"])},
            {"wallet": "ALIPAYHK"},
            {"product": self.chance.choice(["merchant_qr", "barcode"])},
            {"unplaced": "on"},
            {"first": str(first), "last": str(first + self.chance.randint(0, 3) * DAY)},
            {"first": str(first)},
            {"last": str(first)},
        ]
        asked: dict[str, str] = {}
        for part in self.chance.sample(parts, self.chance.randint(0, 3)):
            asked |= part
        return asked if asked.get("first", "") <= asked.get("last", "9") else {}


ZONES = ["Asia/Hong_Kong", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati"]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_sums_are_those_of_the_payments(
    seed: int, pay: PayMaker, counter: Counter, finance: User, signed_in: SignIn
) -> None:
    chance, client = random.Random(seed), signed_in(finance)
    shop = Shop(pay, counter, chance)
    for _step in range(40):
        chance.choice([shop.hear, shop.hear, shop.change, shop.change, keep_day_sums])()
        assert_exact(client, **shop.question())
    assert [
        each.check.name for each in find_all() if each.breaches and "sum" in each.check.name
    ] == []


# ---- What verify_ledger says of them ----------------------------------------------------------

BREAKS: dict[str, Callable[[], object]] = {
    "day_sum_equals_payments": lambda: DaySum.objects.update(back_minor=F("back_minor") + 1),
    "payment_is_in_day_sum": lambda: DaySum.objects.order_by("day")[0].delete(),
}


def _broken() -> set[str]:
    return {finding.check.name for finding in find_all() if finding.breaches}


@pytest.mark.parametrize("name", BREAKS)
def test_a_breach_is_found_and_named(name: str, kept: list[Payment]) -> None:
    assert not _broken() & set(BREAKS)
    BREAKS[name]()
    assert _broken() & set(BREAKS) == {name}


def test_a_day_that_changed_breaks_nothing(kept: list[Payment]) -> None:
    Payment.objects.update(amount_minor=1)
    assert ChangedDay.objects.count() == 4
    assert not _broken() & set(BREAKS)


def test_a_changed_day_is_noted_once(kept: list[Payment]) -> None:
    Payment.objects.update(wallet="ALIPAYCN")
    Payment.objects.update(wallet="ALIPAYHK")
    assert ChangedDay.objects.count() == 4
    with connection.cursor() as cursor:
        cursor.execute("UPDATE payments_payment SET amount_minor = amount_minor")
    assert ChangedDay.objects.count() == 4
