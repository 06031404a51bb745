"""The numbered reports of a store, their rows, and closing its day."""

from datetime import date

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from merchant_portal import clock
from merchant_portal.access import Right
from merchant_portal.keyset import read_page
from payments import services
from payments.attributing import Draft, draft_day, later_figures, undone
from payments.errors import ShiftRefused
from payments.models import ReportBook, Shift, ZFigure, ZReport
from payments.places import business_day, business_day_bounds
from payments.shift_forms import NoteForm, PageForm, ZRowsForm
from payments.shift_sums import blocks, parts_of, sums
from payments.tiles import without
from payments.views.shifts import MOST_ROWS, stores_to_close
from qrcodes.permissions import PortalRequest, Principal, needs

_PAGE_SIZE = 50


def visible_reports(principal: Principal) -> QuerySet[ZReport]:
    scope = principal.scope(Right.SEE_PAYMENTS, store_path="store")
    return ZReport.objects.filter(scope).select_related("store", "shift__counter__store")


@require_GET
@needs(Right.SEE_PAYMENTS)
def z_report_list(request: PortalRequest, pk: int) -> HttpResponse:
    """A store's reports, the newest first."""
    store = get_object_or_404(stores_to_close(request.principal), pk=pk)
    form = PageForm(request.GET)
    rows = ZReport.objects.filter(store=store).select_related("shift__counter")
    cursor = form.cleaned_data["page"] if form.is_valid() else None
    context = {
        "store": store,
        "page": read_page(rows, time="made_at", cursor=cursor, size=_PAGE_SIZE),
        "may_close": request.principal.may_at(Right.CLOSE_DAYS, store),
    }
    return render(request, "payments/z_report_list.html", context)


@require_GET
@needs(Right.SEE_PAYMENTS)
def z_report(request: PortalRequest, pk: int) -> HttpResponse:
    """One report as it was made, and what later ones told of its shift."""
    report = get_object_or_404(visible_reports(request.principal), pk=pk)
    figures = list(report.figures.select_related("shift__counter"))
    parts = [row.part for row in report.parts.select_related("part__shift__counter")]
    all_figures = [*figures, *ZFigure.objects.filter(report__in=parts)]
    context = {
        "report": report,
        "place": report.store,
        "sums": sums(all_figures),
        "blocks": blocks(figures, own=report.shift),
        "parts": parts_of(parts),
        "later": later_figures(report),
        "open_payments": report.open_payments.select_related("payment"),
        "day_report": ZReport.objects.filter(parts__part=report).first(),
    }
    return render(request, "payments/z_report.html", context)


@require_GET
@needs(Right.SEE_PAYMENTS)
def z_report_rows(request: PortalRequest, pk: int) -> HttpResponse:
    """The rows of a report, or of one of its figures."""
    report = get_object_or_404(visible_reports(request.principal), pk=pk)
    form, paging = ZRowsForm(request.GET), PageForm(request.GET)
    rows = report.lines.filter(form.wanted()).select_related("payment", "shift__counter")
    cursor = paging.cleaned_data["page"] if paging.is_valid() else None
    page = read_page(rows, time="occurred_at", cursor=cursor, size=_PAGE_SIZE)
    context = {
        "report": report,
        "place": report.store,
        "rows": page.rows,
        "page": page,
        "query": without(request.GET, "page"),
    }
    return render(request, "payments/z_rows.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(Right.CLOSE_DAYS)
def day_close(request: PortalRequest, pk: int) -> HttpResponse:
    """The day's figures first; then the day is closed under a number."""
    store = get_object_or_404(stores_to_close(request.principal), pk=pk)
    request.principal.require_at(Right.CLOSE_DAYS, store)
    now = clock.now()
    book = services.book_of(store, now=now)
    day = _day_to_close(book, today=business_day(store, now=now))
    form = NoteForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            report = services.close_day(
                store, day, actor=request.principal.actor, **form.cleaned_data
            )
        except ShiftRefused as refused:
            messages.warning(request, str(refused))
            return redirect("day_close", store.pk)
        return redirect(report)
    return render(request, "payments/day_close.html", _day_context(book, day) | {"form": form})


@require_GET
@never_cache
@needs(Right.CLOSE_DAYS)
def day_rows(request: PortalRequest, pk: int) -> HttpResponse:
    """The rows of a figure that closing the day would freeze."""
    store = get_object_or_404(stores_to_close(request.principal), pk=pk)
    request.principal.require_at(Right.CLOSE_DAYS, store)
    now = clock.now()
    book = services.book_of(store, now=now)
    draft = _day_draft(book, _day_to_close(book, today=business_day(store, now=now)))
    form = ZRowsForm(request.GET)
    lines = [line for line in reversed(draft.lines) if form.wants(line)]
    context = {
        "store": store,
        "place": store,
        "rows": lines[:MOST_ROWS],
        "left_out": max(len(lines) - MOST_ROWS, 0),
    }
    return render(request, "payments/z_rows.html", context)


def _day_draft(book: ReportBook, day: date) -> Draft:
    since, ends = business_day_bounds(book.store, day)
    return draft_day(book, since=since, until=min(clock.now(), ends))


def _day_to_close(book: ReportBook, *, today: date) -> date:
    """The oldest day with a shift that no day's report has added up, else today."""
    waiting = [report.business_day for report in undone(book.store)]
    running = Shift.objects.filter(counter__store=book.store, closed_at__isnull=True)
    days = [*waiting, *running.values_list("business_day", flat=True)]
    return min([day for day in days if book.last_day is None or day > book.last_day] or [today])


def _day_context(book: ReportBook, day: date) -> dict[str, object]:
    draft = _day_draft(book, day)
    parts = [part for part in undone(book.store) if part.business_day <= day]
    figures = [*draft.figures, *ZFigure.objects.filter(report__in=parts)]
    return {
        "store": book.store,
        "place": book.store,
        "day": day,
        "ends": min(clock.now(), business_day_bounds(book.store, day)[1]),
        "sums": sums(figures),
        "blocks": blocks(draft.figures, own=None),
        "parts": parts_of(parts),
        "open_payments": draft.open_payments,
        "refusal": _refusal(book, day),
    }


def _refusal(book: ReportBook, day: date) -> str:
    """Why the day cannot be closed now; empty where it can."""
    try:
        services.refuse_day(book, day, now=clock.now())
    except ShiftRefused as refused:
        return str(refused)
    return ""
