"""Messages Alipay posts to the merchant: read the form, verify it, name its fields.

Sources: docs.antom.com/ac/merchantqrcode/mainflow, /ac/web_cn/async and the notification tables of
the in-store products. Alipay's page for this product lists no fields, so every one is optional
here, and unknown ones are kept: they are signed too.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import unquote_to_bytes

from merchant_portal.alipay.charsets import UTF8, codec_of, media_type
from merchant_portal.alipay.errors import NotificationUnreadable
from merchant_portal.alipay.signing import SignType, VerifyingKey, presign, verifies
from merchant_portal.alipay.times import parse_text
from merchant_portal.alipay.words import TradeStatus

MOST_FIELDS = 200
FORM = "application/x-www-form-urlencoded"
REFUND_ACTION = "refundFPAction"


@dataclass(frozen=True)
class Posted:
    """A posted form: its pairs as sent (decoded), and the charset they were written in."""

    pairs: tuple[tuple[str, str], ...]
    charset: str

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return dict(self.pairs)

    def get(self, name: str, default: str = "") -> str:
        return self._by_name.get(name, default)

    @cached_property
    def presign(self) -> str:
        return presign(self.pairs)

    @property
    def signature(self) -> str:
        return self.get("sign")

    @property
    def sign_type(self) -> str:
        return self.get("sign_type")

    @cached_property
    def digest(self) -> str:
        """The same for every resend of one notice: Alipay changes only `notify_time` and `sign`."""
        lasting = presign(pair for pair in self.pairs if pair[0] != "notify_time")
        return hashlib.sha256(lasting.encode()).hexdigest()


def parse_posted(body: bytes, *, content_type: str) -> Posted:
    """Read a form body; NotificationUnreadable for what cannot be read in one way only.

    The charset is that of the content type, else what `_input_charset` or `charset` inside the
    form name, else UTF-8.
    """
    kind, named = media_type(content_type)
    if kind != FORM:
        raise NotificationUnreadable(f"not a form: {kind[:80] or 'no content type'}")
    if body.count(b"&") >= MOST_FIELDS:
        raise NotificationUnreadable(f"more than {MOST_FIELDS} fields")
    raw = [_split(part) for part in body.replace(b"+", b" ").split(b"&") if part]
    if not raw:
        raise NotificationUnreadable("no fields")
    charset = (named or _hinted(raw) or UTF8).strip().upper()
    codec = codec_of(charset)
    if codec is None:
        raise NotificationUnreadable(f"charset {charset[:40]} is not one in use")
    return Posted(_decoded(raw, codec), "UTF-8" if codec == "utf-8" else charset)


def _split(part: bytes) -> tuple[bytes, bytes]:
    name, _, value = part.partition(b"=")
    if b"%" in part:  # most fields are plain, and unquoting costs more than looking
        return unquote_to_bytes(name), unquote_to_bytes(value)
    return name, value


def _hinted(raw: Sequence[tuple[bytes, bytes]]) -> str:
    by_name = dict(raw)
    hint = by_name.get(b"_input_charset") or by_name.get(b"charset") or b""
    return hint.decode("ascii", "replace")


def _decoded(raw: Sequence[tuple[bytes, bytes]], codec: str) -> tuple[tuple[str, str], ...]:
    try:
        pairs = tuple([(name.decode(codec), value.decode(codec)) for name, value in raw])
    except UnicodeDecodeError as error:
        raise NotificationUnreadable(f"the bytes are not {codec}") from error
    names = {name for name, _ in pairs}
    if len(names) != len(pairs):
        raise NotificationUnreadable("a field is given twice")
    if "" in names:
        raise NotificationUnreadable("a field without a name")
    return pairs


def verify_posted(
    posted: Posted, *, sign_type: SignType, keys: Sequence[VerifyingKey]
) -> VerifyingKey | None:
    """The key of ours under which the message verifies, or None.

    The algorithm is the account's. A message that names another is never believed: whoever may
    choose the algorithm could choose the one he can forge.
    """
    if posted.sign_type and posted.sign_type.upper() != sign_type:
        return None
    for charset in dict.fromkeys((posted.charset, UTF8)):
        for key in keys:
            if key.sign_type is sign_type and _is_signed_by(posted, key, charset):
                return key
    return None


def _is_signed_by(posted: Posted, key: VerifyingKey, charset: str) -> bool:
    return verifies(posted.presign, posted.signature, key, charset=codec_of(charset) or charset)


@dataclass(frozen=True)
class Notice:
    """The fields of a notification under one name each; empty text where Alipay sent none.

    `status` is None for a word not known here (`status_word` has it). `unreadable` names the
    fields of the wire whose content is there but cannot be read as what it should be.
    """

    notify_id: str
    notify_type: str
    action: str
    sent_at: datetime | None
    alipay_trans_id: str
    partner_trans_id: str
    status_word: str
    status: TradeStatus | None
    total_fee: str
    trans_currency: str
    currency: str
    seller_id: str
    seller_email: str
    subject: str
    buyer_login: str
    buyer_user_id: str
    paid_at: datetime | None
    created_at: datetime | None
    refund_fee: str
    out_biz_no: str
    qrcode: str
    store_id: str
    secondary_merchant_id: str
    passback: str
    payment_inst: str
    forex_total_fee: str
    m_discount_forex_amount: str
    paytools_pay_amount: str
    unreadable: tuple[str, ...]

    @property
    def is_refund(self) -> bool:
        """Told by the action, or by the refund's own number and amount where no action is given."""
        if self.action == REFUND_ACTION:
            return True
        return bool(self.out_biz_no and self.refund_fee)


def read_notice(posted: Posted) -> Notice:
    """Name the fields of a message. Whether to believe it is `verify_posted`'s to say."""
    times = {name: _time(posted.get(name)) for name in ("notify_time", "gmt_payment", "gmt_create")}
    word = posted.get("trade_status")
    return Notice(
        notify_id=posted.get("notify_id"),
        notify_type=posted.get("notify_type"),
        action=posted.get("notify_action_type"),
        sent_at=times["notify_time"],
        alipay_trans_id=posted.get("trade_no"),
        partner_trans_id=posted.get("out_trade_no"),
        status_word=word,
        status=TradeStatus(word) if word in TradeStatus.__members__ else None,
        total_fee=posted.get("total_fee"),
        trans_currency=posted.get("trans_currency"),
        currency=posted.get("currency"),
        seller_id=posted.get("seller_id"),
        seller_email=posted.get("seller_email"),
        subject=posted.get("subject"),
        buyer_login=posted.get("buyer_email"),
        buyer_user_id=posted.get("buyer_id"),
        paid_at=times["gmt_payment"],
        created_at=times["gmt_create"],
        refund_fee=posted.get("refund_fee"),
        out_biz_no=posted.get("out_biz_no"),
        qrcode=posted.get("qrcode"),
        store_id=posted.get("store_id"),
        secondary_merchant_id=posted.get("secondary_merchant_id"),
        passback=posted.get("extra_common_param"),
        payment_inst=posted.get("payment_inst"),
        forex_total_fee=posted.get("forex_total_fee"),
        m_discount_forex_amount=posted.get("m_discount_forex_amount"),
        paytools_pay_amount=posted.get("paytools_pay_amount"),
        unreadable=tuple(n for n, at in times.items() if at is None and posted.get(n)),
    )


def _time(text: str) -> datetime | None:
    try:
        return parse_text(text)
    except ValueError:
        return None
