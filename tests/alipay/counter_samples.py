"""The sample messages in tests/samples/counter, their keys, and the sale most of them are about."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from merchant_portal.alipay.messages import GoodsDetail, OrderCodeRequest, PayRequest, ShopDetails
from merchant_portal.alipay.payment_codes import PaymentCode
from merchant_portal.alipay.signing import RSAPrivateKey, RSAPublicKey, SignType
from merchant_portal.alipay.times import GMT8

FOLDER = Path(__file__).parent.parent / "samples" / "counter"
DIGITS = "281010897274821897274821"
SALE = "BC2026112019500100012345"
TRADE = "2026112022001400000000000001"
ORDER = "OC2026112019550000012347"
NOTIFY_URL = "https://shop.example/alipay/notify"
SOLD_AT = datetime(2026, 11, 20, 19, 50, 1, tzinfo=GMT8)
ORDERED_AT = datetime(2026, 11, 20, 19, 55, 0, tzinfo=GMT8)
SHOP = ShopDetails(
    secondary_merchant_id="M0001",
    secondary_merchant_name="Harbour Noodle Bar Ltd",
    secondary_merchant_industry="5812",
    store_id="S0001",
    store_name="Harbour Noodle Bar Pier 3",
    terminal_id="T0007",
)


def sale() -> PayRequest:
    """What barcode/mapi-01 asks."""
    return PayRequest(
        partner_trans_id=SALE,
        payment_code=PaymentCode.scanned(DIGITS),
        amount_text="12.50",
        currency="USD",
        trans_name="Noodle set lunch",
        created_at=SOLD_AT,
        shop=SHOP,
        notify_url=NOTIFY_URL,
        quantity="1",
        memo="till 7",
    )


def order() -> OrderCodeRequest:
    """What order-code/mapi-01 asks."""
    lunch = GoodsDetail(
        goods_id="SKU-1",
        goods_name="Noodle set lunch",
        goods_category="food",
        quantity="1",
        price="12.50",
    )
    return OrderCodeRequest(
        partner_trans_id=ORDER,
        subject="Noodle set lunch",
        total_fee="12.50",
        currency="USD",
        trans_currency="USD",
        shop=SHOP,
        notify_url=NOTIFY_URL,
        seller_id="2088123456789012",
        price="12.50",
        quantity="1",
        goods=(lunch,),
        it_b_pay="5m",
        qr_code_it_b_pay="3m",
        passback_parameters="till=7",
    )


def sample(file: str) -> bytes:
    return (FOLDER / file).read_bytes()


def gateway_vectors() -> list[dict[str, str]]:
    loaded: list[dict[str, str]] = json.loads(sample("mapi-instore-vectors.json"))
    return loaded


def gateway_vector(file: str) -> dict[str, str]:
    return next(each for each in gateway_vectors() if each["file"] == file)


@dataclass(frozen=True)
class Message:
    """One message of the JSON API as it stands in its file."""

    start: str
    headers: dict[str, str]
    body: bytes


def message(file: str) -> Message:
    head, _, body = sample(file).partition(b"\n\n")
    start, *lines = head.decode("ascii").splitlines()
    pairs = [line.split(": ", 1) for line in lines]
    return Message(start, {name.lower(): value for name, value in pairs}, body)


@cache
def json_vectors() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(sample("ams-vectors.json"))
    return loaded


def json_cases(kind: str = "") -> list[dict[str, str]]:
    cases: list[dict[str, str]] = json_vectors()["cases"]
    return [case for case in cases if kind in ("", case["kind"])]


def json_case(file: str) -> dict[str, str]:
    return next(case for case in json_cases() if case["file"] == file)


def private_pem(owner: str) -> str:
    return str(json_vectors()["keys"][owner]["private_key_pkcs8_pem"])


def public_pem(owner: str) -> str:
    return str(json_vectors()["keys"][owner]["public_key_spki_pem"])


def private_key(owner: str) -> RSAPrivateKey:
    return RSAPrivateKey(private_pem(owner), SignType.RSA2)


def public_key(owner: str) -> RSAPublicKey:
    return RSAPublicKey(public_pem(owner), SignType.RSA2)
