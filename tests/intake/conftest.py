"""A counter whose code Alipay posts notices about; no gateway is needed for any of it."""

import pytest
from django.test import Client

from merchant_portal import clock
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, SignType
from qrcodes.models import Counter, Enrolment, QRCode, QRCodeMove
from qrcodes.states import CodeKind, CodeState
from tests import factories
from tests.intake.wire import Postman


@pytest.fixture
def seller(db: None) -> Account:
    """A global account with an MD5 key; pricing and settlement currency are alike."""
    return make_account(factories.GLOBAL_PARTNER, region="global", currency="USD")


@pytest.fixture
def till(seller: Account, counter: Counter) -> QRCode:
    """The active code of a counter."""
    return make_code(seller, counter)


@pytest.fixture
def postman(client: Client, till: QRCode) -> Postman:
    return Postman(client, till)


def make_account(partner_id: str, *, region: str, currency: str, key: str = "") -> Account:
    account = accounts.save_account(
        partner_id=partner_id,
        region=region,
        actor=factories.ACTOR,
        terms={
            "name": f"Test {partner_id}",
            "sign_type": SignType.MD5,
            "gateway_url": "http://127.0.0.1:9/gateway.do",
            "settlement_currency": currency,
        },
    )
    factories.add_md5_key(account, key or factories.TEST_MD5_KEY)
    return account


def make_code(account: Account, counter: Counter, *, currency: str = "USD") -> QRCode:
    enrolment = Enrolment.objects.create(
        account=account,
        store=counter.store,
        counter=counter,
        secondary_merchant_id=counter.store.merchant.secondary_merchant_id,
        alipay_store_id=f"{counter.store.code}-{counter.code}",
        pricing_currency=currency,
        settlement_currency=account.settlement_currency,
    )
    code = QRCode.objects.create(
        enrolment=enrolment,
        kind=CodeKind.PLAIN,
        version=1,
        value=f"https://qr.alipay.com/ocx{enrolment.pk:020d}",
        state=CodeState.ACTIVE,
        wanted_state=CodeState.ACTIVE,
        notify_url="https://portal.example/",
        created_at=clock.now(),
    )
    for before, after in (("", CodeState.ADOPTING), (CodeState.ADOPTING, CodeState.ACTIVE)):
        QRCodeMove.objects.create(
            code=code, from_state=before, to_state=after, at=clock.now(), actor_name="a test"
        )
    return code
