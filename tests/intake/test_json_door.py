"""The JSON API's door: what is paid is booked once, and nothing that may be money is lost."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings as portal
from django.db import connection
from django.test import Client
from pytest_django import Settings

from merchant_portal import clock, intake
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, KeyPurpose
from merchant_portal.tasks import verify_quarantine
from merchant_portal.verifying import find_breaches
from payments.models import IntakeCount, LedgerEntry, Notification, Payment, Quarantined
from payments.states import (
    Interface,
    NotificationState,
    PaymentState,
    Product,
    Question,
    WaitReason,
)
from qrcodes.models import Counter
from tests import factories
from tests.intake.json_wire import (
    CLIENT_ID,
    OPEN,
    PAYMENT_ID,
    POOR,
    SALE,
    JSONPostman,
    add_alipays_key,
    begin_sale,
    make_json_account,
    message,
)
from tests.intake.test_bad_input import counted

Begin = Callable[..., Payment]


@pytest.fixture
def json_seller(seller: Account) -> Account:
    return make_json_account(seller)


@pytest.fixture
def begin(json_seller: Account, counter: Counter) -> Begin:
    return lambda **terms: begin_sale(json_seller, counter, **terms)


@pytest.fixture
def sale(begin: Begin) -> Payment:
    return begin()


@pytest.fixture
def postman(client: Client, json_seller: Account) -> JSONPostman:
    return JSONPostman(client, json_seller.notify_key)


def waiting_reason() -> str:
    notification = Notification.objects.get()
    assert notification.state == NotificationState.WAITING
    assert not LedgerEntry.objects.exists()
    return notification.reason


def is_asked_now(payment: Payment) -> bool:
    payment.refresh_from_db()
    return payment.next_attempt_at is not None and payment.next_attempt_at <= clock.now()


# ---- what is paid ----------------------------------------------------------------------------


def test_a_paid_message_books_the_sale(postman: JSONPostman, sale: Payment) -> None:
    assert postman.says() == 200
    sale.refresh_from_db()
    assert (sale.state, sale.alipay_trans_id, str(sale.amount)) == ("PAID", PAYMENT_ID, "USD 12.50")
    assert str(sale.paid_at) == "2026-11-20 11:50:04+00:00"
    assert (sale.wallet, sale.buyer) == ("AlipayHK", "som***@example.com")
    assert LedgerEntry.objects.get().amount_minor == 1250
    assert find_breaches() == []


def test_what_is_answered_is_what_alipay_asks_for(postman: JSONPostman, sale: Payment) -> None:
    body = json.dumps(message()).encode()
    answer = postman.send(body, postman.headers(body))
    result = {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"}
    assert answer.json() == {"result": result}
    assert answer.headers["client-id"] == CLIENT_ID
    assert answer.headers["response-time"].endswith("+08:00")
    assert not answer.cookies


def test_the_raw_row_keeps_what_was_signed(postman: JSONPostman, sale: Payment) -> None:
    body = json.dumps(message()).encode()
    headers = postman.headers(body)
    postman.send(body, headers)
    row = Notification.objects.get()
    assert bytes(row.body) == body
    assert json.loads(row.headers) == {
        "path": postman.path,
        "client_id": CLIENT_ID,
        "request_time": headers["Request-Time"],
        "signature": headers["Signature"],
    }
    assert (row.payment, row.partner_trans_id, row.trade_status) == (sale, SALE, "S SUCCESS")


def test_an_order_code_is_paid_by_its_message(postman: JSONPostman, begin: Begin) -> None:
    payment = begin(product=Product.ORDER_CODE)
    postman.says()
    payment.refresh_from_db()
    assert payment.state == PaymentState.PAID


def test_the_query_of_the_address_is_signed_with_it(postman: JSONPostman, sale: Payment) -> None:
    assert postman.post(message(), query="?shop=1&a=%20b") == 200


def test_the_path_that_was_given_to_alipay_counts_behind_a_proxy(
    postman: JSONPostman, sale: Payment, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://shop.example/portal"
    assert postman.post(message()) == 401
    body = json.dumps(message()).encode()
    signed = _Behind(postman.client, postman.key).headers(body)
    assert postman.send(body, signed).status_code == 200


class _Behind(JSONPostman):
    """Signs as Alipay, which knows the address outside the proxy."""

    @property
    def path(self) -> str:
        return f"/portal/alipay/ams/notify/{self.key}/"


def test_two_live_keys_both_verify_and_a_retired_one_does_not(
    postman: JSONPostman, json_seller: Account, sale: Payment
) -> None:
    old = json_seller.keys.get(purpose=KeyPurpose.ALIPAY)
    add_alipays_key(json_seller, 7)
    assert postman.as_if(key_number=7).says() == postman.says() == 200
    accounts.retire_key(old, actor=factories.ACTOR)
    assert postman.says() == 401


# ---- late, twice, in any order ---------------------------------------------------------------


def test_a_second_message_posts_nothing(postman: JSONPostman, sale: Payment) -> None:
    members = message()
    backwards = dict(reversed(members.items()))
    assert postman.post(members) == 200
    assert postman.post(backwards, time="2026-11-20T19:52:06+08:00") == 200
    assert Notification.objects.get().received_count == 2
    assert LedgerEntry.objects.count() == 1


def test_the_same_result_with_another_amount_is_a_question(
    postman: JSONPostman, sale: Payment
) -> None:
    postman.says()
    assert postman.says(paymentAmount={"currency": "USD", "value": "1200"}) == 200
    sale.refresh_from_db()
    assert (sale.amount_minor, sale.question != "") == (1250, True)
    assert Notification.objects.conflicting().count() == 1
    assert find_breaches() == []


def test_another_amount_than_was_asked_for_is_a_question(
    postman: JSONPostman, sale: Payment
) -> None:
    postman.says(paymentAmount={"currency": "USD", "value": "1200"})
    sale.refresh_from_db()
    assert (sale.amount_minor, sale.question) == (1250, Question.AMOUNT_DIFFERS)


def test_a_late_failure_moves_nothing_backwards(postman: JSONPostman, sale: Payment) -> None:
    postman.says()
    assert postman.says(POOR) == 200
    sale.refresh_from_db()
    assert (sale.state, sale.question) == (PaymentState.PAID, "")
    assert Notification.objects.filter(state=NotificationState.APPLIED).count() == 2


def test_paid_after_a_failure_is_seen(postman: JSONPostman, sale: Payment) -> None:
    postman.says(POOR)
    postman.says()
    sale.refresh_from_db()
    assert (sale.state, sale.question) == (PaymentState.PAID, Question.PAID_AFTER_END)
    assert LedgerEntry.objects.count() == 1


# ---- not paid --------------------------------------------------------------------------------


def test_a_refusal_ends_a_scan_that_is_under_way(postman: JSONPostman, sale: Payment) -> None:
    assert postman.says(POOR) == 200
    sale.refresh_from_db()
    assert sale.state == PaymentState.CLOSED
    assert sale.sale.refusal == "USER_BALANCE_NOT_ENOUGH"
    assert not LedgerEntry.objects.exists()
    assert find_breaches() == []


@pytest.mark.parametrize(
    ("terms", "result"),
    [
        ({"product": Product.ORDER_CODE}, POOR),
        ({"state": PaymentState.UNKNOWN}, POOR),
        ({}, ("SYSTEM_ERROR", "F")),
        ({}, OPEN),
    ],
    ids=["an order's code", "after no answer", "a word that ends nothing", "not known"],
)
def test_elsewhere_alipay_is_asked_instead(
    postman: JSONPostman, begin: Begin, terms: dict[str, Any], result: tuple[str, str]
) -> None:
    payment = begin(**terms)
    before = payment.state
    assert postman.says(result) == 200
    assert is_asked_now(payment)
    assert payment.state == before
    assert Notification.objects.get().state == NotificationState.APPLIED


def test_a_failure_of_a_payment_nobody_knows_needs_nobody(postman: JSONPostman) -> None:
    assert postman.says(POOR) == 200
    assert Notification.objects.get().state == NotificationState.APPLIED
    assert not Payment.objects.exists()


# ---- valid and strange: stored, acknowledged, and waiting in sight ---------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"paymentRequestId": "NOBODYS"}, WaitReason.NO_SALE),
        ({"paymentId": None}, WaitReason.NO_TRADE_NUMBER),
        ({"paymentId": "9" * 65}, WaitReason.NUMBER_UNUSABLE),
        ({"paymentTime": None}, WaitReason.NO_PAYMENT_TIME),
        ({"paymentTime": "yesterday"}, WaitReason.UNREADABLE),
        ({"paymentAmount": None}, WaitReason.UNUSABLE_AMOUNT),
        ({"paymentAmount": {"currency": "XXX", "value": "1250"}}, WaitReason.UNUSABLE_AMOUNT),
        ({"paymentAmount": {"currency": "USD", "value": "0"}}, WaitReason.UNUSABLE_AMOUNT),
        ({"paymentAmount": {"currency": "USD", "value": "9" * 16}}, WaitReason.UNUSABLE_AMOUNT),
        ({"paymentAmount": {"currency": "USD", "value": "12.50"}}, WaitReason.UNREADABLE),
        ({"paymentAmount": {"currency": "USD", "value": "-1"}}, WaitReason.UNREADABLE),
        ({"paymentAmount": {"currency": "USD", "value": "1e3"}}, WaitReason.UNREADABLE),
        ({"paymentAmount": {"currency": "USD", "value": "１"}}, WaitReason.UNREADABLE),
        ({"paymentAmount": {"currency": "USD", "value": 1250}}, WaitReason.UNREADABLE),
        ({"paymentAmount": "12.50"}, WaitReason.UNREADABLE),
        ({"paymentRequestId": None, "paymentId": None}, WaitReason.UNREADABLE),
        ({"result": None}, WaitReason.UNREADABLE),
        ({"result": {"resultStatus": "X", "resultCode": "?"}}, WaitReason.UNREADABLE),
        ({"notifyType": None}, WaitReason.UNKNOWN_STATUS),
        ({"notifyType": "REFUND_RESULT"}, WaitReason.UNKNOWN_STATUS),
    ],
)
def test_what_is_missing_or_strange_is_never_guessed(
    postman: JSONPostman, sale: Payment, changes: dict[str, object], reason: WaitReason
) -> None:
    assert postman.says(**changes) == 200
    assert waiting_reason() == reason
    sale.refresh_from_db()
    assert sale.state == PaymentState.PENDING


@pytest.mark.parametrize(
    "body",
    [b"[]", b"1", b"null", b"", b"\xff", b"{", b'{"a":1,"a":2}', b"[" * 20_000, b'{"a":NaN}'],
)
def test_what_alipay_signed_and_nobody_can_read_is_kept(
    postman: JSONPostman, sale: Payment, body: bytes
) -> None:
    assert postman.post(body) == postman.post(body) == 200
    assert waiting_reason() == WaitReason.UNREADABLE
    assert Notification.objects.get().received_count == 2


def test_two_messages_that_cannot_be_read_do_not_contradict_each_other(
    postman: JSONPostman,
) -> None:
    postman.post(b"[1]")
    postman.post(b"[2]")
    assert Notification.objects.count() == 2
    assert not Notification.objects.conflicting().exists()


def test_numbers_of_an_unreadable_message_are_shown(postman: JSONPostman, sale: Payment) -> None:
    postman.says(paymentAmount="12.50")
    row = Notification.objects.get()
    assert (row.alipay_trans_id, row.partner_trans_id) == (PAYMENT_ID, SALE)


def test_a_sale_begun_at_the_gateway_is_none_of_its_sales(
    postman: JSONPostman, begin: Begin
) -> None:
    begin(interface=Interface.GATEWAY)
    assert postman.says() == 200
    assert waiting_reason() == WaitReason.NO_SALE


def test_the_two_numbers_of_two_sales_wait(postman: JSONPostman, begin: Begin) -> None:
    begin()
    Payment.objects.filter(pk=begin(number="OTHER").pk).update(alipay_trans_id=PAYMENT_ID)
    assert postman.says() == 200
    assert waiting_reason() == WaitReason.NUMBERS_DIFFER


def test_a_sale_that_is_known_later_is_booked_by_applying_again(
    postman: JSONPostman, begin: Begin, json_seller: Account
) -> None:
    postman.says()
    payment = begin()
    accounts.retire_key(
        json_seller.keys.get(purpose=KeyPurpose.ALIPAY),
        actor=factories.ACTOR,
        confirmed_fingerprint=json_seller.keys.get(purpose=KeyPurpose.ALIPAY).fingerprint,
    )
    intake.apply_again(Notification.objects.get().pk)
    payment.refresh_from_db()
    assert payment.state == PaymentState.PAID
    assert find_breaches() == []


@pytest.mark.parametrize(
    "text", ["", "海旁麵家", '"', "\\", "\x00", "\N{SNOWMAN}", {"a": []}, None]
)
def test_unknown_members_are_signed_and_ignored(
    postman: JSONPostman, sale: Payment, text: object
) -> None:
    members = message() | {"unheardOf": text, "消息": text}
    assert postman.post(members) == 200
    sale.refresh_from_db()
    assert sale.state == PaymentState.PAID


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_the_signature_counts_and_not_the_content_type(
    postman: JSONPostman, sale: Payment, content_type: str
) -> None:
    assert postman.as_if(content_type=content_type).says() == 200
    sale.refresh_from_db()
    assert sale.state == PaymentState.PAID


# ---- not verified ----------------------------------------------------------------------------


def test_a_wrong_signature_is_refused_and_quarantined_with_its_headers(
    postman: JSONPostman, sale: Payment
) -> None:
    body = json.dumps(message()).encode()
    headers = postman.as_if(key_number=7).headers(body)
    answer = postman.send(body, headers)
    assert (answer.status_code, answer.json()["result"]["resultStatus"]) == (401, "F")
    held = Quarantined.objects.get()
    assert json.loads(held.headers)["signature"] == headers["Signature"]
    assert b"paymentId" not in bytes(held.sealed_body)
    assert not Notification.objects.exists()


@pytest.mark.parametrize("name", ["Client-Id", "Request-Time", "Signature"])
def test_a_header_taken_away_or_changed_is_noticed(
    postman: JSONPostman, sale: Payment, name: str
) -> None:
    body = json.dumps(message()).encode()
    headers = postman.headers(body)
    without = {each: text for each, text in headers.items() if each != name}
    changed = headers | {name: headers[name].replace("1", "2")}
    assert postman.send(body, without).status_code == 401
    assert postman.send(body, changed).status_code == 401
    assert Quarantined.objects.count() == 2


def test_a_changed_body_is_noticed(postman: JSONPostman, sale: Payment) -> None:
    body = json.dumps(message()).encode()
    answer = postman.send(body.replace(b"1250", b"1251"), postman.headers(body))
    assert answer.status_code == 401


def test_a_message_for_another_address_is_noticed(postman: JSONPostman, sale: Payment) -> None:
    body = json.dumps(message()).encode()
    elsewhere = postman.as_if(key="0" * 32).headers(body)
    assert postman.send(body, elsewhere).status_code == 401


def test_another_client_id_is_refused_though_its_key_is_ours(
    postman: JSONPostman, sale: Payment
) -> None:
    assert postman.as_if(client_id="211000000000000000002").says() == 401
    assert "another client id" in Quarantined.objects.get().why


def test_our_own_key_does_not_verify(postman: JSONPostman, sale: Payment) -> None:
    assert postman.as_if(key_number=9).says() == 401


def test_an_account_without_a_client_id_takes_nothing(client: Client, seller: Account) -> None:
    add_alipays_key(seller, 8)
    postman = JSONPostman(client, seller.notify_key)
    assert postman.says() == postman.as_if(client_id="").says() == 401
    assert Quarantined.objects.count() == 2


@pytest.mark.parametrize("body", [b"", b"\x00\xff\xfe", b"a=1&sign=b", b"<xml/>", b"[" * 20_000])
@pytest.mark.parametrize(
    "signature", ["", "algorithm=RSA256,keyVersion=1,signature=%00", "algorithm=none", "a" * 9000]
)
def test_garbage_is_refused_and_kept(postman: JSONPostman, body: bytes, signature: str) -> None:
    headers = {"Client-Id": CLIENT_ID, "Signature": signature}
    assert postman.send(body, headers).status_code == 401
    assert Quarantined.objects.count() == 1
    assert not Notification.objects.exists()


@pytest.mark.parametrize("key", ["0" * 32, "short", "x" * 500, "%00"])
def test_an_unknown_address_is_counted_and_nothing_is_stored(
    postman: JSONPostman, key: str
) -> None:
    assert postman.as_if(key=key).says() == 401
    assert counted(IntakeCount.Kind.UNKNOWN_KEY) == 1
    assert not Quarantined.objects.exists()


def test_a_megabyte_is_refused_and_counted(postman: JSONPostman) -> None:
    assert postman.post(b"x" * 1_048_576) == 413
    assert counted(IntakeCount.Kind.TOO_LARGE) == 1
    assert not Quarantined.objects.exists()


def test_a_body_beyond_the_quarantines_size_is_counted(postman: JSONPostman) -> None:
    body = b"x" * (portal.QUARANTINE_BODY_BYTES + 1)
    assert postman.as_if(key_number=7).post(body) == 401
    assert counted(IntakeCount.Kind.TOO_LARGE) == 1


def test_a_message_in_chunks_is_read_to_its_end(postman: JSONPostman, sale: Payment) -> None:
    body = json.dumps(message()).encode()
    chunks = {
        "CONTENT_LENGTH": "",
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
    }
    answer = postman.client.generic(
        "POST", postman.path, body, headers=postman.headers(body), **chunks
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch"])
def test_only_posting_is_possible(postman: JSONPostman, method: str) -> None:
    assert getattr(postman.client, method)(postman.path).status_code == 405


# ---- a wrong key at go-live loses nothing ----------------------------------------------------


def test_what_was_held_is_booked_once_alipays_key_is_right(
    postman: JSONPostman, json_seller: Account, sale: Payment
) -> None:
    right = postman.as_if(key_number=7)
    assert right.says() == right.post(message(), time="2026-11-20T19:52:06+08:00") == 401
    add_alipays_key(json_seller, 7)
    verify_quarantine()
    sale.refresh_from_db()
    assert sale.state == PaymentState.PAID
    assert LedgerEntry.objects.count() == 1
    assert Notification.objects.get().received_count == 2
    assert not Quarantined.objects.held().exists()


def test_a_forged_message_before_it_holds_up_no_honest_one(
    postman: JSONPostman, json_seller: Account, sale: Payment
) -> None:
    body = json.dumps(message()).encode()
    forged = {**postman.headers(body), "Signature": "algorithm=RSA256,keyVersion=1,signature=no"}
    assert postman.send(body, forged).status_code == 401
    assert postman.send(body, postman.as_if(key_number=7).headers(body)).status_code == 401
    add_alipays_key(json_seller, 7)
    verify_quarantine()
    assert Notification.objects.count() == 1
    assert Quarantined.objects.held().count() == 1


def test_what_was_held_is_booked_once_the_client_id_is_right(
    postman: JSONPostman, json_seller: Account, sale: Payment
) -> None:
    Account.objects.update(client_id="211000000000000000009")
    assert postman.says() == 401
    Account.objects.update(keys_changed_at=clock.now() - timedelta(days=1))
    accounts.save_account(
        partner_id=json_seller.partner_id,
        region=json_seller.region,
        terms={"client_id": CLIENT_ID},
        actor=factories.ACTOR,
    )
    verify_quarantine()
    sale.refresh_from_db()
    assert sale.state == PaymentState.PAID


def test_keys_that_are_sealed_shut_lose_nothing(
    postman: JSONPostman, json_seller: Account, sale: Payment
) -> None:
    sealed = list(json_seller.keys.values_list("pk", "sealed"))
    json_seller.keys.update(sealed=b"sealed with another master key")
    assert postman.says() == 401
    for pk, value in sealed:
        json_seller.keys.filter(pk=pk).update(sealed=value)
    verify_quarantine()
    sale.refresh_from_db()
    assert sale.state == PaymentState.PAID


# ---- the database ----------------------------------------------------------------------------


def test_with_the_database_gone_nothing_is_acknowledged(
    postman: JSONPostman, sale: Payment
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_notification RENAME TO payments_elsewhere")
    assert postman.says() == 503


def test_an_effect_that_fails_leaves_the_message_waiting(
    postman: JSONPostman, sale: Payment
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_ledgerentry RENAME TO payments_elsewhere")
    assert postman.says() == 200
    waiting = Notification.objects.get()
    assert (waiting.state, waiting.reason) == (NotificationState.WAITING, WaitReason.FAILED)
    assert waiting.next_attempt_at is not None
