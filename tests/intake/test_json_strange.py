"""What the JSON API signed and is strange: stored, acknowledged, and waiting in sight."""

import pytest

from merchant_portal import intake
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, KeyPurpose
from merchant_portal.verifying import find_breaches
from payments.models import LedgerEntry, Notification, Payment
from payments.states import Interface, NotificationState, PaymentState, WaitReason
from tests import factories
from tests.intake.json_fixtures import Begin, begin, json_seller, postman, sale
from tests.intake.json_wire import PAYMENT_ID, SALE, JSONPostman, message

__all__ = ["begin", "json_seller", "postman", "sale"]


def waiting_reason() -> str:
    notification = Notification.objects.get()
    assert notification.state == NotificationState.WAITING
    assert not LedgerEntry.objects.exists()
    return notification.reason


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
