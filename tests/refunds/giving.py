"""What tests of money going back do and look at."""

from typing import Any

from merchant_portal import clock
from merchant_portal.audit import Actor
from merchant_portal.money import Money
from merchant_portal.verifying import find_breaches
from payments import services as payments
from payments.models import Cancel, Payment
from payments.tasks import submit_due_cancels
from refunds import services as refunds
from refunds.models import Refund
from refunds.tasks import poll_due_refunds, submit_due_refunds
from tests.alipay_side import AlipaySide

REFUND = "alipay.acquire.overseas.spot.refund"
REFUND_QUERY = "alipay.acquire.refund.query"
CANCEL = "alipay.acquire.cancel"
QUERY = "alipay.acquire.overseas.query"


def ask_for(payment: Payment, amount: str, actor: Actor, **more: Any) -> Refund:
    """A refund of an amount in the payment's currency, for goods that came back."""
    money = Money.parse(amount, payment.currency)
    asked = {"reason": "returned", "note": "", "actor": actor} | more
    return refunds.request_refund(payment, amount=money, **asked)


def ask_for_cancel(payment: Payment, actor: Actor, **more: Any) -> Cancel:
    asked = {"reason": "wrong_amount", "note": "", "actor": actor} | more
    return payments.request_cancel(payment, **asked)


def let_time_come() -> None:
    """Every next attempt's time has come, and nobody holds a row."""
    for model in (Refund, Cancel):
        model.objects.filter(next_attempt_at__isnull=False).update(
            next_attempt_at=clock.now(), lease_until=None
        )


def tick() -> None:
    """The clock comes by once."""
    submit_due_cancels()
    submit_due_refunds()
    poll_due_refunds()


def after_another_try() -> None:
    let_time_come()
    tick()


def the_refund() -> Refund:
    assert find_breaches() == [], find_breaches()
    return Refund.objects.select_related("payment").get()


def the_cancel() -> Cancel:
    assert find_breaches() == [], find_breaches()
    return Cancel.objects.select_related("payment").get()


def amounts(payment: Payment) -> tuple[int, int, int]:
    """Refunded, cancelled and reserved, as they stand now."""
    payment.refresh_from_db()
    return payment.refunded_minor, payment.cancelled_minor, payment.reserved_minor


def sent(alipay: AlipaySide) -> list[dict[str, Any]]:
    """The refunds Alipay has heard of."""
    return alipay.books("refunds")
