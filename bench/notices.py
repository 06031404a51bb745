"""Fresh notifications, signed in advance with keys made for this run."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from merchant_portal.alipay.signing import MD5Key, RSAPrivateKey, SignType, presign, sign

CONTENT_TYPE = "application/x-www-form-urlencoded; charset=UTF-8"
PARTNER = "2088000000000905"
MD5_SECRET = "benchkey0only0for0the0bench0key0"  # test key, made up


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


def signed_body(key: RSAPrivateKey | MD5Key, *, number: int) -> bytes:
    """A paid notification of its own, as it travels."""
    fields = {
        "notify_id": uuid4().hex,
        "notify_time": "2026-11-20 19:50:05",
        "notify_type": "trade_status_sync",
        "notify_action_type": "payByAccountAction",
        "trade_no": f"2026112022{uuid4().int % 10**18:018d}",
        "out_trade_no": f"20261120{number:020d}",
        "trade_status": "TRADE_SUCCESS",
        "subject": "Harbour Noodle Bar Pier 3",
        "gmt_create": "2026-11-20 19:49:58",
        "gmt_payment": "2026-11-20 19:50:04",
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
    return urlencode({**fields, "sign": signature, "sign_type": key.sign_type.value}).encode()
