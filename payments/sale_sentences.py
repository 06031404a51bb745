"""Why Alipay would not have a sale, in words a cashier can act on.

Tables: docs.antom.com/ac/globalbarcode/error_handling and docs.antom.com/ac/ams/upm.
"""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_NEW_CODE = _("The code is wrong or has expired. Ask the customer to refresh it, and scan again.")
_NO_MONEY = _(
    "There is not enough money. The customer may choose another source, or pay otherwise."
)
_LIMIT = _("The amount is above a limit of the customer's. Take another means of payment.")
_CUSTOMER = _("The customer's wallet cannot pay now. The customer asks the wallet's support.")
_IDENTITY = _("The customer must prove their identity to the wallet first. Pay otherwise.")
_REFUSED = _("Alipay does not allow this payment. Take another means of payment.")
_AGAIN = _("The payment failed. Try again with a new code.")
_OURS = _("Alipay does not take payments of this shop as it is set up. Tell the administrator.")
_REQUEST = _("Alipay could not use what we sent. Tell the administrator.")
_KEYS = _("Alipay does not accept our signature. Tell the administrator.")

_SENTENCES: Mapping[str, Promise] = MappingProxyType(
    {
        "NOT_SENT": _("Alipay cannot be reached, and nothing was sent. Try again in a moment."),
        **dict.fromkeys(
            ("SOUNDWAVE_PARSER_FAIL", "EXPIRED_CODE", "INVALID_CODE"),
            _NEW_CODE,
        ),
        "INVALID_PAYMENT_CODE": _("This code is of no wallet that can pay here. Pay otherwise."),
        "PULL_MOBILE_CASHIER_FAIL": _("The wallet did not open. Refresh the code, and scan again."),
        "CLIENT_VERSION_NOT_MATCH": _("The customer's wallet is too old and must be updated."),
        "MOBILE_PAYMENT_SWITCH_OFF": _("Paying by code is switched off in the customer's wallet."),
        "BUYER_SELLER_EQUAL": _("The payer is the seller. Somebody else must pay."),
        "USER_PAYMENT_VERIFICATION_FAILED": _("The password was wrong. Try again with a new code."),
        "EXIST_FORBIDDEN_WORD": _("Alipay does not take the description. Write another one."),
        **dict.fromkeys(
            (
                *("BUYER_BALANCE_NOT_ENOUGH", "BUYER_BANKCARD_BALANCE_NOT_ENOUGH"),
                "USER_BALANCE_NOT_ENOUGH",
            ),
            _NO_MONEY,
        ),
        **dict.fromkeys(
            (
                *("BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", "BEYOND_PAY_RESTRICTION"),
                *("REQUEST_AMOUNT_EXCEED", "USER_AMOUNT_EXCEED_LIMIT"),
                *("PAYMENT_AMOUNT_EXCEED_LIMIT", "PAYMENT_COUNT_EXCEED_LIMIT"),
            ),
            _LIMIT,
        ),
        **dict.fromkeys(
            (
                *("BUYER_NOT_EXIST", "BUYER_ENABLE_STATUS_FORBID", "USER_NOT_EXIST"),
                *("USER_STATUS_ABNORMAL", "NO_PAY_OPTIONS", "UNAVAILABLE_PAYMENT_METHOD"),
            ),
            _CUSTOMER,
        ),
        **dict.fromkeys(
            ("ERROR_BUYER_CERTIFY_LEVEL_LIMIT", "USER_KYC_NOT_QUALIFIED"),
            _IDENTITY,
        ),
        **dict.fromkeys(("RISK_REJECT", "FRAUD_REJECT"), _REFUSED),
        **dict.fromkeys(("PAYMENT_FAIL", "PROCESS_FAIL"), _AGAIN),
        **dict.fromkeys(
            (
                *("ERROR_SELLER_CERTIFY_LEVEL_LIMIT", "SELLER_NOT_EXIST"),
                *("INVALID_RECEIVE_ACCOUNT", "UN_SUPPORT_BIZ_TYPE", "TRADE_ROLE_ERROR"),
                *("CURRENCY_NOT_SUPPORT", "SETTLE_CONTRACT_NOT_MATCH", "INVALID_CONTRACT"),
                *("BUSINESS_NOT_SUPPORT", "MERCHANT_NOT_REGISTERED", "MERCHANT_KYB_NOT_QUALIFIED"),
                *("INVALID_MERCHANT_STATUS", "ACCESS_DENIED", "HAS_NO_PRIVILEGE"),
                *("ACCESS_FORBIDDEN", "ILLEGAL_PARTNER", "ILLEGAL_PARTNER_EXTERFACE"),
            ),
            _OURS,
        ),
        **dict.fromkeys(
            (
                *("PARAM_ILLEGAL", "INVALID_API", "NO_INTERFACE_DEF", "METHOD_NOT_SUPPORTED"),
                *("MEDIA_TYPE_NOT_ACCEPTABLE", "ILLEGAL_ARGUMENT", "INVALID_PARAMETER"),
                *("ILLEGAL_EXTERFACE", "ILLEGAL_SERVICE"),
            ),
            _REQUEST,
        ),
        **dict.fromkeys(
            (
                *("ILLEGAL_SIGN", "ILLEGAL_SIGN_TYPE", "INVALID_CLIENT", "CLIENT_INVALID"),
                *("KEY_NOT_FOUND", "SIGNATURE_INVALID", "INVALID_SIGNATURE"),
            ),
            _KEYS,
        ),
    }
)


def refusal_sentence(code: str) -> str:
    """What a refusal means at the till; a word nobody here knows is shown as it is."""
    sentence = _SENTENCES.get(code)
    return str(sentence) if sentence else _("Alipay refused it: %s.") % code
