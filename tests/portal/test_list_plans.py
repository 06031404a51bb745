"""Each filter of the payments list walks an index of its own; PostgreSQL says which."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.db.models import QuerySet

from payments.models import GOES_BACK, Payment
from tests.portal.conftest import PayMaker

Narrow = Callable[[QuerySet[Payment]], QuerySet[Payment]]

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="Only PostgreSQL holds a million payments."
)

_FILTERS: dict[str, Narrow] = {
    "payment_wallet_list": lambda rows: rows.filter(wallet="ALIPAYHK"),
    "payment_goes_back_list": lambda rows: rows.filter(GOES_BACK),
    "payment_question_list": lambda rows: rows.exclude(question=""),
    "payment_state_list": lambda rows: rows.filter(state="UNKNOWN"),
    "payment_store_list": lambda rows: rows.filter(store=1),
    "payment_counter_list": lambda rows: rows.filter(counter=1),
    "payment_list": lambda rows: rows,
}


def _plan(rows: QuerySet[Payment]) -> str:
    """How the database would read a page, where it may choose among indexes alone."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    return rows.explain()


@pytest.mark.parametrize("index", _FILTERS)
def test_a_page_of_a_filter_walks_its_index(index: str, pay: PayMaker) -> None:
    pay()
    rows = _FILTERS[index](Payment.objects.order_by("-occurred_at", "-pk"))[:51]
    plan = _plan(rows)
    assert f"using {index} " in plan
    assert "Sort" not in plan


@pytest.mark.django_db
def test_last_digits_are_looked_up_and_not_searched_for() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Payment.objects.ending_in("004711").explain()
    assert "payment_last_digits" in plan
    assert "payment_our_last_digits" in plan
