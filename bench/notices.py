"""Fresh notifications, signed in advance with keys made for this run."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from urllib.parse import urlencode
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from merchant_portal.alipay.signing import MD5Key, RSAPrivateKey, SignType, presign, sign

CONTENT_TYPE = "application/x-www-form-urlencoded; charset=UTF-8"
PARTNER = "2088000000000905"
MD5_SECRET = "benchkey0only0for0the0bench0key0"  # test key, made up
_GMT8 = timezone(timedelta(hours=8))
_WRITTEN = "%Y-%m-%d %H:%M:%S"
_EVENING = datetime(2026, 11, 20, 11, 50, 4, tzinfo=UTC)


@dataclass(frozen=True)
class TestKeys:
    """An RSA pair that lives as long as the run."""

    private_pem: str
    public_pem: str

    @classmethod
    def make(cls) -> "TestKeys":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(private.decode(), public.decode())

    @cached_property
    def signer(self) -> RSAPrivateKey:
        return RSAPrivateKey(self.private_pem, SignType.RSA2)


@dataclass(frozen=True)
class Notice:
    """A paid notification as it travels, and Alipay's number in it."""

    trade_no: str
    body: bytes


def signed_body(key: RSAPrivateKey | MD5Key, *, number: int) -> bytes:
    """A paid notification of its own, as it travels."""
    return signed_notice(key, number=number, paid_at=_EVENING).body


def signed_notice(key: RSAPrivateKey | MD5Key, *, number: int, paid_at: datetime) -> Notice:
    """A paid notification of its own of a payment made then."""
    local = paid_at.astimezone(_GMT8)
    trade_no = f"2026112022{uuid4().int % 10**18:018d}"
    fields = {
        "notify_id": uuid4().hex,
        "notify_time": f"{local + timedelta(seconds=1):{_WRITTEN}}",
        "notify_type": "trade_status_sync",
        "notify_action_type": "payByAccountAction",
        "trade_no": trade_no,
        "out_trade_no": f"20261120{number:020d}",
        "trade_status": "TRADE_SUCCESS",
        "subject": "Harbour Noodle Bar Pier 3",
        "gmt_create": f"{local - timedelta(seconds=6):{_WRITTEN}}",
        "gmt_payment": f"{local:{_WRITTEN}}",
        "seller_id": PARTNER,
        "seller_email": "acquirer@example.com",
        "buyer_email": "cnb***@example.com",
        "buyer_id": "2088000000000123",
        "price": "12.50",
        "quantity": "1",
        "total_fee": "12.50",
        "currency": "USD",
        "trans_currency": "USD",
    }
    signature = sign(presign(fields), key)
    signed = fields | {"sign": signature, "sign_type": key.sign_type.value}
    return Notice(trade_no, urlencode(signed).encode())
