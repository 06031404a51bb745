"""What all pages share: the policy against foreign content, the ribbon, the way without script."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from merchant_portal.money import Money
from merchant_portal.templatetags import portal as tags
from merchant_portal.templatetags import times
from qrcodes.models import Store
from tests.portal.conftest import PayMaker

SignIn = Callable[[User], Client]
TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
_INLINE = re.compile(
    r"<style|\sstyle=|\son(click|change|submit|load)=|<script(?![^>]*\ssrc=)", re.I
)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_script_or_style(template: Path) -> None:
    assert not _INLINE.search(template.read_text())


def test_the_policy_lets_only_our_own_content_run(client: Client, db: None) -> None:
    response = client.get(reverse("account_login"))
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_htmx_brings_no_style_of_its_own(client: Client, db: None) -> None:
    page = client.get(reverse("account_login")).content.decode()
    assert '"includeIndicatorStyles": false' in page


def test_the_ribbon_names_the_account_at_the_simulator(
    account: Account, finance: User, signed_in: SignIn
) -> None:
    page = signed_in(finance).get("/").content.decode()
    assert f"no real money moves under {account.name}" in page


def test_the_ribbon_is_gone_where_money_is_real(
    account: Account, finance: User, signed_in: SignIn
) -> None:
    Account.objects.update(gateway_url="https://intlmapi.alipay.com/gateway.do")
    assert 'class="ribbon"' not in signed_in(finance).get("/").content.decode()


def test_the_menu_leaves_out_what_one_may_not_see(cashier: User, signed_in: SignIn) -> None:
    page = signed_in(cashier).get("/").content.decode()
    assert reverse("payment_list") in page
    assert reverse("notification_list") not in page


def test_every_action_is_a_form_or_a_link(pay: PayMaker, manager: User, signed_in: SignIn) -> None:
    payment = pay()
    page = signed_in(manager).get(payment.get_absolute_url()).content.decode()
    assert f'action="{reverse("payment_ask", args=[payment.pk])}"' in page
    assert "hx-post" not in page


def test_an_address_that_is_not_there_says_so_in_our_words(
    finance: User, signed_in: SignIn
) -> None:
    response = signed_in(finance).get("/nowhere/")
    assert response.status_code == 404
    assert "There is no such page for you" in response.content.decode()


def test_an_old_form_is_refused_in_our_words(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post(reverse("account_login"), {})
    assert response.status_code == 403
    assert "grown too old" in response.content.decode()


def test_a_wrong_password_is_told_at_the_form(db: None, client: Client) -> None:
    response = client.post(reverse("account_login"), {"login": "nobody", "password": "x"})
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize("name", ["mfa_index", "account_change_password", "account_logout"])
def test_the_librarys_pages_stand_in_our_shell(name: str, finance: User, signed_in: SignIn) -> None:
    finance.set_password("a long enough password")
    finance.save()
    response = signed_in(finance).get(reverse(name), follow=True)
    assert 'class="shell"' in response.content.decode()


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Money(128_800, "HKD"), "1,288.00"),
        (Money(5, "USD"), "0.05"),
        (Money(-24, "USD"), "-0.24"),
        (Money(-128_800, "HKD"), "-1,288.00"),
        (Money(1_234_567, "JPY"), "1,234,567"),
    ],
)
def test_an_amount_is_grouped_and_keeps_its_decimals(amount: Money, shown: str) -> None:
    assert tags.digits(amount) == shown


def test_a_time_names_its_zone() -> None:
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    shown = times.moment(summer, Store(time_zone="America/New_York"))
    assert "1 Jul 2026 08:00:00" in shown
    assert "EDT" in shown


@pytest.mark.parametrize(
    ("zone", "name"), [("Asia/Singapore", "GMT+8"), ("Asia/Kathmandu", "GMT+5:45")]
)
def test_a_zone_without_letters_is_named_by_its_hours(zone: str, name: str) -> None:
    assert times.zone_at(datetime(2026, 7, 1, tzinfo=UTC), Store(time_zone=zone)) == name


def test_a_short_number_keeps_its_last_digits_and_its_whole() -> None:
    shown = tags.short("2026031822001111000000163184")
    assert "…163184" in shown
    assert 'title="2026031822001111000000163184"' in shown


def test_a_number_from_outside_is_escaped() -> None:
    assert "<script>" not in tags.id_text("<script>")
    assert "<script>" not in tags.short("<script>alert(1)</script>")


def test_the_zone_of_nothing_is_utc() -> None:
    assert times.zone_name(datetime(2026, 1, 1, tzinfo=UTC)) == "UTC"
