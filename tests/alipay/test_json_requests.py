"""What is sent to the JSON API, byte for byte, and what does not fit and is not sent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from merchant_portal.alipay.concealing import Secret
from merchant_portal.alipay.errors import GatewayUnreachable, RequestInvalid
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.client import JSONClient
from merchant_portal.alipay.json_api.contract import JSONChoices, JSONContract
from merchant_portal.alipay.json_api.orders import Goods, Order
from merchant_portal.alipay.json_api.payments import PayRequest
from merchant_portal.alipay.json_api.signing import signed_bytes, verifying_key
from merchant_portal.alipay.json_api.words import Call, Host, PayOutcome, TimeForm
from tests.alipay.counter_samples import ORDERED_AT, SALE, SOLD_AT, message, public_key
from tests.alipay.gateways import LoopbackGateway
from tests.alipay.json_answers import CONTRACT, REFUND
from tests.alipay.json_clients import ClientFor, base_url, client, client_for
from tests.alipay.json_shops import (
    PAYMENT,
    contract_at,
    order_payment,
    scanned_payment,
    signed_reply,
)

__all__ = ["base_url", "client", "client_for"]


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
