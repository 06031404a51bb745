"""The administrator's pages about accounts: works, wrong method, outsider, signed out."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from merchant_portal import clock
from merchant_portal.accounts import services
from merchant_portal.accounts.models import Account, AccountKey
from merchant_portal.models import User
from tests.accounts.key_texts import rsa_pair
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR, TEST_MD5_KEY, add_md5_key

SignedIn = Callable[[User], Client]
NEW = {
    "name": "Harbour",
    "partner_id": "2088000000000777",
    "region": "global",
    "sign_type": "RSA2",
    "gateway_url": "https://alipay.example/gateway.do",
    "settlement_currency": "USD",
    "amount_source": "auto",
    "integration": "direct",
    "refund_window_days": "90",
    "cancel_grace_minutes": "15",
    "approval_limit": "500",
}


@pytest.fixture
def admin(signed_in: SignedIn, administrator: User) -> Client:
    return signed_in(administrator)


def url(name: str, *args: int) -> str:
    return reverse(name, args=args)


def _pages(account: Account) -> dict[str, str]:
    key = account.keys.get()
    return {
        "get account_list": url("account_list"),
        "get account_detail": url("account_detail", account.pk),
        "get account_new": url("account_new"),
        "get account_edit": url("account_edit", account.pk),
        "get account_key_new": url("account_key_new", account.pk),
        "post account_check": url("account_check", account.pk),
        "post account_key_made": url("account_key_made", account.pk),
        "post account_key_activate": url("account_key_activate", account.pk, key.pk),
        "post account_key_retire": url("account_key_retire", account.pk, key.pk),
    }


DOORS = (
    "get account_list", "get account_detail", "get account_new", "get account_edit",
    "get account_key_new", "post account_check", "post account_key_made",
    "post account_key_activate", "post account_key_retire",
)  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_each_door_opens_for_an_administrator(admin: Client, account: Account, door: str) -> None:
    answer = getattr(admin, door.split(maxsplit=1)[0])(_pages(account)[door])
    assert answer.status_code in {200, 302}


@pytest.mark.parametrize("door", DOORS)
def test_no_door_opens_for_a_manager(
    signed_in: SignedIn, manager: User, account: Account, door: str
) -> None:
    answer = getattr(signed_in(manager), door.split(maxsplit=1)[0])(_pages(account)[door])
    assert answer.status_code == 403
    assert account.keys.get().retired_at is None


@pytest.mark.parametrize("door", DOORS)
def test_somebody_signed_out_is_asked_to_sign_in(
    client: Client, account: Account, door: str
) -> None:
    answer = getattr(client, door.split(maxsplit=1)[0])(_pages(account)[door])
    assert answer.status_code == 302
    assert "login" in answer["Location"]


@pytest.mark.parametrize("door", DOORS)
def test_a_wrong_method_is_refused(admin: Client, account: Account, door: str) -> None:
    wrong = admin.get if door.startswith("post") else admin.delete
    assert wrong(_pages(account)[door]).status_code == 405


def test_finance_sees_accounts_and_changes_none(
    signed_in: SignedIn, finance: User, account: Account
) -> None:
    client = signed_in(finance)
    page = client.get(url("account_detail", account.pk)).content.decode()
    assert account.partner_id in page
    assert "Retire" not in page
    assert client.get(url("account_edit", account.pk)).status_code == 403


def test_an_account_is_added_and_leads_to_its_keys(admin: Client) -> None:
    answer = admin.post(url("account_new"), NEW)
    account = Account.objects.get()
    assert answer["Location"] == url("account_key_new", account.pk)
    assert account.approval_limit_minor == 50_000


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("partner_id", "123"),
        ("gateway_url", "alipay"),
        ("approval_limit", "1e3"),
        ("fee_rate", "6"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(admin: Client, field: str, text: str) -> None:
    answer = admin.post(url("account_new"), NEW | {field: text})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Account.objects.exists()


def test_a_change_keeps_who_the_account_is(admin: Client, account: Account) -> None:
    changed = NEW | {"sign_type": "MD5", "name": "Renamed"}
    admin.post(url("account_edit", account.pk), changed)
    before, account = account, Account.objects.get()
    assert (account.name, account.partner_id) == ("Renamed", before.partner_id)


def test_a_pasted_key_joins_and_is_not_shown(admin: Client, account: Account) -> None:
    answer = admin.post(
        url("account_key_new", account.pk),
        {"kind": "shared:MD5", "text": "pasted0test0key"},
        follow=True,
    )
    assert account.keys.count() == 2
    assert "pasted0test0key" not in answer.content.decode()
    assert TEST_MD5_KEY not in answer.content.decode()


def test_a_key_comes_from_a_file(admin: Client, account: Account) -> None:
    file = SimpleUploadedFile("key.txt", b"from0a0file0test0key\n")
    admin.post(url("account_key_new", account.pk), {"kind": "shared:MD5", "file": file})
    assert account.keys.count() == 2


@pytest.mark.parametrize("text", ["", "blank in it", rsa_pair()[1]])
def test_an_unusable_key_is_refused_in_words(admin: Client, account: Account, text: str) -> None:
    answer = admin.post(url("account_key_new", account.pk), {"kind": "shared:MD5", "text": text})
    assert answer.status_code == 422
    assert account.keys.count() == 1


def test_a_made_key_shows_its_public_half_and_waits(admin: Client) -> None:
    admin.post(url("account_new"), NEW)
    account = Account.objects.get()
    page = admin.post(url("account_key_made", account.pk), follow=True).content.decode()
    assert "BEGIN PUBLIC KEY" in page
    assert "PRIVATE KEY" not in page
    assert AccountKey.objects.get().valid_from is None


def test_the_last_key_asks_for_its_fingerprint(admin: Client, account: Account) -> None:
    key = account.keys.get()
    retire = url("account_key_retire", account.pk, key.pk)
    admin.post(retire)
    key.refresh_from_db()
    assert key.retired_at is None
    admin.post(retire, {"fingerprint": key.fingerprint})
    key.refresh_from_db()
    assert key.retired_at is not None


def test_a_key_of_another_account_is_not_there(
    admin: Client, account: Account, hk_account: Account
) -> None:
    foreign = url("account_key_retire", account.pk, hk_account.keys.get().pk)
    assert admin.post(foreign).status_code == 404


def test_the_connection_is_checked_from_the_page(
    admin: Client, account: Account, alipay: AlipaySide
) -> None:
    page = admin.post(url("account_check", account.pk), follow=True).content.decode()
    assert "Connected" in page
    add_md5_key(account, "wrong0test0key")
    page = admin.post(url("account_check", account.pk), follow=True).content.decode()
    assert "does not accept our signature" in page


def test_the_page_says_what_waits_in_quarantine(
    admin: Client, account: Account, client: Client
) -> None:
    notify = reverse("alipay_notify", args=[account.notify_key])
    Client().post(notify, "a=1&sign=x&sign_type=MD5", content_type="text/plain")
    page = admin.get(url("account_detail", account.pk)).content.decode()
    assert "1 message arrived" in page
    assert notify in page


def test_a_missing_key_is_said_in_the_list(admin: Client, account: Account) -> None:
    key = account.keys.get()
    services.retire_key(key, actor=ACTOR, confirmed_fingerprint=key.fingerprint)
    assert "Key missing" in admin.get(url("account_list")).content.decode()


@pytest.mark.parametrize("noun", ["user", "membership", "account", "apikey", "payment"])
def test_the_admin_pages_change_people_only(
    client: Client, db: None, noun: str, account: Account
) -> None:
    client.force_login(User.objects.create_superuser("root"))
    app = {"user": "merchant_portal", "account": "accounts", "apikey": "qrcodes"}.get(noun, "x")
    added = client.get(f"/admin/{app}/{noun}/add/").status_code
    assert added == {"user": 200, "account": 403, "apikey": 403}.get(noun, 404)


def test_the_page_says_what_the_json_api_lacks(admin: Client, account: Account) -> None:
    Account.objects.update(client_id="211000000000000000001")
    page = admin.get(url("account_detail", account.pk)).content.decode()
    assert "no address of the JSON API" in page
    assert "Our RSA2 private key is missing" in page


def test_a_key_pair_for_the_json_api_is_made_beside_an_md5_key(
    admin: Client, account: Account
) -> None:
    Account.objects.update(client_id="211000000000000000001")
    admin.post(url("account_key_made", account.pk), {"algorithm": "RSA2"})
    assert account.keys.get(purpose="ours").algorithm == "RSA2"


def test_alipays_rsa2_key_is_entered_beside_an_md5_key(admin: Client, account: Account) -> None:
    Account.objects.update(client_id="211000000000000000001")
    given = {"kind": "alipay:RSA2", "text": rsa_pair()[1]}
    assert admin.post(url("account_key_new", account.pk), given).status_code == 302
    assert account.keys.get(purpose="alipay").is_live(clock.now())
