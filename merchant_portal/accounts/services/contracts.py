"""Opening an account's keys: the contract the protocol package speaks under."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from merchant_portal import clock
from merchant_portal.accounts.errors import AccountRefused, KeyMissing
from merchant_portal.accounts.models import Account, AccountKey, KeyPurpose, SignType
from merchant_portal.alipay import signing
from merchant_portal.alipay.client import Contract
from merchant_portal.alipay.messages import Region
from merchant_portal.vault import SealBroken, open_vault

log = structlog.get_logger(__name__)

OpenKey = signing.MD5Key | signing.RSAPrivateKey | signing.RSAPublicKey


def verifying_keys(
    account: Account, *, at: datetime
) -> list[tuple[AccountKey, signing.VerifyingKey]]:
    """The live keys that may verify a message of this account under its own sign type."""
    return open_verifying_keys(account, account.keys.live(at))


def open_verifying_keys(
    account: Account, live: Iterable[AccountKey]
) -> list[tuple[AccountKey, signing.VerifyingKey]]:
    """Of an account's keys in force those that may verify, opened.

    One that does not open hides no other; raises SealBroken where none opens.
    """
    purpose = KeyPurpose.SHARED if account.sign_type == SignType.MD5 else KeyPurpose.ALIPAY
    opened, closed = [], []
    for key in live:
        if (key.purpose, key.algorithm) != (purpose, account.sign_type):
            continue
        try:
            opened.append((key, open_verifying_key(key)))
        except SealBroken as broken:
            log.warning("account_key_sealed_shut", account=account.pk, key=key.pk)
            closed.append(broken)
    if closed and not opened:
        raise closed[0]
    return opened


def contract_of(account: Account) -> Contract:
    """What the protocol package needs to speak for an account; raises KeyMissing, SealBroken."""
    now = clock.now()
    keys = list(account.keys.live(now))
    md5 = _first(keys, KeyPurpose.SHARED, SignType.MD5)
    own = (
        md5
        if account.sign_type == SignType.MD5
        else _first(keys, KeyPurpose.OURS, account.sign_type)
    )
    return Contract(
        partner=account.partner_id,
        region=Region(account.region),
        sign_type=signing.SignType(account.sign_type),
        gateway_url=account.gateway_url,
        spare_url=account.spare_url,
        signing_key=_signing_key(account, own),
        verifying_keys=_alipay_keys(account, at=now),
        md5_key=md5 if isinstance(md5, signing.MD5Key) else None,
    )


def open_verifying_key(key: AccountKey) -> signing.VerifyingKey:
    """The usable form of a key that verifies; raises SealBroken."""
    opened = _open_row(key)
    if isinstance(opened, signing.RSAPrivateKey):
        raise AccountRefused(_("A private key does not verify."))
    return opened


def public_half(key: AccountKey) -> str:
    """The PEM text of our key's public half, which is uploaded at Alipay; raises SealBroken."""
    opened = _open_row(key)
    if not isinstance(opened, signing.RSAPrivateKey):
        raise AccountRefused(_("Only our own key has a public half to upload."))
    return opened.public_pem()


def _alipay_keys(account: Account, *, at: datetime) -> tuple[signing.VerifyingKey, ...]:
    """Without one no answer could be believed, so nothing is asked; raises KeyMissing."""
    keys = tuple(key for _row, key in verifying_keys(account, at=at))
    if not keys:
        raise KeyMissing(
            _("%(account)s has no %(algorithm)s key of Alipay's in force to verify answers with.")
            % {"account": account, "algorithm": account.sign_type},
            purpose=KeyPurpose.ALIPAY,
            algorithm=account.sign_type,
        )
    return keys


def _signing_key(account: Account, key: OpenKey | None) -> signing.SigningKey:
    if isinstance(key, signing.MD5Key | signing.RSAPrivateKey):
        return key
    purpose = KeyPurpose.SHARED if account.sign_type == SignType.MD5 else KeyPurpose.OURS
    raise KeyMissing(
        _("%(account)s has no %(algorithm)s key in force to sign with.")
        % {"account": account, "algorithm": account.sign_type},
        purpose=purpose,
        algorithm=account.sign_type,
    )


def _first(keys: Iterable[AccountKey], purpose: str, algorithm: str) -> OpenKey | None:
    """The newest of these keys of a kind; keys come newest first."""
    for key in keys:
        if (key.purpose, key.algorithm) == (purpose, algorithm):
            return _open_row(key)
    return None


def _open_row(key: AccountKey) -> OpenKey:
    return _open(bytes(key.sealed), key.purpose, key.algorithm, settings.MASTER_KEY)


@lru_cache(maxsize=256)
def _open(sealed: bytes, purpose: str, algorithm: str, master_key: str) -> OpenKey:
    text = open_vault(master_key).open(sealed).decode()
    if purpose == KeyPurpose.SHARED:
        return signing.MD5Key(text)
    if purpose == KeyPurpose.OURS:
        return signing.RSAPrivateKey(text, signing.SignType(algorithm))
    return signing.RSAPublicKey(text, signing.SignType(algorithm))
