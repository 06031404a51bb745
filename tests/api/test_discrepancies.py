"""The API's door to differences."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from reconciliation.models import Discrepancy
from tests.api.conftest import MakeProgram
from tests.reconciliation import books, files
from tests.reconciliation.books import file_of, line, paid

CLOSED = [Role.CASHIER, Role.MANAGER]


@pytest.fixture
def found(db: None, settings: LazySettings, tmp_path: Path) -> Discrepancy:
    """A refund made at Alipay's portal."""
    settings.STATEMENTS_DIR = tmp_path / "statements"
    shop: Account = files.account()
    paid(shop, "A1")
    file_of(line("A1"), line("A1", "3.00", kind="REFUND", when=books.at("12:00:00")))
    return Discrepancy.objects.get()


def test_a_difference_tells_both_sides(found: Discrepancy, program: MakeProgram) -> None:
    shown = program(Role.FINANCE).get(f"discrepancies/{found.pk}/").json()
    assert (shown["word"], shown["difference"], shown["currency"]) == (
        *("MISSING_OURS", "-3.00"),
        "USD",
    )
    assert (shown["ours"], shown["theirs"]["amount"]) == ({}, "USD 3.00")


@pytest.mark.parametrize(
    ("asked", "number"),
    [({"state": "OPEN"}, 1), ({"state": "RESOLVED"}, 0), ({"kind": "REFUND"}, 1)],
)
def test_the_list_is_narrowed(
    asked: dict[str, str], number: int, found: Discrepancy, program: MakeProgram
) -> None:
    listed = program(Role.AUDITOR).get("discrepancies/", **asked).json()
    assert len(listed["results"]) == number


def test_a_program_books_what_a_difference_names(found: Discrepancy, program: MakeProgram) -> None:
    answer = program(Role.FINANCE).post(f"discrepancies/{found.pk}/book/")
    assert (answer.status_code, answer.json()["resolution"]) == (200, "refund_booked")


def test_a_program_decides_and_takes_it_back(found: Discrepancy, program: MakeProgram) -> None:
    caller = program(Role.FINANCE)
    caller.post(f"discrepancies/{found.pk}/resolve/", note="seen")
    answer = caller.post(f"discrepancies/{found.pk}/undo/", note="not so")
    assert [move["to_state"] for move in answer.json()["moves"]] == ["OPEN", "RESOLVED", "OPEN"]


def test_a_decision_needs_a_note(found: Discrepancy, program: MakeProgram) -> None:
    assert program(Role.FINANCE).post(f"discrepancies/{found.pk}/resolve/").status_code == 400


def test_what_was_booked_is_not_taken_back(found: Discrepancy, program: MakeProgram) -> None:
    caller = program(Role.FINANCE)
    caller.post(f"discrepancies/{found.pk}/book/")
    answer = caller.post(f"discrepancies/{found.pk}/undo/", note="oh")
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")


def test_a_program_cannot_look_after_a_difference(found: Discrepancy, program: MakeProgram) -> None:
    answer = program(Role.FINANCE).post(f"discrepancies/{found.pk}/take/")
    assert (answer.status_code, answer.json()["detail"]) == (409, "Only a person can take it.")


@pytest.mark.parametrize("role", CLOSED)
def test_the_door_is_closed_for_others(
    role: Role, found: Discrepancy, program: MakeProgram
) -> None:
    caller = program(role)
    assert caller.get("discrepancies/").status_code == 403
    assert caller.post(f"discrepancies/{found.pk}/book/").status_code == 403


def test_an_auditor_reads_and_decides_nothing(found: Discrepancy, program: MakeProgram) -> None:
    caller = program(Role.AUDITOR)
    assert caller.get(f"discrepancies/{found.pk}/").status_code == 200
    assert caller.post(f"discrepancies/{found.pk}/resolve/", note="x").status_code == 403
