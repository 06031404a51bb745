"""verify_ledger finds what must never be of sales: each check is shown to fail."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Replace

from merchant_portal.accounts.models import GatewayCall
from merchant_portal.verifying import find_all, find_breaches
from payments.models import Cancel, Payment, Sale
from tests.sales.till import Till

Break = Callable[[], object]


@pytest.fixture
def shop(till: Till) -> None:
    """A sale that is paid, one that waits, and one that was ended unpaid."""
    till.scan()
    till.end(till.order())
    till.scan(shown=till.show_code(outcome="waiting"))


def _show_the_code() -> object:
    masked = Sale.objects.exclude(code_hint="").earliest("pk").code_hint
    whole = masked.replace("*", "0")
    return GatewayCall.objects.update(presign=Replace(F("presign"), Value(masked), Value(whole)))


def _closed(**changes: object) -> Break:
    return lambda: Cancel.objects.filter(state="CLOSED").update(**changes)


BREAKS: dict[str, Break] = {
    "begun_payment_has_sale": lambda: Payment.objects.update(product="merchant_qr"),
    "waiting_sale_is_asked": lambda: Payment.objects.update(next_attempt_at=None),
    "closed_cancel_gave_nothing_back": _closed(reason="returned"),
    "ending_cancel_has_given_up_sale": lambda: Sale.objects.update(
        ending_at=None, ending_by_name=""
    ),
    "code_is_masked": lambda: Sale.objects.update(code_hint="281234567890123456"),
    "call_hides_the_code": _show_the_code,
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_breach_is_found_and_named(name: str, shop: None, unconstrained: None) -> None:
    assert find_breaches() == []
    BREAKS[name]()
    broken = {finding.check.name for finding in find_all() if finding.breaches}
    assert name in broken


def test_the_database_keeps_no_sale_without_its_counter(till: Till) -> None:
    till.scan()
    with pytest.raises(IntegrityError, match="begun_here_has_counter"), transaction.atomic():
        Payment.objects.update(counter=None)
