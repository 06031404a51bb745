"""Asking for a cancel, approving and declining it: a payment undone on its own GMT+8 day."""

from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.audit import Actor
from merchant_portal.crashpoints import reached
from payments.errors import ApprovalRefused, GiveBackRefused
from payments.models import Cancel, Payment
from payments.services import cancel_moves, endings, giving_back
from payments.states import CancelState
from qrcodes.services.idempotency import RequestKey, recall, remember


@transaction.atomic
def request_cancel(
    payment: Payment, *, reason: str, note: str, actor: Actor, request: RequestKey | None = None
) -> Cancel:
    """Somebody wants the whole payment undone; raises GiveBackRefused, and KeyReused."""
    locked = giving_back.lock_payment(payment.pk)
    made = recall(request) if request else None
    if made is not None:
        return Cancel.objects.get(pk=made)
    giving_back.refuse_reason(reason, note)
    refuse_cancel(locked)
    giving_back.reserve(locked, locked.amount)
    cancel = _begin(locked, reason=reason, note=note, actor=actor)
    audit.record(actor, "request_cancel", cancel, amount=str(cancel.amount), reason=reason)
    if request:
        remember(request, cancel)
    reached("cancel.requested")
    return cancel


def refuse_cancel(payment: Payment) -> None:
    """Raise GiveBackRefused unless the whole payment can still be undone on its own day."""
    objection = giving_back.objection(payment)
    if objection:
        raise GiveBackRefused(objection)
    if payment.refunded_minor or payment.reserved_minor:
        raise GiveBackRefused(
            _("Only a whole payment can be cancelled, and some of this one has gone back already.")
        )
    if clock.now() >= cancel_moves.deadline_of(payment):
        raise GiveBackRefused(
            _("A payment can be cancelled on its own day (GMT+8) only; ask for a refund.")
        )


def _begin(payment: Payment, *, reason: str, note: str, actor: Actor) -> Cancel:
    columns = giving_back.columns_of_request(
        payment, payment.amount, reason=reason, note=note, actor=actor
    )
    deadline = cancel_moves.deadline_of(payment)
    state = CancelState.REQUESTED if columns["needs_approval"] else CancelState.APPROVED
    # Nobody approves in time: the clock lets it lapse.
    due_at = columns.pop("next_attempt_at") or deadline
    cancel = Cancel.objects.create(
        **columns, state=state, deadline_at=deadline, next_attempt_at=due_at
    )
    giving_back.write_move(cancel, "", actor=actor, note=cancel.note)
    return cancel


@transaction.atomic
def approve_cancel(cancel: Cancel, *, actor: Actor) -> Cancel:
    """A second person agrees; raises ApprovalRefused. Past the deadline it lapses instead: the
    cancel comes back as LAPSED, and the people are asked for a refund."""
    payment, locked = lock(cancel.pk)
    if locked.state == CancelState.LAPSED:
        return locked
    if locked.state != CancelState.REQUESTED:
        raise ApprovalRefused(_("This cancel does not wait for approval any more."))
    giving_back.refuse_approver(locked, actor)
    if clock.now() >= locked.deadline_at:
        lapse(locked, payment, actor=actor)
    else:
        giving_back.note_decision(locked, actor=actor)
        giving_back.owe_call(locked)
        giving_back.move(locked, CancelState.APPROVED, actor=actor)
    locked.save()
    audit.record(actor, "approve_cancel", locked, state=locked.state)
    return locked


@transaction.atomic
def decline_cancel(cancel: Cancel, *, note: str, actor: Actor) -> Cancel:
    """A second person says no, or who asked withdraws; raises ApprovalRefused."""
    payment, locked = lock(cancel.pk)
    if locked.state != CancelState.REQUESTED:
        raise ApprovalRefused(_("This cancel does not wait for approval any more."))
    if not note.strip():
        raise ApprovalRefused(_("Write down why."))
    giving_back.note_decision(locked, actor=actor, note=note)
    cancel_moves.end_without_effect(locked, payment, CancelState.DECLINED, actor=actor, note=note)
    locked.save()
    audit.record(actor, "decline_cancel", locked, note=note.strip())
    return locked


def lapse(cancel: Cancel, payment: Payment, *, actor: Actor) -> None:
    """Nothing was sent in time, and nothing will be. The caller saves."""
    cancel_moves.end_without_effect(
        cancel, payment, CancelState.LAPSED, actor=actor, note=_("the day is over")
    )
    endings.came_to_nothing(cancel, payment)


def lock(cancel_id: int) -> tuple[Payment, Cancel]:
    """The payment first, then its cancel: every verb locks in this order."""
    payment_id = Cancel.objects.values_list("payment", flat=True).get(pk=cancel_id)
    payment = giving_back.lock_payment(payment_id)
    cancel = Cancel.objects.select_for_update().get(pk=cancel_id)
    cancel.payment = payment
    return payment, cancel
