"""Codes in force are stopped, restarted, deleted, and told what has changed."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from merchant_portal.models import AuditEntry
from qrcodes import services as codes
from qrcodes.errors import CodeRefused, PlaceRefused
from qrcodes.models import QRCode
from qrcodes.states import CodeKind, CodeQuestion, CodeState
from tests.alipay_side import AlipaySide
from tests.conftest import ACTOR

MODIFY = "alipay.commerce.qrcode.modify"
STATUS = "alipay.commerce.qrcode.modifyStatus"


def _wanted(code: QRCode, state: CodeState) -> QRCode:
    return codes.send_code(codes.want_state(code, state, actor=ACTOR))


def _store_renamed(code: QRCode, **terms: object) -> QRCode:
    codes.change_store(code.enrolment.store, terms=terms, actor=ACTOR)
    code.refresh_from_db()
    return code


@pytest.fixture
def with_fee(code: QRCode) -> QRCode:
    made = codes.make_code(
        code.enrolment,
        actor=ACTOR,
        kind=CodeKind.WITH_FEE,
        channel_fee_type="RATE",
        channel_fee_value="0.01",
    )
    return codes.send_code(made)


def test_a_stopped_code_cannot_be_paid_and_a_restarted_one_can(
    code: QRCode, alipay: AlipaySide
) -> None:
    stopped = _wanted(code, CodeState.STOPPED)
    assert stopped.state == CodeState.STOPPED
    assert not alipay.try_to_pay(code.value, "1.00").is_success
    assert _wanted(stopped, CodeState.ACTIVE).state == CodeState.ACTIVE
    assert alipay.try_to_pay(code.value, "1.00").is_success


def test_a_delete_is_final(code: QRCode, alipay: AlipaySide) -> None:
    deleted = _wanted(code, CodeState.DELETED)
    assert (deleted.state, deleted.next_call) == (CodeState.DELETED, "")
    with pytest.raises(CodeRefused):
        codes.want_state(deleted, CodeState.ACTIVE, actor=ACTOR)


def test_what_a_code_is_already_is_refused(code: QRCode) -> None:
    with pytest.raises(CodeRefused):
        codes.want_state(code, CodeState.ACTIVE, actor=ACTOR)


def test_nothing_is_asked_while_a_call_is_open(code: QRCode, alipay: AlipaySide) -> None:
    alipay.switch("down", service=STATUS)
    _wanted(code, CodeState.STOPPED)
    with pytest.raises(CodeRefused):
        codes.want_state(code, CodeState.DELETED, actor=ACTOR)


def test_a_refused_stop_leaves_the_code_as_it_is_and_says_why(
    code: QRCode, alipay: AlipaySide
) -> None:
    alipay.switch("refused", "HAS_NO_PRIVILEGE", service=STATUS, times=1)
    after = _wanted(code, CodeState.STOPPED)
    assert (after.state, after.wanted_state) == (CodeState.ACTIVE, CodeState.ACTIVE)
    assert after.refusal == "HAS_NO_PRIVILEGE"


def test_a_person_is_written_down_with_what_was_asked(code: QRCode) -> None:
    _wanted(code, CodeState.STOPPED)
    verbs = AuditEntry.objects.filter(target_type="qrcode", target_id=code.pk)
    assert list(verbs.order_by("id").values_list("verb", flat=True)) == [
        "make_code",
        "want_stopped",
    ]


def test_a_store_that_changes_its_name_has_its_codes_modified(
    code: QRCode, alipay: AlipaySide
) -> None:
    changed = _store_renamed(code, name="Harbour Noodle House")
    assert changed.state == CodeState.ADOPTING
    assert codes.send_code(changed).state == CodeState.ACTIVE
    assert alipay.books("codes")[0]["biz_data"]["store_name"] == "Harbour Noodle House"


def test_a_merchant_that_changes_its_name_has_its_codes_modified(
    code: QRCode, alipay: AlipaySide
) -> None:
    merchant = code.enrolment.store.merchant
    codes.change_merchant(merchant, terms={"name": "Harbour Noodles Ltd"}, actor=ACTOR)
    assert codes.send_code(code).state == CodeState.ACTIVE
    assert alipay.books("codes")[0]["biz_data"]["secondary_merchant_name"] == "Harbour Noodles Ltd"


def test_what_alipay_knows_a_merchant_by_is_fixed(code: QRCode) -> None:
    merchant = code.enrolment.store.merchant
    with pytest.raises(PlaceRefused):
        codes.change_merchant(merchant, terms={"secondary_merchant_id": "BAY"}, actor=ACTOR)
    merchant.refresh_from_db()
    assert merchant.secondary_merchant_id == "HARBOUR"


def test_a_stopped_code_stays_stopped_through_a_change(code: QRCode, alipay: AlipaySide) -> None:
    stopped = _wanted(code, CodeState.STOPPED)
    changed = codes.send_code(_store_renamed(stopped, address="2 Example Pier"))
    assert changed.state == CodeState.STOPPED
    assert alipay.books("codes")[0]["state"] == "STOPPED"
    assert alipay.books("codes")[0]["biz_data"]["address"] == "2 Example Pier"


def test_what_alipay_is_not_told_modifies_no_code(code: QRCode) -> None:
    assert _store_renamed(code, time_zone="America/Chicago").state == CodeState.ACTIVE


def test_a_name_alipay_could_not_take_is_refused_before_anything_changes(code: QRCode) -> None:
    with pytest.raises(CodeRefused):
        _store_renamed(code, name="Harbour\x07")
    code.enrolment.store.refresh_from_db()
    assert code.enrolment.store.name == "Harbour Noodle Bar PIER3"


def test_a_change_during_an_open_call_is_told_when_that_call_ends(
    code: QRCode, alipay: AlipaySide
) -> None:
    alipay.switch("down", service=STATUS, times=1)
    lost = _wanted(code, CodeState.STOPPED)
    _store_renamed(lost, name="Renamed Meanwhile")
    assert codes.send_code(lost).state == CodeState.STOPPED
    assert alipay.books("codes")[0]["biz_data"]["store_name"] == "Renamed Meanwhile"


def test_refused_details_leave_the_code_in_force_with_a_question(
    code: QRCode, alipay: AlipaySide
) -> None:
    alipay.switch("refused", "ILLEGAL_ARGUMENT", service=MODIFY, times=1)
    after = codes.send_code(_store_renamed(code, name="Harbour Noodle House"))
    assert (after.state, after.question) == (CodeState.ACTIVE, CodeQuestion.DETAILS_REFUSED)
    again = codes.send_code(codes.send_again(after, actor=ACTOR))
    assert (again.state, again.question) == (CodeState.ACTIVE, "")
    assert alipay.books("codes")[0]["biz_data"]["store_name"] == "Harbour Noodle House"


def test_a_missing_key_leaves_the_code_in_force_with_a_question(code: QRCode) -> None:
    key = code.enrolment.account.keys.get()
    key.retired_at = key.valid_from
    key.save()
    after = codes.send_code(_store_renamed(code, name="Harbour Noodle House"))
    assert (after.state, after.question) == (CodeState.ACTIVE, CodeQuestion.CANNOT_SEND)
    assert "MD5" in after.refusal


def test_a_channel_fee_changes_by_modify(with_fee: QRCode, alipay: AlipaySide) -> None:
    changed = codes.send_code(codes.change_fee(with_fee, channel_fee_value="0.02", actor=ACTOR))
    assert changed.state == CodeState.ACTIVE
    fee = alipay.books("codes")[1]["biz_data"]["channel_fee"]
    assert fee == {"type": "RATE", "value": "0.02"}


def test_a_channel_fee_beyond_five_percent_is_refused(with_fee: QRCode) -> None:
    with pytest.raises(CodeRefused):
        codes.change_fee(with_fee, channel_fee_value="0.06", actor=ACTOR)


def test_a_code_without_a_channel_fee_cannot_be_given_one(code: QRCode) -> None:
    with pytest.raises(CodeRefused):
        codes.change_fee(code, channel_fee_value="0.01", actor=ACTOR)


def _refresh(*arguments: str) -> str:
    out = StringIO()
    call_command("refresh_notify_urls", *arguments, stdout=out)
    return out.getvalue()


def test_a_new_public_address_is_put_in_force(
    code: QRCode, alipay: AlipaySide, settings: object
) -> None:
    settings.PUBLIC_URL = "https://pay.example.com"  # type: ignore[attr-defined]
    said = _refresh()
    code.refresh_from_db()
    assert code.notify_url.startswith("https://pay.example.com/alipay/notify/")
    assert alipay.books("codes")[0]["notify_url"] == code.notify_url
    assert "now posts to https://pay.example.com" in said


def test_an_address_in_force_is_left_alone(code: QRCode, alipay: AlipaySide) -> None:
    alipay.switch("down")
    assert "already" in _refresh()
    code.refresh_from_db()
    assert code.state == CodeState.ACTIVE


def test_a_stopped_code_keeps_stopped_with_the_new_address(
    code: QRCode, alipay: AlipaySide, settings: object
) -> None:
    _wanted(code, CodeState.STOPPED)
    settings.PUBLIC_URL = "https://pay.example.com"  # type: ignore[attr-defined]
    _refresh()
    known = alipay.books("codes")[0]
    assert known["state"] == "STOPPED"
    assert known["notify_url"].startswith("https://pay.example.com/")


def test_a_refresh_without_an_answer_says_when_it_is_tried_again(
    code: QRCode, alipay: AlipaySide, settings: object
) -> None:
    settings.PUBLIC_URL = "https://pay.example.com"  # type: ignore[attr-defined]
    alipay.switch("down", service=MODIFY)
    (told,) = json.loads(_refresh("--json"))
    assert told["state"] == CodeState.UNKNOWN
    assert not told["is_in_force"]
    assert told["next_attempt_at"]


def test_a_payment_reaches_the_portal_while_details_are_changed(
    code: QRCode, alipay: AlipaySide, carry: object
) -> None:
    changed = _store_renamed(code, name="Harbour Noodle House")
    alipay.pay(changed.value, "3.00")
    assert carry() == ["success"]  # type: ignore[operator]
