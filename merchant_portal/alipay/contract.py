"""One account's terms for talking to the gateway, and our choices where pages are silent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

import httpx

from merchant_portal.alipay.charsets import UTF8
from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.signing import MD5Key, SigningKey, SignType, VerifyingKey
from merchant_portal.alipay.words import JSONForm, PayWords, RefundQueryWords, Region, TimeForm

_partner = re.compile(r"\d{16}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class TextLengths:
    """Longest texts, in characters, where Alipay's in-store pages name none."""

    memo: int = 256
    secondary_merchant_name: int = 64
    store_name: int = 64
    show_url: int = 400


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What Alipay's pages leave open. Each default is explained in docs/alipay.md."""

    charset: str = UTF8
    """`_input_charset` as sent; its spelling is signed."""
    md5_modify_regions: frozenset[Region] = frozenset({Region.HK})
    """Where modify is signed with MD5 whatever the account signs with (hkapi/qrcode_modify)."""
    channel_fee_form: JSONForm = JSONForm.OBJECT
    passback_form: JSONForm = JSONForm.TEXT
    names_notify_signing: bool = False
    """Whether `biz_data` says how notifications are to be signed (members without a page)."""
    signs_notify_verify: bool = False
    """Whether notify_verify is signed; clients send it unsigned."""
    cancel_time_form: TimeForm = TimeForm.MILLISECONDS
    """How cancel writes its `timestamp`."""
    refund_reson_regions: frozenset[Region] = frozenset({Region.HK})
    """Where a refund's reason is called `refund_reson`, without its a (hkapi/spot_refund)."""
    largest_refund: Decimal = Decimal("9999999.99")
    """`refund_amount` is Number(9,2): nine digits in all, two of them decimals."""
    refund_query_words: RefundQueryWords = field(default_factory=RefundQueryWords)
    """The values of refund.query's two result fields."""
    pay_words: PayWords = field(default_factory=PayWords)
    """The values of spot.pay's `result_code`."""
    millisecond_precreate_regions: frozenset[Region] = frozenset({Region.HK})
    """Where precreate writes its `timestamp` as milliseconds (hkapi/precreate)."""
    lengths: TextLengths = TextLengths()
    """Longest texts of scans and order codes where no page names a length."""
    timeout_seconds: float | None = None
    """For connecting and for each read; None leaves it to the HTTP client."""
    answer_within_seconds: float = 30.0
    """For one whole answer, so that a gateway that drips cannot hold a worker."""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """Who we are at Alipay and with which keys.

    `verifying_keys` are Alipay's live keys (for MD5 the shared ones), newest first. `md5_key` is
    the extra key of a Hong Kong account that signs with RSA: its modify takes only MD5.
    """

    partner: str
    region: Region
    sign_type: SignType
    gateway_url: str
    spare_url: str = ""
    signing_key: SigningKey | None
    verifying_keys: tuple[VerifyingKey, ...]
    md5_key: MD5Key | None = None
    choices: Choices = Choices()

    def refuse_unfit(self) -> None:
        """RequestInvalid where no call could be made under these terms."""
        if not _partner.fullmatch(self.partner):
            raise RequestInvalid("partner", "a partner id is 16 digits")
        refuse_address("gateway_url", self.gateway_url)
        if self.spare_url:
            refuse_address("spare_url", self.spare_url)

    def signing(self) -> "Signing":
        """How this account's calls are signed and their answers verified."""
        self.refuse_unfit()
        if self.signing_key is None:
            raise RequestInvalid("signing_key", "the account has no key to sign with")
        if self.signing_key.sign_type is not self.sign_type:
            raise RequestInvalid("signing_key", f"the key is not one for {self.sign_type}")
        return _signing(self.signing_key, self.verifying_keys)

    def modify_signing(self) -> "Signing":
        """The same for modify, which in Hong Kong takes only MD5."""
        if self.region not in self.choices.md5_modify_regions or self.sign_type is SignType.MD5:
            return self.signing()
        self.refuse_unfit()
        if self.md5_key is None:
            raise RequestInvalid("md5_key", "modify in Hong Kong is signed with an MD5 key")
        return _signing(self.md5_key, (self.md5_key,))


@dataclass(frozen=True)
class Signing:
    """The key for a request and the keys its answer may be signed with."""

    key: SigningKey
    answer_keys: tuple[VerifyingKey, ...]

    @property
    def sign_type(self) -> SignType:
        return self.key.sign_type


def _signing(key: SigningKey, verifying: Sequence[VerifyingKey]) -> Signing:
    fit = tuple(candidate for candidate in verifying if candidate.sign_type is key.sign_type)
    if not fit:
        raise RequestInvalid("verifying_keys", f"no key of Alipay's for {key.sign_type}")
    return Signing(key, fit)


@lru_cache(maxsize=256)
def refuse_address(field: str, address: str) -> None:
    """RequestInvalid unless the text is an absolute http or https address; asked for each call, so
    what was right once is not read again."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise RequestInvalid(field, f"not an address: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise RequestInvalid(field, "not an http or https address")
