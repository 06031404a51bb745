"""Answers of the JSON API, made by a test or read, and what was read as a word."""

import json
from collections.abc import Callable

from merchant_portal.alipay.errors import GatewayRefused, GatewayUnreachable
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.inquiries import (
    WhichPayment,
    read_cancel_answer,
    read_inquiry_answer,
)
from merchant_portal.alipay.json_api.payments import read_pay_answer
from merchant_portal.alipay.json_api.refunds import RefundRequest, read_refund_answer
from merchant_portal.alipay.json_api.signing import signature_header, signed_bytes
from merchant_portal.alipay.json_api.words import Call
from tests.alipay.counter_samples import SALE, Message, private_key
from tests.alipay.json_shops import (
    CLIENT,
    JSON,
    PAYMENT,
    contract_at,
    exchange_with,
    order_payment,
    scanned_payment,
)

REFUND = RefundRequest(
    refund_request_id="RF0001",
    payment_id=PAYMENT,
    amount=MinorAmount(500, "USD"),
    reference_refund_id="RETURN-77",
    reason="Wrong dish",
)
CONTRACT = contract_at("https://open-sea-global.alipay.com")
S = {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"}
U = {"resultCode": "PAYMENT_IN_PROCESS", "resultStatus": "U", "resultMessage": "wait"}
PAID = {
    "result": S,
    "paymentRequestId": SALE,
    "paymentId": PAYMENT,
    "paymentAmount": {"currency": "USD", "value": "1250"},
}


def outcome_of(read: Callable[[], object]) -> str:
    """A result as a word, a refusal with its code, or why there is no answer."""
    try:
        answer = read()
    except GatewayRefused as refused:
        return f"refused: {refused.code}" + ("" if refused.signed else " unsigned")
    except GatewayUnreachable as unreachable:
        return f"no answer: {unreachable.reason}"
    said = getattr(answer, "outcome", None) or getattr(answer, "status", None)
    return str(said or getattr(answer, "state", "done"))


def paid_of(exchange: Exchange) -> str:
    return outcome_of(lambda: read_pay_answer(exchange, scanned_payment(), CONTRACT))


def order_of(exchange: Exchange) -> str:
    return outcome_of(lambda: read_pay_answer(exchange, order_payment(), CONTRACT))


def inquiry_of(exchange: Exchange, **ids: str) -> str:
    which = WhichPayment(**ids)
    return outcome_of(lambda: read_inquiry_answer(exchange, which, CONTRACT))


def cancel_of(exchange: Exchange, **ids: str) -> str:
    which = WhichPayment(**ids)
    return outcome_of(lambda: read_cancel_answer(exchange, which, CONTRACT))


def refund_of(exchange: Exchange) -> str:
    return outcome_of(lambda: read_refund_answer(exchange, REFUND, CONTRACT))


def signed_exchange(members: dict[str, object], call: Call = Call.PAY, **how: str) -> Exchange:
    """The exchange of an answer the gateway signed."""
    return exchange_with(signed_message(json.dumps(members).encode(), call, **how))


def signed_message(body: bytes, call: Call = Call.PAY, **how: str) -> Message:
    time = "2026-11-20T19:50:04+08:00"
    content = signed_bytes("POST", CONTRACT.path_of(call), client_id=CLIENT, time=time, body=body)
    headers = {
        "content-type": JSON,
        "client-id": CLIENT,
        "response-time": time,
        "signature": signature_header(content, private_key("gateway"), key_version="1"),
    }
    return Message(
        "HTTP/1.1 200 OK", headers | {k.replace("_", "-"): v for k, v in how.items()}, body
    )
