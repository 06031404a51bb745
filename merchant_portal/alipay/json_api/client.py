"""Calls of the JSON API.

As at the gateway, each returns its answer, verified, or raises GatewayRefused (Alipay says no),
GatewayUnreachable (no answer: it may have taken effect or not) or RequestInvalid (not sent).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

import httpx

from merchant_portal.alipay.concealing import Secret
from merchant_portal.alipay.errors import GatewayUnreachable, RequestInvalid
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.fitting import compact_json
from merchant_portal.alipay.json_api.contract import JSONContract
from merchant_portal.alipay.json_api.inquiries import (
    CancelAnswer,
    InquiryAnswer,
    WhichPayment,
    read_cancel_answer,
    read_inquiry_answer,
)
from merchant_portal.alipay.json_api.notifications import CONTENT_TYPE
from merchant_portal.alipay.json_api.payments import PayAnswer, PayRequest, read_pay_answer
from merchant_portal.alipay.json_api.refunds import (
    RefundAnswer,
    RefundInquiryAnswer,
    RefundRequest,
    WhichRefund,
    read_refund_answer,
    read_refund_inquiry_answer,
)
from merchant_portal.alipay.json_api.signing import signature_header, signed_bytes
from merchant_portal.alipay.json_api.words import Call, TimeForm
from merchant_portal.alipay.outgoing import Outgoing
from merchant_portal.alipay.times import iso8601, milliseconds
from merchant_portal.alipay.transport import Transport, may_ask_elsewhere

Answer = TypeVar("Answer")


class JSONClient:
    """Speaks for one client id. The HTTP client is the caller's to share and close."""

    def __init__(
        self, contract: JSONContract, *, http: httpx.Client, now: Callable[[], datetime]
    ) -> None:
        self._contract = contract
        self._now = now
        self._transport = Transport(
            http,
            now=now,
            timeout_seconds=contract.choices.timeout_seconds,
            answer_within_seconds=contract.choices.answer_within_seconds,
        )

    def pay(self, request: PayRequest) -> PayAnswer:
        """`pay`: charge the code that was scanned, or have one issued for this order.

        Nothing of the answer or of an error shows the scanned code.
        """
        members = request.as_members(self._contract, now=self._now())
        secrets = (request.payment_code,) if request.payment_code else ()
        exchange = self._transport.send(self._outgoing(Call.PAY, members, secrets))
        return read_pay_answer(exchange, request, self._contract)

    def inquire_payment(
        self, *, payment_request_id: str = "", payment_id: str = ""
    ) -> InquiryAnswer:
        """`inquiryPayment`: where a payment stands."""
        which = WhichPayment(payment_request_id=payment_request_id, payment_id=payment_id)
        return self._asked(
            self._outgoing(Call.INQUIRY_PAYMENT, which.as_members()),
            lambda exchange: read_inquiry_answer(exchange, which, self._contract),
        )

    def cancel(self, *, payment_request_id: str = "", payment_id: str = "") -> CancelAnswer:
        """`cancel`: close an unpaid payment, or give back one of today in full."""
        which = WhichPayment(payment_request_id=payment_request_id, payment_id=payment_id)
        exchange = self._transport.send(self._outgoing(Call.CANCEL, which.as_members()))
        return read_cancel_answer(exchange, which, self._contract)

    def refund(self, request: RefundRequest) -> RefundAnswer:
        """`refund`: give back a payment in full or in part."""
        exchange = self._transport.send(self._outgoing(Call.REFUND, request.as_members()))
        return read_refund_answer(exchange, request, self._contract)

    def inquire_refund(
        self, *, refund_request_id: str = "", refund_id: str = ""
    ) -> RefundInquiryAnswer:
        """`inquiryRefund`: where a refund stands."""
        which = WhichRefund(refund_request_id=refund_request_id, refund_id=refund_id)
        return self._asked(
            self._outgoing(Call.INQUIRY_REFUND, which.as_members()),
            lambda exchange: read_refund_inquiry_answer(exchange, which, self._contract),
        )

    def _outgoing(
        self, call: Call, members: Mapping[str, object], secrets: tuple[Secret, ...] = ()
    ) -> Outgoing:
        """The request signed over exactly the bytes that leave."""
        contract, now = self._contract, self._now()
        key, path = contract.key(), contract.path_of(call)
        counted = contract.choices.request_time_form is TimeForm.MILLISECONDS
        time = milliseconds(now) if counted else iso8601(now)
        body = _written(members)
        content = signed_bytes("POST", path, client_id=contract.client_id, time=time, body=body)
        signature = signature_header(content, key, key_version=contract.key_version)
        headers = [("Client-Id", contract.client_id), ("Request-Time", time)]
        if contract.agent_token is not None:
            headers.append(("Agent-Token", contract.agent_token.reveal()))
            secrets = (*secrets, contract.agent_token)
        headers.append(("Signature", signature))
        return Outgoing(
            method="POST",
            service=call.value,
            url=httpx.URL(contract.base_url + path),
            fields=tuple(headers),
            presign=content.decode(),
            body=body,
            content_type=CONTENT_TYPE,
            headers=tuple(headers),
            secrets=secrets,
        )

    def _asked(self, outgoing: Outgoing, read: Callable[[Exchange], Answer]) -> Answer:
        """Ask, and where nobody answers ask the spare address: the call changes nothing."""
        try:
            return read(self._transport.send(outgoing))
        except GatewayUnreachable as error:
            if not (self._contract.spare_url and may_ask_elsewhere(error)):
                raise
        spare = httpx.URL(self._contract.spare_url + outgoing.url.path)
        return read(self._transport.send(outgoing.at(spare)))


def _written(members: Mapping[str, object]) -> bytes:
    try:
        return compact_json(members).encode("utf-8")
    except UnicodeEncodeError:
        raise RequestInvalid("order", "characters that UTF-8 cannot write") from None
