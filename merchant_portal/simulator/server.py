"""The small Alipay as a WSGI program, and a threaded server that runs it.

`Simulator` is the door for tests and commands; `application` works under any WSGI server.
"""

import re
import socket
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from . import (
    clients,
    desk,
    fault_control,
    gateway,
    json_api,
    night_control,
    phone,
    phone_counter,
    review_control,
    truth,
)
from .books import IN_MEMORY, Books
from .checks import Received
from .control import Control
from .outbox import Outbox
from .records import Mishap
from .trading import TradeRefused
from .web import BadRequest, Request, Response, json_response, redirect, stylesheet

LARGEST_BODY = 1_000_000
CUT_CONNECTION = "simulator.cut_connection"

Route = Callable[..., Response]


class Application:
    """The WSGI program: one table of addresses."""

    def __init__(self, books: Books, outbox: Outbox) -> None:
        self.books = books
        self.outbox = outbox
        self.control = Control(books, outbox)
        self._routes: list[tuple[str, re.Pattern[str], Route]] = [
            (method, re.compile(pattern), route) for method, pattern, route in self._table()
        ]

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        response = self.respond(_request_of(environ))
        if response.cut:
            cut = environ.get(CUT_CONNECTION)
            if cut is not None:
                cut()
        length = ("Content-Length", str(len(response.body)))
        headers = [("Content-Type", response.content_type), length, *response.headers]
        status = HTTPStatus(response.status)
        start_response(f"{status.value} {status.phrase}", headers)
        return [response.body]

    def respond(self, request: Request) -> Response:
        """Find the address and answer."""
        allowed = False
        for method, pattern, route in self._routes:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            if method != request.method:
                allowed = True
                continue
            return _guarded(route, request, match.groups())
        status = HTTPStatus.METHOD_NOT_ALLOWED if allowed else HTTPStatus.NOT_FOUND
        return json_response({"error": status.phrase}, status=status.value)

    def _table(self) -> Iterable[tuple[str, str, Route]]:
        control, books, outbox = self.control, self.books, self.outbox
        yield "GET", "/gateway.do", self._gateway
        yield "POST", "/gateway.do", self._gateway
        for method in ("POST", "GET", "PUT", "DELETE"):
            yield (
                method,
                "/ams/(?:sandbox/)?api/v1/payments/([A-Za-z]+)",
                lambda request, name: json_api.answer(books, request, name),
            )
        yield "GET", "/", lambda request: phone.front_page(books, request)
        yield "POST", "/phone/pay", lambda request: phone.pay_by_phone(books, outbox, request)
        yield "GET", "/wallet", lambda request: phone_counter.wallet_page(books, request)
        yield "GET", "/wallet/settings", lambda request: phone_counter.settings_page(request)
        yield "POST", "/phone/codes", lambda request: phone_counter.show_code(books, request)
        yield "POST", "/phone/orders", lambda request: phone.pay_order(books, outbox, request)
        yield (
            "POST",
            "/phone/trades/([0-9]+)",
            lambda request, number: phone_counter.decide(books, outbox, request, number),
        )
        yield "GET", "/simulator.css", lambda _: stylesheet()
        yield "GET", "/favicon.ico", lambda _: Response(status=HTTPStatus.NO_CONTENT)
        yield "GET", "/control", lambda _: redirect("/control/")
        yield "GET", "/control/", lambda _: desk.control_page(control)
        yield "POST", "/control/partners", control.save_partner
        yield "POST", "/control/clients", lambda request: clients.save_client(books, request)
        yield "POST", "/control/mishaps", control.switch_mishap
        yield "DELETE", "/control/mishaps", control.clear_mishaps
        yield "POST", "/control/mishaps/clear", control.clear_mishaps
        yield "POST", "/control/mishaps/([0-9]+)/off", control.switch_off
        yield "GET", "/control/mishaps.json", lambda _: json_response(self._mishaps())
        yield "POST", "/control/trades/([0-9]+)", control.move_trade
        yield "POST", "/control/refunds", control.refund
        yield "POST", "/control/refunds/run", control.run_night
        yield "POST", "/control/refunds/([0-9]+)/return", control.return_refund
        yield "POST", "/control/balances", control.set_balance
        yield (
            "POST",
            "/control/registrations/([0-9]+)",
            lambda request, number: review_control.review(books, request, number),
        )
        yield "POST", "/control/review", lambda request: review_control.set_review(books, request)
        yield "POST", "/control/terms", lambda request: night_control.save_terms(books, request)
        yield (
            "POST",
            "/control/night",
            lambda request: night_control.run_night(books, outbox, request),
        )
        yield from fault_control.addresses(books)
        yield "GET", "/files/", lambda _: night_control.list_files(books)
        yield (
            "GET",
            r"/files/([0-9]{16})/([0-9A-Za-z_]+\.(?:txt|csv))",
            lambda request, *parts: night_control.show_file(books, request, *parts),
        )
        yield "POST", "/control/clock", control.set_clock
        yield "POST", "/control/delivery", control.set_delivery
        yield "POST", "/control/deliver", control.deliver
        yield "POST", "/control/reset", control.reset
        yield "GET", "/outbox.json", lambda _: json_response(truth.notices(books))
        yield "GET", "/outbox/due.json", lambda _: control.due()
        yield "POST", "/outbox/([0-9]+)/answered", control.answered
        yield from self._books_table()

    def _books_table(self) -> Iterable[tuple[str, str, Route]]:
        books = self.books
        yield "GET", "/books/partners.json", lambda _: json_response(truth.partners(books))
        yield "GET", "/books/clients.json", lambda _: json_response(clients.all_told(books))
        yield "GET", "/books/codes.json", lambda _: json_response(truth.codes(books))
        yield "GET", "/books/trades.json", lambda _: json_response(truth.trades(books))
        yield "GET", "/books/orders.json", lambda _: json_response(truth.orders_told(books))
        yield (
            "GET",
            "/books/payment_codes.json",
            lambda _: json_response(truth.payment_codes_told(books)),
        )
        yield "GET", "/books/refunds.json", lambda _: json_response(truth.refunds(books))
        yield "GET", "/books/cancels.json", lambda _: json_response(truth.cancels(books))
        yield (
            "GET",
            "/books/registrations.json",
            lambda _: json_response(truth.registrations(books)),
        )
        yield "GET", "/books/notices.json", lambda _: json_response(truth.notices(books))
        yield "GET", "/books/files.json", lambda _: night_control.files_json(books)
        yield "GET", "/books/night.json", lambda request: night_control.night_json(books, request)

    def _gateway(self, request: Request) -> Response:
        body = request.body if request.method == "POST" else b""
        received = Received(request.method, request.query.encode("latin-1"), body)
        return gateway.answer(self.books, received)

    def _mishaps(self) -> list[dict[str, object]]:
        return [dict(vars(mishap)) for mishap in self.books.select(Mishap)]


class Simulator:
    """A running small Alipay; `url` is where it listens."""

    def __init__(
        self,
        database_path: Path | str = IN_MEMORY,
        host: str = "127.0.0.1",
        port: int = 0,
        automatic_delivery: bool = True,
    ) -> None:
        self.books = Books(database_path)
        self.books.set_setting("automatic", "1" if automatic_delivery else "0")
        self.outbox = Outbox(self.books)
        self.application = Application(self.books, self.outbox)
        self._server = _Server((host, port), _Handler)
        self._server.set_app(self.application)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address of the small Alipay, without a slash at its end."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> Self:
        """Serve in the background."""
        self.outbox.start()
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="simulator",
            daemon=True,
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and close the books."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
        self.outbox.stop()
        self.books.close()

    def serve_forever(self) -> None:
        """Serve until interrupted."""
        self.outbox.start()
        try:
            self._server.serve_forever()
        finally:
            self.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        # The standard one asks the resolver for the machine's name, which can take seconds.
        socket_address = self.server_address
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(socket_address)
        self.server_address = self.socket.getsockname()
        host, port = self.server_address[:2]
        self.server_name, self.server_port = str(host), int(port)
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    disable_nagle_algorithm = True

    def get_environ(self) -> dict[str, Any]:
        environ = super().get_environ()
        environ[CUT_CONNECTION] = self._cut
        return environ

    def log_message(self, format: str, *args: Any) -> None:
        """The books tell what happened; a line per request would only be noise."""

    def _cut(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)


def _request_of(environ: dict[str, Any]) -> Request:
    length = environ.get("CONTENT_LENGTH") or "0"
    size = min(int(length), LARGEST_BODY) if length.isdecimal() else 0
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO") or "/",
        query=environ.get("QUERY_STRING", ""),
        content_type=environ.get("CONTENT_TYPE", "").lower(),
        body=environ["wsgi.input"].read(size) if size else b"",
        headers={
            name.removeprefix("HTTP_").replace("_", "-").lower(): text
            for name, text in environ.items()
            if name.startswith("HTTP_")
        },
    )


def _guarded(route: Route, request: Request, parts: tuple[str, ...]) -> Response:
    try:
        return route(request, *parts)
    except BadRequest as unusable:
        return _refusal(request, 400, "BAD_REQUEST", str(unusable))
    except TradeRefused as refused:
        return _refusal(request, refused.status, refused.code, refused.message)
    except LookupError as missing:
        return _refusal(request, 404, "NOT_FOUND", str(missing))


def _refusal(request: Request, status: int, code: str, message: str) -> Response:
    if request.wants_page:
        return desk.refusal_page(message, status=status)
    return json_response({"error": code, "message": message}, status=status)
