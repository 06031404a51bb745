"""The pages of differences and compared days: for whom they open, and what they do."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from reconciliation.models import Discrepancy
from tests import factories
from tests.factories import PIN
from tests.reconciliation import books
from tests.reconciliation.books import DAY, file_of, line, paid

SignIn = Callable[[User], Client]
READS = ("discrepancy_list", "discrepancy_detail", "day_list", "day_detail")
WRITES = ("take", "book", "resolve", "resolve_alike", "undo")


@pytest.fixture
def found(shop: Account) -> Discrepancy:
    """A refund made at Alipay's portal."""
    paid(shop, "A1")
    file_of(line("A1"), line("A1", "3.00", kind="REFUND", when=books.at("12:00:00")))
    return Discrepancy.objects.get()


@pytest.fixture
def auditor(db: None) -> User:
    return factories.person(Role.AUDITOR)


def _address(name: str, found: Discrepancy) -> str:
    if name.endswith("list"):
        return reverse(name)
    if name == "day_detail":
        return reverse(name, args=[found.account_id, found.day.isoformat()])
    return reverse(name, args=[found.pk])


@pytest.mark.parametrize("page", READS)
@pytest.mark.parametrize("who", ["finance", "administrator", "auditor"])
def test_the_pages_open_for_those_who_see_statements(
    page: str, who: str, found: Discrepancy, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(who))
    assert client.get(_address(page, found)).status_code == 200


@pytest.mark.parametrize("page", READS)
@pytest.mark.parametrize("who", ["cashier", "manager", "outsider"])
def test_the_pages_are_closed_for_people_of_a_store(
    page: str, who: str, found: Discrepancy, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(who))
    assert client.get(_address(page, found)).status_code == 403


@pytest.mark.parametrize("page", READS)
def test_the_pages_ask_to_sign_in(page: str, found: Discrepancy, client: Client) -> None:
    assert client.get(_address(page, found)).status_code == 302


@pytest.mark.parametrize("page", READS)
def test_the_pages_only_show(
    page: str, found: Discrepancy, signed_in: SignIn, finance: User
) -> None:
    assert signed_in(finance).post(_address(page, found)).status_code == 405


@pytest.mark.parametrize("verb", WRITES)
@pytest.mark.parametrize("who", ["cashier", "manager", "outsider", "auditor"])
def test_only_those_who_resolve_may_decide(
    verb: str, who: str, found: Discrepancy, signed_in: SignIn, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(who))
    assert client.post(_post(verb, found), {"note": "x"}).status_code == 403
    found.refresh_from_db()
    assert (found.is_open, found.owner) == (True, None)


@pytest.mark.parametrize("verb", WRITES)
def test_nothing_is_decided_by_looking(
    verb: str, found: Discrepancy, signed_in: SignIn, finance: User
) -> None:
    assert signed_in(finance).get(_post(verb, found)).status_code == 405


@pytest.mark.parametrize("verb", WRITES)
def test_nothing_is_decided_signed_out(verb: str, found: Discrepancy, client: Client) -> None:
    assert client.post(_post(verb, found), {"note": "x"}).status_code == 302
    found.refresh_from_db()
    assert found.is_open


def test_the_list_shows_what_differs(found: Discrepancy, signed_in: SignIn, finance: User) -> None:
    page = signed_in(finance).get(reverse("discrepancy_list")).content.decode()
    assert "Unknown to us" in page
    assert found.get_absolute_url() in page


@pytest.mark.parametrize(
    ("asked", "is_shown"),
    [
        ("q=A1", True),
        ("q=2024A1", True),
        ("q=Z9", False),
        ("kind=REFUND", True),
        ("kind=CANCEL", False),
        ("word=MISSING_OURS", True),
        ("word=FEE_MISMATCH", False),
        ("state=RESOLVED", False),
        ("state=any", True),
        ("mine=on", False),
        (f"first={DAY}&last={DAY}", True),
    ],
)
def test_the_list_is_narrowed(
    asked: str, is_shown: bool, found: Discrepancy, signed_in: SignIn, finance: User
) -> None:
    page = signed_in(finance).get(f"{reverse('discrepancy_list')}?{asked}").content.decode()
    assert (found.get_absolute_url() in page) is is_shown


@pytest.mark.parametrize("asked", ["page=x", "word=NONE", "account=x", "first=yesterday"])
def test_a_strange_question_is_answered_clearly(
    asked: str, shop: Account, signed_in: SignIn, finance: User
) -> None:
    assert signed_in(finance).get(f"{reverse('discrepancy_list')}?{asked}").status_code == 400


def test_a_differing_field_is_lit(shop: Account, signed_in: SignIn, finance: User) -> None:
    paid(shop, "A1")
    file_of(line("A1", "9.00"))
    page = signed_in(finance).get(Discrepancy.objects.get().get_absolute_url()).content.decode()
    assert page.count('class="differs"') == 1
    assert "USD 8.00" in page and "USD 9.00" in page  # noqa: PT018  both sides of one row


def test_one_action_books_the_portal_refund_and_the_day_is_clean(
    found: Discrepancy, signed_in: SignIn, finance: User
) -> None:
    client = signed_in(finance)
    client.post(_post("book", found), {"note": "", "confirmation": PIN})
    page = client.get(_address("day_detail", found)).content.decode()
    assert "Clean" in page
    assert "Unknown to us" in page  # what was decided stays to be seen


def test_a_decision_without_a_note_is_asked_for_again(
    found: Discrepancy, signed_in: SignIn, finance: User
) -> None:
    assert signed_in(finance).post(_post("resolve", found), {"note": ""}).status_code == 400
    found.refresh_from_db()
    assert found.is_open


def test_a_decision_is_taken_and_taken_back(
    found: Discrepancy, signed_in: SignIn, finance: User
) -> None:
    client = signed_in(finance)
    client.post(_post("resolve", found), {"note": "seen"})
    client.post(_post("undo", found), {"note": "not so"})
    assert [move.to_state for move in found.moves.all()] == ["OPEN", "RESOLVED", "OPEN"]


def test_the_number_of_identical_differences_is_said_before(
    shop: Account, signed_in: SignIn, finance: User
) -> None:
    file_of(line("B1"), line("B2"), line("B3"))
    first: Any = Discrepancy.objects.first()
    client = signed_in(finance)
    assert (
        "Resolve all 3 that are identical"
        in client.get(_address("discrepancy_detail", first)).content.decode()
    )
    client.post(_post("resolve_alike", first), {"note": "test shop"})
    assert not Discrepancy.objects.open().exists()


def test_a_refusal_is_said_on_the_page(shop: Account, signed_in: SignIn, finance: User) -> None:
    paid(shop, "A1")
    file_of(line("A1"), line("A1", "9.00", kind="REFUND"))
    found = Discrepancy.objects.get()
    response = signed_in(finance).post(
        _post("book", found), {"note": "", "confirmation": PIN}, follow=True
    )
    assert "Only USD 8.00 is left of it." in response.content.decode()


@pytest.mark.parametrize("day", ["2024-02-30", "yesterday", "20240315", "9999-12-31"])
def test_what_is_no_day_is_not_found(
    day: str, shop: Account, signed_in: SignIn, finance: User
) -> None:
    assert signed_in(finance).get(reverse("day_detail", args=[shop.pk, day])).status_code == 404


def test_a_day_never_compared_says_so(shop: Account, signed_in: SignIn, finance: User) -> None:
    page = signed_in(finance).get(reverse("day_detail", args=[shop.pk, "2024-03-15"]))
    assert "has not been compared yet" in page.content.decode()


def test_a_month_lists_its_days_with_their_standing(
    found: Discrepancy, signed_in: SignIn, finance: User
) -> None:
    page = signed_in(finance).get(f"{reverse('day_list')}?month={DAY:%Y-%m}").content.decode()
    assert "Differences open" in page
    assert DAY.isoformat() in page


def test_home_counts_what_differs(found: Discrepancy, signed_in: SignIn, finance: User) -> None:
    page = signed_in(finance).get("/").content.decode()
    assert reverse("discrepancy_list") in page
    assert "Differences to Alipay" in page


def _post(verb: str, found: Discrepancy) -> str:
    return reverse(f"discrepancy_{verb}", args=[found.pk])
