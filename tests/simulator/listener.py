"""A merchant's notify address: keeps what arrives and answers what it was told to."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl


class Listener:
    """Listens on a free port; `answers` are used up one by one, the last one stays."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.received: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self._answers = list(answers or [(200, b"success")])
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.headers.append(dict(self.headers))
                listener.received.append(dict(parse_qsl(body.decode())))
                status, text = listener.next_answer()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/alipay/notify?shop=7"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def next_answer(self) -> tuple[int, bytes]:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def eventually(condition: Callable[[], bool], seconds: float = 5) -> bool:
    """Look again and again until it holds, at most for some seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
