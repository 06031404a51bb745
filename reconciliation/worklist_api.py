"""The API's door to the worklist: what differs between Alipay's files and our books."""

from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from merchant_portal.access import Right
from qrcodes.api_doors import ConfirmedOrder, Door, IdField, IdFilter, word_or_nothing
from reconciliation import services
from reconciliation.models import Discrepancy, DiscrepancyMove
from reconciliation.states import VERDICT_QUIET, DiscrepancyState, LineKind, Resolution, VerdictWord

_PROBLEMS = [(word.value, word.label) for word in VerdictWord if word not in VERDICT_QUIET]


class SideShape(serializers.Serializer[Any]):
    """One side as it stood when the difference was found; what it does not tell is left out."""

    alipay_trans_id = serializers.CharField(required=False)
    partner_trans_id = serializers.CharField(required=False)
    amount = serializers.CharField(required=False, help_text="Currency and amount: `USD 12.50`.")
    fee = serializers.CharField(required=False)
    time = serializers.CharField(required=False)
    state = serializers.CharField(required=False)
    store = serializers.CharField(required=False)
    reference = serializers.CharField(required=False)

    def to_representation(self, instance: dict[str, str]) -> dict[str, str]:
        names = self.get_fields()
        return {name: text for name, text in instance.items() if text and name in names}


class DiscrepancyShape(serializers.ModelSerializer[Discrepancy]):
    """A difference. `difference` is theirs less ours as what Alipay owes, empty where it is no
    matter of money; `differing` names the fields that do not agree."""

    id = IdField(source="pk")
    account = IdField(source="account_id")
    payment = IdField(source="payment_id", allow_null=True)
    refund = IdField(source="refund_id", allow_null=True)
    cancel = IdField(source="cancel_id", allow_null=True)
    kind = word_or_nothing(LineKind)
    resolution = word_or_nothing(Resolution)
    ours = SideShape(read_only=True)
    theirs = SideShape(read_only=True)
    differing = serializers.ListField(child=serializers.CharField(), read_only=True)
    difference = serializers.SerializerMethodField()
    owner = serializers.CharField(source="owner.username", read_only=True, default="")

    class Meta:
        model = Discrepancy
        fields: ClassVar = [
            "id", "account", "day", "word", "kind", "state", "payment", "refund", "cancel", "ours",
            "theirs", "differing", "difference", "currency", "found_at", "last_found_at", "owner",
            "resolution", "note", "settled_at", "settled_by_name",
        ]  # fmt: skip
        read_only_fields = fields

    def get_difference(self, row: Discrepancy) -> str:
        return row.difference.decimal_text if row.difference is not None else ""


class DiscrepancyMoveShape(serializers.ModelSerializer[DiscrepancyMove]):
    class Meta:
        model = DiscrepancyMove
        fields: ClassVar = ["from_state", "to_state", "at", "actor_name", "note"]


class DiscrepancyDetailShape(DiscrepancyShape):
    moves = DiscrepancyMoveShape(many=True, read_only=True)

    class Meta(DiscrepancyShape.Meta):
        fields: ClassVar = [*DiscrepancyShape.Meta.fields, "moves"]


class DecisionOrder(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=300)


class BookingOrder(ConfirmedOrder):
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class DiscrepancyFilter(filters.FilterSet):  # type: ignore[misc]  # untyped library
    account = IdFilter()
    payment = IdFilter()
    word = filters.ChoiceFilter(choices=_PROBLEMS)
    kind = filters.ChoiceFilter(choices=LineKind.choices)
    state = filters.ChoiceFilter(choices=DiscrepancyState.choices)
    day_from = filters.DateFilter("day", "gte", label="First day (GMT+8), included.")
    day_to = filters.DateFilter("day", "lte", label="Last day (GMT+8), included.")


class DiscrepancyDoor(ListModelMixin, RetrieveModelMixin, Door[Discrepancy]):
    """Differences between Alipay's nightly files and our books, newest first."""

    queryset = Discrepancy.objects.all()
    serializer_class = DiscrepancyShape
    filterset_class = DiscrepancyFilter
    shapes: ClassVar[dict[str, type[BaseSerializer[Any]]]] = {
        "list": DiscrepancyShape,
        "retrieve": DiscrepancyDetailShape,
        "take": DiscrepancyDetailShape,
        "resolve": DecisionOrder,
        "undo": DecisionOrder,
        "book": BookingOrder,
    }
    rights: ClassVar[dict[str, Right]] = {
        "list": Right.SEE_STATEMENTS,
        "retrieve": Right.SEE_STATEMENTS,
        "take": Right.RESOLVE_DISCREPANCIES,
        "resolve": Right.RESOLVE_DISCREPANCIES,
        "undo": Right.RESOLVE_DISCREPANCIES,
        "book": Right.RESOLVE_DISCREPANCIES,
    }

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return self.shapes[self.action]

    def reach(self, rows: QuerySet[Discrepancy]) -> QuerySet[Discrepancy]:
        """Differences belong to accounts: for those whose right holds everywhere."""
        self.principal.require_everywhere(self.right)
        rows = rows.select_related("owner")
        return rows if self.action == "list" else rows.prefetch_related("moves")

    @extend_schema(request=None, responses=DiscrepancyDetailShape)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str) -> Response:
        """Make a difference one's own; for people who signed in."""
        services.take_discrepancy(self.get_object(), actor=self.principal.actor)
        return self._shown()

    @extend_schema(request=DecisionOrder, responses=DiscrepancyDetailShape)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        """End a difference with a note; nothing is booked."""
        row, note = self.get_object(), self._note()
        services.resolve_discrepancy(row, note=note, actor=self.principal.actor)
        return self._shown()

    @extend_schema(request=DecisionOrder, responses=DiscrepancyDetailShape)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take a decision back; what was booked stays booked."""
        row, note = self.get_object(), self._note()
        services.undo_resolution(row, note=note, actor=self.principal.actor)
        return self._shown()

    @extend_schema(request=BookingOrder, responses=DiscrepancyDetailShape)
    @action(detail=True, methods=["post"])
    def book(self, request: Request, pk: str) -> Response:
        """Book what a difference names, where need be after asking Alipay."""
        row, note = self.get_object(), self._note()
        self.confirm_person("book", row)
        services.book_discrepancy(row, note=note, actor=self.principal.actor)
        return self._shown()

    def _note(self) -> str:
        order = self.get_serializer(data=self.request.data)
        order.is_valid(raise_exception=True)
        return cast("str", order.validated_data["note"])

    def _shown(self) -> Response:
        return Response(DiscrepancyDetailShape(self.get_object()).data)
