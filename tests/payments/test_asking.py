"""Asking Alipay about a payment: always answered to people, and never left unwatched."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings as portal
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from merchant_portal import clock, due, gateway
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, AmountSource, GatewayCall
from merchant_portal.gateway import Answered, Refused, Unanswered
from merchant_portal.verifying import find_breaches
from payments import services
from payments.models import LedgerEntry, Payment
from payments.services import Unsent, moves
from payments.services.asking import word_of
from payments.services.speaking import ask_gateway
from payments.services.words import Place
from payments.states import PaymentState, Question
from payments.tasks import poll_due_payments
from qrcodes.models import QRCode
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.intake.wire import Postman

QUERY = "alipay.acquire.overseas.query"
Carry = Callable[[], list[str]]


@pytest.fixture
def confirming(code: QRCode, alipay: AlipaySide, carry: Carry) -> Payment:
    """A payment whose amount only the query confirms."""
    Account.objects.update(amount_source=AmountSource.QUERY)
    alipay.pay(code.value, "12.50")
    assert carry() == ["success"]
    return Payment.objects.get(state=PaymentState.CONFIRMING)


@pytest.fixture
def waiting(code: QRCode, alipay: AlipaySide) -> Payment:
    """A payment whose buyer has not finished, found by its number."""
    trade = alipay.pay(code.value, "12.50", outcome="waiting")
    account = code.enrolment.account
    services.ask_lookup(
        services.find_payment(account, actor=ACTOR, alipay_trans_id=trade["trade_no"])
    )
    return Payment.objects.get(state=PaymentState.PENDING)


def the_payment() -> Payment:
    assert find_breaches() == []
    return Payment.objects.get()


def let_time_come() -> None:
    """The next attempt's time has come, and nobody holds the row."""
    Payment.objects.filter(next_attempt_at__isnull=False).update(
        next_attempt_at=clock.now(), lease_until=None
    )


def poll_to_the_end(most: int = 20) -> int:
    """Let the clock come until nothing is due; how often Alipay was asked."""
    for asked in range(most):
        if not Payment.objects.filter(next_attempt_at__isnull=False).exists():
            return asked
        let_time_come()
        poll_due_payments()
    raise AssertionError("the ladder has no end")


def test_the_clock_confirms_an_amount(confirming: Payment) -> None:
    poll_due_payments()
    payment = the_payment()
    assert (payment.state, payment.question, payment.next_attempt_at) == ("PAID", "", None)
    assert LedgerEntry.objects.get().amount_minor == 1250


def test_another_amount_is_booked_as_asked_and_is_a_question(
    code: QRCode, alipay: AlipaySide, carry: Carry
) -> None:
    Account.objects.update(amount_source=AmountSource.QUERY)
    alipay.switch("other_amount", "12.49", times=1)
    alipay.pay(code.value, "12.50")
    carry()
    assert Payment.objects.get().amount_minor == 1249
    poll_due_payments()
    assert (the_payment().amount_minor, the_payment().question) == (1250, Question.AMOUNT_DIFFERS)
    assert LedgerEntry.objects.get().amount_minor == 1250


MISHAPS = (
    "html",
    "http_500",
    "half",
    "wrongly_signed",
    "down",
    "done_but_no_answer",
    "unknown_then",
)


@pytest.mark.parametrize("mishap", [*MISHAPS, "refused", "error_unsigned"])
def test_what_is_no_answer_changes_nothing_and_is_asked_again(
    confirming: Payment, alipay: AlipaySide, mishap: str
) -> None:
    alipay.switch(mishap, times=1, service=QUERY)
    poll_due_payments()
    payment = the_payment()
    assert payment.state == PaymentState.CONFIRMING
    assert payment.last_answer
    assert payment.next_attempt_at is not None
    let_time_come()
    poll_due_payments()
    assert the_payment().state == PaymentState.PAID


def test_a_late_answer_is_none(confirming: Payment, alipay: AlipaySide, impatient: None) -> None:
    alipay.switch("slow", "1", times=1, service=QUERY)
    poll_due_payments()
    assert (the_payment().state, the_payment().last_answer) == ("CONFIRMING", "TIMEOUT")


@pytest.fixture
def impatient(settings: Settings) -> Iterator[None]:
    """The gateway must answer within a fifth of a second."""
    settings.GATEWAY_TIMEOUT_SECONDS = 0.2
    gateway._http.cache_clear()
    yield
    gateway._http().close()
    gateway._http.cache_clear()


def test_an_answer_in_gbk_counts(confirming: Payment, alipay: AlipaySide) -> None:
    alipay.switch("gbk", times=1, service=QUERY)
    poll_due_payments()
    assert the_payment().state == PaymentState.PAID


def test_the_ladder_ends_with_a_person(confirming: Payment, alipay: AlipaySide) -> None:
    alipay.switch("down", service=QUERY)
    assert poll_to_the_end() == len(portal.ASK_LADDER_SECONDS) + 1
    payment = the_payment()
    assert (payment.state, payment.question) == (PaymentState.CONFIRMING, Question.NO_ANSWER)


def test_an_answer_after_the_ladders_end_settles_the_question(
    confirming: Payment, alipay: AlipaySide
) -> None:
    alipay.switch("down", service=QUERY)
    poll_to_the_end()
    alipay.clear_mishaps()
    services.ask_payment(the_payment(), actor=ACTOR)
    assert (the_payment().state, the_payment().question) == (PaymentState.PAID, "")


def test_a_person_who_settles_an_open_payments_question_sets_the_clock_again(
    confirming: Payment, alipay: AlipaySide
) -> None:
    alipay.switch("down", service=QUERY)
    poll_to_the_end()
    services.settle_question(the_payment(), actor=ACTOR, note="Alipay was down.")
    payment = the_payment()
    assert (payment.question, payment.attempts) == ("", 0)
    assert payment.next_attempt_at is not None


@pytest.mark.parametrize("mishap", ["html", "http_500", "half", "down"])
def test_a_person_is_told_what_was_heard(
    confirming: Payment, alipay: AlipaySide, mishap: str
) -> None:
    before = (confirming.state, confirming.attempts)
    alipay.switch(mishap, times=1, service=QUERY)
    heard = services.ask_payment(confirming, actor=ACTOR)
    assert isinstance(heard, Unanswered)
    payment = the_payment()
    assert (payment.state, payment.question) == (before[0], "")
    assert payment.next_attempt_at is not None


def test_a_settled_payment_is_asked_about_too(
    code: QRCode, alipay: AlipaySide, carry: Carry
) -> None:
    alipay.pay(code.value, "12.50")
    carry()
    heard = services.ask_payment(the_payment(), actor=ACTOR)
    assert isinstance(heard, Answered)
    assert (the_payment().state, the_payment().last_answer) == ("PAID", "TRADE_SUCCESS")
    assert LedgerEntry.objects.count() == 1


def test_an_unanswered_question_about_a_settled_payment_leaves_it_alone(
    code: QRCode, alipay: AlipaySide, carry: Carry
) -> None:
    alipay.pay(code.value, "12.50")
    carry()
    alipay.switch("refused", "TRADE_NOT_EXIST", times=1, service=QUERY)
    assert isinstance(services.ask_payment(the_payment(), actor=ACTOR), Refused)
    assert (the_payment().state, the_payment().next_attempt_at) == ("PAID", None)


def test_asking_while_the_clock_asks_is_possible(confirming: Payment) -> None:
    assert due.claim_one(Payment, confirming.pk, now=clock.now())
    assert isinstance(services.ask_payment(confirming, actor=ACTOR), Answered)
    services.poll_payment(confirming.pk)
    assert LedgerEntry.objects.count() == 1


def test_asked_every_time(confirming: Payment) -> None:
    for _time in range(3):
        services.ask_payment(confirming, actor=ACTOR)
    assert GatewayCall.objects.filter(service=QUERY).count() == 3


# ---- The buyer has not finished ---------------------------------------------------------------


def test_a_waiting_buyer_is_asked_about_after_three_minutes(waiting: Payment) -> None:
    assert waiting.next_attempt_at is not None
    minutes = (waiting.next_attempt_at - clock.now()) / timedelta(minutes=1)
    assert 2.5 < minutes <= 3


def test_a_buyer_who_pays_is_heard_of(waiting: Payment, alipay: AlipaySide) -> None:
    alipay.switch("lost", times=1)
    alipay.move_trade(waiting.alipay_trans_id, "TRADE_SUCCESS")
    let_time_come()
    poll_due_payments()
    assert the_payment().state == PaymentState.PAID


def test_a_buyer_who_leaves_closes_the_payment(waiting: Payment, alipay: AlipaySide) -> None:
    alipay.advance(200)
    let_time_come()
    poll_due_payments()
    assert the_payment().state == PaymentState.CLOSED


def test_a_buyer_who_never_decides_is_shown_to_a_person(waiting: Payment) -> None:
    assert poll_to_the_end() == len(portal.WAIT_BUYER_LADDER_SECONDS)
    payment = the_payment()
    assert (payment.state, payment.question) == (PaymentState.PENDING, Question.STILL_WAITING)


def test_an_open_payment_without_an_answer_is_unknown(waiting: Payment, alipay: AlipaySide) -> None:
    alipay.switch("refused", "TRADE_NOT_EXIST", times=1, service=QUERY)
    services.poll_payment(waiting.pk)
    assert the_payment().state == PaymentState.UNKNOWN
    services.poll_payment(waiting.pk)
    assert the_payment().state == PaymentState.PENDING


# ---- Answers that contradict ------------------------------------------------------------------


def test_an_answer_that_denies_a_notified_payment_is_a_question(
    waiting: Payment, alipay: AlipaySide
) -> None:
    Payment.objects.update(state=PaymentState.CONFIRMING)
    waiting.moves.update(to_state=PaymentState.CONFIRMING)
    let_time_come()
    poll_due_payments()
    payment = the_payment()
    assert (payment.state, payment.question) == ("CONFIRMING", Question.STATUS_DIFFERS)
    assert payment.next_attempt_at is not None


def test_a_portal_refund_in_full_is_a_question(
    code: QRCode, alipay: AlipaySide, carry: Carry
) -> None:
    trade = alipay.pay(code.value, "12.50")
    carry()
    alipay.refund_in_portal(trade["trade_no"], "12.50")
    services.ask_payment(the_payment(), actor=ACTOR)
    payment = the_payment()
    assert (payment.state, payment.question) == ("PAID", Question.CLOSED_AT_ALIPAY)


def test_finished_clears_refundable(code: QRCode, alipay: AlipaySide, carry: Carry) -> None:
    trade = alipay.pay(code.value, "12.50")
    carry()
    alipay.move_trade(trade["trade_no"], "TRADE_FINISHED")
    services.ask_payment(the_payment(), actor=ACTOR)
    assert the_payment().refundable is False


def test_frozen_and_released_as_asked(code: QRCode, alipay: AlipaySide, carry: Carry) -> None:
    trade = alipay.pay(code.value, "12.50")
    carry()
    for status, frozen in (("TRADE_PENDING", True), ("TRADE_SUCCESS", False)):
        alipay.move_trade(trade["trade_no"], status)
        services.ask_payment(the_payment(), actor=ACTOR)
        assert the_payment().frozen is frozen


# ---- What keeps us from asking ----------------------------------------------------------------


def test_a_missing_key_climbs_the_ladder_and_ends_with_a_person(confirming: Payment) -> None:
    for key in confirming.account.keys.all():
        accounts.retire_key(key, actor=ACTOR, confirmed_fingerprint=key.fingerprint)
    poll_to_the_end()
    assert the_payment().question == Question.NO_ANSWER
    assert "key" in the_payment().last_answer


def test_keys_that_do_not_open_stop_no_clock(confirming: Payment) -> None:
    confirming.account.keys.update(sealed=b"sealed with another master key")
    poll_due_payments()
    assert the_payment().last_answer
    assert isinstance(services.ask_payment(confirming, actor=ACTOR), Unsent)


def test_hong_kong_without_an_order_number_is_told_and_ends_with_a_person(
    confirming: Payment,
) -> None:
    Account.objects.update(region="hk")
    Payment.objects.update(partner_trans_id="")
    poll_to_the_end()
    assert the_payment().question == Question.NO_ANSWER


# ---- Leases -----------------------------------------------------------------------------------


def test_a_worker_that_dies_gives_its_payment_back(confirming: Payment) -> None:
    assert due.claim_due(Payment, now=clock.now()) == [confirming.pk]
    poll_due_payments()
    assert not GatewayCall.objects.filter(service=QUERY).exists()
    Payment.objects.update(lease_until=clock.now())
    poll_due_payments()
    assert the_payment().state == PaymentState.PAID


def test_the_wallet_is_asked_for_once(hk_payment: Payment) -> None:
    assert (hk_payment.state, hk_payment.wallet) == (PaymentState.PAID, "")
    poll_due_payments()
    assert (the_payment().wallet, the_payment().next_attempt_at) == ("ALIPAYHK", None)


@pytest.fixture
def hk_payment(hk_code: QRCode, alipay: AlipaySide, carry: Carry) -> Payment:
    alipay.switch("without_optional", times=1)
    alipay.pay(hk_code.value, "88.00")
    carry()
    return Payment.objects.get()


def test_an_answer_from_before_it_was_paid_denies_nothing(
    waiting: Payment, alipay: AlipaySide, carry: Carry
) -> None:
    numbers = {"alipay_trans_id": waiting.alipay_trans_id, "partner_trans_id": ""}
    early = ask_gateway(waiting.account, waiting, **numbers)
    alipay.move_trade(waiting.alipay_trans_id, "TRADE_SUCCESS")
    assert carry() == ["success"]
    assert isinstance(early, Answered)
    with transaction.atomic():
        word = word_of(early.answer, early.call, Place())
        moves.hear_about(Payment.objects.select_for_update().get(), word)
    assert (the_payment().state, the_payment().question) == ("PAID", "")


def test_an_order_number_that_is_anothers_is_a_question(
    code: QRCode, alipay: AlipaySide, client: Client
) -> None:
    trade, postman = alipay.pay(code.value, "12.50"), Postman(client, code)
    postman.paid(trade_no=trade["trade_no"], out_trade_no=None)
    postman.paid(out_trade_no=trade["out_trade_no"], notify_id="another")
    payment = Payment.objects.get(alipay_trans_id=trade["trade_no"])
    assert isinstance(services.ask_payment(payment, actor=ACTOR), Answered)
    payment.refresh_from_db()
    assert (payment.partner_trans_id, payment.question) == ("", Question.NUMBERS_DIFFER)


def test_one_row_that_fails_holds_up_no_other() -> None:
    asked: list[int] = []

    def work(pk: int) -> None:
        asked.append(pk)
        if pk == 1:
            raise ValueError("the first is broken")

    with pytest.raises(ExceptionGroup, match="Due work failed"):
        due.each([1, 2, 3], work)
    assert asked == [1, 2, 3]
