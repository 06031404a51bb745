"""A merchant of the JSON API for these tests: signs and verifies by its own lines."""

import base64
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .counter import LISTENER, payment_code, post
from .wire import GLOBAL_PARTNER, Merchant

CLIENT = "211000000000000000001"
PREFIX = "/ams/api/v1/payments/"
CONTENT_TYPE = "application/json; charset=UTF-8"
SALE = "BC2026112019500100012345"
ORDER = "OC2026112019550000012347"
PRICE = {"currency": "USD", "value": "1250"}

Members = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """One answer: its members, and whether its signature is Alipay's."""

    raw: httpx.Response
    members: Members
    verified: bool | None

    @property
    def code(self) -> str:
        return str(self.members["result"]["resultCode"])

    @property
    def status(self) -> str:
        return str(self.members["result"]["resultStatus"])


@dataclass(frozen=True)
class JSONShop:
    """A client id with its keys, at a partner of the small Alipay."""

    shop: Merchant
    private: rsa.RSAPrivateKey
    alipay: rsa.RSAPublicKey
    client_id: str = CLIENT
    key_version: str = "1"
    prefix: str = PREFIX
    agent_token: str = ""

    def call(self, name: str, members: Members) -> Said:
        body = json.dumps(members, ensure_ascii=False).encode()
        return self.send(self.prefix + name, body)

    def send(self, path: str, body: bytes, *, time: str = "", **headers: str) -> Said:
        """Send signed, unless a header is said otherwise; `_` in their names stands for `-`."""
        time = time or iso()
        signed = f"POST {path}\n{self.client_id}.{time}.".encode() + body
        raw = self.private.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        text = quote(base64.b64encode(raw).decode(), safe="")
        usual = {
            "Content-Type": CONTENT_TYPE,
            "Client-Id": self.client_id,
            "Request-Time": time,
            "Signature": f"algorithm=RSA256, keyVersion={self.key_version}, signature={text}",
        }
        if self.agent_token:
            usual["Agent-Token"] = self.agent_token
        usual |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.shop.http.post(self.shop.url + path, content=body, headers=usual)
        return self.read(path, answer)

    def read(self, path: str, answer: httpx.Response) -> Said:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == CONTENT_TYPE
        verified = None
        if "signature" in answer.headers:
            time = answer.headers["response-time"]
            verified = self.verifies(
                f"POST {path}\n{answer.headers['client-id']}.{time}.".encode() + answer.content,
                answer.headers["signature"],
            )
        return Said(answer, answer.json(), verified)

    def verifies(self, content: bytes, header: str) -> bool:
        text = unquote(header.partition("signature=")[2])
        try:
            self.alipay.verify(base64.b64decode(text), content, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    def sell(self, code: str = "", **changes: Any) -> Said:
        """Charge a code, or a new one on the buyer's phone."""
        return self.call("pay", sale(code or payment_code(self.shop), **changes))

    def order(self, **changes: Any) -> Said:
        return self.call("pay", order_of_one(**changes))

    def qr(self, **changes: Any) -> str:
        """The text of an order's code."""
        details = self.order(**changes).members["orderCodeForm"]["codeDetails"]
        return next(str(each["codeValue"]) for each in details if each["displayType"] == "TEXT")

    def status(self, number: str = SALE) -> str:
        said = self.call("inquiryPayment", {"paymentRequestId": number})
        return str(said.members.get("paymentStatus", said.code))

    def refund(self, payment_id: str, number: str, value: str, **changes: Any) -> Said:
        wish = {
            "refundRequestId": number,
            "paymentId": payment_id,
            "refundAmount": PRICE | {"value": value},
        }
        return self.call("refund", kept(wish | changes))

    def refund_status(self, number: str) -> str:
        said = self.call("inquiryRefund", {"refundRequestId": number})
        return str(said.members.get("refundStatus", said.code))

    def notices(self) -> list[tuple[Members, bool]]:
        """The notices that are due: members, and whether they are signed by Alipay."""
        told = []
        for notice in self.shop.due():
            target = urlsplit(notice["url"])
            path = target.path + (f"?{target.query}" if target.query else "")
            headers, body = notice["headers"], notice["body"].encode()
            time = headers["request-time"]
            content = f"POST {path}\n{headers['client-id']}.{time}.".encode() + body
            told.append((json.loads(body), self.verifies(content, headers["signature"])))
        return told

    def with_changes(self, **changes: Any) -> "JSONShop":
        return replace(self, **changes)


def iso(seconds: float = 0) -> str:
    """Some seconds from now, in GMT+8."""
    moment = datetime.now(UTC) + timedelta(hours=8, seconds=seconds)
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "+08:00"


def kept(members: Members) -> Members:
    """Without what is None."""
    return {name: each for name, each in members.items() if each is not None}


def order_members(**changes: Any) -> Members:
    """`order`, changed; None leaves a member out."""
    store = {"referenceStoreId": "S0001", "storeName": "Pier 3", "storeMCC": "5812"}
    members = {
        "referenceOrderId": "ORDER-12345",
        "orderDescription": "Noodle set lunch 海鲜面",
        "orderAmount": PRICE,
        "merchant": {
            "referenceMerchantId": "M0001",
            "merchantMCC": "5812",
            "merchantName": "Harbour Noodle Bar Ltd",
            "store": store,
        },
        "env": {"storeTerminalId": "T0007", "storeTerminalRequestTime": iso()},
    }
    return kept(members | changes)


def sale(code: str, **changes: Any) -> Members:
    """`pay` with a buyer's code, changed; None leaves a member out."""
    members = {
        "productCode": "IN_STORE_PAYMENT",
        "paymentRequestId": SALE,
        "order": order_members(),
        "paymentAmount": PRICE,
        "paymentMethod": {"paymentMethodType": "CONNECT_WALLET", "paymentMethodId": code},
        "paymentFactor": {"inStorePaymentScenario": "PaymentCode"},
        "paymentExpiryTime": iso(180),
        "paymentNotifyUrl": LISTENER,
    }
    return kept(members | changes)


def order_of_one(**changes: Any) -> Members:
    """`pay` for a code of one order."""
    usual = {
        "paymentRequestId": ORDER,
        "paymentMethod": {"paymentMethodType": "CONNECT_WALLET"},
        "paymentFactor": {"inStorePaymentScenario": "OrderCode"},
    }
    return sale("", **(usual | changes))


@cache
def alipays_private_key() -> str:
    """A test key of Alipay's side, in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def register(shop: Merchant, key_pair: tuple[str, str], **terms: Any) -> JSONShop:
    """A client id of the shop's partner."""
    private, public = key_pair
    wish = {
        "client_id": CLIENT,
        "partner_id": GLOBAL_PARTNER,
        "merchant_public_key_pem": public,
        "alipay_private_key_pem": alipays_private_key(),
    }
    answer = post(shop, "/control/clients", **(wish | terms))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    key = serialization.load_pem_private_key(private.encode(), None)
    alipay = serialization.load_pem_public_key(told["alipay_public_key_pem"].encode())
    assert isinstance(key, rsa.RSAPrivateKey)
    assert isinstance(alipay, rsa.RSAPublicKey)
    client_id = str(told["client_id"])
    return JSONShop(shop, key, alipay, client_id=client_id, agent_token=told["agent_token"])
