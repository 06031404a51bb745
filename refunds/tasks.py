"""The clock's doors to refunds, and the nudge pages give to money going back.

Each row is claimed when its turn has come, not before: its lease and its rung of the ladder are
used up by sending or asking alone.
"""

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from merchant_portal import clock, due
from merchant_portal.crashpoints import reached
from payments.models import Cancel
from payments.tasks import submit_due_cancels
from refunds import services
from refunds.models import Refund
from refunds.states import REFUND_SENT, RefundState

log = structlog.get_logger(__name__)


@shared_task
def submit_due_refunds() -> None:
    """Send each approved refund whose time has come."""
    states = (RefundState.APPROVED,)
    due.each(due.claim_each(Refund, now=clock.now, states=states), services.submit_refund)


@shared_task
def poll_due_refunds() -> None:
    """Ask what became of each refund that was sent and has no end."""
    due.each(due.claim_each(Refund, now=clock.now, states=REFUND_SENT), services.poll_refund)


def nudge(giving: Refund | Cancel) -> None:
    """Have what is due sent at once. Without a broker the clock does it: the row is due."""
    reached("give_back.kept")
    task = submit_due_cancels if isinstance(giving, Cancel) else submit_due_refunds
    try:
        task.delay()
    except (OperationalError, OSError) as silent:
        log.warning("nudge_not_taken", task=task.name, error=type(silent).__name__)
