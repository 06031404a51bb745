"""What stands in each report: takings, open items, refunds and cancels, the ledger."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client

from merchant_portal.models import User
from merchant_portal.reports.catalogue import CATALOGUE
from merchant_portal.reports.definition import FilterName
from payments.models import Payment
from payments.states import PaymentState
from qrcodes.models import Counter, Store
from reconciliation.models import Discrepancy, Verdict
from reconciliation.states import DiscrepancyState, LineKind, VerdictWord
from refunds.states import RefundOrigin, RefundState
from tests import factories
from tests.reports.conftest import NOON, PayMaker
from tests.reports.rows import cancelled, last_job, made_workbook, refund, refunded, sheets, table

Download = Callable[..., bytes]
Rows = Callable[..., list[tuple[str, ...]]]


@pytest.fixture
def rows(download: Download) -> Rows:
    """Some columns of a report's rows."""

    def read(name: str, *columns: str, **asked: object) -> list[tuple[str, ...]]:
        found = table(download(name, **asked))
        return [tuple(row[column].strip() for column in columns) for row in found]

    return read


# ---- Takings


@pytest.mark.parametrize(
    ("begins", "hour_utc", "expected"),
    [(0, 3, "2026-03-17"), (0, 4, "2026-03-18"), (5, 8, "2026-03-17"), (5, 9, "2026-03-18")],
)
def test_takings_are_of_the_stores_own_business_day(
    begins: int, hour_utc: int, expected: str, pay: PayMaker, rows: Rows
) -> None:
    Store.objects.update(business_day_starts=time(begins))
    pay(at=datetime(2026, 3, 18, hour_utc, 30, tzinfo=UTC))
    assert rows("takings", "Business day") == [(expected,)]


def test_takings_of_days_begin_and_end_with_them(pay: PayMaker, rows: Rows) -> None:
    for hour in (3, 4, 27, 28):
        pay(at=datetime(2026, 3, 18, tzinfo=UTC) + timedelta(hours=hour))
    days = {"from": "2026-03-18", "to": "2026-03-18"}
    assert rows("takings", "Business day", "Payments", **days) == [("2026-03-18", "2")]


def test_what_goes_back_later_is_taken_off_that_day(pay: PayMaker, rows: Rows) -> None:
    payment = pay(1250)
    refunded(payment, 500, at=NOON + timedelta(days=2))
    assert rows("takings", "Business day", "Paid", "Given back", "Remains") == [
        ("2026-03-18", "12.50", "0.00", "12.50"),
        ("2026-03-20", "0.00", "5.00", "-5.00"),
    ]


def test_takings_are_added_up_by_what_was_chosen(
    pay: PayMaker, store: Store, counter: Counter, rows: Rows
) -> None:
    pay(100, wallet="ALIPAYCN")
    pay(200, wallet="ALIPAYHK", counter=factories.counter(store, number=2))
    pay(300, wallet="ALIPAYHK")
    assert rows("takings", "Wallet", "Paid", by="wallet") == [
        ("ALIPAYCN", "1.00"),
        ("ALIPAYHK", "5.00"),
    ]
    assert rows("takings", "Counter code", "Paid", by="counter") == [("C1", "4.00"), ("C2", "2.00")]


def test_takings_are_of_what_is_booked(pay: PayMaker, rows: Rows) -> None:
    pay(state=PaymentState.CONFIRMING, next_attempt_at=NOON)
    assert rows("takings", "Paid") == []


# ---- Open items


def _agrees(payment: Payment, word: VerdictWord) -> None:
    Verdict.objects.create(
        account=payment.account,
        day=NOON.date(),
        word=word,
        kind=LineKind.PAYMENT,
        payment=payment,
    )


def test_a_payment_in_their_file_is_no_open_item(pay: PayMaker, rows: Rows) -> None:
    _agrees(pay(), VerdictWord.MATCHED)
    assert rows("open-items", "Why open") == []


def test_a_payment_that_waits_for_their_next_file_says_so(pay: PayMaker, rows: Rows) -> None:
    _agrees(pay(), VerdictWord.AWAITING)
    pay()
    assert rows("open-items", "Standing") == [
        ("Waiting for their next file",),
        ("No line agrees yet",),
    ]


@pytest.mark.parametrize(
    ("state", "standing"),
    [
        (PaymentState.UNKNOWN, "Unknown: paid or not?"),
        (PaymentState.CONFIRMING, "Paid, being confirmed"),
    ],
)
def test_a_payment_without_an_end_is_open(
    state: PaymentState, standing: str, pay: PayMaker, rows: Rows
) -> None:
    pay(state=state, paid_at=None, next_attempt_at=NOON)
    shown = rows("open-items", "Why open", "Standing", "Amount")
    assert shown == [("No end yet", standing, "12.50")]


@pytest.mark.parametrize("state", [PaymentState.PENDING, PaymentState.CLOSED])
def test_what_is_not_paid_is_owed_by_nobody(state: PaymentState, pay: PayMaker, rows: Rows) -> None:
    pay(state=state, paid_at=None, next_attempt_at=NOON)
    assert rows("open-items", "Why open") == []


def test_money_on_its_way_back_counts_below_zero(pay: PayMaker, rows: Rows) -> None:
    payment = pay(1250)
    _agrees(payment, VerdictWord.MATCHED)
    refund(payment, 500, state=RefundState.UNKNOWN)
    assert rows("open-items", "Kind", "Standing", "Amount") == [
        ("Refund", "Sent, outcome unknown", "-5.00")
    ]


def test_a_refund_made_elsewhere_is_open_until_it_is_booked(pay: PayMaker, rows: Rows) -> None:
    payment = pay(1250)
    _agrees(payment, VerdictWord.MATCHED)
    refund(payment, 500, origin=RefundOrigin.ELSEWHERE, booked_at=None)
    assert rows("open-items", "Standing") == [("Made at Alipay's portal, not booked",)]


def test_a_cancelled_payment_stands_with_what_undid_it(pay: PayMaker, rows: Rows) -> None:
    payment = pay(1250)
    cancelled(payment)
    Payment.objects.update(state=PaymentState.CANCELLED, cancelled_minor=1250)
    assert rows("open-items", "Kind", "Amount") == [("Payment", "12.50"), ("Cancel", "-12.50")]


def test_an_open_difference_is_open_until_it_is_resolved(pay: PayMaker, rows: Rows) -> None:
    payment = pay()
    _agrees(payment, VerdictWord.MATCHED)
    values = {"account": payment.account, "day": NOON.date(), "word": VerdictWord.AMOUNT_MISMATCH,
              "found_at": NOON, "last_found_at": NOON, "currency": "USD"}  # fmt: skip
    Discrepancy.objects.create(
        key="a", state=DiscrepancyState.OPEN, difference_minor=-50, payment=payment, **values
    )
    Discrepancy.objects.create(
        key="b", state=DiscrepancyState.RESOLVED, difference_minor=-50, settled_at=NOON, **values
    )
    assert rows("open-items", "Standing", "Amount") == [("Different amount", "-0.50")]


@pytest.fixture
def doubled(pay: PayMaker) -> Payment:
    """A payment whose row stands twice in their file: a difference without an amount."""
    payment = pay()
    _agrees(payment, VerdictWord.MATCHED)
    values = {"account": payment.account, "day": NOON.date(), "found_at": NOON}
    Discrepancy.objects.create(
        key="a", state=DiscrepancyState.OPEN, word=VerdictWord.DUPLICATE_ROW, last_found_at=NOON,
        payment=payment, **values,
    )  # fmt: skip
    return payment


def test_a_difference_without_an_amount_is_counted_and_adds_up_to_nothing(
    doubled: Payment, download: Download
) -> None:
    download("open-items")
    assert last_job().control["totals"] == [["Open difference", "", "1", ""]]


def test_a_workbook_leaves_the_sum_of_no_amounts_empty(doubled: Payment, finance: User) -> None:
    made = sheets(made_workbook("open-items", finance).path)
    assert [text for _type, text in made["Control"][-1]][-1] == "1"


def test_a_page_shows_no_sum_where_there_are_no_amounts(
    doubled: Payment, finance: User, signed_in: Callable[[User], Client]
) -> None:
    page = signed_in(finance).get("/reports/open-items/").content.decode()
    assert "Open difference" in page


def test_an_open_item_tells_its_age_in_whole_days(pay: PayMaker, rows: Rows) -> None:
    pay()
    with time_machine.travel(NOON + timedelta(days=3, hours=23), tick=False):
        assert rows("open-items", "Age in days") == [("3",)]


def test_open_items_are_chosen_by_why_they_are_open(pay: PayMaker, rows: Rows) -> None:
    pay()
    pay(state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    assert rows("open-items", "Why open", state="unsettled") == [("No end yet",)]


# ---- Refunds and cancels


def test_refunds_and_cancels_stand_in_one_report(pay: PayMaker, rows: Rows) -> None:
    refund(pay(), 500)
    cancelled(pay())
    shown = rows("refunds-and-cancels", "Kind", "State", "Amount")
    assert sorted(shown) == [("Cancel", "Cancelled", "12.50"), ("Refund", "Refunded", "5.00")]
    assert last_job().control["totals"] == [
        ["Cancel", "Cancelled", "USD", "1", "12.50"],
        ["Refund", "Refunded", "USD", "1", "5.00"],
    ]


def test_a_refund_is_found_by_the_end_of_its_number(pay: PayMaker, rows: Rows) -> None:
    payment = pay()
    refund(payment, 100)
    refund(payment, 200)
    assert rows("refunds-and-cancels", "Amount", number="0002") == [("2.00",)]


# ---- Every report


def test_every_report_has_its_order_its_types_and_its_sums_among_its_columns() -> None:
    for report in CATALOGUE.values():
        names = {column.name for column in report.columns}
        assert {*report.order, *report.types, *report.sums, "currency"} <= names


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_filter_narrows(name: str, pay: PayMaker, download: Download, store: Store) -> None:
    """Each filter that leaves the row is said in words; each that does not leaves none."""
    payment = pay(1250, wallet="ALIPAYCN")
    refund(payment, 500)
    said = {
        FilterName.ACCOUNT: payment.account_id,
        FilterName.MERCHANT: store.merchant_id,
        FilterName.STORE: store.pk,
        FilterName.COUNTER: payment.counter_id,
        FilterName.WALLET: "ALIPAYCN",
        FilterName.PRODUCT: "merchant_qr",
        FilterName.CURRENCY: "USD",
    }
    asked = {each.value: value for each, value in said.items()}
    assert table(download(name, **asked)) == table(download(name))
    assert table(download(name, **(asked | {"wallet": "ALIPAYHK"}))) == []
    assert table(download(name, **(asked | {"product": "barcode"}))) == []
    assert table(download(name, **(asked | {"currency": "JPY"}))) == []


def test_amounts_are_narrowed_in_the_currency_they_are_of(pay: PayMaker, rows: Rows) -> None:
    pay(1250)
    pay(2000)
    pay(1250, currency="JPY")
    between = {"least": "12.50", "most": "19.99", "currency": "USD"}
    assert rows("transactions", "Amount", **between) == [("12.50",)]


def test_days_are_those_of_the_shop_and_in_the_ledger_alipays(pay: PayMaker, rows: Rows) -> None:
    pay(at=datetime(2026, 3, 18, 17, tzinfo=UTC))  # the 18th in New York, the 19th in GMT+8
    day = {"from": "2026-03-18", "to": "2026-03-18"}
    assert len(rows("transactions", "Amount", **day)) == 1
    assert rows("ledger", "Amount", **day) == []
