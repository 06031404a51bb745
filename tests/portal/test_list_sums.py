"""What a filter amounts to: all of it, or an honest word why not."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from merchant_portal.models import User
from merchant_portal.patience import TookTooLong, answered_within
from payments.states import PaymentState
from tests import factories
from tests.portal.conftest import NOON, PayMaker

SignIn = Callable[[User], Client]
URL = "/payments/sums/"
#: Counts for longer than anybody would wait.
ENDLESS = """WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000000)
    SELECT COUNT(*) FROM n"""


def test_counts_and_sums_are_of_the_filter_not_of_the_page(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    for _ in range(60):
        pay(100)
    pay(700, currency="HKD")
    found = signed_in(finance).get(URL).context["sums"]
    assert found.number == 61
    assert [str(each.paid) for each in found.by_currency] == ["HKD 7.00", "USD 60.00"]


def test_sums_follow_the_filter_and_the_tiles(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay(500)
    pay(2000)
    pay(3000, state=PaymentState.CONFIRMING, next_attempt_at=NOON)
    found = signed_in(finance).get(URL, {"least": "10", "state": "PAID"}).context["sums"]
    assert [str(each.paid) for each in found.by_currency] == ["USD 20.00"]


def test_what_went_back_is_taken_off(pay: PayMaker, finance: User, signed_in: SignIn) -> None:
    pay(1000, refunded_minor=300)
    (dollars,) = signed_in(finance).get(URL).context["sums"].by_currency
    assert (str(dollars.given_back), str(dollars.stays)) == ("USD 3.00", "USD 7.00")


def test_an_unpaid_amount_is_not_in_the_sum(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay(100)
    pay(900, state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    pay(900, state=PaymentState.CLOSED, paid_at=None)
    found = signed_in(finance).get(URL).context["sums"]
    assert [str(each.paid) for each in found.by_currency] == ["USD 1.00"]
    assert (found.number, found.not_paid) == (3, 2)


def test_a_cashier_adds_up_only_the_store(pay: PayMaker, cashier: User, signed_in: SignIn) -> None:
    pay(100)
    pay(900, store=factories.other_store(), counter=None)
    assert signed_in(cashier).get(URL).context["sums"].number == 1


def test_the_sum_is_a_part_of_the_list_and_a_page_without_a_script(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay(100)
    client = signed_in(finance)
    assert f'href="{URL}?state=PAID"' in client.get("/payments/?state=PAID").content.decode()
    part = client.get(URL, headers={"HX-Request": "true"}).content.decode()
    assert "USD 1.00" in part
    assert "<html" not in part
    assert "<html" in client.get(URL).content.decode()


def test_too_many_to_add_up_are_said_to_be_too_many(
    too_many: None, finance: User, signed_in: SignIn
) -> None:
    page = signed_in(finance).get(URL, {"state": "PAID"}).content.decode()
    assert "More than 200000" in page or "More than 200,000" in page
    assert "/reports/transactions/?state=PAID" in page
    assert "USD" not in page


@pytest.mark.django_db
def test_a_read_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(TookTooLong), answered_within(0.05), connection.cursor() as cursor:
        cursor.execute(ENDLESS)


@pytest.mark.django_db
def test_nothing_is_given_up_after_the_limit_was_lifted() -> None:
    with answered_within(0.001):
        pass
    with connection.cursor() as cursor:
        cursor.execute(ENDLESS.replace("400000000", "100000"))
        assert cursor.fetchone() == (100_000,)


def test_a_filter_that_makes_no_sense_adds_up_nothing(finance: User, signed_in: SignIn) -> None:
    response = signed_in(finance).get(URL, {"least": "ten"})
    assert response.status_code == 400
    assert "cannot be added up" in response.content.decode()
