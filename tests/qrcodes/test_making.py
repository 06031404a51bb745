"""A code is made: asked for, told our details, and only then in force."""

import pytest
from django.conf import settings

from merchant_portal.accounts.models import GatewayCall
from qrcodes import services as codes
from qrcodes import tasks
from qrcodes.errors import CodeExists, CodeRefused
from qrcodes.models import Counter, Enrolment, QRCode
from qrcodes.states import CodeKind, CodeState
from tests import factories
from tests.alipay_side import AlipaySide
from tests.conftest import ACTOR


def _services_called(code: QRCode) -> list[str]:
    calls = GatewayCall.objects.filter(subject_type="qrcode", subject_id=code.pk).order_by("id")
    return [call.service.rsplit(".", 1)[1] for call in calls]


def test_a_key_is_there_before_anything_is_sent(asked: QRCode, alipay: AlipaySide) -> None:
    assert asked.state == CodeState.CREATING
    assert len(asked.key) == 32
    assert alipay.books("codes") == []


def test_a_create_is_followed_by_a_modify_before_the_code_is_active(asked: QRCode) -> None:
    code = codes.send_code(asked)
    assert code.state == CodeState.ACTIVE
    assert _services_called(code) == ["create", "modify"]
    assert [move.to_state for move in code.moves.all()] == ["CREATING", "ADOPTING", "ACTIVE"]


def test_alipay_posts_to_the_address_that_carries_the_codes_key(
    code: QRCode, alipay: AlipaySide
) -> None:
    known = alipay.books("codes")[0]
    assert known["notify_url"] == code.notify_url
    assert code.notify_url == f"{settings.PUBLIC_URL}/alipay/notify/{code.key}/"


def test_a_code_without_an_open_call_owes_nothing(code: QRCode) -> None:
    assert (code.next_call, code.next_attempt_at, code.lease_until) == ("", None, None)
    assert not code.asked_without_answer


def test_the_clock_finds_a_code_that_was_asked_for(asked: QRCode) -> None:
    tasks.poll_due_codes()
    tasks.send_claimed_code(asked.pk)
    asked.refresh_from_db()
    assert asked.state == CodeState.ACTIVE


def test_a_claimed_code_sent_twice_is_asked_for_once(asked: QRCode) -> None:
    tasks.poll_due_codes()
    tasks.send_claimed_code(asked.pk)
    tasks.send_claimed_code(asked.pk)
    assert _services_called(asked) == ["create", "modify"]


def test_a_nudge_after_the_end_calls_nobody(code: QRCode) -> None:
    tasks.send_code(code.pk)
    assert _services_called(code) == ["create", "modify"]


def test_a_counter_has_one_live_code_of_a_kind(asked: QRCode, enrolment: Enrolment) -> None:
    with pytest.raises(CodeExists):
        codes.make_code(enrolment, actor=ACTOR)


def test_a_counter_may_have_a_second_code_with_a_channel_fee(
    code: QRCode, alipay: AlipaySide
) -> None:
    with_fee = codes.make_code(
        code.enrolment,
        actor=ACTOR,
        kind=CodeKind.WITH_FEE,
        channel_fee_type="RATE",
        channel_fee_value="0.01",
    )
    with_fee = codes.send_code(with_fee)
    assert with_fee.state == CodeState.ACTIVE
    assert with_fee.value != code.value
    assert alipay.books("codes")[1]["biz_data"]["channel_fee"] == {"type": "RATE", "value": "0.01"}


@pytest.mark.parametrize(
    ("fee_type", "value"), [("RATE", "0.051"), ("RATE", "-0.01"), ("FIXED", "0.005"), ("RATE", "")]
)
def test_a_channel_fee_out_of_bounds_is_refused_at_once(
    enrolment: Enrolment, fee_type: str, value: str
) -> None:
    with pytest.raises(CodeRefused):
        codes.make_code(
            enrolment,
            actor=ACTOR,
            kind=CodeKind.WITH_FEE,
            channel_fee_type=fee_type,
            channel_fee_value=value,
        )
    assert not QRCode.objects.exists()


def test_two_codes_for_one_counter_under_two_kinds_keep_their_own_keys(code: QRCode) -> None:
    second = codes.send_code(
        codes.make_code(
            code.enrolment,
            actor=ACTOR,
            kind=CodeKind.WITH_FEE,
            channel_fee_type="FIXED",
            channel_fee_value="0.10",
        )
    )
    assert second.key != code.key
    assert second.notify_url != code.notify_url


def test_a_new_version_after_a_delete_has_its_own_key_and_value(code: QRCode) -> None:
    codes.send_code(codes.want_state(code, CodeState.DELETED, actor=ACTOR))
    newer = codes.send_code(codes.make_code(code.enrolment, actor=ACTOR))
    assert (newer.version, newer.state) == (2, CodeState.ACTIVE)
    assert newer.key != code.key
    assert newer.value != code.value
    assert not newer.known_before


def test_a_create_answered_with_an_older_version_is_not_shown_as_new(
    asked: QRCode, alipay: AlipaySide
) -> None:
    alipay.switch("refused", "ILLEGAL_ARGUMENT", service="alipay.commerce.qrcode.modify", times=1)
    refused = codes.send_code(asked)
    newer = codes.send_code(codes.make_code(asked.enrolment, actor=ACTOR))
    assert refused.state == CodeState.REFUSED
    assert (newer.value, newer.known_before) == (refused.value, True)
    assert alipay.books("codes")[0]["notify_url"] == newer.notify_url


def test_a_code_that_existed_is_taken_over_by_its_store_id(
    code: QRCode, alipay: AlipaySide
) -> None:
    """The portal forgets it ever made the code, as if another system had."""
    number, value = code.enrolment.alipay_store_id, code.value
    code.moves.all().delete()
    code.delete()
    code.enrolment.delete()
    other = factories.counter(code.enrolment.store, number=9)
    enrolment = codes.enrol_counter(other, account=code.enrolment.account, actor=ACTOR)
    terms = {"alipay_store_id": number, "known_at_alipay": True}
    codes.change_enrolment(enrolment, terms=terms, actor=ACTOR)
    enrolment.refresh_from_db()
    adopted = codes.send_code(codes.make_code(enrolment, actor=ACTOR))
    assert (adopted.state, adopted.value) == (CodeState.ACTIVE, value)
    assert adopted.known_before
    assert alipay.books("codes")[0]["notify_url"] == adopted.notify_url


def test_a_code_in_use_at_another_counter_is_refused_by_name(
    code: QRCode, counter: Counter
) -> None:
    """Alipay answers this counter's create with what hangs, as our rows say, at Counter 2."""
    other = factories.counter(counter.store, number=2)
    elsewhere = codes.enrol_counter(other, account=code.enrolment.account, actor=ACTOR)
    first, code.enrolment = code.enrolment, elsewhere
    code.save()
    second = codes.send_code(codes.make_code(first, actor=ACTOR))
    assert second.state == CodeState.REFUSED
    assert "Counter 2" in second.refusal
    code.refresh_from_db()
    assert code.state == CodeState.ACTIVE
