"""Words of the wire with a fixed list of values, in Alipay's own spelling."""

from dataclasses import dataclass
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


class TimeForm(StrEnum):
    """How a request writes an instant; the pages and Alipay's own samples differ for cancel."""

    MILLISECONDS = "milliseconds"
    TEXT = "yyyy-MM-dd HH:mm:ss"
    COMPACT = "yyyyMMddHHmmss"


class CancelAction(StrEnum):
    """What a cancel did: closed an unpaid payment, or gave a paid one back in full.

    NONE: the answer does not say, as where there never was such a payment
    (global.alipay.com/docs/ac/global/acquire_cancel).
    """

    CLOSE = "close"
    REFUND = "refund"
    NONE = ""


class RefundMode(StrEnum):
    """`is_sync`: money back at once, or a request that Alipay carries out later.

    Later is the same day for a payment of today, else the night (23:00 to 05:00 GMT+8), and a
    failure then is silent (global.alipay.com/docs/ac/global/spot_refund).
    """

    SYNC = "Y"
    ASYNC = "N"


class RefundResult(StrEnum):
    """Where a refund stands at Alipay."""

    SUCCESS = "SUCCESS"
    FAIL = "FAIL"
    PROCESSING = "PROCESSING"


@dataclass(frozen=True, kw_only=True)
class RefundQueryWords:
    """The values of `response_code` and `refund_result_code`, which no page lists.

    `answered` and `refused` are the inquiry's own result, the others the refund's.
    """

    answered: frozenset[str] = frozenset({"SUCCESS"})
    refused: frozenset[str] = frozenset({"FAIL"})
    refunded: frozenset[str] = frozenset({"SUCCESS"})
    failed: frozenset[str] = frozenset({"FAIL"})
    under_way: frozenset[str] = frozenset({"PROCESSING"})

    def result_of(self, word: str) -> RefundResult | None:
        """None for a word that is none of these."""
        if word in self.refunded:
            return RefundResult.SUCCESS
        if word in self.failed:
            return RefundResult.FAIL
        return RefundResult.PROCESSING if word in self.under_way else None


class IdentityCodeType(StrEnum):
    """`identity_code_type`: BARCODE also where the QR form of the payment code was scanned."""

    BARCODE = "barcode"
    QRCODE = "qrcode"


class PayOutcome(StrEnum):
    """What a signed answer to a scan says; a refusal is GatewayRefused.

    OPEN: the buyer must still confirm, or Alipay does not know yet.
    """

    PAID = "PAID"
    OPEN = "OPEN"


@dataclass(frozen=True, kw_only=True)
class PayWords:
    """The values of spot.pay's `result_code`; pages and samples spell two of them differently.

    A word that is none of these is no answer.
    """

    paid: frozenset[str] = frozenset({"SUCCESS"})
    refused: frozenset[str] = frozenset({"FAILED", "FAIL"})
    open: frozenset[str] = frozenset({"UNKNOW", "UNKNOWN"})

    def outcome_of(self, word: str) -> PayOutcome | None:
        """None for a word that is neither paid nor open."""
        if word in self.paid:
            return PayOutcome.PAID
        return PayOutcome.OPEN if word in self.open else None


class MerchantType(StrEnum):
    """`secondary_merchant_type`: a person, or a company."""

    INDIVIDUAL = "INDIVIDUAL"
    ENTERPRISE = "ENTERPRISE"


class ReviewStatus(StrEnum):
    """Where the review of a registered store stands (global/offline_querystatus)."""

    UNDER_REVIEW = "UNDER_REVIEW"
    SUCCESS = "SUCCESS"
    MODIFICATION_REVIEW = "MODIFICATION_REVIEW"
    FAILED = "FAILED"
    DATA_NOT_EXIST = "DATA_NOT_EXIST"
