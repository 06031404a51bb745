"""The commands that import files, on the published and the made samples and on bad ones."""

import json
from collections.abc import Sequence
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from merchant_portal.accounts.models import Account
from reconciliation.models import StatementFile, StatementLine
from reconciliation.states import Source
from tests.alipay.statement_files import FOLDER, sample
from tests.alipay.test_statements_samples import READ, REFUSED
from tests.reconciliation.files import (
    HK_PARTNER,
    NAME,
    PARTNER,
    YEN_PARTNER,
    account,
    day_file,
    row,
)

KEYS = {"name", "family", "state", "rows", "problems", "already_stored"}


def run(*arguments: str | Path) -> list[dict[str, Any]]:
    """What the command prints as JSON, whether or not it ends with a refusal."""
    out = StringIO()
    with suppress(CommandError):
        call_command("import_statement", "--json", *map(str, arguments), stdout=out)
    found: list[dict[str, Any]] = json.loads(out.getvalue())
    return found


def write(folder: Path, body: bytes, *, name: str = NAME) -> Path:
    path = folder / name
    path.write_bytes(body)
    return path


@pytest.fixture
def shops(db: None) -> Sequence[Account]:
    """The accounts of the made samples; the third takes what names nobody."""
    return [
        account(),
        account(partner_id=HK_PARTNER, region="hk", currency="HKD"),
        account(partner_id=YEN_PARTNER, currency="JPY"),
        account(partner_id="2088000000000004", region="hk", currency="HKD"),
    ]


@pytest.mark.usefixtures("shops")
@pytest.mark.parametrize("name", READ)
def test_a_sample_gives_what_its_readme_says(name: str) -> None:
    family, _document, state, rows = READ[name]
    holder = HK_PARTNER if family == "H" else PARTNER
    (told,) = run("--account", holder, sample(name))
    assert told | {"problems": []} == {
        "name": name,
        "family": family.value,
        "state": state.value,
        "rows": rows,
        "problems": [],
        "already_stored": False,
    }
    assert StatementLine.objects.count() == rows


@pytest.mark.usefixtures("shops")
@pytest.mark.parametrize("name", REFUSED)
def test_a_sample_of_another_product_is_named_and_set_aside(name: str) -> None:
    (told,) = run("--account", PARTNER, sample(name))
    family = REFUSED[name]
    assert (told["family"], told["state"]) == (family.value if family else None, "UNKNOWN_LAYOUT")
    assert told["problems"][0]["text"]


@pytest.mark.usefixtures("shops")
def test_every_made_sample_of_ours_places_itself() -> None:
    files = sorted((FOLDER / "made").glob("*.txt"))
    told = run(*files)
    assert {each["state"] for each in told} == {"ACCEPTED"}
    assert all(each.keys() == KEYS for each in told)
    assert StatementFile.objects.values("account").distinct().count() == 3


@pytest.mark.usefixtures("shop")
def test_the_second_import_says_that_the_file_is_stored(tmp_path: Path) -> None:
    path = write(tmp_path, day_file(row()))
    first, second = run(path), run(path)
    assert [first[0]["already_stored"], second[0]["already_stored"]] == [False, True]
    assert second[0]["rows"] == 1


@pytest.mark.usefixtures("shop")
def test_a_bad_line_is_told_with_its_number_and_reason(tmp_path: Path) -> None:
    (told,) = run(write(tmp_path, day_file(row(), row("A2", kind="GIFT"))))
    assert told["problems"] == [
        {
            "line": 4,
            "column": "Transaction_type",
            "code": "UNKNOWN_TYPE",
            "text": "A word that is not known here. (GIFT)",
        }
    ]


@pytest.mark.usefixtures("shop")
def test_another_number_of_lines_is_no_refusal(tmp_path: Path) -> None:
    path = write(tmp_path, day_file(row(), stated=4))
    call_command("import_statement", str(path), stdout=StringIO())
    file = StatementFile.objects.get()
    assert (file.state, file.source) == ("COUNT_MISMATCH", Source.COMMAND)


@pytest.mark.usefixtures("shop")
def test_a_file_that_cannot_be_used_ends_the_command_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=NAME):
        call_command("import_statement", str(write(tmp_path, b"")), stdout=StringIO())


@pytest.mark.usefixtures("shop")
def test_a_file_of_nobody_is_listed_and_the_others_are_imported(tmp_path: Path) -> None:
    stray = write(tmp_path, day_file(row(), partner="2088000000000999"), name="stray.txt")
    told = run(stray, write(tmp_path, day_file(row())))
    assert [(each["state"], each["rows"]) for each in told] == [
        ("WRONG_PARTNER", 0),
        ("ACCEPTED", 1),
    ]
    assert StatementFile.objects.count() == 1


@pytest.mark.usefixtures("shop")
def test_a_file_that_is_not_there_is_refused_before_anything_is_imported(tmp_path: Path) -> None:
    good = write(tmp_path, day_file(row()))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_statement", str(good), str(tmp_path / "missing.txt"))
    assert not StatementFile.objects.exists()


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("number", "said"),
    [("2088000000000555", "no account"), (PARTNER, "two regions")],
    ids=["unknown", "two"],
)
def test_an_account_that_is_not_one_is_refused(tmp_path: Path, number: str, said: str) -> None:
    account(region="hk", currency="HKD")
    with pytest.raises(CommandError, match=said):
        call_command("import_statement", "--account", number, str(write(tmp_path, b"x")))
