"""The outbox: sends notices on Alipay's ladder until the merchant has understood.

Eight sendings within 25 hours, the gaps as docs.antom.com/ac/web/async names them.
"""

import http.client
import threading
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from . import clockwork
from .books import Books
from .notice_bodies import compose_body, envelope, is_acknowledged
from .records import Attempt, Notice, NoticeState

MINUTE, HOUR = 60.0, 3600.0
LADDER_SECONDS = (
    2 * MINUTE,
    10 * MINUTE,
    10 * MINUTE,
    1 * HOUR,
    2 * HOUR,
    6 * HOUR,
    15 * HOUR,
)
MOST_BYTES_OF_ANSWER = 4096
BREATH_SECONDS = 0.25


@dataclass(frozen=True)
class MerchantAnswer:
    """What came back; status None means that nothing did."""

    status: int | None
    body: str

    def acknowledges(self, notice: Notice) -> bool:
        """Whether the merchant has understood the notice."""
        return is_acknowledged(notice, self.status, self.body)


class Outbox:
    """Delivers what is due, by itself or when told to."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._sending = threading.Lock()
        self._stopping = threading.Event()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to deliver in the background, while delivery is automatic."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End background delivery."""
        self._stopping.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wake(self) -> None:
        """Something may have become due."""
        self._news.set()

    def due(self) -> list[Notice]:
        """The notices whose time has come, each with the body of its next sending."""
        with self._books.transaction():
            return [self._prepared(notice) for notice in self._due()]

    def deliver_due(self) -> list[Notice]:
        """Send everything that is due, also what becomes due by it; answers what was sent."""
        sent: list[Notice] = []
        with self._sending:
            clockwork.catch_up(self._books)
            while due := self.due():
                sent += [self._deliver(notice) for notice in due]
        return sent

    def record_answer(self, notice_id: int, answer: MerchantAnswer) -> Notice:
        """Note one sending and what was answered; raises LookupError."""
        with self._books.transaction():
            notice = self._books.get(Notice, notice_id)
            if notice is None:
                raise LookupError(f"there is no notice {notice_id}")
            notice = self._prepared(notice)
            self._books.add(self._attempt(notice, answer))
            changed = self._after(notice, answer)
            self._books.save(changed)
            self._release_held(changed)
        return changed

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            if self._books.setting("automatic", "1") == "1":
                self.deliver_due()
            self._news.wait(BREATH_SECONDS)

    def _due(self) -> list[Notice]:
        waiting = NoticeState.WAITING
        now = self._books.timestamp()
        return self._books.select(Notice, "state = ? AND next_at <= ?", waiting, now)

    def _prepared(self, notice: Notice) -> Notice:
        if notice.prepared_body:
            return notice
        prepared = replace(notice, prepared_body=compose_body(self._books, notice))
        self._books.save(prepared)
        return prepared

    def _deliver(self, notice: Notice) -> Notice:
        answer = self._post(notice)
        with self._books.transaction():
            if self._books.get(Notice, notice.notice_id) is None:
                return notice  # The books were emptied while the merchant answered.
            return self.record_answer(notice.notice_id or 0, answer)

    def _post(self, notice: Notice) -> MerchantAnswer:
        target = urlsplit(notice.url)
        connect: type[http.client.HTTPConnection] = http.client.HTTPConnection
        if target.scheme == "https":
            connect = http.client.HTTPSConnection
        timeout = float(self._books.setting("timeout_seconds", "10"))
        connection = connect(target.hostname or "", target.port, timeout=timeout)
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        posted = envelope(notice)
        headers = {**posted.headers, "Connection": "close"}
        try:
            connection.request("POST", path, posted.body.encode("utf-8"), headers)
            response = connection.getresponse()
            body = response.read(MOST_BYTES_OF_ANSWER)
        except (OSError, ValueError, http.client.HTTPException) as failure:
            return MerchantAnswer(None, f"no answer: {type(failure).__name__}")
        finally:
            connection.close()
        return MerchantAnswer(response.status, body.decode("utf-8", "backslashreplace"))

    def _attempt(self, notice: Notice, answer: MerchantAnswer) -> Attempt:
        return Attempt(
            attempt_id=None,
            notice_id=notice.notice_id or 0,
            attempted_at=self._books.timestamp(),
            body=envelope(notice).body,
            status=answer.status,
            answer=answer.body,
        )

    def _after(self, notice: Notice, answer: MerchantAnswer) -> Notice:
        attempts = notice.attempts + 1
        state, next_at = notice.state, notice.next_at
        before = MerchantAnswer(notice.last_status, notice.last_answer)
        settled = (
            answer if answer.acknowledges(notice) or not before.acknowledges(notice) else before
        )
        if notice.copies > 1:
            # A doubled notice stays due with the very same body, whatever was answered.
            state, next_at = NoticeState.WAITING, self._books.timestamp()
        elif settled.acknowledges(notice):
            state, next_at = NoticeState.ACKNOWLEDGED, None
        elif attempts > len(LADDER_SECONDS):
            state, next_at = NoticeState.GIVEN_UP, None
        else:
            scale = float(self._books.setting("ladder_scale", "1.0"))
            next_at = self._books.timestamp() + LADDER_SECONDS[attempts - 1] * scale
        return replace(
            notice,
            state=state,
            next_at=next_at,
            attempts=attempts,
            copies=max(notice.copies - 1, 1),
            prepared_body=notice.prepared_body if notice.copies > 1 else "",
            last_status=settled.status,
            last_answer=settled.body,
        )

    def _release_held(self, sent: Notice) -> None:
        """A held-back notice goes out once a later one has overtaken it."""
        held = self._books.select(
            Notice,
            "state = ? AND partner_id = ? AND notice_id < ?",
            NoticeState.HELD,
            sent.partner_id,
            sent.notice_id,
        )
        for notice in held:
            now = self._books.timestamp()
            self._books.save(replace(notice, state=NoticeState.WAITING, next_at=now))
