"""Several hands at one sale at once: it is paid once, or closed, or given back once."""

from functools import partial

import pytest
from django.db import connection
from django.test import Client

from merchant_portal.verifying import find_breaches
from payments import services as payments
from payments.errors import SaleRefused
from payments.models import Cancel, EntryKind, LedgerEntry, Sale
from payments.selling import SaleOutcome
from payments.tasks import poll_due_payments, submit_due_cancels
from qrcodes.services.idempotency import RequestKey
from tests.factories import ACTOR
from tests.properties.at_once import at_once
from tests.sales.till import Till

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer."),
]


@pytest.fixture(autouse=True)
def _whole_database(transactional_db: None) -> None:
    """Commits are real here, so that threads see each other."""


def end(sale: Sale) -> None:
    try:
        payments.end_sale(sale, actor=ACTOR)
    except SaleRefused:
        return


def carry(till: Till) -> None:
    for notice in till.alipay.due():
        till.alipay.carry(notice, Client())


def test_polls_a_cancel_and_a_notice_at_once_leave_one_truth(till: Till) -> None:
    till.break_call("done_but_no_answer", times=1, call="pay")
    sale = till.scan()
    till.wait(4)
    at_once(
        partial(payments.poll_payment, sale.payment_id),
        partial(payments.poll_payment, sale.payment_id),
        partial(end, sale),
        partial(carry, till),
    )
    till.run(30)
    assert find_breaches() == []
    kinds = [EntryKind(kind) for kind in LedgerEntry.objects.values_list("kind", flat=True)]
    (trade,) = till.alipay.books("trades")
    went_back = trade["refunded"] == "12.50"
    assert kinds == ([EntryKind.PAYMENT, EntryKind.CANCEL] if went_back else [EntryKind.PAYMENT])
    assert till.outcome(sale) == (SaleOutcome.GIVEN_BACK if went_back else SaleOutcome.PAID)


def test_many_who_give_it_up_at_once_send_one_cancel(till: Till) -> None:
    sale = till.scan(shown=till.show_code(outcome="waiting"))
    at_once(*[partial(end, sale)] * 5, submit_due_cancels, poll_due_payments)
    assert (Cancel.objects.count(), till.called("cancel")) == (1, 1)
    assert till.outcome(sale) == SaleOutcome.NOT_PAID


def test_one_request_sent_many_times_at_once_is_one_sale(till: Till) -> None:
    key = RequestKey("till:1", "k1", "12.50")
    code = till.show_code()
    heard = at_once(*[lambda: till.scan(shown=code, request=key).pk] * 5)
    assert set(heard) == {Sale.objects.get().pk}
    assert till.called("pay") == 1
