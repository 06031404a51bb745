"""Verbs about accounts and their keys, and the contract the protocol package needs."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db import transaction

from merchant_portal import audit, clock
from merchant_portal.accounts.errors import AccountRefused, KeyMissing
from merchant_portal.accounts.models import Account, AccountKey, KeyPurpose, SignType
from merchant_portal.alipay import signing
from merchant_portal.alipay.client import Contract
from merchant_portal.alipay.errors import KeyUnusable
from merchant_portal.alipay.messages import Region
from merchant_portal.audit import Actor
from merchant_portal.vault import open_vault

TERMS = (
    "name",
    "sign_type",
    "gateway_url",
    "spare_url",
    "settlement_currency",
    "refund_window_days",
    "cancel_grace_minutes",
    "approval_limit_minor",
    "fee_rate",
    "amount_source",
    "service_provider_id",
    "statement_folder",
    "client_id",
    "key_version",
)


@transaction.atomic
def save_account(
    *, partner_id: str, region: str, actor: Actor, terms: dict[str, object]
) -> Account:
    """Add an account, or change the terms of the one with this partner id and region."""
    account = Account.objects.select_for_update().filter(
        partner_id=partner_id, region=region
    ).first() or Account(partner_id=partner_id, region=region, created_at=clock.now())
    before = {name: getattr(account, name) for name in terms}
    for name, value in terms.items():
        if name not in TERMS:
            raise AccountRefused(f"An account has no term named {name}.")
        setattr(account, name, value)
    verb = "change_account" if account.pk else "add_account"
    account.save()
    changed = {
        name: [str(before[name]), str(value)]
        for name, value in terms.items()
        if verb == "add_account" or before[name] != value
    }
    audit.record(actor, verb, account, changed=changed)
    return account


@transaction.atomic
def add_key(
    account: Account, *, purpose: str, algorithm: str, text: str, actor: Actor
) -> AccountKey:
    """Add a key beside those in force; the same key again changes nothing.

    Raises AccountRefused where the text is no such key.
    """
    material = _material(purpose, algorithm, text)
    vault = open_vault(settings.MASTER_KEY)
    now = clock.now()
    key, is_new = AccountKey.objects.get_or_create(
        account=account,
        purpose=purpose,
        algorithm=algorithm,
        fingerprint=vault.fingerprint(material.encode()),
        defaults={"sealed": vault.seal(material.encode()), "valid_from": now},
    )
    if not is_new and key.retired_at is None:
        return key
    if not is_new:
        key.retired_at = None
        key.save(update_fields=["retired_at"])
    Account.objects.filter(pk=account.pk).update(keys_changed_at=now)
    audit.record(actor, "add_key", account, purpose=purpose, fingerprint=key.fingerprint)
    return key


@transaction.atomic
def retire_key(key: AccountKey, *, actor: Actor) -> None:
    """From now on the key neither signs nor verifies."""
    key.retired_at = clock.now()
    key.save(update_fields=["retired_at"])
    audit.record(actor, "retire_key", key.account, fingerprint=key.fingerprint)


def verifying_keys(
    account: Account, *, at: datetime
) -> list[tuple[AccountKey, signing.VerifyingKey]]:
    """The live keys that may verify a message of this account under its own sign type."""
    purpose = KeyPurpose.SHARED if account.sign_type == SignType.MD5 else KeyPurpose.ALIPAY
    live = account.keys.live(at).filter(purpose=purpose, algorithm=account.sign_type)
    return [(key, open_verifying_key(key)) for key in live]


def contract_of(account: Account) -> Contract:
    """What the protocol package needs to speak for an account; raises KeyMissing."""
    now = clock.now()
    keys = list(account.keys.live(now))
    md5 = _first_md5(keys)
    if account.sign_type == SignType.MD5:
        signing_key: signing.SigningKey | None = md5
    else:
        signing_key = _first_private(keys, account.sign_type)
    if signing_key is None:
        raise KeyMissing(account, "signing", account.sign_type)
    return Contract(
        partner=account.partner_id,
        region=Region(account.region),
        sign_type=signing.SignType(account.sign_type),
        gateway_url=account.gateway_url,
        spare_url=account.spare_url,
        signing_key=signing_key,
        verifying_keys=tuple(key for _, key in verifying_keys(account, at=now)),
        md5_key=md5,
    )


def open_verifying_key(key: AccountKey) -> signing.VerifyingKey:
    """The usable form of a key that verifies; raises SealBroken."""
    opened = _open(bytes(key.sealed), key.purpose, key.algorithm, settings.MASTER_KEY)
    if isinstance(opened, signing.RSAPrivateKey):
        raise AccountRefused("A private key does not verify.")
    return opened


def _first_md5(keys: Iterable[AccountKey]) -> signing.MD5Key | None:
    for key in keys:
        if key.purpose == KeyPurpose.SHARED:
            opened = _open(bytes(key.sealed), key.purpose, key.algorithm, settings.MASTER_KEY)
            if isinstance(opened, signing.MD5Key):
                return opened
    return None


def _first_private(keys: Iterable[AccountKey], sign_type: str) -> signing.RSAPrivateKey | None:
    for key in keys:
        if key.purpose == KeyPurpose.OURS and key.algorithm == sign_type:
            opened = _open(bytes(key.sealed), key.purpose, key.algorithm, settings.MASTER_KEY)
            if isinstance(opened, signing.RSAPrivateKey):
                return opened
    return None


@lru_cache(maxsize=256)
def _open(
    sealed: bytes, purpose: str, algorithm: str, master_key: str
) -> signing.MD5Key | signing.RSAPrivateKey | signing.RSAPublicKey:
    text = open_vault(master_key).open(sealed).decode()
    if purpose == KeyPurpose.SHARED:
        return signing.MD5Key(text)
    if purpose == KeyPurpose.OURS:
        return signing.RSAPrivateKey(text, signing.SignType(algorithm))
    return signing.RSAPublicKey(text, signing.SignType(algorithm))


def _material(purpose: str, algorithm: str, text: str) -> str:
    if (purpose == KeyPurpose.SHARED) != (algorithm == SignType.MD5):
        raise AccountRefused("An MD5 key is shared; RSA keys are ours or Alipay's.")
    try:
        if purpose == KeyPurpose.SHARED:
            return signing.MD5Key(text.strip()).secret
        if purpose == KeyPurpose.OURS:
            return signing.load_private_key_text(text)
        return signing.load_public_key_text(text)
    except KeyUnusable as unusable:
        raise AccountRefused(str(unusable)) from unusable
