"""What Alipay says about one trade, in one form, whether a notification or an answer said it."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from merchant_portal.accounts.models import GatewayCall
from merchant_portal.alipay.messages import TradeStatus
from merchant_portal.money import AmountUnusable, Money
from payments.errors import WordUnusable
from payments.models import Notification
from payments.states import WaitReason
from qrcodes.models import QRCode

log = structlog.get_logger(__name__)

#: Statuses with which money has been taken (overseas.query; acquire family).
TAKEN = frozenset(
    {TradeStatus.TRADE_SUCCESS, TradeStatus.TRADE_FINISHED, TradeStatus.TRADE_PENDING}
)
_LONGEST_NUMBER = 64
_MASK = "***"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a payment was made, as far as it is known."""

    store_id: int | None = None
    counter_id: int | None = None
    code: QRCode | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """What Alipay said about one trade. ``amount`` is None where none was given."""

    status: TradeStatus
    alipay_trans_id: str
    partner_trans_id: str
    amount: Money | None
    paid_at: datetime | None
    buyer: str
    wallet: str
    place: Place
    discount_text: str = ""
    #: Why it ended unpaid, in Alipay's own word, where Alipay said so.
    reason: str = ""
    notification: Notification | None = None
    call: GatewayCall | None = None

    def __post_init__(self) -> None:
        for number in (self.alipay_trans_id, self.partner_trans_id):
            if len(number) > _LONGEST_NUMBER:
                raise WordUnusable(WaitReason.NUMBER_UNUSABLE, f"{number[:_LONGEST_NUMBER]}…")

    @property
    def is_query(self) -> bool:
        return self.call is not None

    @property
    def actor_name(self) -> str:
        return "Alipay, asked" if self.is_query else "Alipay"

    @property
    def says_taken(self) -> bool:
        """Money was taken, whatever became of it later (a closed trade may carry a pay time)."""
        return self.status in TAKEN or (
            self.status == TradeStatus.TRADE_CLOSED and self.paid_at is not None
        )

    @property
    def says_closed_unpaid(self) -> bool:
        return self.status == TradeStatus.TRADE_CLOSED and self.paid_at is None


def read_amount(text: str, currency: str) -> Money:
    """An amount of the wire; raises WordUnusable."""
    try:
        return Money.parse(text, currency)
    except AmountUnusable as unusable:
        raise WordUnusable(WaitReason.UNUSABLE_AMOUNT, str(unusable)) from unusable


def read_discount(text: str, currency: str) -> Money | None:
    """The merchant's discount; one that cannot be read is not booked, so it stops no payment."""
    if not text.strip("0."):
        return None
    try:
        return Money.parse(text, currency)
    except AmountUnusable as unusable:
        log.warning("discount_unusable", problem=str(unusable))
        return None


def masked(login: str) -> str:
    """A buyer's login as it may be shown; Alipay masks most of them itself."""
    if not login or "*" in login:
        return login[:100]
    name, at, host = login.partition("@")
    if at:
        return f"{name[:3]}{_MASK}@{host}"[:100]
    return f"{name[:3]}{_MASK}{name[-2:]}" if len(name) > 6 else _MASK
