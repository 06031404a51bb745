"""Where a payment was made: the address it was notified at, then the fields of the notice.

The order is ours, as Alipay's page for this product lists no fields: the code's text, store id
with secondary merchant id, then the parameters we put into the code
(global.alipay.com/docs/ac/global/qrcode_create, passback_parameters).
"""

import json
from collections.abc import Iterator

from django.db.models import Q

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.messages import Notice
from payments.services.words import Place
from qrcodes.models import QRCode


def place_of(account: Account, code: QRCode | None, notice: Notice) -> tuple[Place, bool]:
    """The place, and whether the fields name another one than the address: the address wins."""
    if code is not None and _agrees(code, notice):
        return _place(code), False
    named = _code_by_fields(account, notice)
    if code is None:
        return (_place(named) if named else Place()), False
    return _place(code), named is None or named.enrolment_id != code.enrolment_id


def _place(code: QRCode) -> Place:
    enrolment = code.enrolment
    return Place(enrolment.store_id, enrolment.counter_id, code)


def _agrees(code: QRCode, notice: Notice) -> bool:
    """Whether no field names another place. A code whose text we never learned fits any text."""
    enrolment = code.enrolment
    return (
        notice.qrcode in {"", code.value or notice.qrcode}
        and notice.store_id in {"", enrolment.alipay_store_id}
        and notice.secondary_merchant_id in {"", enrolment.secondary_merchant_id}
        and _code_key(notice.passback) in {"", code.key}
    )


def _code_by_fields(account: Account, notice: Notice) -> QRCode | None:
    codes = (
        QRCode.objects.select_related("enrolment")
        .filter(enrolment__account=account)
        .order_by("-id")
    )
    for condition in _conditions(notice):
        found = codes.filter(condition).first()
        if found is not None:
            return found
    return None


def _conditions(notice: Notice) -> Iterator[Q]:
    if notice.qrcode:
        yield Q(value=notice.qrcode)
    if notice.store_id and notice.secondary_merchant_id:
        yield Q(
            enrolment__alipay_store_id=notice.store_id,
            enrolment__secondary_merchant_id=notice.secondary_merchant_id,
        )
    if key := _code_key(notice.passback):
        yield Q(key=key)


def _code_key(passback: str) -> str:
    """Our key in the parameters that came back; empty where they are not ours."""
    try:
        members = json.loads(passback)
    except ValueError:
        return ""
    key = members.get("code") if isinstance(members, dict) else None
    return key if isinstance(key, str) else ""
