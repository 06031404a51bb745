"""Pages about Alipay's files: what came, what is awaited, what is wrong with one.

A file belongs to an account and so to no store: its pages are for those whose right holds
everywhere.
"""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from merchant_portal import audit, clock
from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from merchant_portal.keyset import read_page
from payments.filtering import read_row_number
from qrcodes.permissions import PortalRequest, needs
from reconciliation import services, tasks
from reconciliation.batches import batches_of
from reconciliation.errors import StatementRefused, VouchRefused
from reconciliation.forms import StatementFilter, StatementFilterForm, UploadForm
from reconciliation.models import SetAside, StatementFile, StatementFileQuerySet
from reconciliation.sentences import translated, what_to_do
from reconciliation.states import DiscrepancyState, FileState, Source
from reconciliation.sums import sums_of

_PAGE_SIZE = 50
#: Lines set aside that one page shows; those beyond are on the next.
_PROBLEMS_SHOWN = 100
_PROBLEMS_IN_RESULT = 20
#: How loud a file's page says how it stands; what is not named here is bad.
_TONES: dict[str, str] = {
    FileState.EXPECTED: "info",
    FileState.RECEIVED: "info",
    FileState.SUPERSEDED: "info",
    FileState.COUNT_MISMATCH: "warn",
}


@require_GET
@needs(Right.SEE_STATEMENTS)
def statement_list(request: PortalRequest) -> HttpResponse:
    """The files, newest first, below those that are awaited."""
    request.principal.require_everywhere(Right.SEE_STATEMENTS)
    form = StatementFilterForm(request.GET)
    context = {"form": form, "may_import": _may_import(request)}
    if not form.is_valid():
        return render(request, "reconciliation/statement_list.html", context, status=400)
    asked = form.read()
    rows = StatementFile.objects.filter(asked.wanted).select_related("account")
    awaited = _awaited(rows, asked) if asked.cursor is None else rows.none()
    kept = {name: value for name, value in request.GET.items() if value and name != "page"}
    context |= {
        "asked": asked,
        "awaited": awaited.order_by("day", "pk"),
        "page": read_page(rows.received(), time="", cursor=asked.cursor, size=_PAGE_SIZE),
        "query": urlencode(kept),
    }
    return render(request, "reconciliation/statement_list.html", context)


def _awaited(rows: StatementFileQuerySet, asked: StatementFilter) -> StatementFileQuerySet:
    """What may still come; late files of which somebody said why not only when asked for."""
    awaited = rows.awaited()
    if asked.state:
        return awaited
    return awaited.exclude(discrepancies__state=DiscrepancyState.RESOLVED)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of one file of an upload."""

    name: str
    file: StatementFile | None = None
    already_stored: bool = False
    refusal: str = ""
    problems: list[SetAside] = field(default_factory=list)

    @property
    def unshown(self) -> int:
        """Lines set aside that only the file's own page shows."""
        return self.file.set_aside_count - len(self.problems) if self.file else 0


@require_http_methods(["GET", "POST"])
@needs(Right.IMPORT_STATEMENTS)
def statement_upload(request: PortalRequest) -> HttpResponse:
    """Take files from a person's disk, read them, and show what is wrong with each."""
    request.principal.require_everywhere(Right.IMPORT_STATEMENTS)
    is_sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
    results: list[Uploaded] = []
    if is_sent and form.is_valid():
        account: Account | None = form.cleaned_data["account"]
        results = [_take(request, each, account) for each in form.cleaned_data["uploads"]]
        form = UploadForm()
    context = {"form": form, "results": results}
    status = 422 if form.errors else 200
    return render(request, "reconciliation/statement_upload.html", context, status=status)


def _take(
    request: PortalRequest, upload: "UploadedFile[bytes]", account: Account | None
) -> Uploaded:
    name = upload.name or ""
    try:
        receipt = services.take_in(
            upload, name=name, source=Source.UPLOAD, actor=request.principal.actor, account=account
        )
    except StatementRefused as refused:
        return Uploaded(name, refusal=str(refused))
    file = tasks.read_soon(receipt.file)
    problems = list(file.set_aside.all()[:_PROBLEMS_IN_RESULT])
    return Uploaded(name, file, receipt.already_stored, problems=problems)


@require_POST
@needs(Right.IMPORT_STATEMENTS)
def statement_fetch(request: PortalRequest) -> HttpResponse:
    """Look through the folders now instead of waiting for the next time."""
    request.principal.require_everywhere(Right.IMPORT_STATEMENTS)
    now = clock.now()
    fetched = services.fetch_days(services.recent_days(now), actor=request.principal.actor)
    for file in fetched.files:
        tasks.read_soon(file)
    services.expect_files(now)
    for trouble in fetched.troubles:
        messages.warning(request, trouble)
    messages.success(request, _fetched(len(fetched.files)))
    return redirect("statement_list")


def _fetched(number: int) -> str:
    if not number:
        return _("Nothing is new in the folders.")
    said = ngettext("%(number)d new file.", "%(number)d new files.", number)
    return said % {"number": number}


@require_GET
@needs(Right.SEE_STATEMENTS)
def statement_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """One delivery, or one that is awaited: what it holds and what is wrong with it."""
    request.principal.require_everywhere(Right.SEE_STATEMENTS)
    file = get_object_or_404(
        StatementFile.objects.select_related("account", "superseded_by"), pk=pk
    )
    after = read_row_number(request.GET.get("after", ""))
    problems = list(file.set_aside.filter(line_number__gt=after)[: _PROBLEMS_SHOWN + 1])
    context = {
        "file": file,
        "what_to_do": what_to_do(file.state),
        "tone": _TONES.get(file.state, "bad"),
        "may_import": _may_import(request),
        "sums": sums_of(file),
        "batches": batches_of(file),
        "problems": problems[:_PROBLEMS_SHOWN],
        "problems_after": problems[_PROBLEMS_SHOWN - 1].line_number
        if len(problems) > _PROBLEMS_SHOWN
        else None,
        "deliveries": _other_deliveries(file),
    }
    return render(request, "reconciliation/statement_detail.html", context)


def _other_deliveries(file: StatementFile) -> list[StatementFile]:
    """What else came under this name, or as this day's transactions."""
    same = Q(name=file.name)
    if file.document and file.day:
        same |= Q(document=file.document, day=file.day, interface=file.interface)
    others = StatementFile.objects.filter(same, account=file.account).exclude(pk=file.pk)
    return list(others.order_by("-received_at", "-pk")[:_PAGE_SIZE])


@require_GET
@needs(Right.SEE_STATEMENTS)
def statement_bytes(request: PortalRequest, pk: int) -> HttpResponseBase:
    """The bytes as they came, under the name they came under."""
    request.principal.require_everywhere(Right.SEE_STATEMENTS)
    file = get_object_or_404(StatementFile.objects.exclude(sha256=""), pk=pk)
    try:
        stream = services.open_bytes(file)
    except FileNotFoundError:
        messages.error(request, translated(services.BYTES_MISSING))
        return redirect(file)
    with transaction.atomic():
        audit.record(request.principal.actor, "download_statement", file)
    return FileResponse(
        stream, as_attachment=True, filename=file.name, content_type="application/octet-stream"
    )


@require_POST
@needs(Right.IMPORT_STATEMENTS)
def statement_vouch(request: PortalRequest, pk: int) -> HttpResponse:
    """A person holds a file with another number of lines to be complete."""
    request.principal.require_everywhere(Right.IMPORT_STATEMENTS)
    file = get_object_or_404(StatementFile, pk=pk)
    try:
        services.vouch_for_file(file, actor=request.principal.actor)
    except VouchRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("From now on what is absent from the file counts as missing."))
    return redirect(file)


def _may_import(request: PortalRequest) -> bool:
    return request.principal.holds_everywhere(Right.IMPORT_STATEMENTS)
