"""A settlement batch beside its summary: over the sample files, and on the file's page."""

from collections.abc import Callable

import pytest
from django.test import Client

from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from reconciliation.batches import Batch, batches_of
from reconciliation.models import StatementFile
from tests.alipay.statement_files import sample
from tests.reconciliation import files
from tests.reconciliation.items import json_account

ITEMS = "settlementItems_USD_2024031811021040123_000.csv"
SUMMARY = "settlementSummary_USD_2024031811021040123_000.csv"


@pytest.fixture
def shop(db: None) -> Account:
    return json_account()


@pytest.fixture
def desk(signed_in: Callable[[User], Client], finance: User) -> Client:
    return signed_in(finance)


def take(shop: Account, name: str, old: str = "", new: str = "") -> StatementFile:
    """A sample file, with one text in it changed."""
    body = sample(name).read_bytes()
    assert old.encode() in body
    return files.take(body.replace(old.encode(), new.encode()), name=name, account=shop)


def only(file: StatementFile) -> Batch:
    [batch] = batches_of(file)
    return batch


def test_a_batch_agrees_with_its_summary_from_either_side(shop: Account) -> None:
    for file in (take(shop, ITEMS), take(shop, SUMMARY))[::-1]:
        batch = only(file)
        assert (batch.agrees, batch.number) == (True, "2024031811021040123")
        assert (batch.total.net_stated.minor, batch.total.lines.count) == (4475, 8)
    words = [(each.kind.value, each.word) for each in batch.types]
    assert words == [("PAYMENT", ""), ("CANCEL", ""), ("REFUND", ""), ("OTHER", "SETTLEMENT_FEE")]


@pytest.mark.parametrize(
    ("old", "new", "differing", "difference"),
    [
        ("8.00,USD,7.84,USD", "8.00,USD,7.85,USD", {"PAYMENT", "TOTAL"}, -1),
        ("3.50,USD,3.43,USD,,,-0.07", "3.50,USD,3.43,USD,,,-0.08", {"PAYMENT", "TOTAL"}, 0),
        (",,,,-0.30,USD", ",,,,-0.31,USD", {"OTHER", "TOTAL"}, 1),
    ],
)
def test_a_sum_or_a_fee_that_differs_is_told_by_type(
    shop: Account, old: str, new: str, differing: set[str], difference: int
) -> None:
    take(shop, ITEMS, old, new)
    batch = only(take(shop, SUMMARY))
    found = {each.kind.value for each in (*batch.types, batch.total) if not each.agrees}
    assert (batch.agrees, found) == (False, differing)
    assert batch.total.difference.minor == difference


def test_another_number_of_lines_differs(shop: Account) -> None:
    take(shop, ITEMS)
    batch = only(take(shop, SUMMARY, "+08:00,5,60.24", "+08:00,6,60.24"))
    assert [each.kind.value for each in batch.types if not each.agrees] == ["PAYMENT"]
    assert not batch.agrees


def test_a_correction_belongs_to_the_total_and_to_no_line(shop: Account) -> None:
    take(shop, ITEMS)
    correction = "2024031811021040123,2188120000000001,Alipay_SG,,2024-03-18T10:00:00+08:00,1,-0.05"
    total = "44.70,USD,-0.92,USD"
    batch = only(take(shop, SUMMARY, "8,44.75,USD,-0.92,USD", f"9,{total}\n{correction},USD,,"))
    assert (batch.agrees, batch.is_corrected) == (True, True)


def test_the_page_shows_the_difference(shop: Account, desk: Client) -> None:
    file = take(shop, ITEMS, "8.00,USD,7.84,USD", "8.00,USD,7.85,USD")
    take(shop, SUMMARY)
    page = desk.get(file.get_absolute_url()).content.decode()
    for said in ("Does not add up", "2024031811021040123", "44.76", "44.75", "-0.01"):
        assert said in page


def test_the_page_says_which_file_is_not_in(shop: Account, desk: Client) -> None:
    items = take(shop, ITEMS)
    page = desk.get(items.get_absolute_url()).content.decode()
    assert "The summary of this batch is not in" in page
    assert "add up" not in page


def test_the_page_says_when_all_adds_up(shop: Account, desk: Client) -> None:
    take(shop, ITEMS)
    page = desk.get(take(shop, SUMMARY).get_absolute_url()).content.decode()
    assert "Adds up" in page


def test_another_accounts_batch_is_not_this_one(shop: Account) -> None:
    take(shop, SUMMARY)
    other = files.account(partner_id=files.YEN_PARTNER)
    assert not only(take(other, ITEMS)).has_summary


def test_transactions_have_no_batch(shop: Account) -> None:
    assert batches_of(take(shop, "transactionItems_20240315_000.csv")) == []
