"""What people decide: open questions, and where an unplaced payment belongs."""

from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import audit
from merchant_portal.audit import Actor
from payments.errors import PlaceRefused, QuestionRefused
from payments.models import Payment
from payments.services import steps
from qrcodes.models import Counter


@transaction.atomic
def settle_question(payment: Payment, *, actor: Actor, note: str) -> Payment:
    """A person has decided, and says how; raises QuestionRefused. What is still open at Alipay
    goes back to the clock."""
    locked = _lock(payment)
    if not locked.question:
        raise QuestionRefused(_("There is no open question about this payment."))
    if not note.strip():
        raise QuestionRefused(_("Write down what was decided."))
    audit.record(actor, "settle_question", locked, question=locked.question, note=note.strip())
    steps.clear_question(locked)
    locked.save()
    return locked


@transaction.atomic
def take_question(payment: Payment, *, actor: Actor) -> Payment:
    """A person makes an open question theirs; raises QuestionRefused."""
    locked = _lock(payment)
    if not locked.question or actor.user is None:
        raise QuestionRefused(_("There is no open question about this payment."))
    audit.record(actor, "take_question", locked, question=locked.question)
    locked.question_owner = actor.user
    locked.save(update_fields=["question_owner"])
    return locked


@transaction.atomic
def place_payment(payment: Payment, *, counter: Counter, actor: Actor) -> Payment:
    """A person says at which counter an unplaced payment was made; raises PlaceRefused."""
    locked = _lock(payment)
    if not locked.is_unplaced:
        raise PlaceRefused(_("This payment already has its place."))
    locked.store, locked.counter = counter.store, counter
    locked.save(update_fields=["store", "counter"])
    audit.record(actor, "place_payment", locked, counter=str(counter))
    return locked


def _lock(payment: Payment) -> Payment:
    return Payment.objects.select_for_update().get(pk=payment.pk)
