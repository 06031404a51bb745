"""The clock's doors to the nightly files and their comparing, and the nudge pages give them."""

import structlog
from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from merchant_portal import clock, due
from reconciliation import services
from reconciliation.models import ComparedDay, StatementFile
from reconciliation.states import FileState

log = structlog.get_logger(__name__)


@shared_task
def expect_statements() -> None:
    """Await the files that are due, and say which are late."""
    services.expect_files(clock.now())


@shared_task
def fetch_statements() -> None:
    """Look through the folders for what is new; it is read as soon as the clock ticks."""
    services.fetch_folders(clock.now())


@shared_task
def import_due_statements() -> None:
    """Read each file that was received."""
    files = due.claim_each(StatementFile, now=clock.now, states=(FileState.RECEIVED,))
    due.each(files, services.read_file)


@shared_task
def reconcile_due_days() -> None:
    """Compare every day about which something is new, or which is not clean yet."""
    services.note_changes(clock.now())
    due.each(due.claim_each(ComparedDay, now=clock.now), services.compare_due_day)


def read_soon(file: StatementFile) -> StatementFile:
    """Read a small file at once, so that a page can say what is in it; a large one by a worker."""
    if file.size_bytes <= settings.STATEMENT_READ_AT_ONCE_BYTES:
        return services.read_file(file.pk)
    nudge()
    return file


def nudge() -> None:
    """Ask for what was received to be read at once. Without a broker the clock does: it is due."""
    try:
        import_due_statements.delay()
    except (OperationalError, OSError) as silent:
        log.warning("nudge_not_taken", error=type(silent).__name__)
