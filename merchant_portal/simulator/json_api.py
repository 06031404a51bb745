"""The JSON API: one path per call, signed answers, mishaps before and after the work.

Sources: docs.antom.com/ac/ams/api_fund, /digital_signature, /idempotency.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import (
    json_agents,
    json_door,
    json_pay,
    json_payments,
    json_refunds,
    json_signing,
    json_words,
    mishaps,
    selling,
)
from .books import Books
from .counter_records import Client
from .gateway import mishap_before
from .json_door import JSONCall, Unsigned
from .json_reading import Declined
from .mishaps import GatewayMishap
from .records import Mishap
from .selling import Meddling
from .signing import generate_private_key_pem
from .web import Request, Response

CONTENT_TYPE = "application/json; charset=UTF-8"
UNCLEAR = "UNKNOWN_EXCEPTION"
ONLY_FOR = {
    GatewayMishap.NOT_EXIST: {"inquiryPayment"},
    GatewayMishap.PAID_MEANWHILE: {"cancel"},
    GatewayMishap.NO_PAY_TIME: {"inquiryPayment"},
}
AFTER = (
    *(GatewayMishap.REFUSED, GatewayMishap.ERROR_UNSIGNED, GatewayMishap.UNKNOWN_THEN),
    *(GatewayMishap.NOT_EXIST, GatewayMishap.PAID_MEANWHILE, GatewayMishap.NO_PAY_TIME),
    *(GatewayMishap.SLOW, GatewayMishap.DONE_BUT_NO_ANSWER, GatewayMishap.HALF),
    GatewayMishap.WRONGLY_SIGNED,
)

Members = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """What a call does; `meddled`: what a mishap makes of it, if it can."""

    work: Callable[[Books, JSONCall], Members]
    meddled: Callable[[Books, JSONCall, Meddling], Members] | None = None


WORKS: dict[str, Work] = {
    "pay": Work(json_pay.pay, json_pay.meddled_pay),
    "inquiryPayment": Work(json_payments.inquire),
    "cancel": Work(json_payments.cancel),
    "refund": Work(json_refunds.refund, json_refunds.meddled_refund),
    "inquiryRefund": Work(json_refunds.inquire),
}


def answer(books: Books, request: Request, name: str) -> Response:
    """Answer one request to `/ams/api/v1/payments/...`, mishaps included."""
    client = json_door.known_client(books, request)
    partner_id = client.partner_id if client else ""
    before = mishap_before(books, service=name, partner_id=partner_id)
    if before is not None:
        return before
    try:
        call = json_door.admit(books, request, name)
        json_agents.refuse_agent(books, request, call)
    except Unsigned as refused:
        return _response(books, request, _declined(refused))
    except Declined as refused:
        return _response(books, request, _declined(refused), signer=client)
    return _worked(books, request, call)


def _worked(books: Books, request: Request, call: JSONCall) -> Response:
    struck = {
        name: mishap
        for name in AFTER
        if call.name in ONLY_FOR.get(name, {call.name}) and (mishap := _take(books, name, call))
    }
    members = _members(books, call, struck)
    signer: Client | None = call.client
    if GatewayMishap.WRONGLY_SIGNED in struck:
        signer = replace(call.client, alipay_private_key_pem=generate_private_key_pem())
    if GatewayMishap.ERROR_UNSIGNED in struck:
        signer = None
    response = _response(books, request, members, signer=signer, key_version=call.key_version)
    if GatewayMishap.SLOW in struck:
        time.sleep(float(struck[GatewayMishap.SLOW].value))
    if GatewayMishap.HALF in struck:
        response = replace(response, body=response.body[: len(response.body) // 2])
    if GatewayMishap.DONE_BUT_NO_ANSWER in struck:
        response = replace(response, cut=True)
    return response


def _members(books: Books, call: JSONCall, struck: Mapping[GatewayMishap, Mishap]) -> Members:
    with books.transaction():
        try:
            return _meddled(books, call, struck)
        except Declined as refused:
            return _declined(refused)  # What was recorded of it stays: a refused id is spent.


def _meddled(books: Books, call: JSONCall, struck: Mapping[GatewayMishap, Mishap]) -> Members:
    """What the call does, as the mishaps leave it; raises Declined."""
    work = WORKS[call.name]
    if GatewayMishap.ERROR_UNSIGNED in struck:
        raise Declined(struck[GatewayMishap.ERROR_UNSIGNED].value)
    if GatewayMishap.REFUSED in struck:
        return _refused(books, call, struck[GatewayMishap.REFUSED].value)
    if GatewayMishap.UNKNOWN_THEN in struck:
        return _unclear(books, call, struck[GatewayMishap.UNKNOWN_THEN].value)
    if GatewayMishap.NOT_EXIST in struck:
        raise Declined(json_payments.NOT_EXIST)
    if GatewayMishap.PAID_MEANWHILE in struck:
        selling.pay_at_last(books, json_payments.wanted(books, call))
    if GatewayMishap.NO_PAY_TIME in struck:
        return json_payments.inquire_tersely(books, call)
    return work.work(books, call)


def _refused(books: Books, call: JSONCall, code: str) -> Members:
    """A refused id stays refused, unless the code ends nothing."""
    meddled = WORKS[call.name].meddled
    ends = json_words.result(code)["resultStatus"] == "F" and code != "SYSTEM_ERROR"
    if meddled is None or not ends:
        raise Declined(code)
    return meddled(books, call, Meddling(refused_with=code))


def _unclear(books: Books, call: JSONCall, value: str) -> Members:
    work = WORKS[call.name]
    later = mishaps.read_later(value)
    if later is not None and work.meddled is not None:
        return work.meddled(books, call, Meddling("", *later))
    if value == "done":
        work.work(books, call)
    return {"result": json_words.result(UNCLEAR)}


def _declined(refused: Declined) -> Members:
    return {"result": json_words.result(refused.code)}


def _response(
    books: Books,
    request: Request,
    members: Members,
    *,
    signer: Client | None = None,
    key_version: str = "1",
) -> Response:
    """HTTP 200 for S, F and U alike, signed over the request's path with the answer's time."""
    body, at = json_words.written(members).encode(), json_words.instant(books.timestamp())
    client_id = request.headers.get("client-id", "")
    headers = [("client-id", client_id), ("response-time", at)]
    if signer is not None:
        signed = json_signing.content(
            json_door.path_of(request), client_id=client_id, time=at, body=body
        )
        key = signer.alipay_private_key_pem
        signature = json_signing.header(signed, private_key_pem=key, key_version=key_version)
        headers.append(("signature", signature))
    return Response(content_type=CONTENT_TYPE, body=body, headers=tuple(headers))


def _take(books: Books, name: GatewayMishap, call: JSONCall) -> Mishap | None:
    return mishaps.take(books, name, service=call.name, partner_id=call.client.partner_id)
