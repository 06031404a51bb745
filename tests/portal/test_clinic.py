"""The clinic's page: who may use it, what it tells, and that it keeps nothing."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account, AccountKey
from merchant_portal.alipay.clinic import Cause
from merchant_portal.alipay.clinic.pasted import MOST_CHARACTERS
from merchant_portal.clinic import SENTENCES
from merchant_portal.models import User
from payments.models import Notification, Quarantined
from qrcodes.models import QRCode
from tests import factories
from tests.alipay_side import AlipaySide
from tests.factories import TEST_MD5_KEY
from tests.intake.wire import FORM, paid_fields, signed

SignIn = Callable[[User], Client]


@pytest.fixture
def body(code: QRCode) -> str:
    """A genuine notice of the code."""
    return signed(paid_fields(code))


@pytest.fixture
def engineer(administrator: User, signed_in: SignIn) -> Client:
    return signed_in(administrator)


def _examine(client: Client, pasted: str, account: Account) -> str:
    response = client.post(reverse("clinic"), {"pasted": pasted, "account": account.pk})
    assert response.status_code == 200
    return response.content.decode()


def test_a_genuine_notice_holds(engineer: Client, body: str, account: Account) -> None:
    page = _examine(engineer, body, account)
    assert "The signature holds" in page
    assert AccountKey.objects.get().fingerprint in page


def test_the_cause_is_named_with_what_to_do(engineer: Client, body: str, account: Account) -> None:
    page = _examine(engineer, body.replace("&", "&amp;"), account)
    assert "undo this, and the signature holds" in page
    assert "Escaped for a web page" in page


def test_where_nothing_can_be_told_that_is_said(
    engineer: Client, body: str, account: Account
) -> None:
    page = _examine(engineer, body.replace("12.50", "99.50"), account)
    assert "Nothing known explains it" in page
    assert "The clinic cannot tell" in page


def test_a_notice_of_another_account_names_it(
    engineer: Client, body: str, account: Account, hk_account: Account
) -> None:
    AccountKey.objects.filter(account=hk_account).delete()
    factories.add_md5_key(hk_account, "another0key0only0for0tests000000")
    page = _examine(engineer, body, hk_account)
    assert "Made with another account&#x27;s key" in page
    assert account.name in page


def test_a_seller_that_is_another_account_is_told(
    engineer: Client, code: QRCode, account: Account
) -> None:
    body = signed(paid_fields(code, seller_id="2088000000000999"))
    assert "It names the seller 2088000000000999" in _examine(engineer, body, account)


def test_ones_own_string_is_compared(engineer: Client, body: str, account: Account) -> None:
    asked = {"pasted": body, "account": account.pk, "own": "out_trade_no=1"}
    page = engineer.post(reverse("clinic"), asked).content.decode()
    assert "They first differ at character 1" in page


def test_no_secret_is_shown(engineer: Client, body: str, account: Account) -> None:
    assert TEST_MD5_KEY not in _examine(engineer, body.replace("12.50", "99.50"), account)


def test_neither_the_right_signature_of_a_wrong_text(
    engineer: Client, code: QRCode, account: Account
) -> None:
    """Else the clinic would sign for whoever asks."""
    right = signed(paid_fields(code, total_fee="99.50")).rpartition("sign=")[2]
    forged = urlencode({**paid_fields(code, total_fee="99.50"), "sign": "0" * 32})
    assert right not in _examine(engineer, forged, account)


def _rows() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def test_nothing_pasted_is_kept_or_logged(
    engineer: Client, body: str, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    before = _rows()
    _examine(engineer, body, account)
    assert _rows() == before
    assert "trade_no" not in caplog.text


def test_no_cache_keeps_the_page(engineer: Client, body: str, account: Account) -> None:
    response = engineer.post(reverse("clinic"), {"pasted": body, "account": account.pk})
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize("pasted", ["", "hello", "a=1&" * (MOST_CHARACTERS // 4 + 1)])
def test_what_is_no_notification_or_too_long_is_said_at_its_field(
    pasted: str, engineer: Client, account: Account
) -> None:
    response = engineer.post(reverse("clinic"), {"pasted": pasted, "account": account.pk})
    assert response.status_code == 400
    assert response.context["form"].errors["pasted"]


def test_an_account_that_is_none_is_said_at_its_field(engineer: Client, body: str) -> None:
    response = engineer.post(reverse("clinic"), {"pasted": body, "account": "0"})
    assert response.status_code == 400
    assert response.context["form"].errors["account"]


def test_every_cause_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Cause)


@pytest.mark.parametrize("role", [Role.CASHIER, Role.MANAGER, Role.FINANCE, Role.AUDITOR])
def test_the_clinic_is_for_those_who_change_accounts(
    role: Role, db: None, signed_in: SignIn
) -> None:
    response = signed_in(factories.person(role)).get(reverse("clinic"))
    assert response.status_code == 403
    assert "change Alipay accounts and keys" in response.content.decode()


def test_an_administrator_of_one_store_does_not_see_every_accounts_keys(
    db: None, signed_in: SignIn
) -> None:
    someone = factories.person(Role.ADMINISTRATOR, store=factories.store())
    assert signed_in(someone).get(reverse("clinic")).status_code == 403


def test_the_signed_out_are_sent_to_the_sign_in(client: Client, db: None) -> None:
    assert client.get(reverse("clinic")).status_code == 302


def test_the_clinic_takes_no_other_method(engineer: Client) -> None:
    assert engineer.put(reverse("clinic")).status_code == 405


def test_the_inspector_leads_to_it(engineer: Client, manager: User, signed_in: SignIn) -> None:
    url = reverse("clinic")
    assert url in engineer.get(reverse("notification_list")).content.decode()
    assert url not in signed_in(manager).get(reverse("notification_list")).content.decode()


def test_a_body_in_quarantine_is_examined_with_one_button(
    engineer: Client, body: str, code: QRCode, account: Account
) -> None:
    spoiled = body.replace("total_fee=12.50", "total_fee=12.50+")
    engineer.post(code.notify_path, data=spoiled, content_type=FORM)
    url = reverse("quarantined_detail", args=[Quarantined.objects.get().pk])
    given = engineer.get(url).context["for_clinic"]
    assert "Blanks or line ends too many" in _examine(engineer, given, account)


# ---- The inspector's search ---------------------------------------------------------------------


def test_a_waiting_notice_is_found_by_the_order_number_it_names(
    code: QRCode, client: Client, finance: User, signed_in: SignIn
) -> None:
    body = signed(paid_fields(code, seller_id="2088000000000999"))
    client.post(code.notify_path, data=body, content_type=FORM)
    number = Notification.objects.get(payment=None).partner_trans_id
    response = signed_in(finance).get(reverse("notification_list"), {"q": number})
    assert [row.partner_trans_id for row in response.context["page"].rows] == [number]


@pytest.fixture
def applied(code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]]) -> Notification:
    alipay.pay(code.value, "12.50")
    carry()
    return Notification.objects.get()


@pytest.mark.parametrize(("state", "found"), [("APPLIED", 1), ("WAITING", 0)])
def test_a_number_is_searched_within_a_state(
    state: str, found: int, applied: Notification, engineer: Client
) -> None:
    asked = {"q": applied.notify_id, "state": state}
    response = engineer.get(reverse("notification_list"), asked)
    assert len(response.context["page"].rows) == found


def test_the_quarantine_is_read_page_by_page_to_its_end(
    code: QRCode, engineer: Client, body: str
) -> None:
    for number in range(53):
        spoiled = f"{body}&n={number}"
        engineer.post(code.notify_path, data=spoiled, content_type=FORM)
    first = engineer.get(reverse("quarantine_list")).context["page"]
    rest = engineer.get(reverse("quarantine_list"), {"page": first.older}).context["page"]
    assert {row.pk for row in [*first.rows, *rest.rows]} == {
        row.pk for row in Quarantined.objects.all()
    }
