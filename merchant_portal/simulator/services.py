"""The services of the gateway: what each asks for and what it does.

Sources: global.alipay.com/docs/ac/global/qrcode_create, /qrcode_modify, /qrcode_modify_status and
/overseas_query, and the same pages under /docs/ac/hkapi.
"""

import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from . import (
    cancel_service,
    clockwork,
    counter_service,
    precreate_service,
    refund_service,
    registration_service,
    trading,
)
from .biz_data import UnusableBizData, channel_fee_of, read_biz_data, store_key, text_of_json
from .books import Books, alipay_time
from .checks import ALL_SIGN_TYPES, Call, GatewayCode, Refused, ServiceRules
from .currencies import cny_rate
from .records import Code, CodeState, Product, Region, Trade
from .selling import Meddling
from .signing import SignType

QUERY = "alipay.acquire.overseas.query"
LONGEST_LOGIN = 20
BIZ_TYPE = "OVERSEASHOPQRCODE"
CODE_LETTERS = string.digits + string.ascii_lowercase


class Status(StrEnum):
    """What modifyStatus may ask for."""

    STOP = "STOP"
    RESTART = "RESTART"
    DELETE = "DELETE"


STATE_AFTER = {
    Status.STOP: CodeState.STOPPED,
    Status.RESTART: CodeState.ACTIVE,
    Status.DELETE: CodeState.DELETED,
}


@dataclass(frozen=True)
class Service:
    """A service: its rules, the wrapper of its answers, and what it does."""

    rules: ServiceRules
    wrapper: str
    work: Callable[[Books, Call], Mapping[str, str]]
    # How the service says FAIL or UNKNOWN (call, result, code); None: it has no such word.
    said: Callable[[Call, str, str], Mapping[str, str]] | None = None
    # How a mishap meddles with the work: refused for good, or decided later. None: it cannot.
    meddled: Callable[[Books, Call, Meddling], Mapping[str, str]] | None = None


def _biz_data(call: Call) -> dict[str, Any]:
    if call.text("biz_type") != BIZ_TYPE:
        raise Refused(GatewayCode.ILLEGAL_ARGUMENT, "biz_type")
    try:
        return read_biz_data(call.text("biz_data"), call.partner)
    except UnusableBizData as unusable:
        raise Refused(GatewayCode.ILLEGAL_ARGUMENT, str(unusable)) from unusable


def _create(books: Books, call: Call) -> Mapping[str, str]:
    """Two codes at most per partner, secondary merchant and store; deleted ones do not count."""
    terms = _biz_data(call)
    notify_url = call.notify_url()
    code = _live_twin(books, call, terms)
    if code is None:
        code = Code(
            qrcode=_minted_qrcode(),
            partner_id=call.partner.partner_id,
            secondary_merchant_id=terms["secondary_merchant_id"],
            store_key=store_key(terms),
            with_fee=int(channel_fee_of(terms) is not None),
            state=CodeState.ACTIVE,
            biz_data=call.text("biz_data"),
            notify_url=notify_url,
            charset=call.charset,
            created_at=books.timestamp(),
        )
        books.add(code)
    token = code.qrcode.rsplit("/", 1)[-1]
    picture = f"https://mobilecodec.alipay.com/show.htm?code={token}&d&picSize=M"
    return {"qrcode": code.qrcode, "qrcode_img_url": picture}


def _modify(books: Books, call: Call) -> Mapping[str, str]:
    """Replaces biz_data as a whole; what identifies the code cannot change."""
    code = _own_code(books, call)
    terms = _biz_data(call)
    notify_url = call.notify_url()
    stored = code.terms
    provider = "sys_service_provider_id"
    if stored.get(provider) and not terms.get(provider):
        terms[provider] = stored[provider]
    same = (
        code.secondary_merchant_id == terms["secondary_merchant_id"]
        and code.store_key == store_key(terms)
        and stored.get(provider, "") == terms.get(provider, "")
        and code.with_fee == int(channel_fee_of(terms) is not None)
    )
    if not same:
        raise Refused(GatewayCode.ILLEGAL_ARGUMENT, "what identifies the code was changed")
    changed = replace(
        code,
        biz_data=text_of_json(terms),
        notify_url=notify_url or code.notify_url,
    )
    books.save(changed)
    return {"qrcode": code.qrcode}


def _modify_status(books: Books, call: Call) -> Mapping[str, str]:
    """STOP, RESTART or DELETE; nothing wakes a deleted code."""
    if call.text("biz_type") != BIZ_TYPE:
        raise Refused(GatewayCode.ILLEGAL_ARGUMENT, "biz_type")
    code = _own_code(books, call)
    call.notify_url()
    if call.text("status") not in list(Status):
        raise Refused(GatewayCode.ILLEGAL_ARGUMENT, "status")
    books.save(replace(code, state=STATE_AFTER[Status(call.text("status"))]))
    return {"qrcode": code.qrcode}


def _query(books: Books, call: Call) -> Mapping[str, str]:
    """By Alipay's number first, else by the order number; HK insists on the order number."""
    order_number = call.optional("partner_trans_id", longest=64)
    trade_no = call.optional("alipay_trans_id", longest=64)
    if not order_number and (call.partner.region == Region.HK or not trade_no):
        raise Refused(GatewayCode.ILLEGAL_ARGUMENT, "partner_trans_id")
    clockwork.catch_up(books)
    partner_id = call.partner.partner_id
    if trade_no:
        trade = books.first(Trade, "partner_id = ? AND trade_no = ?", partner_id, trade_no)
    else:
        trade = books.first(Trade, "partner_id = ? AND out_trade_no = ?", partner_id, order_number)
    if trade is None:
        return {"result_code": "FAIL", "error": "TRADE_NOT_EXIST"}
    fields = _trade_fields(trade)
    if trade.product is not Product.SHOP_CODE:
        return _counter_fields(fields, trade, call)
    if call.partner.region == Region.HK:
        return fields | {"payment_inst": trade.wallet}
    return fields | {
        "exchange_rate": str(cny_rate(trade.currency)),
        "forex_total_fee": trade.settlement_amount,
        "m_discount_forex_amount": trade.discount,
        "trans_amount_cny": trading.cny_amount(trade),
        "trans_forex_rate": trade.settlement_rate,
    }


def _counter_fields(fields: dict[str, str], trade: Trade, call: Call) -> Mapping[str, str]:
    """A sale or an order: who has paid, at which rate, once it is paid."""
    if trade.paid_at is None:
        return {name: text for name, text in fields.items() if "buyer" not in name}
    fields |= counter_service.money_fields(trade, call.partner.region)
    if trade.settlement_currency != trade.currency:
        fields |= {
            "forex_total_fee": trade.settlement_amount,
            "trans_forex_rate": trade.settlement_rate,
        }
    return fields


def _said_by_overseas(_: Call, result: str, code: str) -> Mapping[str, str]:
    return {"result_code": result, "error": code}


def _trade_fields(trade: Trade) -> dict[str, str]:
    paid_at = trade.paid_at
    return {
        "alipay_buyer_login_id": trade.buyer_login[:LONGEST_LOGIN],
        "alipay_buyer_user_id": trade.buyer_id,
        "alipay_pay_time": "" if paid_at is None else f"{alipay_time(paid_at):%Y%m%d%H%M%S}",
        "alipay_trans_id": trade.trade_no,
        "alipay_trans_status": trade.status,
        "currency": trade.currency,
        "out_trade_no": trade.out_trade_no,
        "partner_trans_id": trade.out_trade_no,
        "result_code": "SUCCESS",
        "trans_amount": trade.amount,
    }


def _live_twin(books: Books, call: Call, terms: dict[str, Any]) -> Code | None:
    return books.first(
        Code,
        "partner_id = ? AND secondary_merchant_id = ? AND store_key = ? AND with_fee = ? "
        "AND state <> 'DELETED'",
        call.partner.partner_id,
        terms["secondary_merchant_id"],
        store_key(terms),
        int(channel_fee_of(terms) is not None),
    )


def _own_code(books: Books, call: Call) -> Code:
    code = books.get(Code, call.required("qrcode", longest=256))
    if code is None or code.state == CodeState.DELETED:
        raise Refused(GatewayCode.ILLEGAL_ARGUMENT, "qrcode")
    if code.partner_id != call.partner.partner_id:
        raise Refused(GatewayCode.HAS_NO_PRIVILEGE, "qrcode")
    return code


def _minted_qrcode() -> str:
    """23 characters after the slash, as every published example has."""
    token = "".join(secrets.choice(CODE_LETTERS) for _ in range(20))
    return f"https://qr.alipay.com/ocx{token}"


SHOP_CODE_RULES = ServiceRules(needs_timestamp=True)
MODIFY_RULES = ServiceRules(
    needs_timestamp=True,
    # The HK page offers MD5 alone for this one service.
    sign_types={Region.GLOBAL: ALL_SIGN_TYPES, Region.HK: frozenset({SignType.MD5})},
)
# The HK page of precreate writes milliseconds, the global one a text; both pass.
CANCEL_RULES = ServiceRules(needs_timestamp=True, takes_milliseconds=True)
REFUND_QUERY_RULES = ServiceRules(needs_timestamp=False)
QUERY_RULES = ServiceRules(needs_timestamp=False, hk_may_omit_charset=True)

SERVICES: dict[str, Service] = {
    "alipay.commerce.qrcode.create": Service(SHOP_CODE_RULES, "qrcodeinfo", _create),
    "alipay.commerce.qrcode.modify": Service(MODIFY_RULES, "qrcodeinfo", _modify),
    "alipay.commerce.qrcode.modifyStatus": Service(SHOP_CODE_RULES, "qrcodeinfo", _modify_status),
    QUERY: Service(QUERY_RULES, "alipay", _query, said=_said_by_overseas),
    cancel_service.CANCEL: Service(
        CANCEL_RULES,
        "alipay",
        cancel_service.cancel,
        said=cancel_service.said,
    ),
    counter_service.PAY: Service(
        QUERY_RULES,
        "alipay",
        counter_service.pay,
        said=counter_service.said_by_pay,
        meddled=counter_service.meddled_pay,
    ),
    counter_service.REVERSE: Service(
        QUERY_RULES,
        "alipay",
        counter_service.reverse,
        said=counter_service.said_by_reverse,
    ),
    precreate_service.PRECREATE: Service(
        CANCEL_RULES,
        "alipay",
        precreate_service.precreate,
        said=precreate_service.said,
    ),
    registration_service.MAINTAIN: Service(
        SHOP_CODE_RULES,
        "alipay",
        registration_service.maintain,
        said=_said_by_overseas,
    ),
    registration_service.QUERY_STATUS: Service(
        SHOP_CODE_RULES,
        "alipay",
        registration_service.query_status,
        said=_said_by_overseas,
    ),
    refund_service.REFUND: Service(
        QUERY_RULES,
        "alipay",
        refund_service.ask_refund,
        said=_said_by_overseas,
    ),
    refund_service.REFUND_QUERY: Service(
        REFUND_QUERY_RULES,
        "alipay",
        refund_service.query_refund,
        said=refund_service.said_by_query,
    ),
}
RULES: dict[str, ServiceRules] = {name: service.rules for name, service in SERVICES.items()}
