"""The JSON API's door: what is paid is booked once, and nothing that may be money is lost."""

import json
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from merchant_portal import clock
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, KeyPurpose
from merchant_portal.verifying import find_breaches
from payments.models import LedgerEntry, Notification, Payment
from payments.states import NotificationState, PaymentState, Product, Question, WaitReason
from tests import factories
from tests.intake.json_fixtures import Begin, begin, json_seller, postman, sale
from tests.intake.json_wire import (
    CLIENT_ID,
    OPEN,
    PAYMENT_ID,
    POOR,
    SALE,
    JSONPostman,
    add_alipays_key,
    message,
)

__all__ = ["begin", "json_seller", "postman", "sale"]


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
