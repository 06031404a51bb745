"""Pages of reports: the catalogue, one report, its downloads, and a workbook being made."""

from typing import cast

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from merchant_portal import clock
from merchant_portal.access import Right
from merchant_portal.reports import services, tasks
from merchant_portal.reports.catalogue import CATALOGUE, find_report
from merchant_portal.reports.control import ControlSheet
from merchant_portal.reports.definition import Kind, Opening, Report
from merchant_portal.reports.errors import ReportUnknown
from merchant_portal.reports.forms import USUAL_GROUPS, ReportForm, usual_days
from merchant_portal.reports.models import ReportJob
from merchant_portal.reports.permissions import visible_jobs
from merchant_portal.reports.responses import control_response, csv_response, workbook_response
from merchant_portal.reports.services import Order
from merchant_portal.reports.shown import show
from merchant_portal.reports.states import FileFormat
from qrcodes.permissions import PortalRequest, needs

_JOBS_SHOWN = 20
_NUMBERS = frozenset({Kind.AMOUNT, Kind.COUNT, Kind.AGE})


@require_GET
@needs(Right.EXPORT_REPORTS)
def report_list(request: PortalRequest) -> HttpResponse:
    """The catalogue, and the files that were made last."""
    reports = [(each, each.may_see(request.principal)) for each in CATALOGUE.values()]
    context = {"reports": reports, "jobs": _titled(visible_jobs(request.principal)[:_JOBS_SHOWN])}
    return render(request, "reports/list.html", context)


def _titled(jobs: QuerySet[ReportJob]) -> list[tuple[ReportJob, str]]:
    return [(job, _title(job)) for job in jobs]


def _title(job: ReportJob) -> str:
    """The report's title; a name that the catalogue once had is shown as it is."""
    report = CATALOGUE.get(job.report)
    return str(report.title) if report else job.report


@require_GET
@needs(Right.EXPORT_REPORTS)
def report_show(request: PortalRequest, name: str) -> HttpResponse:
    """The numbers of a report and its first rows, before anybody downloads it."""
    report = _report(request, name)
    form = _form(request, report)
    return _show(request, report, form)


def _report(request: PortalRequest, name: str) -> Report:
    try:
        report = find_report(name)
    except ReportUnknown as unknown:
        raise Http404(str(unknown)) from unknown
    report.require(request.principal)
    return report


def _form(request: PortalRequest, report: Report) -> ReportForm:
    """The filter as it was said; a report about days opens with this month."""
    form = ReportForm(request.GET, report=report, principal=request.principal)
    if request.GET or report.opens is Opening.ALL_DAYS:
        return form
    first, last = usual_days(clock.now(), form.zone)
    usual = QueryDict(mutable=True)
    usual.update({"from": first.isoformat(), "to": last.isoformat()})
    if "by" in form.fields:
        usual.setlistdefault("by", USUAL_GROUPS)
    return ReportForm(usual, report=report, principal=request.principal)


def _show(request: PortalRequest, report: Report, form: ReportForm) -> HttpResponse:
    said = cast("QueryDict", form.data)
    context: dict[str, object] = {"report": report, "form": form, "query": _query(said)}
    if not form.is_valid():
        return render(request, "reports/show.html", context, status=400)
    shown = show(_order(request, report, form), now=clock.now())
    context |= {"shown": shown, "numbers": _NUMBERS}
    return render(request, "reports/show.html", context)


def _order(request: PortalRequest, report: Report, form: ReportForm) -> Order:
    return Order(report, form.read(), request.principal)


def _query(said: QueryDict) -> str:
    """The filter as an address's query, without what is empty."""
    kept = QueryDict(mutable=True)
    for name, values in said.lists():
        if name != "csrfmiddlewaretoken" and any(values):
            kept.setlist(name, [value for value in values if value])
    return kept.urlencode()


@needs(Right.EXPORT_REPORTS)
def report_download(request: PortalRequest, name: str, file_format: str) -> HttpResponseBase:
    """A CSV file at once, or a workbook that is made meanwhile."""
    if file_format == FileFormat.CSV:
        return _download(request, name)
    return _have_made(request, name)


def _download(request: PortalRequest, name: str) -> HttpResponseBase:
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    report = _report(request, name)
    form = ReportForm(request.GET, report=report, principal=request.principal)
    if not form.is_valid():
        return _show(request, report, form)
    return csv_response(_order(request, report, form))


def _have_made(request: PortalRequest, name: str) -> HttpResponseBase:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    report = _report(request, name)
    form = ReportForm(request.POST, report=report, principal=request.principal)
    if not form.is_valid():
        return _show(request, report, form)
    job = services.request_workbook(_order(request, report, form))
    tasks.nudge()
    return redirect(job)


@require_GET
@needs(Right.EXPORT_REPORTS)
def report_job(request: PortalRequest, pk: int) -> HttpResponse:
    """How far a file is, and what it holds once it is there; renews itself until then."""
    job = _job(request, pk)
    sheet = ControlSheet(**job.control) if job.control else None
    context = {
        "job": job,
        "title": _title(job),
        "is_known": job.report in CATALOGUE,
        "sheet": sheet,
    }
    return render(request, "reports/_job.html" if request.htmx else "reports/job.html", context)


def _job(request: PortalRequest, pk: int) -> ReportJob:
    return get_object_or_404(visible_jobs(request.principal), pk=pk)


@require_GET
@needs(Right.EXPORT_REPORTS)
def report_job_file(request: PortalRequest, pk: int) -> HttpResponseBase:
    """The workbook."""
    return workbook_response(_job(request, pk))


@require_GET
@needs(Right.EXPORT_REPORTS)
def report_job_control(request: PortalRequest, pk: int) -> HttpResponse:
    """The control sheet that goes with a CSV file, as one."""
    return control_response(_job(request, pk))
