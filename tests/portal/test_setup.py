"""The set-up guide: each light is what really is, and the question to Alipay is really asked."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from merchant_portal import clock, health
from merchant_portal.access import Role
from merchant_portal.accounts.models import Account, AccountKey
from merchant_portal.models import AuditEntry, ClockTick, User
from payments.models import Payment
from qrcodes.models import QRCode, Store
from tests import factories
from tests.alipay_side import AlipaySide

SignIn = Callable[[User], Client]
Lights = Callable[[], dict[str, str]]


@pytest.fixture
def lights(administrator: User, signed_in: SignIn) -> Lights:
    """The guide's lights by the names of the steps."""

    def look() -> dict[str, str]:
        page = signed_in(administrator).get(reverse("setup_guide"))
        return {step.name: step.light.value for step in page.context["steps"]}

    return look


@pytest.fixture
def press(administrator: User, signed_in: SignIn) -> Callable[..., None]:
    def pressed(name: str, *args: int) -> None:
        assert signed_in(administrator).post(reverse(name, args=args)).status_code == 302

    return pressed


def test_an_empty_portal_has_everything_to_do(lights: Lights) -> None:
    assert [name for name, light in lights().items() if light == "done"] == ["second_person"]


def test_each_step_lights_up_as_it_is_done(
    code: QRCode,
    alipay: AlipaySide,
    carry: Callable[[], list[str]],
    lights: Lights,
    press: Callable[..., None],
) -> None:
    health.note_clock_tick()
    press("setup_check")
    alipay.pay(code.value, "12.50")
    carry()
    press("setup_key_copied")
    press("payment_ask", Payment.objects.get().pk)
    open_ones = [name for name, light in lights().items() if light != "done"]
    assert open_ones == ["file_source", "file"]


def test_the_question_is_done_only_when_the_signed_answer_was_verified(
    account: Account, lights: Lights, press: Callable[..., None]
) -> None:
    before = lights()["connection"]
    press("setup_check")
    assert (before, lights()["connection"]) == ("to_do", "done")


def test_a_key_that_alipay_does_not_have_is_a_problem(
    account: Account, alipay: AlipaySide, lights: Lights, press: Callable[..., None]
) -> None:
    alipay.add_partner(
        partner_id=account.partner_id,
        region="global",
        sign_types=["MD5"],
        md5_key="another0key0at0alipays0side0000x",
    )
    press("setup_check")
    assert lights()["connection"] == "problem"


def test_after_a_new_key_the_question_is_asked_again(
    account: Account, lights: Lights, press: Callable[..., None]
) -> None:
    press("setup_check")
    Account.objects.update(keys_changed_at=clock.now() + timedelta(seconds=1))
    assert lights()["connection"] == "to_do"


def test_at_another_gateway_the_question_is_asked_again(
    account: Account, lights: Lights, press: Callable[..., None]
) -> None:
    press("setup_check")
    Account.objects.update(gateway_url="https://intlmapi.alipay.com/gateway.do")
    assert lights()["connection"] == "to_do"


def test_a_key_that_the_master_key_does_not_open_is_a_problem(
    account: Account, lights: Lights
) -> None:
    AccountKey.objects.update(sealed=b"not sealed with this key")
    assert lights()["keys"] == "problem"


def test_an_account_without_a_key_leads_to_the_page_that_adds_it(
    account: Account, administrator: User, signed_in: SignIn
) -> None:
    AccountKey.objects.all().delete()
    page = signed_in(administrator).get(reverse("setup_guide")).content.decode()
    assert reverse("account_key_new", args=[account.pk]) in page


def test_for_the_simulator_this_machine_is_a_good_address(account: Account, lights: Lights) -> None:
    assert lights()["address"] == "done"


@pytest.mark.parametrize(
    ("public_url", "light"),
    [
        ("http://127.0.0.1:8000", "problem"),
        ("http://portal.example", "problem"),
        ("https://portal.example", "done"),
        ("https://elsewhere.example", "problem"),
    ],
)
def test_alipay_must_reach_the_portal(
    public_url: str, light: str, account: Account, lights: Lights, settings: Settings
) -> None:
    Account.objects.update(gateway_url="https://intlmapi.alipay.com/gateway.do")
    settings.PUBLIC_URL = public_url
    settings.ALLOWED_HOSTS = ["testserver", "portal.example"]
    assert lights()["address"] == light


def test_a_code_that_posts_elsewhere_is_a_problem(code: QRCode, lights: Lights) -> None:
    QRCode.objects.update(notify_url="https://old.example/alipay/notify/x/")
    assert lights()["code"] == "problem"


def test_messages_that_no_key_verifies_are_a_problem(
    account: Account, client: Client, lights: Lights
) -> None:
    address = reverse("alipay_notify", args=[account.notify_key])
    client.post(address, {"notify_id": "1", "sign": "00", "sign_type": "MD5"})
    assert lights()["notification"] == "problem"


def test_jobs_that_have_stopped_are_a_problem(lights: Lights) -> None:
    health.note_clock_tick()
    ClockTick.objects.update(seen_at=clock.now() - timedelta(minutes=5))
    assert lights()["jobs"] == "problem"


def test_where_money_back_is_approved_there_are_two_people(
    account: Account, lights: Lights, store: Store
) -> None:
    Account.objects.update(approval_limit_minor=1000)
    before = lights()["second_person"]
    factories.person(Role.CASHIER, store=store)
    assert (before, lights()["second_person"]) == ("to_do", "done")


def test_who_has_put_the_master_key_away_is_written_down(
    administrator: User, press: Callable[..., None], lights: Lights
) -> None:
    press("setup_key_copied")
    entry = AuditEntry.objects.get(verb="confirm_master_key_copy")
    assert entry.actor_user == administrator
    assert lights()["master_key"] == "done"


def test_the_copy_of_an_old_master_key_is_none(
    press: Callable[..., None], lights: Lights, settings: Settings
) -> None:
    press("setup_key_copied")
    settings.MASTER_KEY = "another one"
    assert lights()["master_key"] == "to_do"


def test_what_alipay_was_asked_is_written_down(
    account: Account, administrator: User, press: Callable[..., None]
) -> None:
    press("setup_check")
    entry = AuditEntry.objects.get(verb="check_connection")
    assert (entry.actor_user, entry.target_id) == (administrator, account.pk)


def test_the_go_live_list_names_the_training_account(
    account: Account, administrator: User, signed_in: SignIn
) -> None:
    page = signed_in(administrator).get(reverse("go_live_list"))
    lines = {step.name: step for step in page.context["steps"]}
    assert lines["real"].light.value == "problem"
    assert account.name in lines["real"].finding


def test_the_map_shows_each_account_with_what_hangs_on_it(
    code: QRCode, administrator: User, signed_in: SignIn
) -> None:
    (row,) = signed_in(administrator).get(reverse("setup_guide")).context["map"]
    assert (row.stores, row.codes, row.keys.value) == (1, 1, "done")


def test_the_go_live_list_names_what_the_json_api_lacks(
    signed_in: SignIn, administrator: User, account: Account
) -> None:
    Account.objects.update(client_id="211000000000000000001")
    page = signed_in(administrator).get(reverse("go_live_list"))
    line = {step.name: step for step in page.context["steps"]}["json"]
    assert line.light.value == "problem"
    assert "no address of the JSON API" in line.finding
    assert "RSA2 private key is missing" in line.finding


@pytest.mark.parametrize("name", ["setup_guide", "go_live_list"])
@pytest.mark.parametrize(("who", "status"), [("finance", 200), ("manager", 403), ("cashier", 403)])
def test_the_guide_is_for_those_who_see_every_account(
    name: str, who: str, status: int, request: pytest.FixtureRequest, signed_in: SignIn
) -> None:
    user: User = request.getfixturevalue(who)
    assert signed_in(user).get(reverse(name)).status_code == status


@pytest.mark.parametrize("name", ["setup_check", "setup_key_copied"])
def test_its_buttons_are_for_those_who_change_accounts(
    name: str, finance: User, signed_in: SignIn
) -> None:
    assert signed_in(finance).post(reverse(name)).status_code == 403


@pytest.mark.parametrize("name", ["setup_check", "setup_key_copied"])
def test_its_buttons_are_no_addresses(name: str, administrator: User, signed_in: SignIn) -> None:
    assert signed_in(administrator).get(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", ["setup_guide", "go_live_list"])
def test_the_signed_out_are_led_to_the_sign_in(name: str, client: Client, db: None) -> None:
    assert client.get(reverse(name)).headers["Location"].startswith("/auth/login/")
