"""The clock's doors to the codes, and the nudge pages give them."""

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from merchant_portal import clock, due
from qrcodes import services
from qrcodes.models import QRCode

log = structlog.get_logger(__name__)


@shared_task
def poll_due_codes() -> None:
    """Give each due code a task of its own, so that one slow answer holds up no other code."""
    for pk in due.claim_due(QRCode, now=clock.now()):
        send_claimed_code.delay(pk)


@shared_task
def send_claimed_code(code_id: int) -> None:
    services.send_claimed_code(code_id)


@shared_task
def send_code(code_id: int) -> None:
    services.send_code(QRCode.objects.get(pk=code_id))


def nudge(code_id: int) -> None:
    """Ask for a code's calls at once. Without a broker the clock makes them: the row is due."""
    try:
        send_code.delay(code_id)
    except (OperationalError, OSError) as silent:
        log.warning("nudge_not_taken", code_id=code_id, error=type(silent).__name__)
