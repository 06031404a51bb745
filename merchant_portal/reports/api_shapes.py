"""How reports and their files look in the API."""

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers

from merchant_portal.reports.control import ControlSheet
from merchant_portal.reports.definition import Column, FilterName, Kind, Report
from merchant_portal.reports.models import ReportJob
from merchant_portal.reports.shown import Shown
from qrcodes.api_doors import IdField

_MEANINGS = {
    FilterName.FIRST: "First day, included.",
    FilterName.LAST: "Last day, included.",
    FilterName.STATE: "A state; in the ledger a kind of entry.",
    FilterName.LEAST: "Smallest amount, with a currency.",
    FilterName.MOST: "Largest amount, with a currency.",
    FilterName.NUMBER: "A number, or its last digits.",
    FilterName.BY: "Takings: what they are added up by; may be repeated.",
}
_DAYS = (FilterName.FIRST, FilterName.LAST)

#: The filter of every report; each refuses what it is not narrowed by.
FILTER_PARAMETERS = [
    OpenApiParameter(
        name.value,
        OpenApiTypes.DATE if name in _DAYS else OpenApiTypes.STR,
        description=_MEANINGS.get(name, ""),
        many=name is FilterName.BY,
    )
    for name in FilterName
]


class ColumnShape(serializers.Serializer[Column]):
    name = serializers.CharField()
    heading = serializers.CharField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])


class ReportShape(serializers.Serializer[Report]):
    """A report of the catalogue, and what it may be narrowed by."""

    name = serializers.CharField()
    title = serializers.CharField()
    meaning = serializers.CharField()
    columns = ColumnShape(many=True)
    filters = serializers.ListField(child=serializers.CharField())


class NumbersShape(serializers.Serializer[Shown]):
    """What a download will hold: rows, totals under their headings, the first rows by column."""

    rows = serializers.IntegerField()
    time_zone = serializers.CharField()
    filter = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    columns = ColumnShape(many=True)
    total_headings = serializers.ListField(child=serializers.CharField())
    totals = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(allow_blank=True)),
        source="total_lines",
    )
    first_rows = serializers.SerializerMethodField()

    @extend_schema_field(
        serializers.ListField(
            child=serializers.DictField(child=serializers.CharField(allow_blank=True))
        )
    )
    def get_first_rows(self, shown: Shown) -> list[dict[str, str]]:
        return [{column.name: text for column, text in line} for line in shown.lines]


class ControlShape(serializers.Serializer[ControlSheet]):
    """The control sheet of a file."""

    title = serializers.CharField()
    meaning = serializers.CharField()
    filter = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    time_zone = serializers.CharField()
    made_by = serializers.CharField()
    made_at = serializers.CharField()
    rows = serializers.IntegerField()
    ledger_watermark = serializers.IntegerField()
    sha256 = serializers.CharField()
    headings = serializers.ListField(child=serializers.CharField())
    totals = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(allow_blank=True))
    )


class ReportJobShape(serializers.ModelSerializer[ReportJob]):
    """A file of a report; `control` is there once its last row is written."""

    id = IdField(source="pk")
    format = serializers.CharField(source="file_format", read_only=True)
    control = serializers.SerializerMethodField()

    class Meta:
        model = ReportJob
        fields: ClassVar = [
            "id", "report", "format", "state", "requested_by_name", "requested_at", "rows_total",
            "rows_done", "settled_at", "failure", "has_file", "control",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ControlShape(allow_null=True))
    def get_control(self, job: ReportJob) -> Any:
        return ControlShape(ControlSheet(**job.control)).data if job.control else None
