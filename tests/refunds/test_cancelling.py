"""A cancel undoes a whole payment on its own day; its end is what Alipay proves of it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from pytest_django import Settings

from merchant_portal import clock
from merchant_portal.accounts.models import Account, AccountKey, GatewayCall
from merchant_portal.audit import Actor
from merchant_portal.gateway import Answered
from payments import services as payments
from payments.models import Cancel, LedgerEntry, Notification, Payment
from payments.services import cancel_moves, giving_back
from payments.states import CancelState, GiveBackQuestion, PaymentState, Question
from qrcodes.models import QRCode
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.refunds.giving import (
    CANCEL,
    QUERY,
    after_another_try,
    amounts,
    ask_for_cancel,
    the_cancel,
    tick,
)
from tests.refunds.test_sending import SILENCES

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=clock.GMT8)


@pytest.fixture
def traveller() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=True) as travelling:
        yield travelling


@pytest.fixture
def paid(traveller: time_machine.Traveller, paid: Payment) -> Payment:
    """USD 12.50, paid at noon in GMT+8."""
    return paid


@pytest.fixture
def unknown(paid: Payment, asker: Actor, alipay: AlipaySide) -> Cancel:
    """Sent, not done, and no answer came."""
    alipay.switch("http_500", times=1, service=CANCEL)
    ask_for_cancel(paid, asker)
    tick()
    assert the_cancel().state == CancelState.UNKNOWN
    return the_cancel()


def cancels_at(alipay: AlipaySide) -> list[str]:
    return [cancel["action"] for cancel in alipay.books("cancels")]


def test_a_cancel_goes_out_and_is_booked(paid: Payment, asker: Actor, alipay: AlipaySide) -> None:
    ask_for_cancel(paid, asker)
    assert amounts(paid) == (0, 0, 1250)
    tick()
    assert (the_cancel().state, amounts(paid)) == (CancelState.DONE, (0, 1250, 0))
    assert (paid.state, cancels_at(alipay)) == (PaymentState.CANCELLED, ["refund"])


@pytest.mark.parametrize("silence", SILENCES)
def test_a_lost_answer_is_unknown_and_ends_as_cancelled_once(
    paid: Payment, asker: Actor, alipay: AlipaySide, silence: str
) -> None:
    alipay.switch(silence, times=1, service=CANCEL)
    ask_for_cancel(paid, asker)
    tick()
    assert (the_cancel().state, amounts(paid)) == (CancelState.UNKNOWN, (0, 0, 1250))
    after_another_try()
    assert (the_cancel().state, amounts(paid)) == (CancelState.DONE, (0, 1250, 0))
    assert cancels_at(alipay) == ["refund"]


# ---- Refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mishap", ["refused", "error_unsigned"])
def test_a_refusal_ends_a_first_attempt_and_frees_the_amount(
    paid: Payment, asker: Actor, alipay: AlipaySide, mishap: str
) -> None:
    alipay.switch(mishap, "TRADE_STATUS_ERROR", times=1, service=CANCEL)
    ask_for_cancel(paid, asker)
    tick()
    cancel = the_cancel()
    assert (cancel.state, cancel.refusal) == (CancelState.REFUSED, "TRADE_STATUS_ERROR")
    assert (amounts(paid), paid.state) == ((0, 0, 0), PaymentState.PAID)


@pytest.mark.parametrize("mishap", ["refused", "error_unsigned"])
def test_a_refusal_of_the_second_try_ends_nothing(
    unknown: Cancel, paid: Payment, alipay: AlipaySide, mishap: str
) -> None:
    alipay.switch(mishap, "TRADE_HAS_CLOSE", times=1, service=CANCEL)
    after_another_try()
    assert (the_cancel().state, amounts(paid)) == (CancelState.UNKNOWN, (0, 0, 1250))
    after_another_try()
    assert (the_cancel().state, amounts(paid)) == (CancelState.DONE, (0, 1250, 0))


def test_one_not_cancelled_by_the_deadline_is_refused(
    unknown: Cancel, paid: Payment, traveller: time_machine.Traveller
) -> None:
    traveller.move_to(unknown.deadline_at)
    after_another_try()
    assert (the_cancel().state, amounts(paid)) == (CancelState.REFUSED, (0, 0, 0))
    assert GatewayCall.objects.filter(service=CANCEL).count() == 1


def test_one_cancelled_in_silence_is_done_also_after_the_deadline(
    paid: Payment, asker: Actor, alipay: AlipaySide, traveller: time_machine.Traveller
) -> None:
    alipay.switch("done_but_no_answer", times=1, service=CANCEL)
    ask_for_cancel(paid, asker)
    tick()
    traveller.shift(timedelta(days=1))
    after_another_try()
    assert (the_cancel().state, amounts(paid)) == (CancelState.DONE, (0, 1250, 0))
    booked_on = clock.transaction_day(LedgerEntry.objects.get(kind="CANCEL").occurred_at)
    assert booked_on == NOON.date()


def test_what_changed_since_the_request_keeps_it_from_leaving(
    paid: Payment, asker: Actor, alipay: AlipaySide
) -> None:
    ask_for_cancel(paid, asker)
    Payment.objects.update(frozen=True)
    tick()
    assert (the_cancel().state, amounts(paid)) == (CancelState.REFUSED, (0, 0, 0))
    assert cancels_at(alipay) == []


# ---- Closed, says Alipay -----------------------------------------------------------------------


def test_closed_about_a_paid_payment_is_asked_before_it_is_believed(
    paid: Payment, asker: Actor, settings: Settings
) -> None:
    """Alipay says SUCCESS, without an action, about an order it never had."""
    settings.GIVE_BACK_LADDER_SECONDS = [1, 1]
    number = "2026030222001400000000009999"
    Payment.objects.update(partner_trans_id="NEVER1", alipay_trans_id=number)
    Notification.objects.update(alipay_trans_id=number)
    LedgerEntry.objects.update(reference=number)
    ask_for_cancel(paid, asker)
    tick()
    asked = GatewayCall.objects.filter(service=QUERY).count()
    assert (the_cancel().state, asked) == (CancelState.UNKNOWN, 1)
    for _try in range(3):
        after_another_try()
    assert the_cancel().question == GiveBackQuestion.NO_ANSWER
    assert amounts(paid) == (0, 0, 1250)


@pytest.mark.parametrize("silence", ["http_500", "done_but_no_answer"])
def test_a_notice_that_it_went_back_ends_what_was_unknown(
    paid: Payment,
    asker: Actor,
    alipay: AlipaySide,
    carry: Callable[[], list[str]],
    silence: str,
) -> None:
    alipay.switch(silence, times=1, service=CANCEL)
    ask_for_cancel(paid, asker)
    tick()
    if silence == "http_500":
        alipay.move_trade(paid.alipay_trans_id, "TRADE_CLOSED")
    assert carry() == ["success"]
    assert (the_cancel().state, amounts(paid)) == (CancelState.DONE, (0, 1250, 0))
    paid.refresh_from_db()
    assert (paid.state, paid.question) == (PaymentState.CANCELLED, "")


def test_a_notice_after_our_own_cancel_says_nothing_new(
    paid: Payment, asker: Actor, carry: Callable[[], list[str]]
) -> None:
    ask_for_cancel(paid, asker)
    tick()
    carry()
    paid.refresh_from_db()
    assert (paid.state, paid.question) == (PaymentState.CANCELLED, "")
    assert LedgerEntry.objects.count() == 2


def test_closed_at_alipay_by_somebody_else_stays_a_question(
    paid: Payment, alipay: AlipaySide, carry: Callable[[], list[str]]
) -> None:
    alipay.move_trade(paid.alipay_trans_id, "TRADE_CLOSED")
    carry()
    paid.refresh_from_db()
    assert (paid.state, paid.question) == (PaymentState.PAID, Question.CLOSED_AT_ALIPAY)


def test_a_sale_not_known_to_be_paid_is_booked_as_paid_and_as_cancelled(
    code: QRCode, alipay: AlipaySide
) -> None:
    """Money that went back was there: both are booked."""
    trade = alipay.pay(code.value, "12.50", outcome="waiting")
    payments.ask_lookup(
        payments.find_payment(
            code.enrolment.account, actor=ACTOR, alipay_trans_id=trade["trade_no"]
        )
    )
    sale = Payment.objects.get(state=PaymentState.PENDING)
    cancel = Cancel.objects.create(
        payment=sale, state=CancelState.SUBMITTED, amount_minor=1250, currency="USD",
        requested_at=clock.now(), deadline_at=clock.now(),
        next_attempt_at=clock.now(),
    )  # fmt: skip
    giving_back.reserve(sale, sale.amount)
    cancel_moves.complete(cancel, sale, actor=ACTOR, done_at=clock.now())
    assert {entry.kind for entry in LedgerEntry.objects.all()} == {"PAYMENT", "CANCEL"}
    assert (sale.reserved_minor, sale.cancelled_minor) == (0, 1250)


# ---- Not now, and nothing left -----------------------------------------------------------------


def test_a_gateway_that_cannot_be_reached_has_it_sent_later(
    paid: Payment, asker: Actor, alipay: AlipaySide
) -> None:
    Account.objects.update(gateway_url="http://127.0.0.1:9/gateway.do")
    ask_for_cancel(paid, asker)
    tick()
    assert (the_cancel().state, the_cancel().may_have_left) == (CancelState.APPROVED, False)
    Account.objects.update(gateway_url=alipay.gateway_url)
    after_another_try()
    assert the_cancel().state == CancelState.DONE


def test_what_never_left_lapses_by_itself_at_the_deadline(
    paid: Payment, asker: Actor, traveller: time_machine.Traveller
) -> None:
    AccountKey.objects.update(algorithm="RSA")
    ask_for_cancel(paid, asker)
    tick()
    stuck = the_cancel()
    assert (stuck.state, stuck.question) == (CancelState.APPROVED, GiveBackQuestion.CANNOT_SEND)
    assert stuck.next_attempt_at == stuck.deadline_at
    traveller.move_to(stuck.deadline_at)
    tick()
    assert (the_cancel().state, amounts(paid)) == (CancelState.LAPSED, (0, 0, 0))


def test_what_nobody_approved_lapses_by_itself_at_the_deadline(
    paid: Payment, asker: Actor, traveller: time_machine.Traveller
) -> None:
    Account.objects.update(approval_limit_minor=0)
    cancel = ask_for_cancel(paid, asker)
    traveller.move_to(cancel.deadline_at)
    tick()
    assert (the_cancel().state, amounts(paid)) == (CancelState.LAPSED, (0, 0, 0))


# ---- A person asks -----------------------------------------------------------------------------


def test_at_the_ladders_end_a_person_must_look_and_ends_it_by_asking(
    paid: Payment, asker: Actor, alipay: AlipaySide, settings: Settings
) -> None:
    settings.GIVE_BACK_LADDER_SECONDS = [1, 1]
    alipay.switch("http_500")
    ask_for_cancel(paid, asker)
    for _try in range(3):
        after_another_try()
    assert (the_cancel().question, amounts(paid)) == (GiveBackQuestion.NO_ANSWER, (0, 0, 1250))
    alipay.clear_mishaps()
    heard = payments.ask_cancel(the_cancel(), actor=asker)
    assert isinstance(heard, Answered)
    assert (the_cancel().state, the_cancel().question) == (CancelState.DONE, "")


def test_a_person_may_ask_about_what_has_ended(paid: Payment, asker: Actor) -> None:
    ask_for_cancel(paid, asker)
    tick()
    assert isinstance(payments.ask_cancel(the_cancel(), actor=asker), Answered)
    assert the_cancel().state == CancelState.DONE


def test_a_person_who_asks_while_the_clock_sends_sends_nothing(
    unknown: Cancel, asker: Actor
) -> None:
    Cancel.objects.update(lease_until=clock.now() + timedelta(minutes=1))
    payments.ask_cancel(unknown, actor=asker)
    assert GatewayCall.objects.filter(service=CANCEL).count() == 1
    assert the_cancel().state == CancelState.UNKNOWN


def test_the_deadline_is_the_end_of_the_gmt8_day_and_the_contracts_grace(paid: Payment) -> None:
    expected = datetime(2026, 3, 3, 0, 15, tzinfo=clock.GMT8)
    assert cancel_moves.deadline_of(paid) == expected
