"""Midnight in GMT+8, wherever the shop is: no cancel is sent too late, the people agree anew."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine

from merchant_portal import clock
from merchant_portal.accounts.models import Account, GatewayCall
from merchant_portal.audit import Actor
from merchant_portal.verifying import find_breaches
from payments import services as payments
from payments.models import Cancel, Payment
from payments.states import CancelState, PaymentState
from qrcodes.models import QRCode
from refunds import services as refunds
from refunds.models import Refund
from refunds.states import RefundState
from tests.alipay_side import AlipaySide
from tests.refunds.giving import CANCEL, amounts, ask_for, ask_for_cancel, sent, the_cancel, tick


def at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=clock.GMT8)


@pytest.fixture
def traveller() -> Iterator[time_machine.Traveller]:
    """The portal's clock and Alipay's, in one: 23:50 in GMT+8, morning in New York."""
    with time_machine.travel(at(2, 23, 50), tick=True) as travelling:
        yield travelling


@pytest.fixture
def asked_at_23_58(
    traveller: time_machine.Traveller,
    code: QRCode,
    alipay: AlipaySide,
    carry: Callable[[], list[str]],
    asker: Actor,
) -> Cancel:
    Account.objects.update(approval_limit_minor=1000)
    alipay.pay(code.value, "12.50")
    carry()
    traveller.move_to(at(2, 23, 58))
    return ask_for_cancel(Payment.objects.get(), asker)


def test_approved_at_00_10_it_is_sent_in_the_grace(
    asked_at_23_58: Cancel, approver: Actor, traveller: time_machine.Traveller
) -> None:
    traveller.move_to(at(3, 0, 10))
    assert payments.approve_cancel(asked_at_23_58, actor=approver).state == CancelState.APPROVED
    tick()
    assert the_cancel().state == CancelState.DONE


def test_approved_at_00_20_it_lapses_and_a_refund_asked_anew_goes_out(
    asked_at_23_58: Cancel,
    asker: Actor,
    approver: Actor,
    alipay: AlipaySide,
    traveller: time_machine.Traveller,
) -> None:
    traveller.move_to(at(3, 0, 20))
    cancel = payments.approve_cancel(asked_at_23_58, actor=approver)
    assert (cancel.state, amounts(cancel.payment)) == (CancelState.LAPSED, (0, 0, 0))
    refund = ask_for(cancel.payment, "12.50", asker, instead_of=cancel)
    tick()
    assert (refund.state, sent(alipay)) == (RefundState.REQUESTED, [])
    refunds.approve_refund(refund, actor=approver)
    tick()
    assert (Refund.objects.get().state, Refund.objects.get().instead_of) == ("REFUNDED", cancel)
    assert (alipay.books("cancels"), amounts(cancel.payment)) == ([], (1250, 0, 0))
    assert not GatewayCall.objects.filter(service=CANCEL).exists()


def test_approved_in_time_and_sent_too_late_it_lapses(
    asked_at_23_58: Cancel,
    approver: Actor,
    alipay: AlipaySide,
    traveller: time_machine.Traveller,
) -> None:
    payments.approve_cancel(asked_at_23_58, actor=approver)
    traveller.move_to(at(3, 0, 16))
    tick()
    assert (the_cancel().state, alipay.books("cancels")) == (CancelState.LAPSED, [])


def test_one_that_lapsed_by_itself_tells_whoever_approves_it(
    asked_at_23_58: Cancel, approver: Actor, traveller: time_machine.Traveller
) -> None:
    traveller.move_to(at(3, 0, 16))
    tick()
    assert payments.approve_cancel(asked_at_23_58, actor=approver).state == CancelState.LAPSED
    assert asked_at_23_58.payment.state == PaymentState.PAID
    assert find_breaches() == []
