"""What Alipay is told about a code, and a digest that tells whether it has been told."""

import hashlib

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.messages import ChannelFee, ChannelFeeType, CodeDetails
from qrcodes.models import QRCode
from qrcodes.states import CodeKind

_CNY = "CNY"
_HKD = "HKD"


def details_of(code: QRCode) -> CodeDetails:
    """Everything Alipay is told about a code; modify replaces it whole."""
    enrolment = code.enrolment
    store = enrolment.store
    return CodeDetails(
        secondary_merchant_industry=store.merchant.mcc,
        secondary_merchant_id=enrolment.secondary_merchant_id,
        secondary_merchant_name=store.merchant.name,
        store_id=enrolment.alipay_store_id,
        store_name=store.name,
        trans_currency=enrolment.pricing_currency,
        currency=enrolment.settlement_currency,
        country_code=store.country,
        address=store.address,
        sys_service_provider_id=enrolment.account.service_provider_id,
        channel_fee=fee_of(code),
        passback_parameters=f'{{"code":"{code.key}"}}',
    )


def fee_of(code: QRCode) -> ChannelFee | None:
    """The channel fee of a code that has one."""
    if code.kind != CodeKind.WITH_FEE:
        return None
    return ChannelFee(ChannelFeeType(code.channel_fee_type), code.channel_fee_value)


def digest_of(details: CodeDetails, notify_url: str) -> str:
    """Tells apart whatever differs in what Alipay is told."""
    return hashlib.sha256(f"{notify_url}\n{details!r}".encode()).hexdigest()


def wanted_digest(code: QRCode) -> str:
    """The digest of what Alipay should know about the code now."""
    return digest_of(details_of(code), code.wanted_notify_url)


def fits(account: Account, pricing_currency: str) -> bool:
    """Whether an account can price in a currency, settling in its own or in CNY.

    Hong Kong knows HKD alone; elsewhere settlement is in CNY or in the pricing currency
    (global.alipay.com/docs/ac/global/qrcode_create).
    """
    if account.is_hk:
        return pricing_currency == _HKD
    return pricing_currency == _CNY or account.settlement_currency in {_CNY, pricing_currency}
