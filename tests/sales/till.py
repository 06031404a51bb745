"""What happens at a till in tests: somebody sells, a customer pays, the clock comes by."""

from dataclasses import dataclass
from typing import Any

import time_machine
from django.test import Client

from merchant_portal import clock
from merchant_portal.accounts.models import Account, GatewayCall
from merchant_portal.alipay.messages import PaymentCode
from merchant_portal.money import Money
from merchant_portal.verifying import find_breaches
from payments import services as payments
from payments.models import Cancel, EntryKind, LedgerEntry, Payment, Sale
from payments.selling import SaleOutcome, outcome_of
from payments.tasks import poll_due_payments, submit_due_cancels
from qrcodes.models import Counter, Enrolment
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR

PAY = "alipay.acquire.overseas.spot.pay"


@dataclass(frozen=True)
class Words:
    """The calls and codes of one generation of the interface."""

    pay: str
    order: str
    query: str
    cancel: str
    refund: str
    refund_query: str
    not_there: str
    poor: str
    unsigned: str


WORDS = {
    "gateway": Words(
        pay=PAY,
        order="alipay.acquire.precreate",
        query="alipay.acquire.overseas.query",
        cancel="alipay.acquire.cancel",
        refund="alipay.acquire.overseas.spot.refund",
        refund_query="alipay.acquire.refund.query",
        not_there="TRADE_NOT_EXIST",
        poor="BUYER_BALANCE_NOT_ENOUGH",
        unsigned="ILLEGAL_SIGN",
    ),
    "json": Words(
        pay="pay",
        order="pay",
        query="inquiryPayment",
        cancel="cancel",
        refund="refund",
        refund_query="inquiryRefund",
        not_there="ORDER_NOT_EXIST",
        poor="USER_BALANCE_NOT_ENOUGH",
        unsigned="SIGNATURE_INVALID",
    ),
}


@dataclass
class Till:
    """One counter under one account, and Alipay's side of what it begins."""

    counter: Counter
    account: Account
    alipay: AlipaySide
    traveller: time_machine.Traveller
    client: Client

    @property
    def words(self) -> Words:
        return WORDS["json" if self.account.sells_by_json else "gateway"]

    def break_call(self, mishap: str, value: str | None = None, *, times: int, call: str) -> None:
        """Something goes wrong with the next calls: ``pay``, ``order``, ``query``, ``cancel``."""
        self.alipay.switch(mishap, value, times=times, service=getattr(self.words, call))

    def called(self, call: str) -> int:
        """How often Alipay was called so."""
        return GatewayCall.objects.filter(service=getattr(self.words, call)).count()

    @property
    def enrolment(self) -> Enrolment:
        """The store's own, as it stands now."""
        return self.account.enrolments.get(store=self.counter.store_id, counter=None)

    # ---- What people do -------------------------------------------------------------------

    def show_code(self, **wish: object) -> PaymentCode:
        """The code on a customer's phone."""
        answer = self.alipay.http.post("/phone/codes", json=wish).raise_for_status()
        return PaymentCode.scanned(answer.json()["code"])

    def scan(self, amount: str = "12.50", *, shown: object = None, **more: Any) -> Sale:
        """Somebody scans the code on a customer's phone."""
        code = shown if isinstance(shown, PaymentCode) else self.show_code()
        asked = {"description": "Noodle set lunch", "actor": ACTOR} | more
        return payments.sell_by_code(
            self.counter, under=self.enrolment, amount=self.money(amount), code=code, **asked
        )

    def order(self, amount: str = "12.50", **more: Any) -> Sale:
        """Somebody has a code made for an order."""
        asked = {"description": "Noodle set lunch", "actor": ACTOR} | more
        return payments.sell_by_order_code(
            self.counter, under=self.enrolment, amount=self.money(amount), **asked
        )

    def end(self, sale: Sale) -> Sale:
        return payments.end_sale(sale, actor=ACTOR)

    def pay_order(self, sale: Sale, **more: object) -> None:
        """A customer reads the order's code, and pays unless another decision is said."""
        wish = {"code": sale.order_code, **more}
        self.alipay.http.post("/phone/orders", json=wish).raise_for_status()

    def press(self, decision: str) -> None:
        """The customer types the password, or leaves it."""
        number = self.alipay.books("trades")[-1]["trade_no"]
        wish = {"decision": decision}
        self.alipay.http.post(f"/phone/trades/{number}", json=wish).raise_for_status()

    # ---- Time and the post ----------------------------------------------------------------

    def wait(self, seconds: int) -> None:
        """Time passes here and at Alipay, and nobody comes by."""
        self.traveller.shift(seconds)

    def tick(self) -> None:
        """The clock comes by once."""
        poll_due_payments()
        submit_due_cancels()

    def run(self, seconds: int) -> None:
        """The clock comes by each second."""
        for _second in range(seconds):
            self.wait(1)
            self.tick()

    def carry(self) -> list[bool]:
        """Carry the post; of each notice whether the portal has taken it."""
        said = self.alipay.carry_due(self.client)
        return [each == "success" or '"resultStatus":"S"' in each for each in said]

    # ---- What is seen ---------------------------------------------------------------------

    def outcome(self, sale: Sale) -> SaleOutcome:
        assert find_breaches() == [], find_breaches()
        return outcome_of(Sale.objects.select_related("payment").get(pk=sale.pk))

    def payment(self, sale: Sale) -> Payment:
        return Payment.objects.get(pk=sale.payment_id)

    def cancel(self, sale: Sale) -> Cancel:
        return Cancel.objects.get(payment=sale.payment_id)

    def entries(self, sale: Sale) -> list[str]:
        booked = LedgerEntry.objects.filter(payment=sale.payment_id)
        return [str(EntryKind(kind)) for kind in booked.values_list("kind", flat=True)]

    def money(self, amount: str) -> Money:
        return Money.parse(amount, self.counter.store.pricing_currency)

    def now(self) -> Any:
        return clock.now()
