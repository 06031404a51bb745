"""A counter with payments that are booked when one says, and people who keep its shifts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from payments import ledger, services
from payments.models import Payment, PaymentMove, Shift, ZReport
from payments.states import PaymentState, Product
from qrcodes.models import Counter

#: A Wednesday noon in New York, where the test shop stands.
NOON = datetime(2026, 3, 18, 16, 0, tzinfo=UTC)
ACTOR = Actor("a test")


@dataclass
class Till:
    """A counter on a day: minutes count from noon."""

    account: Account
    counter: Counter
    made: list[Payment] = field(default_factory=list)

    @contextmanager
    def at(self, minutes: float) -> Iterator[None]:
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            yield

    def pay(
        self, minutes: float, minor: int = 1000, *, heard: float | None = None, **more: object
    ) -> Payment:
        """A payment made at one minute, and heard of at another."""
        paid_at = NOON + timedelta(minutes=minutes)
        number = len(self.made) + 1 + self.counter.pk * 1000
        values = {
            "account": self.account,
            "product": Product.MERCHANT_QR,
            "store": self.counter.store,
            "counter": self.counter,
            "alipay_trans_id": f"20260318220011110000{number:08d}",
            "partner_trans_id": f"77{number:08d}",
            "amount_minor": minor,
            "currency": "USD",
            "wallet": "ALIPAYCN",
            "state": PaymentState.PAID,
            "paid_at": paid_at,
            "occurred_at": paid_at,
            "first_heard_at": paid_at,
        } | more
        with self.at(minutes if heard is None else heard):
            payment = Payment.objects.create(**values)
            PaymentMove.objects.create(
                payment=payment, to_state=payment.state, at=paid_at, actor_name="Alipay"
            )
            if payment.state == PaymentState.PAID:
                ledger.post_payment(payment, occurred_at=paid_at)
        self.made.append(payment)
        return payment

    def refund(self, payment: Payment, minutes: float, minor: int) -> None:
        """Money of a payment goes back at a minute."""
        with self.at(minutes):
            ledger.post_refund(
                payment,
                type(payment.amount)(minor, payment.currency),
                reference=f"R{payment.pk}-{minutes}",
                occurred_at=NOON + timedelta(minutes=minutes),
            )
        Payment.objects.filter(pk=payment.pk).update(refunded_minor=payment.refunded_minor + minor)

    def open(self, minutes: float) -> Shift:
        with self.at(minutes):
            return services.open_shift(self.counter, actor=ACTOR)

    def close(self, shift: Shift, minutes: float) -> ZReport:
        with self.at(minutes):
            return services.close_shift(shift, actor=ACTOR)

    def close_day(self, minutes: float, *, days_back: int = 0) -> ZReport:
        day = (NOON + timedelta(minutes=minutes)).date() - timedelta(days=days_back)
        with self.at(minutes):
            return services.close_day(self.counter.store, day, actor=ACTOR)

    def assign(self, payment: Payment, shift: Shift, minutes: float) -> None:
        with self.at(minutes):
            services.assign_payment(payment, shift=shift, reason="Took over early", actor=ACTOR)


@pytest.fixture
def till(account: Account, counter: Counter) -> Till:
    return Till(account, Counter.objects.select_related("store").get(pk=counter.pk))


def told(report: ZReport) -> list[tuple[str, int | None, int]]:
    """The rows of a report: section, number of the shift, amount."""
    lines = report.lines.select_related("shift").order_by("pk")
    return [
        (line.section, line.shift.number if line.shift else None, line.amount_minor)
        for line in lines
    ]
