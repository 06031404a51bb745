"""The payments list: filters, search, counts, sums, and who sees what."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.models import User
from payments.models import Payment
from payments.states import PaymentState, Question
from qrcodes.models import Counter, Store
from tests import factories
from tests.portal.conftest import NOON, PayMaker

SignIn = Callable[[User], Client]
URL = "/payments/"


@pytest.fixture
def listed(finance: User, signed_in: SignIn) -> Callable[..., list[int]]:
    """What finance finds with a filter: the primary keys, in the order shown."""
    client = signed_in(finance)

    def ask(**asked: object) -> list[int]:
        response = client.get(URL, asked)
        assert response.status_code == 200
        return [row.pk for row in response.context["page"].rows]

    return ask


def test_the_newest_payment_stands_first(pay: PayMaker, listed: Callable[..., list[int]]) -> None:
    newest, older = pay(), pay()
    assert listed() == [newest.pk, older.pk]


def test_a_tile_filters_by_state(pay: PayMaker, listed: Callable[..., list[int]]) -> None:
    pay()
    unknown = pay(state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    assert listed(state="UNKNOWN") == [unknown.pk]


def test_a_store_and_a_counter_filter(
    pay: PayMaker, listed: Callable[..., list[int]], store: Store
) -> None:
    pay()
    second = factories.counter(store, number=2)
    there = pay(counter=second)
    elsewhere = factories.other_store()
    away = pay(store=elsewhere, counter=None)
    assert listed(counter=second.pk) == [there.pk]
    assert listed(store=elsewhere.pk) == [away.pk]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"least": "10", "most": "20"}, [1]),
        ({"least": "12.51"}, [2]),
        ({"most": "12.50"}, [1]),
    ],
)
def test_amounts_filter_in_major_units(
    pay: PayMaker,
    listed: Callable[..., list[int]],
    asked: dict[str, str],
    expected: list[int],
) -> None:
    by_order = {1: pay(1250).pk, 2: pay(9900).pk}
    assert listed(**asked) == [by_order[number] for number in expected]


def test_an_amount_in_yen_is_whole_yen(pay: PayMaker, listed: Callable[..., list[int]]) -> None:
    pay(1500)
    yen = pay(1500, currency="JPY")
    assert listed(least="1500") == [yen.pk]


def test_a_day_is_the_shops_own(
    pay: PayMaker, listed: Callable[..., list[int]], store: Store
) -> None:
    last_second = datetime(2026, 3, 19, 3, 59, 59, tzinfo=UTC)  # 23:59:59 in New York
    inside = pay(occurred_at=last_second)
    pay(occurred_at=last_second + timedelta(seconds=1))
    assert listed(store=store.pk, first="2026-03-18", last="2026-03-18") == [inside.pk]


@time_machine.travel(NOON, tick=False)
def test_named_days_count_from_the_shops_today(
    pay: PayMaker, listed: Callable[..., list[int]], store: Store
) -> None:
    today = pay(occurred_at=NOON)
    yesterday = pay(occurred_at=NOON - timedelta(days=1))
    last_month = pay(occurred_at=NOON - timedelta(days=25))
    assert listed(store=store.pk, days="today") == [today.pk]
    assert listed(store=store.pk, days="yesterday") == [yesterday.pk]
    assert listed(store=store.pk, days="week") == [today.pk, yesterday.pk]
    assert listed(store=store.pk, days="last-month") == [last_month.pk]


def test_open_questions_and_unplaced_payments_are_found(
    pay: PayMaker, listed: Callable[..., list[int]]
) -> None:
    pay()
    asked = pay(question=Question.PLACE_DIFFERS, question_since=NOON)
    unplaced = pay(store=None, counter=None)
    assert listed(question="on") == [asked.pk]
    assert listed(unplaced="on") == [unplaced.pk]


@pytest.mark.parametrize(
    "typed",
    [
        "2026031822001111000000000001",
        "  2026031822001111000000000001\r\n",
        "2026 0318 2200 1111 0000 0000 0001",
        "２０２６０３１８２２００１１１１００００００００００００１"[:29],
        "7700000001",
        "000001",
    ],
)
def test_any_number_finds_its_payment(
    typed: str, pay: PayMaker, listed: Callable[..., list[int]]
) -> None:
    wanted = pay()
    pay(alipay_trans_id="2026031822009999999999999999", partner_trans_id="8899999999")
    if typed.startswith("２"):
        typed = wanted.alipay_trans_id.translate({48 + n: 0xFF10 + n for n in range(10)})
    assert listed(q=typed) == [wanted.pk]


def test_three_digits_name_nobody(pay: PayMaker, listed: Callable[..., list[int]]) -> None:
    pay()
    assert listed(q="001") == []


@pytest.mark.parametrize(
    "asked",
    [
        {"least": "ten"},
        {"least": "5", "most": "1"},
        {"days": "tomorrow"},
        {"first": "2026-02-30"},
        {"last": "9999-12-31"},
        {"first": "0001-01-01"},
        {"first": "2026-03-02", "last": "2026-03-01"},
        {"state": "LOST"},
        {"store": "999999"},
        {"page": "not-a-cursor"},
        {"page": "%00"},
        {"q": "1" * 500},
    ],
)
def test_a_filter_that_makes_no_sense_is_told_so(
    asked: dict[str, str], finance: User, signed_in: SignIn
) -> None:
    response = signed_in(finance).get(URL, asked)
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()


def test_counts_and_sums_are_of_the_filter_not_of_the_page(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    for _ in range(60):
        pay(100)
    pay(700, currency="HKD")
    summary = signed_in(finance).get(URL).context["summary"]
    assert str(summary.count) == "61"
    assert [str(money) for money in summary.paid] == ["HKD 7.00", "USD 60.00"]


def test_an_unpaid_amount_is_not_in_the_sum(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay(100)
    pay(900, state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    pay(900, state=PaymentState.CLOSED, paid_at=None)
    assert [str(money) for money in signed_in(finance).get(URL).context["summary"].paid] == [
        "USD 1.00"
    ]


def test_a_tile_keeps_the_rest_of_the_filter(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay()
    tiles = signed_in(finance).get(URL, {"least": "10"}).context["tiles"]
    paid = next(tile for tile in tiles if tile.label == "Paid")
    assert paid.url == "?least=10&state=PAID"


def test_a_cashier_sees_only_the_store(pay: PayMaker, cashier: User, signed_in: SignIn) -> None:
    mine = pay()
    pay(store=factories.other_store(), counter=None)
    pay(store=None, counter=None)
    rows = signed_in(cashier).get(URL).context["page"].rows
    assert [row.pk for row in rows] == [mine.pk]


def test_an_outsiders_search_finds_nothing(
    pay: PayMaker, outsider: User, signed_in: SignIn
) -> None:
    response = signed_in(outsider).get(URL, {"q": pay().alipay_trans_id})
    assert response.context["page"].rows == []


def test_a_cashier_cannot_choose_somebody_elses_store(cashier: User, signed_in: SignIn) -> None:
    theirs = factories.other_store()
    assert signed_in(cashier).get(URL, {"store": theirs.pk}).status_code == 400


def test_an_empty_search_offers_to_ask_alipay(cashier: User, signed_in: SignIn) -> None:
    page = signed_in(cashier).get(URL, {"q": "12345678"}).content.decode()
    assert f"{reverse('lookup_new')}?number=12345678" in page


def test_an_open_list_hears_nothing_while_nothing_is_new(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    newest = pay()
    client = signed_in(finance)
    headers = {"HX-Request": "true"}
    assert client.get(URL, {"seen": newest.pk}, headers=headers).status_code == 204
    pay()
    response = client.get(URL, {"seen": newest.pk}, headers=headers)
    assert response.content.decode().strip().startswith('<div id="payments"')


@pytest.mark.parametrize("seen", ["9" * 5000, "-1", "１２", "x"])
def test_an_open_list_that_has_seen_nonsense_is_shown_anew(
    seen: str, finance: User, signed_in: SignIn
) -> None:
    response = signed_in(finance).get(URL, {"seen": seen}, headers={"HX-Request": "true"})
    assert response.status_code == 200


def test_an_open_list_hears_nothing_of_other_stores(
    pay: PayMaker, cashier: User, signed_in: SignIn
) -> None:
    mine = pay()
    pay(store=factories.other_store(), counter=None)
    response = signed_in(cashier).get(URL, {"seen": mine.pk}, headers={"HX-Request": "true"})
    assert response.status_code == 204


def test_the_list_reads_as_much_for_fifty_rows_as_for_one(
    pay: PayMaker,
    finance: User,
    signed_in: SignIn,
    counter: Counter,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    for _ in range(55):
        pay()
    client = signed_in(finance)
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        assert len(client.get(URL).context["page"].rows) == 50
    assert Payment.objects.count() == 55


def test_somebody_of_a_merchant_sees_all_its_stores_and_no_other(
    pay: PayMaker, store: Store, signed_in: SignIn
) -> None:
    person = factories.person(Role.FINANCE, name="of the merchant")
    person.memberships.update(merchant=store.merchant)
    second = factories.store(code="PIER4", merchant=store.merchant)
    expected = [pay().pk, pay(store=second, counter=None).pk]
    pay(store=factories.other_store(), counter=None)
    pay(store=None, counter=None)
    rows = signed_in(person).get(URL).context["page"].rows
    assert [row.pk for row in rows] == expected


def test_a_count_stops_at_ten_thousand_and_says_so(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    first = pay(100)
    values = {field.attname: getattr(first, field.attname) for field in Payment._meta.fields}
    values |= {"id": None, "alipay_trans_id": "", "partner_trans_id": ""}
    Payment.objects.bulk_create(Payment(**values) for _ in range(10_001))
    response = signed_in(finance).get(URL)
    assert str(response.context["summary"].count) == "10,000+"
    assert str(response.context["tiles"][1].count) == "1,000+"
    assert "sums of the newest 10,000" in response.content.decode()
