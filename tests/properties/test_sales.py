"""However a counter's sales go, and whatever breaks meanwhile: each is paid once, or not paid, or
given back, and both sides agree.

Hypothesis plays the cashiers, the customers, Alipay's mishaps, the post, the clock, midnight, and
the program that ends at any named point; in both generations of the interface.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time

import hypothesis.strategies as st
import pytest
import time_machine
from django.test import Client
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from merchant_portal.alipay.signing import SignType
from merchant_portal.verifying import find_breaches
from payments import services as payments
from payments.errors import SaleRefused
from payments.models import Cancel, Payment, Sale
from payments.states import PaymentState, Product, Question
from payments.tasks import poll_due_payments, submit_due_cancels
from qrcodes import services as codes
from tests import factories
from tests.alipay.rsa import RSAPair, make_rsa_pair
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.properties.database import broken_checks, empty_database
from tests.properties.machine import AMOUNTS, EXAMPLES, GATEWAY_MISHAPS, SOME, sample
from tests.properties.test_money_back import Until, ending, wait_for
from tests.properties.world import BEGINNING
from tests.sales.conftest import speak_json
from tests.sales.till import WORDS, Till

POINTS = [
    *(f"sale.{point}" for point in ("committed", "called", "recorded")),
    *(f"cancel.{point}" for point in ("marked", "called", "recorded", "asked")),
]
AT = st.sampled_from(["", "", "", *POINTS])
CALL = st.sampled_from(["pay", "order", "query", "cancel"])
CODES = ("ACCESS_DENIED", "SYSTEM_ERROR", "TRADE_STATUS_ERROR", "SOMETHING_NEW")
#: A mishap of the calls that follow: name, value, how often, of which call.
WRONG = st.one_of(
    st.tuples(st.sampled_from(GATEWAY_MISHAPS), st.none(), st.integers(1, 3), CALL),
    st.tuples(st.just("unknown_then"), st.just("done"), st.integers(1, 2), CALL),
    st.tuples(st.just("refused"), st.sampled_from(CODES), st.just(1), CALL),
    st.tuples(st.just("not_exist"), st.none(), st.integers(1, 3), st.just("query")),
    st.tuples(st.just("paid_meanwhile"), st.none(), st.just(1), st.just("cancel")),
)
NOTICE = st.sampled_from(["", "", "", "lost", "late", "doubled", "reordered", "without_optional"])
OUTCOME = st.sampled_from(["paid", "paid", "waiting", "waiting", "not_enough_money", "risk"])
UNTIL = st.sampled_from([0, 1, 3, 10, 30, 70, 200, 3600, time(23, 59), time(0, 10), time(0, 20)])
POST = st.sampled_from(["", "all", "all", "last first", "one", "answers lost"])


#: See WRONG.
Wrongs = list[tuple[str, str | None, int, str]]


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What somebody does, what goes wrong with it, and the point ``at`` which the program ends."""

    wrong: Wrongs
    notice: str = ""
    at: str


@dataclass(frozen=True, kw_only=True)
class Order(Deed):
    by_json: bool
    amount: str


@dataclass(frozen=True, kw_only=True)
class Scan(Deed):
    by_json: bool
    amount: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class GiveUp(Deed):
    which: int


@dataclass(frozen=True)
class Customer:
    """Somebody reads an order's code, or decides on the phone."""

    which: int
    decision: str


@dataclass(frozen=True, kw_only=True)
class Pass(Deed):
    """Time passes, the post comes, and the clock comes by so often."""

    post: str
    until: Until
    ticks: int


HITCHES = {"wrong": st.lists(WRONG, max_size=2), "at": AT}
SOLD = {"by_json": st.booleans(), "amount": AMOUNTS, "notice": NOTICE, **HITCHES}
BEGIN = st.one_of(st.builds(Scan, outcome=OUTCOME, **SOLD), st.builds(Order, **SOLD))
PASS = st.builds(Pass, post=POST, until=UNTIL, ticks=st.integers(1, 4), **HITCHES)
DEED = st.one_of(
    BEGIN,
    BEGIN,
    st.builds(GiveUp, which=SOME, **HITCHES),
    st.builds(Customer, SOME, st.sampled_from(["pay", "pay", "leave", "cancel"])),
    PASS,
    PASS,
)


class Counters(RuleBasedStateMachine):
    """Two counters, one in each generation of the interface."""

    def __init__(self, alipay: AlipaySide, pair: RSAPair) -> None:
        super().__init__()
        self.alipay, self.pair = alipay, pair
        self.tills: dict[bool, Till] = {}
        self.travel = time_machine.travel(BEGINNING, tick=False)
        self.traveller = self.travel.start()
        empty_database()

    @initialize(deeds=st.lists(BEGIN, min_size=1, max_size=2))
    def open_shop(self, deeds: list[Deed | Customer]) -> None:
        self.alipay.reset()
        self.tills = {by_json: self._till(by_json=by_json) for by_json in (False, True)}
        for deed in deeds:
            self._do(deed)

    @rule(deeds=st.lists(DEED, min_size=2, max_size=6))
    def go_on(self, deeds: list[Deed | Customer]) -> None:
        for deed in deeds:
            self._do(deed)

    @invariant()
    def all_is_true(self) -> None:
        if self.tills:
            assert broken_checks() == [], find_breaches()

    def teardown(self) -> None:
        try:
            if self.tills:
                self._calm()
                self._compare()
        finally:
            self.travel.stop()

    # ---- What happens ---------------------------------------------------------------------

    def _do(self, deed: Deed | Customer) -> None:
        match deed:
            case Scan(by_json=by_json, amount=amount, outcome=outcome):
                till = self.tills[by_json]
                shown = till.show_code(outcome=outcome)
                with self._meddled(deed):
                    till.scan(amount, shown=shown)
            case Order(by_json=by_json, amount=amount):
                with self._meddled(deed):
                    self.tills[by_json].order(amount)
            case GiveUp():
                self._give_up(deed)
            case Customer(which, decision):
                self._act_on_phone(which, decision)
            case Pass():
                self._pass(deed)

    @contextmanager
    def _meddled(self, deed: Deed) -> Iterator[None]:
        """What is done in here goes wrong as the deed says, and may end the program."""
        for name, value, times, call in deed.wrong:
            for words in WORDS.values():
                self.alipay.switch(name, value, times=times, service=getattr(words, call))
        if deed.notice:
            self.alipay.switch(deed.notice, None, times=1)
        with ending(deed.at):
            yield

    def _give_up(self, deed: GiveUp) -> None:
        sales = list(Sale.objects.order_by("pk"))
        if not sales:
            return
        sale = sales[deed.which % len(sales)]
        with self._meddled(deed):
            try:
                payments.end_sale(sale, actor=ACTOR)
            except SaleRefused:
                assert Payment.objects.get(pk=sale.payment_id).is_taken

    def _act_on_phone(self, which: int, decision: str) -> None:
        orders = self.alipay.books("orders")
        if not orders:
            return
        order = orders[which % len(orders)]
        address, wish = f"/phone/trades/{order['trade_no']}", {"decision": decision}
        if order["qrcode"]:
            address, wish = "/phone/orders", {"code": order["qrcode"], "decision": decision}
        assert self.alipay.http.post(address, json=wish).status_code in {200, 400, 404, 409}

    def _pass(self, deed: Pass) -> None:
        with self._meddled(deed):
            self._carry(deed.post)
        until = deed.until
        self.traveller.shift(until if isinstance(until, int) else wait_for(until))
        for _tick in range(deed.ticks):
            self.traveller.shift(3)
            with ending(deed.at):
                poll_due_payments()
            with ending(deed.at):
                submit_due_cancels()

    def _carry(self, how: str) -> None:
        due = self.alipay.due() if how else []
        for notice in reversed(due) if how == "last first" else due[:1] if how == "one" else due:
            said = self.alipay.carry(notice, Client())
            assert said == "success" or '"resultStatus":"S"' in said

    # ---- The end --------------------------------------------------------------------------

    def _calm(self) -> None:
        """Every mishap ends, the clock runs on, and people do what only they can."""
        self.alipay.clear_mishaps()
        for _round in range(30):
            for _tick in range(3):
                self.traveller.shift(61)
                poll_due_payments()
                submit_due_cancels()
            self._carry("all")
            self._look()
            if not self._is_anything_open():
                return
            self.traveller.shift(3600)
        raise AssertionError("what a counter began never comes to an end")

    def _look(self) -> None:
        for cancel in Cancel.objects.exclude(question=""):
            payments.ask_cancel(cancel, actor=ACTOR)
        for sale in Sale.objects.filter(ending_at__isnull=False):
            payment = Payment.objects.get(pk=sale.payment_id)
            if payment.is_unsettled and not payment.cancels.open().exists():
                payments.end_sale(sale, actor=ACTOR)
        waiting = (Question.NO_ANSWER, Question.STILL_WAITING)
        for payment in Payment.objects.filter(question__in=waiting):
            payments.ask_payment(payment, actor=ACTOR)

    def _is_anything_open(self) -> bool:
        return Payment.objects.unsettled().exists() or Cancel.objects.open().exists()

    def _compare(self) -> None:
        assert broken_checks() == [], find_breaches()
        theirs = {order["order_number"]: order for order in self.alipay.books("orders")}
        trades = {trade["out_trade_no"]: trade for trade in self.alipay.books("trades")}
        ours = {payment.partner_trans_id: payment for payment in Payment.objects.all()}
        assert theirs.keys() <= ours.keys(), "Alipay was asked for a sale that is not here"
        for number, payment in ours.items():
            self._compare_sale(payment, trades.get(number))

    def _compare_sale(self, payment: Payment, trade: dict[str, object] | None) -> None:
        was_paid = bool(trade and trade["paid_at"])
        went_back = was_paid and trade is not None and trade["refunded"] == trade["amount"]
        if trade is not None:
            assert trade["amount"] == payment.amount.decimal_text
        match PaymentState(payment.state):
            case PaymentState.PAID:
                assert was_paid
                assert not went_back
                is_wanted = payment.sale.ending_at is None
                assert is_wanted or payment.question == Question.PAID_AFTER_END
            case PaymentState.CANCELLED:
                assert went_back
            case PaymentState.CLOSED:
                assert not was_paid, "charged, and nobody here knows"
            case state:
                raise AssertionError(f"{state} at the end")
        if payment.product == Product.BARCODE:
            assert self._sent(payment) <= 1, "a scan was sent twice"

    def _sent(self, payment: Payment) -> int:
        pays = [words.pay for words in WORDS.values()]
        calls = payment.account.calls.filter(subject_type="payment", subject_id=payment.pk)
        return calls.filter(service__in=pays).count()

    def _till(self, *, by_json: bool) -> Till:
        store = factories.store(code="JSON" if by_json else "GATE")
        account = factories.account(self.alipay, partner_id=f"208800000000030{int(by_json)}")
        codes.enrol_store(store, account=account, actor=ACTOR)
        if by_json:
            speak_json(account, self.alipay, self.pair)
        return Till(factories.counter(store), account, self.alipay, self.traveller, Client())


@pytest.mark.timeout(0 if EXAMPLES else 240)
def test_each_sale_is_paid_once_or_not_paid_or_given_back(
    transactional_db: None, alipay: AlipaySide, clock_doors_open: None
) -> None:
    pair = make_rsa_pair(2048, SignType.RSA2)
    run_state_machine_as_test(lambda: Counters(alipay, pair), settings=sample(5, steps=5))
