"""What can happen on the way to the gateway and back."""

import gzip
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from merchant_portal.alipay.client import Choices, Contract, GatewayClient, open_http
from merchant_portal.alipay.errors import GatewayUnreachable, NoAnswer
from merchant_portal.alipay.messages import CodeStatus
from merchant_portal.alipay.transport import ANSWER_BYTES
from tests.alipay.conftest import NOW
from tests.alipay.gateways import LoopbackGateway, reply, unused_address
from tests.alipay.samples import QRCODE, sample_bytes

ANSWER = sample_bytes("08-modifystatus-response-global.xml")
ClientFor = Callable[[Contract], GatewayClient]


def failure(client: GatewayClient) -> GatewayUnreachable:
    with pytest.raises(GatewayUnreachable) as unreachable:
        client.change_qrcode_status(QRCODE, CodeStatus.STOP)
    return unreachable.value


def test_where_nobody_listens_nothing_was_sent(client_for: ClientFor, contract: Contract) -> None:
    error = failure(client_for(replace(contract, gateway_url=unused_address())))
    assert (error.reason, error.never_sent) == (NoAnswer.CONNECTION, True)
    assert (error.exchange.http_status, error.exchange.body) == (None, b"")
    assert error.exchange.presign.startswith("_input_charset=UTF-8&biz_type=")


def test_silence_is_a_time_out_that_may_have_been_heard(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway
) -> None:
    choices = Choices(timeout_seconds=0.2)
    error = failure(client_for(replace(contract, choices=choices)))
    assert (error.reason, error.never_sent) == (NoAnswer.TIMEOUT, False)
    assert len(gateway.asked) == 1


def test_a_connection_closed_without_a_word_may_have_been_heard(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [b""]
    error = failure(client)
    assert (error.reason, error.never_sent) == (NoAnswer.CONNECTION, False)


def test_an_answer_cut_in_the_middle_keeps_what_arrived(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(ANSWER)[:-300]]
    error = failure(client)
    assert (error.reason, error.never_sent) == (NoAnswer.CONNECTION, False)
    assert error.exchange.http_status == 200
    assert error.exchange.body == ANSWER[:-300]


def test_what_is_not_http_is_no_answer(client: GatewayClient, gateway: LoopbackGateway) -> None:
    gateway.replies = [b"220 mail.example.com ESMTP\r\n"]
    error = failure(client)
    assert (error.reason, error.never_sent) == (NoAnswer.CONNECTION, False)


def test_a_redirect_is_not_followed(client: GatewayClient, gateway: LoopbackGateway) -> None:
    moved = reply(b"", status=302, headers=[f"Location: {gateway.url}"])
    gateway.replies = [moved, reply(ANSWER)]
    error = failure(client)
    assert (error.reason, error.exchange.http_status) == (NoAnswer.HTTP_STATUS, 302)
    assert len(gateway.asked) == 1


def test_an_answer_of_the_permitted_size_is_read(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(ANSWER + b" " * (ANSWER_BYTES - len(ANSWER)))]
    assert client.change_qrcode_status(QRCODE, CodeStatus.STOP).qrcode == QRCODE


def test_a_larger_answer_is_not_read_to_its_end(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(ANSWER + b" " * 3_000_000)]
    error = failure(client)
    assert error.reason is NoAnswer.UNREADABLE
    assert len(error.exchange.body) == ANSWER_BYTES + 1


def test_a_compressed_answer_is_not_unpacked(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(gzip.compress(ANSWER), headers=["Content-Encoding: gzip"])]
    assert failure(client).reason is NoAnswer.UNREADABLE
    assert gateway.asked[0].headers["accept-encoding"] == "identity"


def test_an_answer_that_takes_too_long_as_a_whole_is_a_time_out(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(ANSWER)]
    choices = Choices(answer_within_seconds=0.0)
    error = failure(client_for(replace(contract, choices=choices)))
    assert (error.reason, error.never_sent) == (NoAnswer.TIMEOUT, False)


def test_proxies_of_the_environment_are_ignored(
    contract: Contract, gateway: LoopbackGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", unused_address())
    monkeypatch.setenv("ALL_PROXY", unused_address())
    gateway.replies = [reply(ANSWER)]
    with open_http() as http:
        client = GatewayClient(contract, http=http, now=lambda: NOW)
        assert client.change_qrcode_status(QRCODE, CodeStatus.STOP).qrcode == QRCODE


def test_waiting_is_bounded_from_the_start() -> None:
    with open_http(timeout_seconds=7.5) as http:
        assert http.timeout == httpx.Timeout(7.5)
        assert http.follow_redirects is False
