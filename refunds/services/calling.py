"""A refund's calls to Alipay: mark, commit, call, record.

It is sent under one number for ever. Once a call has left without an answer no refusal ends the
matter: only refund.query does, or a signed SUCCESS of the same call.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from merchant_portal import audit, clock, due
from merchant_portal.alipay.messages import (
    RefundAnswer,
    RefundQueryAnswer,
    RefundResult,
)
from merchant_portal.audit import ALIPAY, SCHEDULE, Actor
from merchant_portal.crashpoints import reached
from merchant_portal.gateway import Answered, Refused, Unanswered
from payments.models import Payment
from payments.services import Unsent, giving_back
from payments.states import GiveBackQuestion, Interface
from refunds.models import Refund
from refunds.services import moves, requesting, speaking
from refunds.services.nights import next_asking, next_asking_of_json
from refunds.services.speaking import HeardOfQuery, HeardOfRefund
from refunds.states import REFUND_SENT, RefundState

#: Refusals that say "this number was here before": they never prove that nothing went back.
_SEEN_BEFORE = frozenset(
    {"REPEATED_REFUNDMENT_REQUEST", "DISCORDANT_REPEAT_REQUEST", "REPEAT_REQ_INCONSISTENT"}
)
_LONGEST_NUMBER = 64


@dataclass(frozen=True, slots=True)
class Sending:
    """A call as it leaves. ``after_silence``: an earlier one left and was not answered."""

    refund: Refund
    payment: Payment
    after_silence: bool
    lease_until: datetime | None


def submit_refund(refund_id: int) -> None:
    """Send a claimed refund, under its own number."""
    sending = _mark_sent(refund_id)
    if sending is None:
        return
    reached("refund.marked")
    heard = speaking.send(sending.refund, sending.payment)
    reached("refund.called")
    _record(sending, heard)


def poll_refund(refund_id: int) -> HeardOfQuery:
    """Ask what became of a claimed refund; where Alipay does not know it, send the same again."""
    refund = Refund.objects.select_related("account", "payment__sale").get(pk=refund_id)
    heard = speaking.ask(refund)
    reached("refund.asked")
    if _record_query(refund, heard):
        submit_refund(refund_id)
    return heard


def ask_refund(refund: Refund, *, actor: Actor) -> HeardOfQuery:
    """A person asks Alipay now: always asks, and shows what was said; the ladder begins again."""
    with transaction.atomic():
        _payment, locked = moves.lock(refund.pk)
        audit.record(actor, "ask_alipay", locked)
        if locked.is_open and locked.state != RefundState.REQUESTED:
            giving_back.restart(locked)
            locked.save()
    if locked.state in REFUND_SENT and due.claim_one(Refund, locked.pk, now=clock.now()):
        return poll_refund(locked.pk)
    # The clock may be sending it at this moment: only what is sure counts.
    heard = speaking.ask(locked)
    _record_end(locked, heard)
    return heard


# ---- Sending ------------------------------------------------------------------------------


@transaction.atomic(durable=True)
def _mark_sent(refund_id: int) -> Sending | None:
    """Decide once more whether it may leave, and write down that it does."""
    payment, refund = moves.lock(refund_id)
    if not giving_back.is_claimed(refund) or refund.state not in _SENDABLE:
        return None  # A late message: somebody else has it, or it has ended.
    why_not = "" if refund.asked_without_answer else requesting.objection(payment)
    if why_not:
        moves.fail(refund, payment, why_not, actor=SCHEDULE)
        refund.save()
        return None
    after_silence = refund.asked_without_answer
    giving_back.begin_sending(refund, at=clock.now())
    if refund.is_sync is None:
        # The JSON API knows only "at once".
        refund.is_sync = settings.REFUNDS_SYNC or payment.interface == Interface.JSON
    if refund.state != RefundState.SUBMITTED:
        giving_back.move(refund, RefundState.SUBMITTED, actor=SCHEDULE)
    refund.save()
    return Sending(refund, payment, after_silence, refund.lease_until)


_SENDABLE = frozenset({RefundState.APPROVED, RefundState.SUBMITTED, RefundState.UNKNOWN})


@transaction.atomic(durable=True)
def _record(sending: Sending, heard: HeardOfRefund) -> None:
    """What the call said, once: where its end was recorded meanwhile, nothing is undone."""
    payment, refund = moves.lock(sending.refund.pk)
    # Somebody else has taken it over since: another call may be on its way.
    silent = sending.after_silence or refund.lease_until != sending.lease_until
    match heard:
        case Answered() if refund.state in _MAY_STILL_SUCCEED:
            _record_success(refund, payment, heard)
        case _ if refund.state not in {RefundState.SUBMITTED, RefundState.UNKNOWN}:
            return
        case Refused(code=code) if silent or code in _SEEN_BEFORE:
            _stay_unknown(refund, code)
        case Refused(code=code, call=call):
            moves.fail(refund, payment, code, actor=ALIPAY, call=call)
        case Unanswered(reason=reason, never_sent=True) if not silent:
            _take_back(refund, reason.value)
            giving_back.climb(
                refund, settings.GIVE_BACK_LADDER_SECONDS, at_the_end=GiveBackQuestion.CANNOT_SEND
            )
        case Unanswered(reason=reason):
            _stay_unknown(refund, reason.value)
        case Unsent(why=why) if not silent:
            _take_back(refund, why)
            giving_back.ask_person(refund, GiveBackQuestion.CANNOT_SEND)
        case Unsent(why=why):
            _stay_unknown(refund, why)
    refund.save()
    reached("refund.recorded")


_MAY_STILL_SUCCEED = frozenset(
    {RefundState.SUBMITTED, RefundState.UNKNOWN, RefundState.ACCEPTED, RefundState.FAILED}
)


def _record_success(refund: Refund, payment: Payment, heard: Answered[RefundAnswer]) -> None:
    """Paid back, or only noted down: that depends on how it was asked for."""
    _keep_number(refund, heard.answer.alipay_refund_id)
    if heard.answer.is_refunded:
        moves.complete(
            refund, payment, refunded_at=heard.call.started_at, actor=ALIPAY, call=heard.call
        )
        refund.last_answer = "SUCCESS"
    elif refund.state in {RefundState.SUBMITTED, RefundState.UNKNOWN}:
        giving_back.move(refund, RefundState.ACCEPTED, actor=ALIPAY, call=heard.call)
        _ask_after_the_run(refund, payment, "SUCCESS")


def _keep_number(refund: Refund, number: str) -> None:
    """Alipay's own number of it: the night's file may know it by no other."""
    if 0 < len(number) <= _LONGEST_NUMBER:
        refund.alipay_refund_id = number


def _ask_after_the_run(refund: Refund, payment: Payment, said: str) -> None:
    """Alipay has it, and carries it out later: asked when that should have happened."""
    refund.asked_without_answer = False
    refund.last_answer = said[: due.LONGEST_ANSWER]
    refund.lease_until = None
    refund.attempts = 0
    giving_back.clear_question(refund)
    if payment.interface == Interface.JSON:
        refund.next_attempt_at = next_asking_of_json(refund, now=clock.now())
    else:
        refund.next_attempt_at = next_asking(payment, now=clock.now())


def _stay_unknown(refund: Refund, said: str) -> None:
    """It may have happened: from here on it is asked about."""
    refund.asked_without_answer = True
    refund.last_answer = said[: due.LONGEST_ANSWER]
    if refund.state != RefundState.UNKNOWN:
        giving_back.move(refund, RefundState.UNKNOWN, actor=SCHEDULE, note=said)
    _climb(refund)


def _climb(refund: Refund) -> None:
    giving_back.climb(
        refund, settings.GIVE_BACK_LADDER_SECONDS, at_the_end=GiveBackQuestion.NO_ANSWER
    )


def _take_back(refund: Refund, said: str) -> None:
    """Nothing of it has left: it may be sent later."""
    refund.asked_without_answer = False
    refund.first_sent_at = refund.is_sync = None
    refund.last_answer = said[: due.LONGEST_ANSWER]
    giving_back.move(refund, RefundState.APPROVED, actor=SCHEDULE, note=said)


# ---- Asking -------------------------------------------------------------------------------


@transaction.atomic(durable=True)
def _record_query(asked: Refund, heard: HeardOfQuery) -> bool:
    """What refund.query said of a claimed refund; True where the same is to be sent again."""
    payment, refund = moves.lock(asked.pk)
    if refund.state not in REFUND_SENT or refund.lease_until != asked.lease_until:
        return False  # It has ended, or somebody else has taken it over.
    again = False
    match heard:
        case Answered():
            _record_state(refund, payment, heard)
        case Refused(signed=True) if refund.state != RefundState.ACCEPTED:
            again = True
        case Refused(code=code):
            _record_nothing(refund, code)
        case Unanswered(reason=reason):
            _record_nothing(refund, reason.value)
        case Unsent(why=why):
            _record_nothing(refund, why)
    refund.save()
    return again


@transaction.atomic(durable=True)
def _record_end(asked: Refund, heard: HeardOfQuery) -> None:
    """That the buyer has the money is sure, whoever asked and when."""
    payment, refund = moves.lock(asked.pk)
    if refund.state not in _MAY_STILL_SUCCEED or not isinstance(heard, Answered):
        return
    if heard.answer.state is RefundResult.SUCCESS:
        _record_state(refund, payment, heard)
        refund.save()


def _record_state(refund: Refund, payment: Payment, heard: Answered[RefundQueryAnswer]) -> None:
    answer, call = heard.answer, heard.call
    _keep_number(refund, answer.alipay_refund_id)
    said = f"{answer.state.value} {answer.error}".strip()
    if answer.state is RefundResult.SUCCESS:
        sent_at = refund.first_sent_at if refund.is_sync else None
        moves.complete(
            refund, payment, refunded_at=sent_at or call.started_at, actor=ALIPAY, call=call
        )
        refund.last_answer = said[: due.LONGEST_ANSWER]
    elif answer.state is RefundResult.FAIL:
        moves.fail(refund, payment, answer.error or said, actor=ALIPAY, call=call)
    else:
        if refund.state != RefundState.ACCEPTED:
            giving_back.move(refund, RefundState.ACCEPTED, actor=ALIPAY, call=call)
        _ask_after_the_run(refund, payment, said)


def _record_nothing(refund: Refund, said: str) -> None:
    """Neither yes nor no: what was accepted stays so, all else is unknown."""
    if refund.state == RefundState.ACCEPTED:
        refund.last_answer = said[: due.LONGEST_ANSWER]
        _climb(refund)
    else:
        _stay_unknown(refund, said)
