"""How payments, notifications and lookups look in the API. Amounts are decimal texts."""

from typing import Any, ClassVar

from rest_framework import serializers

from merchant_portal.accounts.models import Account
from merchant_portal.money import Money
from payments.models import LedgerEntry, Lookup, Notification, Payment, PaymentMove
from payments.states import Question, WaitReason
from qrcodes.api_doors import IdField, ReachedField, word_or_nothing
from qrcodes.models import Counter


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
    moves = PaymentMoveShape(many=True, read_only=True)
    ledger_entries = LedgerEntryShape(many=True, read_only=True)

    class Meta(PaymentShape.Meta):
        fields: ClassVar = [*PaymentShape.Meta.fields, "moves", "ledger_entries"]
        read_only_fields = fields


class AskedShape(serializers.Serializer[Payment]):
    """What Alipay said, and the payment as it stands now."""

    outcome = serializers.ChoiceField(choices=["answered", "refused", "no_answer", "not_sent"])
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
