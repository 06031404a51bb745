"""The home page's charts: the takings report's own figures, each bar a link to its rows."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client

from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from merchant_portal.reports.catalogue import find_report
from merchant_portal.reports.forms import ReportForm
from merchant_portal.reports.narrowing import rows_of
from merchant_portal.views.courses import Chart
from payments import ledger
from payments.states import PaymentState
from qrcodes.models import Counter, Store
from qrcodes.permissions import principal_of
from reconciliation.models import ComparedDay
from tests import factories
from tests.portal.conftest import NOON, PayMaker
from tests.reports.rows import cancelled, refunded

SignIn = Callable[[User], Client]
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """A Wednesday noon; what is asked is not how fast the suite is."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def look(signed_in: SignIn) -> Callable[[User], dict[str, Any]]:
    return lambda user: signed_in(user).get("/").context


def _chart(context: dict[str, Any], name: str) -> Chart:
    return next(chart for chart in context["charts"] if chart.name == name)


def _reported(user: User, **asked: object) -> dict[str, tuple[int, int, int, int]]:
    """The takings report by day: payments, paid, given back, remains."""
    report, principal = find_report("takings"), principal_of(user)
    form = ReportForm({**asked, "by": ["day"]}, report=report, principal=principal)
    rows = rows_of(report, form.read(), principal=principal)
    return {str(row[0]): tuple(row[2:]) for row in rows}


def _drawn(chart: Chart) -> dict[str, tuple[int, ...]]:
    """The chart's table by the day its link names, in minor units; days of nothing left out."""
    found = {}
    for point in chart.rows:
        day = parse_qs(urlsplit(point.url).query)["from"][0]
        found[day] = tuple(int(cell.replace(",", "").replace(".", "")) for cell in point.cells)
    return {day: cells for day, cells in found.items() if any(cells)}


@pytest.mark.parametrize("begins", ["00:00", "06:00", "05:37", "23:59"])
def test_each_days_figures_are_the_takings_reports(
    begins: str, take: PayMaker, store: Store, finance: User, look: Callable[[User], Any]
) -> None:
    Store.objects.filter(pk=store.pk).update(business_day_starts=begins)
    for hours in range(0, 24 * 40, 17):
        payment = take(1000 + hours, occurred_at=NOON - timedelta(hours=hours, seconds=hours))
        if hours % 5 == 0:
            refunded(payment, 300, at=NOON - timedelta(hours=hours // 2))
        if hours % 11 == 0:
            cancelled(payment)
    # Where the day begins a minute before midnight, noon belongs to the day before.
    today = NOON.date() - timedelta(days=int(begins == "23:59"))
    context = look(finance)
    reported = _reported(finance, **{"from": today - timedelta(days=27), "to": today})
    assert len(reported) == 28
    assert _drawn(_chart(context, "days-usd")) == reported


def test_todays_tile_is_the_report_it_links_to(
    take: PayMaker, finance: User, look: Callable[[User], Any]
) -> None:
    refunded(take(5000, occurred_at=NOON - WEEK), 700, at=NOON - timedelta(minutes=3))
    take(1234)
    (taking,) = look(finance)["takings"]
    asked = parse_qs(urlsplit(taking.url).query)
    (row,) = _reported(finance, **{name: asked[name][0] for name in ("from", "to")}).values()
    assert row == (
        taking.number,
        taking.paid.minor,
        taking.given_back.minor,
        taking.total.minor,
    )


def test_today_is_compared_with_the_same_weekday_by_this_time(
    take: PayMaker, finance: User, look: Callable[[User], Any]
) -> None:
    take(100)
    take(2000, occurred_at=NOON - WEEK - timedelta(hours=2))
    take(400, occurred_at=NOON - WEEK + timedelta(hours=2))
    (taking,) = look(finance)["takings"]
    assert (str(taking.week_ago_so_far), str(taking.week_ago)) == ("USD 20.00", "USD 24.00")
    assert taking.weekday == "Wednesday"


@time_machine.travel(datetime(2026, 3, 9, 15, 30, tzinfo=UTC), tick=False)
def test_this_time_is_the_shops_clock_also_when_it_has_changed(
    take: PayMaker, finance: User, look: Callable[[User], Any]
) -> None:
    a_week_ago = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)  # 11:00; now it is 11:30
    take(1000, occurred_at=a_week_ago)
    take(300, occurred_at=a_week_ago + timedelta(minutes=45))
    (taking,) = look(finance)["takings"]
    assert str(taking.week_ago_so_far) == "USD 10.00"


def test_the_usual_is_the_average_of_the_weekdays_on_which_there_was_something(
    take: PayMaker, finance: User, look: Callable[[User], Any]
) -> None:
    take(100)
    take(2000, occurred_at=NOON - WEEK)
    take(1000, occurred_at=NOON - 2 * WEEK + timedelta(hours=1))  # clocks went forward since
    take(9999, occurred_at=NOON - timedelta(days=1))  # a Tuesday
    hours = _chart(look(finance), "hours-usd")
    (at_noon,) = [point for point in hours.rows if point.label == "12:00"]
    assert at_noon.usual == 1500


def test_an_hours_bar_leads_to_the_payments_of_that_hour(
    take: PayMaker, finance: User, signed_in: SignIn, look: Callable[[User], Any]
) -> None:
    take(4321, occurred_at=NOON - timedelta(minutes=30))
    take(8765, occurred_at=NOON - timedelta(hours=3))
    hours = _chart(look(finance), "hours-usd")
    (bar,) = [point for point in hours.rows if point.label == "11:00"]
    page = signed_in(finance).get(bar.url)
    assert [row.amount_minor for row in page.context["page"].rows] == [4321]


def test_a_business_days_night_leads_to_the_next_calendar_day(
    store: Store, take: PayMaker, finance: User, look: Callable[[User], Any]
) -> None:
    Store.objects.filter(pk=store.pk).update(business_day_starts="06:00")
    take(100)
    urls = {point.label: point.url for point in _chart(look(finance), "hours-usd").rows}
    assert "first=2026-03-18" in urls["06:00"]
    assert "first=2026-03-19" in urls["05:00"]


def test_currencies_are_never_added_up(
    take: PayMaker, finance: User, look: Callable[[User], Any]
) -> None:
    take(1000)
    take(90_000, currency="JPY")
    context = look(finance)
    assert [str(taking.total) for taking in context["takings"]] == ["JPY 90000", "USD 10.00"]
    assert [chart.name for chart in context["charts"]] == [
        "days-jpy",
        "hours-jpy",
        "days-usd",
        "hours-usd",
    ]


def _tokyo() -> Store:
    tokyo = factories.store(code="TOKYO", merchant=Store.objects.get().merchant)
    Store.objects.filter(pk=tokyo.pk).update(time_zone="Asia/Tokyo")
    return tokyo


def test_a_currencys_today_is_that_of_the_shops_that_take_it(
    take: PayMaker, finance: User, look: Callable[[User], Any]
) -> None:
    take(1000)
    take(200, store=_tokyo(), counter=None, currency="JPY")
    yen, dollars = look(finance)["takings"]
    assert "from=2026-03-19&to=2026-03-19" in yen.url
    assert "from=2026-03-18&to=2026-03-18" in dollars.url


def test_shops_of_two_zones_keep_their_own_days(
    take: PayMaker, finance: User, look: Callable[[User], Any]
) -> None:
    tokyo = _tokyo()
    take(1000)  # in New York it is the 18th; in Tokyo, an hour past midnight, the 19th
    take(200, store=tokyo, counter=None)
    context = look(finance)
    reported = _reported(finance, **{"from": "2026-02-20", "to": "2026-03-19"})
    assert _drawn(_chart(context, "days-usd")) == reported
    assert set(reported) == {"2026-03-18", "2026-03-19"}


def test_a_payment_of_no_shop_is_of_alipays_day(
    take: PayMaker, finance: User, look: Callable[[User], Any]
) -> None:
    take(1000)
    take(200, store=None, counter=None, occurred_at=NOON)  # past midnight at Alipay
    take(300, store=None, counter=None, occurred_at=NOON - timedelta(hours=1))
    reported = _reported(finance, **{"from": "2026-02-19", "to": "2026-03-18"})
    assert _drawn(_chart(look(finance), "days-usd")) == reported
    assert reported["2026-03-18"][3] == 1300


def test_a_stores_own_people_see_its_refunds_of_older_payments(
    take: PayMaker, manager: User, look: Callable[[User], Any]
) -> None:
    refunded(take(5000, occurred_at=NOON - 9 * WEEK), 700, at=NOON - timedelta(minutes=3))
    take(1000)
    (taking,) = look(manager)["takings"]
    assert str(taking.total) == "USD 3.00"


def test_somebody_elses_takings_are_not_drawn(
    take: PayMaker, outsider: User, look: Callable[[User], Any]
) -> None:
    take(1000)
    assert look(outsider)["charts"] == []


def test_who_may_not_see_reports_is_led_to_payments(
    take: PayMaker, cashier: User, look: Callable[[User], Any]
) -> None:
    take(1000)
    days = _chart(look(cashier), "days-usd")
    assert days.rows[0].url == "/payments/?first=2026-03-18&last=2026-03-18"


def test_what_is_not_booked_is_not_drawn(
    pay: PayMaker, finance: User, look: Callable[[User], Any]
) -> None:
    pay(1000, state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    assert look(finance)["charts"] == []


def test_a_refund_that_came_back_is_taken_off_what_went_back(
    take: PayMaker, finance: User, look: Callable[[User], Any]
) -> None:
    payment = take(1000)
    refund = refunded(payment, 300, at=NOON - timedelta(minutes=2))
    ledger.post_refund_reversal(
        payment, refund.amount, reference=refund.partner_refund_id, occurred_at=NOON
    )
    (taking,) = look(finance)["takings"]
    assert (taking.given_back.minor, taking.total.minor) == (0, 1000)


def _compared(account: Account, *, matched: int, differing: int) -> ComparedDay:
    return ComparedDay.objects.create(
        account=account,
        day=datetime(2026, 3, 17, tzinfo=UTC).date(),
        matched_count=matched,
        problem_count=differing,
    )


def test_the_match_rate_says_100_only_where_all_agrees(
    account: Account, counter: Counter, finance: User, look: Callable[[User], Any]
) -> None:
    day = _compared(account, matched=9999, differing=1)
    (point,) = _chart(look(finance), "matched").rows
    assert point.cells == ("10000", "9999", "0", "1", "99.9 %")
    assert point.url == day.get_absolute_url()


def test_the_match_rate_is_for_those_who_see_the_files(
    account: Account, manager: User, look: Callable[[User], Any]
) -> None:
    _compared(account, matched=1, differing=0)
    assert look(manager)["charts"] == []


def test_a_chart_can_be_read_without_seeing_it(
    take: PayMaker, finance: User, signed_in: SignIn
) -> None:
    take(1000)
    page = signed_in(finance).get("/").content.decode()
    assert 'aria-labelledby="days-usd-title days-usd-meaning"' in page
    assert '<title id="days-usd-title">Takings by day, USD</title>' in page
    assert page.count("<summary>As a table</summary>") == 2
    assert 'aria-label="Wed, 18 Mar: USD 10.00 paid in 1 payment"' in page
