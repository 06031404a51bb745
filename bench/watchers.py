"""Screens that look and an Alipay that posts, in one process, over keep-alive connections.

Each screen polls as ``static/counter.js`` does: the same address and cookie, the last answer's
ETag, a look every 700 ms counted from the beginning of the one before. Reads a pickled ``Watch``
on its standard input and writes a pickled ``Watched``; only ever started by the benchmark itself.
"""

import asyncio
import html
import pickle
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

_EVERY = 0.7
_LEAST_PAUSE = 0.05
_GIVES_UP = 4.0
#: So long is waited for what has not been seen when everything was posted.
_PATIENCE = 15.0
_ROW = re.compile(rb'<li\s+(?:hidden\s+)?data-payment="(\d+)"(.*?)</li>', re.DOTALL)
_MARK = re.compile(rb'data-etag="([^"]*)"')
_NUMBER = re.compile(rb'title="(\d{28})"')
_LOOK = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nAccept-Language: en-US,en;q=0.9\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n"
    "Cookie: counter_device={token}\r\n{condition}\r\n"
)
_POST = (
    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n"
    "Content-Length: {length}\r\n\r\n"
)


@dataclass(frozen=True)
class Post:
    """A notification to post, and when: seconds after the beginning."""

    due: float
    path: str
    body: bytes


@dataclass(frozen=True)
class Watch:
    """What to do: a screen for each token, and the posts in the order they are due."""

    port: int
    content_type: str
    tokens: Sequence[str]
    posts: Sequence[Post]
    #: Alipay's numbers that must come to the screens before the watch may end.
    numbers: frozenset[str]


@dataclass
class Shown:
    """What one screen has shown."""

    #: When each payment's first answer had come, by Alipay's number; seconds after the beginning.
    at: dict[str, float] = field(default_factory=dict)
    #: The portal's keys of all payments that were ever shown, and of those that stand there now.
    ever: set[bytes] = field(default_factory=set)
    now: set[bytes] = field(default_factory=set)
    #: How often a payment stood there twice, or came back after it had gone.
    again: int = 0


@dataclass
class Watched:
    """What came of it. Latencies are seconds, ``cpu`` the share of a processor this took."""

    screens: list[Shown]
    statuses: Counter[int] = field(default_factory=Counter)
    polls: list[float] = field(default_factory=list)
    given_up: int = 0
    refused: int = 0
    posting_seconds: float = 0.0
    seconds: float = 0.0
    cpu: float = 0.0


def main() -> None:
    """Watch as standard input says."""
    watch: Watch = pickle.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(pickle.dumps(asyncio.run(_Run(watch).run())))


class _Run:
    """One watch."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._missing = set(watch.numbers)
        self._idle: list[_Line] = []
        self._told = Watched([Shown() for _ in watch.tokens])
        self._began = 0.0

    async def run(self) -> Watched:
        places = range(len(self._watch.tokens))
        lines = await asyncio.gather(*(self._open(place) for place in places))
        self._began, cpu = time.perf_counter(), time.process_time()
        screens = [asyncio.create_task(self._look_always(place, *lines[place])) for place in places]
        await self._post_all()
        self._told.posting_seconds = self._now()
        await self._until_all_is_seen()
        for screen in screens:
            screen.cancel()
        for ended in await asyncio.gather(*screens, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended
        self._told.seconds = self._now()
        self._told.cpu = (time.process_time() - cpu) / self._told.seconds
        return self._told

    async def _open(self, place: int) -> "tuple[_Line, str]":
        """A screen's page, before anything is posted, and the ETag of what it shows."""
        line = _Line(self._watch.port)
        page = await line.ask(_look("/screen/", self._watch.tokens[place]))
        self._told.statuses[page.status] += 1
        self._told.screens[place].ever |= {row[0] for row in _ROW.findall(page.body)}
        marked = _MARK.search(page.body)
        return line, html.unescape(marked[1].decode()) if marked else ""

    async def _look_always(self, place: int, line: "_Line", etag: str) -> None:
        """The screen's feed, for ever; the screens are not in step."""
        await asyncio.sleep(_EVERY * place / len(self._watch.tokens))
        while True:
            started = time.perf_counter()
            etag = await self._look(line, place, etag)
            taken = time.perf_counter() - started
            self._told.polls.append(taken)
            await asyncio.sleep(max(_LEAST_PAUSE, _EVERY - taken))

    async def _look(self, line: "_Line", place: int, etag: str) -> str:
        """One poll; returns the ETag to ask with the next time."""
        request = _look("/screen/payments/?", self._watch.tokens[place], etag)
        try:
            async with asyncio.timeout(_GIVES_UP):
                answer = await line.ask(request)
        except TimeoutError:
            self._told.given_up += 1
            line.close()
            return etag
        self._told.statuses[answer.status] += 1
        if answer.status != 200:
            return etag
        self._show(self._told.screens[place], answer.body)
        return answer.header("etag")

    def _show(self, shown: Shown, body: bytes) -> None:
        now, rows = self._now(), _ROW.findall(body)
        keys = {key for key, _ in rows}
        shown.again += len(rows) - len(keys)
        shown.again += len((keys - shown.now) & shown.ever) if shown.now else 0
        for key, row in rows:
            if key not in shown.ever and (number := _NUMBER.search(row)):
                shown.at[number[1].decode()] = now
                self._missing.discard(number[1].decode())
        shown.now = keys
        shown.ever |= keys

    async def _post_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for post in self._watch.posts:
                await asyncio.sleep(max(0, post.due - self._now()))
                group.create_task(self._post(post))

    async def _post(self, post: Post) -> None:
        """On a line of its own where all others wait for an answer: nothing holds a post up."""
        line = self._idle.pop() if self._idle else _Line(self._watch.port)
        head = _POST.format(
            path=post.path, content_type=self._watch.content_type, length=len(post.body)
        )
        answer = await line.ask(head.encode() + post.body)
        self._idle.append(line)
        self._told.statuses[answer.status] += 1
        self._told.refused += answer.body != b"success"

    async def _until_all_is_seen(self) -> None:
        end = self._now() + _PATIENCE
        while self._missing and self._now() < end:
            await asyncio.sleep(0.1)

    def _now(self) -> float:
        return time.perf_counter() - self._began


@dataclass(frozen=True)
class _Answer:
    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """The header's value, or nothing."""
        for line in self.head.split(b"\r\n"):
            key, _, value = line.partition(b":")
            if key.decode().lower() == name:
                return value.strip().decode()
        return ""


class _Line:
    """A keep-alive connection, opened when it is first needed; one question at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> _Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        answer = _Answer(int(head.split(b" ", 2)[1]), head, b"")
        length = int(answer.header("content-length") or 0)
        return _Answer(answer.status, head, await reader.readexactly(length) if length else b"")

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


def _look(path: str, token: str, etag: str = "") -> bytes:
    condition = f"If-None-Match: {etag}\r\n" if etag else ""
    return _LOOK.format(path=path, token=token, condition=condition).encode()
