"""A tiny gateway on the loopback: it records what it is asked and replies what a test told it."""

import socket
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from merchant_portal.alipay.signing import SigningKey, presign, sign

XML = "text/xml;charset=UTF-8"


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def in_address(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def in_body(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("ascii"), keep_blank_values=True))

    @property
    def fields(self) -> dict[str, str]:
        return self.in_address | self.in_body


def reply(
    body: bytes, *, status: int = 200, content_type: str = XML, headers: Iterable[str] = ()
) -> bytes:
    lines = [
        f"HTTP/1.1 {status} Whatever",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


def answer_xml(
    fields: Mapping[str, str],
    key: SigningKey,
    *,
    wrapper: str = "alipay",
    encoding: str = "UTF-8",
    extra: str = "",
    sign_type: str | None = None,
    signature: str | None = None,
) -> bytes:
    """A signed answer with these fields, in this encoding."""
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    made = sign(presign(fields), key, charset=encoding) if signature is None else signature
    named = key.sign_type if sign_type is None else sign_type
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<alipay><is_success>T</is_success>'
        f"<response><{wrapper}>{inner}</{wrapper}></response>{extra}"
        f"<sign>{made}</sign><sign_type>{named}</sign_type></alipay>"
    )
    return text.encode(encoding)


@dataclass
class LoopbackGateway:
    """Serves one connection at a time; silent once its replies are used up."""

    replies: list[bytes] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> "LoopbackGateway":
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listening.close()
        for held in self._held:
            held.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/gateway.do"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        self.asked.append(_read_request(connection))
        if not self.replies:
            self._held.append(connection)  # never answers, until the test is over
            return
        with connection:
            try:
                connection.sendall(self.replies.pop(0))
            except (BrokenPipeError, ConnectionResetError):
                return  # the caller has had enough, as it may


def _read_request(connection: socket.socket) -> Asked:
    with connection.makefile("rb") as stream:
        method, target, _ = stream.readline().decode("ascii").split(" ", 2)
        headers: dict[str, str] = {}
        while line := stream.readline().decode("ascii").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body)


def unused_address() -> str:
    """An address on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}/gateway.do"
