"""What the protocol's tests share: keys made for the run, a loopback gateway, a client for it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import HealthCheck, settings

from merchant_portal.alipay.client import Contract, GatewayClient, open_http
from merchant_portal.alipay.messages import CodeDetails, Region
from merchant_portal.alipay.signing import SignType
from tests.alipay.gateways import LoopbackGateway
from tests.alipay.rsa import RSAPair, make_rsa_pair
from tests.alipay.samples import HK_PARTNER, PARTNER, SAMPLE_KEY
from tests.alipay.shops import OpenShop, Shop, contract_with
from tests.alipay_side import AlipaySide

# A busy machine must not turn a property into a question of speed.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

NOW = datetime(2026, 11, 20, 11, 41, 16, tzinfo=UTC)  # 19:41:16 in GMT+8, as in sample 01


@pytest.fixture(scope="session")
def rsa2() -> RSAPair:
    return make_rsa_pair(2048, SignType.RSA2)


@pytest.fixture(scope="session")
def rsa1() -> RSAPair:
    return make_rsa_pair(1024, SignType.RSA)


@pytest.fixture
def gateway() -> Iterator[LoopbackGateway]:
    with LoopbackGateway() as running:
        yield running


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with open_http(timeout_seconds=2.0) as client:
        yield client


@pytest.fixture
def contract(gateway: LoopbackGateway) -> Contract:
    return Contract(
        partner=PARTNER,
        region=Region.GLOBAL,
        sign_type=SignType.MD5,
        gateway_url=gateway.url,
        signing_key=SAMPLE_KEY,
        verifying_keys=(SAMPLE_KEY,),
    )


@pytest.fixture
def hk_contract(contract: Contract) -> Contract:
    return replace(contract, partner=HK_PARTNER, region=Region.HK)


@pytest.fixture
def client_for(http: httpx.Client) -> Callable[[Contract], GatewayClient]:
    return lambda contract: GatewayClient(contract, http=http, now=lambda: NOW)


@pytest.fixture
def client(client_for: Callable[[Contract], GatewayClient], contract: Contract) -> GatewayClient:
    return client_for(contract)


@pytest.fixture
def noodle_bar() -> CodeDetails:
    """The shop of sample 01."""
    return CodeDetails(
        secondary_merchant_industry="5812",
        secondary_merchant_id="M0001",
        secondary_merchant_name="Harbour Noodle Bar",
        store_id="S0001",
        store_name="Harbour Noodle Bar Pier 3",
        trans_currency="USD",
        currency="USD",
        country_code="US",
        address="1 Example Pier, Springfield",
        sys_service_provider_id="2088123456789012",
        passback_parameters='{"till":"7"}',
    )


@pytest.fixture
def hk_noodle_bar() -> CodeDetails:
    """The shop of sample 04, without its service charge."""
    return CodeDetails(
        secondary_merchant_industry="5812",
        secondary_merchant_id="HK0001",
        secondary_merchant_name="海旁麵家",
        store_id="S0001",
        store_name="海旁麵家 中環店",
        trans_currency="HKD",
        currency="HKD",
        country_code="HK",
        address="中環碼頭3號",
    )


@pytest.fixture
def open_shop(
    alipay: AlipaySide, rsa2: RSAPair, noodle_bar: CodeDetails, hk_noodle_bar: CodeDetails
) -> Iterator[OpenShop]:
    http = open_http(timeout_seconds=2.0)

    def opened(region: Region, sign_type: SignType) -> Shop:
        details = hk_noodle_bar if region is Region.HK else noodle_bar
        contract = contract_with(alipay, region, sign_type, rsa2)
        client = GatewayClient(contract, http=http, now=lambda: datetime.now(UTC))
        return Shop(alipay, contract, client, details)

    with http:
        yield opened


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop(Region.GLOBAL, SignType.RSA2)
