"""The gateway: one address, one table of services, XML answers."""

import json
import secrets
import string
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from . import mishaps, trading
from .answers import Answer, refusal_xml, signed_xml, with_foreign_keys
from .biz_data import (
    UnusableBizData,
    channel_fee_of,
    read_biz_data,
    store_key,
)
from .books import Books, alipay_time
from .checks import ALL_SIGN_TYPES, Call, GatewayCode, Received, Refused, ServiceRules, admit
from .currencies import cny_rate
from .mishaps import GatewayMishap
from .records import Code, CodeState, Mishap, NoticeState, Region, Trade
from .signing import SignType
from .web import Response, text_response, xml_response

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
    has_result_code: bool = False


def answer(books: Books, received: Received) -> Response:
    """Answer one request to `/gateway.do`, mishaps included."""
    try:
        loose = received.loose
        partner_id, service = loose.get("partner", ""), loose.get("service", "")
        if service == "notify_verify":
            return text_response(_notify_verify(books, loose))
        before = _mishap_before(books, service=service, partner_id=partner_id)
        if before is not None:
            return before
        call = admit(received, books=books, services=RULES)
        return _worked(books, call)
    except Refused as refused:
        return xml_response(refusal_xml(refused.code), charset="UTF-8")


def _worked(books: Books, call: Call) -> Response:
    service = SERVICES[call.service]
    struck = {
        name: mishap
        for name in GatewayMishap
        if name not in BEFORE and (mishap := _take(books, name, call)) is not None
    }
    fields = _fields(books, call, service, struck)
    if GatewayMishap.SLOW in struck:
        time.sleep(float(struck[GatewayMishap.SLOW].value))
    if GatewayMishap.DONE_BUT_NO_ANSWER in struck:
        return Response(cut=True)
    charset = "GBK" if GatewayMishap.GBK in struck else _answer_charset(call)
    signer = call.partner
    if GatewayMishap.WRONGLY_SIGNED in struck:
        signer = with_foreign_keys(signer)
    document = signed_xml(call, Answer(service.wrapper, fields), charset=charset, signer=signer)
    if GatewayMishap.HALF in struck:
        document = document[: len(document) // 2]
    return xml_response(document, charset=charset)


def _fields(
    books: Books,
    call: Call,
    service: Service,
    struck: Mapping[GatewayMishap, Mishap],
) -> Mapping[str, str]:
    if GatewayMishap.ERROR_UNSIGNED in struck:
        raise Refused(struck[GatewayMishap.ERROR_UNSIGNED].value)
    if GatewayMishap.REFUSED in struck:
        code = struck[GatewayMishap.REFUSED].value
        if not service.has_result_code:
            raise Refused(code)
        return {"result_code": "FAIL", "error": code}
    if GatewayMishap.UNKNOWN_THEN in struck:
        if struck[GatewayMishap.UNKNOWN_THEN].value == "done":
            with books.transaction():
                service.work(books, call)
        if not service.has_result_code:
            raise Refused(GatewayCode.SYSTEM_ERROR)
        return {"result_code": "UNKNOWN", "error": GatewayCode.SYSTEM_ERROR}
    with books.transaction():
        return service.work(books, call)


BEFORE = frozenset({GatewayMishap.DOWN, GatewayMishap.HTTP_500, GatewayMishap.HTML})


def _mishap_before(books: Books, *, service: str, partner_id: str) -> Response | None:
    if mishaps.take(books, GatewayMishap.DOWN, service=service, partner_id=partner_id):
        return Response(cut=True)
    if mishaps.take(books, GatewayMishap.HTTP_500, service=service, partner_id=partner_id):
        page = b"<html><body><h1>500 Internal Server Error</h1></body></html>"
        return Response(status=500, content_type="text/html", body=page)
    if mishaps.take(books, GatewayMishap.HTML, service=service, partner_id=partner_id):
        page = b"<html><body><p>System maintenance.</p></body></html>"
        return Response(content_type="text/html;charset=GBK", body=page)
    return None


def _take(books: Books, name: GatewayMishap, call: Call) -> Mishap | None:
    partner_id = call.partner.partner_id
    return mishaps.take(books, name, service=call.service, partner_id=partner_id)


def _answer_charset(call: Call) -> str:
    """HK query answers were seen to declare GBK, whatever the request said."""
    if call.service == "alipay.acquire.overseas.query" and call.partner.region == Region.HK:
        return call.partner.answer_charset or "GBK"
    return call.partner.answer_charset or call.charset


def _notify_verify(books: Books, parameters: Mapping[str, str]) -> str:
    """`true` while the notice is this partner's and not yet acknowledged."""
    notice = books.notice_by_notify_id(parameters.get("notify_id", ""))
    known = notice is not None and notice.partner_id == parameters.get("partner")
    alive = notice is not None and notice.state != NoticeState.ACKNOWLEDGED
    return "true" if known and alive else "false"


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
        biz_data=json.dumps(terms, ensure_ascii=False),
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
    trading.lapse_waiting(books)
    partner_id = call.partner.partner_id
    if trade_no:
        trade = books.first(Trade, "partner_id = ? AND trade_no = ?", partner_id, trade_no)
    else:
        trade = books.first(Trade, "partner_id = ? AND out_trade_no = ?", partner_id, order_number)
    if trade is None:
        return {"result_code": "FAIL", "error": "TRADE_NOT_EXIST"}
    fields = _trade_fields(trade)
    if call.partner.region == Region.HK:
        return fields | {"payment_inst": trade.wallet}
    return fields | {
        "exchange_rate": str(cny_rate(trade.currency)),
        "forex_total_fee": trade.settlement_amount,
        "m_discount_forex_amount": trade.discount,
        "trans_amount_cny": trading.cny_amount(trade),
        "trans_forex_rate": trade.settlement_rate,
    }


def _trade_fields(trade: Trade) -> dict[str, str]:
    paid_at = trade.paid_at
    return {
        "alipay_buyer_login_id": trade.buyer_login,
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
QUERY_RULES = ServiceRules(needs_timestamp=False, hk_may_omit_charset=True)

SERVICES: dict[str, Service] = {
    "alipay.commerce.qrcode.create": Service(SHOP_CODE_RULES, "qrcodeinfo", _create),
    "alipay.commerce.qrcode.modify": Service(MODIFY_RULES, "qrcodeinfo", _modify),
    "alipay.commerce.qrcode.modifyStatus": Service(SHOP_CODE_RULES, "qrcodeinfo", _modify_status),
    "alipay.acquire.overseas.query": Service(QUERY_RULES, "alipay", _query, has_result_code=True),
}
RULES = {name: service.rules for name, service in SERVICES.items()}
