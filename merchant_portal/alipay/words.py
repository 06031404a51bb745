"""Words of the wire with a fixed list of values, in Alipay's own spelling."""

from enum import StrEnum


class Region(StrEnum):
    """Which of the two products an account belongs to; they differ in limits, names and keys."""

    GLOBAL = "global"
    HK = "hk"


class TradeStatus(StrEnum):
    """Where a payment stands at Alipay.

    `TRADE_CLOSED` alone does not mean "never paid": a payment refunded in full reads the same
    (docs.antom.com/ac/merchantqrcode/mainflow).
    """

    WAIT_BUYER_PAY = "WAIT_BUYER_PAY"
    TRADE_SUCCESS = "TRADE_SUCCESS"
    TRADE_CLOSED = "TRADE_CLOSED"
    TRADE_FINISHED = "TRADE_FINISHED"
    TRADE_PENDING = "TRADE_PENDING"


class CodeStatus(StrEnum):
    """What `alipay.commerce.qrcode.modifyStatus` can ask for; DELETE is final."""

    STOP = "STOP"
    RESTART = "RESTART"
    DELETE = "DELETE"


class ChannelFeeType(StrEnum):
    """A service charge on top of the price: an amount, or a fraction of the price."""

    FIXED = "FIXED"
    RATE = "RATE"


class JSONForm(StrEnum):
    """How a member that is itself JSON travels inside `biz_data`."""

    OBJECT = "object"
    TEXT = "text"
