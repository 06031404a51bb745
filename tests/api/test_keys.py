"""Who gets through the API's door, and with what."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from merchant_portal import clock
from merchant_portal.access import Role
from merchant_portal.models import User
from qrcodes import services
from qrcodes.api_doors import Door
from qrcodes.models import ApiKey, Store
from tests.api.conftest import MakeProgram, Program
from tests.factories import ACTOR


def test_a_key_opens_what_its_role_may(at_store: Program) -> None:
    assert at_store.get("stores/").status_code == 200


def test_without_a_key_nothing_opens(nobody: Program) -> None:
    answer = nobody.get("stores/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Api-Key"


def test_an_unknown_key_opens_nothing(at_store: Program) -> None:
    forged = Program(at_store.client, at_store.key[:8] + "x" * 35)
    assert forged.get("stores/").status_code == 401


def test_an_expired_key_opens_nothing(at_store: Program) -> None:
    ApiKey.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert at_store.get("stores/").status_code == 401


def test_a_revoked_key_opens_nothing(at_store: Program) -> None:
    services.revoke_api_key(ApiKey.objects.get(), actor=ACTOR)
    assert at_store.get("stores/").status_code == 401


def test_a_role_without_the_right_is_told_which(program: MakeProgram) -> None:
    answer = program(Role.CASHIER).get("notifications/")
    assert answer.status_code == 403
    assert "see notifications" in answer.json()["detail"]


def test_somebody_signed_in_may_try_it_out(client: Client, manager: User) -> None:
    client.force_login(manager)
    assert Program(client).get("stores/").status_code == 200


def test_somebody_signed_in_cannot_be_made_to_write_from_another_page(manager: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(manager)
    answer = Program(strict).post("counters/")
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


def test_somebody_who_left_gets_nothing(client: Client, manager: User) -> None:
    client.force_login(manager)
    User.objects.update(is_active=False)
    assert Program(client).get("stores/").status_code == 401


def test_a_merchants_key_reaches_all_its_stores_and_no_other(
    program: MakeProgram, store: Store, stranger: Program
) -> None:
    merchants = program(Role.MANAGER, merchant=store.merchant)
    shown = merchants.get("stores/").json()["results"]
    assert [row["id"] for row in shown] == [str(store.pk)]


@pytest.mark.parametrize("method", ["post", "patch", "delete"])
def test_a_method_that_does_not_exist_is_405(method: str, everywhere: Program) -> None:
    answer = getattr(everywhere, method)("notifications/")
    assert answer.status_code == 405


def _doors(resolver: URLResolver) -> list[URLPattern]:
    found = []
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            found += _doors(pattern)
        elif issubclass(getattr(pattern.callback, "cls", object), Door):
            found.append(pattern)
    return found


@pytest.mark.parametrize("pattern", _doors(get_resolver()), ids=lambda pattern: pattern.name)
def test_every_route_names_the_right_of_each_action(pattern: URLPattern) -> None:
    named = pattern.callback.cls.rights  # type: ignore[attr-defined]
    assert set(pattern.callback.actions.values()) <= set(named)  # type: ignore[attr-defined]


def test_the_routes_are_found() -> None:
    assert len(_doors(get_resolver())) > 15
