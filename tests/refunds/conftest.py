"""A payment of today, and the people who give money back."""

from collections.abc import Callable

import pytest

from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.models import User
from payments.models import Payment
from qrcodes import services as codes
from qrcodes.models import QRCode
from tests import factories
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR


@pytest.fixture
def paid(code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]]) -> Payment:
    """USD 12.50, paid just now."""
    alipay.pay(code.value, "12.50")
    assert carry() == ["success"]
    return Payment.objects.get()


@pytest.fixture
def asker(cashier: User) -> Actor:
    return Actor.person(cashier)


@pytest.fixture
def approver(finance: User) -> Actor:
    return Actor.person(finance)


@pytest.fixture
def hk_paid(hk_account: Account, alipay: AlipaySide, carry: Callable[[], list[str]]) -> Payment:
    """HKD 88.00 in Hong Kong, paid just now."""
    counter = factories.counter(factories.store(code="STAR", currency="HKD"))
    enrolment = codes.enrol_counter(counter, account=hk_account, actor=ACTOR)
    code = codes.send_code(codes.make_code(enrolment, actor=ACTOR))
    alipay.pay(code.value, "88.00")
    carry()
    return Payment.objects.get(currency="HKD")
