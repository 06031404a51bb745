"""A refund whose money came back: the buyer's account could not take it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import audit
from merchant_portal.audit import Actor
from payments import ledger
from payments.errors import GiveBackRefused
from payments.models import EntryKind, LedgerEntry
from payments.services import giving_back
from refunds.models import Refund
from refunds.services import moves
from refunds.states import RefundState


@transaction.atomic
def record_return(refund: Refund, *, returned_at: datetime, actor: Actor) -> LedgerEntry:
    """The file says the money came back (REFUND_REVERSAL): book it, once.

    Raises GiveBackRefused where the refund itself is not booked.
    """
    payment, locked = moves.lock(refund.pk)
    if locked.state == RefundState.RETURNED:
        return LedgerEntry.objects.get(
            account=locked.account_id,
            kind=EntryKind.REFUND_REVERSAL,
            reference=locked.partner_refund_id,
        )
    if locked.booked_at is None:
        raise GiveBackRefused(_("What came back was not booked as refunded yet; book that first."))
    giving_back.move(locked, RefundState.RETURNED, actor=actor)
    locked.returned_at = returned_at
    locked.save()
    payment.refunded_minor -= locked.amount_minor
    payment.save(update_fields=["refunded_minor"])
    audit.record(actor, "record_return", locked)
    return ledger.post_refund_reversal(
        payment, locked.amount, reference=locked.partner_refund_id, occurred_at=returned_at
    )
