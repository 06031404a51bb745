"""A refund is sent under one number, and its end is what Alipay proves of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import Settings

from merchant_portal import clock, gateway
from merchant_portal.accounts.models import (
    Account,
    AccountKey,
    AmountSource,
    CallOutcome,
    GatewayCall,
)
from merchant_portal.audit import Actor
from merchant_portal.gateway import Answered, Refused
from payments.errors import ApprovalRefused
from payments.models import Payment
from payments.services import Unsent
from payments.states import GiveBackQuestion
from qrcodes import services as codes
from refunds import services as refunds
from refunds.models import Refund
from refunds.states import RefundState
from tests import factories
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.refunds.giving import (
    REFUND,
    REFUND_QUERY,
    after_another_try,
    amounts,
    ask_for,
    let_time_come,
    sent,
    the_refund,
    tick,
)

#: The call leaves, and no usable answer comes back; with some the work is done all the same.
SILENCES = (
    *("done_but_no_answer", "unknown_then", "http_500", "html", "down", "half"),
    "wrongly_signed",
)
#: What may be said to a second try of a refund that the first has made.
SECOND_REFUSALS = (
    *("RETURN_AMOUNT_EXCEED", "TRADE_HAS_CLOSE", "TRADE_NOT_EXIST"),
    *("REPEATED_REFUNDMENT_REQUEST", "DISCORDANT_REPEAT_REQUEST"),
)


@pytest.fixture
def silent_success(paid: Payment, asker: Actor, alipay: AlipaySide) -> Refund:
    """The first attempt went through, and nobody heard of it."""
    alipay.switch("done_but_no_answer", times=1, service=REFUND)
    ask_for(paid, "5.00", asker)
    tick()
    assert the_refund().state == RefundState.UNKNOWN
    return the_refund()


@pytest.fixture
def impatient(settings: Settings) -> Iterator[None]:
    """The gateway must answer within a fifth of a second."""
    settings.GATEWAY_TIMEOUT_SECONDS = 0.2
    gateway._http.cache_clear()
    yield
    gateway._http().close()
    gateway._http.cache_clear()


def test_a_refund_goes_out_and_is_booked(paid: Payment, asker: Actor, alipay: AlipaySide) -> None:
    refund = ask_for(paid, "5.00", asker)
    tick()
    assert (the_refund().state, amounts(paid)) == (RefundState.REFUNDED, (500, 0, 0))
    [heard] = sent(alipay)
    assert (heard["out_biz_no"], heard["amount"], heard["is_sync"]) == (
        *(refund.partner_refund_id, "5.00"),
        "Y",
    )
    assert heard["reason"] == "Goods returned"


@pytest.mark.parametrize("silence", SILENCES)
def test_a_lost_answer_is_unknown_and_ends_as_refunded_once(
    paid: Payment, asker: Actor, alipay: AlipaySide, silence: str
) -> None:
    alipay.switch(silence, times=1, service=REFUND)
    ask_for(paid, "5.00", asker)
    tick()
    assert (the_refund().state, amounts(paid)) == (RefundState.UNKNOWN, (0, 0, 500))
    after_another_try()
    assert (the_refund().state, amounts(paid)) == (RefundState.REFUNDED, (500, 0, 0))
    assert len(sent(alipay)) == 1


def test_an_answer_that_comes_too_late_is_none(
    paid: Payment, asker: Actor, alipay: AlipaySide, impatient: None
) -> None:
    alipay.switch("slow", "1", times=1, service=REFUND)
    ask_for(paid, "5.00", asker)
    tick()
    assert (the_refund().state, the_refund().last_answer) == (RefundState.UNKNOWN, "TIMEOUT")
    after_another_try()
    assert (the_refund().state, len(sent(alipay))) == (RefundState.REFUNDED, 1)


# ---- A second try that is refused --------------------------------------------------------------


@pytest.mark.parametrize("said", SECOND_REFUSALS)
def test_a_refusal_of_the_second_try_ends_nothing(
    silent_success: Refund, alipay: AlipaySide, said: str
) -> None:
    alipay.switch("refused", "TRADE_NOT_EXIST", times=1, service=REFUND_QUERY)
    alipay.switch("refused", said, times=1, service=REFUND)
    after_another_try()
    assert (the_refund().state, the_refund().last_answer) == (RefundState.UNKNOWN, said)
    after_another_try()
    assert the_refund().state == RefundState.REFUNDED
    assert len(sent(alipay)) == 1


def test_an_unsigned_refusal_of_the_second_try_ends_nothing(
    silent_success: Refund, alipay: AlipaySide
) -> None:
    alipay.switch("refused", "TRADE_NOT_EXIST", times=1, service=REFUND_QUERY)
    alipay.switch("error_unsigned", "ILLEGAL_SIGN", times=1, service=REFUND)
    after_another_try()
    assert (the_refund().state, the_refund().last_answer) == (RefundState.UNKNOWN, "ILLEGAL_SIGN")
    after_another_try()
    assert the_refund().state == RefundState.REFUNDED


def test_a_time_out_of_the_second_try_ends_nothing(
    silent_success: Refund, alipay: AlipaySide, impatient: None
) -> None:
    alipay.switch("refused", "TRADE_NOT_EXIST", times=1, service=REFUND_QUERY)
    alipay.switch("slow", "1", times=1, service=REFUND)
    after_another_try()
    assert the_refund().state == RefundState.UNKNOWN
    after_another_try()
    assert (the_refund().state, len(sent(alipay))) == (RefundState.REFUNDED, 1)


@pytest.mark.parametrize("mishap", ["error_unsigned", "http_500", "wrongly_signed"])
def test_a_question_nobody_answered_sends_nothing_again(
    silent_success: Refund, alipay: AlipaySide, mishap: str
) -> None:
    alipay.switch(mishap, times=2, service=REFUND_QUERY)
    after_another_try()
    assert the_refund().state == RefundState.UNKNOWN
    assert GatewayCall.objects.filter(service=REFUND).count() == 1


# ---- A first try that is refused ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("mishap", "said"), [("refused", "SELLER_ERROR"), ("error_unsigned", "ILLEGAL_SIGN")]
)
def test_a_refusal_ends_a_first_attempt_and_frees_the_amount(
    paid: Payment, asker: Actor, alipay: AlipaySide, mishap: str, said: str
) -> None:
    alipay.switch(mishap, said, times=1, service=REFUND)
    ask_for(paid, "5.00", asker)
    tick()
    assert (the_refund().state, amounts(paid)) == (RefundState.FAILED, (0, 0, 0))
    assert (the_refund().refusal, the_refund().next_attempt_at) == (said, None)


def test_a_new_try_is_a_new_refund_with_a_number_of_its_own(
    paid: Payment, asker: Actor, alipay: AlipaySide
) -> None:
    alipay.switch("refused", "SELLER_ERROR", times=1, service=REFUND)
    first = ask_for(paid, "5.00", asker)
    tick()
    second = ask_for(paid, "5.00", asker)
    tick()
    second.refresh_from_db()
    assert (second.state, amounts(paid)) == (RefundState.REFUNDED, (500, 0, 0))
    assert first.partner_refund_id != second.partner_refund_id


@pytest.mark.parametrize("said", ["REPEATED_REFUNDMENT_REQUEST", "DISCORDANT_REPEAT_REQUEST"])
def test_a_number_that_was_seen_before_is_asked_about_not_failed(
    paid: Payment, asker: Actor, alipay: AlipaySide, said: str
) -> None:
    alipay.switch("refused", said, times=1, service=REFUND)
    ask_for(paid, "5.00", asker)
    tick()
    assert (the_refund().state, amounts(paid)) == (RefundState.UNKNOWN, (0, 0, 500))


def test_what_alipay_says_failed_has_failed(
    silent_success: Refund, alipay: AlipaySide, paid: Payment
) -> None:
    """A first attempt that Alipay refused without our hearing it."""
    Refund.objects.update(partner_refund_id="R20260101ffff")
    alipay.switch("done_but_no_answer", times=1, service=REFUND)
    alipay.http.post(
        "/control/balances",
        json={"partner_id": factories.GLOBAL_PARTNER, "currency": "USD", "amount": "0.01"},
    ).raise_for_status()
    after_another_try()
    after_another_try()
    assert (the_refund().state, amounts(paid)) == (RefundState.FAILED, (0, 0, 0))
    assert the_refund().refusal == "MERCHANT_BALANCE_NOT_ENOUGH"


# ---- Decided once more at sending --------------------------------------------------------------

CHANGED: dict[str, dict[str, Any]] = {
    "holds this payment": {"frozen": True},
    "final at Alipay": {"refundable": False},
}


@pytest.mark.parametrize("why", CHANGED)
def test_what_changed_since_the_request_keeps_it_from_leaving(
    paid: Payment, asker: Actor, alipay: AlipaySide, why: str
) -> None:
    ask_for(paid, "5.00", asker)
    Payment.objects.update(**CHANGED[why])
    tick()
    assert (the_refund().state, amounts(paid)) == (RefundState.FAILED, (0, 0, 0))
    assert why in the_refund().refusal
    assert sent(alipay) == []


def test_one_that_may_have_left_is_asked_about_whatever_has_changed(
    silent_success: Refund, paid: Payment
) -> None:
    Payment.objects.update(frozen=True, refundable=False)
    after_another_try()
    assert (the_refund().state, amounts(paid)) == (RefundState.REFUNDED, (500, 0, 0))


# ---- Nothing left ------------------------------------------------------------------------------


def test_a_gateway_that_cannot_be_reached_has_it_sent_later(
    paid: Payment, asker: Actor, alipay: AlipaySide
) -> None:
    Account.objects.update(gateway_url="http://127.0.0.1:9/gateway.do")
    ask_for(paid, "5.00", asker)
    tick()
    waiting = the_refund()
    assert (waiting.state, waiting.may_have_left) == (RefundState.APPROVED, False)
    Account.objects.update(gateway_url=alipay.gateway_url)
    after_another_try()
    assert the_refund().state == RefundState.REFUNDED


def test_without_a_key_a_person_is_asked_and_then_it_goes_out(paid: Payment, asker: Actor) -> None:
    AccountKey.objects.update(algorithm="RSA")
    ask_for(paid, "5.00", asker)
    tick()
    stuck = the_refund()
    assert (stuck.state, stuck.question) == (RefundState.APPROVED, GiveBackQuestion.CANNOT_SEND)
    AccountKey.objects.update(algorithm="MD5")
    refunds.ask_refund(stuck, actor=asker)
    tick()
    assert (the_refund().state, the_refund().question) == (RefundState.REFUNDED, "")


def test_what_cannot_be_sent_may_be_given_up_and_frees_its_amount(
    paid: Payment, asker: Actor
) -> None:
    AccountKey.objects.update(algorithm="RSA")
    ask_for(paid, "5.00", asker)
    tick()
    refunds.decline_refund(the_refund(), note="the key is lost", actor=asker)
    paid.refresh_from_db()
    assert (the_refund().state, paid.reserved_minor) == (RefundState.DECLINED, 0)


def test_what_may_have_left_is_never_given_up(paid: Payment, asker: Actor) -> None:
    ask_for(paid, "5.00", asker)
    Refund.objects.update(first_sent_at=clock.now(), question=GiveBackQuestion.CANNOT_SEND)
    with pytest.raises(ApprovalRefused):
        refunds.decline_refund(the_refund(), note="too slow", actor=asker)


# ---- The ladder, and a person ------------------------------------------------------------------


@pytest.fixture
def given_up(paid: Payment, asker: Actor, alipay: AlipaySide, settings: Settings) -> Refund:
    """Alipay has been silent to the end of the ladder."""
    settings.GIVE_BACK_LADDER_SECONDS = [1, 1]
    alipay.switch("http_500")
    ask_for(paid, "5.00", asker)
    for _try in range(3):
        after_another_try()
    return the_refund()


def test_at_the_ladders_end_a_person_must_look_and_the_money_stays_reserved(
    given_up: Refund, paid: Payment
) -> None:
    assert (given_up.state, given_up.question) == (RefundState.UNKNOWN, GiveBackQuestion.NO_ANSWER)
    assert (given_up.next_attempt_at, amounts(paid)) == (None, (0, 0, 500))


def test_a_person_asks_and_sees_what_alipay_says(
    given_up: Refund, alipay: AlipaySide, asker: Actor
) -> None:
    assert not isinstance(refunds.ask_refund(given_up, actor=asker), Answered)
    assert (the_refund().question, the_refund().next_attempt_at is None) == ("", False)
    alipay.clear_mishaps()
    heard = refunds.ask_refund(given_up, actor=asker)
    assert isinstance(heard, Refused)
    assert the_refund().state == RefundState.REFUNDED


def test_a_person_may_ask_about_what_has_ended(
    silent_success: Refund, asker: Actor, approver: Actor
) -> None:
    refunds.ask_refund(silent_success, actor=asker)
    heard = refunds.ask_refund(the_refund(), actor=approver)
    assert isinstance(heard, Answered)
    assert (the_refund().state, heard.answer.state) == (RefundState.REFUNDED, "SUCCESS")


def test_without_a_key_a_person_is_told_that_nothing_was_asked(
    silent_success: Refund, asker: Actor
) -> None:
    AccountKey.objects.update(algorithm="RSA")
    assert isinstance(refunds.ask_refund(silent_success, actor=asker), Unsent)
    assert the_refund().state == RefundState.UNKNOWN


def test_a_person_who_asks_while_the_clock_sends_sends_nothing(
    paid: Payment, asker: Actor, alipay: AlipaySide
) -> None:
    refund = ask_for(paid, "5.00", asker)
    alipay.switch("http_500", times=1, service=REFUND)
    tick()
    let_time_come()
    Refund.objects.update(lease_until="2100-01-01T00:00:00Z")
    refunds.ask_refund(refund, actor=asker)
    assert GatewayCall.objects.filter(service=REFUND).count() == 1
    assert GatewayCall.objects.filter(service=REFUND_QUERY, outcome=CallOutcome.REFUSED).exists()


# ---- Late, and whole amounts -------------------------------------------------------------------


@pytest.fixture
def called_failed(paid: Payment, asker: Actor, alipay: AlipaySide) -> Refund:
    """Alipay refused it, signed, and made it all the same."""
    alipay.switch("done_but_no_answer", times=1, service=REFUND)
    ask_for(paid, "5.00", asker)
    tick()
    Refund.objects.update(asked_without_answer=False, state=RefundState.APPROVED)
    the_moves = Refund.objects.get().moves
    the_moves.filter(to_state="UNKNOWN").delete()
    the_moves.filter(to_state="SUBMITTED").delete()
    Refund.objects.update(next_attempt_at="2026-01-01T00:00:00Z", lease_until=None)
    alipay.switch("refused", "SELLER_ERROR", times=1, service=REFUND)
    tick()
    assert the_refund().state == RefundState.FAILED
    return the_refund()


def test_a_success_after_failed_is_booked_where_it_fits(
    called_failed: Refund, paid: Payment, asker: Actor
) -> None:
    refunds.ask_refund(called_failed, actor=asker)
    assert (the_refund().state, amounts(paid)) == (RefundState.REFUNDED, (500, 0, 0))


def test_a_success_after_failed_that_does_not_fit_is_a_question(
    called_failed: Refund, paid: Payment, asker: Actor
) -> None:
    Account.objects.update(approval_limit_minor=0)
    ask_for(paid, "12.00", asker)
    refunds.ask_refund(called_failed, actor=asker)
    called_failed.refresh_from_db()
    assert (called_failed.state, called_failed.question) == (
        RefundState.FAILED,
        GiveBackQuestion.NOT_CONFIRMED,
    )
    assert amounts(paid) == (0, 0, 1200)


def test_yen_go_back_in_whole_numbers(
    account: Account, alipay: AlipaySide, carry: Callable[[], list[str]], asker: Actor
) -> None:
    Account.objects.update(settlement_currency="CNY", amount_source=AmountSource.NOTICE)
    account.refresh_from_db()
    counter = factories.counter(factories.store(code="GINZA", currency="JPY"))
    enrolment = codes.enrol_counter(counter, account=account, actor=ACTOR)
    code = codes.send_code(codes.make_code(enrolment, actor=ACTOR))
    alipay.pay(code.value, "1250")
    carry()
    ask_for(Payment.objects.get(currency="JPY"), "500", asker)
    tick()
    assert (the_refund().state, sent(alipay)[0]["amount"]) == (RefundState.REFUNDED, "500")
