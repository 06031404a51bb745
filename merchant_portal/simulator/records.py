"""What the small Alipay remembers: one frozen record per row of its books.

Instants are seconds since 1970; amounts are decimal text in the currency's own decimals.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from .signing import SignType

PAYMENT_ID_LENGTH = 32  # Of the JSON API; a trade of gateway.do has a number of 28 digits.
ORDER_CODE_MARKS = ("bax", "28100204")  # How the texts of order codes begin, after the slash.


class Region(StrEnum):
    """Which of the two products a partner has signed for."""

    GLOBAL = "global"
    HK = "hk"


class CodeState(StrEnum):
    """The life of a code; DELETED is final."""

    ACTIVE = "ACTIVE"
    STOPPED = "STOPPED"
    DELETED = "DELETED"


class TradeStatus(StrEnum):
    """Alipay's words for where a trade stands."""

    WAIT_BUYER_PAY = "WAIT_BUYER_PAY"
    TRADE_SUCCESS = "TRADE_SUCCESS"
    TRADE_PENDING = "TRADE_PENDING"
    TRADE_FINISHED = "TRADE_FINISHED"
    TRADE_CLOSED = "TRADE_CLOSED"


class Wallet(StrEnum):
    """Which wallet the buyer holds."""

    ALIPAYCN = "ALIPAYCN"
    ALIPAYHK = "ALIPAYHK"


class Product(StrEnum):
    """What began a trade: the code on a counter, the buyer's code, the code of one order."""

    SHOP_CODE = "shop_code"
    BARCODE = "barcode"
    ORDER_CODE = "order_code"


class Origin(StrEnum):
    """Where money going back was asked for."""

    GATEWAY = "gateway"
    PORTAL = "portal"


class RefundState(StrEnum):
    """Where a refund stands, in the words of the refund query."""

    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    FAIL = "FAIL"


class CancelAction(StrEnum):
    """What a cancel did, in Alipay's words; nothing if there was no trade."""

    CLOSE = "close"
    REFUND = "refund"
    NOTHING = ""


class NoticeState(StrEnum):
    """Where a notice stands in the outbox."""

    WAITING = "WAITING"
    HELD = "HELD"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    GIVEN_UP = "GIVEN_UP"
    LOST = "LOST"
    UNDELIVERABLE = "UNDELIVERABLE"


@dataclass(frozen=True)
class Record:
    """A row; `table` and `key` say where it is kept."""

    table: ClassVar[str]
    key: ClassVar[str]


@dataclass(frozen=True)
class Partner(Record):
    """A contract: who may call, signed how, and for which services ("" means all)."""

    table = "partners"
    key = "partner_id"

    partner_id: str
    region: str
    sign_types: str
    md5_key: str
    merchant_public_key_pem: str
    alipay_private_key_pem: str
    seller_email: str
    notify_with: str
    services: str
    answer_charset: str
    refund_window_days: int

    def allows(self, sign_type: SignType) -> bool:
        """Whether the contract names this algorithm."""
        return sign_type in self.sign_types.split(",")

    def holds_key_for(self, sign_type: SignType) -> bool:
        """Whether a merchant key has been uploaded for this algorithm."""
        if sign_type is SignType.MD5:
            return bool(self.md5_key)
        return bool(self.merchant_public_key_pem)

    def may_call(self, service: str) -> bool:
        """Whether the contract covers the service."""
        return not self.services or service in self.services.split(",")


@dataclass(frozen=True)
class Code(Record):
    """A permanent code for one store, with or without a service charge."""

    table = "codes"
    key = "qrcode"

    qrcode: str
    partner_id: str
    secondary_merchant_id: str
    store_key: str
    with_fee: int
    state: str
    biz_data: str
    notify_url: str
    charset: str
    created_at: float

    @property
    def terms(self) -> dict[str, Any]:
        """The members of biz_data."""
        return dict(json.loads(self.biz_data))


@dataclass(frozen=True)
class Trade(Record):
    """One buyer's payment; `discount` is a merchant coupon in settlement currency."""

    table = "trades"
    key = "trade_no"

    trade_no: str
    out_trade_no: str
    partner_id: str
    qrcode: str
    biz_data: str
    status: str
    amount: str
    currency: str
    settlement_amount: str
    settlement_currency: str
    settlement_rate: str
    discount: str
    wallet: str
    buyer_login: str
    buyer_id: str
    created_at: float
    paid_at: float | None
    refunded: str

    @property
    def terms(self) -> dict[str, Any]:
        """The members of biz_data when the buyer paid."""
        return dict(json.loads(self.biz_data))

    @property
    def product(self) -> Product:
        """What began it: a scan of the buyer's code leaves no code of the shop's."""
        if not self.qrcode:
            return Product.BARCODE
        token = self.qrcode.rsplit("/", 1)[-1]
        return Product.ORDER_CODE if token.startswith(ORDER_CODE_MARKS) else Product.SHOP_CODE

    @property
    def is_by_json(self) -> bool:
        """Whether the JSON API knows it: payment ids are longer than trade numbers."""
        return len(self.trade_no) == PAYMENT_ID_LENGTH

    @property
    def refundable(self) -> Decimal:
        """What has not gone back yet."""
        return Decimal(self.amount) - Decimal(self.refunded)


@dataclass(frozen=True)
class Refund(Record):
    """Money to give back. `accepted`: the answer was SUCCESS; `next_at`: when it runs next."""

    table = "refunds"
    key = "refund_id"

    refund_id: int | None
    partner_id: str
    trade_no: str
    out_biz_no: str
    amount: str
    currency: str
    reason: str
    origin: str
    is_sync: str
    notify_url: str
    state: str
    accepted: int
    error: str
    runs: int
    requested_at: float
    next_at: float | None
    refunded_at: float | None
    returned_at: float | None


@dataclass(frozen=True)
class Cancel(Record):
    """A trade undone whole; `amount` is what went back, and Alipay's fee with it."""

    table = "cancels"
    key = "cancel_id"

    cancel_id: int | None
    partner_id: str
    trade_no: str
    out_trade_no: str
    action: str
    amount: str
    currency: str
    fee_returned: int
    origin: str
    cancelled_at: float


@dataclass(frozen=True)
class Notice(Record):
    """A notification on its way; `fields` are what is signed, without sending time."""

    table = "notices"
    key = "notice_id"

    notice_id: int | None
    notify_id: str
    partner_id: str
    trade_no: str
    url: str
    fields: str
    sign_type: str
    charset: str
    state: str
    attempts: int
    copies: int
    created_at: float
    next_at: float | None
    prepared_body: str
    last_status: int | None
    last_answer: str


@dataclass(frozen=True)
class Attempt(Record):
    """One sending of a notice and what the merchant answered (status None: no answer)."""

    table = "attempts"
    key = "attempt_id"

    attempt_id: int | None
    notice_id: int
    attempted_at: float
    body: str
    status: int | None
    answer: str


@dataclass(frozen=True)
class Mishap(Record):
    """A switched-on mishap; `times` None lasts for ever, empty service or partner means any."""

    table = "mishaps"
    key = "mishap_id"

    mishap_id: int | None
    name: str
    value: str
    times: int | None
    service: str
    partner_id: str
