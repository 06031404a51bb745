"""The clock's doors to the codes."""

from celery import shared_task

from merchant_portal import clock, due
from qrcodes import services
from qrcodes.models import QRCode


@shared_task
def poll_due_codes() -> None:
    """Give each due code a task of its own."""
    for pk in due.claim_due(QRCode, now=clock.now()):
        send_code.delay(pk)


@shared_task
def send_code(code_id: int) -> None:
    services.send_claimed_code(code_id)
