"""States of a file that is made of a report, and the moves it may make."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from merchant_portal.machine import Machine


class FileFormat(models.TextChoices):
    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("XLSX")


class JobState(models.TextChoices):
    """Where a report's file stands."""

    WAITING = "WAITING", _("Waiting for its turn")
    RUNNING = "RUNNING", _("Being made")
    READY = "READY", _("Ready")
    FAILED = "FAILED", _("Not made")
    EXPIRED = "EXPIRED", _("Taken away after its days")


JOB_MACHINE: Machine[JobState] = Machine(
    "ReportJob",
    {
        JobState.WAITING: frozenset({JobState.RUNNING, JobState.FAILED}),
        # Begun again where the worker that began it has died.
        JobState.RUNNING: frozenset({JobState.RUNNING, JobState.READY, JobState.FAILED}),
        JobState.READY: frozenset({JobState.EXPIRED}),
        # Given up, and then it came to its end after all.
        JobState.FAILED: frozenset({JobState.READY}),
    },
)

#: Files that are still to come.
JOB_OPEN = (JobState.WAITING, JobState.RUNNING)
