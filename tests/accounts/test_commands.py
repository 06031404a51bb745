"""The commands of the accounts, as an engineer types them."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from pytest_django import Settings

from merchant_portal import clock
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, AccountKey
from merchant_portal.management.commands.rotate_master_key import RESEALERS
from merchant_portal.models import AuditEntry, User
from merchant_portal.vault import open_vault
from payments import services as payments
from payments.models import Quarantined
from qrcodes import services as codes
from qrcodes.models import AgentToken, ApiKey, Membership, Store
from tests.accounts.key_texts import rsa_pair
from tests.factories import ACTOR

pytestmark = pytest.mark.django_db

PARTNER = "2088000000000777"
INTEGRATOR = "2088000000000333"
ADD = [
    "--partner-id", PARTNER, "--region", "global", "--sign-type", "MD5",
    "--gateway-url", "https://alipay.example/gateway.do",
]  # fmt: skip

KEEP = ["keep_agent_token", "--account", PARTNER, "--merchant", "HARBOUR"]


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out, stderr=StringIO())
    return out.getvalue()


def write(folder: Path, text: str) -> str:
    path = folder / "key.txt"
    path.write_text(text)
    return str(path)


def test_an_account_is_added_with_its_terms() -> None:
    run("add_account", *ADD, "--settlement-currency", "JPY", "--approval-limit", "5000")
    account = Account.objects.get(partner_id=PARTNER)
    assert (account.settlement_currency, account.approval_limit_minor) == ("JPY", 5000)


def test_an_integrators_account_is_added() -> None:
    run("add_account", *ADD, "--integration", "integrator", "--service-provider-id", INTEGRATOR)
    account = Account.objects.get(partner_id=PARTNER)
    assert (account.integration, account.service_provider_id) == ("integrator", INTEGRATOR)
    assert account.registers_stores


def test_an_integrators_own_account_keeps_its_merchants_tokens(
    store: Store, tmp_path: Path
) -> None:
    run("add_account", *ADD, "--client-id", "211000000000000000001", "--sends-agent-tokens")
    file = write(tmp_path, "agent-token-of-the-noodle-bar\n")
    told = run(*KEEP, "--token-file", file)
    token = AgentToken.objects.get()
    assert token.merchant == store.merchant
    assert token.fingerprint in told
    assert "noodle-bar" not in told
    run(*KEEP, "--forget")
    assert not AgentToken.objects.exists()


@pytest.mark.parametrize(
    ("terms", "text", "sentence"),
    [
        ([], "agent-token-of-somebody", "sends no agent tokens"),
        (["--client-id", "2110", "--sends-agent-tokens"], "two words", "8 to 1024"),
    ],
)
def test_a_token_that_cannot_be_kept_is_refused_and_not_shown(
    store: Store, tmp_path: Path, terms: list[str], text: str, sentence: str
) -> None:
    run("add_account", *ADD, *terms)
    with pytest.raises(CommandError, match=sentence) as refused:
        run(*KEEP, "--token-file", write(tmp_path, text))
    assert text not in str(refused.value)


def test_agent_tokens_without_a_client_id_are_refused() -> None:
    with pytest.raises(CommandError, match="go with a client id only"):
        run("add_account", *ADD, "--sends-agent-tokens")


def test_agent_tokens_are_sealed_again_with_the_new_master_key(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    run("add_account", *ADD, "--client-id", "2110", "--sends-agent-tokens")
    run(*KEEP, "--token-file", write(tmp_path, "agent-token-of-the-noodle-bar"))
    new = Fernet.generate_key().decode()
    settings.MASTER_KEY = f"{new},{settings.MASTER_KEY}"
    assert "1 agent tokens" in run("rotate_master_key")
    settings.MASTER_KEY = new
    token = codes.agent_token_for(Account.objects.get(), store.pk)
    assert token is not None
    assert token.reveal() == "agent-token-of-the-noodle-bar"


def test_an_account_is_direct_unless_said() -> None:
    run("add_account", *ADD)
    assert not Account.objects.get(partner_id=PARTNER).registers_stores


def test_adding_again_changes_only_what_is_named() -> None:
    run("add_account", *ADD, "--name", "Harbour", "--fee-rate", "0.006")
    run("add_account", *ADD, "--refund-window-days", "30")
    account = Account.objects.get()
    assert (account.name, account.fee_rate, account.refund_window_days) == ("Harbour", "0.006", 30)


def test_a_new_key_joins_the_old_one(tmp_path: Path) -> None:
    for text in ("first0test0key", "second0test0key", "second0test0key"):
        run("add_account", *ADD, "--md5-key-file", write(tmp_path, text + "\n"))
    assert AccountKey.objects.filter(retired_at=None).count() == 2


def test_what_was_saved_is_printed_as_json(tmp_path: Path) -> None:
    printed = json.loads(
        run("add_account", *ADD, "--json", "--md5-key-file", write(tmp_path, "test0key"))
    )
    assert printed["added"]
    assert printed["missing_keys"] == []
    assert "test0key" not in json.dumps(printed)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--md5-key-file", "no/such/file"], "--md5-key-file names no/such/file"),
        (["--fee-rate", "6%"], "--fee-rate"),
        (["--spare-url", "ftp://alipay.example/"], "--spare-url"),
        (["--settlement-currency", "XYZ"], "XYZ is not a currency"),
        (["--approval-limit", "1e3"], "--approval-limit"),
        (["--refund-window-days", "0"], "--refund-window-days"),
        (["--json-url", "https://alipay.example/ams/api"], "--json-url: Without a path"),
        (["--client-id", "two words"], "--client-id"),
        (["--key-version", "two"], "--key-version"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(more: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        run("add_account", *ADD, *more)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not Account.objects.exists()


def test_the_text_of_an_rsa_key_is_no_md5_key(tmp_path: Path) -> None:
    _private, public = rsa_pair()
    with pytest.raises(CommandError, match="must not be used as an MD5 key"):
        run("add_account", *ADD, "--md5-key-file", write(tmp_path, public))
    assert not Account.objects.exists()


JSON_TERMS = ["--client-id", "SANDBOX_211000000000000000001", "--json-url"]
JSON_URL = "https://open-sea-global.alipay.com"


def test_an_account_of_the_json_api_says_what_it_lacks() -> None:
    told = run("add_account", *ADD, *JSON_TERMS, JSON_URL + "/", "--key-version", "2")
    account = Account.objects.get(partner_id=PARTNER)
    assert (account.json_url, account.key_version) == (JSON_URL, "2")
    assert account.sells_by_json
    assert "Our RSA2 private key is missing" in told
    assert "Alipay's RSA2 public key is missing" in told


def test_rsa_keys_of_an_md5_account_are_the_json_apis(tmp_path: Path) -> None:
    files = ["--private-key-file", write(tmp_path, rsa_pair()[0])]
    printed = json.loads(run("add_account", *ADD, *JSON_TERMS, JSON_URL, *files, "--json"))
    assert [key["algorithm"] for key in printed["keys"]] == ["RSA2"]
    missing = [(need["purpose"], need["algorithm"]) for need in printed["missing_keys"]]
    assert missing == [("alipay", "RSA2"), ("shared", "MD5")]


def test_an_rsa_account_has_its_json_keys_named(tmp_path: Path) -> None:
    words = ["RSA" if word == "MD5" else word for word in ADD] + [*JSON_TERMS, JSON_URL]
    key = ["--private-key-file", write(tmp_path, rsa_pair()[0])]
    run("add_account", *words, *key)
    run("add_account", *words, *key, "--key-algorithm", "RSA2")
    assert sorted(AccountKey.objects.values_list("algorithm", flat=True)) == ["RSA", "RSA2"]


def test_a_client_id_without_an_address_is_told() -> None:
    assert "no address of the JSON API" in run("add_account", *ADD, *JSON_TERMS[:2])


def test_a_public_key_is_not_taken_for_our_private_one(tmp_path: Path) -> None:
    _private, public = rsa_pair()
    words = [word if word != "MD5" else "RSA2" for word in ADD]
    with pytest.raises(CommandError, match="private key is wanted here"):
        run("add_account", *words, "--private-key-file", write(tmp_path, public))


def test_an_rsa_account_in_hong_kong_is_told_of_the_md5_key_it_lacks(tmp_path: Path) -> None:
    words = ["hk" if word == "global" else "RSA2" if word == "MD5" else word for word in ADD]
    told = run("add_account", *words, "--private-key-file", write(tmp_path, rsa_pair()[0]))
    assert "An MD5 key is missing" in told
    assert Account.objects.get().settlement_currency == "HKD"


def test_an_api_key_is_for_one_store(store: Store) -> None:
    name = f"{store.merchant.secondary_merchant_id}/{store.code}"
    text = run("create_api_key", "--name", "till", "--role", "cashier", "--store", name).strip()
    key = ApiKey.objects.get()
    assert (key.store, key.digest) == (store, ApiKey.digest_of(text))


def test_an_api_key_expires_when_told(store: Store) -> None:
    words = ["--name", "export", "--role", "finance", "--expires-days", "30", "--json"]
    printed = json.loads(run("create_api_key", *words))
    assert printed["expires_at"]
    assert ApiKey.objects.get().expires_at is not None


@pytest.mark.parametrize(
    "more", [["--store", "NOWHERE"], ["--merchant", "NOBODY"], ["--expires-days", "0"]]
)
def test_a_key_for_an_unknown_place_is_refused(more: list[str], store: Store) -> None:
    with pytest.raises(CommandError):
        run("create_api_key", "--name", "till", "--role", "cashier", *more)
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("by", ["name", "prefix"])
def test_a_key_is_revoked_by_its_name_or_prefix(by: str, db: None) -> None:
    run("create_api_key", "--name", "till", "--role", "cashier")
    key = ApiKey.objects.get()
    told = run("revoke_api_key", "--", getattr(key, by))
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert key.prefix in told
    assert AuditEntry.objects.get(verb="revoke_api_key").target_id == key.pk


def test_of_two_keys_with_a_name_none_is_guessed(db: None) -> None:
    run("create_api_key", "--name", "till", "--role", "cashier")
    run("create_api_key", "--name", "till", "--role", "finance")
    with pytest.raises(CommandError, match="by its prefix"):
        run("revoke_api_key", "till")
    assert not ApiKey.objects.exclude(revoked_at=None).exists()


def test_a_key_that_is_not_there_cannot_be_revoked(db: None) -> None:
    with pytest.raises(CommandError, match="No key"):
        run("revoke_api_key", "till")


def test_a_person_is_added_with_a_password_shown_once(store: Store) -> None:
    words = ["--username", "may", "--role", "manager", "--store", store.code, "--json"]
    printed = json.loads(run("add_person", *words))
    assert User.objects.get(username="may").check_password(printed["password"])
    assert list(Membership.objects.get().stores.all()) == [store]


def test_a_password_that_is_too_weak_is_refused(tmp_path: Path) -> None:
    words = ["--username", "may", "--role", "administrator"]
    with pytest.raises(CommandError, match="too short"):
        run("add_person", *words, "--password-file", write(tmp_path, "abc"))
    assert not User.objects.exists()


def _sealed_account() -> Account:
    account = accounts.save_account(
        partner_id=PARTNER,
        region="global",
        actor=ACTOR,
        terms={
            "name": "Test",
            "sign_type": "MD5",
            "gateway_url": "https://alipay.example/gateway.do",
            "settlement_currency": "USD",
        },
    )
    add_md5(account)
    payments.quarantine(
        account,
        code=None,
        post=payments.Post(b"held", "text/plain"),
        why="test",
        checked_at=clock.now(),
    )
    return account


def add_md5(account: Account) -> AccountKey:
    return accounts.add_key(
        account, purpose="shared", algorithm="MD5", text="sealed0test0key", actor=ACTOR
    )


def test_everything_sealed_opens_with_the_new_master_key_alone(
    settings: Settings,
) -> None:
    account = _sealed_account()
    new = Fernet.generate_key().decode()
    settings.MASTER_KEY = f"{new},{settings.MASTER_KEY}"
    assert "1 keys, 1 quarantined" in run("rotate_master_key")
    settings.MASTER_KEY = new
    assert open_vault(new).open(bytes(Quarantined.objects.get().sealed_body)) == b"held"
    assert accounts.contract_of(account).signing_key is not None


def test_rotating_twice_changes_nothing_more(settings: Settings) -> None:
    account = _sealed_account()
    settings.MASTER_KEY = f"{Fernet.generate_key().decode()},{settings.MASTER_KEY}"
    add_md5(account)
    run("rotate_master_key")
    run("rotate_master_key")
    add_md5(account)
    assert AccountKey.objects.count() == 1


def test_without_the_old_master_key_nothing_is_resealed(settings: Settings) -> None:
    _sealed_account()
    before = bytes(AccountKey.objects.get().sealed)
    settings.MASTER_KEY = Fernet.generate_key().decode()
    with pytest.raises(CommandError, match="nothing was changed"):
        run("rotate_master_key")
    assert bytes(AccountKey.objects.get().sealed) == before


def test_every_sealed_column_is_resealed() -> None:
    sealed = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.name.startswith("sealed")
    }
    assert sealed == set(RESEALERS)


def test_a_refusal_ends_a_real_process_with_one_line_and_exit_code_1(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'portal.sqlite3'}"
    environment = os.environ | {"VAR_DIR": str(tmp_path), "DATABASE_URL": database}
    words = [sys.executable, "manage.py", "add_account", *ADD, "--md5-key-file", "no-such-file"]
    ended = subprocess.run(
        words, capture_output=True, text=True, cwd=settings.BASE_DIR, env=environment, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.strip().count("\n") == 0
    assert "no-such-file" in ended.stderr
