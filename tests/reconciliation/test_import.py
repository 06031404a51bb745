"""A file is received, read, and its lines are stored."""

from pathlib import Path

import pytest

from merchant_portal.accounts.models import Account
from reconciliation import services
from reconciliation.errors import StatementRefused
from reconciliation.models import SetAside, StatementFile, StatementLine
from reconciliation.states import FileState
from tests.reconciliation.files import (
    HK_PARTNER,
    NAME,
    account,
    day_file,
    receive,
    row,
    take,
)


@pytest.mark.usefixtures("shop")
def test_a_received_file_is_due_and_its_bytes_are_kept(var: Path) -> None:
    body = day_file(row())
    file = receive(body)
    kept = var / file.sha256[:2] / file.sha256
    assert (file.state, kept.read_bytes()) == (FileState.RECEIVED, body)
    assert file.next_attempt_at == file.received_at


@pytest.mark.usefixtures("shop")
def test_reading_stores_every_line_as_it_stands() -> None:
    file = take(day_file(row("A1"), row("A2", amount="7", kind="REFUND")))
    lines = StatementLine.objects.filter(file=file).order_by("line_number")
    assert file.state == FileState.ACCEPTED
    assert [(line.kind, line.amount_minor, line.line_number) for line in lines] == [
        ("PAYMENT", 1250, 3),
        ("REFUND", 700, 4),
    ]
    assert lines[0].text == row("A1")


@pytest.mark.usefixtures("shop")
def test_the_same_file_twice_is_one_delivery() -> None:
    first = take(day_file(row()))
    second = take(day_file(row()))
    assert first == second
    assert StatementLine.objects.count() == 1


@pytest.mark.usefixtures("shop")
def test_a_file_is_read_once_however_often_it_is_asked_for() -> None:
    file = receive(day_file(row()))
    services.read_file(file.pk)
    services.read_file(file.pk)
    assert StatementLine.objects.count() == 1


@pytest.mark.usefixtures("shop")
def test_a_second_delivery_replaces_the_first() -> None:
    first = take(day_file(row("A1")))
    second = take(day_file(row("A1"), row("A2")))
    first.refresh_from_db()
    assert (first.state, first.superseded_by) == (FileState.SUPERSEDED, second)
    assert {line.file for line in StatementLine.objects.all()} == {second}


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("poor", [b"", day_file(row())[:-30]], ids=["empty", "cut"])
def test_a_second_delivery_that_cannot_be_used_replaces_nothing(poor: bytes) -> None:
    good = take(day_file(row()))
    take(poor)
    good.refresh_from_db()
    assert (good.state, good.lines.count()) == (FileState.ACCEPTED, 1)


@pytest.mark.usefixtures("shop")
def test_a_delivery_that_is_read_after_a_later_one_gives_way() -> None:
    early = receive(day_file(row("A1")))
    late = take(day_file(row("A2")))
    early = services.read_file(early.pk)
    assert (early.state, early.superseded_by) == (FileState.SUPERSEDED, late)
    assert [line.partner_trans_id for line in StatementLine.objects.all()] == ["A2"]


@pytest.mark.usefixtures("shop")
def test_a_bad_line_is_set_aside_with_its_place() -> None:
    file = take(day_file(row("A1"), row("A2", amount="12,50")))
    problem = SetAside.objects.get(file=file)
    assert (file.state, file.row_count, file.set_aside_count) == (FileState.ACCEPTED, 1, 1)
    assert (problem.line_number, problem.code, problem.shown) == (4, "BAD_AMOUNT", "12,50")


@pytest.mark.usefixtures("shop")
def test_a_file_that_is_cut_off_leaves_no_line() -> None:
    file = take(day_file(row("A1"), row("A2"))[:-30])
    assert (file.state, file.row_count) == (FileState.TRUNCATED, 0)
    assert not StatementLine.objects.exists()


@pytest.mark.usefixtures("shop")
def test_signs_that_a_database_reads_specially_are_stored_as_they_are() -> None:
    line = row().replace("Noodle Bar", "Noo\\N\\dle\t Bar \\.")
    take(day_file(line))
    stored = StatementLine.objects.get()
    assert (stored.store_name, stored.text) == ("Noo\\N\\dle\t Bar \\.", line)


@pytest.mark.usefixtures("shop")
def test_a_text_longer_than_its_column_is_cut_and_the_line_kept_whole() -> None:
    line = row().replace("Noodle Bar", "N" * 900)
    take(day_file(line))
    stored = StatementLine.objects.get()
    assert (len(stored.store_name), stored.text) == (256, line)


def test_the_first_line_says_whose_a_file_is(shop: Account) -> None:
    other = account(partner_id="2088000000000777")
    file = take(day_file(row()), name="march.txt", account=other)
    assert file.account == shop


def test_a_file_of_a_partner_who_is_not_here_is_set_aside_with_who_brought_it(
    shop: Account,
) -> None:
    file = take(day_file(row(), partner="2088000000000999"), name="march.txt", account=shop)
    assert (file.account, file.state) == (shop, FileState.WRONG_PARTNER)
    assert file.problem_shown == "2088000000000999"


@pytest.mark.usefixtures("shop")
def test_a_file_that_nothing_places_is_refused_and_nothing_is_kept(var: Path) -> None:
    with pytest.raises(StatementRefused):
        receive(b"no file of Alipay's\n", name="march.txt")
    assert not StatementFile.objects.exists()
    assert not [path for path in var.rglob("*") if path.is_file()]


def test_a_hong_kong_file_is_none_of_a_global_account(db: None) -> None:
    account(partner_id=HK_PARTNER)
    body = day_file(row() + "|ALIPAYHK", partner=HK_PARTNER).replace(
        b"Trans_amount\n", b"Trans_amount|Issue\n"
    )
    file = take(body, name="march.txt")
    assert (file.state, file.family) == (FileState.UNKNOWN_LAYOUT, "H")


def test_a_partner_with_two_contracts_is_told_apart_by_the_layout(
    shop: Account,
) -> None:
    account(region="hk", currency="HKD")
    assert take(day_file(row())).account == shop


@pytest.mark.usefixtures("shop")
def test_a_downloaded_copy_has_the_name_it_has_at_alipay() -> None:
    file = receive(day_file(row()), name=f"C:\\Downloads\\{NAME.removesuffix('.txt')} (2).txt")
    assert file.name == NAME


def test_lost_bytes_leave_the_file_waiting_with_a_reason(shop: Account, var: Path) -> None:
    file = receive(day_file(row()))
    next(var.rglob(file.sha256)).unlink()
    file = services.read_file(file.pk)
    assert (file.state, bool(file.last_answer)) == (FileState.RECEIVED, True)
    assert file.next_attempt_at is not None
