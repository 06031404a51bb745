"""Refunds that Alipay only notes down: its yes is no money back, and a failure is silent."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from pytest_django import Settings

from merchant_portal import clock
from merchant_portal.audit import Actor
from payments.models import Payment
from refunds.services.nights import next_asking
from refunds.states import RefundState
from tests.alipay_side import AlipaySide
from tests.refunds.giving import REFUND, REFUND_QUERY, amounts, ask_for, the_refund, tick

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=clock.GMT8)


@pytest.fixture(autouse=True)
def later(settings: Settings) -> None:
    """Refunds are asked for with is_sync=N."""
    settings.REFUNDS_SYNC = False


@pytest.fixture
def traveller() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=True) as travelling:
        yield travelling


@pytest.fixture
def paid(traveller: time_machine.Traveller, paid: Payment) -> Payment:
    """USD 12.50, paid at noon in GMT+8."""
    return paid


def go_to_the_next_attempt(traveller: time_machine.Traveller) -> None:
    due_at = the_refund().next_attempt_at
    assert due_at is not None
    traveller.move_to(due_at + timedelta(seconds=61))
    tick()


def test_on_the_payments_day_it_is_asked_about_soon(
    paid: Payment, asker: Actor, traveller: time_machine.Traveller
) -> None:
    ask_for(paid, "5.00", asker)
    tick()
    assert (the_refund().state, amounts(paid)) == (RefundState.ACCEPTED, (0, 0, 500))
    go_to_the_next_attempt(traveller)
    assert (the_refund().state, amounts(paid)) == (RefundState.REFUNDED, (500, 0, 0))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((3, 9, 0), (4, 5, 10)),  # the coming night
        ((3, 23, 30), (4, 5, 10)),
        ((3, 2, 0), (3, 5, 10)),  # this night
        ((2, 12, 0), (2, 12, 1)),  # on its own day
    ],
)
def test_later_it_is_asked_about_once_the_nights_run_is_over(
    paid: Payment, asked: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    now, then = (datetime(2026, 3, *each, tzinfo=clock.GMT8) for each in (asked, expected))
    assert next_asking(paid, now=now) == then


def test_a_refund_of_yesterday_is_refunded_after_the_night(
    paid: Payment, asker: Actor, traveller: time_machine.Traveller
) -> None:
    traveller.shift(timedelta(days=1))
    ask_for(paid, "5.00", asker)
    tick()
    assert the_refund().state == RefundState.ACCEPTED
    go_to_the_next_attempt(traveller)
    assert (the_refund().state, amounts(paid)) == (RefundState.REFUNDED, (500, 0, 0))


def test_while_the_balance_is_low_it_is_asked_about_night_by_night(
    paid: Payment, asker: Actor, alipay: AlipaySide, traveller: time_machine.Traveller
) -> None:
    traveller.shift(timedelta(days=1))
    balance = {"partner_id": paid.account.partner_id, "currency": "USD", "amount": "0.01"}
    alipay.http.post("/control/balances", json=balance).raise_for_status()
    ask_for(paid, "5.00", asker)
    tick()
    for _night in range(12):
        go_to_the_next_attempt(traveller)
        assert (the_refund().state, the_refund().question) == (RefundState.ACCEPTED, "")
    alipay.http.post("/control/balances", json=balance | {"amount": ""}).raise_for_status()
    go_to_the_next_attempt(traveller)
    assert the_refund().state == RefundState.REFUNDED


def test_a_silent_failure_is_found_by_asking(
    paid: Payment, asker: Actor, alipay: AlipaySide, traveller: time_machine.Traveller
) -> None:
    alipay.switch("refund_fails", "SELLER_ERROR", times=1)
    ask_for(paid, "5.00", asker)
    tick()
    go_to_the_next_attempt(traveller)
    assert (the_refund().state, amounts(paid)) == (RefundState.FAILED, (0, 0, 0))
    assert the_refund().refusal == "SELLER_ERROR"


def test_an_accepted_refund_that_alipay_does_not_know_is_never_sent_again(
    paid: Payment, asker: Actor, alipay: AlipaySide, traveller: time_machine.Traveller
) -> None:
    ask_for(paid, "5.00", asker)
    tick()
    alipay.switch("refused", "TRADE_NOT_EXIST", times=1, service=REFUND_QUERY)
    alipay.switch("refused", "RETURN_AMOUNT_EXCEED", service=REFUND)
    go_to_the_next_attempt(traveller)
    assert (the_refund().state, the_refund().last_answer) == ("ACCEPTED", "TRADE_NOT_EXIST")
    go_to_the_next_attempt(traveller)
    assert the_refund().state == RefundState.REFUNDED


def test_how_it_is_asked_for_stays_as_it_was_first_sent(
    paid: Payment,
    asker: Actor,
    alipay: AlipaySide,
    traveller: time_machine.Traveller,
    settings: Settings,
) -> None:
    alipay.switch("http_500", times=1, service=REFUND)
    ask_for(paid, "5.00", asker)
    tick()
    settings.REFUNDS_SYNC = True
    go_to_the_next_attempt(traveller)
    assert (the_refund().state, the_refund().is_sync) == (RefundState.ACCEPTED, False)


def test_in_hong_kong_it_waits_for_the_night_on_any_day(hk_paid: Payment) -> None:
    assert next_asking(hk_paid, now=NOON) == datetime(2026, 3, 3, 5, 10, tzinfo=clock.GMT8)
