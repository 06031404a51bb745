from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    """Reports: what finance looks at, and downloads with a control sheet."""

    name = "merchant_portal.reports"
    label = "reports"
    verbose_name = _("reports")
