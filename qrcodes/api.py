"""The API's doors to merchants, stores, counters, enrolments and codes."""

from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from merchant_portal.access import Right
from qrcodes import images, services
from qrcodes.api_doors import Door, IdFilter, Row, reached
from qrcodes.api_shapes import (
    CodeDetailShape,
    CodeOrder,
    CodeShape,
    CounterChange,
    CounterShape,
    EnrolmentOrder,
    EnrolmentShape,
    MerchantShape,
    RegistrantShape,
    StoreChange,
    StoreShape,
)
from qrcodes.errors import CodeRefused
from qrcodes.models import Counter, Enrolment, Merchant, QRCode, Registration, Store
from qrcodes.sentences import why_no_image
from qrcodes.states import CodeKind, CodeState, ReviewState

SEE = {"list": Right.SEE_STORES, "retrieve": Right.SEE_STORES}


class PlaceDoor(ListModelMixin, RetrieveModelMixin, Door[Row]):
    """Reading a noun of the house; what is not reached is not found."""

    rights: ClassVar[dict[str, Right]] = SEE

    def reach(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        return reached(rows, self)

    def read_body(self, *, partial: bool = False) -> dict[str, Any]:
        """What was posted, validated by the door's serializer."""
        shape = self.get_serializer(data=self.request.data, partial=partial)
        shape.is_valid(raise_exception=True)
        return cast("dict[str, Any]", shape.validated_data)


class MerchantDoor(PlaceDoor[Merchant]):
    """Legal persons that own stores."""

    queryset = Merchant.objects.all()
    serializer_class = MerchantShape
    rights = SEE | {
        "create": Right.CHANGE_STORES,
        "partial_update": Right.CHANGE_STORES,
        "registrant": Right.CHANGE_STORES,
    }

    def create(self, request: Request) -> Response:
        self.principal.require_everywhere(self.right)
        merchant = services.add_merchant(terms=self.read_body(), actor=self.principal.actor)
        return Response(self.get_serializer(merchant).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Codes of every store carry the merchant's name: the right must hold at all of them."""
        merchant = self.get_object()
        self.principal.require(self.right, store=Store(merchant=merchant))
        shape = self.get_serializer(merchant, data=request.data, partial=True)
        shape.is_valid(raise_exception=True)
        terms = cast("dict[str, Any]", shape.validated_data)
        merchant = services.change_merchant(merchant, terms=terms, actor=self.principal.actor)
        return Response(self.get_serializer(merchant).data)

    @extend_schema(request=RegistrantShape, responses=RegistrantShape)
    @action(detail=True, methods=["put"], serializer_class=RegistrantShape)
    def registrant(self, request: Request, pk: str) -> Response:
        """Say who stands behind the merchant, as Alipay asks acquirers."""
        merchant = self.get_object()
        self.principal.require(self.right, store=Store(merchant=merchant))
        saved = services.save_registrant(
            merchant, terms=self.read_body(), actor=self.principal.actor
        )
        return Response(RegistrantShape(saved).data)


class StoreFilter(filters.FilterSet):  # type: ignore[misc]  # untyped library
    merchant = IdFilter()
    code = filters.CharFilter(max_length=16)


class StoreDoor(PlaceDoor[Store]):
    """Shops."""

    queryset = Store.objects.select_related("merchant")
    serializer_class = StoreShape
    filterset_class = StoreFilter
    rights = SEE | {"create": Right.CHANGE_STORES, "partial_update": Right.CHANGE_STORES}

    def get_serializer_class(self) -> type[BaseSerializer[Store]]:
        return StoreChange if self.action == "partial_update" else StoreShape

    def create(self, request: Request) -> Response:
        terms = self.read_body()
        merchant: Merchant = terms.pop("merchant")
        self.principal.require(self.right, store=Store(merchant=merchant))
        store = services.add_store(merchant=merchant, terms=terms, actor=self.principal.actor)
        return Response(StoreShape(store, context=self.get_serializer_context()).data, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        store = self.get_object()
        terms = self.read_body(partial=True)
        store = services.change_store(store, terms=terms, actor=self.principal.actor)
        return Response(self.get_serializer(store).data)


class CounterFilter(filters.FilterSet):  # type: ignore[misc]  # untyped library
    store = IdFilter()
    code = filters.CharFilter(max_length=15)


class CounterDoor(PlaceDoor[Counter]):
    """Tills."""

    queryset = Counter.objects.select_related("store")
    serializer_class = CounterShape
    filterset_class = CounterFilter
    rights = SEE | {"create": Right.CHANGE_STORES, "partial_update": Right.CHANGE_STORES}

    def get_serializer_class(self) -> type[BaseSerializer[Counter]]:
        return CounterChange if self.action == "partial_update" else CounterShape

    def create(self, request: Request) -> Response:
        terms = self.read_body()
        store: Store = terms.pop("store")
        counter = services.add_counter(store=store, terms=terms, actor=self.principal.actor)
        return Response(self.get_serializer(counter).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        counter = self.get_object()
        terms = self.read_body(partial=True)
        counter = services.change_counter(counter, terms=terms, actor=self.principal.actor)
        return Response(self.get_serializer(counter).data)


class EnrolmentFilter(filters.FilterSet):  # type: ignore[misc]  # untyped library
    account = IdFilter()
    store = IdFilter()
    counter = IdFilter()
    review_state = filters.ChoiceFilter(choices=ReviewState.choices, method="in_review_state")

    def in_review_state(
        self, rows: QuerySet[Enrolment], name: str, state: str
    ) -> QuerySet[Enrolment]:
        return rows.reviewed().in_review_state(ReviewState(state))  # type: ignore[attr-defined,no-any-return]


_REVIEW_VERBS = extend_schema(request=None, responses=EnrolmentShape)


class EnrolmentDoor(PlaceDoor[Enrolment]):
    """How counters are known at Alipay, and how its review of their stores goes."""

    queryset = Enrolment.objects.select_related("account", "registration").prefetch_related(
        "registration__moves"
    )
    serializer_class = EnrolmentShape
    filterset_class = EnrolmentFilter
    rights = SEE | {
        "create": Right.CHANGE_STORES,
        "partial_update": Right.CHANGE_STORES,
        "register": Right.CHANGE_CODES,
        "ask": Right.CHANGE_CODES,
    }

    def get_serializer_class(self) -> type[BaseSerializer[Enrolment]]:
        return EnrolmentOrder if self.action == "create" else EnrolmentShape

    @extend_schema(responses={201: EnrolmentShape})
    def create(self, request: Request) -> Response:
        order = self.read_body()
        enrolment = services.enrol_counter(
            order["counter"], account=order["account"], actor=self.principal.actor
        )
        return Response(EnrolmentShape(enrolment).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        enrolment = self.get_object()
        terms = self.read_body(partial=True)
        changed = services.change_enrolment(enrolment, terms=terms, actor=self.principal.actor)
        return Response(EnrolmentShape(changed).data)

    @_REVIEW_VERBS
    @action(detail=True, methods=["post"])
    def register(self, request: Request, pk: str) -> Response:
        """Tell Alipay about the store, or tell it again; it is then reviewed."""
        enrolment = self.get_object()
        return self._sent(services.register_enrolment(enrolment, actor=self.principal.actor))

    @_REVIEW_VERBS
    @action(detail=True, methods=["post"])
    def ask(self, request: Request, pk: str) -> Response:
        """Ask Alipay now how the review of the store stands."""
        enrolment = self.get_object()
        return self._sent(services.ask_review(enrolment, actor=self.principal.actor))

    def _sent(self, registration: Registration) -> Response:
        services.send_registration(registration)
        shown = self.queryset.get(pk=registration.enrolment_id)
        return Response(EnrolmentShape(shown).data)


class CodeFilter(filters.FilterSet):  # type: ignore[misc]  # untyped library
    account = IdFilter(field_name="enrolment__account")
    store = IdFilter(field_name="enrolment__store")
    counter = IdFilter(field_name="enrolment__counter")
    state = filters.ChoiceFilter(choices=CodeState.choices)
    value = filters.CharFilter(max_length=256)


_STATE_VERBS = extend_schema(request=None, responses=CodeDetailShape)
_PICTURE = extend_schema(
    responses={(200, "image/*"): OpenApiResponse(OpenApiTypes.BINARY, "The picture.")}
)


class CodeDoor(PlaceDoor[QRCode]):
    """QR codes, and what may be done to them. A call to Alipay is made before the answer."""

    queryset = QRCode.objects.select_related("enrolment").prefetch_related("moves")
    serializer_class = CodeShape
    filterset_class = CodeFilter
    rights = SEE | {
        "create": Right.CHANGE_CODES,
        "stop": Right.CHANGE_CODES,
        "restart": Right.CHANGE_CODES,
        "remove": Right.CHANGE_CODES,
        "send_again": Right.CHANGE_CODES,
        "image_svg": Right.SEE_STORES,
        "image_png": Right.SEE_STORES,
    }

    def get_serializer_class(self) -> type[BaseSerializer[QRCode]]:
        match self.action:
            case "create":
                return CodeOrder
            case "list":
                return CodeShape
            case _:
                return CodeDetailShape

    @extend_schema(responses={201: CodeDetailShape})
    def create(self, request: Request) -> Response:
        """Ask for a code; where Alipay has not answered yet its state says so."""
        order = self.read_body()
        actor = self.principal.actor
        enrolment = order.get("enrolment") or services.enrol_counter(
            order["counter"], account=order["account"], actor=actor
        )
        code = services.make_code(
            enrolment,
            actor=actor,
            kind=CodeKind(order["kind"]),
            channel_fee_type=order["channel_fee_type"],
            channel_fee_value=order["channel_fee_value"],
        )
        return self._sent(code, status=status.HTTP_201_CREATED)

    @_STATE_VERBS
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """Paying with the code is refused until it is restarted."""
        return self._want(CodeState.STOPPED)

    @_STATE_VERBS
    @action(detail=True, methods=["post"])
    def restart(self, request: Request, pk: str) -> Response:
        """Let a stopped code be paid again."""
        return self._want(CodeState.ACTIVE)

    @_STATE_VERBS
    @action(detail=True, methods=["post"], url_path="delete", url_name="delete")
    def remove(self, request: Request, pk: str) -> Response:
        """Delete the code at Alipay, for ever."""
        return self._want(CodeState.DELETED)

    @_STATE_VERBS
    @action(detail=True, methods=["post"], url_path="send-again")
    def send_again(self, request: Request, pk: str) -> Response:
        """Make the call that Alipay has not answered once more, now."""
        code = services.send_again(self.get_object(), actor=self.principal.actor)
        return self._sent(code)

    @_PICTURE
    @action(detail=True, url_path="image.svg", pagination_class=None, filterset_class=None)
    def image_svg(self, request: Request, pk: str) -> HttpResponse:
        """The code as a scalable picture."""
        svg = images.draw_svg(self._text(), images.USUAL_PIXELS)
        return HttpResponse(svg, content_type="image/svg+xml")

    @_PICTURE
    @action(detail=True, url_path="image.png", pagination_class=None, filterset_class=None)
    def image_png(self, request: Request, pk: str) -> HttpResponse:
        """The code as a picture in pixels."""
        png = images.draw_png(self._text(), images.USUAL_PIXELS)
        return HttpResponse(png, content_type="image/png")

    def _text(self) -> str:
        code: QRCode = self.get_object()
        if why := why_no_image(code):
            raise CodeRefused(why)
        return code.value

    def _want(self, wanted: CodeState) -> Response:
        code = services.want_state(self.get_object(), wanted, actor=self.principal.actor)
        return self._sent(code)

    def _sent(self, code: QRCode, *, status: int = status.HTTP_200_OK) -> Response:
        services.send_code(code)
        shown = self.queryset.get(pk=code.pk)
        context = self.get_serializer_context()
        return Response(CodeDetailShape(shown, context=context).data, status=status)
