"""The clock's doors to payments and lookups."""

from celery import shared_task

from merchant_portal import clock, due
from payments import services
from payments.models import Lookup, Payment


@shared_task
def poll_due_payments() -> None:
    """Ask Alipay about each payment whose time has come."""
    for pk in due.claim_due(Payment, now=clock.now()):
        ask_payment.delay(pk)


@shared_task
def ask_payment(payment_id: int) -> None:
    services.poll_payment(payment_id)


@shared_task
def run_due_lookups() -> None:
    """Ask Alipay about each number whose time has come."""
    for pk in due.claim_due(Lookup, now=clock.now()):
        ask_lookup.delay(pk)


@shared_task
def ask_lookup(lookup_id: int) -> None:
    services.poll_lookup(lookup_id)
