"""The gateway: one address, answers in XML, mishaps before and after the work."""

import time
from collections.abc import Mapping
from dataclasses import replace

from . import mishaps, orders, selling
from .answers import Answer, refusal_xml, signed_xml, with_foreign_keys, writable_charset
from .books import Books
from .cancel_service import CANCEL
from .checks import (
    Call,
    GatewayCode,
    Received,
    Refused,
    ServiceRules,
    admit,
    check_signature,
    permitted_sign_type,
)
from .counter_service import REVERSE
from .mishaps import GatewayMishap
from .records import Mishap, NoticeState, Partner, Region
from .selling import Meddling
from .services import QUERY, RULES, SERVICES, Service
from .web import Response, text_response, xml_response

ACQUIRING = "alipay.acquire."
NOTIFY_VERIFY = ServiceRules(needs_timestamp=False)
BEFORE = frozenset({GatewayMishap.DOWN, GatewayMishap.HTTP_500, GatewayMishap.HTML})

ONLY_FOR: dict[GatewayMishap, set[str]] = {
    GatewayMishap.NOT_EXIST: {QUERY},
    GatewayMishap.PAID_MEANWHILE: {CANCEL, REVERSE},
    GatewayMishap.NO_PAY_TIME: set(),  # Its cancel says what it did.
}


def answer(books: Books, received: Received) -> Response:
    """Answer one request to `/gateway.do`, mishaps included."""
    try:
        loose = received.loose
        partner_id, service = loose.get("partner", ""), loose.get("service", "")
        before = mishap_before(books, service=service, partner_id=partner_id)
        if before is not None:
            return before
        if service == "notify_verify":
            return text_response("true" if _is_own_notice(books, received) else "false")
        return _worked(books, admit(received, books=books, services=RULES))
    except Refused as refused:
        return _refusal(refused)


def _worked(books: Books, call: Call) -> Response:
    struck = {
        name: mishap
        for name in GatewayMishap
        if name not in BEFORE
        and call.service in ONLY_FOR.get(name, {call.service})
        and (mishap := _take(books, name, call)) is not None
    }
    response = _answered(books, call, struck)
    if GatewayMishap.SLOW in struck:
        time.sleep(float(struck[GatewayMishap.SLOW].value))
    if GatewayMishap.HALF in struck:
        response = replace(response, body=response.body[: len(response.body) // 2])
    if GatewayMishap.DONE_BUT_NO_ANSWER in struck:
        response = replace(response, cut=True)
    return response


def _answered(books: Books, call: Call, struck: Mapping[GatewayMishap, Mishap]) -> Response:
    service = SERVICES[call.service]
    try:
        fields = _fields(books, call, service, struck)
    except Refused as refused:
        return _refusal(refused)
    wished = "GBK" if GatewayMishap.GBK in struck else _answer_charset(call)
    charset = writable_charset("".join(fields.values()), wished)
    signer = call.partner
    if GatewayMishap.WRONGLY_SIGNED in struck:
        signer = with_foreign_keys(signer)
    document = signed_xml(call, Answer(service.wrapper, fields), charset=charset, signer=signer)
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
        return _refused(books, call, service, struck[GatewayMishap.REFUSED].value)
    if GatewayMishap.UNKNOWN_THEN in struck:
        later = mishaps.read_later(struck[GatewayMishap.UNKNOWN_THEN].value)
        if later is not None and service.meddled is not None:
            with books.transaction():
                return service.meddled(books, call, Meddling("", *later))
        if struck[GatewayMishap.UNKNOWN_THEN].value == "done":
            with books.transaction():
                service.work(books, call)
        if service.said is None:
            raise Refused(GatewayCode.SYSTEM_ERROR)
        return service.said(call, "UNKNOWN", GatewayCode.SYSTEM_ERROR)
    if GatewayMishap.NOT_EXIST in struck and service.said is not None:
        return service.said(call, "FAIL", "TRADE_NOT_EXIST")
    with books.transaction():
        if GatewayMishap.PAID_MEANWHILE in struck:
            _pay_meanwhile(books, call)
        return service.work(books, call)


def _refused(books: Books, call: Call, service: Service, code: str) -> Mapping[str, str]:
    """Refused by a mishap; a sale stays refused under its number, unless the code ends nothing."""
    if service.said is None:
        raise Refused(code)
    if service.meddled is None or code == GatewayCode.SYSTEM_ERROR:
        return service.said(call, "FAIL", code)
    with books.transaction():
        return service.meddled(books, call, Meddling(refused_with=code))


def _pay_meanwhile(books: Books, call: Call) -> None:
    """The buyer pays in the very moment in which a cancel arrives."""
    number = call.text("out_trade_no") or call.text("partner_trans_id")
    order = orders.of_number(books, call.partner.partner_id, number)
    order = orders.of_trade(books, call.text("trade_no")) or order
    if order is not None:
        selling.pay_at_last(books, order)


def _refusal(refused: Refused) -> Response:
    return xml_response(refusal_xml(refused.code), charset="UTF-8")


def mishap_before(books: Books, *, service: str, partner_id: str) -> Response | None:
    """What strikes before a request is even looked at."""
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
    """HK answers of this family were seen to declare GBK, whatever the request said."""
    if call.service.startswith(ACQUIRING) and call.partner.region == Region.HK:
        return call.partner.answer_charset or "GBK"
    return call.partner.answer_charset or call.charset


def _is_own_notice(books: Books, received: Received) -> bool:
    """Whether a notice is this partner's and not yet acknowledged; a signature is optional."""
    parameters = received.loose
    notice = books.notice_by_notify_id(parameters.get("notify_id", ""))
    if notice is None or notice.state == NoticeState.ACKNOWLEDGED:
        return False
    partner = books.partner(parameters.get("partner", ""))
    if partner is None or partner.partner_id != notice.partner_id:
        return False
    return "sign" not in parameters or _fits(received, partner)


def _fits(received: Received, partner: Partner) -> bool:
    try:
        parameters = received.parameters("utf-8")
        sign_type = permitted_sign_type(parameters.get("sign_type", ""), NOTIFY_VERIFY, partner)
        check_signature(parameters, partner=partner, sign_type=sign_type, charset="utf-8")
    except Refused:
        return False
    return True
