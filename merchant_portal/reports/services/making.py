"""Making files of reports: one that streams through, one that a worker makes, one for a command."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.access import RightMissing
from merchant_portal.reports import control
from merchant_portal.reports.asked import Asked
from merchant_portal.reports.catalogue import find_report
from merchant_portal.reports.cells import Style
from merchant_portal.reports.control import ControlSheet
from merchant_portal.reports.definition import Report
from merchant_portal.reports.errors import ReportRefused, RowsDisagree
from merchant_portal.reports.models import ReportJob
from merchant_portal.reports.narrowing import rows_of
from merchant_portal.reports.reading import Reading, snapshot
from merchant_portal.reports.services import jobs
from merchant_portal.reports.states import FileFormat, JobState
from merchant_portal.reports.workbook import ROWS_PER_SHEET, write_workbook
from qrcodes.models import ApiKey
from qrcodes.permissions import KeyHolder, Principal, principal_of

log = structlog.get_logger(__name__)

#: A worker that died takes a workbook with it; after so many attempts nobody tries again.
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants which rows of which report."""

    report: Report
    asked: Asked
    principal: Principal
    #: The program's key, where a program asked.
    key: ApiKey | None = None


@contextmanager
def opened(order: Order, *, now: datetime) -> Iterator[Reading]:
    """The rows of an order, as they stand at one instant; raises RightMissing."""
    rows = rows_of(order.report, order.asked, principal=order.principal)
    columns = order.report.columns_for(order.asked)
    with snapshot() as view:
        yield Reading(order.report, columns, rows, on=view, style=_style(order, now))


def _style(order: Order, now: datetime) -> Style:
    return Style(ZoneInfo(order.asked.zone), now)


def request_workbook(order: Order) -> ReportJob:
    """Somebody wants a workbook: a worker makes it."""
    return _record(order, FileFormat.XLSX, state=JobState.WAITING, due_at=clock.now())


def open_download(order: Order) -> tuple[ReportJob, Iterator[bytes]]:
    """Somebody takes a CSV file: its row, and the file in chunks as they are fetched."""
    job = _record(order, FileFormat.CSV, state=JobState.RUNNING, due_at=jobs.abandoned_at())
    return job, _stream(job, order)


def write_file(
    order: Order, path: Path, *, file_format: FileFormat, rows_per_sheet: int = ROWS_PER_SHEET
) -> ReportJob:
    """Write a report where the command line says: whole or not at all."""
    job = _record(order, file_format, state=JobState.RUNNING, due_at=jobs.abandoned_at())
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with jobs.failing(job):
            if file_format is FileFormat.CSV:
                with draft.open("wb") as file:
                    file.writelines(_stream(job, order))
            else:
                jobs.finish(job, _write_workbook(job, order, draft, rows_per_sheet=rows_per_sheet))
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    job.refresh_from_db()
    return job


def work_on(job_id: int) -> None:
    """The claimed job's turn: make its workbook, or take it away, or give up what was cut."""
    job = ReportJob.objects.get(pk=job_id)
    if job.state == JobState.READY:
        jobs.expire(job)
    elif job.is_handed_over:
        jobs.fail(job, _("The download ended before its last row."))
    elif job.attempts > MOST_ATTEMPTS:
        jobs.fail(job, _("It was begun several times and never came to its end."))
    else:
        _make(job)


def _record(
    order: Order, file_format: FileFormat, *, state: JobState, due_at: datetime
) -> ReportJob:
    order.report.require(order.principal)
    actor = order.principal.actor
    with transaction.atomic():
        job = ReportJob.objects.create(
            report=order.report.name,
            file_format=file_format,
            asked=order.asked.as_json(),
            language=translation.get_language() or settings.LANGUAGE_CODE,
            requested_by=actor.user,
            requested_with=order.key,
            requested_by_name=actor.name,
            requested_at=clock.now(),
            state=state,
            next_attempt_at=due_at,
        )
        audit.record(actor, "export_report", job, asked=job.asked)
    return job


def _stream(job: ReportJob, order: Order) -> Iterator[bytes]:
    """The CSV file in chunks; the row behind it ends as the file does."""
    digest, rows = hashlib.sha256(), 0
    note = jobs.progress(job)
    with jobs.failing(job), opened(order, now=job.requested_at) as reading:
        with translation.override(job.language):
            chunks = reading.csv()
        jobs.note_total(job, reading)
        for chunk, number in chunks:
            digest.update(chunk)
            rows += number
            note(rows)
            yield chunk
        sheet = _seal(job, order, reading, rows=rows, sha256=digest.hexdigest())
        jobs.finish(job, sheet)


def _make(job: ReportJob) -> None:
    """Make a workbook from its beginning, with the rights its asker has now."""
    jobs.move(job, JobState.RUNNING, rows_done=0)
    name = f"{job.report}-{job.pk}-{secrets.token_hex(8)}.xlsx"
    path = settings.REPORT_FOLDER / name
    try:
        with jobs.failing(job), translation.override(job.language):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sheet = _write_workbook(job, _order_of(job), path)
            expires_at = clock.now() + timedelta(days=settings.REPORT_FILE_DAYS)
            jobs.finish(job, sheet, file_name=name, next_attempt_at=expires_at)
    except (ReportRefused, RightMissing, OSError) as refused:
        log.warning("report_not_made", job_id=job.pk, error=type(refused).__name__)
    finally:
        job.refresh_from_db()
        if job.file_name != name and path.exists():
            path.unlink()


def _write_workbook(
    job: ReportJob, order: Order, path: Path, *, rows_per_sheet: int = ROWS_PER_SHEET
) -> ControlSheet:
    now = job.requested_at
    with opened(order, now=now) as reading:
        jobs.note_total(job, reading)
        return write_workbook(
            path,
            reading,
            created_at=now,
            seal=lambda sha256, rows: _seal(job, order, reading, rows=rows, sha256=sha256),
            note=jobs.progress(job),
            rows_per_sheet=rows_per_sheet,
        )


def _order_of(job: ReportJob) -> Order:
    """What was asked for, and what its asker may see now."""
    asker = KeyHolder(job.requested_with) if job.requested_with else job.requested_by
    if asker is None:
        raise ReportRefused(_("Nobody is known who asked for it."))
    return Order(find_report(job.report), Asked.from_json(job.asked), principal_of(asker))


def _seal(
    job: ReportJob, order: Order, reading: Reading, *, rows: int, sha256: str
) -> ControlSheet:
    """The control sheet of what was written; raises RowsDisagree where that is not all."""
    if rows != reading.row_count:
        raise RowsDisagree(rows, reading.row_count)
    report, columns = order.report, reading.columns
    with translation.override(job.language):
        return ControlSheet(
            title=str(report.title),
            meaning=str(report.meaning),
            filter=control.filter_in_words(report, order.asked),
            time_zone=control.zone_in_words(report, order.asked),
            made_by=job.requested_by_name,
            made_at=job.requested_at.astimezone(ZoneInfo(order.asked.zone)).isoformat(
                timespec="seconds"
            ),
            rows=rows,
            ledger_watermark=reading.watermark,
            sha256=sha256,
            headings=control.total_headings(report, columns),
            totals=[control.total_line(report, columns, total) for total in reading.totals],
            words=len(report.types) + 1,
            training=control.training_in_words(order.principal, order.asked),
        )
