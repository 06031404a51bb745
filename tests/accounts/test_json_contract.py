"""The JSON API's terms of an account, and a call under them that is made and written down."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from merchant_portal import clock, gateway
from merchant_portal.accounts import services
from merchant_portal.accounts.errors import AccountRefused, KeyMissing
from merchant_portal.accounts.models import (
    Account,
    AccountKey,
    CallOutcome,
    GatewayCall,
    KeyPurpose,
)
from merchant_portal.alipay.errors import NoAnswer
from merchant_portal.alipay.json_api.inquiries import InquiryAnswer
from merchant_portal.alipay.json_api.payments import PayAnswer
from merchant_portal.alipay.json_api.signing import signature_header, signed_bytes, verifying_key
from merchant_portal.alipay.json_api.words import PaymentStatus
from merchant_portal.alipay.times import iso8601
from merchant_portal.connection import check_connection
from merchant_portal.gateway import Answered, Refused, Unanswered
from merchant_portal.vault import SealBroken
from tests.alipay.counter_samples import (
    DIGITS,
    SALE,
    private_key,
    private_pem,
    public_key,
    public_pem,
)
from tests.alipay.gateways import LoopbackGateway, reply
from tests.alipay.json_shops import CLIENT, JSON, PAYMENT, scanned_payment
from tests.factories import ACTOR

pytestmark = pytest.mark.django_db

S = {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"}
NOT_THERE = {"resultCode": "ORDER_NOT_EXIST", "resultStatus": "F", "resultMessage": "no"}
INQUIRY = "/ams/api/v1/payments/inquiryPayment"


@pytest.fixture
def loopback() -> Iterator[LoopbackGateway]:
    with LoopbackGateway() as running:
        yield running


@pytest.fixture
def json_account(account: Account, loopback: LoopbackGateway) -> Account:
    """An account whose gateway takes MD5 and whose JSON API takes RSA2."""
    terms = {"client_id": CLIENT, "json_url": loopback.url.removesuffix("/gateway.do")}
    Account.objects.filter(pk=account.pk).update(**terms)
    _add(account, KeyPurpose.OURS, private_pem("merchant"))
    _add(account, KeyPurpose.ALIPAY, public_pem("gateway"))
    return Account.objects.get(pk=account.pk)


def _add(account: Account, purpose: KeyPurpose, text: str) -> AccountKey:
    return services.add_key(account, purpose=purpose, algorithm="RSA2", text=text, actor=ACTOR)


def _says(members: dict[str, Any], *, path: str = INQUIRY, signer: str = "gateway") -> bytes:
    body, time = json.dumps(members).encode(), iso8601(clock.now())
    content = signed_bytes("POST", path, client_id=CLIENT, time=time, body=body)
    signature = signature_header(content, private_key(signer), key_version="1")
    headers = [f"client-id: {CLIENT}", f"response-time: {time}", f"signature: {signature}"]
    return reply(body, content_type=JSON, headers=headers)


def _inquire(account: Account) -> Answered[InquiryAnswer] | Refused | Unanswered:
    return gateway.ask_json(
        account, account, lambda client: client.inquire_payment(payment_request_id=SALE)
    )


# ---- the contract ----------------------------------------------------------------------------


def test_rsa2_keys_serve_the_json_api_whatever_the_gateway_signs_with(
    json_account: Account,
) -> None:
    contract = services.json_contract_of(json_account)
    assert contract.signing_key == private_key("merchant")
    assert contract.verifying_keys == (public_key("gateway"),)
    assert services.contract_of(json_account).sign_type == "MD5"


def test_the_contract_names_the_client_and_the_address(
    json_account: Account, loopback: LoopbackGateway
) -> None:
    contract = services.json_contract_of(json_account)
    assert (contract.client_id, contract.key_version) == (CLIENT, "1")
    assert loopback.url.startswith(contract.base_url)


@pytest.mark.parametrize("missing", ["client_id", "json_url"])
def test_without_client_id_or_address_there_is_no_contract(
    json_account: Account, missing: str
) -> None:
    setattr(json_account, missing, "")
    with pytest.raises(AccountRefused):
        services.json_contract_of(json_account)


@pytest.mark.parametrize("purpose", [KeyPurpose.OURS, KeyPurpose.ALIPAY])
def test_without_an_rsa2_key_there_is_no_contract(
    json_account: Account, purpose: KeyPurpose
) -> None:
    json_account.keys.filter(purpose=purpose).update(retired_at=clock.now())
    with pytest.raises(KeyMissing) as missing:
        services.json_contract_of(json_account)
    assert (missing.value.purpose, missing.value.algorithm) == (purpose, "RSA2")


def test_keys_that_are_sealed_shut_are_told(json_account: Account, settings: Any) -> None:
    settings.MASTER_KEY = Fernet.generate_key().decode()
    with pytest.raises(SealBroken):
        services.json_contract_of(json_account)


def test_a_changed_client_id_verifies_again_what_did_not_verify(account: Account) -> None:
    before = clock.now()
    services.save_account(
        partner_id=account.partner_id,
        region=account.region,
        terms={"client_id": CLIENT},
        actor=ACTOR,
    )
    account.refresh_from_db()
    assert account.keys_changed_at is not None
    assert account.keys_changed_at >= before


# ---- the harmless question -------------------------------------------------------------------


def test_both_the_gateway_and_the_json_api_are_asked(
    json_account: Account, loopback: LoopbackGateway
) -> None:
    loopback.replies.append(_says({"result": NOT_THERE}))
    verdict = check_connection(json_account)
    assert verdict.works
    assert "Gateway and JSON API" in verdict.sentence


def test_a_json_api_that_does_not_take_our_key_is_named(
    json_account: Account, loopback: LoopbackGateway
) -> None:
    loopback.replies.append(_says({"result": {**NOT_THERE, "resultCode": "KEY_NOT_FOUND"}}))
    verdict = check_connection(json_account)
    assert not verdict.works
    assert "no key of ours with this key version" in verdict.sentence


# ---- one call --------------------------------------------------------------------------------


def test_a_call_is_signed_under_the_client_and_recorded(
    json_account: Account, loopback: LoopbackGateway
) -> None:
    loopback.replies.append(
        _says({"result": S, "paymentRequestId": SALE, "paymentStatus": "SUCCESS"})
    )
    heard = _inquire(json_account)
    assert isinstance(heard, Answered)
    assert heard.answer.status is PaymentStatus.SUCCESS
    row = GatewayCall.objects.get()
    assert (row.service, row.outcome, row.http_status) == ("inquiryPayment", "answered", 200)
    asked = loopback.asked[0]
    assert verifying_key(row.presign.encode(), asked.headers["signature"], [public_key("merchant")])


def test_a_signed_refusal_is_a_refusal(json_account: Account, loopback: LoopbackGateway) -> None:
    loopback.replies.append(_says({"result": NOT_THERE}))
    heard = _inquire(json_account)
    assert isinstance(heard, Refused)
    assert (heard.code, heard.signed) == ("ORDER_NOT_EXIST", True)
    assert GatewayCall.objects.get().outcome == CallOutcome.REFUSED


def test_an_answer_signed_by_somebody_else_is_no_answer(
    json_account: Account, loopback: LoopbackGateway
) -> None:
    paid = {"result": S, "paymentRequestId": SALE, "paymentStatus": "SUCCESS"}
    loopback.replies.append(_says(paid, signer="merchant"))
    heard = _inquire(json_account)
    assert isinstance(heard, Unanswered)
    assert heard.reason is NoAnswer.BAD_SIGNATURE
    assert GatewayCall.objects.get().code == "BAD_SIGNATURE"


def test_who_does_not_answer_in_time_has_not_answered(
    json_account: Account, loopback: LoopbackGateway
) -> None:
    heard = gateway.ask_json(
        json_account,
        json_account,
        lambda client: client.inquire_payment(payment_request_id=SALE),
        within_seconds=0.2,
    )
    assert isinstance(heard, Unanswered)
    assert (heard.reason, heard.never_sent) == (NoAnswer.TIMEOUT, False)


def test_the_scanned_code_is_sent_whole_and_kept_nowhere(
    json_account: Account, loopback: LoopbackGateway
) -> None:
    paid = {
        "result": {**S, "resultMessage": f"paid with {DIGITS}"},
        "paymentRequestId": SALE,
        "paymentId": PAYMENT,
        "paymentAmount": {"currency": "USD", "value": "1250"},
    }
    loopback.replies.append(_says(paid, path="/ams/api/v1/payments/pay"))
    sale = replace(scanned_payment(), expires_at=clock.now() + timedelta(minutes=3))
    heard: Answered[PayAnswer] | Refused | Unanswered = gateway.ask_json(
        json_account, json_account, lambda client: client.pay(sale)
    )
    assert isinstance(heard, Answered)
    assert DIGITS.encode() in loopback.asked[0].body
    row = GatewayCall.objects.values().get()
    assert DIGITS not in "".join(map(str, row.values())) + bytes(row["body"]).decode()
