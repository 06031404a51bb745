"""The JSON API as it goes over the wire: samples, signatures, answers and their absence."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from merchant_portal.alipay.client import open_http
from merchant_portal.alipay.concealing import Secret
from merchant_portal.alipay.errors import (
    AlipayError,
    GatewayRefused,
    GatewayUnreachable,
    NoAnswer,
    RequestInvalid,
)
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.client import JSONClient
from merchant_portal.alipay.json_api.contract import JSONChoices, JSONContract
from merchant_portal.alipay.json_api.inquiries import (
    WhichPayment,
    read_cancel_answer,
    read_inquiry_answer,
)
from merchant_portal.alipay.json_api.orders import Goods, Order
from merchant_portal.alipay.json_api.payments import PayRequest, read_pay_answer
from merchant_portal.alipay.json_api.refunds import (
    RefundRequest,
    WhichRefund,
    read_refund_answer,
    read_refund_inquiry_answer,
)
from merchant_portal.alipay.json_api.signing import (
    signature_header,
    signature_in,
    signed_bytes,
    verifying_key,
)
from merchant_portal.alipay.json_api.words import Call, Host, PaymentStatus, PayOutcome, TimeForm
from merchant_portal.alipay.payment_codes import PaymentCode
from merchant_portal.alipay.words import RefundResult
from tests.alipay.counter_samples import (
    DIGITS,
    ORDER,
    ORDERED_AT,
    SALE,
    SOLD_AT,
    Message,
    json_case,
    json_cases,
    message,
    private_key,
    public_key,
)
from tests.alipay.gateways import LoopbackGateway, reply, unused_address
from tests.alipay.json_shops import (
    CLIENT,
    JSON,
    PAYMENT,
    contract_at,
    exchange_with,
    order_payment,
    scanned_payment,
    signed_reply,
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
ClientFor = Callable[[datetime, JSONContract], JSONClient]


@pytest.fixture
def base_url(gateway: LoopbackGateway) -> str:
    return gateway.url.removesuffix("/gateway.do")


@pytest.fixture
def client_for() -> Iterator[ClientFor]:
    with open_http(timeout_seconds=2.0) as http:
        yield lambda now, contract: JSONClient(contract, http=http, now=lambda: now)


@pytest.fixture
def client(client_for: ClientFor, base_url: str) -> JSONClient:
    return client_for(SOLD_AT, contract_at(base_url))


# ---- signatures ------------------------------------------------------------------------------


def _content(case: dict[str, str]) -> bytes:
    return signed_bytes(
        case["method"],
        case["path"],
        client_id=case["client_id"],
        time=case["time"],
        body=case["body"].encode(),
    )


@pytest.mark.parametrize("case", json_cases(), ids=lambda case: case["file"])
def test_every_vector_is_signed_the_same_and_verifies(case: dict[str, str]) -> None:
    content, signer = _content(case), case["signer"]
    header = signature_header(content, private_key(signer), key_version="1")
    assert header == case["signature_header"]
    keys = [public_key("gateway"), public_key("merchant")]
    assert verifying_key(content, header, keys) == public_key(signer)
    assert verifying_key(content + b" ", header, keys) is None


def test_there_are_as_many_vectors_as_signed_samples() -> None:
    assert len(json_cases()) == 32


@pytest.mark.parametrize("case", json_cases(), ids=lambda case: case["file"])
def test_every_file_holds_its_vectors_bytes(case: dict[str, str]) -> None:
    found = message(case["file"])
    assert found.body == case["body"].encode()
    assert found.headers["signature"] == case["signature_header"]


def test_a_header_is_read_with_blanks_and_unescaped() -> None:
    case = json_case("barcode/ams-01-pay-request.http")
    escaped = case["signature_header"].partition("signature=")[2]
    plain = escaped.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
    for header in (
        f"algorithm=RSA256, keyVersion=1, signature={escaped}",
        f"algorithm=RSA256,keyVersion=2,signature={plain}",
        f"signature={plain.replace('+', ' ')}",
    ):
        assert verifying_key(_content(case), header, [public_key("merchant")])


@pytest.mark.parametrize("header", ["", "algorithm=RSA,signature=AAAA", "signature=", "=,=,,"])
def test_a_header_without_our_algorithm_holds_no_signature(header: str) -> None:
    assert signature_in(header) == ""
    assert verifying_key(b"", header, [public_key("gateway")]) is None


@given(st.binary(max_size=200), st.text(max_size=200))
def test_no_header_is_a_signature_by_chance(body: bytes, header: str) -> None:
    assert verifying_key(body, header, [public_key("gateway")]) is None
    assert verifying_key(body, f"signature={header}", [public_key("gateway")]) is None


@given(st.binary(max_size=300), st.integers(0, 299), st.integers(1, 255))
def test_one_changed_byte_never_verifies(body: bytes, place: int, flip: int) -> None:
    content = b"POST /x\nC.T." + body
    header = signature_header(content, private_key("gateway"), key_version="1")
    harmed = bytearray(content)
    harmed[place % len(content)] ^= flip
    assert verifying_key(content, header, [public_key("gateway")])
    assert verifying_key(bytes(harmed), header, [public_key("gateway")]) is None


# ---- requests --------------------------------------------------------------------------------


def _sent(gateway: LoopbackGateway, file: str) -> None:
    """The last request is the sample's, byte for byte: address, headers and body."""
    asked, wanted = gateway.asked[-1], message(file)
    assert f"{asked.method} {asked.target} HTTP/1.1" == wanted.start
    assert asked.body == wanted.body
    for name in ("client-id", "request-time", "signature", "content-type"):
        assert asked.headers[name] == wanted.headers[name]
    assert asked.headers.get("agent-token") == wanted.headers.get("agent-token")


def _silent(call: Callable[[], object]) -> None:
    with pytest.raises(GatewayUnreachable):
        call()


def test_a_scan_sends_the_bytes_of_the_sample(client: JSONClient, gateway: LoopbackGateway) -> None:
    gateway.replies = [signed_reply("barcode/ams-03-pay-response-paid.http")]
    answer = client.pay(scanned_payment())
    _sent(gateway, "barcode/ams-01-pay-request.http")
    assert answer.outcome is PayOutcome.PAID
    assert answer.details.amount == MinorAmount(1250, "USD")
    assert answer.details.actual_amount == MinorAmount(8875, "CNY")
    assert answer.details.payer.wallet == "ALIPAY_CN"
    assert answer.details.paid_at == SOLD_AT.replace(second=4)


def test_an_integrator_sends_its_token_and_milliseconds(
    client_for: ClientFor, base_url: str, gateway: LoopbackGateway
) -> None:
    gateway.replies = [b""]
    choices = JSONChoices(request_time_form=TimeForm.MILLISECONDS)
    token = Secret("agent-token-issued-to-the-isv")
    terms = replace(contract_at(base_url), agent_token=token, choices=choices)
    request = replace(scanned_payment(), payment_request_id="BC2026112019500100012399")
    client = client_for(SOLD_AT + timedelta(milliseconds=123), terms)
    with pytest.raises(GatewayUnreachable) as silent:
        client.pay(request)
    _sent(gateway, "barcode/ams-02-pay-request-isv.http")
    assert "agent-token-issued" not in repr(silent.value.exchange) + repr(terms)


def test_an_order_sends_the_bytes_of_the_sample(
    client_for: ClientFor, base_url: str, gateway: LoopbackGateway
) -> None:
    gateway.replies = [signed_reply("order-code/ams-02-pay-response-code-issued-U.http")]
    answer = client_for(ORDERED_AT, contract_at(base_url)).pay(order_payment())
    _sent(gateway, "order-code/ams-01-pay-request.http")
    assert answer.outcome is PayOutcome.CODE_ISSUED
    assert answer.code is not None
    assert answer.code.text == "https://qr.alipay.example/281002040000000000000000000000demo"
    assert answer.code.expires_at == ORDERED_AT + timedelta(minutes=3)
    assert len(answer.code.details) == 4


def test_the_other_calls_send_the_bytes_of_their_samples(
    client_for: ClientFor, base_url: str, gateway: LoopbackGateway
) -> None:
    terms = contract_at(base_url)
    calls: list[tuple[str, datetime, Callable[[JSONClient], object]]] = [
        (
            "barcode/ams-10-inquiry-request.http",
            SOLD_AT.replace(second=6),
            lambda client: client.inquire_payment(payment_request_id=SALE),
        ),
        (
            "barcode/ams-20-cancel-request.http",
            SOLD_AT.replace(minute=51, second=2),
            lambda client: client.cancel(payment_request_id=SALE),
        ),
        (
            "barcode/ams-30-refund-request.http",
            SOLD_AT.replace(day=21, hour=10, minute=0, second=0),
            lambda client: client.refund(REFUND),
        ),
        (
            "order-code/ams-20-inquiry-request.http",
            ORDERED_AT.replace(second=16),
            lambda client: client.inquire_payment(payment_id="20261120194010800100188000000002"),
        ),
    ]
    for file, now, call in calls:
        gateway.replies = [b""]
        client = client_for(now, terms)
        _silent(lambda call=call, client=client: call(client))  # type: ignore[misc]
        _sent(gateway, file)


def test_a_refunds_inquiry_sends_its_body(client: JSONClient, gateway: LoopbackGateway) -> None:
    gateway.replies = [b""]
    _silent(lambda: client.inquire_refund(refund_request_id="RF0001"))
    wanted = message("barcode/ams-33-inquiry-refund-request.http")
    assert gateway.asked[0].body == wanted.body
    assert gateway.asked[0].target == "/ams/api/v1/payments/inquiryRefund"


def test_a_sandbox_client_takes_the_other_path_and_either_can_be_set() -> None:
    sandbox = replace(CONTRACT, client_id="SANDBOX_5Y0000000000")
    assert CONTRACT.path_of(Call.PAY) == "/ams/api/v1/payments/pay"
    assert sandbox.path_of(Call.PAY) == "/ams/sandbox/api/v1/payments/pay"
    told = replace(sandbox, choices=JSONChoices(path_prefix="/ams/api"))
    assert told.path_of(Call.CANCEL) == "/ams/api/v1/payments/cancel"


def test_the_path_that_is_sent_is_the_path_that_is_signed(
    client_for: ClientFor, base_url: str, gateway: LoopbackGateway
) -> None:
    gateway.replies = [b""]
    terms = replace(contract_at(base_url), client_id="SANDBOX_5Y0000000000", key_version="2")
    _silent(lambda: client_for(SOLD_AT, terms).cancel(payment_id=PAYMENT))
    asked = gateway.asked[0]
    content = signed_bytes(
        "POST",
        asked.target,
        client_id="SANDBOX_5Y0000000000",
        time=asked.headers["request-time"],
        body=asked.body,
    )
    assert asked.target.startswith("/ams/sandbox/api/")
    assert verifying_key(content, asked.headers["signature"], [public_key("merchant")])
    assert "keyVersion=2" in asked.headers["signature"]


def test_every_region_has_its_host() -> None:
    assert {host.url for host in Host} == {
        "https://open-na-global.alipay.com",
        "https://open-sea-global.alipay.com",
        "https://open-de-global.alipay.com",
        "https://open-na.alipay.com",
        "https://open-sea.alipay.com",
        "https://open-eu.alipay.com",
    }


def _order(**changed: object) -> PayRequest:
    made: Order = replace(scanned_payment().order, **changed)  # type: ignore[arg-type]
    return replace(scanned_payment(), order=made)


STORE = scanned_payment().order.merchant.store
MERCHANT = scanned_payment().order.merchant
GOODS = Goods(reference_goods_id="1", goods_name="Lunch")
UNFIT: list[tuple[str, PayRequest]] = [
    ("paymentRequestId", replace(scanned_payment(), payment_request_id="x" * 65)),
    ("paymentRequestId", replace(scanned_payment(), payment_request_id="A B")),
    ("paymentAmount", replace(scanned_payment(), amount=MinorAmount(0, "USD"))),
    ("paymentAmount", replace(scanned_payment(), amount=MinorAmount(150, "IDR"))),
    ("paymentNotifyUrl", replace(scanned_payment(), notify_url="")),
    ("paymentNotifyUrl", replace(scanned_payment(), notify_url="https://a.b/" + "x" * 2048)),
    ("paymentRedirectUrl", replace(scanned_payment(), redirect_url="https://shop.example/")),
    ("paymentRedirectUrl", replace(order_payment(), redirect_url="thanks")),
    ("paymentExpiryTime", replace(scanned_payment(), expires_at=SOLD_AT)),
    ("paymentExpiryTime", replace(scanned_payment(), expires_at=SOLD_AT + timedelta(hours=1))),
    ("settlementCurrency", replace(scanned_payment(), settlement_currency="usd")),
    ("merchantRegion", replace(scanned_payment(), merchant_region="Singapore")),
    ("referenceOrderId", _order(reference_order_id="")),
    ("orderDescription", _order(description="x" * 257)),
    ("orderAmount", _order(amount="12.50")),
    ("storeTerminalId", _order(store_terminal_id="")),
    ("extendInfo", _order(extend_info="x" * 2049)),
    ("goods", _order(goods=(GOODS,) * 101)),
    ("goodsQuantity", _order(goods=(replace(GOODS, goods_quantity="1.5"),))),
    ("merchantName", _order(merchant=replace(MERCHANT, merchant_name="x" * 257))),
    ("merchantMCC", _order(merchant=replace(MERCHANT, merchant_mcc=""))),
    ("storeName", _order(merchant=replace(MERCHANT, store=replace(STORE, store_name="")))),
]


@pytest.mark.parametrize(("field", "request_"), UNFIT, ids=lambda value: str(value)[:20])
def test_what_does_not_fit_is_not_sent(
    field: str, request_: PayRequest, client: JSONClient, gateway: LoopbackGateway
) -> None:
    with pytest.raises(RequestInvalid) as refused:
        client.pay(request_)
    assert (refused.value.field, gateway.asked) == (field, [])


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("client_id", {"client_id": ""}),
        ("key_version", {"key_version": "one"}),
        ("base_url", {"base_url": "https://open-sea-global.alipay.com/ams"}),
        ("base_url", {"base_url": "open-sea-global.alipay.com"}),
        ("signing_key", {"signing_key": None}),
        ("verifying_keys", {"verifying_keys": ()}),
        ("path_prefix", {"choices": JSONChoices(path_prefix="ams api")}),
        ("agent_token", {"agent_token": Secret("two\r\nlines-of-it")}),
    ],
)
def test_terms_that_do_not_fit_are_refused(field: str, changed: dict[str, object]) -> None:
    terms: JSONContract = replace(CONTRACT, **changed)  # type: ignore[arg-type]
    with pytest.raises(RequestInvalid) as refused:
        terms.key()
    assert refused.value.field == field


def test_an_inquiry_without_an_id_is_not_sent(client: JSONClient) -> None:
    for call in (client.inquire_payment, client.cancel, client.inquire_refund):
        with pytest.raises(RequestInvalid):
            call()


# ---- answers ---------------------------------------------------------------------------------


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


def _of(file: str) -> Exchange:
    return exchange_with(message(file))


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


@pytest.mark.parametrize(
    ("file", "outcome"),
    [
        ("ams-03-pay-response-paid", "PAID"),
        ("ams-04-pay-response-in-process", "OPEN"),
        ("ams-05-pay-response-expired-code", "refused: EXPIRED_CODE"),
        ("ams-06-pay-response-bad-signature-unsigned", "refused: SIGNATURE_INVALID unsigned"),
    ],
)
def test_every_answer_to_a_scan_is_told_apart(file: str, outcome: str) -> None:
    assert paid_of(_of(f"barcode/{file}.http")) == outcome


@pytest.mark.parametrize(
    ("file", "outcome"),
    [
        ("ams-02-pay-response-code-issued-U", "CODE_ISSUED"),
        ("ams-03-pay-response-code-issued-S", "CODE_ISSUED"),
        ("ams-04-pay-response-param-illegal", "refused: PARAM_ILLEGAL"),
        ("ams-05-pay-response-repeat-inconsistent", "refused: REPEAT_REQ_INCONSISTENT"),
    ],
)
def test_an_issued_code_is_never_paid(file: str, outcome: str) -> None:
    assert order_of(_of(f"order-code/{file}.http")) == outcome


@pytest.mark.parametrize(
    ("file", "outcome"),
    [
        ("ams-11-inquiry-response-processing", "PROCESSING"),
        ("ams-12-inquiry-response-success", "SUCCESS"),
        ("ams-13-inquiry-response-fail", "FAIL"),
        ("ams-14-inquiry-response-not-found", "refused: ORDER_NOT_EXIST"),
    ],
)
def test_an_inquiry_tells_the_payments_status(file: str, outcome: str) -> None:
    assert inquiry_of(_of(f"barcode/{file}.http"), payment_request_id=SALE) == outcome


def test_an_inquiry_tells_refunds_and_cancels() -> None:
    file = "order-code/ams-22-inquiry-response-paid-and-part-refunded.http"
    answer = read_inquiry_answer(_of(file), WhichPayment(payment_request_id=ORDER), CONTRACT)
    [event] = answer.events
    assert (answer.status, event.kind, event.status) == (PaymentStatus.SUCCESS, "REFUND", "SUCCESS")
    assert (event.amount, event.request_id) == (MinorAmount(500, "USD"), "RF0002")
    cancelled = _of("order-code/ams-23-inquiry-response-cancelled.http")
    assert inquiry_of(cancelled, payment_request_id=ORDER) == "CANCELLED"


def test_cancels_and_refunds_of_the_samples_are_read() -> None:
    assert cancel_of(_of("barcode/ams-21-cancel-response.http"), payment_request_id=SALE) == "done"
    late = _of("barcode/ams-22-cancel-response-window.http")
    assert cancel_of(late, payment_request_id=SALE) == "refused: CANCEL_WINDOW_EXCEED"
    assert cancel_of(_of("order-code/ams-31-cancel-response.http"), payment_request_id=ORDER)
    assert refund_of(_of("barcode/ams-31-refund-response.http")) == RefundResult.SUCCESS
    assert refund_of(_of("barcode/ams-32-refund-response-in-process.http")) == "PROCESSING"
    inquiry = read_refund_inquiry_answer(
        _of("barcode/ams-34-inquiry-refund-response.http"),
        WhichRefund(refund_request_id="RF0001"),
        CONTRACT,
    )
    assert (inquiry.state, inquiry.amount) == (RefundResult.SUCCESS, MinorAmount(500, "USD"))


def _made(members: dict[str, object], call: Call = Call.PAY, **how: str) -> Exchange:
    """The exchange of an answer the gateway signed."""
    return exchange_with(_message(json.dumps(members).encode(), call, **how))


def _message(body: bytes, call: Call = Call.PAY, **how: str) -> Message:
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


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({}, "PAID"),
        ({"unknown": {"member": 1}}, "PAID"),
        ({"result": U}, "OPEN"),
        ({"result": U | {"resultCode": "UNKNOWN_EXCEPTION"}}, "OPEN"),
        (
            {"result": S | {"resultStatus": "F", "resultCode": "RISK_REJECT"}},
            "refused: RISK_REJECT",
        ),
        (
            {"result": S | {"resultStatus": "F", "resultCode": "SYSTEM_ERROR"}},
            "no answer: SYSTEM_ERROR",
        ),
        (
            {"result": S | {"resultStatus": "F", "resultCode": "PAYMENT_IN_PROCESS"}},
            "no answer: SYSTEM_ERROR",
        ),
        ({"result": S | {"resultStatus": "X"}}, "no answer: UNREADABLE"),
        ({"result": None}, "no answer: UNREADABLE"),
        ({"paymentRequestId": "ANOTHER"}, "no answer: UNREADABLE"),
        ({"paymentRequestId": None}, "no answer: UNREADABLE"),
        ({"paymentId": ""}, "no answer: UNREADABLE"),
        ({"paymentAmount": {"currency": "USD", "value": "12.50"}}, "no answer: UNREADABLE"),
        ({"paymentAmount": {"currency": "USD", "value": 1250}}, "no answer: UNREADABLE"),
        ({"paymentAmount": {"currency": "USD", "value": "1251"}}, "no answer: UNREADABLE"),
        ({"paymentAmount": {"currency": "JPY", "value": "1250"}}, "no answer: UNREADABLE"),
        ({"paymentTime": "20261120195004"}, "no answer: UNREADABLE"),
        ({"paymentId": "\ud800"}, "no answer: UNREADABLE"),
    ],
)
def test_a_signed_answer_to_a_scan_is_told_apart(changed: dict[str, object], outcome: str) -> None:
    assert paid_of(_made(PAID | changed)) == outcome


def test_an_order_without_its_code_is_open_or_none() -> None:
    bare = PAID | {"paymentRequestId": ORDER}
    assert order_of(_made(bare | {"result": U})) == "OPEN"
    assert order_of(_made(bare)) == "no answer: UNREADABLE"


def test_a_u_ends_neither_inquiry_nor_cancel_nor_refund() -> None:
    unknown = U | {"resultCode": "UNKNOWN_EXCEPTION"}
    asked = {"result": unknown, "paymentRequestId": SALE}
    expected = "no answer: UNKNOWN_RESULT"
    assert inquiry_of(_made(asked, Call.INQUIRY_PAYMENT), payment_request_id=SALE) == expected
    assert cancel_of(_made(asked, Call.CANCEL), payment_request_id=SALE) == expected
    assert refund_of(_made({"result": unknown}, Call.REFUND)) == expected


def test_answers_about_others_are_none() -> None:
    done = {"result": S, "paymentRequestId": "ANOTHER", "paymentStatus": "SUCCESS"}
    expected = "no answer: UNREADABLE"
    assert inquiry_of(_made(done, Call.INQUIRY_PAYMENT), payment_request_id=SALE) == expected
    assert cancel_of(_made(done, Call.CANCEL), payment_request_id=SALE) == expected
    unnamed = _made({"result": S}, Call.CANCEL)
    assert cancel_of(unnamed, payment_request_id=SALE) == expected
    money = {"currency": "USD", "value": "501"}
    refunded = {"result": S, "refundRequestId": "RF0001", "refundAmount": money}
    assert refund_of(_made(refunded, Call.REFUND)) == expected


def test_a_status_is_compared_without_case_and_an_unknown_one_is_no_answer() -> None:
    for word, outcome in (("Success", "SUCCESS"), ("DONE", "no answer: UNKNOWN_RESULT")):
        members = {"result": S, "paymentRequestId": SALE, "paymentStatus": word}
        exchange = _made(members, Call.INQUIRY_PAYMENT)
        assert inquiry_of(exchange, payment_request_id=SALE) == outcome


PAID_MESSAGE = _message(json.dumps(PAID).encode())


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"signature": ""}, NoAnswer.BAD_SIGNATURE),
        ({"signature": "algorithm=RSA256,keyVersion=1,signature=AAAA"}, NoAnswer.BAD_SIGNATURE),
        ({"response-time": "2026-11-20T19:50:05+08:00"}, NoAnswer.BAD_SIGNATURE),
        ({"client-id": "211000000000000000002"}, NoAnswer.BAD_SIGNATURE),
        ({"content-type": "text/html"}, NoAnswer.UNREADABLE),
    ],
)
def test_an_answer_whose_headers_are_wrong_is_none(
    changed: dict[str, str], reason: NoAnswer
) -> None:
    harmed = replace(PAID_MESSAGE, headers=PAID_MESSAGE.headers | changed)
    assert paid_of(exchange_with(harmed)) == f"no answer: {reason}"


def test_an_answer_to_another_call_does_not_verify() -> None:
    assert paid_of(_made(PAID, Call.CANCEL)) == "no answer: BAD_SIGNATURE"


def test_only_named_refusals_may_come_unsigned() -> None:
    for code, signed in (("KEY_NOT_FOUND", False), ("INVALID_SIGNATURE", True)):
        members = {"result": S | {"resultStatus": "F", "resultCode": code}}
        exchange = _made(members, signature="")
        expected = f"refused: {code} unsigned" if signed else "no answer: BAD_SIGNATURE"
        assert paid_of(exchange) == expected
        choices = JSONChoices(unsigned_refusals=frozenset({"KEY_NOT_FOUND"}))
        terms = replace(CONTRACT, choices=choices)
        other = outcome_of(lambda e=exchange, t=terms: read_pay_answer(e, scanned_payment(), t))  # type: ignore[misc]
        assert other.startswith("no answer" if signed else "refused")


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'{"result":', b"\xff", b"<html>", b"[" * 9999]
)
def test_what_is_no_json_object_is_no_answer(body: bytes) -> None:
    assert paid_of(exchange_with(_message(body))) == "no answer: UNREADABLE"


def test_a_member_given_twice_is_no_answer() -> None:
    twice = json.dumps(PAID).replace("{", '{"paymentId":"X",', 1).encode()
    assert paid_of(exchange_with(_message(twice))) == "no answer: UNREADABLE"


@given(st.binary(max_size=400))
def test_any_bytes_are_no_answer(body: bytes) -> None:
    for exchange in (
        exchange_with(replace(PAID_MESSAGE, body=body)),
        exchange_with(_message(body)),
    ):
        assert paid_of(exchange).startswith("no answer")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
names = st.sampled_from([*PAID, "orderCodeForm", "paymentTime", "pspCustomerInfo", "paymentQuote"])


@given(st.dictionaries(names, anything, max_size=5))
def test_any_signed_members_are_a_result_or_a_located_refusal(members: dict[str, object]) -> None:
    exchange = _made(PAID | members)
    for outcome in (paid_of(exchange), order_of(exchange)):
        assert outcome in ("PAID", "OPEN", "CODE_ISSUED") or outcome.startswith(("no", "refused"))


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
    _silent(lambda: client.cancel(payment_request_id=SALE))
    assert [asked.target for asked in gateway.asked] == ["/ams/api/v1/payments/inquiryPayment"]


# ---- the payment code ------------------------------------------------------------------------


def test_the_code_leaves_and_nothing_shows_it(
    client: JSONClient, gateway: LoopbackGateway, caplog: pytest.LogCaptureFixture
) -> None:
    echo = {"result": {"resultCode": "BAD", "resultStatus": "F", "resultMessage": f"not {DIGITS}"}}
    gateway.replies = [
        signed_reply("barcode/ams-03-pay-response-paid.http"),
        signed_reply(_message(json.dumps(echo).encode())),
        reply(DIGITS.encode(), status=500),
        signed_reply(_message(json.dumps(PAID | {"paymentTime": DIGITS}).encode())),
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
