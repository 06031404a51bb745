"""The pages about Alipay's files: works, wrong method, outsider, signed out."""

from collections.abc import Callable
from datetime import date
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.models import AuditEntry, User
from qrcodes.models import Store
from reconciliation import services
from reconciliation.models import Discrepancy, StatementFile
from reconciliation.services import late_files
from reconciliation.states import FileState
from tests import factories
from tests.reconciliation.files import NAME, account, day_file, receive, row, take

SignedIn = Callable[[User], Client]
DOORS = (
    "get statement_list", "get statement_detail", "get statement_bytes", "get statement_upload",
    "post statement_fetch", "post statement_vouch",
)  # fmt: skip
OPEN_TO_READERS = DOORS[:3]


@pytest.fixture
def reader(signed_in: SignedIn, db: None) -> Client:
    """An auditor: reads everything and changes nothing."""
    return signed_in(factories.person(Role.AUDITOR))


@pytest.fixture
def desk(signed_in: SignedIn, finance: User) -> Client:
    return signed_in(finance)


@pytest.fixture
def file(shop: Account) -> StatementFile:
    """A file that states another number of lines, and has one that cannot be read."""
    return take(day_file(row("A1"), row("A2", amount="7,5"), stated=5))


def late_file(shop: Account) -> StatementFile:
    day = date(2024, 3, 16)
    file = StatementFile.objects.create(
        account=shop, name="late.txt", document="transaction", day=day, state=FileState.LATE
    )
    late_files.report(file, day=day)
    return file


def door(name: str, file: StatementFile) -> tuple[str, str]:
    """A door's method and address."""
    method, _, page = name.partition(" ")
    has_file = page.removeprefix("statement_") in {"detail", "bytes", "vouch"}
    return method, reverse(page, args=[file.pk] if has_file else [])


def knock(client: Client, name: str, file: StatementFile) -> int:
    method, url = door(name, file)
    answer = getattr(client, method)(url)
    answer.close()
    return int(answer.status_code)


def upload(client: Client, body: bytes, *, name: str = NAME, **fields: object) -> str:
    """The page after an upload."""
    given = {"uploads": SimpleUploadedFile(name, body), **fields}
    return client.post(reverse("statement_upload"), given).content.decode()


@pytest.mark.parametrize("name", DOORS)
def test_finance_may_do_all_of_it(desk: Client, file: StatementFile, name: str) -> None:
    assert knock(desk, name, file) in {200, 302}


@pytest.mark.parametrize("name", DOORS)
def test_an_auditor_only_reads(reader: Client, file: StatementFile, name: str) -> None:
    assert knock(reader, name, file) == (200 if name in OPEN_TO_READERS else 403)


@pytest.mark.parametrize("name", DOORS)
def test_a_manager_has_no_business_here(
    signed_in: SignedIn, manager: User, file: StatementFile, name: str
) -> None:
    assert knock(signed_in(manager), name, file) == 403


@pytest.mark.parametrize("name", DOORS)
def test_finance_of_one_store_reads_no_file_of_the_whole_account(
    signed_in: SignedIn, store: Store, file: StatementFile, name: str
) -> None:
    client = signed_in(factories.person(Role.FINANCE, store=store))
    assert knock(client, name, file) == 403


@pytest.mark.parametrize("name", DOORS)
def test_whoever_is_signed_out_signs_in_first(
    client: Client, file: StatementFile, name: str
) -> None:
    method, url = door(name, file)
    assert getattr(client, method)(url).headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", DOORS)
def test_the_wrong_method_is_refused(desk: Client, file: StatementFile, name: str) -> None:
    method, url = door(name, file)
    wrong = desk.put if "upload" in name else desk.post if method == "get" else desk.get
    assert wrong(url).status_code == 405


def test_the_list_shows_what_is_awaited_above_what_came(desk: Client, shop: Account) -> None:
    take(day_file(row()))
    late_file(shop)
    page = desk.get(reverse("statement_list")).content.decode()
    assert 0 < page.index("2024-03-16") < page.index("2024-03-15")


def test_the_list_is_narrowed_by_state_and_day(desk: Client, shop: Account) -> None:
    take(day_file(row()))
    take(day_file(row("A2"), day="2024-03-16"), name=NAME.replace("15", "16"))
    listed = desk.get(reverse("statement_list"), {"first": "2024-03-16", "state": "ACCEPTED"})
    page = listed.content.decode()
    assert ("2024-03-16</a>" in page, "2024-03-15</a>" in page) == (True, False)


def test_a_damaged_page_address_is_said_so(desk: Client) -> None:
    assert desk.get(reverse("statement_list"), {"page": "x"}).status_code == 400


def test_the_list_goes_on_where_a_page_ends(desk: Client, shop: Account) -> None:
    for number in range(51):
        receive(day_file(row(f"A{number}")), name=f"f{number}.txt")
    first = desk.get(reverse("statement_list")).context["page"]
    second = desk.get(reverse("statement_list"), {"page": first.older}).context["page"]
    assert (len(first.rows), len(second.rows), second.older) == (50, 1, "")


def test_the_detail_says_what_is_wrong_and_where(desk: Client, file: StatementFile) -> None:
    page = desk.get(file.get_absolute_url()).content.decode()
    for said in ("Stated: 5", "Not a plain decimal number.", "7,5", row("A2", amount="7,5")):
        assert said in page


def test_the_detail_adds_up_each_kind(desk: Client, shop: Account) -> None:
    file = take(day_file(row("A1"), row("A2"), row("A3", kind="REFUND")))
    sums = desk.get(file.get_absolute_url()).context["sums"]
    assert [(each.kind.value, each.number, each.amount.minor) for each in sums] == [
        ("PAYMENT", 2, 2500),
        ("REFUND", 1, 1250),
    ]


def test_every_line_set_aside_can_be_reached(desk: Client, shop: Account) -> None:
    file = take(day_file(*[row(f"A{number}", amount="x") for number in range(150)]))
    first = desk.get(file.get_absolute_url()).context
    second = desk.get(file.get_absolute_url(), {"after": first["problems_after"]}).context
    assert (len(first["problems"]), len(second["problems"])) == (100, 50)


def test_the_bytes_come_back_as_they_came(desk: Client, file: StatementFile) -> None:
    answer = desk.get(reverse("statement_bytes", args=[file.pk]))
    came = answer.getvalue()
    answer.close()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{NAME}"'
    assert came == day_file(row("A1"), row("A2", amount="7,5"), stated=5)


def test_an_upload_is_read_and_its_problems_are_shown(desk: Client, shop: Account) -> None:
    page = upload(desk, day_file(row("A1"), row("A2", kind="GIFT")))
    assert StatementFile.objects.get().state == FileState.ACCEPTED
    for said in ("1 line stored", "A word that is not known here.", "GIFT"):
        assert said in page


def test_several_files_are_taken_at_once(desk: Client, shop: Account) -> None:
    files = [BytesIO(day_file(row("A1"))), BytesIO(day_file(row("A2"), day="2024-03-16"))]
    for number, each in enumerate(files):
        each.name = f"f{number}.txt"
    desk.post(reverse("statement_upload"), {"uploads": files})
    assert StatementFile.objects.filter(state=FileState.ACCEPTED).count() == 2


def test_the_same_upload_twice_changes_nothing(desk: Client, shop: Account) -> None:
    upload(desk, day_file(row()))
    assert "had come before" in upload(desk, day_file(row()))
    assert StatementFile.objects.count() == 1


def test_an_empty_file_is_a_file_that_says_so(desk: Client, shop: Account) -> None:
    assert "The file is empty." in upload(desk, b"")
    assert StatementFile.objects.get().state == FileState.EMPTY_BYTES


def test_a_file_of_nobody_is_refused_with_the_reason(desk: Client, shop: Account) -> None:
    page = upload(desk, day_file(row(), partner="2088000000000999"), name="stray.txt")
    assert "No account here has the partner number 2088000000000999." in page
    assert not StatementFile.objects.exists()


def test_the_chosen_account_takes_what_names_nobody(desk: Client, shop: Account) -> None:
    upload(desk, b"", name="stray.txt", account=shop.pk)
    assert StatementFile.objects.get().account == shop


def test_nothing_chosen_is_said_at_the_field(desk: Client) -> None:
    answer = desk.post(reverse("statement_upload"), {})
    assert (answer.status_code, "uploads" in answer.context["form"].errors) == (422, True)


def test_a_file_too_large_for_a_page_is_refused_before_it_is_kept(
    desk: Client, shop: Account, settings: object
) -> None:
    settings.STATEMENT_UPLOAD_BYTES = 100  # type: ignore[attr-defined]
    assert "Import it by command." in upload(desk, day_file(row()))
    assert not StatementFile.objects.exists()


def test_a_large_upload_is_left_to_a_worker(desk: Client, shop: Account, settings: object) -> None:
    settings.STATEMENT_READ_AT_ONCE_BYTES = 100  # type: ignore[attr-defined]
    upload(desk, day_file(row()))
    assert StatementFile.objects.get().state == FileState.RECEIVED


def test_vouching_makes_absence_mean_something(desk: Client, file: StatementFile) -> None:
    desk.post(reverse("statement_vouch", args=[file.pk]))
    file.refresh_from_db()
    assert (file.is_complete, file.vouched_by_name) == (True, "finance")
    assert AuditEntry.objects.filter(verb="vouch_for_statement").exists()


def test_only_another_number_of_lines_can_be_vouched_for(desk: Client, shop: Account) -> None:
    file = take(day_file(row()))
    desk.post(reverse("statement_vouch", args=[file.pk]))
    file.refresh_from_db()
    assert file.vouched_at is None


def test_looking_in_the_folders_takes_what_is_there(
    desk: Client, tmp_path: object, db: None
) -> None:
    folder = tmp_path / "in"  # type: ignore[operator]
    folder.mkdir()
    (folder / "today.txt").write_bytes(day_file(row()))
    account(folder=str(folder))
    desk.post(reverse("statement_fetch"))
    assert StatementFile.objects.get().state == FileState.ACCEPTED


def test_a_folder_that_is_not_there_is_named(desk: Client, db: None) -> None:
    account(folder="/nowhere/at/all")
    page = desk.post(reverse("statement_fetch"), follow=True).content.decode()
    assert "/nowhere/at/all" in page


def test_a_late_file_stands_on_the_home_page(desk: Client, shop: Account) -> None:
    late_file(shop)
    late = f"{reverse('statement_list')}?state=LATE"
    assert late in {concern.url for concern in desk.get(reverse("home")).context["concerns"]}


def test_a_late_file_that_will_not_come_is_no_longer_called_late(
    desk: Client, finance: User, shop: Account
) -> None:
    late_file(shop)
    services.resolve_discrepancy(
        Discrepancy.objects.get(), note="closed that day", actor=Actor.person(finance)
    )
    assert not StatementFile.objects.missed().exists()
    assert not desk.get(reverse("statement_list")).context["awaited"]
