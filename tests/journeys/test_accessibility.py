"""axe finds nothing against WCAG 2.2 AA on any page, and whatever a page offers can be pressed.

Wide and phone, light and dark, every role; as a page stands and with everything on it opened; what
is refused, what is not there, forms with errors, and each step of the panel money goes back by.
"""

import os
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from merchant_portal.access import Role
from tests.journeys.eyes import EVERY_LOOK, TWO_LOOKS, Eyes, eyes_on_everything
from tests.matrix.expecting import LETTERS
from tests.matrix.routes import all_routes
from tests.matrix.table import rows

pytestmark = [
    pytest.mark.journey,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        os.environ.get("DATABASE_URL", "").startswith("postgres"),
        reason="axe looks at pages, which no database changes: it looks once, on SQLite",
    ),
]

_ADMINISTRATOR, _CASHIER = "administrator everywhere", "cashier everywhere"
#: What answers to GET and is no page of ours: pictures, files, what machines ask, parts of pages,
#: and the description of the API, which Swagger UI draws.
_NO_PAGES = frozenset(
    {
        "api-docs",
        "code_image_png",
        "code_image_svg",
        "code_standing",
        "counter_feed",
        "device_feed",
        "healthz",
        "merchant_logo_png",
        "metrics",
        "mfa_download_recovery_codes",
        "pairing_standing",
        "payment_evidence",
        "print_run_pdf",
        "readyz",
        "registration_standing",
        "report_download",
        "report_job_control",
        "report_job_file",
        "statement_bytes",
    }
)
_PAGES = sorted(
    name
    for name, row in rows().items()
    if row.get.is_there
    and row.get.letters != "404"
    and name in all_routes()
    and not all_routes()[name].is_api
    and name not in _NO_PAGES
    and name != "admin:*"
)
#: Forms that say what is missing, when they are sent as they stand without anything filled in.
_FORMS = (
    "account_change_password",
    "account_edit",
    "account_key_new",
    "account_new",
    "agent_token_edit",
    "clinic",
    "counter_devices",
    "counter_edit",
    "counter_new",
    "lookup_new",
    "merchant_edit",
    "merchant_logo",
    "merchant_new",
    "own_pin",
    "payment_shift",
    "statement_upload",
    "store_edit",
    "store_new",
)
_SEND_EMPTY = """(form) => {
  form.noValidate = true;
  const kept = "[type=hidden], [type=checkbox], [type=radio]";
  for (const each of form.querySelectorAll(`input:not(${kept}), textarea`)) each.value = "";
  form.requestSubmit();
}"""


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Eyes]:
    with eyes_on_everything(tmp_path_factory.mktemp("pages"), browser) as opened:
        yield opened


@pytest.mark.parametrize("name", _PAGES)
def test_nothing_is_wrong_with(name: str, eyes: Eyes) -> None:
    found: list[str] = []
    people = _who_may_look(name)
    for person in people:
        page = eyes.open(name, person)
        looks = EVERY_LOOK if person == people[0] else TWO_LOOKS
        found += [f"{name}, {person}, {wrong}" for wrong in eyes.faults(page, looks)]
    assert found == [], "\n" + "\n".join(found)


def _who_may_look(name: str) -> list[str]:
    letters = rows()[name].get.lets_in
    if letters == "d":
        return ["a paired device"]
    if letters in {"!", ">"}:
        return ["signed out"]
    roles = (
        reversed(Role) if letters.startswith("*") else [r for r in Role if LETTERS[r] in letters]
    )
    return [f"{role.value} everywhere" for role in roles]


def test_nothing_is_wrong_with_what_is_refused(eyes: Eyes) -> None:
    page = eyes.open("account_list", _CASHIER)
    expect(page.locator("main")).to_contain_text("administrator")  # who may, and can give the right
    assert eyes.faults(page, EVERY_LOOK) == []


@pytest.mark.parametrize("person", [_ADMINISTRATOR, "signed out"])
def test_nothing_is_wrong_with_what_is_not_there(person: str, eyes: Eyes) -> None:
    page = eyes.open("/no-such-page/", person)
    expect(page.locator("h1")).to_be_visible()
    assert eyes.faults(page, EVERY_LOOK) == []


@pytest.mark.parametrize("person", [_ADMINISTRATOR, _CASHIER])
def test_nothing_is_wrong_with_the_menu_of_a_phone(person: str, eyes: Eyes) -> None:
    page = eyes.open("home", person)
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    assert eyes.faults(page, [("phone", "light"), ("phone", "dark")]) == []


@pytest.mark.parametrize("name", _FORMS)
def test_nothing_is_wrong_with_the_errors_of(name: str, eyes: Eyes) -> None:
    page = eyes.open(name, _ADMINISTRATOR)
    page.locator("main form[method=post]").last.evaluate(_SEND_EMPTY)
    expect(page.locator("main").locator(".field-errors, .form-errors").first).to_be_visible()
    assert eyes.faults(page, EVERY_LOOK) == []


def test_nothing_is_wrong_with_any_step_of_giving_money_back(eyes: Eyes) -> None:
    """The last step is the page of the refund, which is looked at by itself."""
    page = eyes.open("give_back", _ADMINISTRATOR)
    steps: list[Callable[[Page], None]] = [_ask_for_too_much, _ask_for_some, _mistype_who_one_is]
    for step in steps:
        step(page)
        assert eyes.faults(page, EVERY_LOOK) == [], step.__name__


def _ask_for_too_much(page: Page) -> None:
    page.get_by_label("Another amount").check()
    page.get_by_label("Amount", exact=True).fill("9999.00")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#id_amount_error")).to_be_visible()


def _ask_for_some(page: Page) -> None:
    page.get_by_label("Amount", exact=True).fill("2.00")
    page.get_by_label("Reason").select_option(label="Goods returned")
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".sentence")).to_contain_text("2.00")


def _mistype_who_one_is(page: Page) -> None:
    page.get_by_label("Your password").fill("mistyped")
    page.get_by_role("button", name=re.compile("to go back$")).click()
    expect(page.locator(".confirm .field-errors")).to_be_visible()
