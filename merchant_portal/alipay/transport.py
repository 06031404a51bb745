"""Carrying one request to the gateway and its answer back, within bounds of time and size."""

import time
from collections.abc import Callable
from datetime import datetime

import httpx

from merchant_portal.alipay.concealing import concealed, concealed_bytes
from merchant_portal.alipay.errors import GatewayUnreachable, NoAnswer
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.outgoing import Outgoing

ANSWER_BYTES = 1_000_000


def open_http(timeout_seconds: float = 10.0) -> httpx.Client:
    """A client fit for money: no redirects, no proxies from the environment, bounded waiting."""
    return httpx.Client(
        follow_redirects=False,
        trust_env=False,
        timeout=httpx.Timeout(timeout_seconds),
        headers={"Accept-Encoding": "identity", "User-Agent": "merchant-portal"},
    )


class Transport:
    """Sends; every failure becomes GatewayUnreachable with what is known of the exchange."""

    def __init__(
        self,
        http: httpx.Client,
        *,
        now: Callable[[], datetime],
        timeout_seconds: float | None,
        answer_within_seconds: float,
    ) -> None:
        self._http = http
        self._now = now
        self._timeout = http.timeout if timeout_seconds is None else httpx.Timeout(timeout_seconds)
        self._within = answer_within_seconds

    def send(self, outgoing: Outgoing) -> Exchange:
        """The exchange, whatever its HTTP status."""
        return _Call(self, outgoing).made()

    def request(self, outgoing: Outgoing) -> httpx.Request:
        headers = dict(outgoing.headers)
        if outgoing.content_type:
            headers["Content-Type"] = outgoing.content_type
        return self._http.build_request(
            outgoing.method,
            outgoing.url,
            content=outgoing.body or None,
            headers=headers,
            timeout=self._timeout,
        )

    def stream(self, request: httpx.Request) -> httpx.Response:
        return self._http.send(request, stream=True, follow_redirects=False)

    def now(self) -> datetime:
        return self._now()

    @property
    def within_seconds(self) -> float:
        return self._within


class _Call:
    """One exchange under way: what has arrived so far is kept even when the rest never comes."""

    def __init__(self, transport: Transport, outgoing: Outgoing) -> None:
        self._transport = transport
        self._outgoing = outgoing
        self._started_at = transport.now()
        self._begun = time.monotonic()
        self._status: int | None = None
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    def made(self) -> Exchange:
        try:
            self._receive()
        except (httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._failed(NoAnswer.TIMEOUT, error, never_sent=True) from error
        except httpx.TimeoutException as error:
            raise self._failed(NoAnswer.TIMEOUT, error) from error
        except (httpx.ConnectError, httpx.UnsupportedProtocol) as error:
            raise self._failed(NoAnswer.CONNECTION, error, never_sent=True) from error
        except httpx.RequestError as error:
            raise self._failed(NoAnswer.CONNECTION, error) from error
        return self._exchange()

    def _receive(self) -> None:
        response = self._transport.stream(self._transport.request(self._outgoing))
        try:
            self._status = response.status_code
            self._headers = dict(response.headers)
            for chunk in response.iter_raw():  # as it came: nothing is unpacked
                self._take(chunk)
        finally:
            response.close()

    def _take(self, chunk: bytes) -> None:
        self._body += chunk[: ANSWER_BYTES - len(self._body) + 1]
        if len(self._body) > ANSWER_BYTES:
            raise self._unreachable(NoAnswer.UNREADABLE, f"more than {ANSWER_BYTES} bytes")
        if time.monotonic() - self._begun > self._transport.within_seconds:
            raise self._unreachable(NoAnswer.TIMEOUT, "the answer did not end in time")

    def _failed(
        self, reason: NoAnswer, error: Exception, *, never_sent: bool = False
    ) -> GatewayUnreachable:
        return self._unreachable(reason, f"{type(error).__name__}: {error}", never_sent=never_sent)

    def _unreachable(
        self, reason: NoAnswer, detail: str, *, never_sent: bool = False
    ) -> GatewayUnreachable:
        return GatewayUnreachable(
            reason, exchange=self._exchange(), never_sent=never_sent, detail=detail
        )

    def _exchange(self) -> Exchange:
        secrets, body = self._outgoing.secrets, bytes(self._body)
        seen = [(name, concealed(value, secrets)) for name, value in self._outgoing.fields]
        return Exchange(
            service=self._outgoing.service,
            url=str(self._outgoing.url),
            fields=tuple(seen),
            presign=concealed(self._outgoing.presign, secrets),
            started_at=self._started_at,
            elapsed_seconds=time.monotonic() - self._begun,
            http_status=self._status,
            content_type=self._headers.get("content-type", ""),
            body=concealed_bytes(body, secrets),
            headers={name: concealed(value, secrets) for name, value in self._headers.items()},
            secrets=secrets,
            unconcealed=body if secrets else None,
        )


def may_ask_elsewhere(error: GatewayUnreachable) -> bool:
    """Whether a question may go to a spare address: nobody answered, or the machine failed."""
    if error.reason is NoAnswer.HTTP_STATUS:
        return (error.exchange.http_status or 0) >= 500
    return error.reason in (NoAnswer.CONNECTION, NoAnswer.TIMEOUT)
