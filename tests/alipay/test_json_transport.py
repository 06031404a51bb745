"""The JSON API over the wire: absent and late answers, the spare address, the payment code."""

import json
from dataclasses import replace

import httpx
import pytest

from merchant_portal.alipay.errors import AlipayError, GatewayUnreachable, RequestInvalid
from merchant_portal.alipay.json_api.client import JSONClient
from merchant_portal.alipay.json_api.contract import JSONChoices
from merchant_portal.alipay.json_api.words import PaymentStatus, PayOutcome
from merchant_portal.alipay.payment_codes import PaymentCode
from tests.alipay.counter_samples import DIGITS, SALE, SOLD_AT
from tests.alipay.gateways import LoopbackGateway, reply, unused_address
from tests.alipay.json_answers import PAID, outcome_of, signed_message
from tests.alipay.json_clients import ClientFor, base_url, client, client_for
from tests.alipay.json_shops import contract_at, scanned_payment, signed_reply

__all__ = ["base_url", "client", "client_for"]


def test_html_a_500_and_half_a_body_are_no_answer(
    client: JSONClient, gateway: LoopbackGateway
) -> None:
    whole = signed_reply("barcode/ams-05-pay-response-expired-code.http")
    gateway.replies = [
        reply(b"<html></html>", content_type="text/html"),
        signed_reply("barcode/ams-05-pay-response-expired-code.http", status=500),
        whole[:-20],
        b"",
    ]
    reasons = [outcome_of(lambda: client.pay(scanned_payment())) for _ in range(4)]
    assert reasons == [
        "no answer: UNREADABLE",
        "no answer: HTTP_STATUS",
        "no answer: CONNECTION",
        "no answer: CONNECTION",
    ]


def test_a_late_answer_is_no_answer(
    client_for: ClientFor, base_url: str, gateway: LoopbackGateway
) -> None:
    terms = replace(contract_at(base_url), choices=JSONChoices(timeout_seconds=0.2))
    late = outcome_of(lambda: client_for(SOLD_AT, terms).pay(scanned_payment()))
    assert (late, len(gateway.asked)) == ("no answer: TIMEOUT", 1)


def test_only_a_question_goes_to_the_spare_address(
    client_for: ClientFor, base_url: str, gateway: LoopbackGateway
) -> None:
    gateway.replies = [signed_reply("barcode/ams-12-inquiry-response-success.http")]
    nobody = unused_address().removesuffix("/gateway.do")
    client = client_for(SOLD_AT, replace(contract_at(nobody), spare_url=base_url))
    assert client.inquire_payment(payment_request_id=SALE).status is PaymentStatus.SUCCESS
    with pytest.raises(GatewayUnreachable):
        client.cancel(payment_request_id=SALE)
    assert [asked.target for asked in gateway.asked] == ["/ams/api/v1/payments/inquiryPayment"]


def test_the_code_leaves_and_nothing_shows_it(
    client: JSONClient, gateway: LoopbackGateway, caplog: pytest.LogCaptureFixture
) -> None:
    echo = {"result": {"resultCode": "BAD", "resultStatus": "F", "resultMessage": f"not {DIGITS}"}}
    gateway.replies = [
        signed_reply("barcode/ams-03-pay-response-paid.http"),
        signed_reply(signed_message(json.dumps(echo).encode())),
        reply(DIGITS.encode(), status=500),
        signed_reply(signed_message(json.dumps(PAID | {"paymentTime": DIGITS}).encode())),
    ]
    shown = [repr(client.pay(scanned_payment()))]
    with caplog.at_level("DEBUG"):
        for _ in range(3):
            with pytest.raises(AlipayError) as failed:
                client.pay(scanned_payment())
            error = failed.value
            shown += [str(error), repr(error), repr(vars(error))]
    exchange = getattr(error, "exchange")  # noqa: B009 - every one of the three carries it
    assert json.loads(gateway.asked[0].body)["paymentMethod"]["paymentMethodId"] == DIGITS
    assert DIGITS not in "".join(shown) + caplog.text + exchange.presign + str(exchange.body)
    assert DIGITS not in repr(scanned_payment())


def test_a_code_that_is_a_plain_text_is_refused_unseen(client: JSONClient) -> None:
    for wrong in (DIGITS, ""):
        request = replace(scanned_payment(), payment_code=wrong)  # type: ignore[arg-type]
        with pytest.raises(RequestInvalid) as refused:
            client.pay(request)
        assert DIGITS not in str(refused.value)
    assert PaymentCode.scanned(DIGITS).shown in repr(scanned_payment())


def test_the_client_takes_any_http_client(base_url: str, gateway: LoopbackGateway) -> None:
    gateway.replies = [signed_reply("barcode/ams-03-pay-response-paid.http")]
    with httpx.Client() as http:
        client = JSONClient(contract_at(base_url), http=http, now=lambda: SOLD_AT)
        assert client.pay(scanned_payment()).outcome is PayOutcome.PAID
