"""The clock's doors to what arrived: apply what waits, verify the quarantine again."""

from celery import shared_task

from merchant_portal import clock, due, health, intake
from merchant_portal.accounts.models import Account
from payments.models import Notification, Quarantined


@shared_task
def note_clock_tick() -> None:
    """Leave the sign that clock and worker run; readyz and metrics read it."""
    health.note_clock_tick()


@shared_task
def apply_waiting_notifications() -> None:
    """Let each waiting notification whose time has come have its effect."""
    due.each(due.claim_each(Notification, now=clock.now), intake.apply_again)


@shared_task
def verify_quarantine() -> None:
    """Verify what is held again for each account whose keys have changed since."""
    held = Quarantined.objects.to_verify_again().order_by().values("account")
    due.each(Account.objects.filter(pk__in=held), intake.verify_quarantine_of)
