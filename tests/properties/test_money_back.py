"""However money goes back, and whatever breaks meanwhile: it goes back once, and both sides agree.

Hypothesis plays who asks, who agrees, the buyers, Alipay's mishaps and its own portal, the post,
the clock with its doors in any order, midnight, and the program that ends at any named point.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import uuid4

import hypothesis.strategies as st
import pytest
from django.test import override_settings
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from merchant_portal import clock
from merchant_portal.crashpoints import Crashed
from payments import services as payments
from payments.models import Payment
from tests.alipay_side import AlipaySide
from tests.properties.going_back import GoingBack
from tests.properties.machine import (
    AMOUNTS,
    EXAMPLES,
    GATEWAY_MISHAPS,
    POST,
    SOME,
    Purchases,
    ShopMachine,
    sample,
)
from tests.properties.world import CLOCK, World

#: Seconds, or an instant of the GMT+8 day that is waited for.
Until = int | time
#: A mishap of the calls that follow: name, value, how often, of which services.
Wrong = tuple[str, str | None, int, tuple[str, ...]]
#: A round of the clock: what goes wrong, the post, the time, its first door, where it all ends.
Round = tuple[list[Wrong], str, Until, int, str]
Rounds = list[Round]

POINTS = [
    f"{noun}.{point}"
    for noun in ("refund", "cancel")
    for point in ("marked", "called", "recorded", "asked")
]
#: The services that give back, and those that are asked what became of it.
GIVING, ASKING = (
    ("alipay.acquire.overseas.spot.refund", "alipay.acquire.cancel"),
    ("alipay.acquire.refund.query", "alipay.acquire.overseas.query"),
)
REFUSAL = st.sampled_from(["RETURN_AMOUNT_EXCEED", "TRADE_HAS_CLOSE", "ILLEGAL_SIGN"])


def one_mishap(
    name: st.SearchStrategy[str],
    value: st.SearchStrategy[str | None],
    services: st.SearchStrategy[tuple[str, ...]],
) -> st.SearchStrategy[list[Wrong]]:
    return st.tuples(name, value, st.integers(1, 4), services).map(lambda wrong: [wrong])


REFUSED = st.sampled_from(["refused", "error_unsigned"])
CALLS_GO_WRONG = st.one_of(
    st.just([]),
    one_mishap(st.just("done_but_no_answer"), st.none(), st.just(GIVING)),
    one_mishap(st.just("unknown_then"), st.just("done"), st.just(GIVING)),
    one_mishap(st.sampled_from(GATEWAY_MISHAPS), st.none(), st.sampled_from([GIVING, ASKING])),
    one_mishap(REFUSED, REFUSAL, st.sampled_from([GIVING, ASKING])),
    one_mishap(st.just("refund_fails"), st.none(), st.just(("",))),
    # Nothing is done and nothing said, so the same goes again, and that is refused.
    st.builds(
        lambda silence, refused, code: [(silence, None, 1, GIVING), (refused, code, 2, GIVING)],
        st.sampled_from(["down", "http_500", "html"]),
        REFUSED,
        REFUSAL,
    ),
    # Alipay denies that it knows what it has done, so the same goes again, and is refused or lost.
    st.builds(
        lambda again, code: [("refused", "TRADE_NOT_EXIST", 2, ASKING), (again, code, 2, GIVING)],
        st.sampled_from(["refused", "done_but_no_answer"]),
        REFUSAL,
    ),
)
NOTICE_MISHAPS = st.sampled_from(
    ["", "", "", "lost", "late", "doubled", "reordered", "without_optional", "tampered"]
)
OUTCOMES = st.sampled_from([*["paid"] * 6, "pending", "finished"])
PURCHASES = st.lists(st.tuples(AMOUNTS, OUTCOMES, NOTICE_MISHAPS), min_size=1, max_size=3)
UNTIL = st.sampled_from(
    [0, 1, 5, 30, 70, 70, 600, 30_000, time(23, 58), time(0, 10), time(0, 20), time(5, 15)]
)
AT = st.sampled_from(["", "", "", *POINTS])
ROUND = st.tuples(CALLS_GO_WRONG, POST, UNTIL, st.integers(0, len(CLOCK) - 1), AT)
ROUNDS = st.lists(ROUND, min_size=1, max_size=3)
PERSON = st.integers(0, 1)


@dataclass(frozen=True)
class Wish:
    """Somebody wants how many percent of a payment back, and clicks so often; 0 undoes it."""

    which: int
    percent: int
    person: int
    clicks: int


@dataclass(frozen=True)
class Decision:
    """Somebody decides about what waits for a second person."""

    which: int
    agrees: bool
    person: int


@dataclass(frozen=True)
class Look:
    """Somebody asks Alipay, and the program may end meanwhile."""

    which: int
    at_payment: bool
    at: str


@dataclass(frozen=True)
class Purchase:
    code: int
    purchases: Purchases


@dataclass(frozen=True)
class AtAlipay:
    """Somebody at Alipay's side does something about a trade, and its notice may go wrong."""

    which: int
    what: str
    percent: int
    mishap: str


@dataclass(frozen=True)
class OldLetter:
    """The post brings once more what it has brought before."""

    which: int


Deed = Wish | Decision | Look | Purchase | AtAlipay | OldLetter
WISH = st.builds(Wish, SOME, st.sampled_from([0, 0, 100, 50, 30, 1]), PERSON, st.integers(1, 2))
AT_ALIPAY = st.sampled_from(
    [
        *("refund", "refund", "TRADE_CLOSED", "TRADE_PENDING", "TRADE_SUCCESS", "TRADE_FINISHED"),
        *("return", "balance low", "balance enough", "files"),
    ]
)
DEED = st.one_of(
    WISH,
    WISH,
    WISH,
    st.builds(Decision, SOME, st.sampled_from([True, True, False]), PERSON),
    st.builds(Decision, SOME, st.just(True), PERSON),
    st.builds(Look, SOME, st.booleans(), AT),
    st.builds(Purchase, st.integers(0, 2), PURCHASES),
    st.builds(AtAlipay, SOME, AT_ALIPAY, st.sampled_from([100, 30, 1]), NOTICE_MISHAPS),
    st.builds(OldLetter, SOME),
)
DEEDS = st.lists(DEED, min_size=1, max_size=6)


class MoneyBack(ShopMachine):
    """A shop whose payments go back, by us, at Alipay's portal, or by both at once."""

    @property
    def here(self) -> GoingBack:
        assert isinstance(self.world, GoingBack)
        return self.world

    @initialize(
        is_sync=st.booleans(),
        limit_minor=st.sampled_from([None, None, 0, 50_000]),
        purchases=PURCHASES,
        wishes=st.lists(WISH, min_size=3, max_size=6),
    )
    def open_shop(
        self, is_sync: bool, limit_minor: int | None, purchases: Purchases, wishes: list[Wish]
    ) -> None:
        self.terms = override_settings(REFUNDS_SYNC=is_sync)
        self.terms.enable()
        self.world = GoingBack(self.alipay, limit_minor=limit_minor)
        self.codes = [self.new_code(enrolment) for enrolment in self.world.enrolments]
        for code in self.codes:
            self.pay_code(code, purchases)
        self.carry_post("all")
        for wish in wishes:
            self._give_back(wish)

    @rule(deeds=DEEDS, rounds=ROUNDS)
    def go_on(self, deeds: list[Deed], rounds: Rounds) -> None:
        """One rule with all there is to choose: of several Hypothesis leaves some out."""
        for deed in deeds:
            self._do(deed)
        self._go_round(rounds)

    def _do(self, deed: Deed) -> None:
        match deed:
            case Wish():
                self._give_back(deed)
            case Decision(which, agrees, person):
                waiting = self.here.waiting()
                if waiting:
                    self.here.decide(waiting[which % len(waiting)], agrees=agrees, person=person)
            case Look():
                self._look(deed)
            case Purchase(code, purchases):
                self.pay_code(self.codes[code], purchases)
            case AtAlipay():
                self._act_at_alipay(deed)
            case OldLetter(which):
                if self.here.honest:
                    self.here.post(self.here.honest[which % len(self.here.honest)])

    def _give_back(self, wish: Wish) -> None:
        rows = list(Payment.objects.order_by("pk"))
        if not rows:
            return
        payment, key = rows[wish.which % len(rows)], uuid4().hex
        made = {
            self.here.give_back(payment, wish.percent, person=wish.person, key=key)
            for _click in range(wish.clicks)
        }
        assert len(made) == 1, "one key made two"

    def _look(self, look: Look) -> None:
        rows = self.here.all_of_ours()
        if not rows:
            return
        row = rows[look.which % len(rows)]
        with ending(look.at):
            if look.at_payment:
                payments.ask_payment(row.payment, actor=self.here.people[0])
            else:
                self.here.look(row)

    def _act_at_alipay(self, act: AtAlipay) -> None:
        trades = self.alipay.books("trades")
        if act.mishap:
            self.alipay.switch(act.mishap, None, times=1)
        trade = trades[act.which % len(trades)]
        match act.what:
            case "refund":
                self.here.refund_in_portal(trade, act.percent)
            case "return":
                self.here.return_money(act.which)
            case "balance low":
                self.here.limit_balance("1.00")
            case "balance enough":
                self.here.limit_balance("")
            case "files":
                self.here.tell_of_files()
            case status:
                self.here.move_trade(trade, status)

    def _go_round(self, rounds: Rounds) -> None:
        """The post and the clock come by some times, and each time something may go wrong."""
        for wrong, how, until, first, at in rounds:
            self._break_calls(wrong)
            with ending(at):
                self.carry_post(how)
            self.traveller.shift(until if isinstance(until, int) else wait_for(until))
            with ending(at):
                self.here.tick([*CLOCK[first:], *CLOCK[:first]])

    def _break_calls(self, wrong: list[Wrong]) -> None:
        for name, value, times, services in wrong:
            for service in services:
                self.alipay.switch(name, value, times=times, service=service)

    def end(self, world: World) -> None:
        assert isinstance(world, GoingBack)
        try:
            world.calm_of_money()
            super().end(world)
            for payment in Payment.objects.all():
                payments.ask_payment(payment, actor=world.people[0])
            world.tell_of_files()
            world.hold_what_is_always_true()
            world.compare_sums()
        finally:
            self.terms.disable()


@contextmanager
def ending(at: str) -> Iterator[None]:
    """The program ends where it reaches the named point, as in a power cut."""
    with override_settings(CRASH_AT=at), suppress(Crashed):
        yield


def wait_for(instant: time) -> timedelta:
    """How long until the GMT+8 clock shows this time."""
    now = clock.now().astimezone(clock.GMT8)
    today = datetime.combine(now.date(), instant, clock.GMT8)
    return today - now if today > now else today + timedelta(days=1) - now


@pytest.mark.timeout(0 if EXAMPLES else 240)
def test_money_goes_back_once_and_both_sides_agree(
    transactional_db: None, alipay: AlipaySide, clock_doors_open: None
) -> None:
    run_state_machine_as_test(lambda: MoneyBack(alipay), settings=sample(20, steps=12))
