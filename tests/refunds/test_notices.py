"""A refund notice: ours is booked once, another is held until the night's file names it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from merchant_portal.audit import Actor
from merchant_portal.money import Money
from merchant_portal.tasks import apply_waiting_notifications
from merchant_portal.verifying import find_breaches
from payments import services as payments
from payments.errors import GiveBackRefused
from payments.models import LedgerEntry, Notification, Payment
from payments.states import PaymentState, Question, WaitReason
from payments.tasks import run_due_lookups
from qrcodes.models import QRCode
from refunds import services as refunds
from refunds.models import Refund
from refunds.states import RefundOrigin, RefundState
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.intake.wire import Postman
from tests.refunds.giving import amounts, ask_for, the_refund, tick

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def postman(client: Client, code: QRCode) -> Postman:
    return Postman(client, code)


def refunded(payment: Payment, **changes: str | None) -> dict[str, str | None]:
    """The fields of a notice about USD 3.00 of this payment going back."""
    return {
        "notify_id": "refund1",
        "notify_action_type": "refundFPAction",
        "trade_no": payment.alipay_trans_id,
        "out_trade_no": payment.partner_trans_id,
        "refund_fee": "3.00",
        "out_biz_no": "PORTAL1",
    } | changes


@pytest.fixture
def elsewhere(paid: Payment, alipay: AlipaySide, carry: Callable[[], list[str]]) -> Refund:
    """USD 3.00 went back at Alipay's own portal, and Alipay told us."""
    alipay.refund_in_portal(paid.alipay_trans_id, "3.00")
    assert carry() == ["success"]
    return the_refund()


# ---- Made elsewhere ----------------------------------------------------------------------------


def test_a_refund_made_elsewhere_is_reserved_and_not_booked(
    elsewhere: Refund, paid: Payment
) -> None:
    assert (elsewhere.origin, elsewhere.state) == (RefundOrigin.ELSEWHERE, RefundState.REFUNDED)
    assert (elsewhere.booked_at, amounts(paid)) == (None, (0, 0, 300))
    assert not LedgerEntry.objects.filter(kind="REFUND").exists()


def test_what_went_back_elsewhere_cannot_go_back_here(
    elsewhere: Refund, paid: Payment, asker: Actor
) -> None:
    with pytest.raises(GiveBackRefused, match=r"USD 9.50 is left"):
        ask_for(paid, "9.51", asker)


def test_the_files_row_books_what_was_heard_of(
    elsewhere: Refund, paid: Payment, approver: Actor
) -> None:
    def book() -> Refund:
        return refunds.book_refund_made_elsewhere(
            paid,
            amount=Money(300, "USD"),
            reference="alipay:1",
            refunded_at=AT,
            actor=approver,
            heard=elsewhere,
        )

    assert book().pk == book().pk == elsewhere.pk
    assert (the_refund().refunded_at, amounts(paid)) == (AT, (300, 0, 0))
    assert LedgerEntry.objects.get(kind="REFUND").reference == "alipay:1"


def test_the_files_row_books_what_nobody_told_of_once(paid: Payment, approver: Actor) -> None:
    for _time in range(2):
        refunds.book_refund_made_elsewhere(
            paid,
            amount=Money(300, "USD"),
            reference="alipay:1",
            refunded_at=AT,
            actor=approver,
        )
    assert (the_refund().origin, amounts(paid)) == (RefundOrigin.ELSEWHERE, (300, 0, 0))


def test_the_files_row_books_no_more_than_is_left_and_no_other_amount(
    elsewhere: Refund, paid: Payment, approver: Actor
) -> None:
    for heard, minor, why in ((None, 951, "left"), (elsewhere, 301, "different amounts")):
        with pytest.raises(GiveBackRefused, match=why):
            refunds.book_refund_made_elsewhere(
                paid,
                amount=Money(minor, "USD"),
                reference="alipay:2",
                refunded_at=AT,
                actor=approver,
                heard=heard,
            )
    assert amounts(paid) == (0, 0, 300)


@pytest.mark.parametrize("again", [{}, {"notify_id": "refund2"}])
def test_a_repeated_notice_does_nothing(
    paid: Payment, postman: Postman, again: dict[str, str]
) -> None:
    postman.paid(**refunded(paid))
    assert postman.paid(**refunded(paid, **again)) == "success"
    assert (the_refund().partner_refund_id, amounts(paid)) == ("alipay:PORTAL1", (0, 0, 300))


def test_without_a_number_of_its_own_it_is_named_by_payment_and_time(
    paid: Payment, postman: Postman
) -> None:
    postman.paid(**refunded(paid, out_biz_no=paid.partner_trans_id))
    assert the_refund().partner_refund_id == f"alipay:{paid.alipay_trans_id}@2026-11-20 19:50:05"


def test_what_does_not_fit_waits_visibly_and_is_a_question(
    paid: Payment, asker: Actor, postman: Postman
) -> None:
    ask_for(paid, "12.50", asker)
    assert postman.paid(**refunded(paid)) == "success"
    waiting = Notification.objects.waiting().get()
    assert (waiting.reason, waiting.payment) == (WaitReason.REFUND_UNBOOKED, paid)
    assert waiting.next_attempt_at is not None
    paid.refresh_from_db()
    assert (paid.question, amounts(paid)) == (Question.CONTENT_DIFFERS, (0, 0, 1250))


UNUSABLE = [
    ({"refund_fee": "0.00"}, WaitReason.UNUSABLE_AMOUNT),
    ({"refund_fee": "3.001"}, WaitReason.UNUSABLE_AMOUNT),
    ({"refund_fee": None}, WaitReason.UNUSABLE_AMOUNT),
    ({"trans_currency": "EUR"}, WaitReason.UNUSABLE_AMOUNT),
    ({"out_biz_no": "9" * 65}, WaitReason.NUMBER_UNUSABLE),
    ({"seller_id": "2088000000009999"}, WaitReason.FOREIGN_SELLER),
]


@pytest.mark.parametrize(("changes", "reason"), UNUSABLE)
def test_what_cannot_be_used_waits_with_its_reason(
    paid: Payment, postman: Postman, changes: dict[str, str | None], reason: WaitReason
) -> None:
    assert postman.paid(**refunded(paid, **changes)) == "success"
    assert (Notification.objects.waiting().get().reason, amounts(paid)) == (reason, (0, 0, 0))


# ---- Before its payment ------------------------------------------------------------------------


def test_before_its_payment_it_waits_and_is_applied_once_alipay_has_told_of_it(
    code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]]
) -> None:
    alipay.switch("lost", times=1)
    alipay.refund_in_portal(alipay.pay(code.value, "12.50")["trade_no"], "3.00")
    assert carry() == ["success"]
    assert not Refund.objects.exists()
    run_due_lookups()
    apply_waiting_notifications()
    assert not Notification.objects.waiting().exists()
    assert the_refund().payment.reserved_minor == 300


def test_while_its_payment_is_not_confirmed_it_waits(paid: Payment, postman: Postman) -> None:
    Payment.objects.update(state=PaymentState.CONFIRMING, next_attempt_at=AT)
    assert postman.paid(**refunded(paid)) == "success"
    assert Notification.objects.waiting().get().next_attempt_at is not None
    paid.refresh_from_db()
    assert (Refund.objects.exists(), paid.question) == (False, "")


# ---- Ours --------------------------------------------------------------------------------------


@pytest.fixture
def ours(paid: Payment, asker: Actor, alipay: AlipaySide) -> Refund:
    """Sent, and no answer came."""
    alipay.switch("http_500")
    ask_for(paid, "3.00", asker)
    tick()
    return the_refund()


def test_a_notice_about_ours_ends_what_was_unknown(
    ours: Refund, paid: Payment, postman: Postman
) -> None:
    for notice in ("refund1", "refund2"):
        postman.paid(**refunded(paid, out_biz_no=ours.partner_refund_id, notify_id=notice))
    assert (the_refund().state, amounts(paid)) == (RefundState.REFUNDED, (300, 0, 0))
    assert LedgerEntry.objects.filter(kind="REFUND").count() == 1


def test_a_notice_about_ours_with_another_amount_waits(
    ours: Refund, paid: Payment, postman: Postman
) -> None:
    changes = refunded(paid, out_biz_no=ours.partner_refund_id, refund_fee="4.00")
    assert postman.paid(**changes) == "success"
    assert Notification.objects.waiting().get().reason == WaitReason.UNUSABLE_AMOUNT
    assert the_refund().state == RefundState.UNKNOWN


def test_our_number_at_another_payment_waits(
    ours: Refund, code: QRCode, alipay: AlipaySide, postman: Postman
) -> None:
    alipay.clear_mishaps()
    trade = alipay.pay(code.value, "8.00")
    postman.paid(
        trade_no=trade["trade_no"], out_trade_no=trade["out_trade_no"], notify_id="another"
    )
    another = Payment.objects.get(alipay_trans_id=trade["trade_no"])
    postman.paid(**refunded(another, out_biz_no=ours.partner_refund_id))
    assert Notification.objects.waiting().get().reason == WaitReason.NUMBERS_DIFFER


# ---- It came back ------------------------------------------------------------------------------


def test_money_that_came_back_is_booked_once_and_may_go_back_anew(
    paid: Payment, asker: Actor
) -> None:
    refund = ask_for(paid, "3.00", asker)
    tick()
    entries = {refunds.record_return(refund, returned_at=AT, actor=ACTOR) for _time in range(2)}
    assert (len(entries), the_refund().state, amounts(paid)) == (
        *(1, RefundState.RETURNED),
        (0, 0, 0),
    )
    ask_for(paid, "12.50", asker)
    assert find_breaches() == []


def test_that_the_trade_stays_closed_once_its_refund_came_back_is_no_question(
    paid: Payment, asker: Actor
) -> None:
    refund = ask_for(paid, "12.50", asker)
    tick()
    refunds.record_return(refund, returned_at=AT, actor=ACTOR)
    payments.ask_payment(paid, actor=asker)
    paid.refresh_from_db()
    assert (paid.last_answer, paid.question) == ("TRADE_CLOSED", "")


def test_what_is_not_booked_cannot_have_come_back(elsewhere: Refund, paid: Payment) -> None:
    with pytest.raises(GiveBackRefused, match="not booked"):
        refunds.record_return(elsewhere, returned_at=AT, actor=ACTOR)
    assert (the_refund().state, amounts(paid)) == (RefundState.REFUNDED, (0, 0, 300))
