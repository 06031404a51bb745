"""The API's doors to refunds and cancels."""

from datetime import datetime, time
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from merchant_portal.access import Right
from merchant_portal.clock import GMT8
from merchant_portal.gateway import Answered, Refused, Unanswered
from payments import services as payments
from payments.errors import GiveBackRefused
from payments.models import Cancel
from payments.services import Unsent
from payments.states import CancelState
from qrcodes.api_doors import KEY_HEADER, ByCursor, ConfirmedOrder, Door, IdFilter, Row
from qrcodes.permissions import KeyHolder
from qrcodes.services.idempotency import found
from refunds import services
from refunds.api_shapes import (
    AskedCancelShape,
    AskedRefundShape,
    CancelDetailShape,
    CancelOrder,
    CancelShape,
    DeclineOrder,
    RefundDetailShape,
    RefundOrder,
    RefundShape,
)
from refunds.models import Refund
from refunds.sentences import NOTHING_TO_ASK, can_be_asked
from refunds.states import RefundOrigin, RefundState
from refunds.tasks import nudge


class NewestAskedFirst(ByCursor):
    ordering = ("-requested_at", "-id")


class _GivingBackFilter(filters.FilterSet):  # type: ignore[misc]  # untyped library
    """What both nouns are narrowed by."""

    payment = IdFilter()
    store = IdFilter(field_name="payment__store")
    day_from = filters.DateFilter(
        method="from_day", label="First day of the request (GMT+8), included."
    )
    day_to = filters.DateFilter(method="to_day", label="Last day of the request (GMT+8), included.")
    has_question = filters.BooleanFilter(method="with_question", label="Open questions only.")

    def from_day(self, rows: QuerySet[Any], name: str, day: Any) -> QuerySet[Any]:
        return rows.filter(requested_at__gte=datetime.combine(day, time.min, GMT8))

    def to_day(self, rows: QuerySet[Any], name: str, day: Any) -> QuerySet[Any]:
        return rows.filter(requested_at__lte=datetime.combine(day, time.max, GMT8))

    def with_question(self, rows: QuerySet[Any], name: str, wanted: Any) -> QuerySet[Any]:
        return rows.exclude(question="") if wanted else rows.filter(question="")


class RefundFilter(_GivingBackFilter):
    state = filters.ChoiceFilter(choices=RefundState.choices)
    origin = filters.ChoiceFilter(choices=RefundOrigin.choices)
    partner_refund_id = filters.CharFilter(max_length=100)


class CancelFilter(_GivingBackFilter):
    state = filters.ChoiceFilter(choices=CancelState.choices)


class _GivingBackDoor(ListModelMixin, RetrieveModelMixin, Door[Row]):
    """What the doors to refunds and cancels share."""

    pagination_class = NewestAskedFirst
    shapes: ClassVar[dict[str, type[BaseSerializer[Any]]]] = {}
    rights: ClassVar[dict[str, Right]] = {
        "list": Right.SEE_PAYMENTS,
        "retrieve": Right.SEE_PAYMENTS,
        "create": Right.GIVE_BACK,
        "approve": Right.APPROVE_GIVING_BACK,
        "decline": Right.APPROVE_GIVING_BACK,
        "ask": Right.ASK_ALIPAY,
    }

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return self.shapes[self.action]

    def reach(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        rows = rows.filter(self.principal.scope(self.right, store_path="payment__store"))
        return rows if self.action == "list" else rows.prefetch_related("moves")

    def read_body(self) -> dict[str, Any]:
        """What was posted, validated by the action's serializer."""
        shape = self.get_serializer(data=self.request.data)
        shape.is_valid(raise_exception=True)
        return cast("dict[str, Any]", shape.validated_data)

    def refuse_program(self) -> None:
        """Raise PermissionDenied for a program: a second pair of eyes is a person's."""
        if isinstance(self.asker, KeyHolder):
            raise PermissionDenied(
                _("A person approves money going back, never a program: approve it in the portal.")
            )

    def confirm_sending(self, giving: Refund | Cancel) -> None:
        """Asking moves nothing; but what has not left is sent by it, which a person confirms."""
        if not giving.may_have_left:
            self.confirm_person("send_again", giving)

    def give(self, row: Row, *, is_new: bool) -> Response:
        """A row as a write answers with it: 201 where it is new, 200 where it was there."""
        shape = self.shapes["retrieve"](self.get_queryset().get(pk=row.pk))
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(shape.data, status=code)


class RefundDoor(_GivingBackDoor[Refund]):
    """Refunds: money of a payment that goes back, in full or in part."""

    queryset = Refund.objects.all()
    serializer_class = RefundShape
    filterset_class = RefundFilter
    shapes: ClassVar = {
        "list": RefundShape,
        "retrieve": RefundDetailShape,
        "create": RefundOrder,
        "approve": RefundDetailShape,
        "decline": DeclineOrder,
        "ask": AskedRefundShape,
    }

    @extend_schema(
        parameters=[KEY_HEADER], responses={200: RefundDetailShape, 201: RefundDetailShape}
    )
    def create(self, request: Request) -> Response:
        """Ask for money to go back; above the account's limit a person must approve it."""
        order = self.read_body()
        instead_of: Cancel | None = order["instead_of"]
        key = self.read_key(
            "refund",
            payment=order["payment"].pk,
            amount=str(order["money"]),
            reason=order["reason"],
            note=order["note"],
            instead_of=instead_of and instead_of.pk,
        )
        was_there = found(owner=key.owner, key=key.key) is not None
        self.confirm_person("refund", order["payment"])
        refund = services.request_refund(
            order["payment"],
            amount=order["money"],
            reason=order["reason"],
            note=order["note"],
            actor=self.principal.actor,
            instead_of=instead_of,
            request=key,
        )
        nudge(refund)
        return self.give(refund, is_new=not was_there)

    @extend_schema(request=ConfirmedOrder, responses=RefundDetailShape)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Agree to a refund that somebody else asked for; for people who signed in only."""
        self.refuse_program()
        refund = self.get_object()
        self.confirm_person("approve", refund)
        refund = services.approve_refund(refund, actor=self.principal.actor)
        nudge(refund)
        return self.give(refund, is_new=False)

    @extend_schema(request=DeclineOrder, responses=RefundDetailShape)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """Say no to a refund that waits for approval, and why."""
        refund = services.decline_refund(
            self.get_object(), note=self.read_body()["note"], actor=self.principal.actor
        )
        return self.give(refund, is_new=False)

    @extend_schema(request=ConfirmedOrder, responses=AskedRefundShape)
    @action(detail=True, methods=["post"])
    def ask(self, request: Request, pk: str) -> Response:
        """Ask Alipay now what became of a refund; the answer takes effect."""
        refund = self.get_object()
        _refuse_unsent(refund)
        self.confirm_sending(refund)
        heard = services.ask_refund(refund, actor=self.principal.actor)
        code = heard.answer.state.value if isinstance(heard, Answered) else ""
        shown = RefundDetailShape(self.get_object()).data
        return Response({**_outcome(heard, code), "refund": shown})


class CancelDoor(_GivingBackDoor[Cancel]):
    """Cancels: payments undone in full on their own day, with Alipay's fee."""

    queryset = Cancel.objects.all()
    serializer_class = CancelShape
    filterset_class = CancelFilter
    shapes: ClassVar = {
        "list": CancelShape,
        "retrieve": CancelDetailShape,
        "create": CancelOrder,
        "approve": CancelDetailShape,
        "decline": DeclineOrder,
        "ask": AskedCancelShape,
    }

    @extend_schema(
        parameters=[KEY_HEADER], responses={200: CancelDetailShape, 201: CancelDetailShape}
    )
    def create(self, request: Request) -> Response:
        """Ask for a payment to be undone; above the account's limit a person must approve it."""
        order = self.read_body()
        key = self.read_key(
            "cancel", payment=order["payment"].pk, reason=order["reason"], note=order["note"]
        )
        was_there = found(owner=key.owner, key=key.key) is not None
        self.confirm_person("cancel", order["payment"])
        cancel = payments.request_cancel(
            order["payment"],
            reason=order["reason"],
            note=order["note"],
            actor=self.principal.actor,
            request=key,
        )
        nudge(cancel)
        return self.give(cancel, is_new=not was_there)

    @extend_schema(request=ConfirmedOrder, responses=CancelDetailShape)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Agree to a cancel; past its deadline it lapses, and only a refund is possible."""
        self.refuse_program()
        cancel = self.get_object()
        self.confirm_person("approve", cancel)
        cancel = payments.approve_cancel(cancel, actor=self.principal.actor)
        nudge(cancel)
        return self.give(cancel, is_new=False)

    @extend_schema(request=DeclineOrder, responses=CancelDetailShape)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """Say no to a cancel that waits for approval, and why."""
        cancel = payments.decline_cancel(
            self.get_object(), note=self.read_body()["note"], actor=self.principal.actor
        )
        return self.give(cancel, is_new=False)

    @extend_schema(request=ConfirmedOrder, responses=AskedCancelShape)
    @action(detail=True, methods=["post"])
    def ask(self, request: Request, pk: str) -> Response:
        """Ask Alipay now about the payment, which tells what became of the cancel."""
        cancel = self.get_object()
        _refuse_unsent(cancel)
        self.confirm_sending(cancel)
        heard = payments.ask_cancel(cancel, actor=self.principal.actor)
        code = heard.answer.status.value if isinstance(heard, Answered) else ""
        shown = CancelDetailShape(self.get_object()).data
        return Response({**_outcome(heard, code), "cancel": shown})


def _refuse_unsent(giving: Refund | Cancel) -> None:
    if not can_be_asked(giving):
        raise GiveBackRefused(str(NOTHING_TO_ASK))


def _outcome(heard: Answered[Any] | Refused | Unanswered | Unsent, answered: str) -> dict[str, str]:
    match heard:
        case Answered():
            return {"outcome": "answered", "code": answered}
        case Refused(code=code):
            return {"outcome": "refused", "code": code}
        case Unanswered(reason=reason):
            return {"outcome": "no_answer", "code": reason.value}
        case Unsent(why=why):
            return {"outcome": "not_sent", "code": why}
