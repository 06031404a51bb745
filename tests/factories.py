"""Rows for tests, with as little said as possible."""

from datetime import timedelta

from django.contrib.auth.hashers import make_password

from merchant_portal import clock
from merchant_portal.access import Role
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, KeyPurpose, SignType
from merchant_portal.audit import Actor
from merchant_portal.models import StepUp, User
from payments.models import Payment, PaymentMove, Sale
from payments.states import Interface, PaymentState, Product
from qrcodes.models import Counter, Membership, Merchant, Registrant, Store
from tests.alipay_side import AlipaySide

ACTOR = Actor("a test")
TEST_MD5_KEY = "testkey0only0for0tests0testkey00"
GLOBAL_PARTNER = "2088000000000101"
#: What everybody types where money goes back.
PIN = "3925"
HK_PARTNER = "2088000000000119"


def account(
    alipay: AlipaySide, *, region: str = "global", partner_id: str = "", **terms: object
) -> Account:
    """An account with an MD5 key, known at the simulator."""
    partner_id = partner_id or (HK_PARTNER if region == "hk" else GLOBAL_PARTNER)
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


def sale(counter: Counter, *, account: Account, **more: object) -> Sale:
    """A sale begun at a counter, which the customer's code has paid; ``more`` is of the payment
    or, where that has no such column, of the sale."""
    now = clock.now()
    number = f"S20260318{Sale.objects.count() + 1:016d}"
    columns = {
        "account": account,
        "product": Product.BARCODE,
        "store": counter.store,
        "counter": counter,
        "partner_trans_id": number,
        "alipay_trans_id": f"2026031822001155{account.pk:06d}{Sale.objects.count():06d}",
        "amount_minor": 1250,
        "currency": counter.store.pricing_currency,
        "state": PaymentState.PAID,
        "paid_at": now,
        "occurred_at": now,
        "first_heard_at": now,
    }
    about = {
        "interface": Interface.GATEWAY,
        "description": "Noodles",
        "begun_by_name": "a test",
        "code_hint": "28***********2301",
        "sent_at": now,
        "ends_at": now + timedelta(minutes=1),
    }
    names = {field.name for field in Sale._meta.get_fields()}
    columns |= {name: value for name, value in more.items() if name not in names}
    about |= {name: value for name, value in more.items() if name in names}
    payment = Payment.objects.create(**columns)
    PaymentMove.objects.create(payment=payment, to_state=payment.state, at=now, actor_name="a test")
    return Sale.objects.create(payment=payment, **about)


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
