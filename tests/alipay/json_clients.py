"""Clients of the JSON API that speak to the loopback gateway."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from merchant_portal.alipay.client import open_http
from merchant_portal.alipay.json_api.client import JSONClient
from merchant_portal.alipay.json_api.contract import JSONContract
from tests.alipay.counter_samples import SOLD_AT
from tests.alipay.gateways import LoopbackGateway
from tests.alipay.json_shops import contract_at

ClientFor = Callable[[datetime, JSONContract], JSONClient]


@pytest.fixture
def base_url(gateway: LoopbackGateway) -> str:
    return gateway.url.removesuffix("/gateway.do")


@pytest.fixture
def client_for() -> Iterator[ClientFor]:
    with open_http(timeout_seconds=2.0) as http:
        yield lambda now, contract: JSONClient(contract, http=http, now=lambda: now)


@pytest.fixture
def client(client_for: ClientFor, base_url: str) -> JSONClient:
    return client_for(SOLD_AT, contract_at(base_url))
