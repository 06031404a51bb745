"""Adding, generating and retiring keys. A key's text is sealed here and never shown again."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.accounts.errors import AccountRefused, LastKey
from merchant_portal.accounts.models import Account, AccountKey, KeyPurpose, SignType
from merchant_portal.accounts.services.needs import need_without
from merchant_portal.alipay import signing
from merchant_portal.alipay.errors import KeyUnusable
from merchant_portal.audit import Actor
from merchant_portal.vault import open_vault

GENERATED_KEY_BITS = 2048


@transaction.atomic
def add_key(
    account: Account, *, purpose: str, algorithm: str, text: str, actor: Actor
) -> AccountKey:
    """Add a key beside those in force; the same key again changes nothing.

    Raises AccountRefused where the text is no such key.
    """
    material = _material(purpose, algorithm, text)
    _lock(account)
    key = _same_key(account, purpose, algorithm, material)
    if key is not None and key.is_live(clock.now()):
        return key
    key = key or _new_key(account, purpose, algorithm, material)
    _put_in_force(key)
    audit.record(
        actor,
        "add_key",
        account,
        purpose=purpose,
        algorithm=algorithm,
        fingerprint=key.fingerprint,
    )
    return key


@transaction.atomic
def generate_key_pair(account: Account, *, algorithm: str, actor: Actor) -> AccountKey:
    """Make a key pair of our own; it signs only once `activate_key` says Alipay knows it."""
    if algorithm == SignType.MD5:
        raise AccountRefused(_("An MD5 key comes from Alipay; only RSA keys are made here."))
    _lock(account)
    key = _new_key(account, KeyPurpose.OURS, algorithm, _new_private_key_text())
    key.save()
    audit.record(
        actor, "generate_key_pair", account, algorithm=algorithm, fingerprint=key.fingerprint
    )
    return key


@transaction.atomic
def activate_key(key: AccountKey, *, actor: Actor) -> AccountKey:
    """Our new public half is known at Alipay: from now on this key signs."""
    _lock(key.account)
    key.refresh_from_db()
    if key.retired_at is not None:
        raise AccountRefused(_("This key is retired; add it again to use it."))
    if key.valid_from is None:
        _put_in_force(key)
        audit.record(actor, "activate_key", key.account, fingerprint=key.fingerprint)
    return key


@transaction.atomic
def retire_key(key: AccountKey, *, actor: Actor, confirmed_fingerprint: str = "") -> None:
    """From now on the key neither signs nor verifies.

    Raises LastKey where the account needs it and has no other; naming its fingerprint confirms.
    """
    account = _lock(key.account)
    key.refresh_from_db()
    now = clock.now()
    if key.retired_at is not None:
        return
    lost = need_without(key, at=now)
    if lost is not None and confirmed_fingerprint != key.fingerprint:
        raise LastKey(
            _("This is the last key of its kind; type its fingerprint to retire it all the same."),
            fingerprint=key.fingerprint,
        )
    key.retired_at = now
    key.save(update_fields=["retired_at"])
    audit.record(actor, "retire_key", account, purpose=key.purpose, fingerprint=key.fingerprint)


@transaction.atomic
def reseal_keys() -> int:
    """Seal every account's keys with the newest master key; raises SealBroken, changing nothing."""
    vault = open_vault(settings.MASTER_KEY)
    keys = list(AccountKey.objects.select_for_update().order_by("pk"))
    for key in keys:
        key.fingerprint = vault.fingerprint(vault.open(bytes(key.sealed)))
        key.sealed = vault.reseal(bytes(key.sealed))
    AccountKey.objects.bulk_update(keys, ["sealed", "fingerprint"], batch_size=100)
    return len(keys)


def _lock(account: Account) -> Account:
    """One change of an account's keys at a time."""
    return Account.objects.select_for_update().get(pk=account.pk)


def _same_key(account: Account, purpose: str, algorithm: str, material: str) -> AccountKey | None:
    """The row of the same key, also one whose fingerprint an older master key made."""
    fingerprints = open_vault(settings.MASTER_KEY).fingerprints(material.encode())
    return account.keys.filter(
        purpose=purpose, algorithm=algorithm, fingerprint__in=fingerprints
    ).first()


def _new_key(account: Account, purpose: str, algorithm: str, material: str) -> AccountKey:
    vault = open_vault(settings.MASTER_KEY)
    return AccountKey(
        account=account,
        purpose=purpose,
        algorithm=algorithm,
        fingerprint=vault.fingerprint(material.encode()),
        sealed=vault.seal(material.encode()),
        added_at=clock.now(),
    )


def _put_in_force(key: AccountKey) -> None:
    """The account remembers when: what did not verify is verified again with the new keys."""
    key.valid_from = now = clock.now()
    key.retired_at = None
    key.save()
    Account.objects.filter(pk=key.account_id).update(keys_changed_at=now)


def _new_private_key_text() -> str:
    made = rsa.generate_private_key(public_exponent=65_537, key_size=GENERATED_KEY_BITS)
    return made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")


def _material(purpose: str, algorithm: str, text: str) -> str:
    """The one text that is sealed for a key, however it was written; raises AccountRefused."""
    if (purpose == KeyPurpose.SHARED) != (algorithm == SignType.MD5):
        raise AccountRefused(_("An MD5 key is shared; RSA keys are ours or Alipay's."))
    try:
        if purpose == KeyPurpose.SHARED:
            return signing.MD5Key(text.strip()).secret
        if purpose == KeyPurpose.OURS:
            return signing.load_private_key_text(text)
        return signing.load_public_key_text(text)
    except KeyUnusable as unusable:
        raise AccountRefused(_(unusable.problem.value)) from unusable
