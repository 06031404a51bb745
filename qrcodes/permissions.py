"""What somebody may see and do: memberships turned into scoped querysets and answers."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, wraps
from hmac import compare_digest
from itertools import groupby
from operator import itemgetter
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django_htmx.middleware import HtmxDetails
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from merchant_portal import clock, rows
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

    def carries(self, right: Right) -> bool:
        return right in RIGHTS[self.role]

    def covers(self, store: Store) -> bool:
        if self.store_ids:
            return store.pk in self.store_ids
        return self.merchant_id is None or store.merchant_id == self.merchant_id


class Principal:
    """A person or an API key, with what they may do where. Roles at several places add up."""

    def __init__(self, *, actor: Actor, grants: Iterable[Grant]) -> None:
        self.actor = actor
        self.grants = tuple(grants)

    @cached_property
    def rights(self) -> frozenset[Right]:
        """Every right held anywhere."""
        return frozenset().union(*(RIGHTS[grant.role] for grant in self.grants))

    def may(self, right: Right, *, store: Store | None = None) -> bool:
        """Whether a right is held at a store; without one, anywhere."""
        return any(store is None or grant.covers(store) for grant in self._with(right))

    def require(self, right: Right, *, store: Store | None = None) -> None:
        """Raise RightMissing unless the right is held."""
        if not self.may(right, store=store):
            raise RightMissing(right)

    def may_at(self, right: Right, store: Store | None) -> bool:
        """Whether a right is held at the store of something; what belongs to none is for people
        whose right holds everywhere."""
        return self.holds_everywhere(right) if store is None else self.may(right, store=store)

    def require_at(self, right: Right, store: Store | None) -> None:
        """Raise RightMissing unless the right is held there."""
        if not self.may_at(right, store):
            raise RightMissing(right)

    def holds_everywhere(self, right: Right) -> bool:
        """Whether a right is held at every store, as what belongs to no store needs."""
        return any(grant.is_everywhere for grant in self._with(right))

    def require_everywhere(self, right: Right) -> None:
        """Raise RightMissing unless the right is held at every store."""
        if not self.holds_everywhere(right):
            raise RightMissing(right)

    def scope(self, right: Right, *, store_path: str) -> Q:
        """The rows a right reaches; ``store_path`` leads from a row to its store, "" is the store.

        Rows of no store are reached only where the right holds everywhere.
        """
        if self.holds_everywhere(right):
            return Q()
        merchants, stores = self._places(right)
        of_merchant = f"{store_path}__merchant__in" if store_path else "merchant__in"
        return Q(**{f"{store_path or 'pk'}__in": stores}) | Q(**{of_merchant: merchants})

    def scope_stores(self, right: Right) -> Q:
        """The stores a right reaches."""
        if self.holds_everywhere(right):
            return Q()
        merchants, stores = self._places(right)
        return Q(pk__in=stores) | Q(merchant__in=merchants)

    def scope_merchants(self, right: Right) -> Q:
        """The merchants a right reaches: also one of whose stores it reaches only some."""
        if self.holds_everywhere(right):
            return Q()
        merchants, stores = self._places(right)
        return Q(pk__in=merchants) | Q(
            pk__in=Store.objects.filter(pk__in=stores).values("merchant")
        )

    def _places(self, right: Right) -> tuple[set[int], set[int]]:
        """The merchants reached whole, and the stores reached one by one."""
        merchants: set[int] = set()
        stores: set[int] = set()
        for grant in self._with(right):
            if grant.store_ids:
                stores |= grant.store_ids
            elif grant.merchant_id is not None:
                merchants.add(grant.merchant_id)
        return merchants, stores

    def _with(self, right: Right) -> list[Grant]:
        return [grant for grant in self.grants if grant.carries(right)]


class KeyHolder:
    """A program that signed in with an API key: what DRF calls the user of its request."""

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = is_superuser = False
    pk = None

    def __init__(self, key: ApiKey) -> None:
        self.key = key

    def __str__(self) -> str:
        return str(self.key)


def principal_of(user: User | KeyHolder) -> Principal:
    """What a person or an API key may do; a superuser is an administrator everywhere."""
    if isinstance(user, KeyHolder):
        return Principal(actor=Actor(str(user)), grants=[_grant_of_key(user.key)])
    return Principal(actor=Actor.person(user), grants=_grants_of_person(user))


def _grant_of_key(key: ApiKey) -> Grant:
    stores = frozenset() if key.store_id is None else frozenset({key.store_id})
    return Grant(Role(key.role), key.merchant_id, stores)


def _grants_of_person(user: User) -> Iterator[Grant]:
    """One grant per membership; none for somebody who has left."""
    if not user.is_active:
        return
    if user.is_superuser:
        yield Grant(Role.ADMINISTRATOR, None, frozenset())
    # Each store of each membership in one question: it is asked with every page.
    held = Membership.objects.filter(user=user).order_by("pk")
    rows = held.values_list("pk", "role", "merchant", "stores")
    for (_pk, role, merchant), each in groupby(rows, key=itemgetter(0, 1, 2)):
        stores = frozenset(store for *_, store in each if store is not None)
        yield Grant(role=Role(role), merchant_id=merchant, store_ids=stores)


class ApiKeyAuthentication(BaseAuthentication):
    """``Authorization: Api-Key KEY``."""

    keyword = "Api-Key"

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != self.keyword.lower():
            return None
        key = find_api_key(text.strip())
        if key is None or not key.is_live(clock.now()):
            # One sentence for all: which keys once existed is nobody's business.
            raise AuthenticationFailed(gettext("The API key is unknown, expired or revoked."))
        return KeyHolder(key), key

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


def find_api_key(text: str) -> ApiKey | None:
    """The row of a key's text, by its prefix; the rest is compared in constant time."""
    found = rows.select(ApiKey, "prefix = %s", [text[: ApiKey.PREFIX_LENGTH]])
    key = found[0] if found else None
    if key is None or not compare_digest(key.digest, ApiKey.digest_of(text)):
        return None
    return key


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
