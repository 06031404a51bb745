"""Refunds made at Alipay's own portal: heard of in a notice, booked by the night's file."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.audit import ALIPAY, Actor
from merchant_portal.money import Money
from payments.errors import GiveBackRefused
from payments.models import Notification, Payment
from payments.services import giving_back
from payments.states import PaymentState
from refunds.models import Refund
from refunds.services import moves
from refunds.states import RefundOrigin, RefundState


@transaction.atomic
def book_refund_made_elsewhere(
    payment: Payment,
    *,
    amount: Money,
    reference: str,
    refunded_at: datetime,
    actor: Actor,
    heard: Refund | None = None,
) -> Refund:
    """The file's row names a refund that we did not make: book it, once, under ``reference``.

    ``heard``: the refund a notice told of, whose reservation it then takes. Raises
    GiveBackRefused where the amount does not fit.
    """
    locked = giving_back.lock_payment(payment.pk)
    refund = _known(locked, reference, heard)
    if refund is not None and refund.booked_at is not None:
        return refund
    if refund is None:
        _refuse_unfit(locked, amount)
        refund = begin(locked, amount, reference=reference, refunded_at=refunded_at, actor=actor)
    elif refund.amount != amount:
        raise GiveBackRefused(_("Alipay's notice and its file name different amounts."))
    refund.partner_refund_id, refund.refunded_at = reference, refunded_at
    giving_back.release(locked, refund.amount)
    moves.book(refund, locked)
    refund.save()
    audit.record(actor, "book_refund_made_elsewhere", refund, amount=str(amount))
    return refund


def begin(
    payment: Payment,
    amount: Money,
    *,
    reference: str,
    refunded_at: datetime,
    actor: Actor = ALIPAY,
    notification: Notification | None = None,
) -> Refund:
    """A refund made elsewhere is known, and reserved until it is booked. The amount fits."""
    now = clock.now()
    giving_back.reserve(payment, amount)
    refund = Refund.objects.create(
        payment=payment,
        account=payment.account,
        origin=RefundOrigin.ELSEWHERE,
        partner_refund_id=reference,
        state=RefundState.REFUNDED,
        amount_minor=amount.minor,
        currency=amount.currency,
        requested_by_name=ALIPAY.name,
        requested_at=now,
        settled_at=now,
        refunded_at=refunded_at,
    )
    giving_back.write_move(refund, "", actor=actor, notification=notification)
    return refund


def fits(payment: Payment, amount: Money) -> bool:
    """Whether a refund made elsewhere can be held against this payment."""
    is_paid = payment.state == PaymentState.PAID
    return is_paid and amount.minor <= giving_back.left_of(payment).minor


def _known(payment: Payment, reference: str, heard: Refund | None) -> Refund | None:
    mine = Refund.objects.select_for_update().filter(payment=payment, origin=RefundOrigin.ELSEWHERE)
    if heard is not None:
        return mine.get(pk=heard.pk)
    return mine.filter(partner_refund_id=reference).first()


def _refuse_unfit(payment: Payment, amount: Money) -> None:
    if payment.state != PaymentState.PAID:
        raise GiveBackRefused(giving_back.objection(payment))
    giving_back.refuse_amount(payment, amount)
