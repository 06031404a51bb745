"""Signatures as Alipay makes and checks them (docs.antom.com/ac/merchant_qr_code_hk/ds)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

UNSIGNED_NAMES = frozenset({"sign", "sign_type"})


class SignType(StrEnum):
    """The algorithms the gateway offers; DSA is no longer given out."""

    MD5 = "MD5"
    RSA = "RSA"
    RSA2 = "RSA2"


DIGESTS: dict[SignType, type[hashes.SHA1] | type[hashes.SHA256]] = {
    SignType.RSA: hashes.SHA1,
    SignType.RSA2: hashes.SHA256,
}


def pre_sign_string(fields: Mapping[str, str]) -> str:
    """The text that is signed: every non-empty field but the signature itself, sorted by name."""
    kept = sorted((name, text) for name, text in fields.items() if text)
    return "&".join(f"{name}={text}" for name, text in kept if name not in UNSIGNED_NAMES)


def md5_signature(content: bytes, *, key: str, charset: str) -> str:
    """MD5 over the content followed directly by the key, as 32 lower-case hexadecimal digits."""
    return hashlib.md5(content + key.encode(charset)).hexdigest()


def rsa_signature(content: bytes, *, sign_type: SignType, private_key_pem: str) -> str:
    """An RSA or RSA2 signature (PKCS#1 v1.5) in base64."""
    key = _private_key(private_key_pem)
    return base64.b64encode(
        key.sign(content, padding.PKCS1v15(), DIGESTS[sign_type]()),
    ).decode("ascii")


def md5_matches(content: bytes, signature: str, *, key: str, charset: str) -> bool:
    """Whether the MD5 signature fits; the case of the digits does not matter."""
    expected = md5_signature(content, key=key, charset=charset)
    return hmac.compare_digest(expected.encode(), signature.lower().encode("utf-8", "replace"))


def rsa_matches(
    content: bytes,
    signature: str,
    *,
    sign_type: SignType,
    public_key_pem: str,
) -> bool:
    """Whether the RSA or RSA2 signature fits the merchant's public key."""
    try:
        # A "+" that was not percent-encoded arrives as a blank; Alipay turns it back.
        raw = base64.b64decode(signature.replace(" ", "+"), validate=True)
        _public_key(public_key_pem).verify(
            raw,
            content,
            padding.PKCS1v15(),
            DIGESTS[sign_type](),
        )
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def generate_private_key_pem() -> str:
    """A fresh 2048-bit key for Alipay's side."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")


def public_key_pem_of(private_key_pem: str) -> str:
    """The public half, as Alipay shows it to the merchant."""
    return (
        _private_key(private_key_pem)
        .public_key()
        .public_bytes(
            serialization.Encoding.PEM,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
        .decode("ascii")
    )


def check_public_key(public_key_pem: str) -> None:
    """Raise ValueError unless the text is an RSA public key in PEM."""
    _public_key(public_key_pem)


@lru_cache(maxsize=256)
def _private_key(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA private key")  # noqa: TRY004 - the key's text is wrong
    return key


@lru_cache(maxsize=256)
def _public_key(pem: str) -> rsa.RSAPublicKey:
    key = serialization.load_pem_public_key(pem.encode("ascii"))
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("not an RSA public key")  # noqa: TRY004 - the key's text is wrong
    return key
