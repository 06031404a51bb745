"""The shop of the JSON API's samples: its terms, its two payments, its gateway's answers."""

from datetime import timedelta

from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.contract import JSONContract
from merchant_portal.alipay.json_api.orders import Address, MerchantDetails, Order, StoreDetails
from merchant_portal.alipay.json_api.payments import PayRequest
from merchant_portal.alipay.payment_codes import PaymentCode
from tests.alipay.counter_samples import (
    DIGITS,
    ORDER,
    ORDERED_AT,
    SALE,
    SOLD_AT,
    Message,
    message,
    private_key,
    public_key,
)
from tests.alipay.gateways import reply

CLIENT = "211000000000000000001"
JSON = "application/json; charset=UTF-8"
PAYMENT = "20261120194010800100188000000001"
PRICE = MinorAmount(1250, "USD")
NOODLE_BAR = MerchantDetails(
    reference_merchant_id="M0001",
    merchant_mcc="5812",
    merchant_name="Harbour Noodle Bar Ltd",
    merchant_display_name="Harbour Noodle Bar",
    merchant_address=Address(region="SG", city="Singapore", address1="1 Pier Road"),
    store=StoreDetails(
        reference_store_id="S0001",
        store_name="Harbour Noodle Bar Pier 3",
        store_mcc="5812",
        store_terminal_id="T0007",
        store_operator_id="cashier-3",
    ),
)


def contract_at(base_url: str) -> JSONContract:
    return JSONContract(
        client_id=CLIENT,
        base_url=base_url,
        signing_key=private_key("merchant"),
        verifying_keys=(public_key("gateway"),),
    )


def scanned_payment() -> PayRequest:
    """What barcode/ams-01 asks."""
    return PayRequest(
        payment_request_id=SALE,
        order=Order(
            reference_order_id="ORDER-12345",
            description="Noodle set lunch",
            amount=PRICE,
            merchant=NOODLE_BAR,
            store_terminal_id="T0007",
            requested_at=SOLD_AT,
        ),
        amount=PRICE,
        notify_url="https://shop.example/alipay/ams/notify",
        expires_at=SOLD_AT + timedelta(minutes=3),
        payment_code=PaymentCode.scanned(DIGITS),
        settlement_currency="USD",
        merchant_region="SG",
    )


def order_payment() -> PayRequest:
    """What order-code/ams-01 asks."""
    return PayRequest(
        payment_request_id=ORDER,
        order=Order(
            reference_order_id="ORDER-12347",
            description="海鲜面 Noodle set",
            amount=PRICE,
            merchant=NOODLE_BAR,
            store_terminal_id="T0007",
            requested_at=ORDERED_AT,
        ),
        amount=PRICE,
        notify_url="https://shop.example/alipay/ams/notify",
        expires_at=ORDERED_AT + timedelta(minutes=3),
        settlement_currency="USD",
        merchant_region="SG",
        redirect_url="https://shop.example/thanks",
    )


def exchange_with(found: Message) -> Exchange:
    return Exchange(
        service="pay",
        url="https://open-sea-global.alipay.com",
        fields=(),
        presign="",
        started_at=SOLD_AT,
        elapsed_seconds=0.1,
        http_status=200,
        content_type=found.headers["content-type"],
        body=found.body,
        headers=found.headers,
    )


def signed_reply(given: str | Message, *, status: int = 200) -> bytes:
    """A sample answer, or one made by a test, as it arrives."""
    found = message(given) if isinstance(given, str) else given
    names = ("client-id", "response-time", "signature")
    headers = [f"{name}: {found.headers[name]}" for name in names if name in found.headers]
    return reply(found.body, status=status, content_type=JSON, headers=headers)
