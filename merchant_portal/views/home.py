"""The home page: what needs a look now, what was taken today, what came last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from merchant_portal import clock
from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from merchant_portal.reports.course import WEEKS, read_courses
from merchant_portal.views.concerns import SILENT, concerns_of
from merchant_portal.views.courses import Links, charts_of, match_chart, takings_of
from payments.listing import with_marks
from payments.models import SilenceAlarm
from payments.places import Places, visible_stores
from payments.views.looking import visible_payments
from qrcodes.models import Counter, QRCode, Registration, Store
from qrcodes.permissions import PortalRequest, Principal, needs
from qrcodes.services import stores_are_registered
from qrcodes.states import CodeState, ReviewState
from reconciliation.models import ComparedDay

_LATEST = 8
_MOST_COUNTERS = 24
_MOST_ALARMS = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One step of setting up, until the first payment."""

    label: str
    is_done: bool
    #: The name of the page where it is done; empty where one may not, or it is not on a page.
    page: str


@require_GET
@needs(Right.SEE_PAYMENTS)
def home(request: PortalRequest) -> HttpResponse:
    """What one should know before anything else."""
    principal, now = request.principal, clock.now()
    stores = visible_stores(principal)
    payments = visible_payments(principal)
    latest = list(with_marks(payments).order_by("-occurred_at", "-pk")[:_LATEST])
    concerns = concerns_of(principal, payments)
    context = {
        "alarms": _silent(stores) if any(each.url == SILENT for each in concerns) else [],
        "concerns": concerns,
        "is_calm": not any(concern.waits for concern in concerns),
        "latest": latest,
        "places": Places(stores),
        "counters": _counters(stores),
        "steps": [] if latest else _steps(principal, stores),
        **_figures(principal, stores, now=now),
    }
    return render(request, "home.html", context)


def _figures(
    principal: Principal, stores: tuple[Store, ...], *, now: datetime
) -> dict[str, object]:
    """Today's takings, and the charts."""
    courses = read_courses(principal, stores, now=now)
    links = Links(principal, courses)
    charts = charts_of(courses, links)
    if principal.holds_everywhere(Right.SEE_STATEMENTS):
        last = clock.transaction_day(now)
        first = last - timedelta(weeks=WEEKS) + timedelta(days=1)
        matched = match_chart(ComparedDay.objects.all(), first=first, last=last)
        charts += [matched] if matched else []
    return {
        "takings": takings_of(courses, links),
        "today_url": links.no_takings,
        "charts": charts,
        "are_of_several_days": len(courses.todays) > 1,
    }


def _silent(stores: tuple[Store, ...]) -> QuerySet[SilenceAlarm]:
    """Counters that are silent for too long, newest first."""
    alarms = SilenceAlarm.objects.open().filter(counter__store__in=[store.pk for store in stores])
    return alarms.select_related("counter__store")[:_MOST_ALARMS]


def _counters(stores: tuple[Store, ...]) -> QuerySet[Counter]:
    """The counters whose screens one may open."""
    pks = [store.pk for store in stores]
    return Counter.objects.filter(store__in=pks).select_related("store")[:_MOST_COUNTERS]


def _steps(principal: Principal, stores: tuple[Store, ...]) -> list[Step]:
    """From an empty portal to the first payment."""
    live = Q(enrolment__store__in=[store.pk for store in stores], state=CodeState.ACTIVE)
    steps = [
        Step(
            _("Add your Alipay account and its key"),
            is_done=Account.objects.exists(),
            page="account_list" if principal.may(Right.SEE_ACCOUNTS) else "",
        ),
        Step(_("Add a store and its counters"), is_done=bool(stores), page="store_list"),
        Step(
            _("Make a code for a counter"),
            is_done=QRCode.objects.filter(live).exists(),
            page="store_list",
        ),
        Step(_("Let a customer scan it and pay"), is_done=False, page=""),
    ]
    if stores_are_registered():
        steps.insert(-1, _approval_step(stores))
    return steps


def _approval_step(stores: tuple[Store, ...]) -> Step:
    """Acquirers and integrators have Alipay review a store before customers pay there."""
    approved = Q(enrolment__store__in=[store.pk for store in stores], state=ReviewState.APPROVED)
    return Step(
        _("Register the store, and have Alipay approve it"),
        is_done=Registration.objects.filter(approved).exists(),
        page="registration_list",
    )
