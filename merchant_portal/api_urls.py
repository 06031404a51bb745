"""The addresses of the API, version 1."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.urls import path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSetMixin

from merchant_portal.accounts_api import AccountDoor
from merchant_portal.api_docs import DocsView
from merchant_portal.notifications_api import NotificationDoor
from merchant_portal.reports.api import ReportDoor, ReportJobDoor
from payments.api import LookupDoor, PaymentDoor
from qrcodes.api import CodeDoor, CounterDoor, EnrolmentDoor, MerchantDoor, StoreDoor
from reconciliation.api import StatementDoor
from reconciliation.worklist_api import DiscrepancyDoor
from refunds.api import CancelDoor, RefundDoor

_DOORS = {
    "accounts": ("account", AccountDoor),
    "merchants": ("merchant", MerchantDoor),
    "stores": ("store", StoreDoor),
    "counters": ("counter", CounterDoor),
    "enrolments": ("enrolment", EnrolmentDoor),
    "qrcodes": ("qrcode", CodeDoor),
    "notifications": ("notification", NotificationDoor),
    "payments": ("payment", PaymentDoor),
    "refunds": ("refund", RefundDoor),
    "cancels": ("cancel", CancelDoor),
    "statements": ("statement", StatementDoor),
    "discrepancies": ("discrepancy", DiscrepancyDoor),
    "lookups": ("lookup", LookupDoor),
    "reports/jobs": ("report-job", ReportJobDoor),
    "reports": ("report", ReportDoor),
}

router = SimpleRouter()
for _prefix, (_name, _door) in _DOORS.items():
    router.register(_prefix, cast("type[ViewSetMixin]", _door), basename=f"api-{_name}")

urlpatterns = [
    *router.urls,
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", login_required(DocsView.as_view(url_name="api-schema")), name="api-docs"),
]
