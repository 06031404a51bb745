"""Many hands on the same money at once: it goes back once, and never more than was paid.

SQLite has one writer at a time, so this is PostgreSQL's matter. What two hands may do to one
refund or cancel stands in tests/refunds; this is about many, and all at once.
"""

import random
from contextlib import suppress
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import F
from django.test import override_settings

from merchant_portal.money import Money
from payments.errors import ApprovalRefused, GiveBackRefused
from payments.models import Payment
from qrcodes import services as codes_at_work
from qrcodes.models import QRCode
from refunds import services as refunds
from refunds.models import Refund
from refunds.states import RefundState
from refunds.tasks import submit_due_refunds
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.properties.at_once import Act, at_once
from tests.properties.going_back import GoingBack
from tests.properties.letters import letter_of

pytestmark = pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="SQLite has one writer at a time: parallel connections need PostgreSQL.",
)
HANDS = 6
ROUNDS = 20


@pytest.fixture
def world(
    transactional_db: None,
    alipay: AlipaySide,
    traveller: time_machine.Traveller,
    clock_doors_open: None,
) -> GoingBack:
    """A shop with three codes, where every amount wants a second person."""
    made = GoingBack(alipay, limit_minor=0)
    for enrolment in made.enrolments:
        codes_at_work.send_code(codes_at_work.make_code(enrolment, actor=ACTOR))
    return made


@pytest.fixture
def paid(world: GoingBack) -> Payment:
    """USD 10.00."""
    world.alipay.pay(QRCode.objects.order_by("pk")[0].value, "10.00")
    for notice in world.alipay.due():
        world.carry(notice)
    return Payment.objects.get()


def ask_for(payment: Payment, minor: int, world: GoingBack, **more: Any) -> Refund:
    return refunds.request_refund(
        payment,
        amount=Money(minor, payment.currency),
        reason="returned",
        note="",
        actor=world.people[0],
        **more,
    )


@pytest.fixture
def agreed(world: GoingBack, paid: Payment) -> Refund:
    """A refund of USD 4.00 that is to be sent."""
    return refunds.approve_refund(ask_for(paid, 400, world), actor=world.people[1])


def tried(act: Act) -> object:
    """What an act answered, or that it was refused."""
    try:
        return act()
    except (ApprovalRefused, GiveBackRefused) as refusal:
        return type(refusal)


def amounts(payment: Payment) -> tuple[int, int, int]:
    payment.refresh_from_db()
    return payment.refunded_minor, payment.cancelled_minor, payment.reserved_minor


def test_of_many_requests_at_once_only_what_fits_is_reserved(
    world: GoingBack, paid: Payment
) -> None:
    heard = at_once(*[lambda: tried(lambda: ask_for(paid, 300, world))] * 8)
    assert heard.count(GiveBackRefused) == 5
    assert amounts(paid) == (0, 0, 900)


def test_many_who_look_at_what_is_unknown_book_it_once(agreed: Refund, world: GoingBack) -> None:
    world.alipay.switch("done_but_no_answer", None, times=1)
    submit_due_refunds()
    assert Refund.objects.get().state == RefundState.UNKNOWN
    at_once(*[lambda: refunds.ask_refund(agreed, actor=ACTOR)] * HANDS)
    assert amounts(agreed.payment) == (400, 0, 0)
    assert len(world.alipay.books("refunds")) == 1


def test_many_who_send_the_unsent_again_give_back_once(agreed: Refund, world: GoingBack) -> None:
    world.alipay.switch("http_500", None, times=3)
    submit_due_refunds()
    ask: Act = lambda: refunds.ask_refund(agreed, actor=ACTOR)  # noqa: E731
    at_once(*[ask] * HANDS)
    at_once(*[ask] * HANDS)
    assert amounts(agreed.payment) == (400, 0, 0)
    assert len(world.alipay.books("refunds")) == 1


def test_a_refunds_notice_and_its_answer_at_once_book_it_once(
    agreed: Refund, world: GoingBack
) -> None:
    with override_settings(REFUNDS_SYNC=False):
        submit_due_refunds()
    letters = [letter_of(notice) for notice in world.alipay.due()]
    by_notice: list[Act] = [lambda letter=letter: world.post(letter) for letter in letters]
    at_once(*by_notice * 4, *[lambda: refunds.ask_refund(agreed, actor=ACTOR)] * 4)
    assert len(letters) == 1
    assert Refund.objects.get().state == RefundState.REFUNDED
    assert amounts(agreed.payment) == (400, 0, 0)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_many_hands_give_back_what_was_paid_and_no_more(
    world: GoingBack, traveller: time_machine.Traveller, seed: int
) -> None:
    at_once(*[lambda number=number: _work(world, seed * 100 + number) for number in range(HANDS)])
    world.hold_what_is_always_true(quiet=False)
    world.calm(traveller)
    world.look_up_unknown()
    world.calm(traveller)
    world.compare()
    world.tell_of_files()
    world.hold_what_is_always_true()
    world.compare_sums()
    assert not Payment.objects.filter(amount_minor__lt=F("refunded_minor")).exists()


def _work(world: GoingBack, seed: int) -> None:
    """One pair of hands: does what chance says, in any order."""
    hands = Hands(world, random.Random(seed))
    acts = [
        *(hands.buy, hands.carry, hands.carry, hands.refund, hands.refund, hands.cancel),
        *(hands.approve, hands.approve, hands.approve, hands.look, hands.mishap, hands.portal),
        *(world.tick, world.tick),
    ]
    for _round in range(ROUNDS):
        hands.chance.choice(acts)()


class Hands:
    """What a thread may do with money that goes back."""

    def __init__(self, world: GoingBack, chance: random.Random) -> None:
        self.world = world
        self.chance = chance

    def buy(self) -> None:
        code = self.chance.choice(list(QRCode.objects.order_by("pk")))
        self.world.alipay.pay(code.value, f"{self.chance.randint(1, 900)}.00")

    def carry(self) -> None:
        for notice in self.world.alipay.due()[:4]:
            self.world.carry(notice, answer_is_lost=self.chance.random() < 0.2)

    def refund(self) -> None:
        self._give_back(self.chance.choice([100, 60, 40]))

    def cancel(self) -> None:
        self._give_back(0)

    def approve(self) -> None:
        """Whoever comes second is refused, and so is who asked."""
        waiting = self.world.waiting()
        if waiting:
            with suppress(ApprovalRefused):
                self.world.approve(self.chance.choice(waiting), person=self.chance.randint(0, 1))

    def look(self) -> None:
        rows = self.world.all_of_ours()
        if rows:
            self.world.look(self.chance.choice(rows))

    def mishap(self) -> None:
        name = self.chance.choice(
            ["done_but_no_answer", "http_500", "half", "unknown_then", "down", "doubled"]
        )
        self.world.alipay.switch(name, None, times=1)

    def portal(self) -> None:
        trades = self.world.alipay.books("trades")
        if trades:
            self.world.refund_in_portal(self.chance.choice(trades), self.chance.choice([100, 30]))

    def _give_back(self, percent: int) -> None:
        rows = list(Payment.objects.order_by("pk"))
        if rows:
            row, person = self.chance.choice(rows), self.chance.randint(0, 1)
            self.world.give_back(row, percent, person=person, key=f"{self.chance.random()}")
