"""A registration's calls to Alipay: mark, commit, call, record.

"SUCCESS" to a registration means that it will be reviewed, not that the store is approved
(global.alipay.com/docs/ac/global/offline_maintain); the review is asked about until it ends.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from merchant_portal import clock, due, gateway
from merchant_portal.alipay.messages import (
    RegistrationAnswer,
    ReviewAnswer,
    ReviewStatus,
    StoreRegistration,
)
from merchant_portal.audit import ALIPAY
from merchant_portal.gateway import Answered, Refused, Unanswered
from qrcodes.models import Registration
from qrcodes.services.registering import (
    ask_about,
    is_stale,
    lock_registration,
    move_registration,
    owe_call,
)
from qrcodes.services.store_details import digest_of_store, store_details_of
from qrcodes.states import ReviewCall, ReviewQuestion, ReviewState


@dataclass(frozen=True, slots=True)
class Sending:
    """A call as it leaves. ``after_silence``: Alipay was told something and did not answer."""

    registration: Registration
    call: ReviewCall
    after_silence: bool
    details: StoreRegistration


@dataclass(frozen=True, slots=True)
class NotSent:
    """We could not make the call at all: a key is missing, or Alipay could not take the text."""

    why: str


Heard = Answered[RegistrationAnswer] | Answered[ReviewAnswer] | Refused | Unanswered | NotSent


def send_registration(registration: Registration) -> Registration:
    """Make the call a registration owes now, unless somebody is making it at this moment."""
    if due.claim_one(Registration, registration.pk, now=clock.now()):
        send_claimed_registration(registration.pk)
    registration.refresh_from_db()
    return registration


def send_claimed_registration(registration_id: int) -> None:
    """Make the one call a claimed registration owes, and record what was said."""
    sending = _mark_sent(registration_id)
    if sending is not None:
        _record(sending, _make_call(sending))


@transaction.atomic(durable=True)
def _mark_sent(registration_id: int) -> Sending | None:
    """Write down that the call leaves, so that a crash from here on counts as no answer."""
    registration = lock_registration(registration_id)
    if registration.lease_until is None or registration.lease_until <= clock.now():
        return None  # A late message: the clock has the row, or its call has ended.
    if not registration.next_call:
        registration.lease_until = None
        registration.save(update_fields=["lease_until"])
        return None
    call = ReviewCall(registration.next_call)
    sending = Sending(
        registration=registration,
        call=call,
        after_silence=registration.asked_without_answer,
        details=store_details_of(registration.enrolment),
    )
    if call == ReviewCall.REGISTER:
        registration.asked_without_answer = True
        registration.save(update_fields=["asked_without_answer"])
    return sending


def _make_call(sending: Sending) -> Heard:
    registration, details = sending.registration, sending.details
    account = registration.enrolment.account
    try:
        if sending.call == ReviewCall.REGISTER:
            return gateway.ask(account, registration, lambda client: client.register_store(details))
        return gateway.ask(
            account,
            registration,
            lambda client: client.query_store_review(
                secondary_merchant_id=details.secondary_merchant_id, store_id=details.store_id
            ),
        )
    except gateway.NOTHING_SENT as unfit:
        return NotSent(str(unfit))


@transaction.atomic(durable=True)
def _record(sending: Sending, heard: Heard) -> None:
    """What a call said; where people wanted another call meanwhile, that one comes next."""
    registration = lock_registration(sending.registration.pk)
    registration.lease_until = None
    if registration.next_call != sending.call:
        registration.save(update_fields=["lease_until"])
        return
    match heard:
        case Answered(answer=RegistrationAnswer()):
            _record_taken(registration, sending.details)
        case Answered(answer=ReviewAnswer(status=status, reject_reason=reason)):
            _record_review(registration, status, reason)
        case Refused(code=reason):
            _record_refusal(registration, sending, reason)
        case Unanswered(reason=reason, never_sent=never_sent):
            if sending.call == ReviewCall.REGISTER:
                registration.asked_without_answer = sending.after_silence or not never_sent
            _try_later(registration, reason.value, ReviewQuestion.NO_ANSWER)
        case NotSent(why=why):
            registration.asked_without_answer = sending.after_silence
            registration.last_answer = why[: due.LONGEST_ANSWER]
            ask_about(registration, ReviewQuestion.CANNOT_SEND)
    registration.save()


def _record_taken(registration: Registration, details: StoreRegistration) -> None:
    """Alipay will look at it. An approved store stays open while a change is reviewed."""
    registration.asked_without_answer = False
    registration.told_digest = digest_of_store(details)
    registration.told_at = clock.now()
    registration.refusal = registration.reject_reason = ""
    if registration.state == ReviewState.APPROVED:
        registration.is_change_in_review = True
    elif registration.state != ReviewState.IN_REVIEW:
        move_registration(registration, ReviewState.IN_REVIEW, actor=ALIPAY)
    _ask_soon(registration)


def _ask_soon(registration: Registration) -> None:
    owe_call(registration, ReviewCall.ASK)
    registration.next_attempt_at = clock.now() + timedelta(
        seconds=settings.REVIEW_LADDER_SECONDS[0]
    )


def _record_refusal(registration: Registration, sending: Sending, reason: str) -> None:
    """A refusal ends a first attempt; after a try without an answer only the review tells."""
    if sending.call == ReviewCall.ASK:
        _try_later(registration, reason, ReviewQuestion.NO_ANSWER)
        return
    registration.asked_without_answer = sending.after_silence
    registration.refusal = reason[:200]
    is_open = registration.state == ReviewState.IN_REVIEW or registration.is_change_in_review
    if sending.after_silence or is_open:
        _ask_soon(registration)
    else:
        _settle(registration)


def _record_review(registration: Registration, status: ReviewStatus, reason: str) -> None:
    if status == ReviewStatus.DATA_NOT_EXIST:
        _record_not_there(registration)
        return
    if registration.state == ReviewState.UNREGISTERED:
        registration.refusal = ""  # what was told without an answer has arrived
    registration.asked_without_answer = False
    registration.reject_reason = reason[:200]
    match status:
        case ReviewStatus.UNDER_REVIEW:
            _take(registration, ReviewState.IN_REVIEW)
            _try_later(registration, status.value, ReviewQuestion.STILL_OPEN)
        case ReviewStatus.MODIFICATION_REVIEW:
            _take(registration, ReviewState.APPROVED)
            registration.is_change_in_review = True
            _try_later(registration, status.value, ReviewQuestion.STILL_OPEN)
        case ReviewStatus.SUCCESS:
            _take(registration, ReviewState.APPROVED)
            _settle(registration)
        case ReviewStatus.FAILED:
            _record_rejection(registration)


def _record_rejection(registration: Registration) -> None:
    """No for the store; where only a change of it was reviewed, no for the change."""
    if registration.state == ReviewState.APPROVED and registration.is_change_in_review:
        _owe_nothing(registration)
        ask_about(registration, ReviewQuestion.CHANGE_REJECTED)
        return
    _take(registration, ReviewState.REJECTED, note=registration.reject_reason)
    _owe_nothing(registration)
    ask_about(registration, ReviewQuestion.REJECTED)


def _record_not_there(registration: Registration) -> None:
    """No proof where Alipay has taken the store: it is asked again, then a person is."""
    if registration.state != ReviewState.UNREGISTERED:
        _try_later(registration, ReviewStatus.DATA_NOT_EXIST.value, ReviewQuestion.NOT_THERE)
    elif registration.asked_without_answer and not registration.refusal:
        ask_about(registration, ReviewQuestion.NOT_THERE)
    else:
        _settle(registration)
    registration.last_answer = ReviewStatus.DATA_NOT_EXIST.value


def _take(registration: Registration, state: ReviewState, *, note: str = "") -> None:
    """Alipay says where the store stands."""
    if registration.state != state:
        move_registration(registration, state, actor=ALIPAY, note=note)
    registration.is_change_in_review = False


def _settle(registration: Registration) -> None:
    """Nothing is owed. What Alipay did not take, or does not know any more, is a question."""
    _owe_nothing(registration)
    if registration.refusal:
        ask_about(registration, ReviewQuestion.REFUSED)
    elif registration.state == ReviewState.APPROVED and is_stale(registration):
        ask_about(registration, ReviewQuestion.DETAILS_CHANGED)


def _owe_nothing(registration: Registration) -> None:
    registration.next_call = ""
    registration.next_attempt_at = None
    registration.attempts = 0
    registration.is_change_in_review = False
    registration.question, registration.question_since = "", None
    registration.last_answer = ""


def _try_later(registration: Registration, said: str, at_the_end: ReviewQuestion) -> None:
    """The same call again along the ladder; at its end a person is asked."""
    registration.last_answer = said[: due.LONGEST_ANSWER]
    ladder = (
        settings.CODE_LADDER_SECONDS
        if registration.next_call == ReviewCall.REGISTER
        else settings.REVIEW_LADDER_SECONDS
    )
    registration.next_attempt_at = due.later(registration, ladder, now=clock.now())
    if registration.next_attempt_at is None:
        ask_about(registration, at_the_end)
