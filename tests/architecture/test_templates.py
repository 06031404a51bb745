"""Pages obey the content security policy, and every text a person reads can be translated."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from tests.architecture.source import templates

_INLINE = re.compile(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=|javascript:", re.I)
_BLOCK = re.compile(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.S)
_COMMENT = re.compile(r"{#.*?#}|{%\s*comment\b.*?{%\s*endcomment\s*%}", re.S)
_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.S)
_WORD = re.compile(r"[^\W\d_]{2,}")
_READ_ALOUD = ("title", "alt", "aria-label", "placeholder")
#: Names that are the same in every language.
_NAMES = frozenset({"Alipay", "AlipayHK", "API", "QR", "SVG", "PNG", "SHA", "HTTP", "ms", "GMT"})


class _Texts(HTMLParser):
    """Collects what a person would read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within.append(tag)
        self.found += [value for name, value in attrs if name in _READ_ALOUD and value]

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"script", "code", "svg"} & set(self._within):
            self.found.append(data)


def _untranslated(text: str) -> Iterator[str]:
    for pattern in (_COMMENT, _BLOCK, _TAG):
        text = pattern.sub("", text)
    reader = _Texts()
    reader.feed(text)
    for each in reader.found:
        if set(_WORD.findall(each)) - _NAMES:
            yield " ".join(each.split())


def test_no_page_carries_script_or_style_in_itself() -> None:
    assert [str(path) for path, text in templates() if _INLINE.search(text)] == []


def test_each_part_of_the_stylesheet_is_closed_before_the_next_begins() -> None:
    depth, open_at = 0, []
    for line in Path("merchant_portal/static/portal.css").read_text().splitlines():
        if line.startswith("/* ----") and depth:
            open_at.append(line)
        depth += line.count("{") - line.count("}")
    assert (open_at, depth) == ([], 0)


def test_every_text_of_a_page_goes_through_gettext() -> None:
    found = [
        f"{path}: {each}"
        for path, text in templates()
        if "simulator" not in path.parts
        for each in _untranslated(text)
    ]
    assert found == []


def test_the_scan_sees_a_text_that_was_forgotten() -> None:
    assert list(_untranslated("<p title='A hint'>{{ name }} is here</p>")) == ["A hint", "is here"]
    assert list(_untranslated("<p>{% translate 'Hello' %} {{ name }}</p>")) == []
