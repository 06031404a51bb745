"""Hong Kong: HKD alone, and a modify that takes only MD5."""

from collections.abc import Callable

import pytest

from merchant_portal.accounts.models import Account, GatewayCall
from qrcodes import services as codes
from qrcodes.errors import CodeRefused
from qrcodes.models import Enrolment
from qrcodes.services import fits
from qrcodes.states import CodeQuestion, CodeState
from tests import factories
from tests.alipay_side import AlipaySide
from tests.conftest import ACTOR

Change = Callable[..., Account]


def test_a_code_is_made_with_md5(hk_enrolment: Enrolment) -> None:
    code = codes.send_code(codes.make_code(hk_enrolment, actor=ACTOR))
    assert code.state == CodeState.ACTIVE


def test_an_rsa2_account_signs_its_create_with_rsa2_and_its_modify_with_md5(
    hk_enrolment: Enrolment, rsa2_in_hong_kong: Change
) -> None:
    rsa2_in_hong_kong(keeps_md5_key=True)
    code = codes.send_code(codes.make_code(hk_enrolment, actor=ACTOR))
    assert code.state == CodeState.ACTIVE
    answers = [bytes(call.body) for call in GatewayCall.objects.order_by("id")]
    assert b"<sign_type>RSA2<" in answers[0]
    assert b"<sign_type>MD5<" in answers[1]


def test_without_its_md5_key_the_code_waits_for_a_person_who_adds_it(
    hk_enrolment: Enrolment, rsa2_in_hong_kong: Change
) -> None:
    account = rsa2_in_hong_kong(keeps_md5_key=False)
    waiting = codes.send_code(codes.make_code(hk_enrolment, actor=ACTOR))
    assert (waiting.state, waiting.question) == (CodeState.ADOPTING, CodeQuestion.CANNOT_SEND)
    assert "MD5" in waiting.last_answer
    factories.add_md5_key(account, factories.TEST_MD5_KEY)
    again = codes.send_code(codes.send_again(waiting, actor=ACTOR))
    assert (again.state, again.question) == (CodeState.ACTIVE, "")


def test_an_account_without_any_key_has_its_code_refused_with_the_reason(
    hk_enrolment: Enrolment,
) -> None:
    hk_enrolment.account.keys.all().delete()
    refused = codes.send_code(codes.make_code(hk_enrolment, actor=ACTOR))
    assert refused.state == CodeState.REFUSED
    assert "key" in refused.refusal
    hk_enrolment.refresh_from_db()
    assert hk_enrolment.frozen_at is None


@pytest.mark.parametrize("mishap", ["done_but_no_answer", "wrongly_signed", "gbk"])
def test_a_modify_is_mended_in_hong_kong_too(
    hk_enrolment: Enrolment, alipay: AlipaySide, mishap: str
) -> None:
    alipay.switch(mishap, service="alipay.commerce.qrcode.modify", times=1)
    code = codes.send_code(codes.make_code(hk_enrolment, actor=ACTOR))
    assert codes.send_code(code).state == CodeState.ACTIVE


def test_a_store_name_with_quotation_marks_is_refused_at_once(hk_enrolment: Enrolment) -> None:
    store = hk_enrolment.store
    store.name = 'The "Harbour"'
    store.save()
    hk_enrolment.refresh_from_db()
    with pytest.raises(CodeRefused, match="quotation"):
        codes.make_code(hk_enrolment, actor=ACTOR)


def test_only_hong_kong_dollars_fit_a_hong_kong_account(hk_account: Account) -> None:
    assert fits(hk_account, "HKD")
    assert not fits(hk_account, "USD")
