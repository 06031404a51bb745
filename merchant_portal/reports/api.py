"""The API's doors to reports: the catalogue, the numbers of one, its files."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from merchant_portal import clock
from merchant_portal.access import Right
from merchant_portal.reports import responses, services, tasks
from merchant_portal.reports.api_shapes import (
    FILTER_PARAMETERS,
    NumbersShape,
    ReportJobShape,
    ReportShape,
)
from merchant_portal.reports.catalogue import CATALOGUE, find_report
from merchant_portal.reports.definition import Report
from merchant_portal.reports.errors import FilterRefused, ReportUnknown
from merchant_portal.reports.forms import ReportForm, refuse_unknown
from merchant_portal.reports.models import ReportJob
from merchant_portal.reports.permissions import visible_jobs
from merchant_portal.reports.services import Order
from merchant_portal.reports.shown import show
from qrcodes.api_doors import Door
from qrcodes.models import ApiKey


def _key(request: Request) -> ApiKey | None:
    """The key a program signed in with; None for a person."""
    return request.auth if isinstance(request.auth, ApiKey) else None


class ReportDoor(Door[ReportJob]):
    """Reports. Every filter stands in the address, as on the pages."""

    queryset = ReportJob.objects.none()
    serializer_class = ReportJobShape
    pagination_class = None
    lookup_field = "name"
    lookup_value_regex = "[a-z]+(?:-[a-z]+)*"
    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("list", "retrieve", "csv", "xlsx"), Right.EXPORT_REPORTS
    )

    @extend_schema(responses=ReportShape(many=True))
    def list(self, request: Request) -> Response:
        """The reports that somebody may see."""
        seen = (each for each in CATALOGUE.values() if each.may_see(self.principal))
        return Response([ReportShape(each).data for each in seen])

    @extend_schema(parameters=FILTER_PARAMETERS, responses=NumbersShape)
    def retrieve(self, request: Request, name: str) -> Response:
        """The numbers of a report, and its first rows."""
        return Response(NumbersShape(show(self._order(name), now=clock.now())).data)

    @extend_schema(parameters=FILTER_PARAMETERS, responses={(200, "text/csv"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def csv(self, request: Request, name: str) -> HttpResponseBase:
        """The rows as CSV; the `Link` header names the page with their control sheet."""
        return responses.csv_response(self._order(name))

    @extend_schema(parameters=FILTER_PARAMETERS, request=None, responses={202: ReportJobShape})
    @action(detail=True, methods=["post"])
    def xlsx(self, request: Request, name: str) -> Response:
        """Have a workbook made; ask for it under `reports/jobs/` until it is `READY`."""
        job = services.request_workbook(self._order(name))
        tasks.nudge()
        return Response(ReportJobShape(job).data, status=status.HTTP_202_ACCEPTED)

    def _order(self, name: str) -> Order:
        said = self.request.query_params
        report = _report(name)
        report.require(self.principal)
        try:
            refuse_unknown(report, said)
            form = ReportForm(said, report=report, principal=self.principal)
            return Order(report, form.read(), self.principal, key=_key(self.request))
        except FilterRefused as refused:
            raise ValidationError(refused.problems) from refused


def _report(name: str) -> Report:
    try:
        return find_report(name)
    except ReportUnknown as unknown:
        raise NotFound(str(unknown)) from unknown


class ReportJobDoor(ListModelMixin, RetrieveModelMixin, Door[ReportJob]):
    """Files of reports, newest first: one's own, or all where the right holds everywhere."""

    queryset = ReportJob.objects.all()
    serializer_class = ReportJobShape
    filterset_fields = ("report", "state")
    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("list", "retrieve", "file", "control"), Right.EXPORT_REPORTS
    )

    def reach(self, rows: QuerySet[ReportJob]) -> QuerySet[ReportJob]:
        return visible_jobs(self.principal, key=_key(self.request))

    @extend_schema(responses={(200, responses.XLSX): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: str) -> Any:
        """The workbook, while it is kept."""
        return responses.workbook_response(self.get_object())

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def control(self, request: Request, pk: str) -> Any:
        """The control sheet as CSV."""
        return responses.control_response(self.get_object())
