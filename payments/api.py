"""The API's doors to payments and lookups."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from merchant_portal.access import Right
from merchant_portal.clock import GMT8
from merchant_portal.gateway import Answered, Refused, Unanswered
from payments import services
from payments.api_selling import SaleDoor
from payments.api_shapes import (
    AskedShape,
    LookupOrder,
    LookupShape,
    PaymentDetailShape,
    PaymentShape,
    SaleOrder,
    detail_of,
)
from payments.models import Lookup, Payment
from payments.services import Unsent
from payments.states import PaymentState, Product
from qrcodes.api_doors import ByCursor, Door, IdFilter


class PaymentFilter(filters.FilterSet):  # type: ignore[misc]  # untyped library
    account = IdFilter()
    store = IdFilter()
    counter = IdFilter()
    state = filters.ChoiceFilter(choices=PaymentState.choices)
    product = filters.ChoiceFilter(choices=Product.choices)
    alipay_trans_id = filters.CharFilter(max_length=64)
    partner_trans_id = filters.CharFilter(max_length=64)
    day_from = filters.DateFilter(
        method="from_day", label="First transaction day (GMT+8), included."
    )
    day_to = filters.DateFilter(method="to_day", label="Last transaction day (GMT+8), included.")
    has_question = filters.BooleanFilter(method="with_question", label="Open questions only.")

    def from_day(self, rows: QuerySet[Payment], name: str, day: Any) -> QuerySet[Payment]:
        return rows.filter(occurred_at__gte=datetime.combine(day, time.min, GMT8))

    def to_day(self, rows: QuerySet[Payment], name: str, day: Any) -> QuerySet[Payment]:
        return rows.filter(occurred_at__lte=datetime.combine(day, time.max, GMT8))

    def with_question(self, rows: QuerySet[Payment], name: str, wanted: Any) -> QuerySet[Payment]:
        return rows.exclude(question="") if wanted else rows.filter(question="")


class NewestPaidFirst(ByCursor):
    ordering = ("-occurred_at", "-id")


class PaymentDoor(SaleDoor, ListModelMixin, RetrieveModelMixin, Door[Payment]):
    """Payments, newest first; and those that a till's own software begins."""

    queryset = Payment.objects.all()
    serializer_class = PaymentShape
    filterset_class = PaymentFilter
    pagination_class = NewestPaidFirst
    rights: ClassVar[dict[str, Right]] = {
        "list": Right.SEE_PAYMENTS,
        "retrieve": Right.SEE_PAYMENTS,
        "ask": Right.ASK_ALIPAY,
        "create": Right.TAKE_PAYMENTS,
        "end": Right.TAKE_PAYMENTS,
    }
    shapes: ClassVar[dict[str, type[BaseSerializer[Payment]]]] = {
        "list": PaymentShape,
        "create": SaleOrder,
    }

    def get_serializer_class(self) -> type[BaseSerializer[Payment]]:
        return self.shapes.get(self.action, PaymentDetailShape)

    def reach(self, rows: QuerySet[Payment]) -> QuerySet[Payment]:
        rows = rows.filter(self.principal.scope(self.right, store_path="store"))
        if self.action == "list":
            return rows
        return rows.select_related("account", "sale")

    @extend_schema(request=None, responses=AskedShape)
    @action(detail=True, methods=["post"])
    def ask(self, request: Request, pk: str) -> Response:
        """Ask Alipay about the payment now; the answer takes effect."""
        heard = services.ask_payment(self.get_object(), actor=self.principal.actor)
        match heard:
            case Answered(answer=answer):
                outcome, code = "answered", answer.status.value
            case Refused(code=code):
                outcome = "refused"
            case Unanswered(reason=reason):
                outcome, code = "no_answer", reason.value
            case Unsent(why=code):
                outcome = "not_sent"
        payment = detail_of(self.get_object())
        return Response({"outcome": outcome, "code": code, "payment": payment})


class LookupDoor(ListModelMixin, RetrieveModelMixin, Door[Lookup]):
    """Questions to Alipay about payments we know only a number of."""

    queryset = Lookup.objects.all()
    serializer_class = LookupShape
    rights: ClassVar[dict[str, Right]] = dict.fromkeys(
        ("list", "retrieve", "create"), Right.ASK_ALIPAY
    )

    def get_serializer_class(self) -> type[BaseSerializer[Lookup]]:
        return LookupOrder if self.action == "create" else LookupShape

    def reach(self, rows: QuerySet[Lookup]) -> QuerySet[Lookup]:
        """What was asked for a counter, or became a payment, that the right reaches."""
        here = self.principal.scope(self.right, store_path="counter__store")
        became = self.principal.scope(self.right, store_path="payment__store")
        return rows.filter(Q(here) | Q(became))

    @extend_schema(responses={201: LookupShape})
    def create(self, request: Request) -> Response:
        """Ask now; where Alipay does not know the number yet, the clock asks again."""
        shape = self.get_serializer(data=request.data)
        shape.is_valid(raise_exception=True)
        order = shape.validated_data
        self._refuse_unplaced(order)
        lookup = services.find_payment(order["account"], actor=self.principal.actor, **_rest(order))
        lookup = services.ask_lookup(lookup)
        return Response(LookupShape(lookup).data, status=status.HTTP_201_CREATED)

    def _refuse_unplaced(self, order: Mapping[str, Any]) -> None:
        """Without a counter only those may ask who will also see the answer."""
        if order["counter"] is None and not self.principal.holds_everywhere(self.right):
            raise ValidationError({"counter": [_("Name the counter at which it was paid.")]})


def _rest(order: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in order.items() if name != "account"}
