"""A counter that sells, in either generation of the interface, and its customers."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from qrcodes import services as codes
from qrcodes.models import Counter, Store
from tests import factories
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.sales.till import Till

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=clock.GMT8)


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    """Noon in GMT+8, here and at Alipay; time stands still until somebody moves it."""
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


@pytest.fixture
def selling(account: Account, store: Store) -> Account:
    """The account under which the store sells at the gateway."""
    codes.enrol_store(store, account=account, actor=ACTOR)
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


@pytest.fixture
def carry(till: Till) -> Callable[[], list[str]]:
    return till.carry
