"""A simulated month: every mishap of files found, rightly named, and none invented."""

import json
import re
from datetime import datetime
from functools import cache
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.management.simulating import rules
from merchant_portal.management.simulating.running import BEGINNING
from merchant_portal.management.simulating.scratch import kept_apart
from merchant_portal.simulator.file_faults import FileFaultName
from reconciliation.models import StatementFile
from tests.reconciliation import files

Told = dict[str, Any]


def _simulate(*options: str) -> Told:
    out = StringIO()
    call_command("simulate", "--json", "--payments-per-day", "3", *options, stdout=out)
    told: Told = json.loads(out.getvalue())
    return told


def _findings(told: Told) -> list[tuple[str, ...]]:
    """What was found about what, without what follows from the order alone."""
    return [
        (row["day"], row["partner_id"], row["seeded"], row["subject"], row["found"])
        for row in told["table"]
        if row["seeded"] != rules.ORDER_OF_IMPORT
    ]


def test_every_fault_of_files_has_one_rule() -> None:
    named = [*rules.ALONE, *rules.ROWS, *rules.FORMS, *rules.SETTLEMENTS]
    assert sorted(named) == sorted(FileFaultName)


@cache
def _found_in(order: str) -> list[tuple[str, ...]]:
    return _findings(_simulate("--seed", "1", "--days", "8", "--import-order", order))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("order", ["desc", "shuffled"])
def test_in_whatever_order_files_come_the_same_is_found(shop: Account, order: str) -> None:
    found = _found_in(order)
    assert found == _found_in("asc")
    assert {name for _day, _partner, name, *_rest in found} >= set(FileFaultName)
    assert list(Account.objects.all()) == [shop], "the shop's data were touched"


@pytest.mark.timeout(900)
@pytest.mark.journey
@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="The whole month runs on SQLite, eight days on both."
)
def test_a_whole_month_ends_with_equal_books(db: None) -> None:
    told = _simulate("--seed", "3", "--days", "30")
    assert told["ok"]
    assert (told["nobody_seeded"], told["differing_payments"], told["breaches"]) == ([], [], [])


def test_what_is_done_in_a_database_of_ones_own_is_not_done_in_the_shops(
    shop: Account, var: Path
) -> None:
    with kept_apart(keep=False) as scratch:
        assert not Account.objects.exists()
        files.take(files.day_file(files.row()), account=files.account())
    assert list(Account.objects.all()) == [shop]
    assert not StatementFile.objects.exists()
    assert not any(folder.exists() for folder in (var, scratch.folder))


def test_what_fails_there_leaves_nothing_behind(shop: Account) -> None:
    with pytest.raises(RuntimeError), kept_apart(keep=False) as scratch:
        raise RuntimeError
    assert list(Account.objects.all()) == [shop]
    assert not scratch.folder.exists()


def test_another_time_is_told_to_nobody_else() -> None:
    told: list[datetime] = []
    with clock.told_by(lambda: BEGINNING):
        other = Thread(target=lambda: told.append(clock.now()))
        other.start()
        other.join()
        assert clock.now() == BEGINNING
    assert BEGINNING not in {*told, clock.now()}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--days", "7"], "--days is a number from 8 to 92."),
        (["--days", "93"], "--days is a number from 8 to 92."),
        (["--payments-per-day", "0"], "--payments-per-day is a number from 3 to 200."),
        (["--import-order", "sideways"], "invalid choice: 'sideways'"),
        (["--days", "many"], "invalid int value: 'many'"),
        (["--quickly"], "unrecognized arguments: --quickly"),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_one_line(options: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=re.escape(why)):
        call_command("simulate", *options)
