"""The command that compares a day."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from merchant_portal.accounts.models import Account
from tests.reconciliation.books import DAY, file_of, line, paid


def _run(*options: str) -> str:
    out = StringIO()
    call_command("reconcile", *options, stdout=out)
    return out.getvalue()


def test_a_clean_day_is_said_to_be_clean(shop: Account) -> None:
    paid(shop, "A1")
    file_of(line("A1"))
    assert "Clean. 1 agree, 0 wait, 0 open." in _run("--day", DAY.isoformat())


def test_what_is_open_is_told_and_fails(shop: Account) -> None:
    file_of(line("A1"))
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("reconcile", "--day", DAY.isoformat(), stdout=out)
    assert "MISSING_OURS PAYMENT A1: ours -, theirs USD 8.00" in out.getvalue()


def test_the_day_is_told_as_json(shop: Account) -> None:
    paid(shop, "A1")
    [told] = json.loads(_run("--day", DAY.isoformat(), "--account", shop.partner_id, "--json"))
    assert (told["standing"], told["awaiting"], told["open"]) == ("no_file", 1, [])


@pytest.mark.parametrize(
    "options", [("--day", "yesterday"), (), ("--day", "2024-03-15", "--account", "9")]
)
def test_what_cannot_be_meant_is_refused(options: tuple[str, ...], shop: Account) -> None:
    with pytest.raises(CommandError):
        _run(*options)
