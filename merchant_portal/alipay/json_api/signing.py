"""The `Signature` header: over method, path, client id, time and the raw body, both ways.

Page: docs.antom.com/ac/ams/digital_signature. An answer is signed over the request's method and
path with the answer's time; a notification over the path of our own address.
"""

import json
import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

from merchant_portal.alipay.signing import RSAPrivateKey, RSAPublicKey, sign_bytes, verifies_bytes

ALGORITHM = "RSA256"

_member = re.compile(r"\s*([A-Za-z]+)\s*=\s*(.*?)\s*", re.DOTALL)


def signed_bytes(method: str, path: str, *, client_id: str, time: str, body: bytes) -> bytes:
    """What a signature is made over; `path` is everything after the host, as sent."""
    return f"{method} {path}\n{client_id}.{time}.".encode() + body


def signature_header(content: bytes, key: RSAPrivateKey, *, key_version: str) -> str:
    """The value of the `Signature` header."""
    signature = quote(sign_bytes(content, key), safe="")
    return f"algorithm={ALGORITHM},keyVersion={key_version},signature={signature}"


def signature_in(header: str) -> str:
    """The base64 text in a `Signature` header; empty where it names another algorithm or none.

    Blanks after the commas are permitted. A value that was not escaped keeps its `+`.
    """
    members: dict[str, str] = {}
    for part in header.split(","):
        match = _member.fullmatch(part)
        if match is not None:
            members.setdefault(match[1].lower(), match[2])
    if members.get("algorithm", ALGORITHM).upper() != ALGORITHM:
        return ""
    return unquote(members.get("signature", ""))


def read_kept(text: str, names: Sequence[str]) -> dict[str, str]:
    """Headers that were kept as one JSON text, by these names; ValueError where they are none."""
    kept = json.loads(text)
    if not isinstance(kept, dict) or not all(isinstance(kept.get(name), str) for name in names):
        raise ValueError("not the kept headers of a message")
    return {name: kept[name] for name in names}


def verifying_key(content: bytes, header: str, keys: Sequence[RSAPublicKey]) -> RSAPublicKey | None:
    """The key under which the header's signature belongs to these bytes, or None."""
    signature = signature_in(header)
    if not signature:
        return None
    return next((key for key in keys if verifies_bytes(content, signature, key)), None)
