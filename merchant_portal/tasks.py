"""The clock's doors to what arrived: apply what waits, verify the quarantine again."""

from celery import shared_task
from django.db.models import F, Q

from merchant_portal import clock, due, intake
from merchant_portal.accounts.models import Account
from payments.models import Notification


@shared_task
def apply_waiting_notifications() -> None:
    """Let each waiting notification whose time has come have its effect."""
    for pk in due.claim_due(Notification, now=clock.now()):
        intake.apply_again(pk)


@shared_task
def verify_quarantine() -> None:
    """Verify what is held again for each account whose keys have changed since."""
    never = Q(quarantine_verified_at__isnull=True)
    older = Q(quarantine_verified_at__lt=F("keys_changed_at"))
    for account in Account.objects.filter(never | older, keys_changed_at__isnull=False):
        intake.verify_quarantine_of(account)
