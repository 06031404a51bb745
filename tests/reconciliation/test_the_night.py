"""A day at Alipay and its night, in both regions: the file matches but for what we never heard."""

import pytest

from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.models import User
from payments.models import Payment
from reconciliation import services
from reconciliation.models import Discrepancy
from reconciliation.standing import DayStanding
from tests import factories
from tests.alipay_side import AlipaySide
from tests.reconciliation import books, nights
from tests.refunds.giving import ask_for, ask_for_cancel, tick

pytestmark = pytest.mark.usefixtures("midday", "nothing_breaks")


@pytest.fixture
def actor(finance: User) -> Actor:
    return Actor.person(finance)


@pytest.mark.parametrize(("region", "currency"), [("global", "USD"), ("hk", "HKD")])
def test_of_a_day_only_the_portal_refund_is_named_and_booking_it_makes_the_day_clean(
    region: str, currency: str, alipay: AlipaySide, carry: nights.Carry, actor: Actor
) -> None:
    account = factories.account(alipay, region=region)
    first, second, third = nights.pay(account, currency, alipay, carry)
    refund, cancel = ask_for(first, "3.00", actor), ask_for_cancel(second, actor)
    tick()
    alipay.refund_in_portal(third.alipay_trans_id, "5.00")
    nights.compare_night(account, alipay)
    [found] = Discrepancy.objects.open()
    assert (found.word, found.kind, found.payment) == ("MISSING_OURS", "REFUND", third)
    assert {books.word_about(refund), books.word_about(cancel)} == {"MATCHED"}
    services.book_discrepancy(found, note="", actor=actor)
    assert nights.standing(account) == DayStanding.CLEAN


def test_a_portal_refund_alipay_told_of_is_booked_on_its_reservation(
    account: Account, alipay: AlipaySide, carry: nights.Carry, actor: Actor
) -> None:
    payment = nights.pay(account, "USD", alipay, carry)[0]
    alipay.refund_in_portal(payment.alipay_trans_id, "5.00")
    carry()
    nights.compare_night(account, alipay)
    services.book_discrepancy(Discrepancy.objects.open().get(), note="", actor=actor)
    payment.refresh_from_db()
    assert (payment.refunded_minor, payment.reserved_minor, payment.refunds.count()) == (500, 0, 1)


def test_a_payment_whose_notice_was_lost_is_found_in_the_night(
    account: Account, alipay: AlipaySide, carry: nights.Carry, actor: Actor
) -> None:
    code = nights.code_of(account, "USD")
    alipay.switch("lost")
    alipay.pay(code.value, "12.50")
    nights.compare_night(account, alipay)
    services.book_discrepancy(Discrepancy.objects.open().get(), note="", actor=actor)
    assert Payment.objects.get().state == "PAID"
    assert nights.standing(account) == DayStanding.CLEAN
