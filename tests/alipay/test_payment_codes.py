"""A payment code is read strictly and seen nowhere."""

import copy
import logging
import pickle
import traceback
from collections.abc import Callable
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merchant_portal.alipay.client import Contract, GatewayClient
from merchant_portal.alipay.errors import AlipayError, GatewayRefused, RequestInvalid
from merchant_portal.alipay.messages import PaymentCode
from merchant_portal.alipay.outgoing import posted
from merchant_portal.alipay.signing import verifies
from tests.alipay.counter_samples import DIGITS, SALE, gateway_vector, sale, sample
from tests.alipay.gateways import LoopbackGateway, answer_xml, reply
from tests.alipay.samples import SAMPLE_KEY

ClientFor = Callable[[Contract], GatewayClient]
PAID = reply(sample("barcode/mapi-03-pay-response-success.xml"))


@pytest.mark.parametrize("length", [16, 17, 19, 24, 32])
def test_sixteen_to_thirty_two_digits_are_a_code(length: int) -> None:
    digits = "28" + "7" * (length - 2)
    assert PaymentCode.scanned(f" {digits}\r\n").reveal() == digits


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\r\n",
        "2" * 15,
        "2" * 33,
        "28x4456785672301",
        "２８０２４４５６７８５６７２３０１",
        "-" + "2" * 17,
    ],
)
def test_what_is_no_code_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        PaymentCode.scanned(text)
    assert refused.value.field == "payment_code"
    assert not text.strip() or text.strip() not in str(refused.value)


@pytest.mark.parametrize(
    ("digits", "usual"),
    [
        ("28024456785672301", True),
        (DIGITS, True),
        ("3012345678901234", True),
        ("2412345678901234", False),
        ("2" * 25, False),
    ],
)
def test_a_code_of_another_form_is_taken_and_told(digits: str, usual: bool) -> None:
    assert PaymentCode.scanned(digits).is_usual is usual


@given(st.text("0123456789", min_size=16, max_size=32))
def test_a_code_shows_two_digits_and_four(digits: str) -> None:
    code = PaymentCode.scanned(digits)
    for shown in (str(code), repr(code), f"{code}", f"{code!r:>50}", code.shown):
        assert digits not in shown
    assert code.shown == digits[:2] + "*" * (len(digits) - 6) + digits[-4:]


def test_a_code_cannot_be_pickled_and_a_copy_is_itself() -> None:
    code = PaymentCode.scanned(DIGITS)
    with pytest.raises(TypeError):
        pickle.dumps(code)
    assert copy.deepcopy(code) is code
    assert copy.copy(code) is code
    assert code == PaymentCode.scanned(DIGITS)
    assert hash(code) == hash(PaymentCode.scanned(DIGITS))


def test_a_request_and_what_leaves_show_no_code(contract: Contract) -> None:
    request = sale()
    fields = request.as_fields(contract.partner, contract.region, contract.choices)
    fields |= {"service": "alipay.acquire.overseas.spot.pay"}
    secrets = (request.payment_code,)
    outgoing = posted(contract, fields, contract.signing(), secrets=secrets)
    assert DIGITS not in repr(request) + repr(outgoing) + str(asdict(request))


def test_the_code_leaves_and_its_answer_shows_none(
    client: GatewayClient, gateway: LoopbackGateway, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.replies = [PAID]
    with caplog.at_level(logging.DEBUG):
        answer = client.pay_with_code(sale())
    assert gateway.asked[0].in_body["buyer_identity_code"] == DIGITS
    assert DIGITS in sample("barcode/mapi-03-pay-response-success.xml").decode()  # its echo
    exchange = answer.exchange
    kept = f"{exchange.fields}{exchange.presign}{exchange.body!r}{exchange.url}{exchange.headers}"
    assert DIGITS not in repr(answer) + kept + caplog.text
    assert "buyer_identity_code=28******************4821" in exchange.presign
    signature = gateway_vector("barcode/mapi-01-pay-request-acquirer.txt")["sign"]
    assert verifies(
        exchange.presign.replace("28" + "*" * 18 + "4821", DIGITS), signature, SAMPLE_KEY
    )


REFUSED = {"result_code": "FAILED", "partner_trans_id": SALE, "error": f"BAD {DIGITS}"}
TALKATIVE = [
    reply(answer_xml(REFUSED | {"detail_error_des": f"code {DIGITS}"}, SAMPLE_KEY)),
    reply(answer_xml(REFUSED | {"result_code": f"X{DIGITS}", "error": ""}, SAMPLE_KEY)),
    reply(answer_xml({"result_code": "SUCCESS", "partner_trans_id": DIGITS}, SAMPLE_KEY)),
    reply(f"<alipay><is_success>F</is_success><error>{DIGITS}</error></alipay>".encode()),
    reply(f"<html>{DIGITS}</html>".encode(), content_type="text/html"),
    reply(DIGITS.encode(), status=502),
    reply(DIGITS.encode(), headers=[f"X-Echo: {DIGITS}"]),
    PAID[:-400],
    b"",
]


@pytest.mark.parametrize("talkative", TALKATIVE)
def test_no_failure_shows_the_code(
    talkative: bytes,
    client: GatewayClient,
    gateway: LoopbackGateway,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gateway.replies = [talkative]
    with caplog.at_level(logging.DEBUG), pytest.raises(AlipayError) as failed:
        client.pay_with_code(sale())
    error = failed.value
    told = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    assert DIGITS not in told + caplog.text
    if isinstance(error, GatewayRefused):
        assert DIGITS not in error.code + error.text


def test_a_code_that_is_a_plain_text_is_refused_unseen(client: GatewayClient) -> None:
    request = replace(sale(), payment_code=DIGITS)  # type: ignore[arg-type]
    with pytest.raises(RequestInvalid) as refused:
        client.pay_with_code(request)
    assert DIGITS not in str(refused.value)
