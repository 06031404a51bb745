"""Notices come late, twice and in any order; nothing moves backwards."""

from dataclasses import replace
from itertools import permutations

import pytest
from django.test import Client

from merchant_portal.accounts.models import Account, AmountSource
from merchant_portal.verifying import find_breaches
from payments import services
from payments.models import LedgerEntry, Lookup, Notification, Payment, PaymentMove
from payments.states import LookupState, NotificationState, PaymentState, Question, WaitReason
from qrcodes.models import Counter, QRCode
from tests import factories
from tests.intake.conftest import make_account, make_code
from tests.intake.wire import Postman

CLOSED_UNPAID: dict[str, str | None] = {
    "notify_id": "closed",
    "notify_action_type": "closeTradeAction",
    "trade_status": "TRADE_CLOSED",
    "gmt_payment": None,
}
REVERSED: dict[str, str | None] = {
    "notify_id": "reversed",
    "notify_action_type": "reverseAction",
    "trade_status": "TRADE_CLOSED",
}
WAITING: dict[str, str | None] = {
    "notify_id": "waiting",
    "trade_status": "WAIT_BUYER_PAY",
    "gmt_payment": None,
}
PENDING: dict[str, str | None] = {"notify_id": "frozen", "trade_status": "TRADE_PENDING"}
FINISHED: dict[str, str | None] = {"notify_id": "finished", "trade_status": "TRADE_FINISHED"}
REFUNDED: dict[str, str | None] = {
    "notify_id": "refunded",
    "notify_action_type": "refundFPAction",
    "refund_fee": "2.50",
    "out_biz_no": "R1",
}


def the_payment() -> Payment:
    assert find_breaches() == []
    return Payment.objects.get()


def test_a_paid_notice_is_a_payment_with_its_facts(postman: Postman) -> None:
    postman.paid(m_discount_forex_amount="0.50")
    payment = the_payment()
    assert (payment.state, str(payment.amount), payment.wallet) == ("PAID", "USD 12.50", "ALIPAYCN")
    assert str(payment.merchant_discount) == "USD 0.50"
    assert str(payment.paid_at) == "2026-11-20 11:50:04+00:00"


def test_an_honest_resend_is_the_same_row(postman: Postman) -> None:
    postman.paid()
    assert postman.paid(notify_time="2026-11-20 19:52:05") == "success"
    assert Notification.objects.get().received_count == 2
    assert (LedgerEntry.objects.count(), PaymentMove.objects.count()) == (1, 1)


@pytest.mark.parametrize("order", list(permutations([{}, WAITING, PENDING, FINISHED])))
def test_any_order_of_good_news_is_one_payment(
    postman: Postman, order: tuple[dict[str, str | None], ...]
) -> None:
    assert {postman.paid(**changes) for changes in order} == {"success"}
    payment = the_payment()
    assert (payment.state, payment.refundable, payment.question) == ("PAID", False, "")
    assert LedgerEntry.objects.count() == 1


def test_a_frozen_payment_is_paid_and_frozen_until_released(postman: Postman) -> None:
    postman.paid(**PENDING)
    assert (the_payment().state, the_payment().frozen) == (PaymentState.PAID, True)
    postman.paid()
    assert the_payment().frozen is False


def test_a_late_frozen_notice_freezes_nothing(postman: Postman) -> None:
    postman.paid()
    postman.paid(**PENDING)
    assert the_payment().frozen is False


def test_a_frozen_notice_about_a_free_payment_has_alipay_asked(postman: Postman) -> None:
    postman.paid()
    assert the_payment().next_attempt_at is None
    postman.paid(**PENDING)
    assert the_payment().next_attempt_at is not None


def test_a_waiting_buyer_is_a_pending_payment_that_is_asked_about(postman: Postman) -> None:
    postman.paid(**WAITING)
    payment = the_payment()
    assert payment.state == PaymentState.PENDING
    assert payment.next_attempt_at is not None
    assert not LedgerEntry.objects.exists()


def test_a_pending_payment_closes(postman: Postman) -> None:
    postman.paid(**WAITING)
    postman.paid(**CLOSED_UNPAID)
    assert the_payment().state == PaymentState.CLOSED
    assert the_payment().next_attempt_at is None


def test_paid_after_the_end_is_booked_and_asked_about(postman: Postman) -> None:
    for changes in (WAITING, CLOSED_UNPAID, {}):
        postman.paid(**changes)
    payment = the_payment()
    assert (payment.state, payment.question) == (PaymentState.PAID, Question.PAID_AFTER_END)
    assert LedgerEntry.objects.count() == 1


def test_a_late_closed_notice_takes_nothing_from_a_paid_payment(postman: Postman) -> None:
    postman.paid()
    postman.paid(**CLOSED_UNPAID)
    assert (the_payment().state, the_payment().question) == (PaymentState.PAID, "")


def test_that_somebody_left_without_paying_is_no_payment(postman: Postman) -> None:
    assert postman.paid(**CLOSED_UNPAID) == "success"
    assert Notification.objects.get().state == NotificationState.APPLIED
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    "order", [({}, REVERSED), (REVERSED, {}), (REVERSED,), (WAITING, REVERSED)]
)
def test_closed_after_it_was_paid_stays_paid_and_is_a_question(
    postman: Postman, order: tuple[dict[str, str | None], ...]
) -> None:
    for changes in order:
        postman.paid(**changes)
    payment = the_payment()
    assert (payment.state, payment.question) == (PaymentState.PAID, Question.CLOSED_AT_ALIPAY)
    assert LedgerEntry.objects.count() == 1


def test_what_we_cancelled_explains_that_it_is_closed(postman: Postman) -> None:
    postman.paid()
    Payment.objects.update(reserved_minor=1250)
    postman.paid(**REVERSED)
    assert Payment.objects.get().question == ""


def test_a_cancelled_payment_stays_cancelled_and_is_a_question(postman: Postman) -> None:
    postman.paid()
    Payment.objects.update(state=PaymentState.CANCELLED)
    postman.paid(notify_id="again")
    payment = Payment.objects.get()
    assert payment.state == PaymentState.CANCELLED
    assert payment.question == Question.PAID_AFTER_CANCEL


def test_another_amount_is_a_question_and_rewrites_nothing(postman: Postman) -> None:
    postman.paid()
    postman.paid(notify_id="again", total_fee="12.51")
    assert (the_payment().amount_minor, the_payment().question) == (1250, Question.AMOUNT_DIFFERS)


def test_another_order_number_is_a_question(postman: Postman) -> None:
    postman.paid()
    postman.paid(notify_id="again", out_trade_no="other")
    assert the_payment().question == Question.NUMBERS_DIFFER


def test_an_order_number_of_another_payment_waits(postman: Postman) -> None:
    postman.paid()
    assert postman.paid(notify_id="again", trade_no="other") == "success"
    assert Notification.objects.waiting().get().reason == WaitReason.NUMBERS_DIFFER


def test_another_currency_than_the_counters_is_a_question(postman: Postman) -> None:
    postman.paid(trans_currency="EUR")
    assert the_payment().question == Question.CURRENCY_DIFFERS


def test_the_counters_currency_counts_where_the_notice_names_none(postman: Postman) -> None:
    postman.paid(trans_currency=None, currency="CNY")
    assert str(the_payment().amount) == "USD 12.50"


def test_a_refund_made_elsewhere_is_held_at_its_payment_and_not_booked(postman: Postman) -> None:
    postman.paid()
    assert postman.paid(**REFUNDED) == "success"
    assert not Notification.objects.waiting().exists()
    assert (the_payment().reserved_minor, the_payment().refunded_minor) == (250, 0)
    assert LedgerEntry.objects.count() == 1


def test_a_refund_notice_before_its_payment_asks_about_the_payment(postman: Postman) -> None:
    postman.paid(**REFUNDED)
    lookup = Lookup.objects.get()
    assert (lookup.state, lookup.asked_by) == (LookupState.ASKING, "Alipay")
    assert lookup.alipay_trans_id == Notification.objects.get().alipay_trans_id
    assert Notification.objects.get().reason == WaitReason.REFUND_UNBOOKED


# ---- Where a payment belongs ------------------------------------------------------------------


@pytest.fixture
def other_till(seller: Account, counter: Counter) -> QRCode:
    return make_code(seller, factories.counter(counter.store, number=2))


def test_the_address_wins_and_the_disagreement_is_a_question(
    postman: Postman, till: QRCode, other_till: QRCode
) -> None:
    postman.paid(qrcode=other_till.value)
    payment = the_payment()
    assert (payment.counter, payment.question) == (till.enrolment.counter, Question.PLACE_DIFFERS)


def test_a_code_nobody_knows_is_a_disagreement_too(postman: Postman) -> None:
    others = dict.fromkeys(BY_FIELD) | {"qrcode": "https://qr.alipay.com/ocxelsewhere"}
    postman.paid(**others)
    assert the_payment().question == Question.PLACE_DIFFERS


BY_FIELD = ("qrcode", "store_id", "secondary_merchant_id", "extra_common_param")


@pytest.mark.parametrize(
    "named", [("qrcode",), ("store_id", "secondary_merchant_id"), ("extra_common_param",)]
)
def test_on_the_accounts_address_fields_name_the_counter(
    postman: Postman, till: QRCode, named: tuple[str, ...]
) -> None:
    absent = {name: None for name in BY_FIELD if name not in named}
    assert at_account(postman).paid(**absent) == "success"
    assert (the_payment().counter, the_payment().question) == (till.enrolment.counter, "")


def test_a_payment_that_no_field_places_is_unplaced(postman: Postman) -> None:
    at_account(postman).paid(**dict.fromkeys(BY_FIELD))
    assert Payment.objects.unplaced().get().store is None


def test_nobody_knows_the_currency_of_an_unplaced_payment_that_names_none(
    postman: Postman,
) -> None:
    at_account(postman).paid(**dict.fromkeys((*BY_FIELD, "trans_currency")))
    assert Notification.objects.get().reason == WaitReason.NO_CURRENCY


def test_a_later_notice_places_an_unplaced_payment(postman: Postman, till: QRCode) -> None:
    at_account(postman).paid(**dict.fromkeys(BY_FIELD))
    postman.paid(notify_id="again")
    assert (the_payment().counter, the_payment().question) == (till.enrolment.counter, "")


def test_a_person_places_an_unplaced_payment(postman: Postman, till: QRCode) -> None:
    at_account(postman).paid(**dict.fromkeys(BY_FIELD))
    counter = till.enrolment.counter
    assert counter is not None
    services.place_payment(the_payment(), counter=counter, actor=factories.ACTOR)
    assert (the_payment().counter, the_payment().store) == (counter, counter.store)


def test_a_notice_corrects_where_a_person_placed_it_and_says_so(
    postman: Postman, till: QRCode, other_till: QRCode
) -> None:
    at_account(postman).paid(**dict.fromkeys(BY_FIELD))
    wrong = other_till.enrolment.counter
    assert wrong is not None
    services.place_payment(the_payment(), counter=wrong, actor=factories.ACTOR)
    postman.paid(notify_id="again")
    payment = the_payment()
    assert (payment.counter, payment.question) == (till.enrolment.counter, Question.PLACE_DIFFERS)


def at_account(postman: Postman) -> Postman:
    """The same postman at the account's own address."""
    account = postman.code.enrolment.account
    return replace(postman, at=account.notify_key)


# ---- Where the amount comes from --------------------------------------------------------------


def test_where_the_query_decides_a_notice_confirms_nothing(
    postman: Postman, seller: Account
) -> None:
    Account.objects.update(amount_source=AmountSource.QUERY)
    postman.paid()
    payment = the_payment()
    assert (payment.state, payment.is_taken) == (PaymentState.CONFIRMING, True)
    assert payment.next_attempt_at is not None
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize(
    ("source", "state"),
    [
        (AmountSource.AUTO, PaymentState.CONFIRMING),
        (AmountSource.NOTICE, PaymentState.PAID),
        (AmountSource.QUERY, PaymentState.CONFIRMING),
    ],
)
def test_two_currencies_want_a_query(
    client: Client, seller: Account, counter: Counter, source: str, state: str
) -> None:
    Account.objects.update(amount_source=source)
    Postman(client, make_code(seller, counter, currency="EUR")).paid()
    assert the_payment().state == state


def test_hong_kong_tells_the_wallet_or_is_asked(client: Client, counter: Counter) -> None:
    account = make_account(factories.HK_PARTNER, region="hk", currency="HKD")
    postman = Postman(client, make_code(account, counter, currency="HKD"))
    postman.paid(payment_inst="ALIPAYHK")
    postman.paid(notify_id="2", trade_no="2", out_trade_no="2")
    told, untold = Payment.objects.order_by("id")
    assert (told.wallet, told.next_attempt_at) == ("ALIPAYHK", None)
    assert (untold.wallet, untold.state) == ("", PaymentState.PAID)
    assert untold.next_attempt_at is not None
