"""The JSON API's recorded messages sent byte for byte, and the portal's own client beside them.

The samples are invented; their signatures were made by an independent program.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from merchant_portal.alipay.errors import GatewayRefused
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.client import JSONClient
from merchant_portal.alipay.json_api.contract import JSONContract
from merchant_portal.alipay.json_api.notifications import parse_posted, read_notice, verify_posted
from merchant_portal.alipay.json_api.orders import MerchantDetails, Order, StoreDetails
from merchant_portal.alipay.json_api.payments import PayRequest
from merchant_portal.alipay.json_api.refunds import RefundRequest
from merchant_portal.alipay.json_api.words import PaymentStatus, PayOutcome
from merchant_portal.alipay.payment_codes import PaymentCode
from merchant_portal.alipay.signing import RSAPrivateKey, RSAPublicKey, SignType
from merchant_portal.alipay.words import RefundResult

from .counter import LISTENER, payment_code, post, press, scan
from .json_shop import CLIENT, SALE
from .wire import Merchant

SAMPLES = Path(__file__).parents[1] / "samples" / "counter"
DIGITS = "281010897274821897274821"
KEYS = json.loads((SAMPLES / "ams-vectors.json").read_text(encoding="utf-8"))["keys"]
NOW = "2026-11-20T19:50:02+08:00"


@pytest.fixture
def recorded(shop: Merchant) -> Merchant:
    """The client of the samples, with both sides' recorded keys, on the evening of the samples."""
    wish = {
        "client_id": CLIENT,
        "partner_id": shop.partner,
        "merchant_public_key_pem": KEYS["merchant"]["public_key_spki_pem"],
        "alipay_private_key_pem": KEYS["gateway"]["private_key_pkcs8_pem"],
    }
    assert post(shop, "/control/clients", **wish).status_code == 200
    shop.at(NOW)
    return shop


def sample(name: str) -> tuple[dict[str, str], bytes, str]:
    """Headers, body and first line of a recorded message."""
    [path] = SAMPLES.glob(f"{name}-*.http")
    head, _, body = path.read_bytes().partition(b"\n\n")
    first, *lines = head.decode().splitlines()
    return dict(line.split(": ", 1) for line in lines), body, first


def send(shop: Merchant, name: str) -> dict[str, Any]:
    headers, body, first = sample(name)
    headers.pop("Host")
    answer = httpx.post(shop.url + first.split()[1], content=body, headers=headers, trust_env=False)
    return dict(answer.json())


def members_of(name: str) -> set[str]:
    return set(json.loads(sample(name)[1]))


@pytest.mark.parametrize("name", ["barcode/ams-01", "barcode/ams-02"])
def test_a_recorded_sale_is_paid(recorded: Merchant, name: str) -> None:
    payment_code(recorded, digits=DIGITS)
    members = send(recorded, name)
    assert members["result"]["resultCode"] == "SUCCESS"
    assert set(members) == members_of("barcode/ams-03")


def test_the_recorded_questions_are_answered_in_kind(recorded: Merchant) -> None:
    assert send(recorded, "barcode/ams-10")["result"]["resultCode"] == "ORDER_NOT_EXIST"
    payment_code(recorded, digits=DIGITS, outcome="waiting")
    assert set(send(recorded, "barcode/ams-01")) == members_of("barcode/ams-04")
    assert set(send(recorded, "barcode/ams-10")) == members_of("barcode/ams-11")
    press(recorded, "pay")
    assert set(send(recorded, "barcode/ams-10")) == members_of("barcode/ams-12")
    assert set(send(recorded, "barcode/ams-20")) == members_of("barcode/ams-21")


def test_a_recorded_refusal_has_the_recorded_members(recorded: Merchant) -> None:
    payment_code(recorded, digits=DIGITS, outcome="not_enough_money")
    assert set(send(recorded, "barcode/ams-01")) == members_of("barcode/ams-05")
    assert set(send(recorded, "barcode/ams-10")) == members_of("barcode/ams-13")


def test_a_recorded_order_is_issued_and_announced(recorded: Merchant) -> None:
    members = send(recorded, "order-code/ams-01")
    assert set(members) == members_of("order-code/ams-02")
    scan(recorded, members["orderCodeForm"]["codeDetails"][0]["codeValue"])
    [notice] = recorded.outbox()
    assert set(notice["fields"]) == members_of("order-code/ams-10")


class Till:
    """The portal's own client of the JSON API at the small Alipay."""

    def __init__(self, shop: Merchant) -> None:
        pem = KEYS["merchant"]["private_key_pkcs8_pem"]
        public = KEYS["gateway"]["public_key_spki_pem"]
        self.alipay = RSAPublicKey(public, SignType.RSA2)
        contract = JSONContract(
            client_id=CLIENT,
            base_url=shop.url,
            signing_key=RSAPrivateKey(pem, SignType.RSA2),
            verifying_keys=(self.alipay,),
        )
        self.client = JSONClient(contract, http=shop.http, now=self.now)
        self.shop = shop

    @staticmethod
    def now() -> datetime:
        return datetime.fromisoformat(NOW)

    def wish(self, code: str = "") -> PayRequest:
        store = StoreDetails(reference_store_id="S1", store_name="Pier 3", store_mcc="5812")
        merchant = MerchantDetails(
            reference_merchant_id="M0001",
            merchant_mcc="5812",
            merchant_name="Harbour Noodle Bar",
            store=store,
        )
        return PayRequest(
            payment_request_id=SALE,
            order=Order(
                reference_order_id="ORDER-1",
                description="Noodles",
                amount=MinorAmount(1250, "USD"),
                merchant=merchant,
                store_terminal_id="T1",
                requested_at=self.now(),
            ),
            amount=MinorAmount(1250, "USD"),
            notify_url=LISTENER,
            expires_at=self.now() + timedelta(minutes=3),
            payment_code=PaymentCode.scanned(code) if code else None,
        )


@pytest.fixture
def portals(recorded: Merchant) -> Till:
    return Till(recorded)


def test_the_portal_sells_and_gives_back(portals: Till) -> None:
    paid = portals.client.pay(portals.wish(payment_code(portals.shop)))
    assert paid.outcome is PayOutcome.PAID
    request = RefundRequest(
        refund_request_id="R1",
        payment_id=paid.details.payment_id,
        amount=MinorAmount(500, "USD"),
    )
    assert portals.client.refund(request).state is RefundResult.SUCCESS
    inquiry = portals.client.inquire_refund(refund_request_id="R1")
    assert inquiry.amount == MinorAmount(500, "USD")


def test_the_portal_makes_an_order_and_believes_the_notice(portals: Till) -> None:
    issued = portals.client.pay(portals.wish())
    assert issued.outcome is PayOutcome.CODE_ISSUED
    assert issued.code is not None
    scan(portals.shop, issued.code.text)
    [notice] = portals.shop.due()
    posted = parse_posted(notice["body"].encode(), path="/notify", headers=notice["headers"])
    assert verify_posted(posted, client_id=CLIENT, keys=[portals.alipay]) is portals.alipay
    assert read_notice(posted).is_paid


def test_the_portal_waits_asks_and_cancels(portals: Till) -> None:
    code = payment_code(portals.shop, outcome="waiting")
    assert portals.client.pay(portals.wish(code)).outcome is PayOutcome.OPEN
    asked = portals.client.inquire_payment(payment_request_id=SALE)
    assert asked.status is PaymentStatus.PROCESSING
    assert portals.client.cancel(payment_request_id=SALE).cancelled_at is not None
    asked = portals.client.inquire_payment(payment_request_id=SALE)
    assert asked.status is PaymentStatus.CANCELLED


def test_the_portal_hears_a_refusal(portals: Till) -> None:
    code = payment_code(portals.shop, outcome="risk")
    with pytest.raises(GatewayRefused) as refused:
        portals.client.pay(portals.wish(code))
    assert (refused.value.code, refused.value.signed) == ("RISK_REJECT", True)
