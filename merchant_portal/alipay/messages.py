"""The messages of the protocol in one place, for those who import them."""

from merchant_portal.alipay.answers import CodeAnswer, TradeAnswer
from merchant_portal.alipay.code_details import ChannelFee, CodeDetails
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.notifications import (
    Notice,
    Posted,
    parse_posted,
    read_notice,
    verify_posted,
)
from merchant_portal.alipay.words import (
    ChannelFeeType,
    CodeStatus,
    JSONForm,
    Region,
    TradeStatus,
)

__all__ = [
    "ChannelFee",
    "ChannelFeeType",
    "CodeAnswer",
    "CodeDetails",
    "CodeStatus",
    "Exchange",
    "JSONForm",
    "Notice",
    "Posted",
    "Region",
    "TradeAnswer",
    "TradeStatus",
    "parse_posted",
    "read_notice",
    "verify_posted",
]
