"""A counter that sells, in either generation of the interface, and its customers."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from merchant_portal import clock
from merchant_portal.access import Role
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, KeyPurpose
from merchant_portal.alipay.signing import SignType
from qrcodes import services as codes
from qrcodes.models import Counter, Store
from qrcodes.states import DeviceUse
from tests import factories
from tests.alipay.rsa import RSAPair, make_rsa_pair
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.sales.till import Till

CLIENT = "211000000000000000001"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=clock.GMT8)


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    """Noon in GMT+8, here and at Alipay; time stands still until somebody moves it."""
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


@pytest.fixture(params=["gateway", "json"])
def interface(request: pytest.FixtureRequest) -> str:
    """Each generation of the interface in turn."""
    spoken: str = request.param
    return spoken


@pytest.fixture(scope="session")
def pair() -> RSAPair:
    return make_rsa_pair(2048, SignType.RSA2)


@pytest.fixture
def selling(
    account: Account, store: Store, interface: str, alipay: AlipaySide, pair: RSAPair
) -> Account:
    """The account under which the store sells."""
    codes.enrol_store(store, account=account, actor=ACTOR)
    if interface == "json":
        speak_json(account, alipay, pair)
    return account


@pytest.fixture
def till(
    selling: Account,
    counter: Counter,
    alipay: AlipaySide,
    traveller: time_machine.Traveller,
    client: Client,
) -> Till:
    return Till(counter, selling, alipay, traveller, client)


@pytest.fixture
def hk_till(
    hk_account: Account,
    alipay: AlipaySide,
    traveller: time_machine.Traveller,
    client: Client,
) -> Till:
    store = factories.store(code="STAR", currency="HKD")
    codes.enrol_store(store, account=hk_account, actor=ACTOR)
    return Till(factories.counter(store), hk_account, alipay, traveller, client)


def speak_json(account: Account, alipay: AlipaySide, pair: RSAPair) -> None:
    """From now on the account sells through the JSON API."""
    told = alipay.add_client(
        client_id=CLIENT,
        partner_id=account.partner_id,
        merchant_public_key_pem=pair.private.public_pem(),
        key_version="1",
    )
    account.client_id, account.json_url = CLIENT, alipay.url
    account.save()
    for purpose, text in (
        (KeyPurpose.OURS, pair.private.pem),
        (KeyPurpose.ALIPAY, told["alipay_public_key_pem"]),
    ):
        accounts.add_key(account, purpose=purpose, algorithm="RSA2", text=text, actor=ACTOR)


@pytest.fixture
def pair_device(till: Till) -> Callable[..., Client]:
    """A device that somebody has just paired with the till's counter."""

    def make(use: DeviceUse = DeviceUse.STAFF) -> Client:
        manager = factories.person(Role.MANAGER, name=f"pairs {use}", store=till.counter.store)
        offered = codes.offer_pairing(
            till.counter, name="Tablet", shows_takings=False, use=use, by=manager, actor=ACTOR
        )
        device = Client()
        device.post(reverse("device_pair"), {"code": offered.code})
        return device

    return make


@pytest.fixture
def device(pair_device: Callable[..., Client]) -> Client:
    return pair_device()
