"""The command by which a person books that a refund's money came back."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from merchant_portal.audit import Actor
from merchant_portal.models import AuditEntry
from merchant_portal.verifying import find_breaches
from payments.models import EntryKind, LedgerEntry, Payment
from refunds.models import Refund
from refunds.states import RefundState
from tests.refunds.giving import amounts, ask_for, the_refund, tick

pytestmark = pytest.mark.django_db

AT = "2024-03-15T10:00:00+08:00"


@pytest.fixture
def refund(paid: Payment, asker: Actor) -> Refund:
    """USD 3.00, refunded."""
    ask_for(paid, "3.00", asker)
    tick()
    return the_refund()


def run(*words: str) -> str:
    out = StringIO()
    call_command("record_return", *words, stdout=out)
    return out.getvalue()


def test_what_came_back_is_booked_once(refund: Refund, paid: Payment) -> None:
    number = refund.partner_refund_id
    told = [run(number, "--amount", "3.00", "--returned-at", AT) for _time in range(2)]
    assert told[0] == told[1] == f"USD 3.00 of refund {number} came back, and is booked.\n"
    assert (the_refund().state, amounts(paid)) == (RefundState.RETURNED, (0, 0, 0))
    assert LedgerEntry.objects.filter(kind=EntryKind.REFUND_REVERSAL).count() == 1
    assert AuditEntry.objects.filter(verb="record_return").count() == 1
    assert find_breaches() == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"refund": "NOBODYS"}, "no refund NOBODYS"),
        ({"--amount": "2.99"}, r"The refund is USD 3.00"),
        ({"--amount": "3,00"}, "--amount"),
        ({"--returned-at": "2024-03-15T10:00:00"}, "no zone"),
        ({"--returned-at": "2099-03-15T10:00:00+08:00"}, "in the future"),
        ({"--returned-at": "noon"}, "not a time"),
    ],
)
def test_what_does_not_fit_is_refused(refund: Refund, changed: dict[str, str], why: str) -> None:
    given = {"--amount": "3.00", "--returned-at": AT} | changed
    number = given.pop("refund", refund.partner_refund_id)
    with pytest.raises(CommandError, match=why):
        run(number, *(word for pair in given.items() for word in pair))
    assert the_refund().state == RefundState.REFUNDED


def test_what_is_not_paid_back_yet_cannot_have_come_back(paid: Payment, asker: Actor) -> None:
    number = ask_for(paid, "3.00", asker).partner_refund_id
    with pytest.raises(CommandError, match="not booked"):
        run(number, "--amount", "3.00", "--returned-at", AT)
