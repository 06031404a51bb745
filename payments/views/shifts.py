"""Shifts of a counter: opening, looking, closing; moving a payment between them."""

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from merchant_portal import clock
from merchant_portal.access import Right
from payments import services
from payments.attributing import Draft, draft_shift, shift_of
from payments.errors import ShiftRefused
from payments.models import Shift, ZLine
from payments.places import visible_stores
from payments.shift_forms import AssignForm, NoteForm, ZRowsForm
from payments.shift_sums import blocks, sums
from payments.views.looking import visible_payments
from qrcodes.models import Counter, Store
from qrcodes.permissions import PortalRequest, Principal, needs

_EARLIER = 10
#: More counters than this are chosen from by store.
_MOST_COUNTERS = 200
#: So many rows of a shift that is still open are shown; its report shows all.
MOST_ROWS = 500


def visible_counters(principal: Principal) -> QuerySet[Counter]:
    scope = principal.scope(Right.SEE_PAYMENTS, store_path="store")
    return Counter.objects.filter(scope).select_related("store")


def visible_shifts(principal: Principal) -> QuerySet[Shift]:
    scope = principal.scope(Right.SEE_PAYMENTS, store_path="counter__store")
    return Shift.objects.filter(scope).select_related("counter__store", "z_report")


@require_GET
@needs(Right.SEE_PAYMENTS)
def shift_list(request: PortalRequest) -> HttpResponse:
    """Every counter one sees, and in whose hands it is."""
    stores = visible_stores(request.principal)
    chosen = request.GET.get("store", "")
    wanted = [store.pk for store in stores if not chosen or str(store.pk) == chosen]
    running = Prefetch(
        "shifts", Shift.objects.filter(closed_at__isnull=True), to_attr="running_shifts"
    )
    counters = visible_counters(request.principal).filter(store__in=wanted)
    shown = list(counters.prefetch_related(running)[: _MOST_COUNTERS + 1])
    context = {
        "stores": stores,
        "chosen": chosen,
        "counters": shown[:_MOST_COUNTERS],
        "has_more": len(shown) > _MOST_COUNTERS,
    }
    return render(request, "payments/shift_list.html", context)


@require_GET
@needs(Right.SEE_PAYMENTS)
def counter_shift(request: PortalRequest, pk: int) -> HttpResponse:
    """The counter's open shift; where there is none, the form that opens one."""
    counter = get_object_or_404(visible_counters(request.principal), pk=pk)
    running = counter.shifts.filter(closed_at__isnull=True).first()
    if running is not None:
        return redirect(running)
    return render(request, "payments/shift_new.html", _counter_context(request, counter))


def _counter_context(request: PortalRequest, counter: Counter) -> dict[str, object]:
    earlier = counter.shifts.select_related("z_report").order_by("-opened_at")[:_EARLIER]
    for shift in earlier:
        shift.counter = counter
    return {
        "counter": counter,
        "form": NoteForm(),
        "earlier": earlier,
        "may_run": request.principal.may_at(Right.RUN_SHIFTS, counter.store),
    }


@require_POST
@needs(Right.RUN_SHIFTS)
def shift_open(request: PortalRequest, pk: int) -> HttpResponse:
    """Take over a counter."""
    counter = get_object_or_404(visible_counters(request.principal), pk=pk)
    request.principal.require_at(Right.RUN_SHIFTS, counter.store)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            services.open_shift(counter, actor=request.principal.actor, **form.cleaned_data)
        except ShiftRefused as refused:
            messages.warning(request, str(refused))
    return redirect("counter_shift", counter.pk)


@require_GET
@never_cache
@needs(Right.SEE_PAYMENTS)
def shift_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """The open shift as it stands (X-report); a closed one is its numbered report."""
    shift = get_object_or_404(visible_shifts(request.principal), pk=pk)
    if not shift.is_open:
        return redirect(shift.z_report)
    context = {
        **_draft_context(shift),
        "may_run": request.principal.may_at(Right.RUN_SHIFTS, shift.store),
    }
    return render(request, "payments/shift_detail.html", context)


def _draft(shift: Shift) -> Draft:
    now = clock.now()
    return draft_shift(shift, services.book_of(shift.store, now=now), until=now)


def _draft_context(shift: Shift) -> dict[str, object]:
    draft = _draft(shift)
    return {
        "shift": shift,
        "now": clock.now(),
        "sums": sums(draft.figures),
        "blocks": blocks(draft.figures, own=shift),
        "open_payments": draft.open_payments,
    }


@require_GET
@never_cache
@needs(Right.SEE_PAYMENTS)
def shift_rows(request: PortalRequest, pk: int) -> HttpResponse:
    """The rows of a figure of a shift that is still open."""
    shift = get_object_or_404(visible_shifts(request.principal), pk=pk)
    if not shift.is_open:
        return redirect(shift.z_report)
    form = ZRowsForm(request.GET)
    lines: list[ZLine] = [line for line in reversed(_draft(shift).lines) if form.wants(line)]
    context = {
        "shift": shift,
        "place": shift.counter,
        "rows": lines[:MOST_ROWS],
        "left_out": max(len(lines) - MOST_ROWS, 0),
    }
    return render(request, "payments/z_rows.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(Right.RUN_SHIFTS)
def shift_close(request: PortalRequest, pk: int) -> HttpResponse:
    """The figures first; then the shift ends and they are frozen under a number."""
    shift = get_object_or_404(visible_shifts(request.principal), pk=pk)
    request.principal.require_at(Right.RUN_SHIFTS, shift.store)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            report = services.close_shift(shift, actor=request.principal.actor, **form.cleaned_data)
        except ShiftRefused as refused:
            messages.warning(request, str(refused))
            return redirect(shift)
        return redirect(report)
    if not shift.is_open:
        return redirect(shift.z_report)
    return render(request, "payments/shift_close.html", {**_draft_context(shift), "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.MOVE_PAYMENTS)
def payment_shift(request: PortalRequest, pk: int) -> HttpResponse:
    """Say to which shift of its counter a payment belongs, and why."""
    payment = get_object_or_404(
        visible_payments(request.principal).filter(counter__isnull=False), pk=pk
    )
    request.principal.require_at(Right.MOVE_PAYMENTS, payment.store)
    shifts = visible_shifts(request.principal).filter(counter=payment.counter_id)
    form = AssignForm(request.POST if request.method == "POST" else None, shifts=shifts)
    if form.is_bound and form.is_valid():
        try:
            services.assign_payment(payment, actor=request.principal.actor, **form.cleaned_data)
        except ShiftRefused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect(payment)
    context = {"payment": payment, "form": form, "present": shift_of(payment)}
    status = 400 if form.is_bound else 200
    return render(request, "payments/payment_shift.html", context, status=status)


def stores_to_close(principal: Principal) -> QuerySet[Store]:
    """The stores whose reports one may read."""
    return Store.objects.filter(principal.scope_stores(Right.SEE_PAYMENTS))
