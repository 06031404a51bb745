"""The home page's figures and charts: what was taken, by day and by hour, and what agrees."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from merchant_portal.access import Right
from merchant_portal.charts import Drawing, Point, draw
from merchant_portal.money import Money
from merchant_portal.reports.course import Booked, Course, Courses
from merchant_portal.templatetags.portal import digits
from qrcodes.permissions import Principal
from reconciliation.models import ComparedDay

_A_WEEK = timedelta(days=7)
_NAMED_EVERY = 7
_HOURS = 24


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture with its words, and the same figures as a table."""

    name: str
    title: str
    #: What is drawn, in a sentence.
    meaning: str
    #: What the highest bar can be read against.
    top: str
    drawing: Drawing
    heads: Sequence[str]
    #: The table's rows, in the order in which people read them.
    rows: Sequence[Point]
    #: Whether marks for the usual stand in it, or bars below the line.
    has_usual: bool = False
    has_below: bool = False


@dataclass(frozen=True, slots=True)
class Today:
    """One currency's takings today, and beside them the same weekday a week ago."""

    total: Money
    paid: Money
    number: int
    given_back: Money
    week_ago: Money | None
    week_ago_so_far: Money | None
    #: The day they are compared with, by its name.
    weekday: str
    url: str
    week_ago_url: str


class Links:
    """Where the rows behind a figure stand, for somebody who may or may not see reports."""

    def __init__(self, principal: Principal, courses: Courses) -> None:
        self._reports = principal.may(Right.EXPORT_REPORTS)
        self._courses = courses
        self._zones = {clock.zone for clock in courses.clocks}

    def days(self, first: date, last: date, currency: str) -> str:
        """The takings report of some business days, else the payments of these days."""
        if not self._reports:
            return f"{reverse('payment_list')}?{urlencode({'first': first, 'last': last})}"
        asked = {"from": first, "to": last, "currency": currency, "by": ["store", "day"]}
        return f"{reverse('report_show', args=['takings'])}?{urlencode(asked, doseq=True)}"

    def today(self, course: Course) -> str:
        return self.days(min(course.todays), course.last, course.currency)

    @property
    def no_takings(self) -> str:
        """Today, where nothing is taken yet."""
        return self.days(min(self._courses.todays), max(self._courses.todays), "")

    def hour(self, hour: int, course: Course) -> str:
        """The payments of an hour of today, where all shops share one clock."""
        if len(self._zones) > 1:
            return self.today(course)
        begins = min(clock.begins.hour for clock in self._courses.clocks)
        day = course.last + timedelta(days=int(hour < begins))
        asked = {"first": day, "last": day, "hour": hour}
        return f"{reverse('payment_list')}?{urlencode(asked)}"


def takings_of(courses: Courses, links: Links) -> list[Today]:
    """Today per currency; a currency in which nothing was taken this week is left out."""
    return [_today(course, links) for course in courses.each if _is_of_this_week(course)]


def _is_of_this_week(course: Course) -> bool:
    return course.today != Booked() or course.week_ago != Booked()


def _today(course: Course, links: Links) -> Today:
    then = course.last - _A_WEEK
    is_comparable = course.week_ago != Booked()
    return Today(
        total=course.money(course.today.net),
        paid=course.money(course.today.paid),
        number=course.today.payments,
        given_back=course.money(course.today.given_back),
        week_ago=course.money(course.week_ago.net) if is_comparable else None,
        week_ago_so_far=course.money(course.week_ago_so_far.net) if is_comparable else None,
        weekday=formats.date_format(then, "l"),
        url=links.today(course),
        week_ago_url=links.days(then, then, course.currency),
    )


def charts_of(courses: Courses, links: Links) -> list[Chart]:
    """By day, and today by hour, of each currency."""
    return [
        chart
        for course in courses.each
        for chart in (_by_day(course, links), _by_hour(course, courses, links))
    ]


def _by_day(course: Course, links: Links) -> Chart:
    days = range((course.last - course.first).days + 1)
    points = [_day_point(course, course.first + timedelta(days=day), links) for day in days]
    highest = course.money(max(point.above for point in points))
    return Chart(
        name=f"days-{course.currency.lower()}",
        title=_("Takings by day, %(currency)s") % {"currency": course.currency},
        meaning=_(
            "What was paid on each business day of the last four weeks; below the line what"
            " went back."
        ),
        top=digits(highest),
        drawing=draw(points),
        heads=[_("Business day"), _("Payments"), _("Paid"), _("Given back"), _("Remains")],
        rows=points[::-1],
        has_below=any(point.below for point in points),
    )


def _day_point(course: Course, day: date, links: Links) -> Point:
    booked = course.by_day[day]
    label = formats.date_format(day, pgettext("date format on a chart", "j M"))
    whole = pgettext("date format on a chart", "D, j M")
    return Point(
        label=label,
        text=_said(formats.date_format(day, whole), course, booked),
        url=links.days(day, day, course.currency),
        above=booked.paid,
        below=max(booked.given_back, 0),
        cells=_cells(course, booked),
        is_named=(course.last - day).days % _NAMED_EVERY == 0,
    )


def _cells(course: Course, booked: Booked) -> tuple[str, ...]:
    amounts = (booked.paid, booked.given_back, booked.net)
    return (str(booked.payments), *(digits(course.money(minor)) for minor in amounts))


def _said(when: str, course: Course, booked: Booked) -> str:
    """A bar in words: ``Fri, 20 Nov: USD 12.50 paid in 1 payment, 2.00 given back``."""
    words = ngettext(
        "%(when)s: %(currency)s %(paid)s paid in %(number)s payment",
        "%(when)s: %(currency)s %(paid)s paid in %(number)s payments",
        booked.payments,
    ) % {
        "when": when,
        "currency": course.currency,
        "paid": digits(course.money(booked.paid)),
        "number": booked.payments,
    }
    if not booked.given_back:
        return words
    back = digits(course.money(booked.given_back))
    return _("%(paid)s, %(back)s given back") % {"paid": words, "back": back}


def _by_hour(course: Course, courses: Courses, links: Links) -> Chart:
    begins = min(clock.begins.hour for clock in courses.clocks)
    hours = [(begins + n) % _HOURS for n in range(_HOURS)]
    points = [_hour_point(course, hour, links) for hour in hours]
    highest = course.money(max(max(point.above, point.usual or 0) for point in points))
    return Chart(
        name=f"hours-{course.currency.lower()}",
        title=_("Today by hour, %(currency)s") % {"currency": course.currency},
        meaning=_(
            "What was paid in each hour of today; the mark is the average of the same"
            " weekday in the last four weeks."
        ),
        top=digits(highest),
        drawing=draw(points),
        heads=[_("Hour"), _("Payments"), _("Paid"), _("Given back"), _("Usual")],
        rows=points,
        has_usual=bool(course.weeks),
        has_below=any(point.below for point in points),
    )


def _hour_point(course: Course, hour: int, links: Links) -> Point:
    booked, usual = course.by_hour[hour], course.usual(hour)
    label, usual_text = f"{hour:02}:00", "—" if usual is None else digits(course.money(usual))
    payments, paid, given_back, _net = _cells(course, booked)
    text = _said(label, course, booked)
    if usual is not None:
        text = _("%(said)s; usually %(usual)s") % {"said": text, "usual": usual_text}
    return Point(
        label=label,
        text=text,
        url=links.hour(hour, course),
        above=booked.paid,
        below=max(booked.given_back, 0),
        usual=usual,
        cells=(payments, paid, given_back, usual_text),
        is_named=hour % 6 == 0,
    )


def match_chart(days: QuerySet[ComparedDay], *, first: date, last: date) -> Chart | None:
    """How much of each transaction day agrees with Alipay's file; None before the first file."""
    rows = list(days.filter(day__gte=first, day__lte=last).order_by("day", "account"))
    if not rows:
        return None
    points = list(_match_points(rows, first=first, last=last))
    return Chart(
        name="matched",
        title=_("Agreeing with Alipay's files"),
        meaning=_("Of what was compared on each of Alipay's days (GMT+8), how much agrees."),
        top="100 %",
        drawing=draw(points, top=1000),
        heads=[_("Day"), _("Compared"), _("Agree"), _("Wait"), _("Differ"), _("Rate")],
        rows=[point for point in points[::-1] if point.cells],
    )


def _match_points(rows: Sequence[ComparedDay], *, first: date, last: date) -> Iterator[Point]:
    by_day: dict[date, list[ComparedDay]] = {}
    for row in rows:
        by_day.setdefault(row.day, []).append(row)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        yield _match_point(day, by_day.get(day, []), is_named=(last - day).days % _NAMED_EVERY == 0)


def _match_point(day: date, rows: Sequence[ComparedDay], *, is_named: bool) -> Point:
    matched = sum(row.matched_count for row in rows)
    waiting = sum(row.awaiting_count for row in rows)
    differing = sum(row.problem_count for row in rows)
    compared = matched + waiting + differing
    per_mille = 1000 * matched // compared if compared else 0
    # Rounded down, so that only a day on which all agrees says 100.
    rate = f"{per_mille / 10:.1f} %" if compared else "—"
    label = formats.date_format(day, pgettext("date format on a chart", "j M"))
    said = _("%(day)s: %(matched)s of %(compared)s agree")
    counts = (compared, matched, waiting, differing)
    return Point(
        label=label,
        text=said % {"day": label, "matched": matched, "compared": compared},
        url=_match_url(day, rows),
        above=per_mille,
        cells=(*(str(count) for count in counts), rate) if rows else (),
        is_named=is_named,
    )


def _match_url(day: date, rows: Sequence[ComparedDay]) -> str:
    """The compared day, or where several accounts have one, its month's list."""
    if len(rows) == 1:
        return rows[0].get_absolute_url()
    return f"{reverse('day_list')}?month={day:%Y-%m}"
