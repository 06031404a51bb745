"""The program may end at any point of a sale: it is paid once, or closed, or given back."""

import pytest
from pytest_django import Settings

from merchant_portal.crashpoints import Crashed
from payments.models import Cancel, Payment, Sale
from payments.selling import SaleOutcome
from tests.sales.till import Till

pytestmark = pytest.mark.django_db

POINTS = ("sale.committed", "sale.called", "sale.recorded")


def _crash(till: Till, settings: Settings, point: str, *, order: bool = False) -> Sale:
    settings.CRASH_AT = point
    with pytest.raises(Crashed):
        till.order() if order else till.scan()
    settings.CRASH_AT = ""
    return Sale.objects.get()


@pytest.mark.parametrize("point", POINTS)
def test_a_scan_survives_a_crash_and_is_paid_once_or_closed(
    till: Till, settings: Settings, point: str
) -> None:
    sale = _crash(till, settings, point)
    till.run(180)
    never_left = point == "sale.committed"
    assert till.outcome(sale) == (SaleOutcome.NOT_PAID if never_left else SaleOutcome.PAID)
    assert till.entries(sale) == ([] if never_left else ["PAYMENT"])
    assert till.called("pay") == (0 if never_left else 1)


@pytest.mark.parametrize("point", POINTS)
def test_an_order_whose_code_was_lost_in_a_crash_is_ended(
    till: Till, settings: Settings, point: str
) -> None:
    sale = _crash(till, settings, point, order=True)
    till.run(400)
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.NOT_PAID, [])


def test_a_refusal_lost_in_a_crash_ends_as_not_paid(till: Till, settings: Settings) -> None:
    till.break_call("refused", till.words.poor, times=1, call="pay")
    sale = _crash(till, settings, "sale.called")
    till.run(180)
    assert till.outcome(sale) in {SaleOutcome.NOT_PAID, SaleOutcome.REFUSED}
    assert till.entries(sale) == []


@pytest.mark.parametrize("point", ["marked", "called", "recorded"])
@pytest.mark.parametrize("is_paid", [True, False])
def test_giving_up_survives_a_crash_and_gives_back_once(
    till: Till, settings: Settings, point: str, is_paid: bool
) -> None:
    if is_paid:
        till.break_call("done_but_no_answer", times=1, call="pay")
    outcome = "paid" if is_paid else "waiting"
    sale = till.scan(shown=till.show_code(outcome=outcome))
    settings.CRASH_AT = f"cancel.{point}"
    with pytest.raises(Crashed):
        till.end(sale)
    settings.CRASH_AT = ""
    till.run(75)
    wanted = SaleOutcome.GIVEN_BACK if is_paid else SaleOutcome.NOT_PAID
    assert (till.outcome(sale), Cancel.objects.count()) == (wanted, 1)
    assert till.entries(sale) == (["PAYMENT", "CANCEL"] if is_paid else [])
    assert len(till.alipay.books("cancels")) <= 1


def test_nothing_is_sent_that_is_not_committed(till: Till, settings: Settings) -> None:
    _crash(till, settings, "sale.committed")
    assert (Payment.objects.count(), till.called("pay")) == (1, 0)
