"""Files come from folders by themselves, and those that should have come are awaited."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from merchant_portal.accounts.models import Account
from merchant_portal.clock import GMT8
from payments.states import PaymentState
from reconciliation import services, sources
from reconciliation.models import Discrepancy, StatementFile
from reconciliation.states import DiscrepancyState, FileState, Resolution
from tests.reconciliation.books import paid, refunded
from tests.reconciliation.files import NAME, PARTNER, account, day_file, row, take

DAY = date(2024, 3, 15)


def on_the_next_day(text: str, *, later: int = 0) -> datetime:
    """A time (GMT+8) of the day after DAY, or some days later."""
    day = DAY + timedelta(days=1 + later)
    return datetime.fromisoformat(f"{day.isoformat()}T{text}").replace(tzinfo=GMT8)


NOON, AFTERNOON = on_the_next_day("12:00"), on_the_next_day("14:00")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "download"
    made.mkdir()
    return made


@pytest.fixture
def shop(db: None, folder: Path) -> Account:
    return account(folder=str(folder))


def put(folder: Path, *, name: str = NAME, body: bytes | None = None) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(day_file(row()) if body is None else body)
    return path


def fetched() -> list[str]:
    return [file.name for file in services.fetch_folders(NOON)]


def pay(shop: Account, *, number: str = "A1", state: PaymentState = PaymentState.PAID) -> None:
    """A payment of 12.50 on DAY."""
    paid(shop, number, 1250, when=datetime(2024, 3, 15, 9, 12, 44, tzinfo=GMT8), state=state)


@pytest.mark.usefixtures("shop")
def test_a_new_file_is_taken_once(folder: Path) -> None:
    put(folder)
    assert [fetched(), fetched()] == [[NAME], []]


@pytest.mark.usefixtures("shop")
def test_folders_by_day_are_looked_into(folder: Path) -> None:
    put(folder, name=f"20240316/{NAME}")
    assert fetched() == [NAME]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("name", [f"{NAME}.tmp", f"{NAME}.TMP", f".{NAME}", f".hidden/{NAME}"])
def test_uploads_in_progress_and_hidden_names_are_passed_over(folder: Path, name: str) -> None:
    put(folder, name=name)
    assert fetched() == []


@pytest.mark.usefixtures("shop")
def test_what_is_older_than_alipay_keeps_it_is_left_alone(folder: Path) -> None:
    put(folder, name=f"{PARTNER}_transaction_20240101.txt")
    assert fetched() == []


def write_more(path: Path) -> None:
    path.write_bytes(path.read_bytes() + row("A2").encode())


def replace(path: Path) -> None:
    """By another file of the same size."""
    path.with_name("other").write_bytes(path.read_bytes())
    path.with_name("other").replace(path)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("change", [write_more, replace, Path.unlink])
def test_a_file_that_changes_while_it_is_copied_is_not_taken(
    folder: Path, change: Callable[[Path], None]
) -> None:
    path = put(folder)
    (candidate,) = sources.candidates(str(folder))
    with candidate.open() as whole:
        change(path)
        with pytest.raises(sources.SourceChanged):
            read_all(whole)


def read_all(whole: sources.WholeFile) -> None:
    while whole.read(1 << 16):
        pass


def test_one_folder_that_is_gone_holds_up_no_other(shop: Account, folder: Path) -> None:
    account(partner_id="2088000000000777", folder="/nowhere")
    put(folder)
    assert fetched() == [NAME]


def test_a_folder_for_several_accounts_gives_each_its_own(shop: Account, folder: Path) -> None:
    other = account(partner_id="2088000000000777", folder=str(folder))
    name = NAME.replace(PARTNER, other.partner_id)
    put(folder, name=name, body=day_file(row(), partner=other.partner_id))
    services.fetch_folders(NOON)
    assert StatementFile.objects.get().account == other


@pytest.mark.usefixtures("shop")
def test_the_command_fetches_and_reads_one_day(folder: Path) -> None:
    put(folder)
    put(folder, name=NAME.replace("15", "14"), body=day_file(row("A0"), day="2024-03-14"))
    out = StringIO()
    call_command("fetch_statements", "--day", "2024-03-15", stdout=out)
    assert out.getvalue() == f"{NAME}: ACCEPTED, 1 line\n"
    assert StatementFile.objects.get().lines.count() == 1


def test_the_command_names_a_folder_that_is_gone(db: None) -> None:
    account(folder="/nowhere")
    with pytest.raises(CommandError, match="/nowhere"):
        call_command("fetch_statements", stdout=StringIO())


def test_a_day_with_a_payment_awaits_its_file_from_the_next_morning(shop: Account) -> None:
    pay(shop)
    before = services.expect_files(on_the_next_day("10:14:59"))
    after = services.expect_files(on_the_next_day("10:15"))
    assert (before, [(file.day, file.state) for file in after]) == (
        [],
        [(DAY, FileState.EXPECTED)],
    )


def test_a_day_with_a_refund_alone_awaits_its_file(shop: Account) -> None:
    earlier = datetime(2024, 2, 1, 12, tzinfo=GMT8)
    payment = paid(shop, "A1", 1250, when=earlier)
    refunded(payment, "R1", 500, when=datetime(2024, 3, 15, 1, tzinfo=GMT8))
    assert [file.day for file in services.expect_files(NOON)] == [DAY]


def test_an_idle_day_awaits_nothing(shop: Account) -> None:
    pay(shop, state=PaymentState.CLOSED)
    assert services.expect_files(NOON) == []


def test_an_account_whose_files_never_came_here_awaits_nothing(db: None) -> None:
    pay(account())
    assert services.expect_files(NOON) == []


def test_asking_again_awaits_nothing_twice(shop: Account) -> None:
    pay(shop)
    services.expect_files(NOON)
    assert services.expect_files(NOON) == []


def test_a_file_that_has_come_is_not_awaited(shop: Account) -> None:
    pay(shop)
    take(day_file(row()))
    assert services.expect_files(NOON) == []


def test_what_comes_is_the_row_that_was_awaited(shop: Account) -> None:
    pay(shop)
    (awaited,) = services.expect_files(NOON)
    assert take(day_file(row())) == awaited
    assert StatementFile.objects.get().state == FileState.ACCEPTED


def test_a_cut_file_leaves_the_day_waiting(shop: Account) -> None:
    pay(shop)
    services.expect_files(NOON)
    take(day_file(row())[:-20])
    services.expect_files(NOON)
    assert sorted(StatementFile.objects.values_list("state", flat=True)) == [
        FileState.EXPECTED,
        FileState.TRUNCATED,
    ]


def test_in_the_afternoon_it_is_late_and_on_the_worklist(shop: Account) -> None:
    pay(shop)
    services.expect_files(NOON)
    services.expect_files(AFTERNOON)
    late = Discrepancy.objects.get(word="MISSING_FILE")
    assert (late.state, late.day) == (DiscrepancyState.OPEN, DAY)
    assert StatementFile.objects.get().state == FileState.LATE


def test_a_late_file_that_comes_explains_itself(shop: Account) -> None:
    pay(shop)
    services.expect_files(AFTERNOON)
    file = take(day_file(row()))
    late = Discrepancy.objects.get(word="MISSING_FILE")
    assert (late.state, late.resolution, late.file) == (
        DiscrepancyState.EXPLAINED,
        Resolution.EXPLAINED,
        file,
    )
    assert [move.to_state for move in late.moves.all()] == ["OPEN", "EXPLAINED"]


def test_a_late_file_that_comes_cut_explains_nothing(shop: Account) -> None:
    pay(shop)
    services.expect_files(AFTERNOON)
    take(day_file(row())[:-20])
    assert Discrepancy.objects.get(word="MISSING_FILE").is_open


def test_after_a_week_nothing_more_is_awaited(shop: Account) -> None:
    pay(shop)
    assert services.expect_files(on_the_next_day("12:00", later=7)) == []


def test_a_settlement_is_taken_and_never_awaited(shop: Account) -> None:
    pay(shop)
    services.expect_files(NOON)
    assert set(StatementFile.objects.values_list("document", flat=True)) == {"transaction"}
