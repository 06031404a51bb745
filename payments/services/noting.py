"""What people write down about a payment."""

from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.audit import Actor
from payments.errors import NoteRefused
from payments.models import Payment, PaymentNote


@transaction.atomic
def write_note(payment: Payment, *, actor: Actor, text: str) -> PaymentNote:
    """A person writes something beside a payment, for everybody who sees it; raises NoteRefused."""
    said = text.strip()
    if not said:
        raise NoteRefused(_("Write the note first."))
    note = PaymentNote.objects.create(
        payment=payment,
        text=said,
        author=actor.user,
        author_name=actor.name[:200],
        at=clock.now(),
    )
    audit.record(actor, "write_note", payment, note=note.pk)
    return note
