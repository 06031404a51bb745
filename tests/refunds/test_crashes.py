"""The program may end at any point: nothing goes back twice, and nothing is forgotten."""

import os
import signal
import subprocess
import sys

import pytest
from pytest_django import Settings

from merchant_portal.audit import Actor
from merchant_portal.crashpoints import Crashed
from payments.models import Payment
from payments.states import CancelState
from refunds.states import RefundState
from tests.alipay_side import AlipaySide
from tests.refunds.giving import (
    REFUND,
    after_another_try,
    amounts,
    ask_for,
    ask_for_cancel,
    let_time_come,
    sent,
    the_cancel,
    the_refund,
    tick,
)

POINTS = ("marked", "called", "recorded")


@pytest.mark.parametrize("point", POINTS)
def test_a_refund_survives_a_crash_and_goes_back_once(
    paid: Payment, asker: Actor, alipay: AlipaySide, settings: Settings, point: str
) -> None:
    settings.CRASH_AT = f"refund.{point}"
    ask_for(paid, "5.00", asker)
    with pytest.raises(Crashed):
        tick()
    assert (the_refund().state, amounts(paid)) == (RefundState.SUBMITTED, (0, 0, 500))
    settings.CRASH_AT = ""
    after_another_try()
    assert (the_refund().state, amounts(paid)) == (RefundState.REFUNDED, (500, 0, 0))
    assert len(sent(alipay)) == 1


@pytest.mark.parametrize("point", POINTS)
def test_a_refusal_lost_in_a_crash_does_not_fail_the_refund_by_a_second_one(
    paid: Payment, asker: Actor, alipay: AlipaySide, settings: Settings, point: str
) -> None:
    settings.CRASH_AT = f"refund.{point}"
    alipay.switch("refused", "SELLER_ERROR", times=2, service=REFUND)
    ask_for(paid, "5.00", asker)
    with pytest.raises(Crashed):
        tick()
    settings.CRASH_AT = ""
    after_another_try()
    assert the_refund().state == RefundState.UNKNOWN or point == "marked"
    after_another_try()
    after_another_try()
    assert (the_refund().state, len(sent(alipay))) == (RefundState.REFUNDED, 1)


def test_a_crash_while_asking_changes_nothing(
    paid: Payment, asker: Actor, alipay: AlipaySide, settings: Settings
) -> None:
    alipay.switch("http_500", times=1, service=REFUND)
    ask_for(paid, "5.00", asker)
    tick()
    settings.CRASH_AT = "refund.asked"
    let_time_come()
    with pytest.raises(Crashed):
        tick()
    settings.CRASH_AT = ""
    assert the_refund().state == RefundState.UNKNOWN
    after_another_try()
    assert (the_refund().state, len(sent(alipay))) == (RefundState.REFUNDED, 1)


@pytest.mark.parametrize("point", POINTS)
def test_a_cancel_survives_a_crash_and_goes_back_once(
    paid: Payment, asker: Actor, alipay: AlipaySide, settings: Settings, point: str
) -> None:
    settings.CRASH_AT = f"cancel.{point}"
    ask_for_cancel(paid, asker)
    with pytest.raises(Crashed):
        tick()
    assert (the_cancel().state, amounts(paid)) == (CancelState.SUBMITTED, (0, 0, 1250))
    settings.CRASH_AT = ""
    after_another_try()
    assert (the_cancel().state, amounts(paid)) == (CancelState.DONE, (0, 1250, 0))
    assert [cancel["action"] for cancel in alipay.books("cancels")] == ["refund"]


def test_after_a_crash_a_worker_waits_for_the_lease_to_end(
    paid: Payment, asker: Actor, alipay: AlipaySide, settings: Settings
) -> None:
    settings.CRASH_AT = "cancel.marked"
    ask_for_cancel(paid, asker)
    with pytest.raises(Crashed):
        tick()
    settings.CRASH_AT = ""
    tick()
    assert (the_cancel().state, alipay.books("cancels")) == (CancelState.SUBMITTED, [])


def test_a_drill_can_kill_the_process() -> None:
    program = "import django; django.setup(); from merchant_portal import crashpoints as c; "
    program += "c.reached('one'); c.reached('two'); print('alive')"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "merchant_portal.settings",
            "DEBUG": "1",
            "CRASH_AT": "two:kill",
        },
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL


def test_a_live_portal_reads_no_drill() -> None:
    program = "import django; django.setup(); from merchant_portal import crashpoints as c; "
    program += "c.reached('two')"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "merchant_portal.settings",
            "DEBUG": "0",
            "CRASH_AT": "two:kill",
        },
        check=False,
    )
    assert ended.returncode == 0
