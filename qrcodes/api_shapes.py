"""How merchants, stores, counters, enrolments and codes look in the API."""

from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from merchant_portal.accounts.models import Account, known_currency
from qrcodes.api_doors import IdField, ReachedField, word_or_nothing
from qrcodes.models import (
    Counter,
    Enrolment,
    Merchant,
    QRCode,
    QRCodeMove,
    Registrant,
    Registration,
    RegistrationMove,
    Store,
)
from qrcodes.states import CodeCall, CodeKind, CodeQuestion, ReviewCall, ReviewQuestion, ReviewState


class MerchantShape(serializers.ModelSerializer[Merchant]):
    id = IdField(source="pk")

    class Meta:
        model = Merchant
        fields: ClassVar = ["id", "name", "mcc", "secondary_merchant_id"]


@extend_schema_field({"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$", "example": "05:00"})
class ClockField(serializers.TimeField):
    """A time of the store's day, in its own zone: no zone is written."""


class StoreShape(serializers.ModelSerializer[Store]):
    id = IdField(source="pk")
    merchant = ReachedField(model=Merchant)
    pricing_currency = serializers.CharField(max_length=3, validators=[known_currency])
    business_day_starts = ClockField(format="%H:%M", required=False)

    class Meta:
        model = Store
        fields: ClassVar = [
            "id", "merchant", "code", "name", "country", "address", "pricing_currency",
            "time_zone", "business_day_starts", "front_photo_url", "inside_photo_url",
        ]  # fmt: skip
        # The verb says it, in one place for pages and programs.
        validators: ClassVar[list[object]] = []


class StoreChange(StoreShape):
    """What may change about a store: not whose it is, nor its code."""

    merchant = IdField(source="merchant_id")  # type: ignore[assignment]
    code = serializers.CharField(read_only=True)


class CounterShape(serializers.ModelSerializer[Counter]):
    id = IdField(source="pk")
    store = ReachedField(model=Store)

    class Meta:
        model = Counter
        fields: ClassVar = ["id", "store", "code", "name"]
        validators: ClassVar[list[object]] = []


class CounterChange(CounterShape):
    """What may change about a counter: what it is called."""

    store = IdField(source="store_id")  # type: ignore[assignment]
    code = serializers.CharField(read_only=True)


class RegistrantShape(serializers.ModelSerializer[Registrant]):
    """Who stands behind a merchant, as acquirers tell Alipay; it is given whole."""

    class Meta:
        model = Registrant
        exclude: ClassVar = ["id", "merchant"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("contact_no") and not attrs.get("contact_email"):
            sentence = _("Give a number or an e-mail to reach them by.")
            raise serializers.ValidationError({"contact_no": sentence})
        return attrs


class RegistrationMoveShape(serializers.ModelSerializer[RegistrationMove]):
    class Meta:
        model = RegistrationMove
        fields: ClassVar = ["from_state", "to_state", "at", "actor_name", "note"]


class RegistrationShape(serializers.ModelSerializer[Registration]):
    """How the review of a store at Alipay goes; `asked_without_answer`: an answer was lost."""

    next_call = word_or_nothing(ReviewCall)
    question = word_or_nothing(ReviewQuestion)
    moves = RegistrationMoveShape(many=True, read_only=True)

    class Meta:
        model = Registration
        fields: ClassVar = [
            "state", "next_call", "next_attempt_at", "asked_without_answer", "told_at",
            "is_change_in_review", "reject_reason", "refusal", "question", "question_since",
            "last_answer", "moves",
        ]  # fmt: skip
        read_only_fields = fields


_ENROLMENT_FIELDS = [
    "id", "account", "store", "counter", "secondary_merchant_id", "alipay_store_id",
    "pricing_currency", "settlement_currency", "review_state", "registration", "known_at_alipay",
    "is_frozen",
]  # fmt: skip


class EnrolmentShape(serializers.ModelSerializer[Enrolment]):
    """How a counter is known at Alipay; terms that are given may change until they are frozen."""

    id = IdField(source="pk")
    account = IdField(source="account_id")
    store = IdField(source="store_id")
    counter = IdField(source="counter_id", allow_null=True)
    is_frozen = serializers.SerializerMethodField()
    review_state = serializers.SerializerMethodField()
    registration = serializers.SerializerMethodField()
    pricing_currency = serializers.CharField(max_length=3, validators=[known_currency])
    settlement_currency = serializers.CharField(max_length=3, validators=[known_currency])

    class Meta:
        model = Enrolment
        fields: ClassVar = _ENROLMENT_FIELDS
        validators: ClassVar[list[object]] = []

    def get_is_frozen(self, enrolment: Enrolment) -> bool:
        return enrolment.frozen_at is not None

    @extend_schema_field(
        serializers.ChoiceField(choices=ReviewState.choices, allow_null=True, read_only=True)
    )
    def get_review_state(self, enrolment: Enrolment) -> str | None:
        """Null under a direct account: its stores are not reviewed."""
        return enrolment.review_state.value if enrolment.account.registers_stores else None

    @extend_schema_field(RegistrationShape(allow_null=True))
    def get_registration(self, enrolment: Enrolment) -> dict[str, Any] | None:
        """Null where Alipay was neither told nor asked about the store."""
        registration = getattr(enrolment, "registration", None)
        return dict(RegistrationShape(registration).data) if registration else None


def any_account(**options: Any) -> serializers.PrimaryKeyRelatedField[Account]:
    """An account's id; a shop may be new to an account that its people have not used yet."""
    return serializers.PrimaryKeyRelatedField(
        queryset=Account.objects.all(), pk_field=serializers.CharField(max_length=18), **options
    )


class EnrolmentOrder(serializers.Serializer[Enrolment]):
    """A counter to be enrolled under an account; the rest begins with our defaults."""

    counter = ReachedField(model=Counter)
    account = any_account()


class CodeMoveShape(serializers.ModelSerializer[QRCodeMove]):
    class Meta:
        model = QRCodeMove
        fields: ClassVar = ["from_state", "to_state", "at", "actor_name", "note"]


class CodeShape(serializers.ModelSerializer[QRCode]):
    id = IdField(source="pk")
    enrolment = IdField(source="enrolment_id")
    account = IdField(source="enrolment.account_id")
    store = IdField(source="enrolment.store_id")
    counter = IdField(source="enrolment.counter_id", allow_null=True)
    question = word_or_nothing(CodeQuestion)
    next_call = word_or_nothing(CodeCall)
    images = serializers.SerializerMethodField()

    class Meta:
        model = QRCode
        fields: ClassVar = [
            "id", "enrolment", "account", "store", "counter", "kind", "version", "value", "state",
            "wanted_state", "next_call", "next_attempt_at", "question", "refusal", "last_answer",
            "known_before", "channel_fee_type", "channel_fee_value", "notify_url", "created_at",
            "images",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=serializers.URLField(), allow_null=True))
    def get_images(self, code: QRCode) -> dict[str, str] | None:
        """Where the code's pictures are; none before Alipay has given the code a text."""
        if not code.value:
            return None
        request = self.context["request"]
        return {
            kind: request.build_absolute_uri(reverse(f"api-qrcode-image-{kind}", args=[code.pk]))
            for kind in ("svg", "png")
        }


class CodeDetailShape(CodeShape):
    moves = CodeMoveShape(many=True, read_only=True)

    class Meta(CodeShape.Meta):
        fields: ClassVar = [*CodeShape.Meta.fields, "moves"]
        read_only_fields = fields


class CodeOrder(serializers.Serializer[QRCode]):
    """A code to be asked for: at a counter under an account, or for an enrolment."""

    enrolment = ReachedField(model=Enrolment, required=False)
    counter = ReachedField(model=Counter, required=False)
    account = any_account(required=False)
    kind = serializers.ChoiceField(choices=CodeKind.choices, default=CodeKind.PLAIN)
    channel_fee_type = serializers.CharField(max_length=5, required=False, default="")
    channel_fee_value = serializers.CharField(max_length=20, required=False, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        by_place = {"counter", "account"} & attrs.keys()
        if ("enrolment" in attrs) == bool(by_place) or len(by_place) == 1:
            raise serializers.ValidationError(_("Give an enrolment, or a counter and an account."))
        return attrs
