"""Parallel people and workers: money goes back once, and never more than there is."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client

from merchant_portal.accounts.models import Account, GatewayCall
from merchant_portal.audit import Actor
from merchant_portal.verifying import find_breaches
from payments import services as payments
from payments.errors import ApprovalRefused, GiveBackRefused
from payments.models import Payment
from payments.states import CancelState
from payments.tasks import submit_due_cancels
from qrcodes.services.idempotency import RequestKey
from refunds import services as refunds
from refunds.models import Refund
from refunds.states import RefundState
from refunds.tasks import submit_due_refunds
from tests.alipay_side import AlipaySide
from tests.properties.at_once import at_once
from tests.refunds.giving import (
    CANCEL,
    REFUND,
    amounts,
    ask_for,
    ask_for_cancel,
    let_time_come,
    sent,
    the_cancel,
    the_refund,
    tick,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer."),
]
WORKERS = 6


@pytest.fixture(autouse=True)
def _whole_database(transactional_db: None) -> None:
    """Commits are real here, so that threads see each other."""


def said(act: Callable[[], object]) -> Callable[[], object]:
    """An act whose refusal is its answer."""

    def run() -> object:
        try:
            return act()
        except (GiveBackRefused, ApprovalRefused) as refused:
            return refused

    return run


def test_two_who_give_back_the_same_money_give_it_back_once(paid: Payment, asker: Actor) -> None:
    acts = [said(lambda: ask_for(paid, "12.50", asker))] * WORKERS
    heard = at_once(*acts, said(lambda: ask_for_cancel(paid, asker)))
    assert sum(not isinstance(each, Exception) for each in heard) == 1
    assert amounts(paid) == (0, 0, 1250)
    assert find_breaches() == []


def test_one_request_sent_many_times_at_once_is_one_refund(paid: Payment, asker: Actor) -> None:
    key = RequestKey("person:1", "k1", "5.00")
    heard = at_once(*[lambda: ask_for(paid, "5.00", asker, request=key).pk] * WORKERS)
    assert heard == [the_refund().pk] * WORKERS
    assert amounts(paid) == (0, 0, 500)


def test_of_those_who_decide_at_once_one_decides(
    paid: Payment, asker: Actor, approver: Actor
) -> None:
    Account.objects.update(approval_limit_minor=0)
    refund = ask_for(paid, "5.00", asker)
    heard = at_once(
        *[said(partial(refunds.approve_refund, refund, actor=approver))] * 3,
        *[said(partial(refunds.decline_refund, refund, note="No.", actor=approver))] * 3,
    )
    assert sum(isinstance(each, Refund) for each in heard) == 1
    assert the_refund().state in {RefundState.APPROVED, RefundState.DECLINED}


def test_many_workers_send_a_refund_once(paid: Payment, asker: Actor, alipay: AlipaySide) -> None:
    ask_for(paid, "5.00", asker)
    at_once(*[submit_due_refunds] * WORKERS)
    assert (the_refund().state, amounts(paid)) == (RefundState.REFUNDED, (500, 0, 0))
    assert (len(sent(alipay)), GatewayCall.objects.filter(service=REFUND).count()) == (1, 1)


def test_many_workers_send_a_cancel_once(paid: Payment, asker: Actor) -> None:
    ask_for_cancel(paid, asker)
    at_once(*[submit_due_cancels] * WORKERS)
    assert (the_cancel().state, amounts(paid)) == (CancelState.DONE, (0, 1250, 0))
    assert GatewayCall.objects.filter(service=CANCEL).count() == 1


def test_a_person_and_the_clock_ask_at_once(
    paid: Payment, asker: Actor, alipay: AlipaySide
) -> None:
    alipay.switch("done_but_no_answer", times=1, service=REFUND)
    ask_for(paid, "5.00", asker)
    tick()
    let_time_come()
    at_once(tick, tick, *[partial(refunds.ask_refund, the_refund(), actor=asker)] * 4)
    assert (the_refund().state, amounts(paid)) == (RefundState.REFUNDED, (500, 0, 0))
    assert len(sent(alipay)) == 1


def test_a_notice_and_the_clock_end_a_cancel_at_once(
    paid: Payment, asker: Actor, alipay: AlipaySide
) -> None:
    alipay.switch("done_but_no_answer", times=1, service=CANCEL)
    ask_for_cancel(paid, asker)
    tick()
    let_time_come()
    [notice] = alipay.due()
    path = urlsplit(notice["url"]).path

    def post() -> bytes:
        answer = Client().post(path, notice["body"], content_type=notice["content_type"])
        return bytes(answer.content)

    ask = partial(payments.ask_cancel, the_cancel(), actor=asker)
    assert b"success" in at_once(post, submit_due_cancels, ask)
    assert (the_cancel().state, amounts(paid)) == (CancelState.DONE, (0, 1250, 0))


def test_many_deliveries_of_one_portal_refund_are_one_refund(
    paid: Payment, alipay: AlipaySide
) -> None:
    alipay.refund_in_portal(paid.alipay_trans_id, "3.00")
    [notice] = alipay.due()
    path = urlsplit(notice["url"]).path

    def post() -> bytes:
        answer = Client().post(path, notice["body"], content_type=notice["content_type"])
        return bytes(answer.content)

    assert at_once(*[post] * WORKERS) == [b"success"] * WORKERS
    assert (the_refund().amount_minor, amounts(paid)) == (300, (0, 0, 300))
