"""What every machine of the property tests has: a shop, the post, a clock, and an honest end.

The suite takes a bounded, repeatable sample; a deeper run is asked for by environment:

    PROPERTY_EXAMPLES=2000 PROPERTY_STEPS=60 pytest tests/properties

With PROPERTY_EXAMPLES set, examples are drawn anew each time, and a failure prints what repeats it.
"""

import os

import hypothesis.strategies as st
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant

from qrcodes import services as codes_at_work
from qrcodes.models import Enrolment, QRCode
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.properties.database import empty_database
from tests.properties.world import BEGINNING, World

Wrong = list[tuple[str, str | None, int]]
Then = tuple[str, int]
Purchases = list[tuple[str, str, str]]

EXAMPLES = os.environ.get("PROPERTY_EXAMPLES")


def sample(examples: int, *, steps: int = 25) -> settings:
    """As many examples as the suite has time for, the same each time."""
    return settings(
        max_examples=int(EXAMPLES or examples),
        stateful_step_count=int(os.environ.get("PROPERTY_STEPS", steps)),
        deadline=None,
        database=None,
        derandomize=EXAMPLES is None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )


GATEWAY_MISHAPS = (
    *("down", "http_500", "html", "refused", "error_unsigned", "unknown_then"),
    *("done_but_no_answer", "half", "wrongly_signed", "gbk"),
)
AMOUNTS = st.integers(1, 10_000_000).map(lambda minor: f"{minor // 100}.{minor % 100:02}")
SOME = st.integers(0, 30)
#: How the post is carried after a step.
POST = st.sampled_from(["", "all", "all", "last first", "one", "answers lost"])


class ShopMachine(RuleBasedStateMachine):
    """A shop in the World, empty until its opening rule; after every step all is true."""

    def __init__(self, alipay: AlipaySide) -> None:
        super().__init__()
        self.alipay = alipay
        self.world: World | None = None
        self.travel = time_machine.travel(BEGINNING, tick=False)
        self.traveller = self.travel.start()
        empty_database()

    @property
    def here(self) -> World:
        assert self.world is not None
        return self.world

    @invariant()
    def all_is_true(self) -> None:
        if self.world:
            self.traveller.shift(1)
            self.world.hold_what_is_always_true()

    def teardown(self) -> None:
        try:
            if self.world:
                self.end(self.world)
        finally:
            self.travel.stop()

    def end(self, world: World) -> None:
        """Every mishap ends, the clock runs on, and people look up what was lost."""
        world.calm(self.traveller)
        world.ask_about_all()
        world.compare()
        world.look_up_unknown()
        world.calm(self.traveller)
        world.compare()
        world.compare_whole()
        world.hold_what_is_always_true()

    def pay_code(self, code: int, purchases: Purchases) -> None:
        text = QRCode.objects.get(pk=code).value
        for amount, outcome, mishap in purchases:
            if mishap:
                self.alipay.switch(mishap, None, times=1)
            purchase = {"code": text, "amount": amount, "outcome": outcome}
            assert self.alipay.http.post("/phone/pay", json=purchase).status_code in {200, 409}

    def carry_post(self, how: str) -> None:
        due = self.alipay.due() if how else []
        for notice in reversed(due) if how == "last first" else due[:1] if how == "one" else due:
            self.here.carry(notice, answer_is_lost=how == "answers lost")

    def go_on(self, then: Then) -> None:
        how, seconds = then
        self.carry_post(how)
        if seconds:
            self.traveller.shift(seconds)
            self.here.tick()

    def go_wrong(self, wrong: Wrong) -> None:
        for name, value, times in wrong:
            self.alipay.switch(name, value, times=times)

    def new_code(self, enrolment: Enrolment) -> int:
        return codes_at_work.send_code(codes_at_work.make_code(enrolment, actor=ACTOR)).pk
