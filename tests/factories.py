"""Rows for tests, with as little said as possible."""

from django.contrib.auth.hashers import make_password

from merchant_portal.access import Role
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, KeyPurpose, SignType
from merchant_portal.audit import Actor
from merchant_portal.models import StepUp, User
from qrcodes.models import Counter, Membership, Merchant, Registrant, Store
from tests.alipay_side import AlipaySide

ACTOR = Actor("a test")
TEST_MD5_KEY = "testkey0only0for0tests0testkey00"
GLOBAL_PARTNER = "2088000000000101"
#: What everybody types where money goes back.
PIN = "3925"
HK_PARTNER = "2088000000000119"


def account(alipay: AlipaySide, *, region: str = "global", **terms: object) -> Account:
    """An account with an MD5 key, known at the simulator."""
    partner_id = HK_PARTNER if region == "hk" else GLOBAL_PARTNER
    alipay.add_partner(
        partner_id=partner_id, region=region, sign_types=["MD5"], md5_key=TEST_MD5_KEY
    )
    made = accounts.save_account(
        partner_id=partner_id,
        region=region,
        actor=ACTOR,
        terms={
            "name": f"Test {region}",
            "sign_type": SignType.MD5,
            "gateway_url": alipay.gateway_url,
            "settlement_currency": "HKD" if region == "hk" else "USD",
            **terms,
        },
    )
    add_md5_key(made, TEST_MD5_KEY)
    return made


def add_md5_key(account: Account, text: str) -> None:
    accounts.add_key(
        account, purpose=KeyPurpose.SHARED, algorithm=SignType.MD5, text=text, actor=ACTOR
    )


def store(*, code: str = "PIER3", currency: str = "USD", merchant: Merchant | None = None) -> Store:
    return Store.objects.create(
        merchant=merchant or _merchant("HARBOUR", "Harbour Noodle Bar"),
        code=code,
        name=f"Harbour Noodle Bar {code}",
        country="US",
        pricing_currency=currency,
        time_zone="America/New_York",
    )


def other_store() -> Store:
    """A store of somebody else."""
    return store(code="OTHER", merchant=_merchant("OTHER", "Hill Tea House"))


def counter(store: Store, *, number: int = 1) -> Counter:
    return Counter.objects.create(store=store, code=f"C{number}", name=f"Counter {number}")


def registrant(merchant: Merchant) -> Registrant:
    """Who stands behind a merchant: what Alipay asks of acquirers, and no more."""
    return Registrant.objects.create(
        merchant=merchant,
        type="ENTERPRISE",
        registration_no="7301-22",
        register_country="US",
        register_address="3 Pier Street, New York",
        contact_no="+1 212 555 0100",
    )


def person(role: Role, *, name: str = "", store: Store | None = None) -> User:
    """Somebody with a role: at one store, or everywhere."""
    user = User.objects.create(username=name or role.value)
    StepUp.objects.create(user=user, pin_hash=make_password(PIN))
    membership = Membership.objects.create(
        user=user, role=role, merchant=store.merchant if store else None
    )
    if store:
        membership.stores.add(store)
    return user


def _merchant(number: str, name: str) -> Merchant:
    merchant, _ = Merchant.objects.get_or_create(
        secondary_merchant_id=number, defaults={"name": name, "mcc": "5812"}
    )
    return merchant
