"""The API's door to Alipay's nightly files."""

from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from merchant_portal.access import Right
from merchant_portal.alipay.statements import Document
from qrcodes.api_doors import Door, IdFilter
from reconciliation import services, tasks
from reconciliation.api_shapes import (
    StatementDetailShape,
    StatementShape,
    StatementUpload,
    TakenShape,
)
from reconciliation.models import StatementFile
from reconciliation.states import FileState, Source


class StatementFilter(filters.FilterSet):  # type: ignore[misc]  # untyped library
    """Which files a program wants."""

    account = IdFilter("account")
    document = filters.ChoiceFilter(choices=[(each.value, each.value) for each in Document])
    state = filters.ChoiceFilter(choices=FileState.choices)
    day_from = filters.DateFilter("day", "gte", label="First transaction day (GMT+8), included.")
    day_to = filters.DateFilter("day", "lte", label="Last transaction day (GMT+8), included.")
    sha256 = filters.CharFilter("sha256", label="The bytes' digest.")


class StatementDoor(ListModelMixin, RetrieveModelMixin, Door[StatementFile]):
    """Alipay's nightly files, newest first; they belong to accounts, so to no single store."""

    queryset = StatementFile.objects.all()
    serializer_class = StatementShape
    filterset_class = StatementFilter
    rights: ClassVar[dict[str, Right]] = {
        "list": Right.SEE_STATEMENTS,
        "retrieve": Right.SEE_STATEMENTS,
        "create": Right.IMPORT_STATEMENTS,
        "vouch": Right.IMPORT_STATEMENTS,
    }
    parser_classes = [JSONParser, MultiPartParser]

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        match self.action:
            case "list":
                return StatementShape
            case "create":
                return StatementUpload
            case _:
                return StatementDetailShape

    def reach(self, rows: QuerySet[StatementFile]) -> QuerySet[StatementFile]:
        self.principal.require_everywhere(self.right)
        return rows

    @extend_schema(
        request={"multipart/form-data": StatementUpload},
        responses={200: TakenShape, 201: TakenShape},
    )
    def create(self, request: Request) -> Response:
        """Upload one file; the same file again is answered with 200 and changes nothing."""
        self.principal.require_everywhere(self.right)
        shape = self.get_serializer(data=request.data)
        shape.is_valid(raise_exception=True)
        upload = shape.validated_data["file"]
        if upload.size > settings.STATEMENT_UPLOAD_BYTES:
            raise ValidationError({"file": [_("The file is too large; import it by command.")]})
        receipt = services.take_in(
            upload,
            name=upload.name,
            source=Source.UPLOAD,
            actor=self.principal.actor,
            account=shape.validated_data.get("account"),
        )
        file = tasks.read_soon(receipt.file)
        taken = {"already_stored": receipt.already_stored, "statement": file}
        code = status.HTTP_200_OK if receipt.already_stored else status.HTTP_201_CREATED
        return Response(TakenShape(taken).data, status=code)

    @extend_schema(request=None, responses=StatementDetailShape)
    @action(detail=True, methods=["post"])
    def vouch(self, request: Request, pk: str) -> Response:
        """Hold a file with another number of lines than it states to be complete."""
        file = services.vouch_for_file(self.get_object(), actor=self.principal.actor)
        return Response(StatementDetailShape(file).data)
