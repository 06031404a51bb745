"""Requests and responses of the small Alipay's own pages and addresses."""

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qsl

from .biz_data import is_writable

PAGES = Path(__file__).with_name("pages")
# Pages load nothing from elsewhere and run no script at all.
PAGE_HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
)


class BadRequest(ValueError):
    """The request cannot be understood; the text says why."""


class Html(str):
    """Text that is already markup."""

    __slots__ = ()


@dataclass(frozen=True)
class Request:
    """A request: method, path, raw query, body and headers, their names in lower case."""

    method: str
    path: str
    query: str
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def wants_page(self) -> bool:
        """Whether a form of our pages sent it, so that a page must answer."""
        return self.content_type.startswith("application/x-www-form-urlencoded")

    @property
    def parameters(self) -> dict[str, str]:
        """The query string's parameters."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def fields(self) -> dict[str, Any]:
        """The members of the JSON object or form in the body; raises BadRequest."""
        if self.wants_page:
            try:
                return dict(parse_qsl(self.body.decode("utf-8"), keep_blank_values=True))
            except ValueError as unreadable:
                raise BadRequest("the form cannot be read") from unreadable
        try:
            members = json.loads(self.body or b"{}")
        except (ValueError, RecursionError) as unreadable:
            raise BadRequest("the body is not JSON") from unreadable
        if not isinstance(members, dict):
            raise BadRequest("the body is not a JSON object")
        if not is_writable(json.dumps(members, ensure_ascii=False)):
            raise BadRequest("the body holds half a character")
        return members


@dataclass(frozen=True)
class Response:
    """A response; `cut` closes the connection without one."""

    status: int = 200
    content_type: str = "text/plain;charset=UTF-8"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False


def text_response(text: str, *, status: int = 200) -> Response:
    """Plain text."""
    return Response(status=status, body=text.encode("utf-8"))


def xml_response(document: bytes, *, charset: str) -> Response:
    """An answer of the gateway, always with HTTP status 200."""
    return Response(content_type=f"text/xml;charset={charset}", body=document)


def json_response(members: object, *, status: int = 200) -> Response:
    """JSON."""
    body = json.dumps(members, ensure_ascii=False, indent=1).encode("utf-8")
    return Response(status=status, content_type="application/json", body=body)


def redirect(path: str) -> Response:
    """See another page after a form was sent."""
    return Response(status=303, headers=(("Location", path),))


def done(request: Request, members: object) -> Response:
    """What was asked for is done: JSON to JSON, back to Alipay's page after its forms."""
    return redirect("/control/") if request.wants_page else json_response(members)


def page(
    name: str, values: Mapping[str, str], *, title: str, status: int = 200, refresh: str = ""
) -> Response:
    """A whole page around the template of that name; `refresh`: seconds until it looks again."""
    head = fill("_refresh.html", {"seconds": refresh}) if refresh else Html("")
    content = fill(name, values)
    document = fill("base.html", {"title": title, "head": head, "content": content})
    return Response(
        status=status,
        content_type="text/html;charset=UTF-8",
        body=document.encode("utf-8"),
        headers=PAGE_HEADERS,
    )


def fill(name: str, values: Mapping[str, str]) -> Html:
    """A template with its places filled; everything that is not Html is escaped."""
    escaped = {
        key: text if isinstance(text, Html) else html.escape(text) for key, text in values.items()
    }
    return Html(_template(name).substitute(escaped))


def join(parts: list[Html]) -> Html:
    """Several pieces of markup as one."""
    return Html("".join(parts))


def stylesheet() -> Response:
    """The one stylesheet of the pages."""
    body = (PAGES / "simulator.css").read_bytes()
    return Response(content_type="text/css;charset=UTF-8", body=body)


@cache
def _template(name: str) -> Template:
    return Template((PAGES / name).read_text(encoding="utf-8"))
