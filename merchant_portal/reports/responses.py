"""The files of reports as answers, the same to people and to programs."""

from django.http import FileResponse, Http404, HttpResponse
from django.http.response import StreamingHttpResponse
from django.utils.translation import gettext as _

from merchant_portal.reports import services
from merchant_portal.reports.control import ControlSheet
from merchant_portal.reports.models import ReportJob
from merchant_portal.reports.naming import control_name, file_name
from merchant_portal.reports.services import Order

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_response(order: Order) -> StreamingHttpResponse:
    """The file as it is read, and the address at which its control sheet will be."""
    job, chunks = services.open_download(order)
    response = StreamingHttpResponse(chunks, content_type=CSV)
    response["Content-Disposition"] = f'attachment; filename="{file_name(job)}"'
    response["Link"] = f'<{job.get_absolute_url()}>; rel="describedby"'
    response["Cache-Control"] = "no-store"
    return response


def workbook_response(job: ReportJob) -> FileResponse:
    """A workbook that is kept; raises Http404 where there is none."""
    if not job.has_file:
        raise Http404(_("There is no file, or none any more."))
    try:
        file = job.path.open("rb")
    except FileNotFoundError as gone:
        raise Http404(_("The file is gone from this machine; make it again.")) from gone
    return FileResponse(file, as_attachment=True, filename=file_name(job), content_type=XLSX)


def control_response(job: ReportJob) -> HttpResponse:
    """A control sheet as CSV; raises Http404 until the last row is written."""
    if not job.control:
        raise Http404(_("There is no control sheet before the last row is written."))
    content = ControlSheet(**job.control).csv()
    response = HttpResponse(content, content_type=CSV)
    response["Content-Disposition"] = f'attachment; filename="{control_name(job)}"'
    return response
