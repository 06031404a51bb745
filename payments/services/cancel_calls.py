"""A cancel's calls to Alipay: mark, commit, call, record.

Once a call has left without an answer no refusal ends the matter: only what the payment itself
says when it is asked about, or a signed SUCCESS of the same call.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import audit, clock, due
from merchant_portal.accounts.models import GatewayCall
from merchant_portal.alipay.messages import CancelAnswer, TradeStatus
from merchant_portal.audit import ALIPAY, SCHEDULE, Actor
from merchant_portal.crashpoints import reached
from merchant_portal.gateway import Answered, Refused, Unanswered
from payments.models import Cancel, Payment
from payments.services import (
    asking,
    cancel_moves,
    endings,
    giving_back,
    sale_moves,
    speaking,
    steps,
)
from payments.services.cancelling import lapse, lock
from payments.services.endings import Meaning
from payments.services.speaking import Heard, HeardOfCancel, Unsent
from payments.states import CANCEL_SENT, CancelState, GiveBackQuestion, PaymentState

#: What a payment says of itself while it was not cancelled.
_NOT_CANCELLED = frozenset({TradeStatus.TRADE_SUCCESS, TradeStatus.TRADE_FINISHED})


@dataclass(frozen=True, slots=True)
class Sending:
    """A call as it leaves. ``after_silence``: an earlier one left and was not answered."""

    cancel: Cancel
    payment: Payment
    after_silence: bool
    is_first: bool
    lease_until: datetime | None


def submit_cancel(cancel_id: int) -> None:
    """Take a claimed cancel one step on: send it, or ask what became of it, or let it lapse."""
    cancel = Cancel.objects.select_related("payment").get(pk=cancel_id)
    if cancel.state in CANCEL_SENT and cancel.asked_without_answer:
        _ask_and_conclude(cancel)
    else:
        _send(cancel_id)


def submit_at_once(cancel: Cancel) -> None:
    """Send a cancel that is due while somebody waits for it; nothing where the clock has it."""
    if due.claim_one(Cancel, cancel.pk, now=clock.now()):
        submit_cancel(cancel.pk)


def ask_cancel(cancel: Cancel, *, actor: Actor) -> Heard:
    """A person asks Alipay now: always asks, and shows what was said; the ladder begins again."""
    with transaction.atomic():
        _payment, locked = lock(cancel.pk)
        audit.record(actor, "ask_alipay", locked)
        if locked.is_open and locked.state != CancelState.REQUESTED:
            giving_back.restart(locked)
            locked.save()
    is_sent = locked.state in CANCEL_SENT and locked.asked_without_answer
    if is_sent and due.claim_one(Cancel, locked.pk, now=clock.now()):
        locked.refresh_from_db()
        return _ask_and_conclude(locked)
    return asking.poll_payment(locked.payment_id)


# ---- Sending ------------------------------------------------------------------------------


def _send(cancel_id: int) -> None:
    sending = _mark_sent(cancel_id)
    if sending is None:
        return
    reached("cancel.marked")
    heard = speaking.send_cancel(sending.cancel, sending.payment)
    reached("cancel.called")
    if _record(sending, heard):
        _ask_once_more(sending.cancel)


@transaction.atomic(durable=True)
def _mark_sent(cancel_id: int) -> Sending | None:
    """Decide once more whether it may leave, and write down that it does."""
    payment, cancel = lock(cancel_id)
    now = clock.now()
    if not giving_back.is_claimed(cancel) or not cancel.is_open:
        return None  # A late message: somebody else has it, or it has ended.
    if _ends_unsent(cancel, payment, now=now):
        cancel.save()
        return None
    after_silence = cancel.asked_without_answer
    is_first = not cancel.may_have_left
    giving_back.begin_sending(cancel, at=now)
    if cancel.state != CancelState.SUBMITTED:
        giving_back.move(cancel, CancelState.SUBMITTED, actor=SCHEDULE)
    cancel.save()
    return Sending(cancel, payment, after_silence, is_first, cancel.lease_until)


def _ends_unsent(cancel: Cancel, payment: Payment, *, now: datetime) -> bool:
    """Whether it may not leave (any more), and so has ended here, or waits."""
    is_late = now >= cancel.deadline_at
    if endings.is_over(cancel, payment):
        sale_moves.end_cancel(cancel, payment)
        return True
    if is_late and not cancel.may_have_left:
        lapse(cancel, payment, actor=SCHEDULE)
        return True
    if cancel.state == CancelState.REQUESTED:
        cancel.lease_until, cancel.next_attempt_at = None, cancel.deadline_at
        return True
    if cancel.asked_without_answer:
        return False
    objection = _("the day is over") if is_late else endings.objection(cancel, payment)
    if objection:
        _refuse(cancel, payment, objection, actor=SCHEDULE)
    return bool(objection)


# ---- Recording ----------------------------------------------------------------------------


@transaction.atomic(durable=True)
def _record(sending: Sending, heard: HeardOfCancel) -> bool:
    """What the call said, once: where its end was recorded meanwhile, nothing. True where only the
    payment itself can say what that means."""
    payment, cancel = lock(sending.cancel.pk)
    if cancel.state not in CANCEL_SENT:
        return False
    ask_now = False
    # Somebody else has taken it over since: another call may be on its way.
    silent = sending.after_silence or cancel.lease_until != sending.lease_until
    match heard:
        case Answered(answer=answer):
            cancel.last_answer = f"SUCCESS {answer.action.value}".strip()
            ask_now = _record_success(cancel, payment, heard)
        case Refused(code=code) if endings.is_undecided(cancel, payment, code):
            _stay_unknown(cancel, code)
            ask_now = code in speaking.NOT_THERE and cancel.next_attempt_at is None
        case Refused(code=code) if silent:
            _stay_unknown(cancel, code)
        case Refused(code=code, may_retry=True):
            cancel.asked_without_answer = False
            _try_again(cancel, code)
        case Refused(code=code, call=call):
            _refuse(cancel, payment, code, actor=ALIPAY, call=call)
        case Unanswered(reason=reason, never_sent=True) if not silent:
            _take_back(cancel, sending, reason.value)
        case Unanswered(reason=reason):
            _stay_unknown(cancel, reason.value)
        case Unsent(why=why) if not silent:
            _take_back(cancel, sending, why)
            if cancel.state == CancelState.APPROVED:
                _wait_for_person(cancel)
        case Unsent(why=why):
            _stay_unknown(cancel, why)
    cancel.save()
    reached("cancel.recorded")
    return ask_now


def _record_success(cancel: Cancel, payment: Payment, heard: Answered[CancelAnswer]) -> bool:
    """Money went back, or none was there, if Alipay says so: "closed" about a paid one is asked
    before believed. True where it is to be asked at once."""
    payment.alipay_trans_id = payment.alipay_trans_id or heard.answer.alipay_trans_id
    match endings.meaning_of(heard.answer.action, payment):
        case Meaning.GIVEN_BACK:
            _complete(cancel, payment, heard.call)
        case Meaning.CLOSED:
            endings.close(cancel, payment, heard.call)
        case Meaning.ASK if payment.is_unsettled:
            _stay_unknown(cancel, cancel.last_answer, at_the_end=GiveBackQuestion.NOT_CONFIRMED)
            return True
        case Meaning.ASK:
            _stay_unknown(cancel, cancel.last_answer, at_the_end=GiveBackQuestion.NOT_CONFIRMED)
            if cancel.next_attempt_at is not None and cancel.attempts <= 1:
                cancel.next_attempt_at = clock.now()
            return False
    payment.save()
    return False


def _complete(cancel: Cancel, payment: Payment, call: GatewayCall) -> None:
    if payment.state == PaymentState.CLOSED:
        endings.believe_paid(payment, call)
    cancel_moves.complete(cancel, payment, actor=ALIPAY, call=call, done_at=call.started_at)
    steps.move(payment, PaymentState.CANCELLED, call=call)
    endings.forget_question(payment)


def _stay_unknown(
    cancel: Cancel, said: str, *, at_the_end: GiveBackQuestion = GiveBackQuestion.NO_ANSWER
) -> None:
    """It may have happened: from here on it is asked about."""
    cancel.asked_without_answer = True
    cancel.last_answer = said[: due.LONGEST_ANSWER]
    if cancel.state != CancelState.UNKNOWN:
        giving_back.move(cancel, CancelState.UNKNOWN, actor=SCHEDULE, note=said)
    giving_back.climb(cancel, giving_back.ladder_of(cancel), at_the_end=at_the_end)


def _try_again(cancel: Cancel, said: str) -> None:
    """Alipay says "not now": the same call again, until the deadline; to end a sale some times."""
    cancel.last_answer = said[: due.LONGEST_ANSWER]
    if endings.is_ending(cancel):
        ladder = giving_back.ladder_of(cancel)
        giving_back.climb(cancel, ladder, at_the_end=GiveBackQuestion.NO_ANSWER)
    else:
        _climb_to_deadline(cancel)


def _take_back(cancel: Cancel, sending: Sending, said: str) -> None:
    """Nothing of this call left: it may be sent later, or lapse."""
    cancel.asked_without_answer = False
    if sending.is_first:
        cancel.first_sent_at = None
        giving_back.move(cancel, CancelState.APPROVED, actor=SCHEDULE, note=said)
    cancel.last_answer = said[: due.LONGEST_ANSWER]
    _climb_to_deadline(cancel)


def _wait_for_person(cancel: Cancel) -> None:
    """Somebody must mend what keeps it from leaving; at the deadline it lapses by itself."""
    giving_back.ask_person(cancel, GiveBackQuestion.CANNOT_SEND)
    cancel.next_attempt_at = cancel.deadline_at


def _climb_to_deadline(cancel: Cancel) -> None:
    cancel.lease_until = None
    cancel.attempts = max(cancel.attempts, 1)
    rung = due.later(cancel, settings.GIVE_BACK_LADDER_SECONDS, now=clock.now())
    cancel.next_attempt_at = min(rung or cancel.deadline_at, cancel.deadline_at)


def _refuse(
    cancel: Cancel, payment: Payment, why: str, *, actor: Actor, call: GatewayCall | None = None
) -> None:
    """It does not happen, for certain: a refund may be asked for."""
    cancel.refusal = cancel.last_answer = why[:200]
    cancel.asked_without_answer = False
    cancel_moves.end_without_effect(
        cancel, payment, CancelState.REFUSED, actor=actor, note=why, call=call
    )
    endings.came_to_nothing(cancel, payment)


# ---- Asking -------------------------------------------------------------------------------


def _ask_and_conclude(cancel: Cancel) -> Heard:
    """Ask about the payment; what it says of itself ends the matter, or the cancel goes again."""
    heard = asking.poll_payment(cancel.payment_id)
    reached("cancel.asked")
    if _conclude(cancel, heard):
        _send(cancel.pk)
    return heard


def _ask_once_more(cancel: Cancel) -> None:
    """The cancel was heard, and what it means stands in the payment alone."""
    cancel.refresh_from_db()
    _ask_and_conclude(cancel)


@transaction.atomic(durable=True)
def _conclude(asked: Cancel, heard: Heard) -> bool:
    """What the payment's answer means for a claimed cancel; True where it is to be sent again."""
    payment, cancel = lock(asked.pk)
    if cancel.state not in CANCEL_SENT or cancel.lease_until != asked.lease_until:
        return False  # It has ended, or somebody else has taken it over.
    is_late = clock.now() >= cancel.deadline_at
    match heard:
        case _ if endings.is_over(cancel, payment):
            sale_moves.end_cancel(cancel, payment)
        case Refused(call=call) if endings.agree_on_nothing(cancel, payment, heard):
            endings.close(cancel, payment, call)
            payment.save()
        case Answered(call=call) if endings.stays_doubtful(cancel, payment, heard):
            endings.close_in_doubt(cancel, payment, call)
            payment.save()
        case _ if endings.goes_again(cancel, payment, heard):
            return _again_or_later(cancel, asking.told(heard))
        case Answered(answer=answer, call=call) if answer.status in _NOT_CANCELLED and is_late:
            _refuse(cancel, payment, answer.status.value, actor=ALIPAY, call=call)
        case Answered(answer=answer) if answer.status == TradeStatus.TRADE_SUCCESS:
            return True
        case Answered(answer=answer):
            said = answer.status.value
            _stay_unknown(cancel, said, at_the_end=GiveBackQuestion.NOT_CONFIRMED)
        case _:
            _stay_unknown(cancel, asking.told(heard))
    cancel.save()
    return False


def _again_or_later(cancel: Cancel, said: str) -> bool:
    """True where it may go again now: whoever asked holds it. Else at the ladder's next rung."""
    if giving_back.is_claimed(cancel):
        return True
    giving_back.climb(
        cancel, giving_back.ladder_of(cancel), at_the_end=GiveBackQuestion.NOT_CONFIRMED
    )
    cancel.save()
    return False
