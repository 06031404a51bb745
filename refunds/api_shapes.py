"""How refunds and cancels look in the API. Amounts are decimal texts."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers

from merchant_portal.money import AmountUnusable, Money
from payments.api_shapes import AmountField
from payments.models import Cancel, CancelMove, Payment
from payments.states import ASKED_REASONS, GiveBackQuestion, GiveBackReason
from qrcodes.api_doors import ConfirmedOrder, IdField, ReachedField, word_or_nothing
from refunds.models import Refund, RefundMove

#: What both nouns show, in the order it happens.
_SHARED = [
    "id", "payment", "amount", "currency", "state", "reason", "note", "requested_by",
    "requested_at", "needs_approval", "decided_by", "decided_at", "decision_note",
    "first_sent_at", "may_have_left", "attempts", "next_attempt_at", "last_answer", "refusal",
    "settled_at", "question", "question_since",
]  # fmt: skip


class _GivingBackShape(serializers.ModelSerializer[Any]):
    """Money going back. `may_have_left` is false as long as nothing can have been sent; what was
    sent and has no answer is `UNKNOWN`, never failed."""

    id = IdField(source="pk")
    payment = IdField(source="payment_id")
    amount = AmountField("amount_minor")
    reason = word_or_nothing(GiveBackReason)
    question = word_or_nothing(GiveBackQuestion)
    requested_by = serializers.CharField(source="requested_by_name", read_only=True)
    decided_by = serializers.CharField(source="decided_by_name", read_only=True)
    may_have_left = serializers.BooleanField(read_only=True)


class RefundShape(_GivingBackShape):
    """A refund. `partner_refund_id` names it at Alipay for ever; `origin` tells who made it."""

    instead_of = IdField(source="instead_of_id", allow_null=True)

    class Meta:
        model = Refund
        fields: ClassVar = [
            *_SHARED, "origin", "partner_refund_id", "is_sync", "refunded_at", "booked_at",
            "returned_at", "instead_of",
        ]  # fmt: skip
        read_only_fields = fields


class CancelShape(_GivingBackShape):
    """A cancel: the whole payment is undone, on its own day (GMT+8), before `deadline_at`."""

    class Meta:
        model = Cancel
        fields: ClassVar = [*_SHARED, "deadline_at"]
        read_only_fields = fields


class RefundMoveShape(serializers.ModelSerializer[RefundMove]):
    class Meta:
        model = RefundMove
        fields: ClassVar = ["from_state", "to_state", "at", "actor_name", "note"]


class CancelMoveShape(serializers.ModelSerializer[CancelMove]):
    class Meta:
        model = CancelMove
        fields: ClassVar = ["from_state", "to_state", "at", "actor_name", "note"]


class RefundDetailShape(RefundShape):
    moves = RefundMoveShape(many=True, read_only=True)

    class Meta(RefundShape.Meta):
        fields: ClassVar = [*RefundShape.Meta.fields, "moves"]
        read_only_fields = fields


class CancelDetailShape(CancelShape):
    moves = CancelMoveShape(many=True, read_only=True)

    class Meta(CancelShape.Meta):
        fields: ClassVar = [*CancelShape.Meta.fields, "moves"]
        read_only_fields = fields


class _Order(ConfirmedOrder):
    """A payment of which money shall go back, and why."""

    payment = ReachedField(model=Payment)
    reason = serializers.ChoiceField(choices=ASKED_REASONS)
    note = serializers.CharField(
        max_length=200, required=False, default="", allow_blank=True,
        help_text="Needed where the reason is `other`.",
    )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["reason"] == GiveBackReason.OTHER and not attrs["note"]:
            raise serializers.ValidationError({"note": [_("Say what the reason is.")]})
        return attrs


class CancelOrder(_Order):
    """A payment to undo in full."""


class DecimalText(serializers.RegexField):
    """A decimal text; a JSON number is refused, which some programs round."""

    def __init__(self, **options: Any) -> None:
        super().__init__(r"\A[0-9]{1,12}(\.[0-9]{1,8})?\Z", **options)

    def to_internal_value(self, value: Any) -> str:
        if not isinstance(value, str):
            raise serializers.ValidationError(_("Send the amount as a text such as “20.00”."))
        return str(super().to_internal_value(value))


class RefundOrder(_Order):
    """An amount that shall go back, in the currency of its payment."""

    amount = DecimalText(help_text="A decimal text such as `20.00`.")
    currency = serializers.RegexField(r"\A[A-Z]{3}\Z")
    instead_of = ReachedField(
        model=Cancel, required=False, allow_null=True, default=None,
        help_text="The cancel that lapsed or was refused, where this refund takes its place.",
    )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        try:
            attrs["money"] = Money.parse(attrs["amount"], attrs["currency"])
        except AmountUnusable as unusable:
            raise serializers.ValidationError({"amount": [str(unusable)]}) from unusable
        return attrs


class DeclineOrder(serializers.Serializer[Any]):
    """Why money does not go back."""

    note = serializers.CharField(max_length=200)


class _Asked(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=["answered", "refused", "no_answer", "not_sent"])
    code = serializers.CharField(help_text="Alipay's status or refusal, or why there is no answer.")


class AskedRefundShape(_Asked):
    """What Alipay said, and the refund as it stands now."""

    refund = RefundDetailShape()


class AskedCancelShape(_Asked):
    """What Alipay said about the payment, and the cancel as it stands now."""

    cancel = CancelDetailShape()
