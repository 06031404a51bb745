"""The messages of the protocol in one place, for those who import them."""

from merchant_portal.alipay.answers import CodeAnswer
from merchant_portal.alipay.cancels import CancelAnswer
from merchant_portal.alipay.code_details import ChannelFee, CodeDetails
from merchant_portal.alipay.counter_payments import PayAnswer, PayRequest, TradeInformation
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.notifications import (
    Notice,
    Posted,
    parse_posted,
    read_notice,
    verify_posted,
)
from merchant_portal.alipay.order_codes import GoodsDetail, OrderCodeAnswer, OrderCodeRequest
from merchant_portal.alipay.payment_codes import PaymentCode
from merchant_portal.alipay.refunds import RefundAnswer, RefundQueryAnswer
from merchant_portal.alipay.registrations import (
    Registrant,
    RegistrationAnswer,
    ReviewAnswer,
    StoreRegistration,
)
from merchant_portal.alipay.shops import ShopDetails
from merchant_portal.alipay.trades import TradeAnswer
from merchant_portal.alipay.words import (
    CancelAction,
    ChannelFeeType,
    CodeStatus,
    IdentityCodeType,
    JSONForm,
    MerchantType,
    PayOutcome,
    PayWords,
    RefundMode,
    RefundQueryWords,
    RefundResult,
    Region,
    ReviewStatus,
    TimeForm,
    TradeStatus,
)

__all__ = [
    "CancelAction",
    "CancelAnswer",
    "ChannelFee",
    "ChannelFeeType",
    "CodeAnswer",
    "CodeDetails",
    "CodeStatus",
    "Exchange",
    "GoodsDetail",
    "IdentityCodeType",
    "JSONForm",
    "MerchantType",
    "Notice",
    "OrderCodeAnswer",
    "OrderCodeRequest",
    "PayAnswer",
    "PayOutcome",
    "PayRequest",
    "PayWords",
    "PaymentCode",
    "Posted",
    "RefundAnswer",
    "RefundMode",
    "RefundQueryAnswer",
    "RefundQueryWords",
    "RefundResult",
    "Region",
    "Registrant",
    "RegistrationAnswer",
    "ReviewAnswer",
    "ReviewStatus",
    "ShopDetails",
    "StoreRegistration",
    "TimeForm",
    "TradeAnswer",
    "TradeInformation",
    "TradeStatus",
    "parse_posted",
    "read_notice",
    "verify_posted",
]
