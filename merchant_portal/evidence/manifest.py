"""What the manifest of an evidence file says: the payment's facts, and which member is what."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from merchant_portal.alipay.json_api.words import Call
from merchant_portal.evidence.archive import MANIFEST, EvidenceUnreadable

FORMAT = "merchant-portal-evidence"
VERSION = 1

Record = TypeVar("Record")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The payment as the portal holds it. Amounts are whole minor units of ``currency``."""

    alipay_trans_id: str
    partner_trans_id: str
    amount: str
    amount_minor: int
    currency: str
    refunded_minor: int
    cancelled_minor: int
    state: str
    taken: bool
    paid_at: str | None
    product: str
    store: str
    counter: str
    account: str
    partner_id: str
    region: str


@dataclass(frozen=True, kw_only=True)
class KeyRecord:
    """A key that verifies. An MD5 key is a shared secret, so it has no member.

    ``fingerprint`` is the portal's own short name of it; ``sha256`` that of the public key's DER.
    """

    id: str
    purpose: str
    sign_type: str
    fingerprint: str
    sha256: str
    member: str


@dataclass(frozen=True, kw_only=True)
class NoticeRecord:
    """A notification as it came; the signed string and the signature follow from the others.

    ``headers`` is empty of a form, and in files that were packed before there were others.
    """

    id: str
    notify_id: str
    received_at: str
    content_type: str
    body: str
    signed_string: str
    signature: str
    sign_type: str
    key: str
    held_when_packed: bool | None
    headers: str = ""


@dataclass(frozen=True, kw_only=True)
class CallRecord:
    """A call to Alipay. ``key`` is empty where the answer carries no signature that holds.

    ``headers`` is what an answer of the JSON API signs beside its body; empty of the gateway's, and
    where none were kept.
    """

    id: str
    service: str
    started_at: str
    url: str
    http_status: int | None
    content_type: str
    outcome: str
    code: str
    request: str
    answer: str
    sign_type: str
    key: str
    headers: str = ""

    @property
    def is_json(self) -> bool:
        """Whether it was made to the JSON API, whose signatures stand beside what they sign."""
        return self.service in set(Call)


@dataclass(frozen=True, kw_only=True)
class LineRecord:
    """A line of one of Alipay's nightly files, which nobody signs.

    ``member`` has the bytes of the file's heading and of the line; where the file is gone, the
    line as it was read. ``file_sha256`` is that of the whole file.
    """

    id: str
    file: str
    file_sha256: str
    line_number: int
    heading_lines: int
    charset: str
    member: str
    from_file: bool
    found: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    payment: Facts
    keys: tuple[KeyRecord, ...]
    notifications: tuple[NoticeRecord, ...]
    calls: tuple[CallRecord, ...]
    lines: tuple[LineRecord, ...]
    ledger: str
    moves: str
    members: Mapping[str, str]

    def key(self, wanted: str) -> KeyRecord | None:
        return next((key for key in self.keys if key.id == wanted), None)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digests_of(members: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 of every member but the manifest, which cannot hold its own."""
    return {name: digest(members[name]) for name in sorted(members) if name != MANIFEST}


def as_json(content: object) -> bytes:
    """JSON that is the same bytes for the same content."""
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
    return f"{text}\n".encode()


def write_manifest(manifest: Manifest) -> bytes:
    return as_json({"format": FORMAT, "version": VERSION, **asdict(manifest)})


def read_manifest(raw: bytes) -> Manifest:
    """What a manifest says; raises EvidenceUnreadable for anything but this very form."""
    read = read_json(raw, MANIFEST)
    if not isinstance(read, dict) or read.get("format") != FORMAT:
        raise EvidenceUnreadable("The manifest is not one of a payment's evidence.")
    if read.get("version") != VERSION:
        raise EvidenceUnreadable(f"The manifest's version is not {VERSION}, the one read here.")
    content = {name: part for name, part in read.items() if name not in {"format", "version"}}
    return _record(Manifest, content, "manifest")


def read_json(raw: bytes, name: str) -> Any:
    """JSON in which no name stands twice; raises EvidenceUnreadable."""
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise EvidenceUnreadable(f"{name} is not readable: {error}") from error


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, content in pairs:
        if name in found:
            raise ValueError(f"{name!r} is there twice")
        found[name] = content
    return found


def _record(kind: type[Record], content: Any, place: str) -> Record:
    known = fields(kind)  # type: ignore[arg-type]
    names = {field.name for field in known}
    needed = {field.name for field in known if field.default is MISSING}
    if not isinstance(content, dict) or not needed <= set(content) <= names:
        raise EvidenceUnreadable(f"The manifest's {place} has other fields than it should.")
    hints = get_type_hints(kind)
    return kind(**{name: _typed(hints[name], content[name], f"{place}.{name}") for name in content})


def _typed(wanted: Any, content: Any, place: str) -> Any:
    """The content as the type it should be, through all its parts."""
    origin = get_origin(wanted)
    if origin is tuple and isinstance(content, list):
        inner = get_args(wanted)[0]
        return tuple(_typed(inner, each, f"{place}[{at}]") for at, each in enumerate(content))
    if origin is not None and _fits_plain(origin, wanted, content):
        return content
    if isinstance(wanted, type) and hasattr(wanted, "__dataclass_fields__"):
        return _record(wanted, content, place)
    if isinstance(wanted, type) and type(content) is wanted:
        return content
    raise EvidenceUnreadable(f"The manifest's {place} is not what it should be.")


def _fits_plain(origin: Any, wanted: Any, content: Any) -> bool:
    """Whether a text-to-text mapping, or a choice of plain types, holds this content."""
    if origin in (Union, UnionType):
        return type(content) in get_args(wanted)
    is_mapping = isinstance(content, dict) and origin is not tuple
    return is_mapping and all(type(part) is str for part in content.values())
