"""Asking for money to go back: what is refused, what is reserved, and who approves."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.models import AuditEntry
from merchant_portal.money import Money
from payments import services as payments
from payments.errors import ApprovalRefused, GiveBackRefused
from payments.models import Cancel, Payment
from payments.states import CancelState, PaymentState
from qrcodes.errors import KeyReused
from qrcodes.services.idempotency import RequestKey
from refunds import services as refunds
from refunds.models import Refund
from refunds.states import RefundState
from tests.alipay_side import AlipaySide
from tests.refunds.giving import (
    amounts,
    ask_for,
    ask_for_cancel,
    sent,
    the_cancel,
    the_refund,
    tick,
)

Ask = Callable[..., Refund | Cancel]
BOTH = pytest.mark.parametrize("ask", [lambda p, a: ask_for(p, "12.50", a), ask_for_cancel])


# ---- Refused ----------------------------------------------------------------------------------

UNREADY: dict[str, dict[str, Any]] = {
    "not paid yet": {"state": PaymentState.PENDING},
    "not known to be paid": {"state": PaymentState.UNKNOWN},
    "still being confirmed": {"state": PaymentState.CONFIRMING},
    "all of it has gone back": {"state": PaymentState.CANCELLED},
    "closed unpaid": {"state": PaymentState.CLOSED},
    "holds this payment": {"frozen": True},
    "final at Alipay": {"refundable": False},
    "order number is not known": {"partner_trans_id": ""},
}


@BOTH
@pytest.mark.parametrize("why", UNREADY)
def test_nothing_goes_back_of_a_payment_that_is_not_ready(
    paid: Payment, asker: Actor, ask: Ask, why: str
) -> None:
    Payment.objects.update(next_attempt_at=clock.now(), **UNREADY[why])
    with pytest.raises(GiveBackRefused, match=why):
        ask(paid, asker)
    assert amounts(paid) == (0, 0, 0)


REASONS = [("", ""), ("a joke", ""), ("other", " ")]


@pytest.mark.parametrize(("reason", "note"), REASONS)
def test_without_a_reason_nothing_goes_back(
    paid: Payment, asker: Actor, reason: str, note: str
) -> None:
    for ask in (ask_for_cancel, lambda p, a, **more: ask_for(p, "5.00", a, **more)):
        with pytest.raises(GiveBackRefused):
            ask(paid, asker, reason=reason, note=note)
    assert amounts(paid) == (0, 0, 0)


@pytest.mark.parametrize("amount", [Money(0, "USD"), Money(-1, "USD"), Money(500, "EUR")])
def test_an_amount_that_is_none_does_not_go_back(
    paid: Payment, asker: Actor, amount: Money
) -> None:
    with pytest.raises(GiveBackRefused):
        refunds.request_refund(paid, amount=amount, reason="returned", note="", actor=asker)
    assert amounts(paid) == (0, 0, 0)


def test_more_than_is_left_is_refused_and_says_what_is_left_and_on_its_way(
    paid: Payment, asker: Actor
) -> None:
    with pytest.raises(GiveBackRefused, match=r"Only USD 12.50 is left of it\.$"):
        ask_for(paid, "12.51", asker)
    ask_for(paid, "5.00", asker)
    with pytest.raises(GiveBackRefused, match=r"Only USD 7.50 is left.* USD 5.00 is on its way"):
        ask_for(paid, "7.51", asker)


def midnight_before(payment: Payment) -> datetime:
    assert payment.paid_at
    return datetime.combine(clock.transaction_day(payment.paid_at), time(), clock.GMT8)


def test_a_refund_is_asked_for_within_the_window_of_gmt8_days(paid: Payment, asker: Actor) -> None:
    Account.objects.update(refund_window_days=2)
    over = midnight_before(paid) + timedelta(days=3)
    with time_machine.travel(over, tick=False), pytest.raises(GiveBackRefused, match="until"):
        ask_for(paid, "5.00", asker)
    with time_machine.travel(over - timedelta(seconds=1), tick=False):
        assert ask_for(paid, "5.00", asker).state == RefundState.APPROVED


@pytest.mark.parametrize("grace", [0, 15])
def test_a_cancel_is_asked_for_on_the_payments_day_and_in_the_grace_after_it(
    paid: Payment, asker: Actor, grace: int
) -> None:
    Account.objects.update(cancel_grace_minutes=grace)
    deadline = midnight_before(paid) + timedelta(days=1, minutes=grace)
    with time_machine.travel(deadline, tick=False), pytest.raises(GiveBackRefused, match="own day"):
        ask_for_cancel(paid, asker)
    with time_machine.travel(deadline - timedelta(seconds=1), tick=False):
        assert ask_for_cancel(paid, asker).deadline_at == deadline


def test_only_a_whole_payment_is_cancelled(paid: Payment, asker: Actor) -> None:
    ask_for(paid, "5.00", asker)
    with pytest.raises(GiveBackRefused, match="whole payment"):
        ask_for_cancel(paid, asker)


def test_a_refund_follows_only_a_cancel_that_came_to_nothing(paid: Payment, asker: Actor) -> None:
    Account.objects.update(approval_limit_minor=0)
    cancel = ask_for_cancel(paid, asker)
    Payment.objects.update(reserved_minor=0)
    with pytest.raises(GiveBackRefused, match="came to nothing"):
        ask_for(paid, "5.00", asker, instead_of=cancel)


# ---- Reserved ---------------------------------------------------------------------------------


def test_what_is_asked_for_is_reserved_and_written_down(paid: Payment, asker: Actor) -> None:
    refund = ask_for(paid, "5.00", asker, reason="other", note="The soup was cold.")
    assert amounts(paid) == (0, 0, 500)
    assert (refund.requested_by, refund.note) == (asker.user, "The soup was cold.")
    assert AuditEntry.objects.filter(verb="request_refund", target_id=refund.pk).exists()


def test_several_refunds_have_numbers_of_their_own_and_fit_together(
    paid: Payment, asker: Actor, alipay: AlipaySide
) -> None:
    for amount in ("5.00", "7.00", "0.50"):
        ask_for(paid, amount, asker)
    tick()
    assert amounts(paid) == (1250, 0, 0)
    assert len({refund["out_biz_no"] for refund in sent(alipay)}) == 3


# ---- A second person --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "state"), [(None, "APPROVED"), (1250, "APPROVED"), (1249, "REQUESTED")]
)
def test_above_the_limit_a_second_person_approves(
    paid: Payment, asker: Actor, limit: int | None, state: str
) -> None:
    Account.objects.update(approval_limit_minor=limit)
    assert ask_for(paid, "12.50", asker).state == state


def test_a_limit_in_another_currency_lets_nothing_pass_alone(paid: Payment, asker: Actor) -> None:
    Account.objects.update(approval_limit_minor=1_000_000, settlement_currency="CNY")
    assert ask_for_cancel(paid, asker).state == CancelState.REQUESTED


@pytest.fixture
def strict(account: Account) -> None:
    """Everything wants a second person."""
    Account.objects.update(approval_limit_minor=0)


def test_what_waits_for_approval_does_not_leave(
    paid: Payment, asker: Actor, alipay: AlipaySide, strict: None
) -> None:
    ask_for(paid, "5.00", asker)
    tick()
    assert (the_refund().state, sent(alipay)) == (RefundState.REQUESTED, [])


def test_another_person_approves_and_it_goes_out(
    paid: Payment, asker: Actor, approver: Actor, strict: None
) -> None:
    refunds.approve_refund(ask_for(paid, "5.00", asker), actor=approver)
    tick()
    assert (the_refund().state, the_refund().decided_by) == (RefundState.REFUNDED, approver.user)


def test_nobody_approves_what_they_asked_for(paid: Payment, asker: Actor, strict: None) -> None:
    with pytest.raises(ApprovalRefused, match="cannot approve"):
        refunds.approve_refund(ask_for(paid, "5.00", asker), actor=asker)
    assert the_refund().state == RefundState.REQUESTED


def test_a_program_approves_nothing(paid: Payment, asker: Actor, strict: None) -> None:
    with pytest.raises(ApprovalRefused, match="person"):
        payments.approve_cancel(ask_for_cancel(paid, asker), actor=Actor("API key till"))
    assert the_cancel().state == CancelState.REQUESTED


def test_what_is_decided_is_decided_once(
    paid: Payment, asker: Actor, approver: Actor, strict: None
) -> None:
    refund = refunds.approve_refund(ask_for(paid, "5.00", asker), actor=approver)
    with pytest.raises(ApprovalRefused, match="any more"):
        refunds.approve_refund(refund, actor=approver)
    with pytest.raises(ApprovalRefused, match="any more"):
        refunds.decline_refund(refund, note="No.", actor=approver)


def test_declining_frees_the_amount_and_says_why(
    paid: Payment, asker: Actor, approver: Actor, strict: None
) -> None:
    with pytest.raises(ApprovalRefused, match="why"):
        refunds.decline_refund(ask_for(paid, "5.00", asker), note=" ", actor=approver)
    refunds.decline_refund(the_refund(), note="Not today.", actor=approver)
    assert (the_refund().state, amounts(paid)) == (RefundState.DECLINED, (0, 0, 0))
    assert the_refund().decision_note == "Not today."


def test_who_asked_may_withdraw_before_it_is_approved(
    paid: Payment, asker: Actor, strict: None
) -> None:
    payments.decline_cancel(ask_for_cancel(paid, asker), note="A mistake.", actor=asker)
    cancel = the_cancel()
    assert (cancel.state, amounts(paid)) == (CancelState.DECLINED, (0, 0, 0))
    assert (cancel.decided_by, cancel.decided_by_name) == (None, asker.name)


# ---- The caller's own key ---------------------------------------------------------------------


def test_the_same_request_again_is_the_same_refund(paid: Payment, asker: Actor) -> None:
    key = RequestKey("person:1", "k1", "5.00")
    first = ask_for(paid, "5.00", asker, request=key)
    assert ask_for(paid, "5.00", asker, request=key) == first
    assert amounts(paid) == (0, 0, 500)


def test_the_same_request_again_is_the_same_cancel_also_when_it_is_done(
    paid: Payment, asker: Actor
) -> None:
    key = RequestKey("person:1", "k1", "cancel")
    first = ask_for_cancel(paid, asker, request=key)
    tick()
    assert ask_for_cancel(paid, asker, request=key).pk == first.pk


def test_the_same_key_for_something_else_is_refused(paid: Payment, asker: Actor) -> None:
    ask_for(paid, "5.00", asker, request=RequestKey("person:1", "k1", "5.00"))
    with pytest.raises(KeyReused):
        ask_for(paid, "6.00", asker, request=RequestKey("person:1", "k1", "6.00"))
    assert amounts(paid) == (0, 0, 500)
