"""However a counter's sales go, and whatever breaks meanwhile: each is paid once, or not paid, or
given back, and both sides agree to the cent.

Hypothesis plays the cashiers, the customers, Alipay's mishaps, the post, the clock with its doors
in any order, midnight, and the program that ends at any named point; in both generations of the
interface. At every moment what is said at the till is held against Alipay's own books.
"""

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

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
from merchant_portal.money import Money
from merchant_portal.tasks import apply_waiting_notifications
from merchant_portal.verifying import find_breaches
from payments import services as payments
from payments.errors import GiveBackRefused, SaleRefused
from payments.models import Cancel, Payment, Sale
from payments.states import PaymentState, Question
from payments.tasks import poll_due_payments, submit_due_cancels
from qrcodes import services as codes
from refunds import services as refunds
from refunds.models import Refund
from refunds.tasks import poll_due_refunds, submit_due_refunds
from tests import factories
from tests.alipay.rsa import RSAPair, make_rsa_pair
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.properties.counters import (
    BEGIN,
    DEED,
    Customer,
    Deed,
    GiveBack,
    GiveUp,
    Look,
    Mishaps,
    OldLetter,
    Order,
    Pass,
    Scan,
)
from tests.properties.database import broken_checks, empty_database
from tests.properties.machine import EXAMPLES, sample
from tests.properties.sold import all_sold, hold_the_end
from tests.properties.test_money_back import ending, wait_for
from tests.properties.world import BEGINNING
from tests.sales.conftest import speak_json
from tests.sales.till import WORDS, Till

#: The clock's doors to what a counter began, as it comes by them.
DOORS = (
    poll_due_payments,
    submit_due_cancels,
    apply_waiting_notifications,
    submit_due_refunds,
    poll_due_refunds,
)


class Counters(RuleBasedStateMachine):
    """Two counters, one in each generation of the interface."""

    def __init__(self, alipay: AlipaySide, pair: RSAPair) -> None:
        super().__init__()
        self.alipay, self.pair = alipay, pair
        self.tills: dict[bool, Till] = {}
        self.letters: list[dict[str, Any]] = []
        self.travel = time_machine.travel(BEGINNING, tick=False)
        self.traveller = self.travel.start()
        empty_database()

    @initialize(deeds=st.lists(BEGIN, min_size=1, max_size=3))
    def open_shop(self, deeds: list[Deed]) -> None:
        self.alipay.reset()
        self.tills = {by_json: self._till(by_json=by_json) for by_json in (False, True)}
        for deed in deeds:
            self._do(deed)

    @rule(deeds=st.lists(DEED, min_size=2, max_size=6))
    def go_on(self, deeds: list[Deed]) -> None:
        """One rule with all there is to choose: of several Hypothesis leaves some out."""
        for deed in deeds:
            self._do(deed)

    @invariant()
    def all_is_true(self) -> None:
        if self.tills:
            assert broken_checks() == [], find_breaches()
            for sold in all_sold(self.alipay):
                sold.hold_what_is_said()

    def teardown(self) -> None:
        try:
            if self.tills:
                self._calm()
                assert broken_checks() == [], find_breaches()
                hold_the_end(self.alipay)
        finally:
            self.travel.stop()

    # ---- What happens ---------------------------------------------------------------------

    def _do(self, deed: Deed) -> None:
        match deed:
            case Scan(by_json, amount, outcome, wrong, notice, at):
                shown = self.tills[by_json].show_code(outcome=outcome)
                self._meddle(wrong, notice)
                with ending(at):
                    self.tills[by_json].scan(amount, shown=shown)
            case Order(by_json, amount, wrong, notice, at):
                self._meddle(wrong, notice)
                with ending(at):
                    self.tills[by_json].order(amount)
            case GiveUp():
                self._give_up(deed)
            case Customer():
                self._act_on_phone(deed)
            case Look():
                self._look(deed)
            case GiveBack():
                self._give_back(deed)
            case OldLetter(which):
                if self.letters:
                    self._post(self.letters[which % len(self.letters)])
            case Pass():
                self._pass(deed)

    def _give_up(self, deed: GiveUp) -> None:
        sales = list(Sale.objects.order_by("pk"))
        if not sales:
            return
        self._meddle(deed.wrong, "")
        sale = sales[deed.which % len(sales)]
        with ending(deed.at):
            try:
                payments.end_sale(sale, actor=ACTOR)
            except SaleRefused:
                assert Payment.objects.get(pk=sale.payment_id).is_taken

    def _act_on_phone(self, deed: Customer) -> None:
        orders = self.alipay.books("orders")
        if not orders:
            return
        self._meddle([], deed.notice)
        order = orders[deed.which % len(orders)]
        address, wish = f"/phone/trades/{order['trade_no']}", {"decision": deed.decision}
        if order["qrcode"]:
            address, wish = "/phone/orders", {"code": order["qrcode"], "decision": deed.decision}
        assert self.alipay.http.post(address, json=wish).status_code in {200, 400, 404, 409}

    def _look(self, deed: Look) -> None:
        rows = list((Cancel if deed.at_cancel else Payment).objects.order_by("pk"))
        if not rows:
            return
        self._meddle(deed.wrong, "")
        row = rows[deed.which % len(rows)]
        with ending(deed.at):
            if isinstance(row, Cancel):
                payments.ask_cancel(row, actor=ACTOR)
            else:
                payments.ask_payment(row, actor=ACTOR)

    def _give_back(self, deed: GiveBack) -> None:
        paid = list(Payment.objects.filter(state=PaymentState.PAID).order_by("pk"))
        if not paid:
            return
        self._meddle(deed.wrong, "")
        payment = paid[deed.which % len(paid)]
        asked: dict[str, Any] = {"reason": "returned", "note": "", "actor": ACTOR}
        with suppress(GiveBackRefused):
            if deed.percent:
                part = max(1, payment.amount_minor * deed.percent // 100)
                amount = Money(part, payment.currency)
                refunds.request_refund(payment, amount=amount, **asked)
            else:
                payments.request_cancel(payment, **asked)

    def _pass(self, deed: Pass) -> None:
        self._meddle(deed.wrong, "")
        with ending(deed.at):
            self._carry(deed.post)
        until = deed.until
        self.traveller.shift(until if isinstance(until, int) else wait_for(until))
        first = deed.first_door % len(DOORS)
        for _tick in range(deed.ticks):
            self.traveller.shift(3)
            for door in [*DOORS[first:], *DOORS[:first]]:
                with ending(deed.at):
                    door()

    def _carry(self, how: str) -> None:
        due = self.alipay.due() if how else []
        for notice in reversed(due) if how == "last first" else due[:1] if how == "one" else due:
            self.letters.append(notice)
            if how == "answers lost":
                self._post(notice)
            else:
                assert _is_taken(self.alipay.carry(notice, Client()))

    def _post(self, notice: dict[str, Any]) -> None:
        """What Alipay has sent reaches the portal, and nobody tells Alipay."""
        answer = Client().post(
            urlsplit(notice["url"]).path,
            data=notice["body"],
            content_type=notice["content_type"],
            headers=notice["headers"],
        )
        assert _is_taken(answer.content.decode())

    def _meddle(self, wrong: Mishaps, notice: str) -> None:
        for name, value, times, call in wrong:
            for words in WORDS.values():
                self.alipay.switch(name, value, times=times, service=getattr(words, call))
        if notice:
            self.alipay.switch(notice, None, times=1)

    # ---- The end --------------------------------------------------------------------------

    def _calm(self) -> None:
        """Every mishap ends, the clock runs on, and people do what only they can."""
        self.alipay.clear_mishaps()
        for _round in range(30):
            for _tick in range(3):
                self.traveller.shift(61)
                for door in DOORS:
                    door()
            self._carry("all")
            self._look_at_all()
            if not self._is_anything_open():
                return
            self.traveller.shift(3600)
        raise AssertionError("what a counter began never comes to an end")

    def _look_at_all(self) -> None:
        for cancel in Cancel.objects.exclude(question=""):
            payments.ask_cancel(cancel, actor=ACTOR)
        for refund in Refund.objects.exclude(question=""):
            refunds.ask_refund(refund, actor=ACTOR)
        for sale in Sale.objects.filter(ending_at__isnull=False):
            payment = Payment.objects.get(pk=sale.payment_id)
            if payment.is_unsettled and not payment.cancels.open().exists():
                payments.end_sale(sale, actor=ACTOR)
        waiting = (Question.NO_ANSWER, Question.STILL_WAITING)
        for payment in Payment.objects.filter(question__in=waiting):
            payments.ask_payment(payment, actor=ACTOR)

    def _is_anything_open(self) -> bool:
        owed = (Payment.objects.unsettled(), Cancel.objects.open(), Refund.objects.open())
        return any(rows.exists() for rows in owed)

    def _till(self, *, by_json: bool) -> Till:
        store = factories.store(code="JSON" if by_json else "GATE")
        account = factories.account(self.alipay, partner_id=f"208800000000030{int(by_json)}")
        codes.enrol_store(store, account=account, actor=ACTOR)
        if by_json:
            speak_json(account, self.alipay, self.pair)
        return Till(factories.counter(store), account, self.alipay, self.traveller, Client())


def _is_taken(said: str) -> bool:
    return said == "success" or '"resultStatus":"S"' in said


@pytest.mark.timeout(0 if EXAMPLES else 240)
def test_each_sale_is_paid_once_or_not_paid_or_given_back(
    transactional_db: None, alipay: AlipaySide, clock_doors_open: None
) -> None:
    pair = make_rsa_pair(2048, SignType.RSA2)
    run_state_machine_as_test(lambda: Counters(alipay, pair), settings=sample(24, steps=6))
