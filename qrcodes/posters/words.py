"""What a poster says, in the languages customers read.

They stand here and not in the portal's message files: a poster speaks to the customer, in the
language that was chosen for it, whatever language the person printing it works in.
"""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """A language posters are printed in."""

    ENGLISH = "en"
    SIMPLIFIED = "zh-hans"
    TRADITIONAL = "zh-hant"


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of a poster in one language."""

    heading: str
    scan: str
    type_amount: str
    show: str
    hint: str
    version: str
    check: str
    wallets: str
    hong_kong_wallets: str


@dataclass(frozen=True, slots=True)
class Poster:
    """Everything that one poster shows."""

    shop: str
    counter: str
    value: str
    version: int
    check_code: str
    is_hong_kong: bool = False
    #: The merchant's picture, as PNG.
    logo: bytes = b""


WORDS: dict[Language, Words] = {
    Language.ENGLISH: Words(
        heading="Scan to pay",
        scan="Scan the code",
        type_amount="Type the amount",
        show="Show us “Paid”",
        hint="Scan, type the amount",
        version="Version",
        check="Check code",
        wallets="Pay with Alipay",
        hong_kong_wallets="Pay with AlipayHK or Alipay",
    ),
    Language.SIMPLIFIED: Words(
        heading="扫码支付",
        scan="扫一扫二维码",
        type_amount="输入付款金额",
        show="出示付款成功页面",
        hint="扫码后请输入金额",
        version="版本",
        check="校验码",
        wallets="支付宝付款",
        hong_kong_wallets="AlipayHK、支付宝付款",
    ),
    Language.TRADITIONAL: Words(
        heading="掃碼付款",
        scan="掃描二維碼",
        type_amount="輸入付款金額",
        show="出示付款成功頁面",
        hint="掃碼後請輸入金額",
        version="版本",
        check="校驗碼",
        wallets="支付寶付款",
        hong_kong_wallets="AlipayHK、支付寶付款",
    ),
}
