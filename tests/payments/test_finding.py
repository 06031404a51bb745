"""Finding a lost payment by a number, and what people decide about payments."""

from collections.abc import Callable

import pytest
from django.conf import settings as portal

from merchant_portal import clock, due
from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.models import AuditEntry, User
from merchant_portal.verifying import find_breaches
from payments import services
from payments.errors import LookupRefused, PlaceRefused, QuestionRefused
from payments.models import LedgerEntry, Lookup, Notification, Payment
from payments.states import LookupState, PaymentState, Question
from payments.tasks import run_due_lookups
from qrcodes.models import QRCode
from tests import factories
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR

QUERY = "alipay.acquire.overseas.query"
Carry = Callable[[], list[str]]


def look_for(account: Account, **numbers: str) -> Lookup:
    return services.ask_lookup(services.find_payment(account, actor=ACTOR, **numbers))


def climb(lookup: Lookup) -> Lookup:
    """Let the clock ask to the ladder's end."""
    for _rung in range(len(portal.ASK_LADDER_SECONDS) + 1):
        Lookup.objects.asking().update(next_attempt_at=clock.now(), lease_until=None)
        run_due_lookups()
    lookup.refresh_from_db()
    return lookup


@pytest.fixture
def lost(code: QRCode, alipay: AlipaySide) -> dict[str, str]:
    """A payment whose notice was lost."""
    alipay.switch("lost", times=1)
    return alipay.pay(code.value, "8.00")


@pytest.mark.parametrize(
    ("ours", "alipays"), [("alipay_trans_id", "trade_no"), ("partner_trans_id", "out_trade_no")]
)
def test_a_lost_payment_is_found_by_either_number(
    account: Account, lost: dict[str, str], ours: str, alipays: str
) -> None:
    lookup = look_for(account, **{ours: lost[alipays]})
    assert lookup.state == LookupState.FOUND
    assert lookup.payment is not None
    assert (lookup.payment.state, lookup.payment.amount_minor) == (PaymentState.PAID, 800)
    assert LedgerEntry.objects.count() == 1
    assert find_breaches() == []


def test_found_at_a_counter_it_is_placed_there(
    account: Account, code: QRCode, lost: dict[str, str]
) -> None:
    counter = code.enrolment.counter
    lookup = services.find_payment(
        account, actor=ACTOR, alipay_trans_id=lost["trade_no"], counter=counter
    )
    services.ask_lookup(lookup)
    assert Payment.objects.get().counter == counter


def test_asking_at_another_counter_moves_no_payment(
    account: Account, code: QRCode, alipay: AlipaySide, carry: Carry
) -> None:
    trade = alipay.pay(code.value, "8.00")
    carry()
    elsewhere = factories.counter(code.enrolment.store, number=7)
    lookup = services.find_payment(
        account, actor=ACTOR, alipay_trans_id=trade["trade_no"], counter=elsewhere
    )
    services.ask_lookup(lookup)
    payment = Payment.objects.get()
    assert (payment.counter, payment.question) == (code.enrolment.counter, "")


def test_a_number_we_know_is_linked_and_asked_about(
    account: Account, code: QRCode, alipay: AlipaySide, carry: Carry
) -> None:
    trade = alipay.pay(code.value, "8.00")
    carry()
    lookup = look_for(account, alipay_trans_id=trade["trade_no"])
    assert (lookup.state, lookup.payment) == (LookupState.FOUND, Payment.objects.get())
    assert LedgerEntry.objects.count() == 1


def test_hong_kong_says_what_to_ask_the_customer_for(hk_account: Account) -> None:
    with pytest.raises(LookupRefused, match="Ask the customer"):
        look_for(hk_account, alipay_trans_id="2026112022001400000000000001")


def test_hong_kong_finds_by_the_order_number(
    hk_account: Account, hk_code: QRCode, alipay: AlipaySide
) -> None:
    alipay.switch("lost", times=1)
    trade = alipay.pay(hk_code.value, "88.00")
    look_for(hk_account, partner_trans_id=trade["out_trade_no"])
    assert Payment.objects.get().wallet == "ALIPAYHK"


def test_hong_kong_takes_a_number_whose_order_number_we_know(
    hk_account: Account, hk_code: QRCode, alipay: AlipaySide, carry: Carry
) -> None:
    trade = alipay.pay(hk_code.value, "88.00")
    carry()
    assert look_for(hk_account, alipay_trans_id=trade["trade_no"]).state == LookupState.FOUND


@pytest.mark.parametrize("number", ["", "   ", "9" * 65, "a\0b"])
def test_what_is_no_number_is_refused(account: Account, number: str) -> None:
    with pytest.raises(LookupRefused):
        look_for(account, alipay_trans_id=number)


def test_numbers_of_two_payments_are_refused(
    account: Account, code: QRCode, alipay: AlipaySide, carry: Carry
) -> None:
    trades = [alipay.pay(code.value, amount) for amount in ("1.00", "2.00")]
    carry()
    with pytest.raises(LookupRefused):
        look_for(
            account,
            alipay_trans_id=trades[0]["trade_no"],
            partner_trans_id=trades[1]["out_trade_no"],
        )


def test_one_does_not_exist_ends_nothing(account: Account) -> None:
    lookup = look_for(account, alipay_trans_id="1")
    assert (lookup.state, lookup.last_answer) == (LookupState.ASKING, "TRADE_NOT_EXIST")
    assert lookup.next_attempt_at is not None


@pytest.mark.parametrize(
    ("mishap", "value", "end"),
    [
        ("refused", "TRADE_NOT_EXIST", LookupState.NOT_FOUND),
        ("refused", "HAS_NO_PRIVILEGE", LookupState.REFUSED),
        ("error_unsigned", "ILLEGAL_SIGN", LookupState.REFUSED),
        ("down", "", LookupState.UNANSWERED),
        ("html", "", LookupState.UNANSWERED),
    ],
)
def test_a_lookup_ends_at_the_ladders_end(
    account: Account, alipay: AlipaySide, mishap: str, value: str, end: LookupState
) -> None:
    alipay.switch(mishap, value, service=QUERY)
    lookup = climb(look_for(account, alipay_trans_id="1"))
    assert (lookup.state, lookup.next_attempt_at) == (end, None)
    assert lookup.settled_at is not None


def test_asked_again_a_settled_lookup_finds_what_came_late(
    account: Account, alipay: AlipaySide, lost: dict[str, str]
) -> None:
    alipay.switch("refused", "TRADE_NOT_EXIST", service=QUERY)
    lookup = climb(look_for(account, alipay_trans_id=lost["trade_no"]))
    alipay.clear_mishaps()
    lookup = services.ask_lookup_again(lookup, actor=ACTOR)
    assert (lookup.state, Payment.objects.count()) == (LookupState.FOUND, 1)


def test_the_same_question_twice_is_one_lookup(account: Account) -> None:
    first = look_for(account, alipay_trans_id="1")
    assert look_for(account, alipay_trans_id=" 1 ") == first


def test_found_closed_unpaid_is_a_closed_payment(
    account: Account, code: QRCode, alipay: AlipaySide
) -> None:
    trade = alipay.pay(code.value, "8.00", outcome="closed")
    look_for(account, alipay_trans_id=trade["trade_no"])
    assert Payment.objects.get().state == PaymentState.CLOSED
    assert not LedgerEntry.objects.exists()
    assert find_breaches() == []


def test_a_worker_that_dies_gives_its_lookup_back(account: Account, lost: dict[str, str]) -> None:
    lookup = services.find_payment(account, actor=ACTOR, alipay_trans_id=lost["trade_no"])
    assert due.claim_due(Lookup, now=clock.now()) == [lookup.pk]
    run_due_lookups()
    assert not Payment.objects.exists()
    Lookup.objects.update(lease_until=clock.now())
    run_due_lookups()
    assert Payment.objects.count() == 1


def test_keys_that_do_not_open_stop_no_lookup(account: Account) -> None:
    account.keys.update(sealed=b"sealed with another master key")
    lookup = climb(look_for(account, alipay_trans_id="1"))
    assert (lookup.state, "master key" in lookup.last_answer) == (LookupState.UNANSWERED, True)


def test_a_refund_before_its_payment_finds_the_payment(
    code: QRCode, alipay: AlipaySide, carry: Carry
) -> None:
    alipay.switch("lost", times=1)
    trade = alipay.pay(code.value, "8.00")
    alipay.refund_in_portal(trade["trade_no"], "3.00")
    assert carry() == ["success"]
    run_due_lookups()
    payment = Payment.objects.get()
    assert (payment.state, payment.amount_minor) == (PaymentState.PAID, 800)
    assert Notification.objects.waiting().get().payment == payment


# ---- What people decide -----------------------------------------------------------------------


@pytest.fixture
def questioned(code: QRCode, alipay: AlipaySide, carry: Carry) -> Payment:
    """A payment that was closed at Alipay after it was paid."""
    trade = alipay.pay(code.value, "8.00")
    alipay.move_trade(trade["trade_no"], "TRADE_CLOSED")
    carry()
    return Payment.objects.questioned().get()


def test_a_settled_question_is_gone_and_audited(questioned: Payment) -> None:
    settled = services.settle_question(questioned, actor=ACTOR, note="Refunded by hand.")
    assert (settled.question, settled.question_since) == ("", None)
    entry = AuditEntry.objects.get(verb="settle_question")
    assert entry.details == {"question": Question.CLOSED_AT_ALIPAY, "note": "Refunded by hand."}


def test_a_question_is_not_settled_without_a_word(questioned: Payment) -> None:
    with pytest.raises(QuestionRefused):
        services.settle_question(questioned, actor=ACTOR, note=" ")


def test_a_question_is_settled_once(questioned: Payment) -> None:
    services.settle_question(questioned, actor=ACTOR, note="Done.")
    with pytest.raises(QuestionRefused):
        services.settle_question(questioned, actor=ACTOR, note="Done.")


def test_a_person_takes_a_question(questioned: Payment, finance: User) -> None:
    taken = services.take_question(questioned, actor=Actor.person(finance))
    assert taken.question_owner == finance


def test_a_placed_payment_is_not_placed_again(questioned: Payment) -> None:
    assert questioned.counter is not None
    with pytest.raises(PlaceRefused):
        services.place_payment(questioned, counter=questioned.counter, actor=ACTOR)
