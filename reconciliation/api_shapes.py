"""How the API shows Alipay's nightly files, and how it takes one."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from merchant_portal.accounts.models import Account
from qrcodes.api_doors import IdField, ReachedField
from reconciliation.models import SetAside, StatementFile

#: Lines set aside that one answer names; ``set_aside_count`` tells how many there are.
MOST_PROBLEMS = 1_000


class SetAsideShape(serializers.ModelSerializer[SetAside]):
    line = serializers.IntegerField(source="line_number")

    class Meta:
        model = SetAside
        fields: ClassVar = ["line", "column", "code", "reason", "shown", "text"]
        read_only_fields = fields


class StatementShape(serializers.ModelSerializer[StatementFile]):
    id = IdField(source="pk")
    account = IdField(source="account_id")
    superseded_by = IdField(source="superseded_by_id", allow_null=True)

    class Meta:
        model = StatementFile
        fields: ClassVar = [
            "id", "account", "name", "family", "document", "day", "state", "due_at", "sha256",
            "size_bytes", "charset", "source", "received_at", "received_by_name", "read_at",
            "stated_count", "row_count", "set_aside_count", "problem", "problem_line",
            "problem_shown", "superseded_by", "vouched_by_name", "vouched_at", "reconciled_at",
        ]  # fmt: skip
        read_only_fields = fields


class StatementDetailShape(StatementShape):
    """A file with its lines that were set aside, up to 1,000 of them."""

    set_aside = serializers.SerializerMethodField()

    class Meta(StatementShape.Meta):
        fields: ClassVar = [*StatementShape.Meta.fields, "set_aside"]
        read_only_fields = fields

    @extend_schema_field(SetAsideShape(many=True))
    def get_set_aside(self, file: StatementFile) -> list[dict[str, Any]]:
        return [dict(SetAsideShape(line).data) for line in file.set_aside.all()[:MOST_PROBLEMS]]


class TakenShape(serializers.Serializer[Any]):
    """What became of an upload."""

    already_stored = serializers.BooleanField()
    statement = StatementDetailShape()


class StatementUpload(serializers.Serializer[Any]):
    """One file; `account` counts where neither the file nor its name says whose it is."""

    file = serializers.FileField(allow_empty_file=True)
    account = ReachedField(model=Account, required=False)
