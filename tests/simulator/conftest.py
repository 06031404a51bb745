from collections.abc import Iterator

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from merchant_portal.simulator.server import Simulator

from .json_shop import JSONShop, register
from .wire import GLOBAL_PARTNER, HK_PARTNER, HK_TERMS, MD5_KEY, Merchant


@pytest.fixture(scope="session")
def _running() -> Iterator[Simulator]:
    with Simulator(automatic_delivery=False) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as http:
        yield http


@pytest.fixture
def shop(_running: Simulator, _http: httpx.Client) -> Merchant:
    """A global partner that signs with MD5; the small Alipay is empty otherwise."""
    merchant = Merchant(_running.url, _http)
    merchant.control("reset")
    merchant.control("delivery", automatic=False, ladder_scale=1.0, timeout_seconds=2)
    merchant.control("partners", partner_id=GLOBAL_PARTNER, region="global", md5_key=MD5_KEY)
    return merchant


@pytest.fixture
def hk_shop(shop: Merchant) -> Merchant:
    """An AlipayHK partner that signs with MD5."""
    shop.control("partners", partner_id=HK_PARTNER, region="hk", md5_key=MD5_KEY)
    return shop.with_changes(partner=HK_PARTNER, terms=dict(HK_TERMS))


@pytest.fixture(scope="session")
def key_pair() -> tuple[str, str]:
    """A test key of the merchant: private and public half in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM,
        serialization.PublicFormat.SubjectPublicKeyInfo,
    )
    return private.decode(), public.decode()


@pytest.fixture
def till(shop: Merchant, key_pair: tuple[str, str]) -> JSONShop:
    """A client id of the JSON API, at the global partner."""
    return register(shop, key_pair)
