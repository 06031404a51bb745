"""Signatures of the JSON API: over method, path, client id, time and the very bytes of the body.

Source: docs.antom.com/ac/ams/digital_signature.
"""

import base64
import binascii
import re
import textwrap
from dataclasses import dataclass
from urllib.parse import quote, unquote

from .signing import SignType, check_public_key, rsa_matches, rsa_signature

ALGORITHM = "RSA256"
MEMBER = re.compile(r"\s*(algorithm|keyVersion|signature)\s*=\s*(\S*)\s*", re.ASCII)


@dataclass(frozen=True)
class SignatureHeader:
    """The header's members; `signature` is base64, no longer escaped."""

    algorithm: str
    key_version: str
    signature: str


def content(path: str, *, client_id: str, time: str, body: bytes) -> bytes:
    """What is signed; every message is a POST. `path` is all that follows the host, as sent."""
    return f"POST {path}\n{client_id}.{time}.".encode() + body


def header(signed: bytes, *, private_key_pem: str, key_version: str) -> str:
    """The `signature` header of a message of Alipay's."""
    text = rsa_signature(signed, sign_type=SignType.RSA2, private_key_pem=private_key_pem)
    return f"algorithm={ALGORITHM},keyVersion={key_version},signature={quote(text, safe='')}"


def read_header(text: str) -> SignatureHeader | None:
    """The header's members; None for anything else. Without a version it is the first."""
    matches = [MEMBER.fullmatch(part) for part in text.split(",")]
    if not all(matches):
        return None
    members = {match[1]: match[2] for match in matches if match}
    if len(members) != len(matches) or not members.get("signature"):
        return None
    return SignatureHeader(
        algorithm=members.get("algorithm", ALGORITHM),
        key_version=members.get("keyVersion", "1"),
        signature=unquote(members["signature"]),
    )


def matches(signed: bytes, signature: str, *, public_key_pem: str) -> bool:
    """Whether a merchant's signature fits."""
    sign_type = SignType.RSA2
    return rsa_matches(signed, signature, sign_type=sign_type, public_key_pem=public_key_pem)


def pem_of(text: str, *, label: str = "PUBLIC KEY") -> str:
    """A key in PEM, also one that was given as the base64 between the lines alone."""
    stripped = text.strip()
    if not stripped or stripped.startswith("-----BEGIN"):
        return stripped
    body = "".join(stripped.split())
    try:
        base64.b64decode(body, validate=True)
    except binascii.Error as unreadable:
        raise ValueError("not base64") from unreadable
    lines = "\n".join(textwrap.wrap(body, 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def read_public_key(text: str) -> str:
    """A merchant's public key in PEM; raises ValueError."""
    pem = pem_of(text)
    check_public_key(pem)
    return pem
