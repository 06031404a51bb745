"""What can go wrong between us and Alipay, told apart by what the caller must do next."""

from enum import StrEnum

from merchant_portal.alipay.exchange import Exchange


class AlipayError(Exception):
    """Any refusal or failure of this package."""


class GatewayRefused(AlipayError):
    """Alipay answered, and the answer is no.

    `signed` is False for `is_success=F`: such an answer carries no signature, so it ends a first
    attempt only. `text` is Alipay's own description where it gave one. `may_retry` is True where a
    signed answer says `retry_flag=Y`: it failed this time, and the same call may be sent again
    (alipay.acquire.cancel alone says so).
    """

    def __init__(
        self,
        code: str,
        *,
        signed: bool,
        exchange: Exchange,
        text: str = "",
        may_retry: bool = False,
    ) -> None:
        super().__init__(f"{exchange.service} was refused: {exchange.seen(code)}")
        self.code = exchange.seen(code)
        self.signed = signed
        self.text = exchange.seen(text)
        self.may_retry = may_retry
        self.exchange = exchange


class NoAnswer(StrEnum):
    """Why a call has no answer that may be believed."""

    TIMEOUT = "TIMEOUT"
    CONNECTION = "CONNECTION"
    HTTP_STATUS = "HTTP_STATUS"
    UNREADABLE = "UNREADABLE"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    UNKNOWN_RESULT = "UNKNOWN_RESULT"
    SYSTEM_ERROR = "SYSTEM_ERROR"


class GatewayUnreachable(AlipayError):
    """No answer: the call may have taken effect or not.

    `never_sent` is True only where it is certain that nothing left this machine. `detail` says
    for an engineer what was wrong.
    """

    def __init__(
        self, reason: NoAnswer, *, exchange: Exchange, never_sent: bool = False, detail: str = ""
    ) -> None:
        detail = exchange.seen(detail)
        super().__init__(
            f"{exchange.service} has no answer: {reason}" + (detail and f" ({detail})")
        )
        self.reason = reason
        self.exchange = exchange
        self.never_sent = never_sent
        self.detail = detail


class RequestInvalid(AlipayError):
    """We refuse to send this; `field` names what is wrong. Nothing was sent."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class NotificationUnreadable(AlipayError):
    """A posted message that is not a form this package can read without guessing."""


class KeyProblem(StrEnum):
    """Why a key text cannot be used, as a sentence; the sentences are fixed, so they translate."""

    EMPTY = "The key text is empty."
    NOT_A_KEY = "The key text is neither PEM nor base64."
    NOT_PRIVATE = "This text is not a readable private key."
    NOT_PUBLIC = "This text is not a readable public key."
    NOT_RSA = "This is a key, but not an RSA key."
    PASSWORD = "This private key is protected by a password; give it without."  # noqa: S105
    PRIVATE_GIVEN = "This is a private key; Alipay's public key is wanted here."
    PUBLIC_GIVEN = "This is a public key; the merchant's private key is wanted here."
    CERTIFICATE_GIVEN = "This is a certificate; Alipay's public key is wanted here."
    TOO_SHORT = "This RSA key is too short; use one of 2048 bits."
    WRONG_SIGN_TYPE = "An RSA key cannot sign with MD5."
    MD5_IS_RSA = "This is the text of an RSA key; it must not be used as an MD5 key."
    MD5_HAS_BLANKS = "An MD5 key is letters, digits and signs without blanks."


class KeyUnusable(AlipayError):
    """A key text that cannot be used; `problem` says why."""

    def __init__(self, problem: KeyProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem
