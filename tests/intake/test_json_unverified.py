"""What does not verify at the JSON API's door: refused, kept, and booked once its key is right."""

import json
from datetime import timedelta
from io import BytesIO

import pytest
from django.conf import settings as portal
from django.test import Client

from merchant_portal import clock
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account
from merchant_portal.tasks import verify_quarantine
from payments.models import IntakeCount, LedgerEntry, Notification, Payment, Quarantined
from payments.states import PaymentState
from tests import factories
from tests.intake.json_fixtures import begin, json_seller, postman, sale
from tests.intake.json_wire import CLIENT_ID, JSONPostman, add_alipays_key, message
from tests.intake.test_bad_input import counted

__all__ = ["begin", "json_seller", "postman", "sale"]


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
