"""The clock's doors to codes and registrations, and the nudges pages give them."""

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from merchant_portal import clock, due
from qrcodes import services
from qrcodes.models import QRCode, Registration

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


@shared_task
def poll_due_enrolments() -> None:
    """Tell Alipay about each store that is to be registered, and ask how its review goes."""
    for pk in due.claim_due(Registration, now=clock.now()):
        send_claimed_registration.delay(pk)


@shared_task
def send_claimed_registration(registration_id: int) -> None:
    services.send_claimed_registration(registration_id)


@shared_task
def send_registration(registration_id: int) -> None:
    services.send_registration(Registration.objects.get(pk=registration_id))


def nudge_registration(registration_id: int) -> None:
    """Ask for a registration's call at once. Without a broker the clock makes it."""
    try:
        send_registration.delay(registration_id)
    except (OperationalError, OSError) as silent:
        log.warning("nudge_not_taken", registration_id=registration_id, error=type(silent).__name__)


def nudge(code_id: int) -> None:
    """Ask for a code's calls at once. Without a broker the clock makes them: the row is due."""
    try:
        send_code.delay(code_id)
    except (OperationalError, OSError) as silent:
        log.warning("nudge_not_taken", code_id=code_id, error=type(silent).__name__)
