"""The home page: what needs a look now, what was taken today, what came last."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from merchant_portal import clock
from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from merchant_portal.views.inspector import visible_notifications
from payments.listing import Count, capped_count, with_marks
from payments.models import Payment, Quarantined
from payments.places import Places, visible_stores
from payments.states import PaymentState
from payments.takings import takings_today
from payments.views.looking import visible_payments
from qrcodes.models import Counter, QRCode, Registration, Store
from qrcodes.permissions import PortalRequest, Principal, needs
from qrcodes.services import stores_are_registered
from qrcodes.states import CodeState, ReviewState
from reconciliation.models import Discrepancy, StatementFile
from reconciliation.states import FileState
from refunds.forms import Group
from refunds.listing import visible as visible_givings

_LATEST = 8
_MOST_COUNTERS = 24


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that waits for a person, and where it is looked after."""

    label: str
    count: Count
    url: str
    icon: str


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
    principal = request.principal
    stores = visible_stores(principal)
    payments = visible_payments(principal)
    latest = list(with_marks(payments).order_by("-occurred_at", "-pk")[:_LATEST])
    context = {
        "concerns": [concern for concern in _concerns(principal, payments) if concern.count.number],
        "takings": takings_today(payments, stores, now=clock.now()),
        "latest": latest,
        "places": Places(stores),
        "counters": _counters(stores),
        "steps": [] if latest else _steps(principal, stores),
    }
    return render(request, "home.html", context)


def _concerns(principal: Principal, payments: QuerySet[Payment]) -> list[Concern]:
    found = [*_payment_concerns(payments), *_giving_back_concerns(principal)]
    if principal.may(Right.SEE_NOTIFICATIONS):
        found += _notification_concerns(principal)
    if principal.may(Right.SEE_STORES):
        found += [_code_concern(principal), _review_concern(principal)]
    if principal.holds_everywhere(Right.SEE_STATEMENTS):
        found += [_late_file_concern(), _difference_concern()]
    return found


def _payment_concerns(payments: QuerySet[Payment]) -> list[Concern]:
    listed = reverse("payment_list")
    unknown = capped_count(payments.filter(state=PaymentState.UNKNOWN))
    asked = capped_count(payments.exclude(question=""))
    return [
        Concern(
            _("Unknown: paid or not?"),
            unknown,
            f"{listed}?state=UNKNOWN",
            "circle-question-mark",
        ),
        Concern(
            _("Questions to settle"),
            asked,
            f"{listed}?question=on",
            "message-circle-question-mark",
        ),
    ]


def _giving_back_concerns(principal: Principal) -> list[Concern]:
    rows, listed = visible_givings(principal), reverse("giving_back_list")
    found = [
        Concern(
            _("Money back, outcome unknown"),
            rows.among(Group.UNKNOWN).count(),
            f"{listed}?state={Group.UNKNOWN}",
            "circle-question-mark",
        ),
        Concern(
            _("Money on its way back"),
            rows.among(Group.ON_ITS_WAY).count(),
            f"{listed}?state={Group.ON_ITS_WAY}",
            "undo-2",
        ),
        Concern(
            _("Not cancelled: decide anew"),
            rows.among(Group.AGREE_ANEW).count(),
            f"{listed}?state={Group.AGREE_ANEW}",
            "alarm-clock-off",
        ),
    ]
    if principal.may(Right.APPROVE_GIVING_BACK):
        mine = visible_givings(principal, right=Right.APPROVE_GIVING_BACK)
        waiting = mine.among(Group.WAITING).count()
        inbox = reverse("approval_list")
        found.append(Concern(_("Waiting for approval"), waiting, inbox, "user-round-check"))
    return found


def _notification_concerns(principal: Principal) -> list[Concern]:
    waiting = capped_count(visible_notifications(principal).waiting())
    found = [
        Concern(_("Notifications waiting"), waiting, reverse("notification_list"), "hourglass")
    ]
    if principal.holds_everywhere(Right.SEE_NOTIFICATIONS):
        held = capped_count(Quarantined.objects.held())
        found.append(
            Concern(_("Messages in quarantine"), held, reverse("quarantine_list"), "shield-alert")
        )
    return found


def _code_concern(principal: Principal) -> Concern:
    scope = principal.scope(Right.SEE_STORES, store_path="enrolment__store")
    codes = capped_count(QRCode.objects.filter(scope).exclude(question=""))
    return Concern(_("Codes with a question"), codes, reverse("store_list"), "qr-code")


def _review_concern(principal: Principal) -> Concern:
    scope = principal.scope(Right.SEE_STORES, store_path="enrolment__store")
    asked = capped_count(Registration.objects.filter(scope).exclude(question=""))
    listed = f"{reverse('registration_list')}?question=on"
    return Concern(_("Stores Alipay's review left open"), asked, listed, "stamp")


def _late_file_concern() -> Concern:
    late = capped_count(StatementFile.objects.missed())
    listed = f"{reverse('statement_list')}?state={FileState.LATE.value}"
    return Concern(_("Alipay's files that are late"), late, listed, "clock-alert")


def _difference_concern() -> Concern:
    open_ones = capped_count(Discrepancy.objects.open())
    return Concern(
        _("Differences to Alipay's files"), open_ones, reverse("discrepancy_list"), "scale"
    )


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
