"""Which key made a signature. An RSA signature tells even where the signed text is lost."""

import binascii
import hashlib
import hmac
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from merchant_portal.alipay.signing import MD5Key, RSAPublicKey, SignType, VerifyingKey

_hashes: Mapping[SignType, hashes.HashAlgorithm] = {
    SignType.RSA2: hashes.SHA256(),
    SignType.RSA: hashes.SHA1(),  # noqa: S303 - the protocol's choice
}
_MD5_DIGITS = frozenset("0123456789abcdefABCDEF")


class Whose(StrEnum):
    """Whose key it is; they are tried in this order."""

    ALIPAYS = "alipays"
    RETIRED = "retired"
    OWN = "own"
    ANOTHER = "another"


_ORDER = list(Whose)


@dataclass(frozen=True)
class KnownKey:
    """A key that may have made a signature, under a name people know it by."""

    name: str
    whose: Whose
    key: VerifyingKey


@dataclass(frozen=True)
class Made:
    """A key and the algorithm it signed with."""

    known: KnownKey
    sign_type: SignType


class KeyCouncil:
    """The keys that are asked, those of the account in force first."""

    def __init__(self, keys: Sequence[KnownKey]) -> None:
        self.keys = sorted(keys, key=lambda known: _ORDER.index(known.whose))
        self.makers = lru_cache(maxsize=64)(self._makers)

    def may_know(self, signature: bytes) -> bool:
        """Whether any key can hold for a signature; if not, no string needs to be tried."""
        return bool(self.makers(signature)) or _looks_md5(signature)

    def signer_of(self, string: bytes, signature: bytes) -> Made | None:
        """Who signed exactly this string."""
        for made, digest in self.makers(signature):
            if _hashed(string, made.sign_type) == digest:
                return made
        given = signature.lower()
        if not _looks_md5(given):
            return None
        for known in self.keys:
            if isinstance(known.key, MD5Key) and _is_md5(given, string, known.key):
                return Made(known, SignType.MD5)
        return None

    def _makers(self, signature: bytes) -> list[tuple[Made, bytes]]:
        """The RSA keys that made a signature, whatever was signed, each with its digest."""
        try:
            raw = b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return []
        return list(self._recovered(raw))

    def _recovered(self, raw: bytes) -> Iterator[tuple[Made, bytes]]:
        for known in self.keys:
            if not isinstance(known.key, RSAPublicKey):
                continue
            own_way = known.key.sign_type
            for sign_type in sorted(_hashes, key=lambda each: each is not own_way):
                digest = _recover(known.key.pem, raw, sign_type)
                if digest is not None:
                    yield Made(known, sign_type), digest

    @property
    def mistaken(self) -> KnownKey | None:
        """The key kept as Alipay's that is the merchant's own public half."""
        own = {_numbers(known) for known in self.keys if known.whose is Whose.OWN} - {None}
        return next(
            (each for each in self.keys if each.whose is Whose.ALIPAYS and _numbers(each) in own),
            None,
        )


@lru_cache(maxsize=256)
def _public(pem: str) -> rsa.RSAPublicKey:
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("an RSA key was checked to be one when it was opened")
    return key


def _recover(pem: str, raw: bytes, sign_type: SignType) -> bytes | None:
    try:
        return _public(pem).recover_data_from_signature(raw, padding.PKCS1v15(), _hashes[sign_type])
    except (InvalidSignature, ValueError):
        return None


def _numbers(known: KnownKey) -> tuple[int, int] | None:
    """What makes a public key the same key, however it is written."""
    if not isinstance(known.key, RSAPublicKey):
        return None
    numbers = _public(known.key.pem).public_numbers()
    return numbers.n, numbers.e


def _hashed(string: bytes, sign_type: SignType) -> bytes:
    name = "sha256" if sign_type is SignType.RSA2 else "sha1"
    return hashlib.new(name, string, usedforsecurity=False).digest()


def _looks_md5(signature: bytes) -> bool:
    return len(signature) == 32


def _is_md5(signature: bytes, string: bytes, key: MD5Key) -> bool:
    made = hashlib.md5(string + key.secret.encode(), usedforsecurity=False).hexdigest()
    return hmac.compare_digest(made.encode(), signature)


def form_of(signature: str) -> SignType | None:
    """MD5 or RSA by the form of a signature; RSA stands for both; None for neither."""
    if len(signature) == 32 and set(signature) <= _MD5_DIGITS:
        return SignType.MD5
    try:
        raw = b64decode(signature.replace(" ", "+"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return SignType.RSA if len(raw) in {128, 256, 384, 512} else None
