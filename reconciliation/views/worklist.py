"""The worklist: what differs between Alipay's files and our books, and what people decide.

Differences belong to accounts and so to no store: the pages are for those whose right holds
everywhere.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from merchant_portal import step_up
from merchant_portal.access import Right
from merchant_portal.keyset import read_page
from merchant_portal.step_up import ConfirmationRefused
from payments.listing import capped_count
from qrcodes.permissions import PortalRequest, needs
from reconciliation import services
from reconciliation.advice import advice_about, aligned
from reconciliation.errors import ResolutionRefused
from reconciliation.models import Discrepancy
from reconciliation.worklist_forms import BookingForm, DecisionForm, DiscrepancyFilterForm

_PAGE_SIZE = 50


@require_GET
@needs(Right.SEE_STATEMENTS)
def discrepancy_list(request: PortalRequest) -> HttpResponse:
    """What differs, newest first; unless asked otherwise what is open."""
    request.principal.require_everywhere(Right.SEE_STATEMENTS)
    form = DiscrepancyFilterForm(request.GET)
    if not form.is_valid():
        return render(request, "reconciliation/discrepancy_list.html", {"form": form}, status=400)
    asked = form.read(request.principal.actor.user)
    rows = Discrepancy.objects.filter(asked.wanted)
    related = rows.select_related("account", "owner", "payment__store")
    kept = {name: value for name, value in request.GET.items() if value and name != "page"}
    context = {
        "form": form,
        "asked": asked,
        "count": capped_count(rows),
        "page": read_page(related, time="", cursor=asked.cursor, size=_PAGE_SIZE),
        "query": urlencode(kept),
    }
    return render(request, "reconciliation/discrepancy_list.html", context)


@require_GET
@needs(Right.SEE_STATEMENTS)
def discrepancy_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """One difference: both sides, what it means, and what was decided."""
    request.principal.require_everywhere(Right.SEE_STATEMENTS)
    return _show(request, _get(pk))


def _show(
    request: PortalRequest, discrepancy: Discrepancy, refused: DecisionForm | None = None
) -> HttpResponse:
    may_resolve = request.principal.holds_everywhere(Right.RESOLVE_DISCREPANCIES)
    context = {
        "difference": discrepancy,
        "rows": aligned(discrepancy),
        "advice": advice_about(discrepancy),
        "moves": discrepancy.moves.all(),
        "may_resolve": may_resolve,
        "offer": services.offer_of(discrepancy) if may_resolve else None,
        "decision_form": refused or DecisionForm(),
        "booking_form": BookingForm(auto_id="booking_%s"),
        "alike": capped_count(services.alike(discrepancy)) if discrepancy.is_open else None,
    }
    status = 400 if refused else 200
    return render(request, "reconciliation/discrepancy_detail.html", context, status=status)


@require_POST
@needs(Right.RESOLVE_DISCREPANCIES)
def discrepancy_take(request: PortalRequest, pk: int) -> HttpResponse:
    """Make it mine."""
    request.principal.require_everywhere(Right.RESOLVE_DISCREPANCIES)
    discrepancy = _get(pk)
    _try(
        request,
        lambda: services.take_discrepancy(discrepancy, actor=request.principal.actor),
        said=_("It is yours now."),
    )
    return redirect(discrepancy)


@require_POST
@needs(Right.RESOLVE_DISCREPANCIES)
def discrepancy_resolve(request: PortalRequest, pk: int) -> HttpResponse:
    """End it with a note; nothing is booked."""
    return _decide(request, pk, services.resolve_discrepancy, said=_("It is resolved."))


@require_POST
@needs(Right.RESOLVE_DISCREPANCIES)
def discrepancy_undo(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a decision back, with a note."""
    return _decide(request, pk, services.undo_resolution, said=_("It is open again."))


@require_POST
@needs(Right.RESOLVE_DISCREPANCIES)
def discrepancy_resolve_alike(request: PortalRequest, pk: int) -> HttpResponse:
    """End all that are identical with one note."""
    request.principal.require_everywhere(Right.RESOLVE_DISCREPANCIES)
    discrepancy, form = _get(pk), DecisionForm(request.POST)
    if not form.is_valid():
        return _show(request, discrepancy, form)
    try:
        number = services.resolve_alike(
            discrepancy, note=form.cleaned_data["note"], actor=request.principal.actor
        )
    except ResolutionRefused as refused:
        messages.warning(request, str(refused))
        return redirect(discrepancy)
    said = ngettext("%(number)d is resolved.", "%(number)d are resolved.", number)
    messages.success(request, said % {"number": number})
    return redirect("discrepancy_list")


@sensitive_post_parameters(step_up.FIELD)
@require_POST
@needs(Right.RESOLVE_DISCREPANCIES)
def discrepancy_book(request: PortalRequest, pk: int) -> HttpResponse:
    """Book what it names; the page has asked before."""
    request.principal.require_everywhere(Right.RESOLVE_DISCREPANCIES)
    discrepancy, form = _get(pk), BookingForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("The note is too long."))
        return redirect(discrepancy)
    _try(
        request,
        lambda: _book(request, discrepancy, note=form.cleaned_data["note"]),
        said=_("It is booked, and the day was compared again."),
    )
    return redirect(discrepancy)


def _book(request: PortalRequest, discrepancy: Discrepancy, *, note: str) -> None:
    """Money may have gone back, or is written off: who says so shows who they are."""
    typed = request.POST.get(step_up.FIELD, "")
    step_up.confirm(request.user, typed=typed, verb="book", target=discrepancy)
    services.book_discrepancy(discrepancy, note=note, actor=request.principal.actor)


_Verb = Callable[..., Discrepancy]


def _decide(request: PortalRequest, pk: int, verb: _Verb, *, said: str) -> HttpResponse:
    """A decision that needs a note."""
    request.principal.require_everywhere(Right.RESOLVE_DISCREPANCIES)
    discrepancy, form = _get(pk), DecisionForm(request.POST)
    if not form.is_valid():
        return _show(request, discrepancy, form)
    note = _note(form)
    _try(
        request,
        lambda: verb(discrepancy, note=note, actor=request.principal.actor),
        said=said,
    )
    return redirect(discrepancy)


def _try(request: PortalRequest, verb: Callable[[], object], *, said: str) -> None:
    """Say what was done, or in the verb's words why not."""
    try:
        verb()
    except (ResolutionRefused, ConfirmationRefused) as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, said)


def _note(form: forms.Form) -> str:
    note: str = form.cleaned_data["note"]
    return note


def _get(pk: int) -> Discrepancy:
    related = ("account", "owner", "file", "line__file", "payment__store", "refund", "cancel")
    return get_object_or_404(Discrepancy.objects.select_related(*related, "entry"), pk=pk)
