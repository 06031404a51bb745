"""Booking what only Alipay can confirm: Alipay is asked first, and nothing is believed blindly."""

from collections.abc import Callable

import pytest

from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.models import User
from merchant_portal.verifying import find_breaches
from payments.models import LedgerEntry, Payment
from qrcodes.models import QRCode
from reconciliation import services
from reconciliation.errors import ResolutionRefused
from reconciliation.models import Discrepancy
from reconciliation.states import Resolution
from tests.alipay_side import AlipaySide
from tests.factories import GLOBAL_PARTNER
from tests.reconciliation import books
from tests.reconciliation.books import file_of, line, paid

pytestmark = pytest.mark.usefixtures("nothing_breaks")
Carry = Callable[[], list[str]]


@pytest.fixture
def actor(finance: User) -> Actor:
    return Actor.person(finance)


def test_a_lost_payment_is_booked_once_alipay_confirms_it(
    account: Account, code: QRCode, alipay: AlipaySide, actor: Actor
) -> None:
    found = _lost_payment(code, alipay)
    booked = services.book_discrepancy(found, note="", actor=actor)
    assert booked.resolution == Resolution.PAYMENT_BOOKED
    assert Payment.objects.get().amount_minor == 800
    assert find_breaches() == []


def test_a_payment_alipay_does_not_know_is_not_booked(
    account: Account, alipay: AlipaySide, actor: Actor
) -> None:
    file_of(line("A1"), partner=GLOBAL_PARTNER)
    found = Discrepancy.objects.get()
    with pytest.raises(ResolutionRefused, match="TRADE_NOT_EXIST"):
        services.book_discrepancy(found, note="", actor=actor)
    assert (Payment.objects.count(), Discrepancy.objects.open().count()) == (0, 1)


def test_without_an_answer_nothing_is_booked(
    account: Account, code: QRCode, alipay: AlipaySide, actor: Actor
) -> None:
    found = _lost_payment(code, alipay)
    alipay.switch("down")
    with pytest.raises(ResolutionRefused, match="does not confirm"):
        services.book_discrepancy(found, note="", actor=actor)
    assert not LedgerEntry.objects.exists()


def test_what_neither_file_nor_answer_knows_is_taken_off_what_alipay_owes(
    account: Account, alipay: AlipaySide, actor: Actor
) -> None:
    payment = paid(account, "A1")
    file_of(partner=GLOBAL_PARTNER)
    booked = services.book_discrepancy(Discrepancy.objects.get(), note="test money", actor=actor)
    assert booked.entry is not None
    assert (booked.entry.kind, booked.entry.credit, booked.entry.amount) == (
        *("ADJUSTMENT", "receivable"),
        payment.amount,
    )


def test_what_alipay_knows_when_asked_is_not_taken_off(
    account: Account, code: QRCode, alipay: AlipaySide, carry: Carry, actor: Actor
) -> None:
    alipay.pay(code.value, "8.00")
    carry()
    books.at_noon_yesterday(Payment.objects.get())
    file_of(partner=GLOBAL_PARTNER)
    found = Discrepancy.objects.get()
    with pytest.raises(ResolutionRefused, match="Alipay knows this payment"):
        services.book_discrepancy(found, note="", actor=actor)
    assert not LedgerEntry.objects.filter(kind="ADJUSTMENT").exists()


def _lost_payment(code: QRCode, alipay: AlipaySide) -> Discrepancy:
    """A buyer paid USD 8.00, and no notification came."""
    alipay.pay(code.value, "8.00")
    trade = alipay.books("trades")[0]
    row = line(trade["out_trade_no"], alipay=trade["trade_no"])
    file_of(row, partner=GLOBAL_PARTNER)
    return Discrepancy.objects.get()
