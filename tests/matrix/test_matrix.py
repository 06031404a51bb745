"""Every address, everybody, one's own shop and a foreign one: exactly what the table says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from django.test import override_settings
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.simulator.server import Simulator
from tests.alipay_side import AlipaySide
from tests.matrix import world as worlds
from tests.matrix.expecting import Answer, answer_of, expected
from tests.matrix.routes import Route, all_routes
from tests.matrix.table import Cell, Row, rows
from tests.matrix.world import Caller, World, ask, undone

pytestmark = pytest.mark.django_db

Deviations = dict[str, str]
_WALKED = sorted(set(rows()) & set(all_routes()) - {"admin:*"})
#: Pages of the administrator that Django makes, of every kind it has.
_ADMIN = [
    "admin:index",
    "admin:qrcodes_apikey_changelist",
    "admin:merchant_portal_user_add",
    "admin:accounts_account_changelist",
]


@pytest.fixture(scope="module")
def world(
    simulator: Simulator,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """Built once; whatever a door does is undone before the next is tried."""
    folder: Path = tmp_path_factory.mktemp("matrix")
    with (
        django_db_blocker.unblock(),
        override_settings(REPORT_FOLDER=folder / "reports", STATEMENTS_DIR=folder / "statements"),
        httpx.Client(base_url=simulator.url, timeout=10, trust_env=False) as http,
        undone(),
    ):
        alipay = AlipaySide(http=http, url=simulator.url)
        alipay.reset()
        yield worlds.build(alipay)


@pytest.mark.parametrize("name", _WALKED)
def test_an_address_answers_everybody_as_the_table_says(name: str, world: World) -> None:
    cache.clear()  # what the sign-in counts of guesses
    route, row = all_routes()[name], rows()[name]
    found = _try(route, row, row.get, "GET", world)
    found |= _try(route, row, row.write, route.writing_method, world)
    assert found == {}


@pytest.mark.parametrize("name", _ADMIN)
def test_the_administrators_pages_are_for_administrators_of_everything(
    name: str, world: World
) -> None:
    found = {}
    for caller in world.people:
        is_theirs = caller.is_everywhere and caller.role == Role.ADMINISTRATOR
        answer, _status = _answer(caller, "GET", reverse(name))
        if answer != (Answer.OPEN if is_theirs else Answer.SIGN_IN):
            found[caller.name] = answer
    assert found == {}


def _try(route: Route, row: Row, cell: Cell, method: str, world: World) -> Deviations:
    """Everybody's answers that are not the expected ones."""
    found: Deviations = {}
    for place, things in (("own", world.own), ("foreign", world.foreign)):
        if place == "foreign" and row.thing in worlds.OF_NO_SHOP:
            continue
        args = things.get(f"{row.thing}:{method}", things[row.thing])
        url = reverse(route.name, args=args)
        sent = worlds.sent_to(route.name, things)
        for caller in world.who_tries(cell, place, is_api=route.is_api):
            is_foreign = caller.is_outsider == (place == "own")
            wanted = expected(cell, caller, is_foreign=is_foreign, is_api=route.is_api)
            answer, status = _answer(caller, method, url, sent)
            if answer != wanted:
                found[f"{method} {place}: {caller.name}"] = f"{status}, expected {wanted}"
    return found


def _answer(caller: Caller, method: str, url: str, sent: str = "") -> tuple[Answer, int]:
    """What somebody was answered; nothing of it has happened afterwards."""
    with undone():
        response = ask(caller, method, url, sent)
        if response.streaming:
            b"".join(response)  # read to its end, so that its file is closed
    return answer_of(response), response.status_code
