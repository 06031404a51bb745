"""A cancel that Alipay declines for now (retry_flag=Y) is sent again, until its day is over."""

from collections.abc import Iterator

import pytest
import time_machine

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.signing import MD5Key
from merchant_portal.audit import Actor
from payments.models import Cancel, Payment
from payments.states import CancelState
from tests.alipay.gateways import LoopbackGateway, answer_xml, reply
from tests.alipay_side import AlipaySide
from tests.factories import TEST_MD5_KEY
from tests.refunds.giving import after_another_try, amounts, ask_for_cancel, the_cancel, tick

KEY = MD5Key(TEST_MD5_KEY)


@pytest.fixture
def gateway() -> Iterator[LoopbackGateway]:
    with LoopbackGateway() as serving:
        yield serving


@pytest.fixture
def not_now(paid: Payment, asker: Actor, gateway: LoopbackGateway) -> Cancel:
    """Alipay has said "not now", signed."""
    said = {
        "out_trade_no": paid.partner_trans_id,
        "result_code": "FAIL",
        "retry_flag": "Y",
        "detail_error_code": "TRADE_STATUS_ERROR",
    }
    Account.objects.update(gateway_url=gateway.url)
    gateway.replies = [reply(answer_xml(said, KEY))]
    ask_for_cancel(paid, asker)
    tick()
    return the_cancel()


def test_not_now_is_no_silence_and_no_end(not_now: Cancel, paid: Payment) -> None:
    assert (not_now.state, not_now.last_answer) == (CancelState.SUBMITTED, "TRADE_STATUS_ERROR")
    assert (not_now.asked_without_answer, amounts(paid)) == (False, (0, 0, 1250))
    assert not_now.next_attempt_at is not None


def test_the_same_call_goes_again_and_may_succeed(
    not_now: Cancel, paid: Payment, alipay: AlipaySide
) -> None:
    Account.objects.update(gateway_url=alipay.gateway_url)
    after_another_try()
    assert (the_cancel().state, amounts(paid)) == (CancelState.DONE, (0, 1250, 0))


def test_a_no_for_good_ends_it(not_now: Cancel, paid: Payment, alipay: AlipaySide) -> None:
    Account.objects.update(gateway_url=alipay.gateway_url)
    alipay.switch("refused", "TRADE_HAS_FINISHED", times=1)
    after_another_try()
    assert (the_cancel().state, amounts(paid)) == (CancelState.REFUSED, (0, 0, 0))


def test_once_its_day_is_over_it_is_refused_and_not_lapsed(not_now: Cancel, paid: Payment) -> None:
    with time_machine.travel(not_now.deadline_at, tick=False):
        after_another_try()
    assert (the_cancel().state, amounts(paid)) == (CancelState.REFUSED, (0, 0, 0))
