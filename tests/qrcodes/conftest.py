"""What tests of codes need: an enrolled counter, and a Hong Kong account that signs with RSA2."""

from collections.abc import Callable

import pytest

from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, KeyPurpose, SignType
from qrcodes import services as codes
from qrcodes.models import Enrolment, QRCode, Store
from tests import factories
from tests.alipay_side import AlipaySide
from tests.conftest import ACTOR
from tests.keys import rsa_pair


@pytest.fixture
def enrolment(account: Account, store: Store) -> Enrolment:
    return codes.enrol_counter(factories.counter(store), account=account, actor=ACTOR)


@pytest.fixture
def asked(enrolment: Enrolment) -> QRCode:
    """A code that was asked for, and for which no call was made yet."""
    return codes.make_code(enrolment, actor=ACTOR)


@pytest.fixture
def hk_enrolment(hk_account: Account) -> Enrolment:
    store = factories.store(code="CENTRAL", currency="HKD")
    return codes.enrol_counter(factories.counter(store), account=hk_account, actor=ACTOR)


@pytest.fixture
def rsa2_in_hong_kong(alipay: AlipaySide, hk_account: Account) -> Callable[..., Account]:
    """Let the Hong Kong account sign with RSA2, keeping its MD5 key or losing it."""

    def change(*, keeps_md5_key: bool) -> Account:
        private, public = rsa_pair()
        alipay_key = alipay.add_partner(
            partner_id=factories.HK_PARTNER,
            sign_types=["RSA2", "MD5"],
            merchant_public_key_pem=public,
        )["alipay_public_key_pem"]
        account = accounts.save_account(
            partner_id=factories.HK_PARTNER,
            region="hk",
            actor=ACTOR,
            terms={"sign_type": SignType.RSA2},
        )
        for purpose, text in ((KeyPurpose.OURS, private), (KeyPurpose.ALIPAY, alipay_key)):
            accounts.add_key(
                account, purpose=purpose, algorithm=SignType.RSA2, text=text, actor=ACTOR
            )
        if not keeps_md5_key:
            key = account.keys.get(purpose=KeyPurpose.SHARED)
            accounts.retire_key(key, actor=ACTOR, confirmed_fingerprint=key.fingerprint)
        return account

    return change
