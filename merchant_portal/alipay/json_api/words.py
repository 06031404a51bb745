"""Words of the JSON API with a fixed list of values, in Alipay's own spelling.

Pages: docs.antom.com/ac/ams/api_fund, /paymentri, /ir, and /oc for codes of an order.
"""

from enum import StrEnum


class Host(StrEnum):
    """Where the API is served; the second name of each region still answers."""

    NORTH_AMERICA = "open-na-global.alipay.com"
    ASIA = "open-sea-global.alipay.com"
    EUROPE = "open-de-global.alipay.com"
    NORTH_AMERICA_SPARE = "open-na.alipay.com"
    ASIA_SPARE = "open-sea.alipay.com"
    EUROPE_SPARE = "open-eu.alipay.com"

    @property
    def url(self) -> str:
        return f"https://{self.value}"


class Call(StrEnum):
    """The calls, as their paths end."""

    PAY = "pay"
    INQUIRY_PAYMENT = "inquiryPayment"
    CANCEL = "cancel"
    REFUND = "refund"
    INQUIRY_REFUND = "inquiryRefund"


class TimeForm(StrEnum):
    """How `Request-Time` is written; both are published."""

    ISO8601 = "ISO 8601"
    MILLISECONDS = "milliseconds"


class ResultStatus(StrEnum):
    """What an answer says of its own call: done, refused, or not known."""

    SUCCESS = "S"
    FAILED = "F"
    UNKNOWN = "U"


class Scenario(StrEnum):
    """`inStorePaymentScenario`, in exactly this mixed case."""

    PAYMENT_CODE = "PaymentCode"
    ORDER_CODE = "OrderCode"


class PayOutcome(StrEnum):
    """What a signed answer to `pay` says; a refusal is GatewayRefused.

    CODE_ISSUED is not paid, whatever its result says. OPEN: ask by inquiryPayment.
    """

    PAID = "PAID"
    OPEN = "OPEN"
    CODE_ISSUED = "CODE_ISSUED"


class PaymentStatus(StrEnum):
    """Where a payment stands. PENDING belongs to online products, and is not final either."""

    SUCCESS = "SUCCESS"
    FAIL = "FAIL"
    PROCESSING = "PROCESSING"
    PENDING = "PENDING"
    CANCELLED = "CANCELLED"


class CodeValueType(StrEnum):
    QRCODE = "QRCODE"
    BARCODE = "BARCODE"


class DisplayType(StrEnum):
    """What `codeValue` holds: the text to draw, or the address of a picture."""

    TEXT = "TEXT"
    SMALLIMAGE = "SMALLIMAGE"
    MIDDLEIMAGE = "MIDDLEIMAGE"
    BIGIMAGE = "BIGIMAGE"
    IMAGE = "IMAGE"
