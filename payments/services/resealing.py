"""Sealing what is quarantined again, when the master key changes."""

from django.conf import settings
from django.db import transaction

from merchant_portal.vault import open_vault
from payments.models import Quarantined


@transaction.atomic
def reseal_quarantine() -> int:
    """Seal every quarantined body with the newest master key; raises SealBroken.

    One body at a time is held in memory: a thousand may be kept per account.
    """
    vault = open_vault(settings.MASTER_KEY)
    resealed = 0
    for pk in list(Quarantined.objects.order_by("pk").values_list("pk", flat=True)):
        row = Quarantined.objects.select_for_update().only("sealed_body").get(pk=pk)
        row.sealed_body = vault.reseal(bytes(row.sealed_body))
        row.save(update_fields=["sealed_body"])
        resealed += 1
    return resealed
