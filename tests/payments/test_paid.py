"""A buyer pays at a counter: the notification becomes a payment and a ledger entry."""

from collections.abc import Callable

from payments.models import LedgerEntry, Payment
from payments.states import PaymentState
from qrcodes.models import QRCode
from tests.alipay_side import AlipaySide


def test_a_notice_becomes_a_paid_payment_at_its_counter(
    code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]]
) -> None:
    trade = alipay.pay(code.value, "12.50")
    assert carry() == ["success"]
    payment = Payment.objects.get(alipay_trans_id=trade["trade_no"])
    assert (payment.state, payment.amount_minor) == (PaymentState.PAID, 1250)
    assert payment.counter == code.enrolment.counter


def test_a_payment_is_booked_once(
    code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]]
) -> None:
    trade = alipay.pay(code.value, "12.50")
    carry()
    entry = LedgerEntry.objects.get()
    assert (entry.debit, entry.credit, entry.amount_minor) == ("receivable", "sales", 1250)
    assert entry.reference == trade["trade_no"]
