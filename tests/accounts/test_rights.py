"""What somebody with several roles, at several places, may do where."""

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Right, RightMissing, Role
from merchant_portal.models import User
from qrcodes import services
from qrcodes.errors import PersonRefused
from qrcodes.models import Merchant, Store
from qrcodes.permissions import principal_of
from tests.factories import ACTOR, other_store, person
from tests.factories import store as make_store


def _seen(user: User, right: Right = Right.SEE_STORES) -> set[str]:
    scope = principal_of(user).scope(right, store_path="")
    return set(Store.objects.filter(scope).values_list("code", flat=True))


def test_roles_at_several_places_add_up(store: Store) -> None:
    user = person(Role.CASHIER, store=store)
    services.add_membership(user, role=Role.MANAGER, stores=[other_store()], actor=ACTOR)
    assert _seen(user) == {"PIER3", "OTHER"}
    assert _seen(user, Right.CHANGE_CODES) == {"OTHER"}


def test_a_role_at_a_merchant_reaches_its_later_stores_too(store: Store) -> None:
    user = User.objects.create(username="may")
    services.add_membership(user, role=Role.MANAGER, merchant=store.merchant, actor=ACTOR)
    make_store(code="PIER4", merchant=store.merchant)
    assert _seen(user) == {"PIER3", "PIER4"}


def test_somebody_at_one_store_sees_its_merchant_and_no_other(store: Store) -> None:
    other_store()
    scope = principal_of(person(Role.MANAGER, store=store)).scope_merchants(Right.SEE_STORES)
    assert list(Merchant.objects.filter(scope)) == [store.merchant]


def test_a_superuser_may_do_everything_everywhere(store: Store) -> None:
    root = principal_of(User.objects.create_superuser("root"))
    assert root.rights == frozenset(Right)
    assert root.holds_everywhere(Right.CHANGE_ACCOUNTS)


@pytest.mark.django_db
def test_somebody_who_left_may_do_nothing() -> None:
    user = User.objects.create_superuser("root", is_active=False)
    assert principal_of(user).rights == frozenset()


def test_a_right_at_a_store_is_not_one_everywhere(manager: User, store: Store) -> None:
    principal = principal_of(manager)
    principal.require(Right.CHANGE_STORES, store=store)
    with pytest.raises(RightMissing):
        principal.require_everywhere(Right.CHANGE_STORES)
    assert not principal.may(Right.CHANGE_STORES, store=other_store())


def test_a_store_of_another_merchant_is_refused(store: Store) -> None:
    user = User.objects.create(username="may")
    with pytest.raises(PersonRefused):
        services.add_membership(
            user, role=Role.CASHIER, merchant=store.merchant, stores=[other_store()], actor=ACTOR
        )


def test_the_administrators_pages_have_no_sign_in_of_their_own(client: Client, db: None) -> None:
    answer = client.post("/admin/login/", {"username": "may", "password": "guessed"})
    assert answer.headers["Location"].startswith(reverse("account_login"))
