"""Answers of the JSON API as they are kept, so that their signatures can be verified again.

Page: docs.antom.com/ac/ams/digital_signature. An answer is signed over the method and path of the
request, the client id, the answer's own time, and its body as it came.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.json_api.signing import read_kept, signed_bytes, verifying_key
from merchant_portal.alipay.json_api.words import Call
from merchant_portal.alipay.signing import RSAPublicKey

_NAMES = ("method", "path", "client_id", "response_time", "signature")


@dataclass(frozen=True)
class KeptAnswer:
    """An answer with what it signs beside its body; ``signature`` is empty where none came."""

    method: str
    path: str
    client_id: str
    response_time: str
    signature: str
    body: bytes

    @property
    def signed_bytes(self) -> bytes:
        """What its signature was made over."""
        return signed_bytes(
            self.method,
            self.path,
            client_id=self.client_id,
            time=self.response_time,
            body=self.body,
        )

    def held_by(self, keys: Sequence[RSAPublicKey]) -> RSAPublicKey | None:
        """The key under which the answer verifies, or None."""
        try:
            content = self.signed_bytes
        except UnicodeError:
            return None  # such a text was never signed
        return verifying_key(content, self.signature, keys)


def headers_to_keep(exchange: Exchange) -> str:
    """What an answer signs beside its body, as one JSON text; `answer_again` reads it.

    Empty where the kept body cannot bear it out: no answer of the JSON API came, or one that shows
    something secret and is kept with its ends alone.
    """
    if exchange.service not in set(Call) or exchange.http_status is None:
        return ""
    if exchange.received != exchange.body:
        return ""
    sent = {name.lower(): value for name, value in exchange.fields}
    address = urlsplit(exchange.url)
    kept = {
        "method": "POST",
        "path": address.path + (f"?{address.query}" if address.query else ""),
        "client_id": exchange.headers.get("client-id") or sent.get("client-id", ""),
        "response_time": exchange.headers.get("response-time", ""),
        "signature": exchange.headers.get("signature", ""),
    }
    return json.dumps(kept)


def answer_again(body: bytes, kept_headers: str) -> KeptAnswer:
    """An answer from its body and `headers_to_keep`; ValueError where those are none."""
    return KeptAnswer(**read_kept(kept_headers, _NAMES), body=body)
