"""A person holds a file that states another number of lines to be complete."""

from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.audit import Actor
from reconciliation.errors import VouchRefused
from reconciliation.models import StatementFile
from reconciliation.states import FileState


@transaction.atomic
def vouch_for_file(file: StatementFile, *, actor: Actor) -> StatementFile:
    """From now on what is absent from the file is absent at Alipay."""
    file = StatementFile.objects.select_for_update().get(pk=file.pk)
    if file.state != FileState.COUNT_MISMATCH:
        raise VouchRefused(_("Only a file that states another number of lines is vouched for."))
    if file.vouched_at is not None:
        return file
    file.vouched_at, file.vouched_by_name = clock.now(), actor.name[:200]
    file.save()
    audit.record(actor, "vouch_for_statement", file)
    return file
