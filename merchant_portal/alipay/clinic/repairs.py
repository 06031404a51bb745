"""Undoing each known cause: from what was pasted to what may have been signed."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from urllib.parse import quote, quote_plus, unquote, unquote_to_bytes

from merchant_portal.alipay.clinic.causes import Cause, Finding
from merchant_portal.alipay.clinic.pasted import (
    Field,
    Message,
    PastedUnreadable,
    Printed,
    read_pasted,
)

SIGN, SIGN_TYPE = b"sign", b"sign_type"


class Order(StrEnum):
    """How the fields stand in the signed string."""

    BY_NAME = "by_name"
    AS_SENT = "as_sent"
    WITHOUT_CASE = "without_case"


@dataclass(frozen=True)
class Attempt:
    """What may have been signed, and what was undone to get there."""

    fields: tuple[Field, ...]
    printed: Printed
    #: What the headers name, if any were pasted.
    charset: str = ""
    findings: tuple[Finding, ...] = ()
    order: Order = Order.BY_NAME
    signs_type: Cause | None = None
    signs_empty: Cause | None = None

    @property
    def string(self) -> bytes:
        """The canonical string of these fields."""
        left_out = {SIGN} if self.signs_type else {SIGN, SIGN_TYPE}
        kept = [
            pair
            for pair in self.fields
            if pair[0] not in left_out and (pair[1] or self.signs_empty)
        ]
        if self.order is Order.BY_NAME:
            kept.sort(key=lambda pair: pair[0])
        elif self.order is Order.WITHOUT_CASE:
            kept.sort(key=lambda pair: pair[0].lower())
        return b"&".join(name + b"=" + value for name, value in kept)

    @property
    def signature(self) -> bytes:
        return next((value for name, value in self.fields if name == SIGN), b"")

    def found(self, cause: Cause, about: str = "") -> "Attempt":
        return replace(self, findings=(*self.findings, Finding(cause, about)))

    def of(self, fields: tuple[Field, ...], cause: Cause, about: str = "") -> Iterator["Attempt"]:
        """The attempt with other fields; none where they are the same."""
        if fields != self.fields:
            yield replace(self.found(cause, about), fields=fields)


Repair = Callable[[Attempt], Iterator[Attempt]]


def readings(text: str) -> Iterator[Attempt]:
    """The text as it is, and with each way in which a whole text is spoiled undone."""
    yield _attempt(read_pasted(text))
    for cause, mended in (
        (Cause.HTML_ESCAPED, _unescaped(text)),
        (Cause.BLANKS, _without_line_ends(text)),
    ):
        if mended != text:
            try:
                yield _attempt(read_pasted(mended)).found(cause)
            except PastedUnreadable:
                continue


def whole_text_readings(text: str) -> Iterator[Attempt]:
    """`readings` also of a text in which no field is found before it is mended."""
    try:
        yield from readings(text)
    except PastedUnreadable:
        mended = unquote(text)
        if mended == text:
            raise
        yield _attempt(read_pasted(mended)).found(Cause.DOUBLE_ENCODED)


def _attempt(message: Message) -> Attempt:
    return Attempt(message.fields, message.printed, message.charset)


#: What a browser makes of a bare `&` before these names: `&notify_id` is shown as `¬ify_id`.
_EATEN = {"¬ify": "&notify", "×tamp": "&timestamp", "¤cy": "&currency"}
_ENTITIES = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#34;", '"'), ("&#39;", "'")]
_ENTITIES += [("&#x27;", "'"), ("&#38;", "&"), ("&#x26;", "&"), ("&amp;", "&")]


def _unescaped(text: str) -> str:
    """Without `html.unescape`, which takes `&not` for an entity as browsers do."""
    for written, meant in [*_ENTITIES, *_EATEN.items()]:
        text = text.replace(written, meant)
    return text


def _without_line_ends(text: str) -> str:
    return re.sub(r"\s*[\r\n]+\s*", "", text).strip()


def _unlisted(attempt: Attempt) -> Iterator[Attempt]:
    """`['x']` is what a QueryDict gives for x when it is taken for a dict."""
    mended = tuple((name, _only_of_list(value)) for name, value in attempt.fields)
    names = [
        n.decode() for (n, was), (_n, now) in zip(attempt.fields, mended, strict=True) if was != now
    ]
    return attempt.of(mended, Cause.LISTS, ", ".join(names[:3]))


def _only_of_list(value: bytes) -> bytes:
    if not (value.startswith(b"[") and value.endswith(b"]")):
        return value
    try:
        content = ast.literal_eval(value.decode("utf-8", "surrogatepass"))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return value
    is_one = isinstance(content, list) and len(content) == 1 and isinstance(content[0], str)
    return content[0].encode("utf-8", "surrogatepass") if is_one else value


def _plus_in_signature(attempt: Attempt) -> Iterator[Attempt]:
    return attempt.of(_changed(attempt, _with_plus, only={SIGN}), Cause.PLUS_LOST, "sign")


def _with_plus(value: bytes) -> bytes:
    return value.replace(b" ", b"+")


def _changed(
    attempt: Attempt,
    change: Callable[[bytes], bytes],
    *,
    only: set[bytes] | None = None,
    but: frozenset[bytes] = frozenset(),
) -> tuple[Field, ...]:
    """The fields with their values changed; `only` or all `but` those of some names."""
    return tuple(
        (name, change(value) if (only is None or name in only) and name not in but else value)
        for name, value in attempt.fields
    )


def _decoded(attempt: Attempt) -> Iterator[Attempt]:
    """A form was decoded once when it was read; what is still encoded was encoded twice."""
    cause = Cause.DOUBLE_ENCODED if attempt.printed is Printed.FORM else Cause.NOT_DECODED
    yield from attempt.of(_changed(attempt, _unquoted), cause)
    yield from attempt.of(_changed(attempt, _unquoted_plus), cause)


def _unquoted(value: bytes) -> bytes:
    return unquote_to_bytes(value) if re.search(rb"%[0-9A-Fa-f]{2}", value) else value


def _unquoted_plus(value: bytes) -> bytes:
    """In times and texts a + stands for a blank; in base64 it is itself."""
    has_escape = b"%" in value or re.fullmatch(rb"\d{4}-\d\d-\d\d\+[\d:.]+", value)
    return unquote_to_bytes(value.replace(b"+", b" ")) if has_escape else value


def _trimmed(attempt: Attempt) -> Iterator[Attempt]:
    """Names and values trimmed, and the signature without blanks that are no lost +."""
    fields = tuple((name.strip(), value.strip()) for name, value in attempt.fields)
    names = [
        n.decode("utf-8", "replace").strip()
        for (n, v), new in zip(attempt.fields, fields, strict=True)
        if (n, v) != new
    ]
    yield from attempt.of(fields, Cause.BLANKS, ", ".join(names[:3]))
    tight = _changed(attempt, lambda value: re.sub(rb"\s+", b"", value), only={SIGN})
    yield from attempt.of(tight, Cause.BLANKS, "sign")
    unbroken = _changed(attempt, lambda value: re.sub(rb"[\r\n]+", b"", value))
    yield from attempt.of(unbroken, Cause.BLANKS)


_TRANSCODINGS = [
    ("utf-8", "gbk", "GBK"),
    ("gbk", "utf-8", "UTF-8"),
    ("utf-8", "gb18030", "GB18030"),
    ("utf-8", "latin-1", "ISO-8859-1"),
    ("utf-8", "cp1252", "windows-1252"),
]


def _transcoded(attempt: Attempt) -> Iterator[Attempt]:
    """Signed in another charset, or read in one that it was not written in."""
    for was, becomes, name in _TRANSCODINGS:
        try:
            fields = tuple((n, value.decode(was).encode(becomes)) for n, value in attempt.fields)
        except UnicodeError:
            continue
        yield from attempt.of(fields, Cause.CHARSET, name)


def _out_of_order(attempt: Attempt) -> Iterator[Attempt]:
    for order in (Order.AS_SENT, Order.WITHOUT_CASE):
        if order is not attempt.order:
            yield replace(attempt.found(Cause.UNSORTED), order=order)


def _with_sign_type(attempt: Attempt) -> Iterator[Attempt]:
    if not attempt.signs_type:
        cause = Cause.SIGN_TYPE_SIGNED
        yield replace(attempt.found(cause), signs_type=cause)


def _with_empty(attempt: Attempt) -> Iterator[Attempt]:
    if not attempt.signs_empty:
        cause = Cause.EMPTY_SIGNED
        yield replace(attempt.found(cause), signs_empty=cause)


def _reencoded(attempt: Attempt) -> Iterator[Attempt]:
    """Signed before it was decoded: the string has %20 where it should have a blank."""
    for write in (_quoted_plus, _quoted):
        yield from attempt.of(_changed(attempt, write, but=_UNSIGNED), Cause.NOT_DECODED)


def _quoted_plus(value: bytes) -> bytes:
    return quote_plus(value, safe="").encode()


def _quoted(value: bytes) -> bytes:
    return quote(value, safe="").encode()


_UNSIGNED = frozenset({SIGN, SIGN_TYPE})

#: Each gives a few attempts, so they are tried together, up to three deep.
NARROW: tuple[Repair, ...] = (
    _unlisted,
    _plus_in_signature,
    _decoded,
    _trimmed,
    _transcoded,
    _with_sign_type,
    _with_empty,
    _out_of_order,
    _reencoded,
)


def without_one_field(attempt: Attempt) -> Iterator[Attempt]:
    """Something of one's own was added on the way: a query parameter, a route's argument."""
    for at, (name, _value) in enumerate(attempt.fields):
        if name not in _UNSIGNED:
            fields = attempt.fields[:at] + attempt.fields[at + 1 :]
            yield from attempt.of(fields, Cause.EXTRA_FIELD, name.decode("utf-8", "replace"))


def without_two_fields(attempt: Attempt) -> Iterator[Attempt]:
    signed = [pair for pair in attempt.fields if pair[0] not in _UNSIGNED]
    for gone in combinations(signed, 2):
        fields = tuple(pair for pair in attempt.fields if pair not in gone)
        names = ", ".join(name.decode("utf-8", "replace") for name, _value in gone)
        yield from attempt.of(fields, Cause.EXTRA_FIELD, names)


def plus_in_a_value(attempt: Attempt) -> Iterator[Attempt]:
    for name, value in attempt.fields:
        if name != SIGN and b" " in value:
            fields = _changed(attempt, _with_plus, only={name})
            yield from attempt.of(fields, Cause.PLUS_LOST, name.decode("utf-8", "replace"))
