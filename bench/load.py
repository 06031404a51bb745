"""Load from a process of its own: every body once, over keep-alive connections.

Reads a pickled ``Order`` on its standard input and writes a pickled ``Told``; only ever started by
the benchmark itself.
"""

import pickle
import socket
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue


@dataclass(frozen=True)
class Order:
    """What to post where, over how many connections."""

    port: int
    path: str
    content_type: str
    bodies: Sequence[bytes]
    connections: int


@dataclass(frozen=True)
class Told:
    """How long it took in all, and each answered post; ``refused`` were not ``success``."""

    seconds: float
    latencies: Sequence[float]
    refused: int


def main() -> None:
    """Carry out the order on standard input."""
    sys.stdout.buffer.write(pickle.dumps(run(pickle.loads(sys.stdin.buffer.read()))))


def run(order: Order) -> Told:
    """Post every body once."""
    waiting: SimpleQueue[bytes] = SimpleQueue()
    for body in order.bodies:
        waiting.put(_request(order, body))
    latencies: list[float] = []
    refused: list[bytes] = []
    started = time.perf_counter()
    with ThreadPoolExecutor(order.connections) as pool:
        posting = [
            pool.submit(_post_all, order.port, waiting, latencies, refused)
            for _ in range(order.connections)
        ]
        for each in posting:
            each.result()
    return Told(time.perf_counter() - started, latencies, len(refused))


def _request(order: Order, body: bytes) -> bytes:
    head = (
        f"POST {order.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: {order.content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _post_all(
    port: int, waiting: SimpleQueue[bytes], latencies: list[float], refused: list[bytes]
) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            try:
                request = waiting.get_nowait()
            except Empty:
                return
            started = time.perf_counter()
            connection.sendall(request)
            answer = _read_answer(connection)
            latencies.append(time.perf_counter() - started)
            if answer != b"success":
                refused.append(answer)


def _read_answer(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += _more(connection)
    return body


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(65_536)
    if not received:
        raise ConnectionError("The server closed the connection.")
    return received
