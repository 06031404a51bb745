"""The gateway's XML, read safely: by its declared encoding, without a DOCTYPE, bounded in depth."""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from merchant_portal.alipay.charsets import UTF8, codec_of, media_type

DEEPEST = 12
MOST_ELEMENTS = 5000

_declaration = re.compile(rb"<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([^\"']*)[\"'][^>]*\?>")
_bom = b"\xef\xbb\xbf"


class DocumentUnreadable(Exception):
    """The document is not one this package reads; the sentence says where and why."""


@dataclass
class Element:
    """An element: its own text, unescaped and otherwise as sent, and the elements inside it."""

    name: str
    children: list["Element"] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def child(self, name: str) -> "Element | None":
        """The one child of that name; two of them cannot be told apart, so they are refused."""
        found = [child for child in self.children if child.name == name]
        if len(found) > 1:
            raise DocumentUnreadable(f"<{name}> is there {len(found)} times")
        return found[0] if found else None

    def child_text(self, name: str) -> str:
        found = self.child(name)
        return found.text.strip() if found else ""


@dataclass(frozen=True)
class Document:
    root: Element
    encoding: str


def read_document(body: bytes, *, content_type: str) -> Document:
    """Parse an answer's bytes.

    The document's own declaration rules: Hong Kong answers declare GBK though the request said
    UTF-8. Without a declaration the content type decides, then UTF-8.
    """
    body = body.removeprefix(_bom).lstrip()
    declared = _declaration.match(body)
    named = declared.group(1).decode("ascii", "replace") if declared else ""
    encoding = named or media_type(content_type)[1] or UTF8
    codec = codec_of(encoding)
    if codec is None:
        raise DocumentUnreadable(f"encoding {encoding[:40]!r} is not one in use")
    try:
        text = body.decode(codec)
    except UnicodeDecodeError as error:
        raise DocumentUnreadable(f"byte {error.start} is not {encoding}") from error
    return Document(_Builder().build(text), codec)


class _Builder:
    """Builds the tree and stops at the first thing that does not belong in an answer."""

    def __init__(self) -> None:
        self._open: list[Element] = []
        self._root: Element | None = None
        self._count = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def build(self, text: str) -> Element:
        try:
            self._parser.Parse(text, True)
        except expat.ExpatError as error:
            raise DocumentUnreadable(str(error)) from error
        except UnicodeEncodeError as error:
            raise DocumentUnreadable("a character that is no letter") from error
        if self._root is None:
            raise DocumentUnreadable("no element")
        return self._root

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) >= DEEPEST:
            raise DocumentUnreadable(f"too many elements at {self._place()}")
        element = Element(name)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].pieces.append(text)

    def _doctype(self, *_: object) -> None:
        raise DocumentUnreadable(f"a DOCTYPE at {self._place()}")

    def _place(self) -> str:
        return f"line {self._parser.CurrentLineNumber}"
