"""The row behind a file of a report: how far it is, how it ended, and why where it failed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from merchant_portal import clock
from merchant_portal.access import RightMissing
from merchant_portal.reports.control import ControlSheet
from merchant_portal.reports.errors import ReportRefused, RowsDisagree
from merchant_portal.reports.models import ReportJob
from merchant_portal.reports.reading import Reading
from merchant_portal.reports.states import JOB_MACHINE, JobState

#: A download of which nobody has taken a chunk for so long has been cut.
_STREAM_SILENCE = timedelta(minutes=15)
_NOTED_EVERY = timedelta(seconds=1)


def note_total(job: ReportJob, reading: Reading) -> None:
    """How many rows there will be: from here on a page can show how far it is."""
    ReportJob.objects.filter(pk=job.pk).update(rows_total=reading.row_count)


def progress(job: ReportJob) -> Callable[[int], None]:
    """Notes how far a file is, at most once a second, and so keeps it from being given up."""
    noted_at = clock.now()

    def note(rows: int) -> None:
        nonlocal noted_at
        now = clock.now()
        if now - noted_at < _NOTED_EVERY:
            return
        noted_at = now
        lease = {"lease_until": now + timedelta(seconds=settings.LEASE_SECONDS)}
        still = {"next_attempt_at": abandoned_at()} if job.is_handed_over else lease
        open_row = ReportJob.objects.filter(pk=job.pk, state=JobState.RUNNING)
        open_row.update(rows_done=rows, **still)

    return note


def abandoned_at() -> datetime:
    """When a download counts as cut unless somebody takes another chunk."""
    return clock.now() + _STREAM_SILENCE


def finish(job: ReportJob, sheet: ControlSheet, **kept: object) -> None:
    """The last row is written; ``kept`` says where the file is, if it is kept."""
    ended: dict[str, object] = {
        "control": sheet.as_json(),
        "rows_total": sheet.rows,
        "rows_done": sheet.rows,
        "settled_at": clock.now(),
        "lease_until": None,
        "next_attempt_at": None,
        "failure": "",
    }
    move(job, JobState.READY, **(ended | kept))


def expire(job: ReportJob) -> None:
    """The workbook has been kept long enough; what it held stays known."""
    job.path.unlink(missing_ok=True)
    move(job, JobState.EXPIRED, file_name="", next_attempt_at=None, lease_until=None)


@contextmanager
def failing(job: ReportJob) -> Iterator[None]:
    """Whatever keeps a file from its end is said on its row."""
    try:
        yield
    except BaseException as error:
        with translation.override(job.language):
            fail(job, _why(error))
        raise


def _why(error: BaseException) -> str:
    match error:
        case GeneratorExit() | KeyboardInterrupt():
            return _("The download ended before its last row.")
        case ReportRefused():
            return str(error)
        case RightMissing():
            return _("The right to download this report was taken back.")
        case OSError():
            return _("The file could not be written: %(why)s.") % {"why": error.strerror or error}
        case RowsDisagree():
            return _("Rows and totals disagree; the file was thrown away. The log says more.")
    return _("It could not be made. The log says why.")


def fail(job: ReportJob, why: str) -> None:
    """There is no file, and this is why; what has ended already stays as it ended."""
    job.refresh_from_db()
    if job.is_open:
        move(
            job,
            JobState.FAILED,
            failure=why[:200],
            settled_at=clock.now(),
            next_attempt_at=None,
            lease_until=None,
        )


def move(job: ReportJob, target: JobState, **changes: object) -> None:
    """Along the table, under a lock."""
    with transaction.atomic():
        row = ReportJob.objects.select_for_update().get(pk=job.pk)
        JOB_MACHINE.check(JobState(row.state), target)
        row.state = target
        for name, value in changes.items():
            setattr(row, name, value)
        row.save(update_fields=["state", *changes])
    job.refresh_from_db()
