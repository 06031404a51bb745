"""Signing and verifying, the same recipe in all three directions.

Rule (docs.antom.com/ac/barcode_cn/presign, /web_cn/sync): leave out `sign`, `sign_type` and empty
values, sort by name in plain byte order, join as `name=value` with `&`, raw values throughout.
Requests sign every parameter, answers the children of the wrapper element, notifications every
posted field.
"""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from merchant_portal.alipay.errors import KeyProblem, KeyUnusable, RequestInvalid

LEFT_OUT = frozenset({"sign", "sign_type"})
SMALLEST_RSA_BITS = 1024  # the size of Alipay's published demonstration keys

_first = itemgetter(0)
_padding = padding.PKCS1v15()
_base64_text = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_md5_text = re.compile(r"[!-~]+")


class SignType(StrEnum):
    """The `sign_type` values in use; DSA is legacy and not offered."""

    MD5 = "MD5"
    RSA = "RSA"
    RSA2 = "RSA2"


_digests: Mapping[SignType, hashes.HashAlgorithm] = {
    SignType.RSA: hashes.SHA1(),  # noqa: S303 - the protocol's choice
    SignType.RSA2: hashes.SHA256(),
}


def presign(fields: Iterable[tuple[str, str]] | Mapping[str, str]) -> str:
    """The text a signature is made over.

    Code point order equals byte order in UTF-8, and `_` sorts between capitals and small letters.
    """
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    kept = [pair for pair in pairs if pair[1] and pair[0] not in LEFT_OUT]
    kept.sort(key=_first)
    return "&".join([f"{name}={value}" for name, value in kept])


@lru_cache(maxsize=256)
def _parsed_private(pem: str) -> rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except TypeError as error:
        raise KeyUnusable(KeyProblem.PASSWORD) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(KeyProblem.NOT_PRIVATE) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyUnusable(KeyProblem.NOT_RSA)
    _refuse_short(key.key_size)
    return key


@lru_cache(maxsize=256)
def _parsed_public(pem: str) -> rsa.RSAPublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(KeyProblem.NOT_PUBLIC) from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise KeyUnusable(KeyProblem.NOT_RSA)
    _refuse_short(key.key_size)
    return key


def _refuse_short(bits: int) -> None:
    if bits < SMALLEST_RSA_BITS:
        raise KeyUnusable(KeyProblem.TOO_SHORT)


def _refuse_md5(sign_type: SignType) -> None:
    if sign_type not in _digests:
        raise KeyUnusable(KeyProblem.WRONG_SIGN_TYPE)


@dataclass(frozen=True)
class MD5Key:
    """The secret shared with Alipay; it signs and verifies.

    A secret that looks like an RSA key is refused: whoever knew the public key could otherwise
    sign with it, because the public text would be the secret.
    """

    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.secret:
            raise KeyUnusable(KeyProblem.EMPTY)
        if _looks_like_rsa(self.secret):
            raise KeyUnusable(KeyProblem.MD5_IS_RSA)
        if not _md5_text.fullmatch(self.secret):
            raise KeyUnusable(KeyProblem.MD5_HAS_BLANKS)

    @property
    def sign_type(self) -> SignType:
        return SignType.MD5


@dataclass(frozen=True)
class RSAPrivateKey:
    """The merchant's own key, which signs requests."""

    pem: str = field(repr=False)
    sign_type: SignType

    def __post_init__(self) -> None:
        _refuse_md5(self.sign_type)
        _parsed_private(self.pem)

    def public_pem(self) -> str:
        """The half that is uploaded at Alipay."""
        return _public_text(_parsed_private(self.pem).public_key())


@dataclass(frozen=True)
class RSAPublicKey:
    """Alipay's key, which verifies answers and notifications."""

    pem: str
    sign_type: SignType

    def __post_init__(self) -> None:
        _refuse_md5(self.sign_type)
        _parsed_public(self.pem)


SigningKey: TypeAlias = MD5Key | RSAPrivateKey
VerifyingKey: TypeAlias = MD5Key | RSAPublicKey


def _looks_like_rsa(text: str) -> bool:
    """PEM, or bare base64 of a DER sequence, which always begins with an M."""
    bare = "".join(text.split())
    is_der = len(bare) > 64 and bare.startswith("M") and bool(_base64_text.fullmatch(bare))
    return is_der or "-----" in text


def _md5(encoded: bytes, key: MD5Key) -> str:
    return hashlib.md5(encoded + key.secret.encode("ascii"), usedforsecurity=False).hexdigest()


def sign(text: str, key: SigningKey, *, charset: str = "UTF-8") -> str:
    """The signature of a pre-sign text: 32 hexadecimal digits, or base64."""
    try:
        encoded = text.encode(charset)
    except UnicodeEncodeError:
        raise RequestInvalid("_input_charset", f"the text cannot be written in {charset}") from None
    return sign_bytes(encoded, key)


def sign_bytes(encoded: bytes, key: SigningKey) -> str:
    """The signature of bytes as they travel."""
    if isinstance(key, MD5Key):
        return _md5(encoded, key)
    signature = _parsed_private(key.pem).sign(encoded, _padding, _digests[key.sign_type])
    return b64encode(signature).decode("ascii")


def verifies(text: str, signature: str, key: VerifyingKey, *, charset: str = "UTF-8") -> bool:
    """Whether the signature belongs to the text; False for anything that is no signature at all.

    A `+` that arrived as a blank is put back, as Alipay's Java SDK does, in the signature only.
    """
    try:
        encoded = text.encode(charset)
    except UnicodeError:
        return False
    return verifies_bytes(encoded, signature, key)


def verifies_bytes(encoded: bytes, signature: str, key: VerifyingKey) -> bool:
    """Whether the signature belongs to bytes as they came."""
    try:
        if isinstance(key, MD5Key):
            return hmac.compare_digest(_md5(encoded, key), signature.lower())
        raw = b64decode(signature.replace(" ", "+"), validate=True)
        _parsed_public(key.pem).verify(raw, encoded, _padding, _digests[key.sign_type])
    except (InvalidSignature, UnicodeError, binascii.Error, TypeError, ValueError):
        return False
    return True


def load_public_key_text(text: str) -> str:
    """Alipay's public key as the portal shows it (bare base64) or as PEM, as normalised PEM."""
    if "CERTIFICATE" in text:
        raise KeyUnusable(KeyProblem.CERTIFICATE_GIVEN)
    try:
        return _public_text(_load_public(text))
    except KeyUnusable as error:
        if "PRIVATE KEY" in text or _loads(_load_private, text):
            raise KeyUnusable(KeyProblem.PRIVATE_GIVEN) from error
        raise


def load_private_key_text(text: str) -> str:
    """The merchant's private key as bare base64 or as PEM, as normalised PEM (PKCS#8)."""
    try:
        return _private_text(_load_private(text))
    except KeyUnusable as error:
        if "PUBLIC KEY" in text or _loads(_load_public, text):
            raise KeyUnusable(KeyProblem.PUBLIC_GIVEN) from error
        raise


def _load_public(text: str) -> rsa.RSAPublicKey:
    """Bare base64 does not say which of the two wrappings it is, so both are tried."""
    try:
        return _parsed_public(_as_pem(text, label="RSA PUBLIC KEY"))
    except KeyUnusable:
        return _parsed_public(_as_pem(text, label="PUBLIC KEY"))


def _load_private(text: str) -> rsa.RSAPrivateKey:
    try:
        return _parsed_private(_as_pem(text, label="RSA PRIVATE KEY"))
    except KeyUnusable:
        return _parsed_private(_as_pem(text, label="PRIVATE KEY"))


def _loads(load: Callable[[str], object], text: str) -> bool:
    try:
        load(text)
    except KeyUnusable:
        return False
    return True


def _as_pem(text: str, *, label: str) -> str:
    stripped = text.strip("\ufeff \t\r\n")
    if not stripped:
        raise KeyUnusable(KeyProblem.EMPTY)
    if stripped.startswith("-----BEGIN"):
        return stripped + "\n"
    bare = "".join(stripped.split())
    if not _base64_text.fullmatch(bare):
        raise KeyUnusable(KeyProblem.NOT_A_KEY)
    lines = "\n".join(bare[start : start + 64] for start in range(0, len(bare), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def _public_text(key: rsa.RSAPublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode("ascii")


def _private_text(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")
