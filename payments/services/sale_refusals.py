"""Words with which Alipay refuses to begin a sale, and which of them end it.

Tables: docs.antom.com/ac/globalbarcode/error_handling, docs.antom.com/ac/gr/error_code (gateway);
docs.antom.com/ac/ams/upm and /oc (JSON API). A word that is not here ends nothing by itself: the
payment is asked about first.
"""

#: Nothing left this machine; our own word.
NOT_SENT = "NOT_SENT"

#: The gateway refused at its door, unsigned: nothing was begun by a first attempt.
_AT_THE_DOOR = frozenset(
    {
        *("ILLEGAL_SIGN", "ILLEGAL_SIGN_TYPE", "ILLEGAL_PARTNER", "ILLEGAL_PARTNER_EXTERFACE"),
        *("HAS_NO_PRIVILEGE", "ACCESS_FORBIDDEN", "ILLEGAL_EXTERFACE", "ILLEGAL_SERVICE"),
        *("ILLEGAL_ARGUMENT", "INVALID_PARAMETER"),
    }
)
#: The customer, the wallet or the money.
_OF_THE_CUSTOMER = frozenset(
    {
        *("SOUNDWAVE_PARSER_FAIL", "PULL_MOBILE_CASHIER_FAIL", "CLIENT_VERSION_NOT_MATCH"),
        *("BUYER_BALANCE_NOT_ENOUGH", "BUYER_BANKCARD_BALANCE_NOT_ENOUGH"),
        *("BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", "BEYOND_PAY_RESTRICTION"),
        *("REQUEST_AMOUNT_EXCEED", "ERROR_BUYER_CERTIFY_LEVEL_LIMIT", "BUYER_NOT_EXIST"),
        *("BUYER_ENABLE_STATUS_FORBID", "BUYER_SELLER_EQUAL", "MOBILE_PAYMENT_SWITCH_OFF"),
        *("PAYMENT_FAIL", "EXPIRED_CODE", "INVALID_PAYMENT_CODE", "INVALID_CODE"),
        *("USER_BALANCE_NOT_ENOUGH", "USER_AMOUNT_EXCEED_LIMIT", "PAYMENT_AMOUNT_EXCEED_LIMIT"),
        *("PAYMENT_COUNT_EXCEED_LIMIT", "USER_PAYMENT_VERIFICATION_FAILED", "USER_NOT_EXIST"),
        *("USER_STATUS_ABNORMAL", "USER_KYC_NOT_QUALIFIED", "NO_PAY_OPTIONS"),
        *("UNAVAILABLE_PAYMENT_METHOD", "RISK_REJECT", "FRAUD_REJECT"),
    }
)
#: Our contract, our set-up, our request.
_OF_OURS = frozenset(
    {
        *("ERROR_SELLER_CERTIFY_LEVEL_LIMIT", "SELLER_NOT_EXIST", "INVALID_RECEIVE_ACCOUNT"),
        *("EXIST_FORBIDDEN_WORD", "UN_SUPPORT_BIZ_TYPE", "TRADE_ROLE_ERROR"),
        *("PROCESS_FAIL", "PARAM_ILLEGAL", "CURRENCY_NOT_SUPPORT", "SETTLE_CONTRACT_NOT_MATCH"),
        *("INVALID_CONTRACT", "BUSINESS_NOT_SUPPORT", "MERCHANT_NOT_REGISTERED"),
        *("MERCHANT_KYB_NOT_QUALIFIED", "INVALID_MERCHANT_STATUS", "ACCESS_DENIED", "INVALID_API"),
        *("NO_INTERFACE_DEF", "METHOD_NOT_SUPPORTED", "MEDIA_TYPE_NOT_ACCEPTABLE"),
        *("INVALID_CLIENT", "CLIENT_INVALID", "KEY_NOT_FOUND"),
        *("SIGNATURE_INVALID", "INVALID_SIGNATURE"),
    }
)
#: With each of these nothing was paid, and nothing will be under this number.
FINAL = _AT_THE_DOOR | _OF_THE_CUSTOMER | _OF_OURS | {NOT_SENT}
