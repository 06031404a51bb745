"""Why a message of the JSON API does not verify: what is known to go wrong is undone, one change of
the address and one of the body at a time, until the signature holds under a key.

Page: docs.antom.com/ac/ams/digital_signature.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from merchant_portal.alipay.clinic.keys import KnownKey
from merchant_portal.alipay.fitting import compact_json
from merchant_portal.alipay.json_api.notifications import Posted
from merchant_portal.alipay.json_api.signing import signature_in
from merchant_portal.alipay.signing import RSAPublicKey, SignType, verifies_bytes

_request_line = re.compile(r"POST (\S+)(?: HTTP/[0-9.]+)?")
_header = re.compile(r"([A-Za-z0-9-]+):[ \t]*(.*)")


class MessageCause(StrEnum):
    """What keeps a message from verifying."""

    OTHER_PATH = "other_path"
    LINE_ENDS = "line_ends"
    WRITTEN_AGAIN = "written_again"
    OTHER_CLIENT = "other_client"
    HEADERS_MISSING = "headers_missing"


@dataclass(frozen=True)
class MessageDiagnosis:
    """`made` is the key under which it holds once `causes` are undone; `posted` is then as it was
    signed, else as it was pasted."""

    posted: Posted
    made: KnownKey | None
    causes: tuple[MessageCause, ...]
    tried: tuple[KnownKey, ...]


def read_message(pasted: str, *, path: str) -> Posted | None:
    """A request with its headers, as it was pasted; None where it is no message of the JSON API.

    Where no request line names the path, it is `path`.
    """
    head, _, body = pasted.replace("\r\n", "\n").lstrip("\n").partition("\n\n")
    found: dict[str, str] = {}
    for line in head.split("\n"):
        if named := _request_line.fullmatch(line.strip()):
            path = named[1]
        elif header := _header.fullmatch(line.strip()):
            found[header[1].lower()] = header[2]
    if "signature" not in found and "client-id" not in found:
        return None
    return Posted(
        path=path,
        client_id=found.get("client-id", ""),
        request_time=found.get("request-time", ""),
        signature=found.get("signature", ""),
        body=body.encode("utf-8", "surrogatepass"),
    )


def diagnose_message(
    posted: Posted, *, path: str, client_id: str, keys: Sequence[KnownKey]
) -> MessageDiagnosis:
    """Why it does not verify at our own `path` under our `client_id`."""
    fit = tuple(
        each
        for each in keys
        if isinstance(each.key, RSAPublicKey) and each.key.sign_type is SignType.RSA2
    )
    besides = [MessageCause.OTHER_CLIENT] if posted.client_id != client_id else []
    if not (posted.request_time and signature_in(posted.signature) and posted.client_id):
        besides.append(MessageCause.HEADERS_MISSING)
    for at, causes in _undone(posted, path):
        for known in fit:
            if _holds(at, known):
                return MessageDiagnosis(at, known, (*causes, *besides), fit)
    return MessageDiagnosis(posted, None, tuple(besides), fit)


def _undone(posted: Posted, path: str) -> Iterator[tuple[Posted, tuple[MessageCause, ...]]]:
    """The message as it may have been signed, and what was then done to it since."""
    for at, moved in _paths(posted, path):
        for body, changed in _bodies(posted.body):
            yield replace(posted, path=at, body=body), (*moved, *changed)


def _paths(posted: Posted, path: str) -> Iterator[tuple[str, tuple[MessageCause, ...]]]:
    """Ours first; every other one is a cause."""
    yield path, ()
    others = (posted.path, posted.path.rstrip("/"), path.rstrip("/"), path.partition("?")[0])
    for other in dict.fromkeys(others):
        if other not in {"", path}:
            yield other, (MessageCause.OTHER_PATH,)


def _bodies(body: bytes) -> Iterator[tuple[bytes, tuple[MessageCause, ...]]]:
    yield body, ()
    ends = (body.rstrip(b"\n"), body.strip(), body.replace(b"\n", b"\r\n"))
    for other in dict.fromkeys(ends):
        if other != body:
            yield other, (MessageCause.LINE_ENDS,)
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        return
    for text in (compact_json(members), json.dumps(members), json.dumps(members, indent=2)):
        yield text.encode("utf-8", "surrogatepass"), (MessageCause.WRITTEN_AGAIN,)


def _holds(posted: Posted, known: KnownKey) -> bool:
    signature = signature_in(posted.signature)
    try:
        content = posted.signed_bytes
    except UnicodeError:
        return False
    is_rsa = isinstance(known.key, RSAPublicKey)
    return is_rsa and bool(signature) and verifies_bytes(content, signature, known.key)
