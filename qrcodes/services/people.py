"""Who may do what: people with their memberships, and keys for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.access import Role
from merchant_portal.audit import Actor
from merchant_portal.models import User
from qrcodes.errors import PersonRefused
from qrcodes.models import ApiKey, Membership, Merchant, Store


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key that was just made, with its text: the only time it is seen."""

    key: ApiKey
    text: str


@transaction.atomic
def add_person(
    *,
    username: str,
    password: str,
    role: Role,
    actor: Actor,
    merchant: Merchant | None = None,
    stores: Sequence[Store] = (),
) -> User:
    """Let somebody sign in, in a role at some place; raises PersonRefused with every reason."""
    user = User(username=username)
    try:
        user.full_clean(exclude=["password"])
        validate_password(password, user)
    except ValidationError as unfit:
        raise PersonRefused(" ".join(unfit.messages)) from unfit
    user.set_password(password)
    user.save()
    add_membership(user, role=role, merchant=merchant, stores=stores, actor=actor)
    return user


@transaction.atomic
def add_membership(
    user: User,
    *,
    role: Role,
    actor: Actor,
    merchant: Merchant | None = None,
    stores: Sequence[Store] = (),
) -> Membership:
    """Give somebody a role at a place; an administrator of everything may open the admin pages."""
    for store in stores:
        _refuse_foreign(store, merchant)
    membership = Membership.objects.create(user=user, role=role, merchant=merchant)
    membership.stores.set(stores)
    is_staff = role == Role.ADMINISTRATOR and merchant is None and not stores
    if is_staff and not user.is_superuser:
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
    audit.record(
        actor,
        "add_membership",
        user,
        role=role.value,
        merchant=str(merchant or ""),
        stores=[str(store) for store in stores],
    )
    return membership


@transaction.atomic
def issue_api_key(
    *,
    name: str,
    role: Role,
    actor: Actor,
    merchant: Merchant | None = None,
    store: Store | None = None,
    expires_days: int | None = None,
) -> IssuedKey:
    """Make a key for a program; raises PersonRefused. Its text cannot be had again."""
    if not name.strip():
        raise PersonRefused(_("Name the program the key is for."))
    if expires_days is not None and expires_days < 1:
        raise PersonRefused(_("A key lives for one day at least."))
    if store is not None:
        _refuse_foreign(store, merchant)
    now = clock.now()
    text = ApiKey.new_secret()
    key = ApiKey(
        name=name.strip()[:100],
        prefix=text[: ApiKey.PREFIX_LENGTH],
        digest=ApiKey.digest_of(text),
        role=role,
        merchant=store.merchant if store else merchant,
        store=store,
        created_at=now,
        expires_at=now + timedelta(days=expires_days) if expires_days else None,
    )
    try:
        with transaction.atomic():
            key.save()
    except IntegrityError as taken:  # one in 2^48; trying again is enough
        raise PersonRefused(_("The key could not be made; try again.")) from taken
    audit.record(actor, "issue_api_key", key, role=role.value)
    return IssuedKey(key=key, text=text)


@transaction.atomic
def revoke_api_key(key: ApiKey, *, actor: Actor) -> None:
    """From now on the key opens nothing."""
    locked = ApiKey.objects.select_for_update().get(pk=key.pk)
    if locked.revoked_at is None:
        locked.revoked_at = clock.now()
        locked.save(update_fields=["revoked_at"])
        audit.record(actor, "revoke_api_key", locked)


def _refuse_foreign(store: Store, merchant: Merchant | None) -> None:
    if merchant is not None and store.merchant_id != merchant.pk:
        raise PersonRefused(
            _("%(store)s is not a store of %(merchant)s.") % {"store": store, "merchant": merchant}
        )
