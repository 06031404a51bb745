"""When a refund that Alipay has only noted down is asked about."""

from datetime import datetime, timedelta

from django.conf import settings

from merchant_portal import clock
from payments.models import Payment
from refunds.models import Refund


def next_asking(payment: Payment, *, now: datetime) -> datetime:
    """Soon for a payment of today, which Alipay pays back at once; else once the coming night's
    run (23:00 to 05:00 GMT+8) is over. In Hong Kong all wait for the night (hkapi/spot_refund)."""
    paid_at = payment.paid_at or payment.occurred_at
    is_same_day = clock.transaction_day(paid_at) == clock.transaction_day(now)
    if is_same_day and not payment.account.is_hk:
        return now + timedelta(seconds=settings.REFUND_SAME_DAY_SECONDS)
    return _after_the_night(now)


def _after_the_night(now: datetime) -> datetime:
    today = clock.transaction_day(now)
    over = datetime.combine(today, settings.REFUND_NIGHT_OVER, clock.GMT8)
    return over if now < over else over + timedelta(days=1)


def next_asking_of_json(refund: Refund, *, now: datetime) -> datetime:
    """Every few seconds for its first minute, then more and more rarely: the JSON API never tells
    of a refund (docs.antom.com/ac/ams/ir)."""
    age = now - (refund.first_sent_at or now)
    quick = timedelta(seconds=settings.REFUND_POLL_SECONDS)
    return now + min(max(quick, age / 12), timedelta(hours=1))
