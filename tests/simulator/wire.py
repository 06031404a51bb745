"""A merchant for these tests: signs and reads by its own lines, independent of the product."""

import base64
import hashlib
import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

GLOBAL_PARTNER = "2088123456789012"
HK_PARTNER = "2088123456789029"
MD5_KEY = "testkey0testkey0testkey0testkey0"
CREATE = "alipay.commerce.qrcode.create"
MODIFY = "alipay.commerce.qrcode.modify"
MODIFY_STATUS = "alipay.commerce.qrcode.modifyStatus"
QUERY = "alipay.acquire.overseas.query"
CANCEL = "alipay.acquire.cancel"
REFUND = "alipay.acquire.overseas.spot.refund"
REFUND_QUERY = "alipay.acquire.refund.query"
MAINTAIN = "alipay.overseas.secmerchant.offline.maintain"
QUERY_STATUS = "alipay.overseas.secmerchant.maintain.queryStatus"
WITHOUT_TIMESTAMP = {QUERY, REFUND, REFUND_QUERY}
DIGESTS = {"RSA": hashes.SHA1, "RSA2": hashes.SHA256}

GLOBAL_TERMS: dict[str, Any] = {
    "secondary_merchant_industry": "5812",
    "secondary_merchant_id": "M0001",
    "secondary_merchant_name": "Harbour Noodle Bar",
    "store_id": "S0001",
    "store_name": "Harbour Noodle Bar Pier 3",
    "trans_currency": "USD",
    "currency": "USD",
}
HK_TERMS: dict[str, Any] = GLOBAL_TERMS | {
    "secondary_merchant_id": "HK0001",
    "secondary_merchant_name": "海旁麵家",
    "store_name": "海旁麵家 中環店",
    "trans_currency": "HKD",
    "currency": "HKD",
}


def signed_text(fields: dict[str, str]) -> str:
    """What is signed: everything but the signature, without empties, sorted."""
    names = sorted(name for name in fields if fields[name] and name not in ("sign", "sign_type"))
    return "&".join(f"{name}={fields[name]}" for name in names)


def md5(text: str, key: str, charset: str = "utf-8") -> str:
    return hashlib.md5((text + key).encode(charset)).hexdigest()


@dataclass(frozen=True)
class Answer:
    """The gateway's answer, read by its declared encoding."""

    raw: httpx.Response
    root: ET.Element

    @property
    def error(self) -> str | None:
        return self.root.findtext("error")

    @property
    def accepted(self) -> bool:
        return self.root.findtext("is_success") == "T"

    @property
    def wrapper(self) -> ET.Element:
        response = self.root.find("response")
        assert response is not None
        return response[0]

    @property
    def fields(self) -> dict[str, str]:
        return {child.tag: child.text or "" for child in self.wrapper}

    @property
    def sign(self) -> str:
        return self.root.findtext("sign") or ""


@dataclass(frozen=True)
class Merchant:
    """One partner's credentials and the address of its gateway."""

    url: str
    http: httpx.Client
    partner: str = GLOBAL_PARTNER
    terms: dict[str, Any] = field(default_factory=lambda: dict(GLOBAL_TERMS))
    sign_type: str = "MD5"
    md5_key: str = MD5_KEY
    private_key_pem: str = ""
    charset: str = "UTF-8"

    def parameters(self, service: str, **extra: str) -> dict[str, str]:
        """Everything but the signature."""
        common = {"service": service, "partner": self.partner, "_input_charset": self.charset}
        if service == CANCEL:
            common |= {"timestamp": milliseconds()}
        elif service not in WITHOUT_TIMESTAMP:
            common |= {"timestamp": gmt8()}
        if service in {CREATE, MODIFY, MODIFY_STATUS}:
            common |= {"biz_type": "OVERSEASHOPQRCODE"}
        return common | extra

    def sign(self, fields: dict[str, str]) -> str:
        text = signed_text(fields)
        if self.sign_type not in DIGESTS:
            return md5(text, self.md5_key, self.charset)
        key = serialization.load_pem_private_key(self.private_key_pem.encode(), None)
        digest = DIGESTS[self.sign_type]()
        raw = key.sign(text.encode(self.charset), padding.PKCS1v15(), digest)  # type: ignore
        return base64.b64encode(raw).decode()

    def signed(self, fields: dict[str, str]) -> dict[str, str]:
        return fields | {"sign_type": self.sign_type, "sign": self.sign(fields)}

    def send(self, fields: dict[str, str], charset: str | None = None) -> Answer:
        """Send as GET exactly what is given."""
        query = urlencode(fields, encoding=charset or self.charset)
        return read(self.http.get(f"{self.url}/gateway.do?{query}"))

    def call(self, service: str, **extra: str) -> Answer:
        return self.send(self.signed(self.parameters(service, **extra)))

    def create(self, notify_url: str = "", **changes: Any) -> Answer:
        return self.call(CREATE, biz_data=self.biz_data(**changes), notify_url=notify_url)

    def code(self, notify_url: str = "", **changes: Any) -> str:
        """The text of a code, made now."""
        return self.create(notify_url, **changes).fields["qrcode"]

    def biz_data(self, **changes: Any) -> str:
        """The usual members, changed; None leaves one out."""
        terms = {name: text for name, text in (self.terms | changes).items() if text is not None}
        return json.dumps(terms, ensure_ascii=False)

    def pay(self, code: str, amount: str = "12.50", **extra: str) -> httpx.Response:
        body = {"code": code, "amount": amount, **extra}
        return self.http.post(f"{self.url}/phone/pay", json=body)

    def control(self, path: str, **fields: Any) -> httpx.Response:
        return self.http.post(f"{self.url}/control/{path}", json=fields)

    def mishap(self, name: str, **extra: Any) -> None:
        body = {"name": name, "times": 1} | extra
        assert self.control("mishaps", **body).status_code == 200

    def refund(self, trade: dict[str, Any], number: str, amount: str, **extra: str) -> Answer:
        """Ask for a refund at once; `is_sync="N"` records one for later."""
        wish = {
            "partner_trans_id": trade["out_trade_no"],
            "partner_refund_id": number,
            "refund_amount": amount,
            "currency": trade["currency"],
            "is_sync": "Y",
        }
        return self.call(REFUND, **(wish | extra))

    def refund_state(self, trade: dict[str, Any], number: str) -> tuple[str, str]:
        """What the refund query says: the state, and the error if it failed."""
        asked = {"out_trade_no": trade["out_trade_no"], "out_return_no": number}
        fields = self.call(REFUND_QUERY, **asked).fields
        return fields.get("refund_result_code", ""), fields.get("refund_error_code", "")

    def at(self, instant: str) -> None:
        """Set Alipay's clock, and let it take the real time's timestamps."""
        body = {"now": instant, "timestamp_window_minutes": 900_000}
        assert self.control("clock", **body).status_code == 200

    def due(self) -> list[dict[str, Any]]:
        return self.http.get(f"{self.url}/outbox/due.json").json()

    def due_fields(self) -> list[dict[str, str]]:
        """The due notices' fields as the merchant would read them."""
        return [dict(parse_qsl(notice["body"])) for notice in self.due()]

    def answer_all(self, body: str, status: int | None = 200) -> None:
        """Carry every due notice and answer the same to each."""
        for notice in self.due():
            path = f"{self.url}/outbox/{notice['id']}/answered"
            self.http.post(path, json={"status": status, "body": body})

    def outbox(self) -> list[dict[str, Any]]:
        return self.http.get(f"{self.url}/outbox.json").json()

    def books(self, name: str) -> list[dict[str, Any]]:
        """Alipay's own truth about one kind of thing."""
        return self.http.get(f"{self.url}/books/{name}.json").json()

    def trade(self) -> dict[str, Any]:
        """The newest trade in Alipay's own books."""
        return self.http.get(f"{self.url}/books/trades.json").json()[-1]

    def with_changes(self, **changes: Any) -> "Merchant":
        return replace(self, **changes)


def read(raw: httpx.Response) -> Answer:
    """Parse by the declared encoding; expat knows no GBK, so it is decoded first."""
    text = raw.content
    if b'encoding="GB' in text[:60]:
        text = text.decode("gbk").split("?>", 1)[1].encode("utf-8")
    return Answer(raw, ET.fromstring(text))


def gmt8(minutes: float = 0) -> str:
    """Alipay's wall clock, some minutes from now."""
    moment = datetime.now(UTC) + timedelta(hours=8, minutes=minutes)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def milliseconds(minutes: float = 0) -> str:
    """Milliseconds since 1970, some minutes from now."""
    return str(int((datetime.now(UTC).timestamp() + minutes * 60) * 1000))
