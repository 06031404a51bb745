"""What the small Alipay remembers of payments that a shop begins: sales by payment code, orders.

Instants are seconds since 1970; amounts are decimal text in the currency's own decimals, also
those of the JSON API, which writes minor units on the wire alone.
"""

import json
from dataclasses import dataclass
from typing import Any

from .records import Product, Record


@dataclass(frozen=True)
class PaymentCode(Record):
    """What a buyer's wallet shows: digits for one payment, and what the buyer will do.

    `password_from`: from this amount on the buyer is asked for the password; empty: never.
    `used_for`: the order number it was charged for.
    """

    table = "payment_codes"
    key = "digits"

    digits: str
    wallet: str
    buyer: str
    outcome: str
    password_from: str
    shown_at: float
    expires_at: float
    used_for: str = ""


@dataclass(frozen=True)
class Order(Record):
    """One sale or order of a merchant, under the merchant's own number, also a refused one.

    `client_id` is empty for gateway.do. `trade_no` is empty while no trade exists. `error` is the
    code it was refused or ended with. `decision` (`paid`, `fails`) falls at `decide_at`.
    """

    table = "orders"
    key = "order_id"

    order_id: int | None
    partner_id: str
    order_number: str
    product: str
    client_id: str
    trade_no: str
    qrcode: str
    payment_code: str
    amount: str
    currency: str
    settlement_currency: str
    subject: str
    shop: str
    reference: str
    notify_url: str
    passback: str
    sign_type: str
    charset: str
    error: str
    created_at: float
    code_expires_at: float | None
    expires_at: float | None
    decision: str = ""
    decide_at: float | None = None

    @property
    def terms(self) -> dict[str, Any]:
        """The shop's members, named as those of a code's biz_data."""
        return dict(json.loads(self.shop))

    @property
    def is_order_code(self) -> bool:
        """Whether a code was made for it; else the buyer's code was scanned."""
        return self.product == Product.ORDER_CODE


@dataclass(frozen=True)
class Client(Record):
    """A client id of the JSON API and its contract; empty lists permit everything."""

    table = "clients"
    key = "client_id"

    client_id: str
    partner_id: str
    alipay_private_key_pem: str
    agent_token: str
    settlement_currencies: str
    merchant_regions: str
    calls: str
    notify_url: str
    issued_with: str
    signature_word: str
    checks_request_time: int
    notifies_failures: int

    def may_call(self, call: str) -> bool:
        """Whether the contract covers the call."""
        return not self.calls or call in self.calls.split(",")


@dataclass(frozen=True)
class ClientKey(Record):
    """One of the merchant's public keys, under the version that requests name."""

    table = "client_keys"
    key = "key_id"

    key_id: int | None
    client_id: str
    key_version: str
    public_key_pem: str


@dataclass(frozen=True)
class AgentToken(Record):
    """What an integrator with a contract of its own sends for one of its merchants, by the
    merchant's `referenceMerchantId`."""

    table = "agent_tokens"
    key = "token_id"

    token_id: int | None
    client_id: str
    merchant_id: str
    token: str
