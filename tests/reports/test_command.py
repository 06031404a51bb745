"""`export_report` refuses in one clear line, and leaves no half of a file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from merchant_portal.reports.states import JobState
from tests.reports.conftest import PayMaker
from tests.reports.rows import last_job, table

Export = Callable[..., Path]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--from=2026-02-30"], "--from: "),
        (["--from=2026-03-02", "--to=2026-03-01"], "--to: The first day is after the last."),
        (["--state=SOLD"], "--state: "),
        (["--least=5"], "--currency: Choose the currency"),
        (["--store=NOWHERE"], "There is no store NOWHERE."),
        (["--account=2088"], "There is no account 2088."),
        (["--counter=C1"], "--counter needs --store"),
        (["--by=day"], "--by: This report is not narrowed by this."),
        (["--language=xx"], "--language: xx is none of en"),
    ],
)
def test_what_cannot_be_is_refused(
    options: list[str], told: str, export: Export, db: None, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=told):
        export("transactions", *options)
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_is_not_there_is_refused_with_those_that_are(
    export: Export, db: None
) -> None:
    with pytest.raises(CommandError, match="no report nothing; there are transactions, refunds"):
        export("nothing")


def test_a_folder_that_is_not_there_is_refused(db: None, tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "ledger.csv"
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("export_report", "ledger", "--format=csv", f"--output={path}")
    assert last_job().state == JobState.FAILED


def test_a_filter_by_names_is_the_pages_by_choices(pay: PayMaker, export: Export) -> None:
    payment = pay()
    pay(counter=None)
    path = export(
        "transactions", "--merchant=HARBOUR", "--store=HARBOUR/PIER3", "--counter=C1",
        f"--account={payment.account.partner_id}",
    )  # fmt: skip
    assert [row["Payment"] for row in table(path.read_bytes())] == [str(payment.pk)]


def test_headings_are_in_the_language_that_was_asked_for(pay: PayMaker, export: Export) -> None:
    export("transactions", "--language=zh-hans")
    assert last_job().language == "zh-hans"
