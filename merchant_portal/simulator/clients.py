"""Client ids of the JSON API as they are given over HTTP: whose they are, their keys, their terms.

Keys join the ones that were there: a request names by its version which of them it is signed with.
"""

import re
from dataclasses import asdict, replace
from typing import Any

from . import agents, json_signing, json_words, signing
from .books import Books
from .checks import is_web_address
from .contracts import text_of
from .counter_records import Client, ClientKey
from .web import BadRequest, Html, Request, Response, done, fill
from .wishes import read_flag

CALLS = ("pay", "inquiryPayment", "cancel", "refund", "inquiryRefund")
SIGNATURE_WORDS = ("SIGNATURE_INVALID", "INVALID_SIGNATURE")
WRITABLE_KEYS = frozenset(
    {"merchant_public_key_pem", "key_version", "retire_key_version", "agent_tokens"}
)


def save_client(books: Books, request: Request) -> Response:
    """Create or update a client id; a public key is kept under its version, beside the others."""
    fields = request.fields()
    if request.wants_page:
        fields = {name: text for name, text in fields.items() if text}
    unknown = fields.keys() - WRITABLE_KEYS - Client.__dataclass_fields__.keys()
    if unknown:
        raise BadRequest(f"there is no member {min(unknown)!r}")
    with books.transaction():
        known = books.get(Client, text_of(fields.get("client_id")))
        client = _client_from(books, fields, known)
        books.save(client)
        _keep_key(books, client, fields)
        if "agent_tokens" in fields:
            agents.keep_tokens(books, client, fields["agent_tokens"])
    return done(request, told(books, client))


def told(books: Books, client: Client) -> dict[str, object]:
    """A client id with Alipay's public key and the versions of the merchant's."""
    members = {
        name: each for name, each in asdict(client).items() if name != "alipay_private_key_pem"
    }
    return members | {
        "checks_request_time": bool(client.checks_request_time),
        "notifies_failures": bool(client.notifies_failures),
        "agent_tokens": {each.merchant_id: each.token for each in agents.tokens_of(books, client)},
        "key_versions": [key.key_version for key in keys_of(books, client)],
        "alipay_public_key_pem": signing.public_key_pem_of(client.alipay_private_key_pem),
    }


def all_told(books: Books) -> list[dict[str, object]]:
    """Every client id, without secrets of Alipay's."""
    return [told(books, client) for client in books.select(Client)]


def keys_of(books: Books, client: Client) -> list[ClientKey]:
    """The merchant's public keys, the first uploaded first."""
    return books.select(ClientKey, "client_id = ?", client.client_id)


def client_row(books: Books, client: Client) -> Html:
    """One client id on Alipay's page, with the key the merchant must know."""
    versions = ", ".join(key.key_version for key in keys_of(books, client))
    merchants = ", ".join(each.merchant_id for each in agents.tokens_of(books, client))
    values = {
        "agents": f" · agent tokens for {merchants}" if merchants else "",
        "client_id": client.client_id,
        "partner_id": client.partner_id,
        "versions": f"key versions {versions}" if versions else "no key yet",
        "public": signing.public_key_pem_of(client.alipay_private_key_pem),
    }
    return fill("_client.html", values)


def _client_from(books: Books, fields: dict[str, Any], known: Client | None) -> Client:
    client_id = text_of(fields.get("client_id"))
    if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", client_id, re.ASCII) is None:
        raise BadRequest("client_id has letters and digits, at most 64")
    before: dict[str, Any] = asdict(known) if known else {}

    def given(name: str, default: str = "") -> str:
        return text_of(fields[name]) if name in fields else str(before.get(name, default))

    partner_id = given("partner_id")
    if books.partner(partner_id) is None:
        raise BadRequest("there is no such partner")
    notify_url = given("notify_url")
    if notify_url and not is_web_address(notify_url):
        raise BadRequest("notify_url is not an address")
    client = Client(
        client_id=client_id,
        partner_id=partner_id,
        alipay_private_key_pem=_private_key(given("alipay_private_key_pem")),
        agent_token=given("agent_token"),
        settlement_currencies=_list(fields, before, "settlement_currencies"),
        merchant_regions=_list(fields, before, "merchant_regions"),
        calls=_list(fields, before, "calls"),
        notify_url=notify_url,
        issued_with=given("issued_with", "U"),
        signature_word=given("signature_word", SIGNATURE_WORDS[0]),
        checks_request_time=int(read_flag(given("checks_request_time", "0"))),
        notifies_failures=int(read_flag(given("notifies_failures", "0"))),
    )
    _check_words(client)
    return client


def _check_words(client: Client) -> None:
    if client.issued_with not in {"U", "S"}:
        raise BadRequest("issued_with is U or S")
    if client.signature_word not in SIGNATURE_WORDS:
        raise BadRequest(f"signature_word is one of {', '.join(SIGNATURE_WORDS)}")
    if not set(_words(client.settlement_currencies)) <= json_words.CURRENCIES:
        raise BadRequest("settlement_currencies are of the JSON API's")
    if not set(_words(client.calls)) <= set(CALLS):
        raise BadRequest(f"calls are of {', '.join(CALLS)}")
    if any(re.fullmatch("[A-Z]{2}", each) is None for each in _words(client.merchant_regions)):
        raise BadRequest("merchant_regions are countries of two capitals")


def _keep_key(books: Books, client: Client, fields: dict[str, Any]) -> None:
    retired = text_of(fields.get("retire_key_version"))
    for key in keys_of(books, client):
        if key.key_version == retired:
            books.remove(key)
    text = text_of(fields.get("merchant_public_key_pem"))
    if not text:
        return
    version = text_of(fields.get("key_version")) or "1"
    if re.fullmatch(r"[0-9]{1,8}", version, re.ASCII) is None:
        raise BadRequest("key_version is a number")
    try:
        pem = json_signing.read_public_key(text)
    except ValueError as unusable:
        raise BadRequest("merchant_public_key_pem is not an RSA public key") from unusable
    key = ClientKey(None, client.client_id, version, pem)
    where = "client_id = ? AND key_version = ?"
    known = books.first(ClientKey, where, client.client_id, version)
    if known is None:
        books.add(key)
    else:
        books.save(replace(key, key_id=known.key_id))


def _private_key(text: str) -> str:
    try:
        pem = json_signing.pem_of(text, label="PRIVATE KEY")
        if pem:
            signing.public_key_pem_of(pem)
    except ValueError as unusable:
        raise BadRequest("alipay_private_key_pem is not an RSA private key") from unusable
    return pem or signing.generate_private_key_pem()


def _list(fields: dict[str, Any], before: dict[str, Any], name: str) -> str:
    """A list of words, or one text with commas between them; empty permits all."""
    wish = fields.get(name, before.get(name, ""))
    words = wish if isinstance(wish, list) else _words(text_of(wish))
    return ",".join(str(word).strip() for word in words)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
