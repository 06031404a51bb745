"""Alipay's nightly files over the API."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from qrcodes.models import Store
from reconciliation.models import StatementFile
from tests.api.conftest import MakeProgram, Program
from tests.reconciliation.files import NAME, account, day_file, row, take


@pytest.fixture(autouse=True)
def var(settings: LazySettings, tmp_path: Path) -> None:
    settings.STATEMENTS_DIR = tmp_path / "statements"


@pytest.fixture
def shop(db: None) -> Account:
    return account()


@pytest.fixture
def finance(program: MakeProgram) -> Program:
    return program(Role.FINANCE)


def upload(asker: Program, body: bytes, *, name: str = NAME, **fields: object) -> Any:
    file = BytesIO(body)
    file.name = name
    return asker.client.post("/api/v1/statements/", {"file": file, **fields}, headers=asker.headers)


def test_an_upload_is_read_and_shown(finance: Program, shop: Account) -> None:
    answer = upload(finance, day_file(row("A1"), row("A2", amount="7,5")))
    told = answer.json()["statement"]
    assert (answer.status_code, told["state"], told["row_count"]) == (201, "ACCEPTED", 1)
    assert [(each["line"], each["code"]) for each in told["set_aside"]] == [(4, "BAD_AMOUNT")]


def test_the_same_upload_again_changes_nothing(finance: Program, shop: Account) -> None:
    upload(finance, day_file(row()))
    answer = upload(finance, day_file(row()))
    assert (answer.status_code, answer.json()["already_stored"]) == (200, True)
    assert StatementFile.objects.count() == 1


def test_a_file_of_nobody_is_a_problem_with_its_reason(finance: Program, shop: Account) -> None:
    answer = upload(finance, day_file(row(), partner="2088000000000999"), name="stray.txt")
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert "2088000000000999" in answer.json()["detail"]


def test_a_named_account_takes_what_names_nobody(finance: Program, shop: Account) -> None:
    answer = upload(finance, b"", name="stray.txt", account=str(shop.pk))
    assert answer.json()["statement"]["account"] == str(shop.pk)


def test_an_upload_without_a_file_is_refused_at_the_field(finance: Program, shop: Account) -> None:
    answer = finance.post("statements/")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["file"])


@pytest.mark.parametrize(
    ("name", "matching", "other"),
    [
        ("state", "ACCEPTED", "TRUNCATED"),
        ("document", "transaction", "settlement"),
        ("day_from", "2024-03-15", "2024-03-16"),
        ("day_to", "2024-03-15", "2024-03-14"),
    ],
)
def test_files_are_filtered(
    finance: Program, shop: Account, name: str, matching: str, other: str
) -> None:
    take(day_file(row()))
    found = [
        len(finance.get("statements/", **{name: value}).json()["results"])
        for value in (matching, other)
    ]
    assert found == [1, 0]


def test_a_file_with_another_count_is_vouched_for_once_it_is_one(
    finance: Program, shop: Account
) -> None:
    short = take(day_file(row(), stated=3))
    whole = take(day_file(row("A2"), day="2024-03-16"), name=NAME.replace("15", "16"))
    codes = [finance.post(f"statements/{file.pk}/vouch/").status_code for file in (short, whole)]
    assert codes == [200, 409]


def test_who_may_not_import_only_reads(program: MakeProgram, shop: Account) -> None:
    file = take(day_file(row()))
    auditor = program(Role.AUDITOR)
    assert auditor.get(f"statements/{file.pk}/").status_code == 200
    assert upload(auditor, day_file(row("A2"))).status_code == 403


def test_a_store_s_own_finance_reads_no_file_of_the_account(
    program: MakeProgram, shop: Account, store: Store
) -> None:
    asker = program(Role.FINANCE, store=store)
    assert asker.get("statements/").status_code == 403
    assert upload(asker, day_file(row())).status_code == 403


def test_nobody_and_other_methods_are_refused(finance: Program, shop: Account, client: Any) -> None:
    assert Program(client).get("statements/").status_code == 401
    assert finance.delete("statements/1/").status_code == 405
