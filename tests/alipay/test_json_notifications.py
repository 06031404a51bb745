"""notifyPayment: read, verified over its raw bytes and our own path, answered."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merchant_portal.alipay.errors import NotificationUnreadable
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.notifications import (
    Posted,
    acknowledge,
    parse_posted,
    read_notice,
    refuse,
    verify_posted,
)
from tests.alipay.counter_samples import ORDER, ORDERED_AT, SALE, message, public_key
from tests.alipay.json_shops import CLIENT

PATH = "/alipay/ams/notify"
GATEWAY = public_key("gateway")
FILES = {
    "barcode/ams-40-notify-paid.http": (SALE, True, "SUCCESS"),
    "order-code/ams-10-notify-paid.http": (ORDER, True, "SUCCESS"),
    "order-code/ams-12-notify-failed.http": (ORDER, False, "ORDER_IS_CLOSED"),
}


def posted_of(file: str) -> Posted:
    found = message(file)
    return parse_posted(found.body, path=PATH, headers=found.headers)


@pytest.mark.parametrize("file", FILES)
def test_the_samples_verify_and_are_read(file: str) -> None:
    posted = posted_of(file)
    assert verify_posted(posted, client_id=CLIENT, keys=[GATEWAY]) is GATEWAY
    notice = read_notice(posted)
    told = (notice.details.payment_request_id, notice.is_paid, notice.result.code)
    assert told == FILES[file]
    assert notice.details.amount == MinorAmount(1250, "USD")
    assert notice.notify_type == "PAYMENT_RESULT"


PAID = posted_of("barcode/ams-40-notify-paid.http")


@pytest.mark.parametrize(
    "changed",
    [
        {"path": "/ams/api/v1/payments/pay"},
        {"path": PATH + "?shop=1"},
        {"body": PAID.body.replace(b"1250", b"1251")},
        {"body": json.dumps(json.loads(PAID.body), separators=(", ", ":")).encode()},
        {"request_time": "2026-11-20T19:50:06+08:00"},
        {"signature": ""},
        {"client_id": "211000000000000000002"},
        {"path": "/\ud800"},
    ],
)
def test_anything_changed_does_not_verify(changed: dict[str, str | bytes]) -> None:
    posted = replace(PAID, **changed)  # type: ignore[arg-type]
    assert verify_posted(posted, client_id=CLIENT, keys=[GATEWAY]) is None


def test_another_key_does_not_verify_and_an_older_one_may_stand_beside() -> None:
    merchant = public_key("merchant")
    assert verify_posted(PAID, client_id=CLIENT, keys=[merchant]) is None
    assert verify_posted(PAID, client_id=CLIENT, keys=[merchant, GATEWAY]) is GATEWAY


def test_header_names_come_in_any_case() -> None:
    found = message("barcode/ams-40-notify-paid.http")
    shouted = {name.upper(): value for name, value in found.headers.items()}
    posted = parse_posted(found.body, path=PATH, headers=shouted)
    assert verify_posted(posted, client_id=CLIENT, keys=[GATEWAY]) is GATEWAY


def test_an_s_about_something_else_is_not_paid() -> None:
    other = replace(PAID, body=PAID.body.replace(b"PAYMENT_RESULT", b"REFUND_RESULT"))
    assert not read_notice(other).is_paid
    assert read_notice(other, payment_types=frozenset({"REFUND_RESULT"})).is_paid


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"a=1&b=2",
        b"{}",
        b'{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}',
        b'{"paymentId":"1"}',
        b'{"paymentId":"1","paymentId":"2"}',
        PAID.body.replace(b'"1250"', b'"12.50"'),
        PAID.body.replace(b'"1250"', b"1250"),
    ],
)
def test_what_cannot_be_read_in_one_way_is_refused(body: bytes) -> None:
    with pytest.raises(NotificationUnreadable):
        read_notice(replace(PAID, body=body))


@given(st.binary(max_size=300), st.text(max_size=40), st.dictionaries(st.text(), st.text()))
def test_any_message_is_read_or_refused_and_never_believed(
    body: bytes, path: str, headers: dict[str, str]
) -> None:
    posted = parse_posted(body, path=path, headers=headers | {"Client-Id": CLIENT})
    assert verify_posted(posted, client_id=CLIENT, keys=[GATEWAY]) is None
    with pytest.raises(NotificationUnreadable):
        read_notice(posted)


def test_the_acknowledgement_is_the_samples() -> None:
    wanted = message("order-code/ams-11-notify-answer.http")
    answer = acknowledge(client_id=CLIENT, now=ORDERED_AT.replace(second=41))
    assert (answer.http_status, answer.body) == (200, wanted.body)
    assert {name.lower(): value for name, value in answer.headers.items()} == wanted.headers


def test_a_message_that_does_not_verify_is_not_acknowledged() -> None:
    answer = refuse(client_id=CLIENT, now=ORDERED_AT)
    assert answer.http_status == 401
    assert json.loads(answer.body)["result"]["resultStatus"] == "F"
