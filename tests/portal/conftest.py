"""Payments and notifications as rows, for pages that only read them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from merchant_portal.accounts.models import Account
from payments import ledger, sums
from payments.models import Payment, PaymentMove
from payments.states import PaymentState, Product
from qrcodes.models import Counter

#: A Wednesday noon in New York, where the test shop stands.
NOON = datetime(2026, 3, 18, 16, 0, tzinfo=UTC)

PayMaker = Callable[..., Payment]


@pytest.fixture
def pay(account: Account, counter: Counter) -> PayMaker:
    """Makes payments at the counter, each a minute older than the one before."""
    made: list[Payment] = []

    def make(amount_minor: int = 1250, **more: object) -> Payment:
        number = len(made) + 1
        occurred_at = more.pop("occurred_at", NOON - timedelta(minutes=number))
        values = {
            "account": account,
            "product": Product.MERCHANT_QR,
            "store": counter.store,
            "counter": counter,
            "alipay_trans_id": f"20260318220011110000{number:08d}",
            "partner_trans_id": f"77{number:08d}",
            "amount_minor": amount_minor,
            "currency": "USD",
            "state": PaymentState.PAID,
            "paid_at": occurred_at,
            "occurred_at": occurred_at,
            "first_heard_at": occurred_at,
        }
        payment = Payment.objects.create(**(values | more))
        PaymentMove.objects.create(
            payment=payment, to_state=payment.state, at=payment.occurred_at, actor_name="Alipay"
        )
        made.append(payment)
        return payment

    return make


@pytest.fixture
def take(pay: PayMaker) -> PayMaker:
    """Makes payments that are booked, as those that a notification brought."""

    def make(amount_minor: int = 1250, **more: object) -> Payment:
        payment = pay(amount_minor, **more)
        ledger.post_payment(payment, occurred_at=payment.occurred_at)
        return payment

    return make


@pytest.fixture
def too_many(pay: PayMaker) -> None:
    """One payment more than is added up."""
    first = pay(100, occurred_at=datetime(2024, 3, 18, 16, 0, tzinfo=UTC))
    values = {field.attname: getattr(first, field.attname) for field in Payment._meta.fields}
    values |= {"id": None, "alipay_trans_id": "", "partner_trans_id": ""}
    columns = ", ".join(name for name in values if name != "id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO payments_payment ({columns})
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
            SELECT {columns.replace("alipay_trans_id", "''").replace("partner_trans_id", "''")}
            FROM payments_payment, n""",
            [sums.MOST_ADDED],
        )
