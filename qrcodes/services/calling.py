"""A code's calls to Alipay: mark, commit, call, record.

Nothing in an answer proves that a code is new, so every create is followed by a modify, which puts
our notify address in force, before the code is active.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from merchant_portal import clock, due, gateway
from merchant_portal.alipay.client import GatewayClient
from merchant_portal.alipay.messages import CodeAnswer, CodeDetails, CodeStatus
from merchant_portal.audit import ALIPAY, SCHEDULE, Actor
from merchant_portal.gateway import Answered, Refused, Unanswered
from qrcodes.models import Enrolment, QRCode
from qrcodes.services.details import details_of, digest_of, wanted_digest
from qrcodes.services.moves import ask_person, lock, move, owe, owe_modify, owe_nothing
from qrcodes.states import CodeCall, CodeQuestion, CodeState

_STATUS_WORDS = {
    CodeState.STOPPED: CodeStatus.STOP,
    CodeState.ACTIVE: CodeStatus.RESTART,
    CodeState.DELETED: CodeStatus.DELETE,
}

#: Create, modify, and once more where the details changed meanwhile; the clock makes any others.
_CALLS_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Sending:
    """A call as it leaves. ``after_silence``: an earlier try of it left and was not answered."""

    code: QRCode
    call: CodeCall
    after_silence: bool
    details: CodeDetails
    notify_url: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """We could not make the call at all: a key is missing, or Alipay could not take the text."""

    why: str


Heard = Answered[CodeAnswer] | Refused | Unanswered | NotSent


def send_code(code: QRCode) -> QRCode:
    """Make the calls a code owes now, unless somebody is making them at this very moment."""
    if due.claim_one(QRCode, code.pk, now=clock.now()):
        send_claimed_code(code.pk)
    code.refresh_from_db()
    return code


def send_claimed_code(code_id: int) -> None:
    """Make the calls a claimed code owes, one after the other, until one has no end."""
    for _number in range(_CALLS_IN_A_ROW):
        sending = _mark_sent(code_id)
        if sending is None:
            return
        _record(sending, _ask(sending))


@transaction.atomic(durable=True)
def _mark_sent(code_id: int) -> Sending | None:
    """Write down that the call leaves, so that a crash from here on counts as no answer."""
    code = lock(code_id)
    if code.lease_until is None or code.lease_until <= clock.now():
        return None  # A late message: the clock has the row, or its call has ended.
    if not code.next_call or _would_repeat_delete(code):
        code.lease_until = None
        code.save()
        return None
    sending = Sending(
        code=code,
        call=CodeCall(code.next_call),
        after_silence=code.asked_without_answer,
        details=details_of(code),
        notify_url=code.wanted_notify_url,
    )
    code.asked_without_answer = True
    code.save(update_fields=["asked_without_answer"])
    return sending


def _would_repeat_delete(code: QRCode) -> bool:
    """A delete that may have left is repeated by a person alone (a first attempt is theirs)."""
    repeats = code.is_delete_wanted and code.asked_without_answer and code.attempts > 1
    if repeats:
        _lose(code, _("the call was cut short"))
        ask_person(code, CodeQuestion.DELETE_UNANSWERED)
    return repeats


def _ask(sending: Sending) -> Heard:
    try:
        return gateway.ask(sending.code.enrolment.account, sending.code, _client_call(sending))
    except gateway.NOTHING_SENT as unfit:
        return NotSent(str(unfit))


def _client_call(sending: Sending) -> Callable[[GatewayClient], CodeAnswer]:
    code, details, notify_url = sending.code, sending.details, sending.notify_url
    if sending.call == CodeCall.CREATE:
        return lambda client: client.create_qrcode(details, notify_url=notify_url)
    if sending.call == CodeCall.MODIFY:
        return lambda client: client.modify_qrcode(code.value, details, notify_url=notify_url)
    status = _STATUS_WORDS[CodeState(code.wanted_state)]
    return lambda client: client.change_qrcode_status(code.value, status)


@transaction.atomic(durable=True)
def _record(sending: Sending, heard: Heard) -> None:
    """What a call said, once: where another worker recorded its end first, nothing."""
    code = lock(sending.code.pk)
    if code.next_call != sending.call or code.wanted_state != sending.code.wanted_state:
        return
    match heard:
        case Answered(answer=answer):
            _record_answer(code, sending, answer)
        case Refused(code=reason):
            code.asked_without_answer = sending.after_silence
            _record_refusal(code, reason)
        case Unanswered(reason=reason, never_sent=never_sent):
            code.asked_without_answer = sending.after_silence or not never_sent
            _try_later(code, reason.value)
        case NotSent(why=why):
            code.asked_without_answer = sending.after_silence
            _record_not_sent(code, why)
    code.save()
    if sending.call == CodeCall.CREATE and (code.value or code.asked_without_answer):
        _freeze(code.enrolment)


def _freeze(enrolment: Enrolment) -> None:
    """Alipay keeps, or may keep, a code under this store id from now on."""
    Enrolment.objects.filter(pk=enrolment.pk, frozen_at__isnull=True).update(frozen_at=clock.now())


def _record_answer(code: QRCode, sending: Sending, answer: CodeAnswer) -> None:
    if sending.call == CodeCall.CREATE:
        _take_value(code, answer)
        return
    if sending.call == CodeCall.MODIFY:
        code.notify_url = sending.notify_url
        code.told_digest = digest_of(sending.details, sending.notify_url)
    _settle(code, CodeState(code.wanted_state), actor=ALIPAY)


def _take_value(code: QRCode, answer: CodeAnswer) -> None:
    """The code Alipay gave: perhaps one it had, never one that hangs at another counter."""
    code.image_url = answer.qrcode_img_url
    others = QRCode.objects.with_place().filter(value=answer.qrcode).exclude(pk=code.pk)
    try:
        with transaction.atomic():
            QRCode.objects.filter(pk=code.pk).update(value=answer.qrcode)
    except IntegrityError:
        holder = others.live().first()
        place = holder.enrolment.place if holder else answer.qrcode
        why = _("Alipay answered with the code that is in use at %s.") % place
        _end_refused(code, why, actor=SCHEDULE)
        return
    code.value = answer.qrcode
    code.known_before = code.enrolment.known_at_alipay or others.exists()
    move(code, CodeState.ADOPTING, actor=ALIPAY)
    owe(code, CodeCall.MODIFY)
    _keep_claim(code)


def _keep_claim(code: QRCode) -> None:
    """The worker that holds the row goes on with the next call: its first attempt."""
    code.attempts = 1
    code.lease_until = clock.now() + timedelta(seconds=settings.LEASE_SECONDS)


def _settle(code: QRCode, state: CodeState, *, actor: Actor) -> None:
    """The call has its answer. Where our details changed meanwhile, Alipay is told them next."""
    if code.state != state:
        move(code, state, actor=actor)
    owe_nothing(code)
    if code.is_live and code.told_digest != wanted_digest(code):
        owe_modify(code, actor=SCHEDULE, note=_("details changed meanwhile"))
        _keep_claim(code)


def _record_refusal(code: QRCode, reason: str) -> None:
    """A refusal ends a first attempt; after a try without an answer it ends nothing."""
    if code.asked_without_answer:
        _try_later(code, reason)
    elif code.told_digest == "":
        _end_refused(code, reason, actor=ALIPAY)
    elif code.next_call == CodeCall.MODIFY:
        _go_on_as_before(code, CodeQuestion.DETAILS_REFUSED, reason, actor=ALIPAY)
    else:
        _stay(code, reason)


def _record_not_sent(code: QRCode, why: str) -> None:
    """Nothing left: what we can undo ends here, the rest waits for a person to mend it."""
    if code.asked_without_answer or (code.next_call == CodeCall.MODIFY and not code.told_digest):
        code.last_answer = why[:200]
        ask_person(code, CodeQuestion.CANNOT_SEND)
    elif code.next_call == CodeCall.CREATE:
        _end_refused(code, why, actor=SCHEDULE)
    elif code.next_call == CodeCall.MODIFY:
        _go_on_as_before(code, CodeQuestion.CANNOT_SEND, why, actor=SCHEDULE)
    else:
        _stay(code, why)


def _end_refused(code: QRCode, reason: str, *, actor: Actor) -> None:
    """There is no such code; the counter is free for another try."""
    move(code, CodeState.REFUSED, actor=actor, note=reason)
    owe_nothing(code)
    code.refusal = reason[:200]


def _go_on_as_before(code: QRCode, question: CodeQuestion, reason: str, *, actor: Actor) -> None:
    """The code works on with what Alipay knew; that it knows no better is a question."""
    move(code, CodeState(code.wanted_state), actor=actor, note=reason)
    owe_nothing(code)
    code.refusal = reason[:200]
    ask_person(code, question)


def _stay(code: QRCode, reason: str) -> None:
    """The change of state did not happen: the code is what it was."""
    code.wanted_state = code.state
    owe_nothing(code)
    code.refusal = reason[:200]


def _lose(code: QRCode, reason: str) -> None:
    code.last_answer = reason[:200]
    if code.asked_without_answer and code.state != CodeState.UNKNOWN:
        move(code, CodeState.UNKNOWN, actor=SCHEDULE, note=reason)


def _try_later(code: QRCode, reason: str) -> None:
    """The same call again, along the ladder; a lost delete and the ladder's end go to a person."""
    _lose(code, reason)
    code.lease_until = None
    if code.is_delete_wanted and code.asked_without_answer:
        ask_person(code, CodeQuestion.DELETE_UNANSWERED)
        return
    code.next_attempt_at = due.later(code, settings.CODE_LADDER_SECONDS, now=clock.now())
    if code.next_attempt_at is None:
        ask_person(code, CodeQuestion.NO_ANSWER)
