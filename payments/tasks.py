"""The clock's doors to payments, lookups and cancels.

Each row is claimed when its turn has come, not before: its lease and its rung of the ladder are
used up by asking alone, however long the gateway keeps a worker.
"""

from celery import shared_task

from merchant_portal import clock, due
from payments import services
from payments.models import Cancel, Lookup, Payment, SilenceWatch


@shared_task
def poll_due_payments() -> None:
    """Ask Alipay about each payment whose time has come."""
    due.each(due.claim_each(Payment, now=clock.now), services.poll_payment)


@shared_task
def run_due_lookups() -> None:
    """Ask Alipay about each number whose time has come."""
    due.each(due.claim_each(Lookup, now=clock.now), services.poll_lookup)


@shared_task
def submit_due_cancels() -> None:
    """Send each cancel whose time has come, ask about what was sent, let lapse what is late."""
    due.each(due.claim_each(Cancel, now=clock.now), services.submit_cancel)


@shared_task
def watch_silence() -> None:
    """Look at each counter that may have been silent for too long."""
    due.each(due.claim_each(SilenceWatch, now=clock.now), services.watch_counter)


@shared_task
def keep_day_sums() -> None:
    """Add up past days, so that pages need not."""
    services.keep_day_sums()
