"""Notices as Alipay writes them, field by field, signed by lines that are not the product's."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from qrcodes.models import QRCode
from tests.factories import TEST_MD5_KEY

FORM = "application/x-www-form-urlencoded; charset=UTF-8"
_UNSIGNED = frozenset({"sign", "sign_type"})


def presign(fields: Mapping[str, str]) -> str:
    kept = sorted((name, text) for name, text in fields.items() if text and name not in _UNSIGNED)
    return "&".join(f"{name}={text}" for name, text in kept)


def signed(fields: Mapping[str, str], *, key: str = TEST_MD5_KEY, charset: str = "utf-8") -> str:
    """The body of a notice signed with an MD5 key."""
    signature = hashlib.md5((presign(fields) + key).encode(charset)).hexdigest()
    return urlencode({**fields, "sign_type": "MD5", "sign": signature}, encoding=charset)


def paid_fields(code: QRCode, **changes: str | None) -> dict[str, str]:
    """A paid notice of a code; a change of None leaves the field out."""
    enrolment = code.enrolment
    fields: dict[str, str | None] = {
        "notify_time": "2026-11-20 19:50:05",
        "notify_type": "trade_status_sync",
        "notify_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9aa",
        "notify_action_type": "payByAccountAction",
        "out_trade_no": "2026112019500012345678901234",
        "trade_no": "2026112022001400000000000001",
        "trade_status": "TRADE_SUCCESS",
        "subject": "海旁麵家",
        "gmt_create": "2026-11-20 19:49:58",
        "gmt_payment": "2026-11-20 19:50:04",
        "seller_id": enrolment.account.partner_id,
        "buyer_email": "cnb***@example.com",
        "total_fee": "12.50",
        "trans_currency": enrolment.pricing_currency,
        "qrcode": code.value,
        "store_id": enrolment.alipay_store_id,
        "secondary_merchant_id": enrolment.secondary_merchant_id,
        "extra_common_param": f'{{"code":"{code.key}"}}',
    }
    return {name: text for name, text in (fields | changes).items() if text is not None}


@dataclass(frozen=True)
class Postman:
    """Carries notices about a code to its address, or to another one."""

    client: Client
    code: QRCode
    at: str = ""

    def paid(self, **changes: str | None) -> str:
        """Post a paid notice with these changes, well signed; what was answered."""
        return self.post(signed(paid_fields(self.code, **changes)))

    def post(self, body: str | bytes, *, content_type: str = FORM, key: str = "") -> str:
        raw = body.encode() if isinstance(body, str) else body
        response: Any = self.client.generic(
            "POST", f"/alipay/notify/{key or self.at or self.code.key}/", raw, content_type
        )
        text: str = response.content.decode()
        return text
