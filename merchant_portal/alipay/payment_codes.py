"""The digits under the barcode in a buyer's wallet, good for one payment and one minute.

Shapes: global.alipay.com/docs/ac/global/spot_pay and docs.alipayplus.com (payment_codes).
"""

import re

from merchant_portal.alipay.concealing import Secret
from merchant_portal.alipay.errors import RequestInvalid

SHORTEST = 16
LONGEST = 32

_digits = re.compile(r"[0-9]+")
_usual = re.compile(r"(2[5-9]|30)[0-9]{14,22}")


class PaymentCode(Secret):
    """A scanned code: a text of 16 to 32 digits, never a number.

    It shows its first two and last four digits. Do not store more than `shown`.
    """

    __slots__ = ()

    @classmethod
    def scanned(cls, text: str) -> "PaymentCode":
        """Read what a scanner typed, its line ends and blanks included; RequestInvalid else.

        No refusal repeats what was scanned.
        """
        digits = "".join(text.split())
        if not digits:
            raise RequestInvalid("payment_code", "missing")
        if not _digits.fullmatch(digits):
            raise RequestInvalid("payment_code", "a payment code has digits only")
        if not SHORTEST <= len(digits) <= LONGEST:
            raise RequestInvalid("payment_code", f"not {SHORTEST} to {LONGEST} digits")
        return cls(digits)

    @property
    def is_usual(self) -> bool:
        """Whether Alipay's page describes this form; the gateway may know more of them."""
        return bool(_usual.fullmatch(self.reveal()))

    @property
    def shown(self) -> str:
        digits = self.reveal()
        return f"{digits[:2]}{'*' * (len(digits) - 6)}{digits[-4:]}"
