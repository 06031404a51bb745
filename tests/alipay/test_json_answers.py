"""What the JSON API answers: a result, a refusal, or no answer."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merchant_portal.alipay.errors import NoAnswer
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.contract import JSONChoices
from merchant_portal.alipay.json_api.inquiries import WhichPayment, read_inquiry_answer
from merchant_portal.alipay.json_api.payments import read_pay_answer
from merchant_portal.alipay.json_api.refunds import WhichRefund, read_refund_inquiry_answer
from merchant_portal.alipay.json_api.words import Call, PaymentStatus
from merchant_portal.alipay.words import RefundResult
from tests.alipay.counter_samples import ORDER, SALE, message
from tests.alipay.json_answers import (
    CONTRACT,
    PAID,
    S,
    U,
    cancel_of,
    inquiry_of,
    order_of,
    outcome_of,
    paid_of,
    refund_of,
    signed_exchange,
    signed_message,
)
from tests.alipay.json_shops import exchange_with, scanned_payment


def exchange_of(file: str) -> Exchange:
    return exchange_with(message(file))


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
    assert paid_of(exchange_of(f"barcode/{file}.http")) == outcome


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
    assert order_of(exchange_of(f"order-code/{file}.http")) == outcome


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
    assert inquiry_of(exchange_of(f"barcode/{file}.http"), payment_request_id=SALE) == outcome


def test_an_inquiry_tells_refunds_and_cancels() -> None:
    file = "order-code/ams-22-inquiry-response-paid-and-part-refunded.http"
    answer = read_inquiry_answer(
        exchange_of(file), WhichPayment(payment_request_id=ORDER), CONTRACT
    )
    [event] = answer.events
    assert (answer.status, event.kind, event.status) == (PaymentStatus.SUCCESS, "REFUND", "SUCCESS")
    assert (event.amount, event.request_id) == (MinorAmount(500, "USD"), "RF0002")
    cancelled = exchange_of("order-code/ams-23-inquiry-response-cancelled.http")
    assert inquiry_of(cancelled, payment_request_id=ORDER) == "CANCELLED"


def test_cancels_and_refunds_of_the_samples_are_read() -> None:
    assert (
        cancel_of(exchange_of("barcode/ams-21-cancel-response.http"), payment_request_id=SALE)
        == "done"
    )
    late = exchange_of("barcode/ams-22-cancel-response-window.http")
    assert cancel_of(late, payment_request_id=SALE) == "refused: CANCEL_WINDOW_EXCEED"
    assert cancel_of(
        exchange_of("order-code/ams-31-cancel-response.http"), payment_request_id=ORDER
    )
    assert refund_of(exchange_of("barcode/ams-31-refund-response.http")) == RefundResult.SUCCESS
    assert refund_of(exchange_of("barcode/ams-32-refund-response-in-process.http")) == "PROCESSING"
    inquiry = read_refund_inquiry_answer(
        exchange_of("barcode/ams-34-inquiry-refund-response.http"),
        WhichRefund(refund_request_id="RF0001"),
        CONTRACT,
    )
    assert (inquiry.state, inquiry.amount) == (RefundResult.SUCCESS, MinorAmount(500, "USD"))


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
    assert paid_of(signed_exchange(PAID | changed)) == outcome


def test_an_order_without_its_code_is_open_or_none() -> None:
    bare = PAID | {"paymentRequestId": ORDER}
    assert order_of(signed_exchange(bare | {"result": U})) == "OPEN"
    assert order_of(signed_exchange(bare)) == "no answer: UNREADABLE"


def test_a_u_ends_neither_inquiry_nor_cancel_nor_refund() -> None:
    unknown = U | {"resultCode": "UNKNOWN_EXCEPTION"}
    asked = {"result": unknown, "paymentRequestId": SALE}
    expected = "no answer: UNKNOWN_RESULT"
    assert (
        inquiry_of(signed_exchange(asked, Call.INQUIRY_PAYMENT), payment_request_id=SALE)
        == expected
    )
    assert cancel_of(signed_exchange(asked, Call.CANCEL), payment_request_id=SALE) == expected
    assert refund_of(signed_exchange({"result": unknown}, Call.REFUND)) == expected


def test_answers_about_others_are_none() -> None:
    done = {"result": S, "paymentRequestId": "ANOTHER", "paymentStatus": "SUCCESS"}
    expected = "no answer: UNREADABLE"
    assert (
        inquiry_of(signed_exchange(done, Call.INQUIRY_PAYMENT), payment_request_id=SALE) == expected
    )
    assert cancel_of(signed_exchange(done, Call.CANCEL), payment_request_id=SALE) == expected
    unnamed = signed_exchange({"result": S}, Call.CANCEL)
    assert cancel_of(unnamed, payment_request_id=SALE) == expected
    money = {"currency": "USD", "value": "501"}
    refunded = {"result": S, "refundRequestId": "RF0001", "refundAmount": money}
    assert refund_of(signed_exchange(refunded, Call.REFUND)) == expected


def test_a_status_is_compared_without_case_and_an_unknown_one_is_no_answer() -> None:
    for word, outcome in (("Success", "SUCCESS"), ("DONE", "no answer: UNKNOWN_RESULT")):
        members = {"result": S, "paymentRequestId": SALE, "paymentStatus": word}
        exchange = signed_exchange(members, Call.INQUIRY_PAYMENT)
        assert inquiry_of(exchange, payment_request_id=SALE) == outcome


PAID_MESSAGE = signed_message(json.dumps(PAID).encode())


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
    assert paid_of(signed_exchange(PAID, Call.CANCEL)) == "no answer: BAD_SIGNATURE"


def test_only_named_refusals_may_come_unsigned() -> None:
    for code, signed in (("KEY_NOT_FOUND", False), ("INVALID_SIGNATURE", True)):
        members = {"result": S | {"resultStatus": "F", "resultCode": code}}
        exchange = signed_exchange(members, signature="")
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
    assert paid_of(exchange_with(signed_message(body))) == "no answer: UNREADABLE"


def test_a_member_given_twice_is_no_answer() -> None:
    twice = json.dumps(PAID).replace("{", '{"paymentId":"X",', 1).encode()
    assert paid_of(exchange_with(signed_message(twice))) == "no answer: UNREADABLE"


@given(st.binary(max_size=400))
def test_any_bytes_are_no_answer(body: bytes) -> None:
    for exchange in (
        exchange_with(replace(PAID_MESSAGE, body=body)),
        exchange_with(signed_message(body)),
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
    exchange = signed_exchange(PAID | members)
    for outcome in (paid_of(exchange), order_of(exchange)):
        assert outcome in ("PAID", "OPEN", "CODE_ISSUED") or outcome.startswith(("no", "refused"))
