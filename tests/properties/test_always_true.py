"""Whatever happens, in any order, what design calls always true stays true.

Hypothesis plays the managers, the buyers, Alipay's mishaps, the post and the clock, and shortens
what fails.
"""

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from payments import services as payments
from payments.models import Payment
from qrcodes import services as codes_at_work
from qrcodes.errors import CodeRefused
from qrcodes.models import QRCode
from qrcodes.states import CodeKind, CodeState
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.properties.machine import (
    AMOUNTS,
    EXAMPLES,
    GATEWAY_MISHAPS,
    POST,
    SOME,
    Purchases,
    ShopMachine,
    Then,
    Wrong,
    sample,
)
from tests.properties.world import World

OUTCOMES = st.sampled_from(["paid", "paid", "paid", "waiting", "pending", "finished", "closed"])
NOTICE_MISHAPS = st.sampled_from(
    [
        *("", "", "", "lost", "late", "doubled", "reordered", "without_optional", "extra_field"),
        *("foreign_seller", "other_amount", "tampered", "wrong_key"),
    ]
)
#: Mishaps of the calls that follow: name, value, how often.
CALLS_GO_WRONG = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(GATEWAY_MISHAPS), st.none(), st.integers(1, 3)),
        st.tuples(
            st.just("refused"), st.sampled_from(["TRADE_NOT_EXIST", "ILLEGAL_SIGN"]), st.just(1)
        ),
        st.tuples(st.just("unknown_then"), st.just("done"), st.integers(1, 2)),
    ),
    max_size=2,
)
PURCHASES = st.lists(st.tuples(AMOUNTS, OUTCOMES, NOTICE_MISHAPS), min_size=1, max_size=3)
MOVES = ("TRADE_SUCCESS", "TRADE_PENDING", "TRADE_FINISHED", "TRADE_CLOSED", "refund")
#: What follows a step: how the post is carried, and how many seconds pass until the clock ticks.
THEN = st.tuples(POST, st.sampled_from([0, 0, 1, 5, 60, 200, 3600, 30_000]))
REGIONS = st.sampled_from(["global", "hk"])


class AlwaysTrue(ShopMachine):
    """Managers, buyers, Alipay, the post and the clock, each doing what they like.

    Few rules with many choices each, and a start with trades: of each run Hypothesis leaves out
    some rules.
    """

    codes: Bundle[int] = Bundle("codes")

    @initialize(
        target=codes,
        amount_source=st.sampled_from(["auto", "notice", "query"]),
        settlement_currency=st.sampled_from(["USD", "CNY"]),
        purchases=PURCHASES,
    )
    def open_shop(
        self, amount_source: str, settlement_currency: str, purchases: Purchases
    ) -> MultipleResults[int]:
        self.world = World(
            self.alipay, amount_source=amount_source, settlement_currency=settlement_currency
        )
        made = [self.new_code(enrolment) for enrolment in self.world.enrolments]
        for code in made:
            self.pay_code(code, purchases)
        return multiple(*made)

    # ---- Managers -------------------------------------------------------------------------

    @rule(target=codes, counter=st.integers(0, 2), with_fee=st.booleans(), wrong=CALLS_GO_WRONG)
    def make_code(self, counter: int, with_fee: bool, wrong: Wrong) -> MultipleResults[int]:
        enrolment = self.here.enrolments[counter]
        kind = CodeKind.WITH_FEE if with_fee else CodeKind.PLAIN
        is_taken = enrolment.live_codes().filter(kind=kind).exists()
        self.go_wrong(wrong)
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
        return multiple(codes_at_work.send_code(made).pk)

    @rule(
        code=codes,
        wish=st.sampled_from(["STOPPED", "ACTIVE", "DELETED", "again"]),
        wrong=CALLS_GO_WRONG,
    )
    def manage_code(self, code: int, wish: str, wrong: Wrong) -> None:
        row = QRCode.objects.get(pk=code)
        self.go_wrong(wrong)
        try:
            if wish == "again":
                codes_at_work.send_again(row, actor=ACTOR)
            else:
                codes_at_work.want_state(row, CodeState(wish), actor=ACTOR)
        except CodeRefused:
            return
        codes_at_work.send_code(row)

    @rule(region=REGIONS, right=st.booleans(), then=THEN)
    def change_keys(self, region: str, right: bool, then: Then) -> None:
        account = self.here.accounts[region]
        (self.here.set_right_key if right else self.here.set_wrong_key)(account)
        self.go_on(then)

    @rule(
        what=st.sampled_from(["payment", "trade", "trade", "what never was"]),
        which=SOME,
        wrong=CALLS_GO_WRONG,
        then=THEN,
    )
    def ask(self, what: str, which: int, wrong: Wrong, then: Then) -> None:
        trades = self.alipay.books("trades")
        rows = list(Payment.objects.order_by("pk"))
        self.go_wrong(wrong)
        if what == "payment" and rows:
            payments.ask_payment(rows[which % len(rows)], actor=ACTOR)
        elif what == "trade" and trades:
            payments.ask_lookup(self.here.look_up(trades[which % len(trades)]))
        else:
            account = self.here.accounts["hk" if which % 2 else "global"]
            payments.find_payment(account, actor=ACTOR, partner_trans_id="20260302000000never")
        self.go_on(then)

    # ---- Buyers and Alipay ----------------------------------------------------------------

    @rule(code=codes, purchases=PURCHASES, then=THEN)
    def pay(self, code: int, purchases: Purchases, then: Then) -> None:
        self.pay_code(code, purchases)
        self.go_on(then)

    @rule(which=SOME, move=st.sampled_from(MOVES), mishap=NOTICE_MISHAPS, then=THEN)
    def move_trade(self, which: int, move: str, mishap: str, then: Then) -> None:
        trades = self.alipay.books("trades")
        if not trades:
            return
        if mishap:
            self.alipay.switch(mishap, None, times=1)
        number = trades[which % len(trades)]["trade_no"]
        address, wish = f"/control/trades/{number}", {"status": move}
        if move == "refund":
            address, wish = "/control/refunds", {"trade_no": number, "amount": "0.01"}
        assert self.alipay.http.post(address, json=wish).status_code in {200, 409}
        self.go_on(then)

    # ---- The post and the clock -----------------------------------------------------------

    @rule(
        which=SOME,
        how=st.sampled_from(["as it was", "amount changed", "account's address", "code's address"]),
        amount=AMOUNTS,
        code=codes,
    )
    def post_an_old_letter(self, which: int, how: str, amount: str, code: int) -> None:
        if not self.here.honest:
            return
        old = self.here.honest[which % len(self.here.honest)]
        match how:
            case "as it was":
                self.here.post(old)
            case "amount changed":
                self.here.post(old.with_amount(amount))
            case "account's address":
                self.here.post_elsewhere(old, self.here.path_of_account(old))
            case "code's address":
                self.here.post_elsewhere(old, QRCode.objects.get(pk=code).notify_path)

    @rule(wrong=CALLS_GO_WRONG, then=THEN)
    def pass_time(self, wrong: Wrong, then: Then) -> None:
        self.go_wrong(wrong)
        self.go_on(then)


@pytest.mark.timeout(0 if EXAMPLES else 240)
def test_what_is_always_true_stays_true(
    transactional_db: None, alipay: AlipaySide, clock_doors_open: None
) -> None:
    run_state_machine_as_test(lambda: AlwaysTrue(alipay), settings=sample(18))
