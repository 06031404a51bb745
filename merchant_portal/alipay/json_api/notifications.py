"""`notifyPayment`: read what was posted, verify it over its raw bytes, say what to answer.

Page: docs.antom.com/ac/ams/paymentrn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from merchant_portal.alipay.errors import NotificationUnreadable
from merchant_portal.alipay.fitting import compact_json
from merchant_portal.alipay.json_api.answers import (
    Members,
    MembersUnreadable,
    Result,
    read_members,
)
from merchant_portal.alipay.json_api.payments import PaymentDetails, read_details
from merchant_portal.alipay.json_api.signing import signed_bytes, verifying_key
from merchant_portal.alipay.json_api.words import ResultStatus
from merchant_portal.alipay.signing import RSAPublicKey
from merchant_portal.alipay.times import iso8601

PAYMENT_TYPES = frozenset({"PAYMENT_RESULT", "OFFLINE_PAYMENT_CODE"})  # both have been seen
CONTENT_TYPE = "application/json; charset=UTF-8"


@dataclass(frozen=True)
class Posted:
    """A posted message as it came. `path` is that of our own address, with its query if any."""

    path: str
    client_id: str
    request_time: str
    signature: str
    body: bytes

    @property
    def signed_bytes(self) -> bytes:
        """What its signature was made over."""
        return signed_bytes(
            "POST",
            self.path,
            client_id=self.client_id,
            time=self.request_time,
            body=self.body,
        )


def parse_posted(body: bytes, *, path: str, headers: Mapping[str, str]) -> Posted:
    """Take the message from a request; header names in any case. Nothing is judged yet."""
    found = {name.lower(): value for name, value in headers.items()}
    return Posted(
        path=path,
        client_id=found.get("client-id", ""),
        request_time=found.get("request-time", ""),
        signature=found.get("signature", ""),
        body=body,
    )


def verify_posted(
    posted: Posted, *, client_id: str, keys: Sequence[RSAPublicKey]
) -> RSAPublicKey | None:
    """The key of ours under which the message verifies, or None; also for another's client id."""
    if posted.client_id != client_id:
        return None
    try:
        content = posted.signed_bytes
    except UnicodeError:
        return None
    return verifying_key(content, posted.signature, keys)


@dataclass(frozen=True)
class Notice:
    """What a message says.

    `is_paid`: its result is S and its type is one that speaks of a payment's result.
    """

    notify_type: str
    result: Result
    details: PaymentDetails
    is_paid: bool


def read_notice(posted: Posted, *, payment_types: frozenset[str] = PAYMENT_TYPES) -> Notice:
    """Name the members of a message. Whether to believe it is `verify_posted`'s to say.

    NotificationUnreadable where it is not one, or an amount or instant in it cannot be read.
    """
    try:
        return _notice(read_members(posted.body), payment_types)
    except MembersUnreadable as error:
        raise NotificationUnreadable(str(error)) from error


def _notice(members: Members, payment_types: frozenset[str]) -> Notice:
    details = read_details(members)
    if not details.payment_request_id and not details.payment_id:
        raise MembersUnreadable("neither paymentRequestId nor paymentId")
    kind, result = members.text("notifyType"), members.result()
    is_paid = result.status is ResultStatus.SUCCESS and kind in payment_types
    return Notice(kind, result, details, is_paid)


@dataclass(frozen=True)
class Acknowledgement:
    """What to answer: status, headers and body. It is not signed."""

    http_status: int
    headers: Mapping[str, str]
    body: bytes


def acknowledge(*, client_id: str, now: datetime) -> Acknowledgement:
    """The one answer after which Alipay stops sending."""
    return _answer(200, ("SUCCESS", "S", "success"), client_id=client_id, now=now)


def refuse(*, client_id: str, now: datetime) -> Acknowledgement:
    """For a message whose signature does not verify; Alipay sends again."""
    told = ("SIGNATURE_INVALID", "F", "The signature is invalid.")
    return _answer(401, told, client_id=client_id, now=now)


def _answer(
    http_status: int, told: tuple[str, str, str], *, client_id: str, now: datetime
) -> Acknowledgement:
    names = ("resultCode", "resultStatus", "resultMessage")
    body = compact_json({"result": dict(zip(names, told, strict=True))}).encode()
    headers = {
        "Content-Type": CONTENT_TYPE,
        "client-id": client_id,
        "response-time": iso8601(now),
    }
    return Acknowledgement(http_status, headers, body)
