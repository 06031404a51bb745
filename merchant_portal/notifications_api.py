"""The API's doors to notifications; applying one again is the intake's work."""

from typing import ClassVar

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from merchant_portal import intake
from merchant_portal.access import Right
from payments.api_shapes import NotificationShape
from payments.models import Notification
from payments.states import NotificationState, WaitReason
from qrcodes.api_doors import Door, IdFilter


class NotificationFilter(filters.FilterSet):  # type: ignore[misc]  # untyped library
    account = IdFilter()
    payment = IdFilter()
    state = filters.ChoiceFilter(choices=NotificationState.choices)
    reason = filters.ChoiceFilter(choices=WaitReason.choices)
    notify_id = filters.CharFilter(max_length=128)
    alipay_trans_id = filters.CharFilter(max_length=64)


class NotificationDoor(ListModelMixin, RetrieveModelMixin, Door[Notification]):
    """Verified notifications, newest first, and whether they have had their effect."""

    queryset = Notification.objects.all()
    serializer_class = NotificationShape
    filterset_class = NotificationFilter
    rights: ClassVar[dict[str, Right]] = {
        "list": Right.SEE_NOTIFICATIONS,
        "retrieve": Right.SEE_NOTIFICATIONS,
        "apply": Right.APPLY_NOTIFICATIONS,
    }

    def reach(self, rows: QuerySet[Notification]) -> QuerySet[Notification]:
        """Those of a code, or a payment, at a store the right reaches."""
        of_code = self.principal.scope(self.right, store_path="code__enrolment__store")
        of_payment = self.principal.scope(self.right, store_path="payment__store")
        return rows.filter(Q(of_code) | Q(of_payment))

    @extend_schema(request=None, responses=NotificationShape)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Let a waiting notification have its effect now; one that had it stays as it is."""
        applied = intake.apply_again(self.get_object().pk, actor=self.principal.actor)
        return Response(NotificationShape(applied).data)
