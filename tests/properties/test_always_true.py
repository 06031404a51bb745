"""Whatever happens, in any order, what design calls always true stays true.

Hypothesis plays the managers, the buyers, Alipay's mishaps, the post and the clock, and shortens
what fails. The suite takes a bounded, repeatable sample; a deeper run is asked for by environment:

    PROPERTY_EXAMPLES=2000 PROPERTY_STEPS=60 pytest tests/properties

With PROPERTY_EXAMPLES set, examples are drawn anew each time, and a failure prints what repeats it.
"""

import os
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
import pytest
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from merchant_portal.celery import app as celery
from payments import services as payments
from payments.models import Payment
from qrcodes import services as codes_at_work
from qrcodes.errors import CodeRefused
from qrcodes.models import QRCode
from qrcodes.states import CodeKind, CodeState
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.properties.world import BEGINNING, Letter, World, empty_database

EXAMPLES = os.environ.get("PROPERTY_EXAMPLES")
SAMPLE = settings(
    max_examples=int(EXAMPLES or 25),
    stateful_step_count=int(os.environ.get("PROPERTY_STEPS", "30")),
    deadline=None,
    database=None,
    derandomize=EXAMPLES is None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)

NOTICE_MISHAPS = (
    *("lost", "late", "doubled", "reordered", "without_optional", "extra_field"),
    *("foreign_seller", "other_amount", "tampered", "wrong_key"),
)
GATEWAY_MISHAPS = (
    *("down", "http_500", "html", "refused", "error_unsigned", "unknown_then"),
    *("done_but_no_answer", "half", "wrongly_signed", "gbk"),
)
MOVES = ("TRADE_SUCCESS", "TRADE_PENDING", "TRADE_FINISHED", "TRADE_CLOSED")
AMOUNTS = st.integers(1, 10_000_000).map(lambda minor: f"{minor // 100}.{minor % 100:02}")
SOME = st.integers(0, 30)


class AlwaysTrue(RuleBasedStateMachine):
    """Managers, buyers, Alipay, the post and the clock, each doing what they like."""

    codes: Bundle[int] = Bundle("codes")
    trades: Bundle[dict[str, Any]] = Bundle("trades")

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

    @initialize(
        target=codes,
        amount_source=st.sampled_from(["auto", "notice", "query"]),
        settlement_currency=st.sampled_from(["USD", "CNY"]),
    )
    def open_shop(self, amount_source: str, settlement_currency: str) -> MultipleResults[int]:
        self.world = World(
            self.alipay, amount_source=amount_source, settlement_currency=settlement_currency
        )
        return multiple(*(self._code(enrolment) for enrolment in self.world.enrolments))

    # ---- Managers -------------------------------------------------------------------------

    @rule(target=codes, counter=st.integers(0, 2), with_fee=st.booleans())
    def make_code(self, counter: int, with_fee: bool) -> MultipleResults[int]:
        enrolment = self.here.enrolments[counter]
        kind = CodeKind.WITH_FEE if with_fee else CodeKind.PLAIN
        is_taken = enrolment.live_codes().filter(kind=kind).exists()
        try:
            made = codes_at_work.make_code(
                enrolment,
                actor=ACTOR,
                kind=kind,
                channel_fee_type="RATE" if with_fee else "",
                channel_fee_value="0.02" if with_fee else "",
            )
        except CodeRefused:
            assert is_taken
            return multiple()
        assert not is_taken
        return multiple(made.pk)

    @rule(
        code=codes, wanted=st.sampled_from(["STOPPED", "ACTIVE", "DELETED"]), at_once=st.booleans()
    )
    def want_state(self, code: int, wanted: str, at_once: bool) -> None:
        row = QRCode.objects.get(pk=code)
        try:
            codes_at_work.want_state(row, CodeState(wanted), actor=ACTOR)
        except CodeRefused:
            return
        if at_once:
            codes_at_work.send_code(row)

    @rule(code=codes)
    def send_code(self, code: int) -> None:
        codes_at_work.send_code(QRCode.objects.get(pk=code))

    @rule(region=st.sampled_from(["global", "hk"]), right=st.booleans())
    def change_keys(self, region: str, right: bool) -> None:
        account = self.here.accounts[region]
        (self.here.set_right_key if right else self.here.set_wrong_key)(account)

    @precondition(lambda self: self.world and Payment.objects.exists())
    @rule(which=SOME)
    def ask_about_a_payment(self, which: int) -> None:
        rows = Payment.objects.order_by("pk")
        payments.ask_payment(rows[which % len(rows)], actor=ACTOR)

    @rule(trade=trades, at_once=st.booleans())
    def look_up_a_trade(self, trade: dict[str, Any], at_once: bool) -> None:
        lookup = self.here.look_up(trade)
        if at_once:
            payments.ask_lookup(lookup)

    @rule(region=st.sampled_from(["global", "hk"]))
    def look_up_what_never_was(self, region: str) -> None:
        payments.ask_lookup(
            payments.find_payment(
                self.here.accounts[region], actor=ACTOR, partner_trans_id="20260302000000never"
            )
        )

    # ---- Buyers and Alipay ----------------------------------------------------------------

    @rule(
        target=trades,
        code=codes,
        amount=AMOUNTS,
        outcome=st.sampled_from(["paid", "paid", "waiting", "pending", "finished", "closed"]),
    )
    def pay(self, code: int, amount: str, outcome: str) -> MultipleResults[dict[str, Any]]:
        purchase = {"code": QRCode.objects.get(pk=code).value, "amount": amount, "outcome": outcome}
        paid = self.alipay.http.post("/phone/pay", json=purchase)
        if paid.status_code == 409:
            return multiple()
        number = paid.raise_for_status().json()["trade_no"]
        return multiple(
            *(trade for trade in self.alipay.books("trades") if trade["trade_no"] == number)
        )

    @rule(trade=trades, status=st.sampled_from(MOVES))
    def move_trade(self, trade: dict[str, Any], status: str) -> None:
        moved = self.alipay.http.post(
            f"/control/trades/{trade['trade_no']}", json={"status": status}
        )
        assert moved.status_code in {200, 409}

    @rule(trade=trades)
    def refund_in_alipays_portal(self, trade: dict[str, Any]) -> None:
        refunded = self.alipay.http.post(
            "/control/refunds", json={"trade_no": trade["trade_no"], "amount": "0.01"}
        )
        assert refunded.status_code in {200, 409}

    @rule(name=st.sampled_from(NOTICE_MISHAPS + GATEWAY_MISHAPS), times=st.integers(1, 3))
    def switch_mishap(self, name: str, times: int) -> None:
        self.alipay.switch(name, None, times=times)

    @rule(code=st.sampled_from(["TRADE_NOT_EXIST", "SYSTEM_ERROR", "ILLEGAL_ARGUMENT"]))
    def refuse_the_next_call(self, code: str) -> None:
        self.alipay.switch("refused", code, times=1)

    @rule()
    def do_the_next_call_and_say_unknown(self) -> None:
        self.alipay.switch("unknown_then", "done", times=1)

    # ---- The post -------------------------------------------------------------------------

    @rule()
    def carry_all(self) -> None:
        for notice in self.alipay.due():
            self.here.carry(notice)

    @rule()
    def carry_all_last_first(self) -> None:
        for notice in reversed(self.alipay.due()):
            self.here.carry(notice)

    @rule(which=SOME, answer_is_lost=st.booleans())
    def carry_one(self, which: int, answer_is_lost: bool) -> None:
        due = self.alipay.due()
        if due:
            self.here.carry(due[which % len(due)], answer_is_lost=answer_is_lost)

    @precondition(lambda self: self.world and self.world.honest)
    @rule(which=SOME)
    def post_an_old_letter_again(self, which: int) -> None:
        self.here.post(self.here.honest[which % len(self.here.honest)])

    @precondition(lambda self: self.world and self.world.honest)
    @rule(which=SOME, amount=AMOUNTS)
    def post_a_changed_letter(self, which: int, amount: str) -> None:
        self.here.post(self.here.honest[which % len(self.here.honest)].with_amount(amount))

    @precondition(lambda self: self.world and self.world.honest)
    @rule(which=SOME, code=codes)
    def post_to_another_region(self, which: int, code: int) -> None:
        old = self.here.honest[which % len(self.here.honest)]
        target = QRCode.objects.select_related("enrolment__account").get(pk=code)
        if old.fields["seller_id"] != target.enrolment.account.partner_id:
            self.here.post(Letter(target.notify_path, old.content_type, old.body))

    # ---- The clock ------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 5, 60, 200, 3600, 30_000]))
    def wait(self, seconds: int) -> None:
        self.traveller.shift(seconds)
        self.here.tick()

    @invariant()
    def all_is_true(self) -> None:
        if self.world:
            self.traveller.shift(1)
            self.world.hold_what_is_always_true()

    def teardown(self) -> None:
        try:
            if self.world:
                self._end(self.world)
        finally:
            self.travel.stop()

    def _end(self, world: World) -> None:
        world.calm(self.traveller)
        world.ask_about_all()
        world.compare()
        world.look_up_unknown()
        world.calm(self.traveller)
        world.compare()
        world.compare_whole()
        world.hold_what_is_always_true()

    def _code(self, enrolment: Any) -> int:
        return codes_at_work.send_code(codes_at_work.make_code(enrolment, actor=ACTOR)).pk


@pytest.fixture
def clock_doors_open() -> Iterator[None]:
    """Tasks that hand on to tasks run them at once."""
    celery.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    celery.conf.update(task_always_eager=False, task_eager_propagates=False)


@pytest.mark.timeout(0 if EXAMPLES else 240)
def test_what_is_always_true_stays_true(
    transactional_db: None, alipay: AlipaySide, clock_doors_open: None
) -> None:
    run_state_machine_as_test(lambda: AlwaysTrue(alipay), settings=SAMPLE)
