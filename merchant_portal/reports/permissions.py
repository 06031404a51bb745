"""Whose files somebody may see."""

from django.db.models import Q, QuerySet

from merchant_portal.access import Right
from merchant_portal.reports.models import ReportJob
from qrcodes.models import ApiKey
from qrcodes.permissions import Principal


def visible_jobs(principal: Principal, *, key: ApiKey | None = None) -> QuerySet[ReportJob]:
    """One's own files; whose right holds everywhere sees everybody's."""
    jobs = ReportJob.objects.order_by("-id")
    if principal.holds_everywhere(Right.EXPORT_REPORTS):
        return jobs
    own = Q(requested_with=key) if key else Q(requested_by=principal.actor.user)
    return jobs.filter(own).exclude(requested_by=None, requested_with=None)
