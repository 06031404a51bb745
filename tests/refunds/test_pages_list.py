"""Refunds and cancels in one list: order, pages, filters, search, labels on the payment."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.models import User
from payments.models import Cancel, Payment
from payments.states import CancelState, PaymentState, Product
from qrcodes.models import Counter
from refunds import listing
from refunds.models import Refund
from refunds.states import RefundOrigin, RefundState
from tests import factories
from tests.refunds.giving import ask_for, tick

SignIn = Callable[[User], Client]
URL = "/giving-back/"


class Shop:
    """Payments of a counter with refunds and cancels as rows, each asked for a minute later."""

    def __init__(self, account: Account, counter: Counter) -> None:
        self.account, self.counter = account, counter
        self.at = clock.now() - timedelta(hours=2)
        self.number = 0

    def payment(self, **more: Any) -> Payment:
        self.number += 1
        values = {
            "account": self.account,
            "product": Product.MERCHANT_QR,
            "store": self.counter.store,
            "counter": self.counter,
            "alipay_trans_id": f"20260318220011110000{self.number:08d}",
            "partner_trans_id": f"77{self.number:08d}",
            "amount_minor": 10_000,
            "currency": "USD",
            "state": PaymentState.PAID,
            "paid_at": self.at,
            "occurred_at": self.at,
            "first_heard_at": self.at,
        }
        return Payment.objects.create(**(values | more))

    def _shared(self, minor: int) -> dict[str, Any]:
        self.at += timedelta(minutes=1)
        return {
            "payment": self.payment(),
            "amount_minor": minor,
            "currency": "USD",
            "reason": "returned",
            "requested_by_name": "cashier",
            "requested_at": self.at,
        }

    def refund(self, minor: int = 500, **more: Any) -> Refund:
        values = self._shared(minor) | {
            "account": self.account,
            "origin": RefundOrigin.OURS,
            "partner_refund_id": f"R20260318{self.number:08d}",
            "state": RefundState.REQUESTED,
        }
        return Refund.objects.create(**(values | more))

    def cancel(self, minor: int = 10_000, **more: Any) -> Cancel:
        values = self._shared(minor) | {"state": CancelState.REQUESTED, "deadline_at": self.at}
        return Cancel.objects.create(**(values | more))


@pytest.fixture
def shop(account: Account, counter: Counter) -> Shop:
    return Shop(account, counter)


@pytest.fixture
def listed(finance: User, signed_in: SignIn) -> Callable[..., list[Refund | Cancel]]:
    """What the list shows for a filter."""

    def read(**query: str) -> list[Refund | Cancel]:
        response = signed_in(finance).get(URL, query)
        assert response.status_code == 200
        return list(response.context["page"].rows)

    return read


Listed = Callable[..., list[Refund | Cancel]]


def test_an_empty_list_says_how_money_goes_back(finance: User, signed_in: SignIn) -> None:
    page = signed_in(finance).get(URL).content.decode()
    assert "No money has gone back" in page


def test_refunds_and_cancels_stand_in_one_order(shop: Shop, listed: Listed) -> None:
    made = [shop.refund(), shop.cancel(), shop.refund(), shop.cancel()]
    assert listed() == made[::-1]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_lead_through_all_and_back(size: int, shop: Shop) -> None:
    """Also where all were asked for at one instant."""
    at = clock.now()
    for _number in range(4):
        shop.refund(requested_at=at)
        shop.cancel(requested_at=at)
    rows = listing.MoneyBack(Refund.objects.all(), Cancel.objects.all())
    down = _walk(rows, size, way="older")
    assert len(down) == len(set(down)) == 8
    assert down == _expected(rows)


def _walk(rows: listing.MoneyBack, size: int, *, way: str) -> list[Refund | Cancel]:
    page = listing.read_page(rows, cursor=None, size=size)
    found = list(page.rows)
    while getattr(page, way):
        cursor = listing.Cursor.parse(getattr(page, way))
        page = listing.read_page(rows, cursor=cursor, size=size)
        found += page.rows
    return found


def _expected(rows: listing.MoneyBack) -> list[Refund | Cancel]:
    every = listing.read_page(rows, cursor=None, size=100)
    return list(every.rows)


def test_the_way_back_shows_the_page_before(shop: Shop) -> None:
    for _number in range(3):
        shop.refund()
        shop.cancel()
    rows = listing.MoneyBack(Refund.objects.all(), Cancel.objects.all())
    first = listing.read_page(rows, cursor=None, size=2)
    second = listing.read_page(rows, cursor=listing.Cursor.parse(first.older), size=2)
    third = listing.read_page(rows, cursor=listing.Cursor.parse(second.older), size=2)
    back = listing.read_page(rows, cursor=listing.Cursor.parse(third.newer), size=2)
    assert back.rows == second.rows


@pytest.mark.parametrize("cursor", ["x", "bm9uZQ", "%00"])
def test_a_damaged_page_address_says_so(cursor: str, finance: User, signed_in: SignIn) -> None:
    response = signed_in(finance).get(URL, {"page": cursor})
    assert response.status_code == 400
    assert "The address of this page is damaged" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"kind": "refund"}, 2),
        ({"kind": "cancel"}, 1),
        ({"state": "waiting"}, 2),
        ({"state": "unknown"}, 1),
        ({"least": "50"}, 1),
        ({"most": "50"}, 2),
        ({"days": "today", "kind": "cancel"}, 1),
        ({"last": "2020-01-01"}, 0),
    ],
)
def test_the_list_is_narrowed(
    query: dict[str, str], number: int, shop: Shop, listed: Listed
) -> None:
    shop.at = clock.now() - timedelta(seconds=200)
    shop.refund()
    shop.refund(state=RefundState.UNKNOWN, next_attempt_at=clock.now())
    shop.cancel(requested_at=clock.now())
    assert len(listed(**query)) == number


@pytest.mark.parametrize("query", [{"kind": "x"}, {"state": "x"}, {"first": "x"}, {"least": "x"}])
def test_a_filter_that_cannot_be_is_told(
    query: dict[str, str], finance: User, signed_in: SignIn
) -> None:
    assert signed_in(finance).get(URL, query).status_code == 400


def test_another_store_narrows_to_nothing(shop: Shop, listed: Listed) -> None:
    shop.refund()
    assert listed(store=str(factories.other_store().pk)) == []
    assert len(listed(store=str(shop.counter.store.pk))) == 1


@pytest.mark.parametrize(
    "number",
    ["R2026031800000001", "2026031822001111000000000001", "7700000001", "00001"],
)
def test_a_refund_is_found_by_any_number(number: str, shop: Shop, listed: Listed) -> None:
    refund = shop.refund()
    shop.refund()
    assert listed(q=number) == [refund]


def test_a_number_of_nobody_finds_nothing(shop: Shop, listed: Listed) -> None:
    shop.refund()
    assert listed(q="999999") == []


def test_tiles_count_what_stands_so_and_keep_the_rest(
    shop: Shop, finance: User, signed_in: SignIn
) -> None:
    shop.refund()
    shop.cancel()
    tiles = signed_in(finance).get(URL, {"least": "10"}).context["tiles"]
    told = {tile.label: (str(tile.count), tile.url) for tile in tiles}
    assert told["Waiting for approval"] == ("1", "?least=10&state=waiting")


def test_what_the_buyers_have_back_is_added_up_by_currency(
    shop: Shop, finance: User, signed_in: SignIn
) -> None:
    at = clock.now()
    shop.refund(250, state=RefundState.REFUNDED, booked_at=at)
    shop.cancel(1000, state=CancelState.DONE)
    shop.refund(300, state=RefundState.REFUNDED, booked_at=at, currency="HKD")
    shop.refund(9999)
    summary = signed_in(finance).get(URL).context["summary"]
    assert [str(sum) for sum in summary.back] == ["HKD 3.00", "USD 12.50"]
    assert str(summary.count) == "4"


def test_every_state_belongs_to_exactly_one_group(shop: Shop) -> None:
    at = clock.now()
    for refund_state in RefundState:
        shop.refund(state=refund_state, next_attempt_at=at, booked_at=at)
    for cancel_state in CancelState:
        shop.cancel(state=cancel_state, next_attempt_at=at)
    rows = listing.MoneyBack(Refund.objects.all(), Cancel.objects.all())
    grouped = [rows.among(group) for group in listing.Group]
    assert sum(each.refunds.count() for each in grouped) == len(RefundState)
    assert sum(each.cancels.count() for each in grouped) == len(CancelState)


def test_what_was_made_elsewhere_and_is_not_booked_says_so(
    shop: Shop, finance: User, signed_in: SignIn
) -> None:
    refund = shop.refund(origin=RefundOrigin.ELSEWHERE, state=RefundState.REFUNDED)
    client = signed_in(finance)
    assert "at Alipay, not booked" in client.get(URL).content.decode()
    assert "It is booked once the night" in client.get(refund.get_absolute_url()).content.decode()


def test_a_manager_sees_the_own_stores_money_only(
    shop: Shop, manager: User, outsider: User, signed_in: SignIn
) -> None:
    refund = shop.refund()
    assert signed_in(manager).get(URL).context["page"].rows == [refund]
    assert signed_in(outsider).get(URL).context["page"].rows == []


def test_what_belongs_to_no_store_is_seen_from_everywhere_only(
    shop: Shop, manager: User, finance: User, signed_in: SignIn
) -> None:
    shop.refund()
    Payment.objects.update(store=None, counter=None)
    assert signed_in(manager).get(URL).context["page"].rows == []
    assert len(signed_in(finance).get(URL).context["page"].rows) == 1


def test_a_long_list_costs_what_a_short_one_does(
    shop: Shop,
    finance: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    for _number in range(10):
        shop.refund()
        shop.cancel()
    client = signed_in(finance)
    with django_assert_max_num_queries(30):
        client.get(URL)


# ---- On the payment's own pages and at home ------------------------------------------------------


def test_the_payment_lists_what_went_back_and_what_is_left(
    paid: Payment, asker: Actor, manager: User, signed_in: SignIn
) -> None:
    ask_for(paid, "2.50", asker)
    tick()
    ask_for(paid, "1.00", asker)
    response = signed_in(manager).get(paid.get_absolute_url())
    context, page = response.context, response.content.decode()
    assert [str(context[name]) for name in ("refunded", "reserved", "remains")] == [
        "USD 2.50",
        "USD 1.00",
        "USD 9.00",
    ]
    assert page.count(reverse("refund_detail", args=[Refund.objects.first().pk])) >= 2  # type: ignore[union-attr]
    assert "We sent the refund to Alipay" in page


@pytest.mark.parametrize(
    ("columns", "label"),
    [
        ({"refunded_minor": 250}, "part-refunded 2.50"),
        ({"refunded_minor": 1250}, ">refunded<"),
        ({"reserved_minor": 250}, "going back 2.50"),
    ],
)
def test_the_list_of_payments_labels_what_goes_back(
    columns: dict[str, int], label: str, paid: Payment, manager: User, signed_in: SignIn
) -> None:
    Payment.objects.update(**columns)
    assert label in signed_in(manager).get(reverse("payment_list")).content.decode()


def test_a_payment_offers_the_panel_and_says_to_whom_it_is_closed(
    paid: Payment, cashier: User, signed_in: SignIn
) -> None:
    url = reverse("give_back", args=[paid.pk])
    auditor = factories.person(factories.Role.AUDITOR, name="auditor")
    assert url in signed_in(cashier).get(paid.get_absolute_url()).content.decode()
    page = signed_in(auditor).get(paid.get_absolute_url()).content.decode()
    assert url not in page
    assert "Money is given back by: Cashier" in page


def test_home_leads_to_what_waits(
    shop: Shop, manager: User, cashier: User, signed_in: SignIn
) -> None:
    shop.refund()
    shop.refund(state=RefundState.UNKNOWN, next_attempt_at=clock.now())
    for_manager = signed_in(manager).get("/").content.decode()
    assert "Waiting for approval" in for_manager
    assert f"{URL}?state=unknown" in for_manager
    assert "Waiting for approval" not in signed_in(cashier).get("/").content.decode()
