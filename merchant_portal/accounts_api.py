"""The API's doors to accounts. Keys are named by their fingerprints; their texts never leave."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from merchant_portal import clock
from merchant_portal.access import Right
from merchant_portal.accounts import services
from merchant_portal.accounts.models import Account, AccountKey
from qrcodes.api_doors import Door, IdField, reached

_TERMS = [
    "name", "sign_type", "gateway_url", "spare_url", "settlement_currency", "refund_window_days",
    "cancel_grace_minutes", "fee_rate", "amount_source", "integration", "service_provider_id",
    "statement_folder", "client_id", "key_version", "json_url", "sends_agent_tokens",
]  # fmt: skip


class KeyShape(serializers.ModelSerializer[AccountKey]):
    id = IdField(source="pk")
    is_live = serializers.SerializerMethodField()

    class Meta:
        model = AccountKey
        fields: ClassVar = [
            "id", "purpose", "algorithm", "fingerprint", "added_at", "valid_from", "retired_at",
            "is_live",
        ]  # fmt: skip

    def get_is_live(self, key: AccountKey) -> bool:
        return key.is_live(clock.now())


class LimitField(serializers.CharField):
    """The approval limit as a decimal text in settlement currency; null: there is none."""

    def to_representation(self, value: Any) -> str:
        return str(value.decimal_text)


class AccountShape(serializers.ModelSerializer[Account]):
    id = IdField(source="pk")
    approval_limit = LimitField(read_only=True, allow_null=True)
    keys = KeyShape(many=True, read_only=True)
    missing_keys = serializers.SerializerMethodField()

    class Meta:
        model = Account
        fields: ClassVar = [
            "id", "partner_id", "region", *_TERMS, "approval_limit", "points_at_simulator",
            "created_at", "keys_changed_at", "keys", "missing_keys",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_missing_keys(self, account: Account) -> list[str]:
        """What cannot be done for want of a key, one sentence each."""
        now = clock.now()
        live = [key for key in account.keys.all() if key.is_live(now)]
        return [str(need.sentence) for need in services.unmet_needs(account, live)]


class AccountOrder(serializers.ModelSerializer[Account]):
    """A new account; `approval_limit` is an amount in settlement currency."""

    approval_limit = serializers.CharField(max_length=20, required=False, allow_null=True)

    class Meta:
        model = Account
        fields: ClassVar = ["partner_id", "region", *_TERMS, "approval_limit"]
        validators: ClassVar[list[object]] = []


class AccountChange(AccountOrder):
    """Changed terms; the partner id and the region are who an account is."""

    class Meta(AccountOrder.Meta):
        fields: ClassVar = [*_TERMS, "approval_limit"]


class AccountDoor(ListModelMixin, RetrieveModelMixin, Door[Account]):
    """Alipay contracts."""

    queryset = Account.objects.prefetch_related("keys")
    serializer_class = AccountShape
    filterset_fields = ("partner_id", "region")
    rights: ClassVar[dict[str, Right]] = {
        "list": Right.SEE_ACCOUNTS,
        "retrieve": Right.SEE_ACCOUNTS,
        "create": Right.CHANGE_ACCOUNTS,
        "partial_update": Right.CHANGE_ACCOUNTS,
    }

    def get_serializer_class(self) -> type[BaseSerializer[Account]]:
        match self.action:
            case "create":
                return AccountOrder
            case "partial_update":
                return AccountChange
            case _:
                return AccountShape

    def reach(self, rows: QuerySet[Account]) -> QuerySet[Account]:
        return reached(rows, self)

    @extend_schema(responses={201: AccountShape})
    def create(self, request: Request) -> Response:
        """Add an account; keys are added on its page or by command."""
        self.principal.require_everywhere(self.right)
        terms = self._terms(partial=False)
        who = {name: terms.pop(name) for name in ("partner_id", "region")}
        account = services.add_account(**who, terms=terms, actor=self.principal.actor)
        return Response(AccountShape(account).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=AccountShape)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change terms of an account."""
        self.principal.require_everywhere(self.right)
        account = self.get_object()
        saved = services.save_account(
            partner_id=account.partner_id,
            region=account.region,
            terms=self._terms(partial=True, account=account),
            actor=self.principal.actor,
        )
        return Response(AccountShape(saved).data)

    def _terms(self, *, partial: bool, account: Account | None = None) -> dict[str, Any]:
        shape = self.get_serializer(data=self.request.data, partial=partial)
        shape.is_valid(raise_exception=True)
        terms: dict[str, Any] = dict(shape.validated_data)
        if "approval_limit" in terms:
            text = terms.pop("approval_limit") or ""
            known = account.settlement_currency if account else ""
            currency = terms.get("settlement_currency", known)
            terms["approval_limit_minor"] = services.read_approval_limit(text, currency)
        return terms
