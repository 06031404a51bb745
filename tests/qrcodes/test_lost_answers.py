"""Alipay does not answer, or answers what cannot be believed: nothing is guessed."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings

from merchant_portal import clock, due, gateway
from merchant_portal.accounts.models import CallOutcome, GatewayCall
from qrcodes import services as codes
from qrcodes import tasks
from qrcodes.errors import CodeRefused
from qrcodes.models import QRCode
from qrcodes.states import CodeCall, CodeQuestion, CodeState
from tests.alipay_side import AlipaySide
from tests.conftest import ACTOR

CREATE = "alipay.commerce.qrcode.create"
MODIFY = "alipay.commerce.qrcode.modify"
STATUS = "alipay.commerce.qrcode.modifyStatus"
SILENCES = [
    *("done_but_no_answer", "down", "half", "http_500", "wrongly_signed", "html"),
    "unknown_then",  # the gateway says SYSTEM_ERROR
]


@pytest.fixture
def ladder(settings: object) -> list[int]:
    """A ladder of two rungs, so that its end is near."""
    settings.CODE_LADDER_SECONDS = [3, 10]  # type: ignore[attr-defined]
    return [3, 10]


@pytest.mark.parametrize("mishap", SILENCES)
def test_a_create_without_an_answer_is_unknown_and_asked_again(
    asked: QRCode, alipay: AlipaySide, mishap: str
) -> None:
    alipay.switch(mishap, service=CREATE, times=1)
    lost = codes.send_code(asked)
    assert (lost.state, lost.wanted_state) == (CodeState.UNKNOWN, CodeState.ACTIVE)
    assert lost.next_attempt_at is not None
    again = codes.send_code(lost)
    assert again.state == CodeState.ACTIVE
    assert again.key == asked.key
    assert len(alipay.books("codes")) == 1


@pytest.mark.parametrize("mishap", SILENCES)
def test_a_modify_without_an_answer_keeps_the_code_out_of_force(
    asked: QRCode, alipay: AlipaySide, mishap: str
) -> None:
    alipay.switch(mishap, service=MODIFY, times=1)
    lost = codes.send_code(asked)
    assert (lost.state, lost.next_call) == (CodeState.UNKNOWN, CodeCall.MODIFY)
    assert lost.notify_url == ""
    assert codes.send_code(lost).state == CodeState.ACTIVE


@pytest.mark.parametrize("mishap", SILENCES)
def test_a_stop_without_an_answer_keeps_what_is_wanted(
    code: QRCode, alipay: AlipaySide, mishap: str
) -> None:
    alipay.switch(mishap, service=STATUS, times=1)
    lost = codes.send_code(codes.want_state(code, CodeState.STOPPED, actor=ACTOR))
    assert (lost.state, lost.wanted_state) == (CodeState.UNKNOWN, CodeState.STOPPED)
    assert codes.send_code(lost).state == CodeState.STOPPED
    assert alipay.books("codes")[0]["state"] == "STOPPED"


def test_a_slow_answer_is_no_answer(asked: QRCode, alipay: AlipaySide, settings: object) -> None:
    gateway._http.cache_clear()
    settings.GATEWAY_TIMEOUT_SECONDS = 0.2  # type: ignore[attr-defined]
    alipay.switch("slow", "1", service=CREATE, times=1)
    try:
        lost = codes.send_code(asked)
    finally:
        gateway._http.cache_clear()
    assert (lost.state, lost.last_answer) == (CodeState.UNKNOWN, "TIMEOUT")


def test_a_gateway_that_cannot_be_reached_leaves_the_code_as_it_was(asked: QRCode) -> None:
    account = asked.enrolment.account
    account.gateway_url = "http://127.0.0.1:9/gateway.do"
    account.save()
    waiting = codes.send_code(asked)
    assert (waiting.state, waiting.last_answer) == (CodeState.CREATING, "CONNECTION")
    assert not waiting.asked_without_answer
    assert waiting.next_attempt_at is not None


def test_the_next_try_follows_the_ladder(asked: QRCode, alipay: AlipaySide) -> None:
    alipay.switch("down", service=CREATE)
    with time_machine.travel(clock.now(), tick=False):
        first = codes.send_code(asked)
        assert first.next_attempt_at == clock.now() + timedelta(
            seconds=settings.CODE_LADDER_SECONDS[0]
        )
        second = codes.send_code(first)
        assert second.next_attempt_at == clock.now() + timedelta(
            seconds=settings.CODE_LADDER_SECONDS[1]
        )


def test_the_ladders_end_asks_a_person(
    asked: QRCode, alipay: AlipaySide, ladder: list[int]
) -> None:
    alipay.switch("down", service=CREATE)
    for _rung in range(len(ladder) + 1):
        asked = codes.send_code(asked)
    assert (asked.question, asked.next_attempt_at) == (CodeQuestion.NO_ANSWER, None)
    assert asked.question_since is not None


def test_a_person_sends_again_after_the_ladders_end(
    asked: QRCode, alipay: AlipaySide, ladder: list[int]
) -> None:
    alipay.switch("down", service=CREATE)
    for _rung in range(len(ladder) + 1):
        asked = codes.send_code(asked)
    alipay.clear_mishaps()
    again = codes.send_code(codes.send_again(asked, actor=ACTOR))
    assert (again.state, again.question) == (CodeState.ACTIVE, "")


def test_an_unsigned_refusal_ends_a_first_attempt(asked: QRCode, alipay: AlipaySide) -> None:
    alipay.switch("refused", "ILLEGAL_ARGUMENT", service=CREATE, times=1)
    refused = codes.send_code(asked)
    assert (refused.state, refused.refusal) == (CodeState.REFUSED, "ILLEGAL_ARGUMENT")
    newer = codes.send_code(codes.make_code(asked.enrolment, actor=ACTOR))
    assert (newer.state, newer.version) == (CodeState.ACTIVE, 2)


def test_a_refusal_after_a_lost_answer_ends_nothing(asked: QRCode, alipay: AlipaySide) -> None:
    alipay.switch("done_but_no_answer", service=CREATE, times=1)
    lost = codes.send_code(asked)
    alipay.switch("refused", "ILLEGAL_ARGUMENT", service=CREATE, times=1)
    still = codes.send_code(lost)
    assert (still.state, still.last_answer) == (CodeState.UNKNOWN, "ILLEGAL_ARGUMENT")
    assert still.next_attempt_at is not None
    assert codes.send_code(still).state == CodeState.ACTIVE


def test_a_worker_that_dies_after_sending_counts_as_no_answer(
    asked: QRCode, alipay: AlipaySide
) -> None:
    """The mark that is written before each call makes a refusal of the next one end nothing."""
    QRCode.objects.filter(pk=asked.pk).update(asked_without_answer=True, attempts=1)
    alipay.switch("refused", "ILLEGAL_ARGUMENT", service=CREATE, times=1)
    assert codes.send_code(asked).state == CodeState.UNKNOWN


def test_a_lost_delete_goes_to_a_person_at_once(code: QRCode, alipay: AlipaySide) -> None:
    alipay.switch("done_but_no_answer", service=STATUS, times=1)
    lost = codes.send_code(codes.want_state(code, CodeState.DELETED, actor=ACTOR))
    assert lost.state == CodeState.UNKNOWN
    assert (lost.question, lost.next_attempt_at) == (CodeQuestion.DELETE_UNANSWERED, None)
    tasks.poll_due_codes()
    assert _calls(lost, STATUS) == 1


def test_a_delete_that_a_dead_worker_sent_is_not_repeated(code: QRCode) -> None:
    wanted = codes.want_state(code, CodeState.DELETED, actor=ACTOR)
    QRCode.objects.filter(pk=code.pk).update(asked_without_answer=True, attempts=1)
    after = codes.send_code(wanted)
    assert (after.state, after.question) == (CodeState.UNKNOWN, CodeQuestion.DELETE_UNANSWERED)
    assert _calls(after, STATUS) == 0


def test_a_delete_sent_again_after_it_took_effect_stays_with_a_person(
    code: QRCode, alipay: AlipaySide
) -> None:
    """Alipay refuses anything about a deleted code: that proves nothing, a person decides."""
    alipay.switch("done_but_no_answer", service=STATUS, times=1)
    lost = codes.send_code(codes.want_state(code, CodeState.DELETED, actor=ACTOR))
    again = codes.send_code(codes.send_again(lost, actor=ACTOR))
    assert again.question == CodeQuestion.DELETE_UNANSWERED
    decided = codes.decide(again, CodeState.DELETED, reason="Scanned: invalid", actor=ACTOR)
    assert (decided.state, decided.question) == (CodeState.DELETED, "")
    assert decided.moves.last().note == "Scanned: invalid"  # type: ignore[union-attr]


def test_a_delete_that_was_not_done_is_done_when_sent_again(
    code: QRCode, alipay: AlipaySide
) -> None:
    alipay.switch("down", service=STATUS, times=1)
    lost = codes.send_code(codes.want_state(code, CodeState.DELETED, actor=ACTOR))
    assert codes.send_code(codes.send_again(lost, actor=ACTOR)).state == CodeState.DELETED


def test_a_person_gives_up_a_code_that_never_came(
    asked: QRCode, alipay: AlipaySide, ladder: list[int]
) -> None:
    alipay.switch("down", service=CREATE)
    for _rung in range(len(ladder) + 1):
        asked = codes.send_code(asked)
    given_up = codes.decide(asked, CodeState.REFUSED, reason="No such code", actor=ACTOR)
    assert given_up.state == CodeState.REFUSED
    assert codes.make_code(asked.enrolment, actor=ACTOR).version == 2


def test_a_decision_needs_a_question_and_a_reason(code: QRCode, alipay: AlipaySide) -> None:
    with pytest.raises(CodeRefused):
        codes.decide(code, CodeState.DELETED, reason="I say so", actor=ACTOR)
    alipay.switch("down", service=STATUS, times=1)
    lost = codes.send_code(codes.want_state(code, CodeState.DELETED, actor=ACTOR))
    with pytest.raises(CodeRefused):
        codes.decide(lost, CodeState.DELETED, reason="  ", actor=ACTOR)


def test_a_call_under_way_elsewhere_is_not_made_twice(asked: QRCode) -> None:
    assert due.claim_one(QRCode, asked.pk, now=clock.now())
    codes.send_code(asked)
    assert not GatewayCall.objects.exists()


def test_every_call_is_kept_with_what_was_signed_and_answered(
    asked: QRCode, alipay: AlipaySide
) -> None:
    alipay.switch("html", service=CREATE, times=1)
    codes.send_code(codes.send_code(asked))
    calls = GatewayCall.objects.order_by("id")
    assert [call.outcome for call in calls] == [
        CallOutcome.NO_ANSWER,
        CallOutcome.ANSWERED,
        CallOutcome.ANSWERED,
    ]
    assert all(asked.key in call.presign for call in calls)
    assert b"maintenance" in bytes(calls[0].body)


def _calls(code: QRCode, service: str) -> int:
    return GatewayCall.objects.filter(subject_id=code.pk, service=service).count()
