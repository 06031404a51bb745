"""An acquirer's account with two secondary merchants, in a portal that runs.

Made in the environment of the portal, through the verbs its pages use.
"""

from typing import Any

import httpx

from merchant_portal.access import Role
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Integration, KeyPurpose, Region, SignType
from merchant_portal.audit import COMMAND_LINE
from qrcodes import services as codes
from qrcodes.models import Counter, Merchant, Store

PARTNER = "2088000000000404"
#: Their names, and the stores each has.
MERCHANTS = {"HILL": ("Hill Tea House", "HILLTOP"), "QUAY": ("Quay Bakery", "QUAYSIDE")}
ROLES = (Role.CASHIER, Role.MANAGER)
_MD5_KEY = "acquirer0key0for0the0journeys000"


def username(role: str, merchant: str) -> str:
    """Who has a role at a merchant."""
    return f"{merchant.lower()}-{role}"


def make(simulator_url: str, password: str) -> None:
    """Sign the contract at Alipay's side and fill the portal's."""
    partner: dict[str, Any] = {
        "partner_id": PARTNER,
        "region": "global",
        "sign_types": ["MD5"],
        "md5_key": _MD5_KEY,
    }
    address = f"{simulator_url}/control/partners"
    httpx.post(address, json=partner, trust_env=False).raise_for_status()
    account = accounts.save_account(
        partner_id=PARTNER,
        region=Region.GLOBAL,
        actor=COMMAND_LINE,
        terms={
            "name": "Acquirer",
            "sign_type": SignType.MD5,
            "gateway_url": f"{simulator_url}/gateway.do",
            "settlement_currency": "USD",
            "integration": Integration.ACQUIRER,
        },
    )
    accounts.add_key(
        account,
        purpose=KeyPurpose.SHARED,
        algorithm=SignType.MD5,
        text=_MD5_KEY,
        actor=COMMAND_LINE,
    )
    for number, (name, code) in MERCHANTS.items():
        merchant = Merchant.objects.create(secondary_merchant_id=number, name=name, mcc="5812")
        store = Store.objects.create(
            merchant=merchant,
            code=code,
            name=f"{name} {code}",
            country="US",
            address="3 Pier Street, New York",
            pricing_currency="USD",
            time_zone="America/New_York",
        )
        Counter.objects.create(store=store, code="C1", name="Counter 1")
        codes.enrol_store(store, account=account, actor=COMMAND_LINE)
        for role in ROLES:
            codes.add_person(
                username=username(role.value, number),
                password=password,
                role=role,
                merchant=merchant,
                actor=COMMAND_LINE,
            )
