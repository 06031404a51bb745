"""Files that were made of reports: who asked for which rows, and what the file proved to hold."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal.due import DueWork
from merchant_portal.reports.states import JOB_OPEN, FileFormat, JobState
from qrcodes.models import ApiKey

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class ReportJobQuerySet(models.QuerySet["ReportJob"]):
    def being_made(self, *, at: "datetime") -> "ReportJobQuerySet":
        """Workbooks a worker holds at an instant."""
        return self.filter(state=JobState.RUNNING, file_format=FileFormat.XLSX, lease_until__gt=at)


class ReportJob(DueWork):
    """One file of a report: asked for, being made, and kept until it expires.

    A CSV file streams through and is not kept; its row tells what was in it.
    """

    report = models.CharField(_("report"), max_length=40)
    file_format = models.CharField(_("format"), max_length=4, choices=FileFormat)
    #: What was asked for, as plain values (``asked.Asked``).
    asked = models.JSONField(default=dict)
    language = models.CharField(max_length=10)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="report_jobs"
    )
    requested_with = models.ForeignKey(
        ApiKey, on_delete=models.PROTECT, null=True, related_name="report_jobs"
    )
    requested_by_name = models.CharField(_("asked for by"), max_length=200)
    requested_at = models.DateTimeField(_("asked for at"))
    state = models.CharField(_("state"), max_length=7, choices=JobState)
    rows_total = models.PositiveBigIntegerField(_("rows"), null=True)
    rows_done = models.PositiveBigIntegerField(_("rows written"), default=0)
    settled_at = models.DateTimeField(_("ended at"), null=True)
    #: Why there is no file, for people.
    failure = models.CharField(_("why not"), max_length=200, blank=True)
    #: The control sheet (``control.ControlSheet``); empty until the last row is written.
    control = models.JSONField(default=dict)
    #: The workbook under ``var/reports``; empty where none is kept.
    file_name = models.CharField(max_length=100, blank=True)

    objects = ReportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("report file")
        verbose_name_plural = _("report files")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=JOB_OPEN) | Q(next_attempt_at__isnull=False),
                name="report_job_open_is_due",
            ),
            models.CheckConstraint(
                condition=~Q(state=JobState.READY) | ~Q(control={}),
                name="report_job_ready_has_control",
            ),
            models.CheckConstraint(
                condition=~Q(state=JobState.FAILED) | ~Q(failure=""),
                name="report_job_failed_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["requested_by", "-id"], name="report_job_list"),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="report_job_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report}.{self.file_format}"

    def get_absolute_url(self) -> str:
        return reverse("report_job", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in JOB_OPEN

    @property
    def is_handed_over(self) -> bool:
        """Whether somebody takes it while it is made: a download, or the command line's file."""
        nobody = self.requested_by_id is None and self.requested_with_id is None
        return self.file_format == FileFormat.CSV or nobody

    @property
    def path(self) -> "Path":
        """Where its workbook is kept."""
        path: Path = settings.REPORT_FOLDER / self.file_name
        return path

    @property
    def has_file(self) -> bool:
        """Whether there is a workbook to be downloaded."""
        return self.state == JobState.READY and bool(self.file_name)
