"""Notifications as Alipay writes them: which fields, in which words, signed how.

Sources: docs.antom.com/ac/merchantqrcode/mainflow, docs.antom.com/ac/web/async.
Fields of the second block (currency and what follows) are not documented for shop codes; a
merchant must manage without them, and a mishap leaves them out.
"""

import json
import secrets
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import quote_plus, urlsplit

from . import mishaps
from .answers import sign_fields, with_foreign_keys, writable_charset
from .biz_data import passback_text
from .books import Books, wall_clock
from .checks import CHARSETS
from .currencies import write_amount
from .mishaps import NoticeMishap
from .records import Code, Notice, NoticeState, Partner, Refund, Region, Trade
from .signing import SignType

OPTIONAL_FIELDS = frozenset(
    {
        "currency",
        "trans_currency",
        "forex_total_fee",
        "m_discount_forex_amount",
        "extra_common_param",
        "qrcode",
        "store_id",
        "secondary_merchant_id",
        "payment_inst",
    },
)


class Action(StrEnum):
    """What happened, in Alipay's words."""

    PAID = "payByAccountAction"
    REFUNDED = "refundFPAction"
    REVERSED = "reverseAction"
    CLOSED = "closeTradeAction"
    FINISHED = "finishFPAction"


def announce(books: Books, trade: Trade, action: Action, refund: Refund | None = None) -> None:
    """Put a notice of what happened to a trade into the outbox."""
    code = books.get(Code, trade.qrcode)
    partner = books.partner(trade.partner_id)
    url = refund.notify_url if refund and refund.notify_url else code.notify_url if code else ""
    if code is None or partner is None or not url:
        return  # A code without notify_url is paid in silence.
    fields = _fields_of(trade, action, partner)
    fields |= _second_block(trade, partner) if refund is None else _refund_fields(trade, refund)
    fields = _with_content_mishaps(books, fields, partner)
    terms = code.terms
    now = books.timestamp()
    notice = Notice(
        notice_id=None,
        notify_id=secrets.token_hex(17),
        partner_id=partner.partner_id,
        trade_no=trade.trade_no,
        url=url,
        fields=json.dumps(fields, ensure_ascii=False),
        sign_type=terms.get("notify_sign_type") or partner.notify_with,
        charset=(terms.get("notify_charset") or code.charset).upper(),
        state=_first_state(books, url, partner),
        attempts=0,
        copies=2 if _strikes(books, NoticeMishap.DOUBLED, partner) else 1,
        created_at=now,
        next_at=now + _delay_seconds(books, partner),
        prepared_body="",
        last_status=None,
        last_answer="",
    )
    books.add(notice)


def compose_body(books: Books, notice: Notice) -> str:
    """The form-encoded body of the next sending: notify_time and signature are new each time."""
    partner = books.partner(notice.partner_id)
    if partner is None:
        raise LookupError(f"notice {notice.notice_id} has no partner")
    fields = {
        "notify_time": wall_clock(books.timestamp()),
        "notify_type": "trade_status_sync",
        "notify_id": notice.notify_id,
        **json.loads(notice.fields),
    }
    charset = writable_charset("".join(fields.values()), notice.charset)
    signer = partner
    if _strikes(books, NoticeMishap.WRONG_KEY, partner):
        signer = with_foreign_keys(partner)
    sign_type = SignType(notice.sign_type)
    signature = sign_fields(fields, partner=signer, sign_type=sign_type, charset=charset)
    tampered = mishaps.take(books, NoticeMishap.TAMPERED, partner_id=partner.partner_id)
    if tampered is not None:
        fields |= {"price": tampered.value, "total_fee": tampered.value}
    fields |= {"sign_type": notice.sign_type, "sign": signature}
    codec = CHARSETS[charset]
    return "&".join(
        f"{quote_plus(name, encoding=codec)}={quote_plus(text, encoding=codec)}"
        for name, text in fields.items()
    )


def content_type(notice: Notice) -> str:
    """What the body is, and in which charset its percent-encoding is."""
    text = "".join(json.loads(notice.fields).values())
    charset = writable_charset(text, notice.charset)
    return f"application/x-www-form-urlencoded; charset={charset}"


def is_loopback(url: str) -> bool:
    """Whether the address is on this very machine; nothing else is ever posted to."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _fields_of(trade: Trade, action: Action, partner: Partner) -> dict[str, str]:
    terms = trade.terms
    fields = {
        "notify_action_type": str(action),
        "out_trade_no": trade.out_trade_no,
        "trade_no": trade.trade_no,
        "trade_status": trade.status,
        "subject": terms.get("store_name") or terms["secondary_merchant_name"],
        "gmt_create": wall_clock(trade.created_at),
        "gmt_payment": "" if trade.paid_at is None else wall_clock(trade.paid_at),
        "seller_email": partner.seller_email,
        "seller_id": partner.partner_id,
        "buyer_email": trade.buyer_login,
        "buyer_id": trade.buyer_id,
        "price": trade.amount,
        "quantity": "1",
        "total_fee": trade.amount,
    }
    return {name: text for name, text in fields.items() if text}


def _second_block(trade: Trade, partner: Partner) -> dict[str, str]:
    terms = trade.terms
    foreign = trade.settlement_currency != trade.currency
    fields = {
        "currency": trade.currency,
        "trans_currency": trade.currency,
        "forex_total_fee": trade.settlement_amount if foreign else "",
        "m_discount_forex_amount": trade.discount,
        "extra_common_param": passback_text(terms),
        "qrcode": trade.qrcode,
        "store_id": terms.get("store_id", ""),
        "secondary_merchant_id": terms["secondary_merchant_id"],
        "payment_inst": trade.wallet if partner.region == Region.HK else "",
    }
    return {name: text for name, text in fields.items() if text}


def _refund_fields(trade: Trade, refund: Refund) -> dict[str, str]:
    amount = write_amount(Decimal(refund.amount), trade.currency)
    return {"refund_fee": amount, "out_biz_no": refund.out_biz_no}


def _with_content_mishaps(
    books: Books,
    fields: dict[str, str],
    partner: Partner,
) -> dict[str, str]:
    if _strikes(books, NoticeMishap.WITHOUT_OPTIONAL, partner):
        fields = {name: text for name, text in fields.items() if name not in OPTIONAL_FIELDS}
    changes = {
        NoticeMishap.FOREIGN_SELLER: ("seller_id",),
        NoticeMishap.OTHER_AMOUNT: ("price", "total_fee"),
        NoticeMishap.EXTRA_FIELD: ("unheard_of",),
    }
    for name, targets in changes.items():
        mishap = mishaps.take(books, name, partner_id=partner.partner_id)
        if mishap is not None:
            fields |= dict.fromkeys(targets, mishap.value)
    return fields


def _first_state(books: Books, url: str, partner: Partner) -> NoticeState:
    if not is_loopback(url):
        return NoticeState.UNDELIVERABLE
    if _strikes(books, NoticeMishap.LOST, partner):
        return NoticeState.LOST
    if _strikes(books, NoticeMishap.REORDERED, partner):
        return NoticeState.HELD
    return NoticeState.WAITING


def _delay_seconds(books: Books, partner: Partner) -> float:
    late = mishaps.take(books, NoticeMishap.LATE, partner_id=partner.partner_id)
    return 0.0 if late is None else float(late.value)


def _strikes(books: Books, name: NoticeMishap, partner: Partner) -> bool:
    return mishaps.take(books, name, partner_id=partner.partner_id) is not None
