"""Where no real money moves, pages, paper and files say so: to those whose accounts they are."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from merchant_portal.reports.control import training_in_words
from qrcodes.models import Counter, QRCode
from qrcodes.permissions import principal_of
from tests import factories
from tests.reports.rows import order

SignIn = Callable[[User], Client]
_REAL = "https://intlmapi.alipay.com/gateway.do"


def _page(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_a_counters_screen_carries_the_ribbon(
    code: QRCode, cashier: User, signed_in: SignIn
) -> None:
    counter = Counter.objects.get()
    page = _page(signed_in(cashier), reverse("counter_screen", args=[counter.pk]))
    assert "no real money moves under Test global" in page


def test_a_counter_paid_through_a_real_account_carries_none(
    code: QRCode, hk_account: Account, finance: User, signed_in: SignIn
) -> None:
    Account.objects.exclude(pk=hk_account.pk).update(gateway_url=_REAL)
    counter = Counter.objects.get()
    page = _page(signed_in(finance), reverse("counter_screen", args=[counter.pk]))
    assert 'class="ribbon"' not in page


def test_somebody_elses_training_is_nobody_elses_matter(
    code: QRCode, outsider: User, manager: User, signed_in: SignIn
) -> None:
    assert 'class="ribbon"' not in _page(signed_in(outsider), "/")
    assert 'class="ribbon"' in _page(signed_in(manager), "/")


def test_paper_shows_the_ribbon_too() -> None:
    style = (settings.BASE_DIR / "merchant_portal/static/portal.css").read_text()
    paper = style[style.index("@media print {\n  /* Paper") :]
    hidden = paper[: paper.index("display: none")]
    assert ".ribbon {" in hidden
    assert ".ribbon,\n" not in hidden


@pytest.mark.parametrize(("gateway", "named"), [("", "Test global"), (_REAL, "")])
def test_a_reports_control_sheet_says_whose_rows_are_training(
    gateway: str, named: str, code: QRCode
) -> None:
    if gateway:
        Account.objects.update(gateway_url=gateway)
    finance = factories.person(Role.FINANCE, name="who asks")
    asked = order("takings", finance).asked
    assert training_in_words(principal_of(finance), asked) == named


def test_rows_of_a_real_account_alone_are_no_training(
    code: QRCode, hk_account: Account, finance: User
) -> None:
    Account.objects.exclude(pk=hk_account.pk).update(gateway_url=_REAL)
    real = Account.objects.get(gateway_url=_REAL)
    asked = order("takings", finance, account=real.pk).asked
    assert training_in_words(principal_of(finance), asked) == ""
