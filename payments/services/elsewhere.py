"""A cancel made at Alipay's own portal, booked by the night's file."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.audit import ALIPAY, Actor
from payments import ledger
from payments.errors import GiveBackRefused
from payments.models import Cancel, Payment
from payments.services import cancel_moves, giving_back, steps
from payments.states import CancelState, PaymentState, Question


@transaction.atomic
def book_cancel_made_elsewhere(payment: Payment, *, cancelled_at: datetime, actor: Actor) -> Cancel:
    """The file's row says that the whole payment went back: book it, once.

    Raises GiveBackRefused where it does not fit what we know of the payment.
    """
    locked = giving_back.lock_payment(payment.pk)
    done = locked.cancels.filter(state=CancelState.DONE).first()
    if done is not None:
        return done
    _refuse_unfit(locked)
    now = clock.now()
    cancel = Cancel.objects.create(
        payment=locked,
        state=CancelState.DONE,
        amount_minor=locked.amount_minor,
        currency=locked.currency,
        requested_by_name=ALIPAY.name,
        requested_at=now,
        settled_at=now,
        deadline_at=cancel_moves.deadline_of(locked),
    )
    giving_back.write_move(cancel, "", actor=actor)
    ledger.post_cancel(locked, occurred_at=cancelled_at)
    locked.cancelled_minor = locked.amount_minor
    steps.move(locked, PaymentState.CANCELLED)
    if locked.question == Question.CLOSED_AT_ALIPAY:
        steps.clear_question(locked)
    locked.save()
    audit.record(actor, "book_cancel_made_elsewhere", cancel, amount=str(cancel.amount))
    return cancel


def _refuse_unfit(payment: Payment) -> None:
    """All of it must still be there: what went back, or is on its way, cannot go back again."""
    if payment.state != PaymentState.PAID:
        raise GiveBackRefused(giving_back.objection(payment))
    left = giving_back.left_of(payment)
    if left != payment.amount:
        raise GiveBackRefused(
            _("Only %(left)s of %(amount)s is left; a cancel takes all of it.")
            % {"left": left, "amount": payment.amount}
        )
