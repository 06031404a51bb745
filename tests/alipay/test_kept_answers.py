"""What is kept of an answer of the JSON API must bear it out, or nothing is kept."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.json_api.kept_answers import answer_again, headers_to_keep

ANSWERED = Exchange(
    service="pay",
    url="https://open-sea-global.alipay.com/ams/api/v1/payments/pay",
    fields=(("Client-Id", "211000000000000000001"), ("Request-Time", "1795175401123")),
    presign="",
    started_at=datetime(2026, 3, 2, tzinfo=UTC),
    elapsed_seconds=0.1,
    http_status=200,
    content_type="application/json; charset=UTF-8",
    body=b"{}",
    headers={"response-time": "2026-03-02T12:00:00+08:00", "signature": "signature=abc"},
)


def test_the_client_that_asked_stands_where_the_answer_names_none() -> None:
    kept = answer_again(b"{}", headers_to_keep(ANSWERED))
    start = b"POST /ams/api/v1/payments/pay\n211000000000000000001.2026-03-02T12:00:00+08:00."
    assert kept.signed_bytes == start + b"{}"


@pytest.mark.parametrize(
    "exchange",
    [
        replace(ANSWERED, body=b'{"code":"28******"}', unconcealed=b'{"code":"281010"}'),
        replace(ANSWERED, http_status=None),
        replace(ANSWERED, service="alipay.acquire.cancel"),
    ],
)
def test_what_cannot_be_borne_out_keeps_no_headers(exchange: Exchange) -> None:
    assert headers_to_keep(exchange) == ""


@pytest.mark.parametrize("kept", ["", "[]", "{}", '{"method": "POST", "path": 1}'])
def test_headers_that_are_none_are_told(kept: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        answer_again(b"{}", kept)
