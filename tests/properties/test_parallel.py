"""Many connections at once: what is always true stays true, and nothing counts twice or not at all.

SQLite has one writer at a time, so this is PostgreSQL's matter.
"""

import random
from contextlib import suppress
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import Sum

from merchant_portal.accounts.errors import LastKey
from merchant_portal.tasks import verify_quarantine
from payments import services as payments
from payments.models import LedgerEntry, Notification, Payment, Quarantined
from payments.states import WaitReason
from qrcodes import services as codes_at_work
from qrcodes.models import QRCode
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.properties.at_once import Act, at_once
from tests.properties.letters import letter_of
from tests.properties.world import World

pytestmark = pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="SQLite has one writer at a time: parallel connections need PostgreSQL.",
)
WORKERS = 6
ROUNDS = 25


@pytest.fixture
def world(
    transactional_db: None,
    alipay: AlipaySide,
    traveller: time_machine.Traveller,
    clock_doors_open: None,
) -> World:
    """A shop with three codes that buyers can pay."""
    made = World(alipay, settlement_currency="CNY")
    for enrolment in made.enrolments:
        codes_at_work.send_code(codes_at_work.make_code(enrolment, actor=ACTOR))
    return made


def pay(world: World, amount: str, **more: object) -> dict[str, Any]:
    return world.alipay.pay(QRCode.objects.order_by("pk")[0].value, amount, **more)


def test_one_notice_on_many_connections_is_one_payment(world: World) -> None:
    pay(world, "12.50")
    letter = letter_of(world.alipay.due()[0])
    assert at_once(*[lambda: world.post(letter)] * 8) == ["success"] * 8
    assert Notification.objects.get().received_count == 8
    assert Payment.objects.count() == 1


def test_different_words_on_one_trade_at_once_are_one_payment(world: World) -> None:
    trade = pay(world, "12.50")
    world.alipay.move_trade(trade["trade_no"], "TRADE_PENDING")
    world.alipay.move_trade(trade["trade_no"], "TRADE_FINISHED")
    letters = [letter_of(notice) for notice in world.alipay.due()]
    lookup = payments.find_payment(
        world.accounts["global"], actor=ACTOR, alipay_trans_id=trade["trade_no"]
    )
    acts: list[Act] = [lambda letter=letter: world.post(letter) for letter in letters]
    at_once(*acts, *acts, lambda: payments.poll_lookup(lookup.pk), world.tick, world.tick)
    assert (Payment.objects.count(), Notification.objects.count()) == (1, 3)
    assert not Notification.objects.filter(reason=WaitReason.FAILED).exists()
    assert LedgerEntry.objects.filter(payment=Payment.objects.get()).count() <= 1


def test_what_is_quarantined_is_released_once(world: World) -> None:
    world.set_wrong_key(world.accounts["global"])
    for _payment in range(6):
        pay(world, "7.00")
    assert [world.carry(notice) for notice in world.alipay.due()] == ["fail"] * 6
    world.set_right_key(world.accounts["global"])
    at_once(*[verify_quarantine] * WORKERS)
    assert list(Notification.objects.values_list("received_count", flat=True)) == [1] * 6
    assert Payment.objects.count() == 6


def test_due_rows_are_asked_about_once(world: World) -> None:
    for _payment in range(12):
        pay(world, "3.00")
    for notice in world.alipay.due():
        world.carry(notice)
    at_once(*[world.tick] * WORKERS)
    asked = [
        payment.account.calls.filter(subject_id=payment.pk, subject_type="payment").count()
        for payment in Payment.objects.all()
    ]
    assert asked == [1] * 12


def test_a_code_is_created_once(world: World) -> None:
    enrolment = world.enrolments[0]
    code = codes_at_work.make_code(
        enrolment, actor=ACTOR, kind="fee", channel_fee_type="RATE", channel_fee_value="0.02"
    )
    at_once(*[world.tick] * 3, *[lambda: codes_at_work.send_code(code)] * 3)
    services = enrolment.account.calls.filter(subject_type="qrcode", subject_id=code.pk)
    assert services.filter(service__endswith="create").count() == 1


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_many_hands_at_once_lose_nothing_and_count_nothing_twice(
    world: World, traveller: time_machine.Traveller, seed: int
) -> None:
    at_once(*[lambda number=number: _work(world, seed * 100 + number) for number in range(WORKERS)])
    world.hold_what_is_always_true(quiet=False)
    world.calm(traveller)
    world.ask_about_all()
    world.compare()
    world.look_up_unknown()
    world.calm(traveller)
    world.compare()
    world.compare_whole()
    world.hold_what_is_always_true()
    _counts_agree(world)


def _counts_agree(world: World) -> None:
    """Each acknowledged post and each body released from the quarantine was counted once."""
    released = Quarantined.objects.filter(notification__isnull=False).count()
    received = Notification.objects.aggregate(all=Sum("received_count"))["all"]
    assert received == len(world.acknowledged) + released


def _work(world: World, seed: int) -> None:
    """One pair of hands: does what chance says, in any order."""
    chance = random.Random(seed)
    hands = Hands(world, chance)
    acts = [
        *(hands.buy, hands.buy, hands.buy, hands.carry, hands.carry, hands.carry, world.tick),
        *(hands.post_again, hands.move, hands.look_up, hands.ask, hands.change_keys, hands.mishap),
    ]
    for _round in range(ROUNDS):
        chance.choice(acts)()


class Hands:
    """What a thread may do to the shop, Alipay and the post."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.chance = chance

    def buy(self) -> None:
        code = self.chance.choice(list(QRCode.objects.order_by("pk")))
        outcome = self.chance.choice(["paid", "paid", "waiting", "pending", "closed"])
        self.world.alipay.pay(code.value, f"{self.chance.randint(1, 900)}.00", outcome=outcome)

    def carry(self) -> None:
        """Several hands may hold the same notice: it arrives more than once."""
        for notice in self.world.alipay.due()[:4]:
            self.world.carry(notice, answer_is_lost=self.chance.random() < 0.2)

    def post_again(self) -> None:
        if self.world.honest:
            self.world.post(self.chance.choice(self.world.honest))

    def move(self) -> None:
        trade = self._trade()
        if trade:
            status = self.chance.choice(["TRADE_SUCCESS", "TRADE_FINISHED", "TRADE_CLOSED"])
            self.world.alipay.http.post(
                f"/control/trades/{trade['trade_no']}", json={"status": status}
            )

    def look_up(self) -> None:
        trade = self._trade()
        if trade:
            payments.ask_lookup(self.world.look_up(trade))

    def ask(self) -> None:
        rows = list(Payment.objects.order_by("pk"))
        if rows:
            payments.ask_payment(self.chance.choice(rows), actor=ACTOR)

    def change_keys(self) -> None:
        """Where two change keys against each other, the last key is refused to go: rightly."""
        account = self.world.accounts[self.chance.choice(["global", "hk"])]
        with suppress(LastKey):
            self.chance.choice([self.world.set_right_key, self.world.set_wrong_key])(account)

    def mishap(self) -> None:
        name = self.chance.choice(
            ["doubled", "wrong_key", "reordered", "done_but_no_answer", "http_500", "half"]
        )
        self.world.alipay.switch(name, None, times=1)

    def _trade(self) -> dict[str, Any] | None:
        trades = self.world.alipay.books("trades")
        return self.chance.choice(trades) if trades else None
