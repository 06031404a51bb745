"""What somebody may see and do: memberships turned into scoped querysets and answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.middleware import HtmxDetails
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from merchant_portal import clock
from merchant_portal.access import RIGHTS, Right, RightMissing, Role
from merchant_portal.audit import Actor
from merchant_portal.models import User
from qrcodes.models import ApiKey, Membership, Store

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, and where it holds: everywhere, at one merchant, or at some stores."""

    role: Role
    merchant_id: int | None
    store_ids: frozenset[int]

    @property
    def is_everywhere(self) -> bool:
        return self.merchant_id is None and not self.store_ids


class Principal:
    """A person or an API key, with what they may do where."""

    def __init__(self, *, actor: Actor, grants: Iterable[Grant]) -> None:
        self.actor = actor
        self.grants = tuple(grants)

    @cached_property
    def rights(self) -> frozenset[Right]:
        """Every right held anywhere."""
        return frozenset().union(*(RIGHTS[grant.role] for grant in self.grants))

    def may(self, right: Right, *, store: Store | None = None) -> bool:
        """Whether a right is held at a store; without one, anywhere."""
        return any(self._covers(grant, store) for grant in self._with(right))

    def require(self, right: Right, *, store: Store | None = None) -> None:
        """Raise RightMissing unless the right is held."""
        if not self.may(right, store=store):
            raise RightMissing(right)

    def scope(self, right: Right, *, store_path: str) -> Q:
        """The rows a right reaches; ``store_path`` leads from a row to its store."""
        reach = Q(pk__in=[])
        for grant in self._with(right):
            if grant.is_everywhere:
                return Q()
            if grant.store_ids:
                reach |= Q(**{f"{store_path}__in": grant.store_ids})
            else:
                reach |= Q(**{f"{store_path}__merchant": grant.merchant_id})
        return reach

    def holds_everywhere(self, right: Right) -> bool:
        """Whether a right is held at every store, as what belongs to no store needs."""
        return any(grant.is_everywhere for grant in self._with(right))

    def _with(self, right: Right) -> list[Grant]:
        return [grant for grant in self.grants if right in RIGHTS[grant.role]]

    @staticmethod
    def _covers(grant: Grant, store: Store | None) -> bool:
        if store is None or grant.is_everywhere:
            return True
        if grant.store_ids:
            return store.pk in grant.store_ids
        return store.merchant_id == grant.merchant_id


def principal_of(user: User) -> Principal:
    """What a person may do; a superuser is an administrator everywhere."""
    memberships = Membership.objects.filter(user=user).prefetch_related("stores")
    grants = [
        Grant(
            role=Role(membership.role),
            merchant_id=membership.merchant_id,
            store_ids=frozenset(store.pk for store in membership.stores.all()),
        )
        for membership in memberships
    ]
    if user.is_superuser:
        grants.append(Grant(Role.ADMINISTRATOR, None, frozenset()))
    return Principal(actor=Actor.person(user), grants=grants)


class KeyHolder:
    """What DRF calls the user where a program signs in with an API key."""

    is_authenticated = True
    is_anonymous = False
    is_active = True
    pk = None

    def __init__(self, key: ApiKey) -> None:
        self.key = key

    def __str__(self) -> str:
        return str(self.key)


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Api-Key KEY``."""

    keyword = "Api-Key"

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != self.keyword.lower():
            return None
        key = ApiKey.objects.filter(digest=ApiKey.digest_of(text.strip())).first()
        now = clock.now()
        if key is None or key.revoked_at or (key.expires_at and key.expires_at <= now):
            raise AuthenticationFailed("The API key is unknown, expired or revoked.")
        return KeyHolder(key), key

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class PortalRequest(HttpRequest):
    """A request of a person who has signed in, with what they may do."""

    user: User
    principal: Principal
    htmx: HtmxDetails


View = Callable[Concatenate[PortalRequest, P], HttpResponseBase]


def needs(
    right: Right,
) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """Let a page be seen only by people who are signed in and hold the right somewhere."""

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            signed_in = cast(PortalRequest, request)
            signed_in.principal = principal_of(signed_in.user)
            signed_in.principal.require(right)
            return view(signed_in, *args, **kwargs)

        guarded.needed_right = right  # type: ignore[attr-defined]
        return cast(Callable[Concatenate[HttpRequest, P], HttpResponseBase], guarded)

    return decorate
