"""What notifications say: of payments by shop codes, of sales and orders, of the JSON API's.

Sources: docs.antom.com/ac/merchantqrcode/mainflow, docs.antom.com/ac/web/async,
docs.antom.com/ac/wap_hk/asyncnotif, docs.antom.com/ac/ams/paymentrn.
Fields of the second block (currency and what follows) are not documented for shop codes; a
merchant must manage without them, and a mishap leaves them out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from . import json_words, mishaps, orders
from .biz_data import passback_text
from .books import Books, wall_clock
from .counter_records import Client
from .currencies import write_amount
from .json_signing import ALGORITHM
from .mishaps import NoticeMishap
from .records import Code, Partner, Product, Refund, Region, Trade

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
REQUIRED_MEMBERS = frozenset(
    {"notifyType", "result", "paymentRequestId", "paymentId", "paymentAmount", "paymentTime"},
)
NOT_OF_ORDERS = frozenset({"notify_action_type", "seller_email", "price", "quantity"})
FOREIGN_CLIENT = "client-id"  # Among the members while the notice waits; sent as a header.


class Action(StrEnum):
    """What happened, in Alipay's words."""

    PAID = "payByAccountAction"
    REFUNDED = "refundFPAction"
    REVERSED = "reverseAction"
    CLOSED = "closeTradeAction"
    FINISHED = "finishFPAction"


@dataclass(frozen=True)
class Spoken:
    """What is told to which address, signed how."""

    url: str
    fields: dict[str, Any]
    sign_type: str
    charset: str


def words_of(
    books: Books, trade: Trade, action: Action, partner: Partner, refund: Refund | None
) -> Spoken | None:
    """What is told of it, if anything is."""
    if trade.product is Product.SHOP_CODE:
        return _of_shop_code(books, trade, action, partner, refund)
    if trade.is_by_json:
        return _of_payment(books, trade, action, partner)
    return _of_order(books, trade, action, partner, refund)


def _of_shop_code(
    books: Books, trade: Trade, action: Action, partner: Partner, refund: Refund | None
) -> Spoken | None:
    code = books.get(Code, trade.qrcode)
    url = "" if code is None else (refund.notify_url if refund else "") or code.notify_url
    if code is None or not url:
        return None  # A code without notify_url is paid in silence.
    fields = _fields_of(trade, action, partner)
    fields |= _second_block(trade, partner) if refund is None else _refund_fields(trade, refund)
    terms = code.terms
    return Spoken(
        url=url,
        fields=_with_content_mishaps(books, fields, partner),
        sign_type=terms.get("notify_sign_type") or partner.notify_with,
        charset=(terms.get("notify_charset") or code.charset).upper(),
    )


def _of_order(
    books: Books, trade: Trade, action: Action, partner: Partner, refund: Refund | None
) -> Spoken | None:
    """Of sales and orders only payments are told, and refunds (docs.antom.com/ac/wap_hk)."""
    order = orders.of_trade(books, trade.trade_no)
    if order is None or (action is not Action.PAID and refund is None):
        return None
    fields = _fields_of(trade, action, partner) | {"subject": order.subject}
    if refund is None:
        fields = {name: text for name, text in fields.items() if name not in NOT_OF_ORDERS}
        fields |= {"currency": trade.currency}
        fields |= {"extra_common_param": order.passback} if order.passback else {}
    else:
        fields |= _refund_fields(trade, refund)
    return Spoken(
        url=(refund.notify_url if refund else "") or order.notify_url,
        fields=_with_content_mishaps(books, fields, partner),
        sign_type=order.sign_type,
        charset=order.charset,
    )


def _of_payment(books: Books, trade: Trade, action: Action, partner: Partner) -> Spoken | None:
    """notifyPayment: of success; of failure where the client asks for it; of nothing else."""
    order = orders.of_trade(books, trade.trade_no)
    client = books.get(Client, order.client_id) if order else None
    if order is None or client is None:
        return None
    if action is not Action.PAID and not (action is Action.CLOSED and client.notifies_failures):
        return None
    code = json_words.SUCCESS if action is Action.PAID else order.error or "ORDER_IS_CLOSED"
    members = {"notifyType": "PAYMENT_RESULT", "result": json_words.result(code)}
    members |= json_words.payment(trade)
    return Spoken(
        url=order.notify_url or client.notify_url,
        fields=_with_json_mishaps(books, members, trade, partner),
        sign_type=ALGORITHM,
        charset="UTF-8",
    )


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


def _with_json_mishaps(
    books: Books, members: dict[str, Any], trade: Trade, partner: Partner
) -> dict[str, Any]:
    if mishaps.strikes(books, NoticeMishap.WITHOUT_OPTIONAL, partner.partner_id):
        members = {name: each for name, each in members.items() if name in REQUIRED_MEMBERS}
    changes: dict[NoticeMishap, Callable[[str], dict[str, Any]]] = {
        NoticeMishap.FOREIGN_SELLER: lambda value: {FOREIGN_CLIENT: value},
        NoticeMishap.EXTRA_FIELD: lambda value: {"unheardOf": value},
        NoticeMishap.OTHER_AMOUNT: lambda value: other_amount(members, value),
    }
    for name, change in changes.items():
        mishap = mishaps.take(books, name, partner_id=trade.partner_id)
        if mishap is not None:
            members |= change(mishap.value)
    return members


def other_amount(members: dict[str, Any], text: str) -> dict[str, Any]:
    """Another amount, in major units if it is one, else as it was wished for."""
    currency = members["paymentAmount"]["currency"]
    try:
        other = json_words.amount(text, currency)
    except InvalidOperation:
        other = {"currency": currency, "value": text}
    return {"paymentAmount": other}


def _with_content_mishaps(
    books: Books,
    fields: dict[str, str],
    partner: Partner,
) -> dict[str, str]:
    if mishaps.strikes(books, NoticeMishap.WITHOUT_OPTIONAL, partner.partner_id):
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
