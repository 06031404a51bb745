"""Two workers, two people, at the same moment. SQLite lets one write at a time by itself."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from merchant_portal.accounts.models import GatewayCall
from qrcodes import services as codes
from qrcodes import tasks
from qrcodes.errors import CodeExists, CodeRefused
from qrcodes.models import Enrolment, QRCode, Registration
from qrcodes.states import CodeState
from tests.conftest import ACTOR

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="needs PostgreSQL's parallel connections"
    ),
]
HANDS = 4


def _at_once(act: Callable[[], object]) -> list[object]:
    """What each of several threads, let go together, got or was refused with."""
    gate = Barrier(HANDS)

    def one(_number: int) -> object:
        try:
            gate.wait(timeout=10)
            return act()
        except (CodeExists, CodeRefused) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as pool:
        return list(pool.map(one, range(HANDS)))


def _calls() -> list[str]:
    services = GatewayCall.objects.order_by("id").values_list("service", flat=True)
    return [service.rsplit(".", 1)[1] for service in services]


def test_a_code_is_asked_for_once_by_many_workers(asked: QRCode) -> None:
    _at_once(lambda: tasks.send_code(asked.pk))
    asked.refresh_from_db()
    assert asked.state == CodeState.ACTIVE
    assert _calls() == ["create", "modify"]


def test_many_clocks_claim_a_code_once(asked: QRCode) -> None:
    _at_once(tasks.poll_due_codes)
    asked.refresh_from_db()
    assert asked.attempts == 1


def test_one_of_many_people_makes_the_counters_code(enrolment: Enrolment) -> None:
    results = _at_once(lambda: codes.make_code(enrolment, actor=ACTOR))
    assert QRCode.objects.count() == 1
    assert sum(isinstance(result, CodeExists) for result in results) == HANDS - 1


def test_one_of_many_people_stops_a_code(code: QRCode) -> None:
    results = _at_once(lambda: codes.want_state(code, CodeState.STOPPED, actor=ACTOR))
    assert sum(isinstance(result, CodeRefused) for result in results) == HANDS - 1
    assert codes.send_code(code).state == CodeState.STOPPED
    assert _calls().count("modifyStatus") == 1


def test_a_store_renamed_by_many_is_told_once(code: QRCode) -> None:
    store = code.enrolment.store
    terms = {"name": "Harbour Noodle House"}
    _at_once(lambda: codes.change_store(store, terms=terms, actor=ACTOR))
    code.refresh_from_db()
    assert codes.send_code(code).state == CodeState.ACTIVE
    assert _calls() == ["create", "modify", "modify"]


def test_a_store_is_registered_once_by_many_workers(acquired: Enrolment) -> None:
    _at_once(lambda: codes.register_enrolment(acquired, actor=ACTOR))
    registration = Registration.objects.get()
    _at_once(lambda: tasks.send_registration(registration.pk))
    assert _calls().count("maintain") == 1
    assert registration.moves.filter(to_state="IN_REVIEW").count() == 1
