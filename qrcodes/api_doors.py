"""What every door of the API asks and gives: rights, reach, pages, ids."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ParseError
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from merchant_portal import step_up
from merchant_portal.access import Right
from merchant_portal.models import User
from qrcodes.permissions import KeyHolder, Principal, principal_of
from qrcodes.services.idempotency import RequestKey

Row = TypeVar("Row", bound=models.Model)
_usable_key = re.compile(r"[!-~]{1,100}", re.ASCII)
KEY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Your own key for this write, up to 100 characters. The same key with the same "
    "content gives back what the first request made; with another content it is refused.",
)


class NeedsRight(BasePermission):
    """Each action names the right it needs; one that names none is open to nobody."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        asker = cast("User | KeyHolder | None", request.user)
        if asker is None or not asker.is_authenticated:
            return False
        door = cast("Door[Any]", view)
        action = cast("str | None", door.action)
        if action is None:
            return True  # the method does not exist here, which is what will be said
        right = door.rights.get(action)
        if right is None:
            return False
        door.principal.require(right)
        return True


class ByCursor(CursorPagination):
    """Pages by position, so that the last page costs what the first does."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering: str | tuple[str, ...] = "-id"

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """A page; a cursor that is none of ours leads nowhere."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, OverflowError, ValidationError) as forged:
            raise NotFound(self.invalid_cursor_message) from forged


class Door(GenericViewSet[Row], Generic[Row]):
    """A noun of the API: what somebody may not see does not exist for them."""

    permission_classes = [NeedsRight]
    pagination_class: type[CursorPagination] | None = ByCursor
    lookup_value_regex = "[0-9]{1,18}"
    #: What each action needs; `list` and `retrieve` reach rows by theirs.
    rights: ClassVar[dict[str, Right]] = {}

    @cached_property
    def principal(self) -> Principal:
        """Who asks, with what they may do; read once per request, as the door is."""
        return principal_of(cast("User | KeyHolder", self.request.user))

    @property
    def right(self) -> Right:
        """The right the present action needs."""
        return self.rights[self.action]

    @property
    def asker(self) -> User | KeyHolder:
        return cast("User | KeyHolder", self.request.user)

    def read_key(self, verb: str, **asked: object) -> RequestKey:
        """The caller's own key for this write; raises ParseError where there is none."""
        text = self.request.headers.get("Idempotency-Key", "")
        if not _usable_key.fullmatch(text):
            raise ParseError(
                _(
                    "Send an Idempotency-Key of 1 to 100 characters: "
                    "the same one when you try again."
                )
            )
        return RequestKey.over(owner=self._owner(), key=text, verb=verb, **asked)

    def _owner(self) -> str:
        asker = self.asker
        return f"key:{asker.key.pk}" if isinstance(asker, KeyHolder) else f"person:{asker.pk}"

    def confirm_person(self, verb: str, target: models.Model) -> None:
        """Raise ConfirmationRefused unless a person sent their PIN or password along.

        A program is not asked: its key is its proof.
        """
        asker = self.asker
        if isinstance(asker, KeyHolder):
            return
        sent = self.request.data
        typed = sent.get(step_up.FIELD, "") if isinstance(sent, dict) else ""
        step_up.confirm(asker, typed=str(typed), verb=verb, target=target)

    def reach(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """The rows that the present action's right reaches."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Row]:
        rows = super().get_queryset()
        # The schema is drawn without anybody asking.
        return rows if getattr(self, "swagger_fake_view", False) else self.reach(rows)


class IdFilter(filters.Filter):  # type: ignore[misc]  # untyped library
    """Rows that belong to the row of an id; one that is not reached belongs to nothing."""

    field_class = forms.RegexField

    def __init__(self, field_name: str | None = None, **options: Any) -> None:
        super().__init__(field_name, regex=r"\A[0-9]{1,18}\Z", **options)


class IdField(serializers.CharField):
    """A row's number as text; a number that grows past 2^53 survives every JSON reader."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("read_only", True)
        super().__init__(**options)


def word_or_nothing(choices: type[models.TextChoices]) -> serializers.ChoiceField:
    """One of our words as it is read, or an empty text."""
    return serializers.ChoiceField(choices=choices.choices, allow_blank=True, read_only=True)


class ConfirmedOrder(serializers.Serializer[Any]):
    """What a person sends along where money goes back; a program's key is enough."""

    confirmation = serializers.CharField(
        max_length=128, required=False, write_only=True, trim_whitespace=False,
        help_text="Of a person who signed in: their PIN or password. Not asked of a key.",
    )  # fmt: skip


class ReachedField(serializers.PrimaryKeyRelatedField[Row], Generic[Row]):
    """The id of another row, which the asker's right must reach; read with its ``related`` rows."""

    def __init__(self, *, model: type[Row], related: Sequence[str] = (), **options: Any) -> None:
        self.model = model
        self.related = related
        super().__init__(
            queryset=model._default_manager.all(),
            pk_field=serializers.CharField(max_length=18),
            **options,
        )

    def get_queryset(self) -> QuerySet[Row]:
        rows = self.model._default_manager.all()
        door: Door[Any] = self.context["view"]
        if getattr(door, "swagger_fake_view", False):
            return rows
        return reached(rows.select_related(*self.related) if self.related else rows, door)


def reached(rows: QuerySet[Row], door: Door[Any]) -> QuerySet[Row]:
    """The rows of a noun below that a door's present right reaches, by the noun's way to stores."""
    path = _STORE_PATHS[rows.model._meta.model_name or ""]
    if path is None:
        return rows.filter(door.principal.scope_merchants(door.right))
    found = rows.filter(door.principal.scope(door.right, store_path=path))
    return found.distinct() if path in _MANY else found


#: Ways that lead to several stores, and so to one row more than once.
_MANY = frozenset({"enrolments__store"})
#: How each noun leads to its store; None: it is the merchant itself.
_STORE_PATHS: dict[str, str | None] = {
    "merchant": None,
    "store": "",
    "counter": "store",
    "enrolment": "store",
    "qrcode": "enrolment__store",
    "account": "enrolments__store",
    "payment": "store",
    "cancel": "payment__store",
}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped
    """How the schema describes our keys."""

    target_class = "qrcodes.permissions.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key` and the key, separated by a blank.",
        }
