"""What the JSON API looks at before it works: method, client, signature, contract, time.

Source: docs.antom.com/ac/ams/digital_signature, /api_fund.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from . import json_signing
from .books import ALIPAY_TIME, Books
from .clients import CALLS
from .counter_records import Client, ClientKey
from .json_reading import Declined, Reader, read_body, read_instant
from .records import Partner
from .web import Request

REQUEST_TIME_WINDOW = timedelta(minutes=15)


class Unsigned(Declined):
    """Declined before it was known who asks: the answer bears no signature."""


@dataclass(frozen=True)
class JSONCall:
    """An accepted call."""

    name: str
    path: str
    client: Client
    partner: Partner
    key_version: str
    members: Reader


def path_of(request: Request) -> str:
    """All that follows the host, as it was sent: what is signed."""
    return request.path + (f"?{request.query}" if request.query else "")


def known_client(books: Books, request: Request) -> Client | None:
    """The client a request says it comes from."""
    return books.get(Client, request.headers.get("client-id", ""))


def admit(books: Books, request: Request, name: str) -> JSONCall:
    """Check a request in this order and answer the call it makes; raises Declined."""
    if request.method != "POST":
        raise Unsigned("METHOD_NOT_SUPPORTED")
    if request.content_type.partition(";")[0].strip() != "application/json":
        raise Unsigned("MEDIA_TYPE_NOT_ACCEPTABLE")
    if name not in CALLS:
        raise Unsigned("NO_INTERFACE_DEF")
    client = known_client(books, request)
    partner = books.partner(client.partner_id) if client else None
    if client is None or partner is None:
        raise Unsigned("INVALID_CLIENT")
    sent = read_request_time(request.headers.get("request-time", ""))
    key_version = _check_signature(books, request, client)
    if not client.may_call(name):
        raise Declined("ACCESS_DENIED", name)
    if client.checks_request_time and abs(books.now() - sent) > REQUEST_TIME_WINDOW:
        raise Declined("ACCESS_DENIED", "Request-Time")
    members = read_body(request.body)
    return JSONCall(name, path_of(request), client, partner, key_version, members)


def read_request_time(text: str) -> datetime:
    """ISO 8601 with a zone, or milliseconds since 1970; raises Declined."""
    if re.fullmatch(r"[0-9]{13}", text, re.ASCII):
        return datetime.fromtimestamp(int(text) / 1000, ALIPAY_TIME)
    return read_instant(text)


def _check_signature(books: Books, request: Request, client: Client) -> str:
    header = json_signing.read_header(request.headers.get("signature", ""))
    if header is None or header.algorithm != json_signing.ALGORITHM:
        raise Unsigned(client.signature_word)
    where = "client_id = ? AND key_version = ?"
    key = books.first(ClientKey, where, client.client_id, header.key_version)
    if key is None:
        raise Declined("KEY_NOT_FOUND", header.key_version)
    signed = json_signing.content(
        path_of(request),
        client_id=client.client_id,
        time=request.headers["request-time"],
        body=request.body,
    )
    if not json_signing.matches(signed, header.signature, public_key_pem=key.public_key_pem):
        raise Unsigned(client.signature_word)
    return header.key_version
