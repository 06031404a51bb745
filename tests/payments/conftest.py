import pytest

from merchant_portal.accounts.models import Account
from qrcodes import services as codes
from qrcodes.models import QRCode
from tests import factories
from tests.factories import ACTOR


@pytest.fixture
def hk_code(hk_account: Account) -> QRCode:
    """An active code in Hong Kong."""
    store = factories.store(currency="HKD")
    enrolment = codes.enrol_counter(factories.counter(store), account=hk_account, actor=ACTOR)
    return codes.send_code(codes.make_code(enrolment, actor=ACTOR))
