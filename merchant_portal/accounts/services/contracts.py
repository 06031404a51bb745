"""Opening an account's keys: the contract the protocol package speaks under."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from merchant_portal import clock
from merchant_portal.accounts.errors import AccountRefused, AgentTokenMissing, KeyMissing
from merchant_portal.accounts.models import Account, AccountKey, KeyPurpose, SignType
from merchant_portal.alipay import signing
from merchant_portal.alipay.client import Contract
from merchant_portal.alipay.concealing import Secret
from merchant_portal.alipay.json_api.contract import JSONContract
from merchant_portal.alipay.messages import Region
from merchant_portal.vault import SealBroken, open_vault

log = structlog.get_logger(__name__)

OpenKey = signing.MD5Key | signing.RSAPrivateKey | signing.RSAPublicKey
Key = TypeVar("Key", bound=signing.MD5Key | signing.RSAPublicKey)


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
    return [
        (key, _verifying(opened))
        for key, opened in _open_all(account, _of_kind(live, purpose, account.sign_type))
    ]


def open_json_keys(
    account: Account, live: Iterable[AccountKey]
) -> list[tuple[AccountKey, signing.RSAPublicKey]]:
    """The same for the JSON API, which takes RSA2 whatever the account signs with elsewhere."""
    return [
        (key, opened)
        for key, opened in _open_all(account, _of_kind(live, KeyPurpose.ALIPAY, SignType.RSA2))
        if isinstance(opened, signing.RSAPublicKey)
    ]


def _open_all(account: Account, keys: Iterable[AccountKey]) -> list[tuple[AccountKey, OpenKey]]:
    opened, closed = [], []
    for key in keys:
        try:
            opened.append((key, _open_row(key)))
        except SealBroken as broken:
            log.warning("account_key_sealed_shut", account=account.pk, key=key.pk)
            closed.append(broken)
    if closed and not opened:
        raise closed[0]
    return opened


def contract_of(account: Account) -> Contract:
    """What the protocol package needs to speak for an account; raises KeyMissing, SealBroken."""
    keys = account.live_keys(clock.now())
    md5 = _first(keys, KeyPurpose.SHARED, SignType.MD5)
    verifying = tuple(key for _row, key in open_verifying_keys(account, keys))
    return Contract(
        partner=account.partner_id,
        region=Region(account.region),
        sign_type=signing.SignType(account.sign_type),
        gateway_url=account.gateway_url,
        spare_url=account.spare_url,
        signing_key=_signing_key(account, keys, account.sign_type),
        verifying_keys=_not_none(account, verifying, account.sign_type),
        md5_key=md5 if isinstance(md5, signing.MD5Key) else None,
    )


def json_contract_of(account: Account, *, agent_token: Secret | None = None) -> JSONContract:
    """The same for the JSON API; raises AccountRefused, KeyMissing, AgentTokenMissing, SealBroken.

    ``agent_token`` is that of the merchant a call is about, where the account sends them.
    An account has one RSA2 key of its own for both interfaces: its public half is uploaded under
    the partner id and under the client id. Alipay's may differ, so each of them verifies.
    """
    if not account.sells_by_json:
        raise AccountRefused(
            _("%(account)s has no client id with an address of the JSON API.")
            % {"account": account}
        )
    if account.sends_agent_tokens and agent_token is None:
        raise AgentTokenMissing(
            _("%(account)s sends agent tokens, and there is none for this merchant.")
            % {"account": account}
        )
    keys = account.live_keys(clock.now())
    own = _signing_key(account, keys, SignType.RSA2)
    verifying = tuple(key for _row, key in open_json_keys(account, keys))
    return JSONContract(
        client_id=account.client_id,
        base_url=account.json_url,
        signing_key=own if isinstance(own, signing.RSAPrivateKey) else None,
        verifying_keys=_not_none(account, verifying, SignType.RSA2),
        key_version=account.key_version or "1",
        agent_token=agent_token if account.sends_agent_tokens else None,
    )


def open_verifying_key(key: AccountKey) -> signing.VerifyingKey:
    """The usable form of a key that verifies; raises SealBroken."""
    return _verifying(_open_row(key))


def _verifying(opened: OpenKey) -> signing.VerifyingKey:
    if isinstance(opened, signing.RSAPrivateKey):
        raise AccountRefused(_("A private key does not verify."))
    return opened


def public_half(key: AccountKey) -> str:
    """The PEM text of our key's public half, which is uploaded at Alipay; raises SealBroken."""
    opened = _open_row(key)
    if not isinstance(opened, signing.RSAPrivateKey):
        raise AccountRefused(_("Only our own key has a public half to upload."))
    return opened.public_pem()


def _not_none(account: Account, keys: tuple[Key, ...], algorithm: str) -> tuple[Key, ...]:
    """Without one no answer could be believed, so nothing is asked; raises KeyMissing."""
    if not keys:
        raise KeyMissing(
            _("%(account)s has no %(algorithm)s key of Alipay's in force to verify answers with.")
            % {"account": account, "algorithm": algorithm},
            purpose=KeyPurpose.ALIPAY,
            algorithm=algorithm,
        )
    return keys


def _signing_key(
    account: Account, keys: Iterable[AccountKey], algorithm: str
) -> signing.SigningKey:
    purpose = KeyPurpose.SHARED if algorithm == SignType.MD5 else KeyPurpose.OURS
    key = _first(keys, purpose, algorithm)
    if isinstance(key, signing.MD5Key | signing.RSAPrivateKey):
        return key
    raise KeyMissing(
        _("%(account)s has no %(algorithm)s key in force to sign with.")
        % {"account": account, "algorithm": algorithm},
        purpose=purpose,
        algorithm=algorithm,
    )


def _first(keys: Iterable[AccountKey], purpose: str, algorithm: str) -> OpenKey | None:
    """The newest of these keys of a kind; keys come newest first."""
    newest = next(iter(_of_kind(keys, purpose, algorithm)), None)
    return _open_row(newest) if newest else None


def _of_kind(keys: Iterable[AccountKey], purpose: str, algorithm: str) -> list[AccountKey]:
    return [key for key in keys if (key.purpose, key.algorithm) == (purpose, algorithm)]


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
