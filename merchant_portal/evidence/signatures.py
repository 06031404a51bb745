"""What Alipay signed, read again from its raw bytes, and with which key it verifies."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from cryptography.hazmat.primitives import serialization

from merchant_portal.alipay.answers import read_verified
from merchant_portal.alipay.charsets import UTF8, codec_of
from merchant_portal.alipay.errors import (
    GatewayRefused,
    GatewayUnreachable,
    NotificationUnreadable,
)
from merchant_portal.alipay.json_api import notifications as messages
from merchant_portal.alipay.json_api.answers import Members, read_members
from merchant_portal.alipay.json_api.kept_answers import answer_again
from merchant_portal.alipay.json_api.signing import signature_in
from merchant_portal.alipay.messages import Exchange, Posted, parse_posted, verify_posted
from merchant_portal.alipay.signing import RSAPublicKey, SignType, VerifyingKey, verifies

#: What Alipay posts: a form of the gateway's, or a message of the JSON API.
Signed = Posted | messages.Posted

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def key_digest(key: RSAPublicKey) -> str:
    """SHA-256 of a public key, however its text is wrapped."""
    public = serialization.load_pem_public_key(key.pem.encode())
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(public.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def read_signed(body: bytes, *, content_type: str, headers: str) -> Signed:
    """What was posted: a form, or with ``headers`` a message of the JSON API.

    NotificationUnreadable where it is neither.
    """
    if not headers:
        return parse_posted(body, content_type=content_type)
    try:
        message = messages.posted_again(body, headers)
        message.signed_bytes  # noqa: B018  a text that cannot be written was never signed
    except (ValueError, RecursionError) as error:
        raise NotificationUnreadable("its headers are none of a message") from error
    return message


def signature_of(posted: Signed) -> str:
    """The signature as base64, or as 32 hexadecimal digits."""
    if isinstance(posted, messages.Posted):
        return signature_in(posted.signature)
    return posted.signature


def notice_holds(posted: Signed, key: VerifyingKey) -> bool:
    if isinstance(posted, messages.Posted):
        if not isinstance(key, RSAPublicKey) or key.sign_type is not SignType.RSA2:
            return False
        return messages.verify_posted(posted, client_id=posted.client_id, keys=[key]) is not None
    return verify_posted(posted, sign_type=key.sign_type, keys=[key]) is not None


def signed_string(posted: Signed, key: VerifyingKey | None) -> bytes:
    """The bytes that were signed: in the charset under which the signature holds, if it does."""
    if isinstance(posted, messages.Posted):
        return posted.signed_bytes
    for charset in (posted.charset, UTF8):
        codec = codec_of(charset) or charset
        if key is not None and verifies(posted.presign, posted.signature, key, charset=codec):
            return posted.presign.encode(codec)
    return posted.presign.encode(codec_of(posted.charset) or posted.charset, "backslashreplace")


def answer_fields(
    body: bytes,
    *,
    service: str,
    http_status: int | None,
    content_type: str,
    key: VerifyingKey,
) -> Mapping[str, str] | None:
    """The fields of a gateway's answer that a key verifies; None where it verifies nothing."""
    exchange = Exchange(
        service=service,
        url="",
        fields=(),
        presign="",
        started_at=_LONG_AGO,
        elapsed_seconds=0.0,
        http_status=http_status,
        content_type=content_type,
        body=body,
    )
    try:
        return read_verified(exchange, sign_type=key.sign_type, keys=[key]).fields
    except (GatewayRefused, GatewayUnreachable):
        return None


def answer_members(body: bytes, headers: str, key: VerifyingKey) -> Members | None:
    """The members of a JSON API answer that a key verifies; None where it verifies nothing."""
    if not isinstance(key, RSAPublicKey) or key.sign_type is not SignType.RSA2:
        return None
    try:
        held = answer_again(body, headers).held_by([key])
        return read_members(body) if held else None
    except (ValueError, RecursionError):
        return None


def in_every_way(pem: str) -> Iterator[RSAPublicKey]:
    """A public key as it verifies RSA and RSA2: the key itself does not say which."""
    for sign_type in (SignType.RSA2, SignType.RSA):
        yield RSAPublicKey(pem, sign_type)


def first_holding(posted: Signed, keys: Iterable[VerifyingKey]) -> VerifyingKey | None:
    return next((key for key in keys if notice_holds(posted, key)), None)
