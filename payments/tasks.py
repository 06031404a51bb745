"""The clock's doors to payments, lookups and cancels.

Each row is claimed when its turn has come, not before: its lease and its rung of the ladder are
used up by asking alone, however long the gateway keeps a worker.
"""

from datetime import datetime

import structlog
from celery import Task, shared_task
from kombu.exceptions import OperationalError

from merchant_portal import clock, due
from merchant_portal.due import DueWork
from payments import services
from payments.models import Cancel, Lookup, Payment, Sale, SilenceWatch

log = structlog.get_logger(__name__)
#: Seconds after which nobody waits for a nudge any more: where no worker runs they pile up, and the
#: clock does what they asked for.
_NUDGE_HOLDS = 10


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


def nudge_sale(sale: Sale) -> None:
    """Have what is due of a sale asked or sent at once, while somebody waits for it. Without a
    broker the clock does it: the row is due."""
    payment, now = sale.payment, clock.now()
    if _is_due(payment, now):
        _send(poll_due_payments)
    if sale.ending_at and any(_is_due(cancel, now) for cancel in payment.cancels.all()):
        _send(submit_due_cancels)


def _is_due(row: DueWork, now: datetime) -> bool:
    """Whether its time has come and nobody holds it."""
    has_come = row.next_attempt_at is not None and row.next_attempt_at <= now
    return has_come and (row.lease_until is None or row.lease_until <= now)


def _send(task: Task) -> None:
    try:
        task.apply_async(expires=_NUDGE_HOLDS)
    except (OperationalError, OSError) as silent:
        log.warning("nudge_not_taken", task=task.name, error=type(silent).__name__)
