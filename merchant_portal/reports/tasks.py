"""The clock's door to workbooks, and the nudge pages give it."""

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from merchant_portal import clock, due
from merchant_portal.reports import services
from merchant_portal.reports.models import ReportJob
from merchant_portal.reports.states import JobState

log = structlog.get_logger(__name__)

#: The largest workbooks take many minutes; the lease, not this, gives back what a dead worker held.
_LONGEST_SECONDS = 3_000
_WORKED_ON = (JobState.WAITING, JobState.RUNNING, JobState.READY)


@shared_task(time_limit=_LONGEST_SECONDS)
def make_due_reports() -> None:
    """Make the workbook whose turn it is, one at a time: making one keeps a processor busy."""
    if not ReportJob.objects.being_made(at=clock.now()).exists():
        due.each(due.claim_each(ReportJob, now=clock.now, states=_WORKED_ON), services.work_on)


def nudge() -> None:
    """Ask for the work at once. Without a broker the clock comes: the row is due."""
    try:
        make_due_reports.delay()
    except (OperationalError, OSError) as silent:
        log.warning("nudge_not_taken", error=type(silent).__name__)
