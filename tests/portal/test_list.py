"""The payments list: filters, counts, and who sees what."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.models import User
from payments.models import Payment
from payments.states import PaymentState, Product, Question
from qrcodes.models import Counter, Store
from reconciliation.models import Verdict
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
        {"since": "yesterday"},
        {"since": "2026-03-02T10:00", "until": "2026-03-02T10:00"},
        {"until": "2026-03-02T10:00+08:00"},
        {"since": "0001-01-01T00:00"},
        {"wallet": "NOBODYS"},
        {"product": "guessed"},
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


@pytest.fixture
def a_thousand_more(pay: PayMaker) -> None:
    """More payments than a tile counts."""
    first = pay(100)
    values = {field.attname: getattr(first, field.attname) for field in Payment._meta.fields}
    values |= {"id": None, "alipay_trans_id": "", "partner_trans_id": ""}
    Payment.objects.bulk_create(Payment(**values) for _ in range(1_001))


def test_a_tile_counts_to_a_thousand_and_says_so(
    a_thousand_more: None, pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay(state=PaymentState.CLOSED, paid_at=None)
    tiles = signed_in(finance).get(URL).context["tiles"]
    assert {tile.label: str(tile.count) for tile in tiles} == {
        "All": "1,000+",
        "Paid": "1,000+",
        "Closed unpaid": "1",
    }


def test_wallets_that_paid_are_offered_and_filter(
    pay: PayMaker, listed: Callable[..., list[int]], finance: User, signed_in: SignIn
) -> None:
    pay(wallet="ALIPAYCN")
    there = pay(wallet="ALIPAYHK")
    pay()
    form = signed_in(finance).get(URL).context["form"]
    assert [wallet for wallet, _ in form.fields["wallet"].choices] == ["", "ALIPAYCN", "ALIPAYHK"]
    assert listed(wallet="ALIPAYHK") == [there.pk]


def test_payments_of_one_product_are_found_and_the_filter_is_said(
    pay: PayMaker, listed: Callable[..., list[int]], finance: User, signed_in: SignIn
) -> None:
    pay()
    scanned = pay(product=Product.BARCODE)
    assert listed(product="barcode") == [scanned.pk]
    assert listed(product="order_code") == []
    chips = signed_in(finance).get(URL, {"product": "barcode"}).context["chips"]
    assert [str(chip.label) for chip in chips] == ["Customer's code"]


def test_money_that_went_back_or_is_to_is_found(
    pay: PayMaker, listed: Callable[..., list[int]]
) -> None:
    pay()
    gone = [pay(refunded_minor=1), pay(cancelled_minor=1), pay(reserved_minor=1)]
    assert listed(refunded="on") == [payment.pk for payment in gone]


@pytest.mark.parametrize(
    ("word", "kind"),
    [("AMOUNT_MISMATCH", "PAYMENT"), ("AWAITING", "PAYMENT"), ("MATCHED", "REFUND")],
)
def test_what_no_file_agrees_with_is_not_reconciled(
    word: str, kind: str, pay: PayMaker, listed: Callable[..., list[int]]
) -> None:
    payment = pay()
    pay(state=PaymentState.CLOSED, paid_at=None)
    _compare(payment, word=word, kind=kind)
    assert listed(unreconciled="on") == [payment.pk]


def test_what_the_file_agrees_with_is_reconciled(
    pay: PayMaker, listed: Callable[..., list[int]]
) -> None:
    _compare(pay(), word="MATCHED", kind="PAYMENT")
    assert listed(unreconciled="on") == []


def _compare(payment: Payment, *, word: str, kind: str) -> None:
    Verdict.objects.create(
        account=payment.account,
        day=payment.occurred_at.date(),
        word=word,
        kind=kind,
        payment=payment,
    )


def test_an_instant_is_the_shops_own(
    pay: PayMaker, listed: Callable[..., list[int]], store: Store
) -> None:
    pay(occurred_at=NOON + timedelta(seconds=1))
    inside = pay(occurred_at=NOON)  # 12:00 in New York
    pay(occurred_at=NOON - timedelta(seconds=1))
    found = listed(store=store.pk, since="2026-03-18T12:00", until="2026-03-18T12:00:01")
    assert found == [inside.pk]


def test_each_part_of_a_filter_is_a_chip_that_takes_it_away(
    pay: PayMaker, finance: User, store: Store, signed_in: SignIn
) -> None:
    pay()
    asked = {"store": store.pk, "days": "month", "least": "10", "state": "PAID", "most": ""}
    chips = signed_in(finance).get(URL, asked).context["chips"]
    assert [chip.label for chip in chips] == [str(store), "This month", "10 or more", "Paid"]
    assert chips[1].url == f"?store={store.pk}&least=10&state=PAID"


def test_a_day_in_the_address_is_an_instant_in_the_form(
    finance: User, store: Store, signed_in: SignIn
) -> None:
    asked = {"store": store.pk, "first": "2026-03-18", "last": "2026-03-18"}
    form = signed_in(finance).get(URL, asked).context["form"]
    assert (form.shown_since(), form.shown_until()) == (
        "2026-03-18T00:00:00",
        "2026-03-19T00:00:00",
    )


def test_a_list_of_everything_asked_reads_in_twelve_questions(
    pay: PayMaker,
    cashier: User,
    counter: Counter,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    wanted = pay(wallet="ALIPAYCN", refunded_minor=1)
    asked = {"store": counter.store_id, "counter": counter.pk, "wallet": "ALIPAYCN"}
    asked |= {"days": "", "since": "2026-03-01T00:00", "least": "1", "q": "0001", "refunded": "on"}
    client = signed_in(cashier)
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        rows = client.get(URL, asked).context["page"].rows
    assert [row.pk for row in rows] == [wanted.pk]


def test_the_first_page_is_light(pay: PayMaker, finance: User, signed_in: SignIn) -> None:
    for _ in range(50):
        pay(refunded_minor=100, reserved_minor=100, wallet="ALIPAYCN", buyer="138****2102")
    page = signed_in(finance).get(URL).content
    assert len(gzip.compress(page)) < 120_000
