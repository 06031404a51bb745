"""What the shop began, from question to question, until it is paid, ended unpaid, or given up.

Giving up is a cancel: only Alipay can say that a sale will not be paid any more. The caller holds
the payment's lock, and saves the payment.
"""

from datetime import datetime, timedelta

from django.conf import settings

from merchant_portal import clock
from merchant_portal.accounts.models import GatewayCall
from merchant_portal.audit import ALIPAY, SCHEDULE, Actor
from payments.models import Cancel, Payment, Sale
from payments.services import cancel_moves, giving_back, steps
from payments.services.words import Word
from payments.states import CancelState, GiveBackReason, PaymentState, Product, Question

# ---- When Alipay is asked -----------------------------------------------------------------


def schedule(payment: Payment) -> None:
    """When Alipay is asked next about an unsettled sale; past its end it is given up instead."""
    sale, now = payment.sale, clock.now()
    payment.lease_until = None
    if sale.ending_at is not None:
        _climb(payment)
    elif now >= sale.ends_at:
        give_up(payment, actor=SCHEDULE)
    else:
        payment.attempts = 0
        payment.next_attempt_at = min(max(now + pace_of(payment), first_asking(sale)), sale.ends_at)


def pace_of(payment: Payment) -> timedelta:
    """How often Alipay is asked while the buyer may still pay."""
    if payment.product == Product.ORDER_CODE:
        return timedelta(seconds=settings.ORDER_CODE_POLL_SECONDS)
    return timedelta(seconds=settings.BARCODE_POLL_SECONDS)


def first_asking(sale: Sale) -> datetime:
    """Before this nobody asks: a code that was just shown is not paid yet."""
    if not sale.order_code:
        return sale.sent_at
    return sale.sent_at + timedelta(seconds=settings.ORDER_CODE_FIRST_POLL_SECONDS[sale.interface])


def _climb(payment: Payment) -> None:
    """It is given up, and its cancel on its way: the payment itself is asked more and more rarely,
    and in the end a person."""
    is_waiting = payment.state == PaymentState.PENDING
    at_the_end = Question.STILL_WAITING if is_waiting else Question.NO_ANSWER
    steps.climb(payment, settings.ASK_LADDER_SECONDS, at_the_end=at_the_end)


# ---- Giving up ----------------------------------------------------------------------------


def give_up(payment: Payment, *, actor: Actor) -> Cancel | None:
    """Ask for the cancel that ends an unsettled sale, once; None past the deadline, when Alipay
    cancels nothing any more and is only asked."""
    _mark_given_up(payment, actor)
    under_way = open_ending(payment)
    if under_way is not None:
        return under_way
    deadline = cancel_moves.deadline_of(payment)
    return None if clock.now() >= deadline else ask_to_end(payment, actor=actor, deadline=deadline)


def ask_to_end(payment: Payment, *, actor: Actor, deadline: datetime) -> Cancel:
    """The cancel that ends a sale, due now; nobody needs to approve it."""
    giving_back.reserve(payment, payment.amount)
    columns = giving_back.columns_of_request(
        payment, payment.amount, reason=GiveBackReason.SALE_ENDED, note="", actor=actor
    )
    cancel = Cancel.objects.create(**columns, state=CancelState.APPROVED, deadline_at=deadline)
    giving_back.write_move(cancel, "", actor=actor)
    return cancel


def _mark_given_up(payment: Payment, actor: Actor) -> None:
    sale = payment.sale
    if sale.ending_at is None:
        sale.ending_at, sale.ending_by_name = clock.now(), actor.name[:200]
        sale.save(update_fields=["ending_at", "ending_by_name"])
    payment.attempts = 0
    payment.next_attempt_at = clock.now() + timedelta(seconds=settings.ASK_LADDER_SECONDS[0])


def open_ending(payment: Payment) -> Cancel | None:
    """The cancel under way that ends the sale, locked."""
    cancels = payment.cancels.open().filter(reason=GiveBackReason.SALE_ENDED)
    return cancels.select_for_update().first()


def is_ending_in_vain(payment: Payment) -> bool:
    """Whether a sale was given up and no cancel is under way that could give its money back."""
    if not payment.is_begun_here or payment.sale.ending_at is None:
        return False
    return not payment.cancels.open().exists()


# ---- Ended unpaid -------------------------------------------------------------------------


def close(
    payment: Payment, reason: str, *, word: Word | None = None, call: GatewayCall | None = None
) -> None:
    """It ends unpaid, and Alipay is asked once more some seconds later; so does a cancel of it that
    nobody is sending at this moment."""
    payment.closed_reason = reason[:100]
    steps.move(payment, PaymentState.CLOSED, word=word, call=call)
    steps.clear_question(payment)
    payment.attempts = 0
    payment.lease_until = None
    payment.next_attempt_at = clock.now() + timedelta(seconds=settings.SALE_LAST_LOOK_SECONDS)
    ending = open_ending(payment)
    if ending is not None and not giving_back.is_claimed(ending):
        end_cancel(ending, payment, call=word.call if word else call)


def end_cancel(cancel: Cancel, payment: Payment, *, call: GatewayCall | None = None) -> None:
    """The sale is over unpaid, so nothing goes back by its cancel. The cancel is saved."""
    actor = ALIPAY if call else SCHEDULE
    cancel.asked_without_answer = False
    cancel_moves.end_without_effect(cancel, payment, CancelState.CLOSED, actor=actor, call=call)
    cancel.save()


def keep_refusal(payment: Payment, code: str) -> None:
    """Why Alipay would not have it, in its own word; the first one stays."""
    sale = payment.sale
    if code and not sale.refusal:
        sale.refusal = code[:64]
        sale.save(update_fields=["refusal"])
