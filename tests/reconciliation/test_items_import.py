"""Files of the JSON products taken in: whose they are, where they lie, when they are awaited."""

from datetime import date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from merchant_portal.accounts.models import Account
from merchant_portal.clock import GMT8
from payments.states import Interface
from reconciliation import services
from reconciliation.errors import StatementRefused
from reconciliation.models import Discrepancy, StatementFile, StatementLine
from reconciliation.states import DiscrepancyState, FileState
from reconciliation.sums import sums_of
from tests.alipay.statement_files import SETTLED_ITEM, SETTLED_ITEM_COLUMNS, sample
from tests.reconciliation import files
from tests.reconciliation.books import paid
from tests.reconciliation.items import (
    CLIENT_ID,
    MERCHANT,
    body_of,
    item,
    json_account,
    name_of,
    sold,
)

DAY = date(2024, 3, 15)
PAID_AT = datetime(2024, 3, 15, 9, 12, 44, tzinfo=GMT8)
NOON = datetime(2024, 3, 16, 12, tzinfo=GMT8)
AFTERNOON = datetime(2024, 3, 16, 14, tzinfo=GMT8)
NAME = name_of(DAY)


def row(number: str = "A1", *, merchant: str = MERCHANT) -> str:
    return item(number, when=PAID_AT, merchant=merchant)


# ---- Whose it is ------------------------------------------------------------------------------


@pytest.mark.parametrize("merchant", [files.PARTNER, CLIENT_ID])
@pytest.mark.django_db
def test_the_rows_say_whose_a_file_is(merchant: str) -> None:
    shop = json_account()
    assert files.take(body_of(row(merchant=merchant)), name=NAME).account == shop


@pytest.mark.django_db
def test_another_accounts_number_wins_over_who_brought_it() -> None:
    shop, other = json_account(), files.account(partner_id=files.YEN_PARTNER)
    file = files.take(body_of(row(merchant=CLIENT_ID)), name=NAME, account=other)
    assert file.account == shop


@pytest.mark.django_db
def test_a_number_that_is_nobodys_belongs_to_who_is_named() -> None:
    shop = json_account()
    file = files.take(body_of(row()), name=NAME, account=shop)
    assert (file.account, file.state, file.day) == (shop, FileState.ACCEPTED, DAY)


@pytest.mark.django_db
def test_a_number_that_is_nobodys_is_refused_where_nobody_is_named() -> None:
    json_account()
    with pytest.raises(StatementRefused, match=MERCHANT):
        files.take(body_of(row()), name=NAME)


@pytest.mark.django_db
def test_an_idle_file_needs_somebody_named() -> None:
    shop = json_account()
    with pytest.raises(StatementRefused):
        files.take(body_of(), name=NAME)
    assert files.take(body_of(), name=NAME, account=shop).state == FileState.ACCEPTED


# ---- What is kept -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_line_is_kept_as_it_stands() -> None:
    text = item("R1", "2.50", kind="REFUND", of="2024A1", when=PAID_AT).replace("Noodles", '"a, b"')
    files.take(body_of(text), name=NAME, account=json_account())
    line = StatementLine.objects.get()
    assert (line.kind, line.partner_trans_id, line.alipay_trans_id) == ("REFUND", "R1", "2024R1")
    assert (line.pricing_amount_minor, line.pricing_currency) == (250, "USD")
    assert (line.original_trans_id, line.remark, line.text) == ("2024A1", "a, b", text)
    assert (line.scene, line.wallet) == ("IN_STORE_PAYMENT", "ALIPAY_CN")


@pytest.mark.django_db
def test_a_value_over_two_lines_and_a_backslash_are_kept() -> None:
    text = row().replace("Noodles", '"a\tb\\\nc"')
    files.take(body_of(text), name=NAME, account=json_account())
    line = StatementLine.objects.get()
    assert (line.remark, line.text) == ("a\tb\\\nc", text)


@pytest.mark.django_db
def test_lines_of_the_gateway_have_no_original(shop: Account) -> None:
    files.take(files.day_file(files.row()), name=files.NAME)
    assert StatementLine.objects.get().original_trans_id == ""


@pytest.mark.django_db
def test_a_cut_file_leaves_no_line_and_the_whole_one_takes_its_place() -> None:
    shop = json_account()
    cut = files.take(body_of(row())[: -len("<END>\n")], name=NAME, account=shop)
    assert (cut.state, cut.row_count) == (FileState.TRUNCATED, 0)
    files.take(body_of(row()), name=NAME, account=shop)
    cut.refresh_from_db()
    assert cut.state == FileState.SUPERSEDED


@pytest.mark.django_db
def test_what_the_portal_gives_is_the_whole_day() -> None:
    shop = json_account()
    parts = [
        files.take(body_of(row(number)), name=name_of(DAY, part=part), account=shop)
        for part, number in enumerate(("A1", "A2"))
    ]
    whole = "TRANSACTION_DETAIL_202604271985548486_20240315.csv"
    files.take(body_of(row("A1"), row("A2")), name=whole, account=shop)
    for part in parts:
        part.refresh_from_db()
    assert [part.state for part in parts] == [FileState.SUPERSEDED] * 2
    again = files.take(body_of(row("A2"), row("A3")), name=NAME, account=shop)
    assert again.supersedes.get().name == whole


@pytest.mark.django_db
def test_settlement_and_its_sums_are_stored() -> None:
    shop = json_account()
    for name in ("settlementItems", "settlementSummary"):
        path = sample(f"{name}_USD_2024031811021040123_000.csv")
        file = files.take(path.read_bytes(), name=path.name, account=shop)
        assert (file.state, file.day) == (FileState.ACCEPTED, date(2024, 3, 18))
        nets = {each.kind: each.net.minor for each in sums_of(file) if each.net}
        assert (nets["PAYMENT"], nets["CANCEL"], nets["OTHER"]) == (6024, 784, -30)
    assert nets["TOTAL"] == 4475


@pytest.mark.django_db
def test_a_summary_that_does_not_add_up_says_so() -> None:
    path = sample("settlementSummary_USD_2024031811021040123_000.csv")
    body = path.read_bytes().replace(b"8,44.75", b"8,44.76")
    file = files.take(body, name=path.name, account=json_account())
    assert (file.state, file.problem_shown) == (FileState.COUNT_MISMATCH, "4476, 4475")


# ---- Folders ----------------------------------------------------------------------------------


def put(folder: Path, place: str, body: bytes) -> None:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


@pytest.mark.parametrize(
    "place", ["20240315", "settlements/{0}/20240315", "v1/settlements/{0}/2024-03-15"]
)
@pytest.mark.django_db
def test_folders_are_sorted_as_alipays_server_sorts_them(tmp_path: Path, place: str) -> None:
    shop = json_account(folder=str(tmp_path))
    put(tmp_path, f"{place.format(MERCHANT)}/{NAME}", body_of(row()))
    [file] = services.fetch_folders(NOON)
    assert (file.account, file.name, file.interface) == (shop, NAME, Interface.JSON)


@pytest.mark.django_db
def test_the_merchant_number_above_an_idle_file_says_whose_it_is(tmp_path: Path) -> None:
    files.account(partner_id=files.YEN_PARTNER, folder=str(tmp_path))
    shop = json_account(client_id="20881234567890")
    put(tmp_path, f"v1/settlements/20881234567890/20240315/{NAME}", body_of())
    [file] = services.fetch_folders(NOON)
    assert file.account == shop


@pytest.mark.django_db
def test_a_settlement_is_of_the_day_of_its_folder(tmp_path: Path) -> None:
    json_account(folder=str(tmp_path))
    body = body_of(SETTLED_ITEM, columns=SETTLED_ITEM_COLUMNS)
    name = "settlementItems_USD_2024031811021040123_000.csv"
    put(tmp_path, f"20240315/{name}", body)
    put(tmp_path, f"20240201/{name}", body)
    assert [file.name for file in services.fetch_folders(NOON)] == [name]


# ---- Awaited ----------------------------------------------------------------------------------


def awaited() -> list[tuple[str, str]]:
    files = StatementFile.objects.awaited().order_by("name")
    return [(file.name, file.state) for file in files]


@pytest.mark.django_db
def test_each_interface_awaits_its_own_file(tmp_path: Path) -> None:
    shop = json_account(folder=str(tmp_path))
    paid(shop, "Q1", when=PAID_AT)
    sold(shop, "J1", when=PAID_AT)
    services.expect_files(NOON)
    gateway = f"{files.PARTNER}_transaction_20240315.txt"
    assert awaited() == [(gateway, "EXPECTED"), (NAME, "EXPECTED")]


@pytest.mark.parametrize("interface", list(Interface))
@pytest.mark.django_db
def test_only_what_was_sold_is_awaited(tmp_path: Path, interface: Interface) -> None:
    shop = json_account(folder=str(tmp_path))
    sold(shop, "J1", when=PAID_AT, interface=interface)
    [file] = services.expect_files(NOON)
    assert file.interface == interface


@pytest.mark.django_db
def test_a_part_that_comes_is_the_awaited_file_and_ends_its_lateness(tmp_path: Path) -> None:
    shop = json_account(folder=str(tmp_path))
    paid(shop, "Q1", when=PAID_AT)
    sold(shop, "J1", when=PAID_AT)
    services.expect_files(AFTERNOON)
    files.take(body_of(row()), name=NAME, account=shop)
    assert awaited() == [(f"{files.PARTNER}_transaction_20240315.txt", "LATE")]
    states = Discrepancy.objects.filter(word="MISSING_FILE").order_by("key")
    assert [each.state for each in states] == [DiscrepancyState.OPEN, DiscrepancyState.EXPLAINED]


# ---- What people see --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("ams_transactionItems_20181225_000.csv", "A1"),
        ("newest_layout_transaction_details_20240315.csv", "A2"),
    ],
)
@pytest.mark.django_db
def test_the_command_names_the_family(name: str, family: str) -> None:
    json_account()
    out = StringIO()
    arguments = ("--account", files.PARTNER, str(sample(name)))
    call_command("import_statement", "--json", *arguments, stdout=out)
    assert f'"family": "{family}"' in out.getvalue()
