"""A code made for one order: issued is not paid, and its end is Alipay's to tell."""

import pytest

from payments.models import Cancel
from payments.selling import SaleOutcome
from payments.states import CancelState, PaymentState
from tests.sales.till import Till

pytestmark = pytest.mark.django_db

#: No code comes, whether Alipay has made one or not.
NO_CODE = ("done_but_no_answer", "half", "wrongly_signed", "http_500", "unknown_then")


def test_an_issued_code_is_not_paid(till: Till) -> None:
    sale = till.order()
    assert (till.outcome(sale), till.payment(sale).state) == (
        SaleOutcome.ISSUED,
        PaymentState.PENDING,
    )
    assert sale.order_code.startswith("https://qr.alipay.com/")
    assert till.entries(sale) == []


def test_a_code_is_paid_and_the_notice_says_so(till: Till) -> None:
    sale = till.order()
    till.pay_order(sale)
    assert till.carry() == [True]
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.PAID, ["PAYMENT"])


def test_a_paid_code_whose_notice_is_lost_is_found_by_asking(till: Till) -> None:
    sale = till.order()
    till.alipay.switch("lost", times=1)
    till.pay_order(sale)
    till.run(60)
    assert till.outcome(sale) == SaleOutcome.PAID


def test_a_code_that_was_just_shown_is_left_alone(till: Till, interface: str) -> None:
    first = {"gateway": 60, "json": 15}[interface]
    sale = till.order()
    till.run(first - 1)
    assert till.called("query") == 0
    till.run(21)
    assert till.called("query") == 5
    assert till.outcome(sale) == SaleOutcome.ISSUED


def test_who_reads_the_code_has_not_paid_yet(till: Till) -> None:
    sale = till.order()
    till.pay_order(sale, decision="leave")
    till.run(70)
    assert till.outcome(sale) == SaleOutcome.ISSUED
    till.pay_order(sale)
    till.run(6)
    assert till.outcome(sale) == SaleOutcome.PAID


def test_a_code_nobody_paid_is_closed_at_alipay_before_it_is_closed_here(
    till: Till, interface: str
) -> None:
    """The gateway knows no trade before somebody reads the code, so a cancel ends it; the JSON API
    says of its payment that it has ended."""
    sale = till.order()
    till.wait(189)
    assert till.outcome(sale) == SaleOutcome.ISSUED
    till.run(4)
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.NOT_PAID, [])
    states = list(Cancel.objects.filter(payment=sale.payment_id).values_list("state", flat=True))
    assert states == {"gateway": [CancelState.CLOSED], "json": []}[interface]
    assert till.called("query") >= 1


def test_a_code_paid_in_the_last_second_is_paid(till: Till) -> None:
    sale = till.order()
    till.alipay.switch("lost", times=1)
    till.wait(178)
    till.pay_order(sale)
    till.wait(30)
    till.tick()
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.PAID, ["PAYMENT"])


@pytest.mark.parametrize("silence", NO_CODE)
def test_an_order_without_a_code_is_ended_at_once(till: Till, interface: str, silence: str) -> None:
    till.break_call(silence, times=2, call="order")
    sale = till.order()
    assert sale.order_code == ""
    assert till.called("order") == {"gateway": 1, "json": 2}[interface]
    assert till.called("cancel") == 1
    till.run(200)
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.NOT_PAID, [])
    assert till.cancel(sale).state == CancelState.CLOSED


@pytest.mark.parametrize("interface", ["json"], indirect=True)
@pytest.mark.parametrize("silence", NO_CODE)
def test_of_the_json_api_a_code_that_did_not_come_is_asked_for_again(
    till: Till, silence: str
) -> None:
    till.break_call(silence, times=1, call="order")
    sale = till.order()
    assert (till.outcome(sale), till.called("order")) == (SaleOutcome.ISSUED, 2)
    assert len(till.alipay.books("orders")) == 1


@pytest.mark.parametrize("interface", ["json"], indirect=True)
def test_success_with_a_code_is_not_paid_either(till: Till) -> None:
    till.alipay.add_client(client_id=till.account.client_id, issued_with="S")
    sale = till.order()
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.ISSUED, [])


@pytest.mark.parametrize("interface", ["json"], indirect=True)
def test_after_silence_a_refusal_of_the_same_order_ends_nothing(till: Till) -> None:
    till.break_call("http_500", times=1, call="order")
    till.break_call("refused", "RISK_REJECT", times=1, call="order")
    sale = till.order()
    assert till.called("cancel") == 1
    assert (till.outcome(sale), sale.refusal) == (SaleOutcome.REFUSED, "RISK_REJECT")
    assert till.called("query") == 1  # It is the inquiry that has ended it.


def test_a_refused_order_is_closed_without_a_cancel(till: Till) -> None:
    till.break_call("refused", "EXIST_FORBIDDEN_WORD", times=1, call="order")
    sale = till.order()
    assert (till.outcome(sale), sale.refusal) == (SaleOutcome.REFUSED, "EXIST_FORBIDDEN_WORD")
    assert till.called("cancel") == 0
