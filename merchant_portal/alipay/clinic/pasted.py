"""Reading what somebody pasted: a body, a request, a log line, or what a program printed.

Nothing is mended here: blanks, lists and escapes stay, because one of them may be the cause.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from merchant_portal.alipay.charsets import media_type

MOST_CHARACTERS = 64_000
MOST_FIELDS = 200

Field = tuple[bytes, bytes]


class PastedUnreadable(Exception):
    """There is no notification in the text."""


class Printed(StrEnum):
    """How the fields were written down."""

    FORM = "form"
    JSON = "json"
    PYTHON = "python"
    LINES = "lines"


@dataclass(frozen=True)
class Message:
    """The fields as read, in their order, as bytes: which charset they are in is not settled."""

    fields: tuple[Field, ...]
    printed: Printed
    charset: str = ""

    def get(self, name: bytes) -> bytes:
        return next((value for each, value in self.fields if each == name), b"")


_REQUEST_LINE = re.compile(r"\A\s*(?:POST|PUT|GET) \S+(?: HTTP/[\d.]+)?\r?\n")
_HEADER_LINE = re.compile(r"[A-Za-z][A-Za-z0-9-]*:[ \t]?[^\r\n]*")
_QUOTED_FORM = re.compile(r"""(["'])((?:[A-Za-z_][\w.]*=[^&"']*)(?:&[^=&"'\s]+=[^&"']*)+)\1""")
_FORM_START = re.compile(r"(?:\A|(?<=[\s?:(\[,]))[A-Za-z_][\w.]*=[^&\s]*&")
_LABEL = re.compile(r"\A[A-Za-z_][\w.]*=(?=[A-Za-z_][\w.]*=)")  # `body=` before the first field
_LINE = re.compile(r"""\s*["']?([A-Za-z_][\w.]*)["']?\s*(?::|=>|=|\t)\s*(.*?)\s*""")


def read_pasted(text: str) -> Message:
    """The fields of a pasted notification; raises PastedUnreadable."""
    if len(text) > MOST_CHARACTERS:
        raise PastedUnreadable("too long")
    charset, body = _after_headers(text)
    found = [each for read in (_read_object, _read_form, _read_lines) if (each := read(body))]
    found = [each for each in found if len(each[1]) <= MOST_FIELDS]
    if not found:
        raise PastedUnreadable("no fields")
    # A field may hold JSON of its own, so what has a signature comes before what has none.
    printed, fields = next((each for each in found if b"sign" in dict(each[1])), found[0])
    return Message(fields, printed, charset)


_Found = tuple[Printed, tuple[Field, ...]]


def _after_headers(text: str) -> tuple[str, str]:
    """The charset that headers name, and what follows them."""
    rest = _REQUEST_LINE.sub("", text)
    head, gap, body = re.sub(r"\r\n", "\n", rest).partition("\n\n")
    lines = head.strip().split("\n")
    if not gap or not all(_HEADER_LINE.fullmatch(line.strip()) for line in lines):
        return "", rest
    names = {line.partition(":")[0].strip().lower(): line.partition(":")[2] for line in lines}
    if not any("-" in name or name == "host" for name in names):
        return "", rest
    return media_type(names.get("content-type", "").strip())[1], body


def _read_object(text: str) -> _Found | None:
    """JSON, or a dict or QueryDict as Python prints it, anywhere in the text."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    inside = text[start : end + 1]
    for printed, load in ((Printed.JSON, json.loads), (Printed.PYTHON, ast.literal_eval)):
        try:
            content = load(inside)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(content, dict) and content:
            return printed, tuple(_texts(content.items()))
    return None


def _texts(items: Iterable[tuple[object, object]]) -> Iterator[Field]:
    """Names and values as text; a list stays one, as Python writes it."""
    for name, content in items:
        value = content if isinstance(content, str) else _written(content)
        yield _bytes(str(name)), _bytes(value)


def _bytes(text: str) -> bytes:
    """Half a character of JSON's (a lone surrogate) is kept too: it may be the cause."""
    return text.encode("utf-8", "surrogatepass")


def _written(content: object) -> str:
    if content is None:
        return ""
    if isinstance(content, bool | dict):
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return str(content)


def _read_form(text: str) -> _Found | None:
    """`name=value&name=value`, as sent or already decoded."""
    quoted = next((each[2] for each in _QUOTED_FORM.finditer(text) if "sign=" in each[2]), None)
    body = quoted or _from_form_start(text)
    if body is None:
        return None
    pairs = [part.partition("=") for part in body.split("&") if part]
    return Printed.FORM, tuple((_decoded(name), _decoded(value)) for name, _, value in pairs)


def _from_form_start(text: str) -> str | None:
    """From the first field on; behind a log line's prefix only up to the next blank."""
    start = _FORM_START.search(text)
    if start is None:
        return None
    body = _LABEL.sub("", text[start.start() :])
    if text.startswith(body):
        return body
    fields, _, last = body.rpartition("&")
    return f"{fields}&{last.split()[0] if last.split() else ''}"


def _decoded(part: str) -> bytes:
    return unquote_to_bytes(_bytes(part.replace("+", " ")))


def _read_lines(text: str) -> _Found | None:
    """A field a line."""
    found = [_LINE.fullmatch(line) for line in text.split("\n") if line.strip()]
    pairs = [(_bytes(match[1]), _bytes(match[2])) for match in found if match]
    return (Printed.LINES, tuple(pairs)) if len(pairs) > 1 else None
