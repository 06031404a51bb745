"""Which keys an account needs to speak and to be spoken to, and which of them it lacks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from merchant_portal.accounts.models import Account, AccountKey, KeyPurpose, SignType
from merchant_portal.vault import SealBroken, open_vault


@dataclass(frozen=True, slots=True)
class KeyNeed:
    """A key an account cannot do without, and what fails where it lacks it."""

    purpose: KeyPurpose
    algorithm: SignType
    sentence: StrOrPromise

    def is_met_by(self, key: AccountKey) -> bool:
        return (key.purpose, key.algorithm) == (self.purpose, self.algorithm)


#: The JSON API takes RSA2, whatever the gateway takes (docs.antom.com/ac/ams/digital_signature).
_JSON_NEEDS = (
    KeyNeed(
        KeyPurpose.OURS,
        SignType.RSA2,
        _("Our RSA2 private key is missing: no call to the JSON API can be signed."),
    ),
    KeyNeed(
        KeyPurpose.ALIPAY,
        SignType.RSA2,
        _(
            "Alipay's RSA2 public key is missing: notifications and answers of the JSON API cannot"
            " be verified."
        ),
    ),
)


def own_algorithms(account: Account) -> list[SignType]:
    """The RSA algorithms the account signs with: at its gateway, and at the JSON API."""
    used = [SignType(account.sign_type)]
    if account.client_id:
        used.append(SignType.RSA2)
    return [kind for kind in dict.fromkeys(used) if kind != SignType.MD5]


def json_gap(account: Account) -> StrOrPromise:
    """What stands in the way of the JSON API beside keys; empty where nothing does."""
    if account.client_id and not account.json_url:
        return _(
            "The client id has no address of the JSON API beside it: what a counter begins goes"
            " through the gateway."
        )
    if account.json_url and not account.client_id:
        return _(
            "The address of the JSON API has no client id beside it: what a counter begins goes"
            " through the gateway."
        )
    return ""


def needs_of(account: Account) -> Iterator[KeyNeed]:
    """What the account's sign type asks for, Hong Kong's exception, and the JSON API."""
    sign_type = SignType(account.sign_type)
    if account.client_id and sign_type != SignType.RSA2:
        yield from _JSON_NEEDS
    if sign_type == SignType.MD5:
        yield KeyNeed(
            KeyPurpose.SHARED,
            SignType.MD5,
            _("The MD5 key is missing: nothing can be signed or verified."),
        )
        return
    yield KeyNeed(
        KeyPurpose.OURS, sign_type, _("Our private key is missing: no call can be signed.")
    )
    yield KeyNeed(
        KeyPurpose.ALIPAY,
        sign_type,
        _("Alipay's public key is missing: notifications and answers cannot be verified."),
    )
    if account.is_hk:
        # global.alipay.com/docs/ac/hkapi/qrcode_modify: sign_type there is MD5 only.
        yield KeyNeed(
            KeyPurpose.SHARED,
            SignType.MD5,
            _("An MD5 key is missing: in Hong Kong, changing a code is signed with MD5 only."),
        )


def missing_keys(account: Account, *, at: datetime) -> list[KeyNeed]:
    """The needs that no key in force meets."""
    return unmet_needs(account, account.keys.live(at))


def unmet_needs(account: Account, keys: Iterable[AccountKey]) -> list[KeyNeed]:
    """The needs that none of these keys meets."""
    held = list(keys)
    return [need for need in needs_of(account) if not any(need.is_met_by(key) for key in held)]


def need_without(key: AccountKey, *, at: datetime) -> KeyNeed | None:
    """What the account would lack if this key were retired; None where nothing."""
    if not key.is_live(at):
        return None
    others = key.account.keys.live(at).exclude(pk=key.pk)
    unmet = unmet_needs(key.account, others)
    return next((need for need in unmet if need.is_met_by(key)), None)


def unfit_keys(account: Account, *, at: datetime) -> list[AccountKey]:
    """Keys in force that the master key does not open."""
    return [key for key in account.keys.live(at) if not _opens(key)]


def _opens(key: AccountKey) -> bool:
    try:
        open_vault(settings.MASTER_KEY).open(bytes(key.sealed))
    except SealBroken:
        return False
    return True
