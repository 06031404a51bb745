"""A paid sale goes back like any other payment, in its own generation of the interface."""

import pytest

from merchant_portal.gateway import Answered
from merchant_portal.money import Money
from payments import services as payments
from payments.models import Payment
from payments.selling import SaleOutcome
from payments.states import CancelState, PaymentState
from refunds import services as refunds
from refunds.models import Refund
from refunds.states import RefundState
from refunds.tasks import poll_due_refunds, submit_due_refunds
from tests.factories import ACTOR
from tests.sales.till import Till

pytestmark = pytest.mark.django_db
REFUND = {"gateway": "alipay.acquire.overseas.spot.refund", "json": "refund"}


def _refund(till: Till, payment: Payment, minor: int) -> Refund:
    refund = refunds.request_refund(
        payment, amount=Money(minor, "USD"), reason="returned", note="", actor=ACTOR
    )
    _tick(till)
    return refund


def _tick(till: Till) -> None:
    submit_due_refunds()
    poll_due_refunds()
    till.wait(5)


def _state(till: Till, refund: Refund) -> str:
    till.outcome(refund.payment.sale)  # All that is always true is true.
    return str(Refund.objects.get(pk=refund.pk).state)


def test_part_of_a_sale_is_refunded(till: Till) -> None:
    payment = till.payment(till.scan("12.50"))
    refund = _refund(till, payment, 500)
    assert _state(till, refund) == RefundState.REFUNDED
    assert Payment.objects.get(pk=payment.pk).refunded_minor == 500
    (theirs,) = till.alipay.books("refunds")
    assert (theirs["amount"], theirs["out_biz_no"]) == ("5.00", refund.partner_refund_id)


@pytest.mark.parametrize("silence", ["", "done_but_no_answer", "half"])
def test_alipays_own_number_of_a_refund_is_kept_where_it_is_told(
    till: Till, interface: str, silence: str
) -> None:
    payment = till.payment(till.scan("12.50"))
    if silence:
        till.alipay.switch(silence, None, times=1, service=REFUND[interface])
    refund = _refund(till, payment, 500)
    for _try in range(6):
        _tick(till)
    refund.refresh_from_db()
    assert bool(refund.alipay_refund_id) == (interface == "json")


@pytest.mark.parametrize("silence", ["done_but_no_answer", "http_500", "half", "unknown_then"])
def test_a_refund_whose_answer_is_lost_goes_back_once(
    till: Till, interface: str, silence: str
) -> None:
    payment = till.payment(till.scan("12.50"))
    till.alipay.switch(silence, None, times=1, service=REFUND[interface])
    refund = _refund(till, payment, 500)
    assert _state(till, refund) in {RefundState.UNKNOWN, RefundState.ACCEPTED}
    for _try in range(6):
        _tick(till)
    assert _state(till, refund) == RefundState.REFUNDED
    assert len(till.alipay.books("refunds")) == 1


def test_a_refused_refund_frees_its_amount(till: Till, interface: str) -> None:
    payment = till.payment(till.scan("12.50"))
    code = {"gateway": "SELLER_ERROR", "json": "MERCHANT_BALANCE_NOT_ENOUGH"}[interface]
    till.alipay.switch("refused", code, times=1, service=REFUND[interface])
    refund = _refund(till, payment, 500)
    assert _state(till, refund) == RefundState.FAILED
    assert Payment.objects.get(pk=payment.pk).reserved_minor == 0


def test_a_paid_sale_is_cancelled_by_a_person(till: Till) -> None:
    sale = till.scan("12.50")
    cancel = payments.request_cancel(
        till.payment(sale), reason="wrong_amount", note="", actor=ACTOR
    )
    till.tick()
    cancel.refresh_from_db()
    assert (cancel.state, till.outcome(sale)) == (CancelState.DONE, SaleOutcome.GIVEN_BACK)
    assert till.entries(sale) == ["PAYMENT", "CANCEL"]


def test_a_cancel_whose_answer_is_lost_is_found_by_asking(till: Till) -> None:
    sale = till.scan("12.50")
    till.break_call("done_but_no_answer", times=1, call="cancel")
    payments.request_cancel(till.payment(sale), reason="wrong_amount", note="", actor=ACTOR)
    till.tick()
    till.run(4)
    assert till.outcome(sale) == SaleOutcome.GIVEN_BACK
    assert (till.entries(sale), len(till.alipay.books("cancels"))) == (["PAYMENT", "CANCEL"], 1)


def test_a_person_may_ask_about_a_sale_at_any_time(till: Till) -> None:
    sale = till.scan("12.50")
    heard = payments.ask_payment(till.payment(sale), actor=ACTOR)
    assert isinstance(heard, Answered)
    assert (till.outcome(sale), till.payment(sale).state) == (SaleOutcome.PAID, PaymentState.PAID)
