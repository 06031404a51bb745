"""Pages about Alipay's review of stores, and about who stands behind a merchant."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from merchant_portal import clock
from merchant_portal.access import Right, RightMissing
from merchant_portal.accounts.models import Integration
from qrcodes import services, tasks
from qrcodes.countries import COUNTRIES
from qrcodes.errors import Refusal, RegistrationRefused
from qrcodes.forms import RegistrantForm
from qrcodes.history import history_of_registration
from qrcodes.models import Enrolment, Merchant, Registration, in_review_state
from qrcodes.permissions import PortalRequest, Principal, needs
from qrcodes.sentences import reason_sentence, review_standing
from qrcodes.states import ReviewState
from qrcodes.views.codes import calls_about
from qrcodes.views.scoping import may_change_merchant, visible_enrolments, visible_merchants

_PER_PAGE = 50
#: A call due so soon is worth looking again by itself; a review takes minutes or days.
_SOON = timedelta(seconds=15)


def _reviewed(principal: Principal) -> QuerySet[Enrolment]:
    """The enrolments somebody sees whose stores Alipay reviews."""
    rows = visible_enrolments(principal).exclude(account__integration=Integration.DIRECT)
    return rows.select_related("registration", "store__merchant")


def _reviewed_one(principal: Principal, pk: int) -> Enrolment:
    """The enrolment, or 404 where it is not there for this person, or under a direct account."""
    return get_object_or_404(_reviewed(principal), pk=pk)


_ASKED = Q(registration__isnull=False) & ~Q(registration__question="")


@require_GET
@needs(Right.SEE_STORES)
def registration_list(request: PortalRequest) -> HttpResponse:
    """Every store that Alipay reviews, by where its review stands."""
    rows = _reviewed(request.principal).order_by("store__name", "store_id", "pk")
    counts = rows.order_by().aggregate(
        questions=Count("pk", filter=_ASKED),
        **{state.value: Count("pk", filter=in_review_state(state)) for state in ReviewState},
    )
    word, with_question = request.GET.get("state", ""), request.GET.get("question") == "on"
    if word in ReviewState:
        rows = rows.filter(in_review_state(ReviewState(word)))
    if with_question:
        rows = rows.filter(_ASKED)
    page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [_with_registration(row) for row in page],
        "counts": counts,
        "states": [(state, counts[state.value]) for state in ReviewState],
        "state": word if word in ReviewState else "",
        "with_question": with_question,
    }
    return render(request, "qrcodes/registration_list.html", context)


def _with_registration(enrolment: Enrolment) -> Registration:
    """The enrolment's registration; one that nobody asked for yet is begun, but not kept."""
    found: Registration | None = getattr(enrolment, "registration", None)
    return found or Registration(enrolment=enrolment)


@require_GET
@needs(Right.SEE_STORES)
def registration_detail(request: PortalRequest, pk: int) -> HttpResponse:
    enrolment = _reviewed_one(request.principal, pk)
    return render(request, "qrcodes/registration.html", _context(request, enrolment))


@require_GET
@needs(Right.SEE_STORES)
def registration_standing(request: PortalRequest, pk: int) -> HttpResponse:
    """The part of the page that says where the review stands, for a page that looks again."""
    context = _context(request, _reviewed_one(request.principal, pk))
    response = render(request, "qrcodes/_review_standing.html", context)
    if not context["looks_again"]:
        response["HX-Refresh"] = "true"
    return response


def _context(request: PortalRequest, enrolment: Enrolment) -> dict[str, object]:
    registration, store = _with_registration(enrolment), enrolment.store
    may_see_evidence = request.principal.may(Right.SEE_EVIDENCE, store=store)
    is_kept = registration.pk is not None
    return {
        "registration": registration,
        "enrolment": enrolment,
        "store": store,
        "standing": review_standing(registration),
        "looks_again": _is_soon(registration),
        "refusal": reason_sentence(registration.refusal),
        "last_answer": reason_sentence(registration.last_answer),
        "history": history_of_registration(registration) if is_kept else [],
        "calls": calls_about("registration", registration.pk)
        if is_kept and may_see_evidence
        else [],
        "may_see_evidence": may_see_evidence,
        "may_change": request.principal.may(Right.CHANGE_CODES, store=store),
        "may_change_store": request.principal.may(Right.CHANGE_STORES, store=store),
        "may_change_merchant": may_change_merchant(request.principal, store.merchant),
        "why_not": _why_not(enrolment),
        "registrant": services.registrant_of(store.merchant),
        "country": dict(COUNTRIES).get(store.country, store.country),
    }


def _is_soon(registration: Registration) -> bool:
    due_at = registration.next_attempt_at
    return registration.is_under_way and due_at is not None and due_at <= clock.now() + _SOON


def _why_not(enrolment: Enrolment) -> str:
    """Why Alipay cannot be told about the store as it stands; empty where it can."""
    try:
        services.refuse_unregistrable(enrolment)
    except RegistrationRefused as refused:
        return str(refused)
    return ""


@require_POST
@needs(Right.CHANGE_CODES)
def registration_register(request: PortalRequest, pk: int) -> HttpResponse:
    """Tell Alipay about the store of an enrolment, or tell it again."""
    actor = request.principal.actor
    return _change(
        request,
        pk,
        lambda enrolment: services.register_enrolment(enrolment, actor=actor),
        _("Alipay is told about the store."),
    )


@require_POST
@needs(Right.CHANGE_CODES)
def registration_ask(request: PortalRequest, pk: int) -> HttpResponse:
    """Ask Alipay now how the review stands."""
    actor = request.principal.actor
    return _change(
        request,
        pk,
        lambda enrolment: services.ask_review(enrolment, actor=actor),
        _("Alipay is asked about the review."),
    )


def _change(
    request: PortalRequest, pk: int, verb: Callable[[Enrolment], Registration], said: str
) -> HttpResponse:
    enrolment = _reviewed_one(request.principal, pk)
    request.principal.require(Right.CHANGE_CODES, store=enrolment.store)
    try:
        registration = verb(enrolment)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
        tasks.nudge_registration(registration.pk)
    return redirect("registration_detail", enrolment.pk)


def _where_it_sells(merchant: Merchant) -> dict[str, object]:
    """A merchant is mostly registered in the country of its stores."""
    if services.registrant_of(merchant) is not None:
        return {}
    store = merchant.stores.order_by("-pk").first()
    return {"register_country": store.country} if store else {}


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_STORES)
def merchant_registrant(request: PortalRequest, pk: int) -> HttpResponse:
    """Who stands behind the merchant ``pk``; it concerns every store of the merchant."""
    merchant = get_object_or_404(visible_merchants(request.principal), pk=pk)
    if not may_change_merchant(request.principal, merchant):
        raise RightMissing(Right.CHANGE_STORES)
    if not services.registrants_are_named():
        raise Http404
    form = RegistrantForm(
        request.POST or None,
        instance=services.registrant_of(merchant),
        initial=_where_it_sells(merchant),
    )
    if request.method == "POST" and form.is_valid():
        services.save_registrant(merchant, terms=form.cleaned_data, actor=request.principal.actor)
        messages.success(request, _("Who stands behind %s is kept.") % merchant)
        return redirect("registration_list")
    context = {
        "form": form,
        "title": _("Who stands behind %s") % merchant,
        "sub": _("Alipay asks acquirers for this when a store is registered."),
        "button": _("Save"),
    }
    return render(request, "qrcodes/form.html", context, status=422 if form.errors else 200)
