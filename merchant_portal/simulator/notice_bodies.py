"""Notifications as bytes: signed anew for each sending, and what counts as understood."""

import json
from dataclasses import dataclass
from urllib.parse import quote_plus, urlsplit

from . import json_signing, json_words, mishaps, orders
from .answers import sign_fields, with_foreign_keys, writable_charset
from .books import Books, wall_clock
from .checks import CHARSETS
from .counter_records import Client
from .json_signing import ALGORITHM
from .mishaps import NoticeMishap
from .notice_words import FOREIGN_CLIENT, other_amount
from .records import Notice, Partner
from .signing import SignType, generate_private_key_pem

JSON_CONTENT = "application/json; charset=UTF-8"


@dataclass(frozen=True)
class Envelope:
    """Headers and body of one sending."""

    headers: dict[str, str]
    body: str


def compose_body(books: Books, notice: Notice) -> str:
    """The body of the next sending: time and signature are new each time.

    A form, percent-encoded; for the JSON API an envelope of headers and body, as `envelope` reads.
    """
    partner = books.partner(notice.partner_id)
    if partner is None:
        raise LookupError(f"notice {notice.notice_id} has no partner")
    if notice.sign_type == ALGORITHM:
        return _composed_json(books, notice, partner)
    return _composed_form(books, notice, partner)


def envelope(notice: Notice) -> Envelope:
    """How a prepared notice is posted."""
    if notice.sign_type == ALGORITHM:
        return Envelope(**json.loads(notice.prepared_body))
    return Envelope({"Content-Type": content_type(notice)}, notice.prepared_body)


def content_type(notice: Notice) -> str:
    """What the body is, and in which charset its percent-encoding is."""
    if notice.sign_type == ALGORITHM:
        return JSON_CONTENT
    text = "".join(json.loads(notice.fields).values())
    charset = writable_charset(text, notice.charset)
    return f"application/x-www-form-urlencoded; charset={charset}"


def is_acknowledged(notice: Notice, status: int | None, body: str) -> bool:
    """Whether the merchant has understood: `success` in either case, or a result SUCCESS."""
    if status != 200:
        return False
    if notice.sign_type != ALGORITHM:
        return body.lower() == "success"
    try:
        return bool(json.loads(body)["result"]["resultCode"] == "SUCCESS")
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def _composed_form(books: Books, notice: Notice, partner: Partner) -> str:
    fields = {
        "notify_time": wall_clock(books.timestamp()),
        "notify_type": "trade_status_sync",
        "notify_id": notice.notify_id,
        **json.loads(notice.fields),
    }
    charset = writable_charset("".join(fields.values()), notice.charset)
    signer = partner
    if mishaps.strikes(books, NoticeMishap.WRONG_KEY, partner.partner_id):
        signer = with_foreign_keys(partner)
    sign_type = SignType(notice.sign_type)
    signature = sign_fields(fields, partner=signer, sign_type=sign_type, charset=charset)
    tampered = mishaps.take(books, NoticeMishap.TAMPERED, partner_id=partner.partner_id)
    if tampered is not None:
        fields |= {"price": tampered.value, "total_fee": tampered.value}
    fields |= {"sign_type": notice.sign_type, "sign": signature}
    codec = CHARSETS[charset]
    return "&".join(
        f"{quote_plus(name, encoding=codec)}={quote_plus(text, encoding=codec)}"
        for name, text in fields.items()
    )


def _composed_json(books: Books, notice: Notice, partner: Partner) -> str:
    order = orders.of_trade(books, notice.trade_no)
    client = books.get(Client, order.client_id) if order else None
    if client is None:
        raise LookupError(f"notice {notice.notice_id} has no client")
    members = json.loads(notice.fields)
    client_id = members.pop(FOREIGN_CLIENT, client.client_id)
    body, time = json_words.written(members), json_words.instant(books.timestamp())
    key = client.alipay_private_key_pem
    if mishaps.strikes(books, NoticeMishap.WRONG_KEY, partner.partner_id):
        key = generate_private_key_pem()
    target = urlsplit(notice.url)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    signed = json_signing.content(path, client_id=client_id, time=time, body=body.encode())
    signature = json_signing.header(signed, private_key_pem=key, key_version="1")
    tampered = mishaps.take(books, NoticeMishap.TAMPERED, partner_id=partner.partner_id)
    if tampered is not None:
        members |= other_amount(members, tampered.value)
        body = json_words.written(members)
    headers = {
        "Content-Type": JSON_CONTENT,
        "client-id": client_id,
        "request-time": time,
        "signature": signature,
    }
    return json.dumps({"headers": headers, "body": body}, ensure_ascii=False)
