"""How payments, notifications and lookups look in the API. Amounts are decimal texts."""

from functools import lru_cache
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from merchant_portal import rows
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.payment_codes import PaymentCode
from merchant_portal.money import AmountUnusable, Money
from payments.models import LedgerEntry, Lookup, Notification, Payment, PaymentMove, Sale
from payments.sale_standing import standing_of
from payments.selling import SaleOutcome
from payments.slips import receipt_url
from payments.states import Product, Question, WaitReason
from payments.tills import PRODUCTS
from qrcodes.api_doors import IdField, ReachedField, word_or_nothing
from qrcodes.models import Counter

#: What a till's own software may begin, and how that may stand, as choices.
SALE_PRODUCTS = [(each.value, each.label) for each in PRODUCTS]
SALE_OUTCOMES = [(each.value, each.value) for each in SaleOutcome]
#: What a question to Alipay came to.
ASKED_OUTCOMES = [(each, each) for each in ("answered", "refused", "no_answer", "not_sent")]


class AmountField(serializers.CharField):
    """Minor units as a decimal text with exactly the currency's decimals: ``12.50``."""

    def __init__(self, minor: str) -> None:
        self.minor = minor
        super().__init__(source="*", read_only=True)

    def to_representation(self, value: Any) -> str:
        return Money(getattr(value, self.minor), value.currency).decimal_text


class PaymentShape(serializers.ModelSerializer[Payment]):
    """A payment. All its amounts are in `currency`; `question` is empty where none is open."""

    id = IdField(source="pk")
    account = IdField(source="account_id")
    store = IdField(source="store_id", allow_null=True)
    counter = IdField(source="counter_id", allow_null=True)
    qrcode = IdField(source="code_id", allow_null=True)
    amount = AmountField("amount_minor")
    refunded = AmountField("refunded_minor")
    cancelled = AmountField("cancelled_minor")
    reserved = AmountField("reserved_minor")
    question = word_or_nothing(Question)

    class Meta:
        model = Payment
        fields: ClassVar = [
            "id", "account", "store", "counter", "qrcode", "product", "alipay_trans_id",
            "partner_trans_id", "amount", "currency", "refunded", "cancelled", "reserved", "wallet",
            "buyer", "state", "closed_reason", "paid_at", "occurred_at", "first_heard_at",
            "frozen", "refundable", "question", "question_since",
        ]  # fmt: skip
        read_only_fields = fields


class SaleShape(serializers.ModelSerializer[Sale]):
    """How the shop began a payment, and how it stands for who waits for it. `order_code` is the
    text to draw as a QR code, and only for as long as it can be paid."""

    device = IdField(source="device_id", allow_null=True)
    order_code = serializers.SerializerMethodField()
    outcome = serializers.SerializerMethodField()
    receipt_url = serializers.SerializerMethodField()

    class Meta:
        model = Sale
        fields: ClassVar = [
            "interface", "description", "begun_by_name", "device", "code_hint", "order_code",
            "order_code_expires_at", "sent_at", "ends_at", "ending_at", "ending_by_name", "refusal",
            "outcome", "receipt_url",
        ]  # fmt: skip
        read_only_fields = fields

    def get_order_code(self, sale: Sale) -> str:
        return standing_of(sale).order_code

    @extend_schema_field(serializers.ChoiceField(choices=SALE_OUTCOMES))
    def get_outcome(self, sale: Sale) -> str:
        return standing_of(sale).outcome.value

    def get_receipt_url(self, sale: Sale) -> str:
        return receipt_url(sale)


class PaymentMoveShape(serializers.ModelSerializer[PaymentMove]):
    notification = IdField(source="notification_id", allow_null=True)

    class Meta:
        model = PaymentMove
        fields: ClassVar = ["from_state", "to_state", "at", "actor_name", "notification"]


class LedgerEntryShape(serializers.ModelSerializer[LedgerEntry]):
    id = IdField(source="pk")
    amount = AmountField("amount_minor")

    class Meta:
        model = LedgerEntry
        fields: ClassVar = [
            "id", "kind", "reference", "debit", "credit", "amount", "currency", "occurred_at",
            "posted_at",
        ]  # fmt: skip


class PaymentDetailShape(PaymentShape):
    #: How the shop began it; null where the customer did, by a counter's static code.
    sale = serializers.SerializerMethodField()
    moves = serializers.SerializerMethodField()
    ledger_entries = serializers.SerializerMethodField()

    class Meta(PaymentShape.Meta):
        fields: ClassVar = [*PaymentShape.Meta.fields, "sale", "moves", "ledger_entries"]
        read_only_fields = fields

    @extend_schema_field(SaleShape(allow_null=True))
    def get_sale(self, payment: Payment) -> object:
        return _drawn(SaleShape).to_representation(payment.sale) if payment.is_begun_here else None

    @extend_schema_field(PaymentMoveShape(many=True))
    def get_moves(self, payment: Payment) -> list[object]:
        found = rows.select(PaymentMove, "payment_id = %s ORDER BY id", [payment.pk])
        return [_drawn(PaymentMoveShape).to_representation(move) for move in found]

    @extend_schema_field(LedgerEntryShape(many=True))
    def get_ledger_entries(self, payment: Payment) -> list[object]:
        found = rows.select(LedgerEntry, "payment_id = %s ORDER BY id", [payment.pk])
        return [_drawn(LedgerEntryShape).to_representation(entry) for entry in found]


def detail_of(payment: Payment) -> dict[str, Any]:
    """A payment as `PaymentDetailShape` tells it."""
    told: dict[str, Any] = _drawn(PaymentDetailShape).to_representation(payment)
    return told


@lru_cache(maxsize=8)
def _drawn(shape: type[serializers.ModelSerializer[Any]]) -> serializers.ModelSerializer[Any]:
    """A shape that only tells, built once: building it for each answer took a tenth of a sale."""
    return shape()


class TextField(serializers.CharField):
    """A text and nothing else: as a number a code would lose digits, and an amount cents."""

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class SaleOrder(serializers.Serializer[Payment]):
    """A payment to take at a counter: by the customer's code, or by a code made for this order."""

    product = serializers.ChoiceField(choices=SALE_PRODUCTS)
    counter = ReachedField(model=Counter, related=["store__merchant"])
    account = serializers.CharField(
        max_length=18, required=False, default="",
        help_text="Needed where several accounts take such payments at the counter.",
    )  # fmt: skip
    amount = TextField(max_length=20, help_text="A plain decimal: `12.50`.")
    currency = serializers.CharField(max_length=3)
    description = serializers.CharField(
        max_length=128, required=False, default="",
        help_text="The customer reads it in the wallet. Empty: the store's name.",
    )  # fmt: skip
    code = TextField(
        max_length=200, required=False, default="", write_only=True,
        help_text="Of a barcode sale: the scanned digits, as a text. Never given back.",
    )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            attrs["money"] = Money.parse(attrs["amount"], attrs["currency"])
        except AmountUnusable as unusable:
            raise serializers.ValidationError({"amount": [str(unusable)]}) from unusable
        by_code = attrs["product"] == Product.BARCODE
        if attrs["code"] and not by_code:
            problem = _("An order's code is made by Alipay: send none.")
            raise serializers.ValidationError({"code": [problem]})
        attrs["code"] = self._read_code(attrs["code"]) if by_code else None
        return attrs

    def _read_code(self, text: str) -> PaymentCode:
        try:
            return PaymentCode.scanned(text)
        except RequestInvalid:
            problem = _("A payment code has 16 to 32 digits and nothing else.")
            raise serializers.ValidationError({"code": [problem]}) from None


class AskedShape(serializers.Serializer[Payment]):
    """What Alipay said, and the payment as it stands now."""

    outcome = serializers.ChoiceField(choices=ASKED_OUTCOMES)
    code = serializers.CharField(help_text="Alipay's status or refusal, or why there is no answer.")
    payment = PaymentDetailShape()


class NotificationShape(serializers.ModelSerializer[Notification]):
    id = IdField(source="pk")
    account = IdField(source="account_id")
    qrcode = IdField(source="code_id", allow_null=True)
    payment = IdField(source="payment_id", allow_null=True)
    reason = word_or_nothing(WaitReason)

    class Meta:
        model = Notification
        fields: ClassVar = [
            "id", "account", "qrcode", "payment", "notify_id", "trade_status", "alipay_trans_id",
            "partner_trans_id", "state", "reason", "reason_text", "conflicting", "received_at",
            "last_received_at", "received_count", "applied_at", "next_attempt_at",
        ]  # fmt: skip
        read_only_fields = fields


class LookupShape(serializers.ModelSerializer[Lookup]):
    id = IdField(source="pk")
    account = IdField(source="account_id")
    counter = IdField(source="counter_id", allow_null=True)
    payment = IdField(source="payment_id", allow_null=True)

    class Meta:
        model = Lookup
        fields: ClassVar = [
            "id", "account", "counter", "alipay_trans_id", "partner_trans_id", "state",
            "last_answer", "asked_by", "asked_at", "settled_at", "next_attempt_at", "payment",
        ]  # fmt: skip
        read_only_fields = fields


class LookupOrder(serializers.Serializer[Lookup]):
    """A number to ask Alipay about: its own, the merchant's, or both."""

    account = ReachedField(model=Account)
    counter = ReachedField(model=Counter, required=False, allow_null=True, default=None)
    alipay_trans_id = serializers.RegexField(r"\A[!-~]{1,64}\Z", required=False, default="")
    partner_trans_id = serializers.RegexField(r"\A[!-~]{1,64}\Z", required=False, default="")
