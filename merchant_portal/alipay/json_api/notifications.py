"""`notifyPayment`: read what was posted, verify it over its raw bytes, say what to answer.

Page: docs.antom.com/ac/ams/paymentrn.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from merchant_portal.alipay.errors import NotificationUnreadable
from merchant_portal.alipay.fitting import compact_json
from merchant_portal.alipay.json_api.answers import (
    Members,
    MembersUnreadable,
    Result,
    read_members,
)
from merchant_portal.alipay.json_api.payments import PaymentDetails, read_details
from merchant_portal.alipay.json_api.signing import read_kept, signed_bytes, verifying_key
from merchant_portal.alipay.json_api.words import ResultStatus
from merchant_portal.alipay.signing import RSAPublicKey
from merchant_portal.alipay.times import iso8601

PAYMENT_TYPES = frozenset({"PAYMENT_RESULT", "OFFLINE_PAYMENT_CODE"})  # both have been seen
CONTENT_TYPE = "application/json; charset=UTF-8"
#: What a message carries beside its body to be verified by.
SIGNED_HEADERS = ("Client-Id", "Request-Time", "Signature")


@dataclass(frozen=True)
class Posted:
    """A posted message as it came. `path` is that of our own address, with its query if any."""

    path: str
    client_id: str
    request_time: str
    signature: str
    body: bytes

    @property
    def kept_headers(self) -> str:
        """What is signed beside the body, and the signature, as one JSON text; `posted_again`
        reads it."""
        return json.dumps(
            {
                "path": self.path,
                "client_id": self.client_id,
                "request_time": self.request_time,
                "signature": self.signature,
            }
        )

    @property
    def digest(self) -> str:
        """The same for every resend of one message: of its members, however they are written."""
        try:
            lasting = json.dumps(read_members(self.body).raw, sort_keys=True).encode()
        except (MembersUnreadable, RecursionError):
            lasting = self.body
        return hashlib.sha256(lasting).hexdigest()

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


def posted_again(body: bytes, kept_headers: str) -> Posted:
    """A message from its body and `kept_headers`; ValueError where those are none."""
    names = ("path", "client_id", "request_time", "signature")
    return Posted(**read_kept(kept_headers, names), body=body)


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

    @property
    def identity(self) -> str:
        """What it says of which payment, in place of the id that these messages do not have."""
        about = self.details.payment_id or self.details.payment_request_id
        return f"{about} {self.notify_type} {self.status_word}"

    @property
    def status_word(self) -> str:
        """The result's status and code: `S SUCCESS`."""
        return f"{self.result.status.value} {self.result.code}"


def ids_in(posted: Posted) -> tuple[str, str]:
    """`paymentId` and `paymentRequestId`, also of a message that cannot be read as a whole; empty
    where they are absent or no texts."""
    try:
        members = read_members(posted.body)
        return members.text("paymentId"), members.text("paymentRequestId")
    except MembersUnreadable:
        return "", ""


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


class Refusal(Enum):
    """Why a message is not acknowledged: HTTP status and result. Alipay sends again."""

    UNVERIFIED = (401, ("SIGNATURE_INVALID", "F", "The signature is invalid."))
    TOO_LARGE = (413, ("PARAM_ILLEGAL", "F", "The message is too large."))
    NOT_STORED = (503, ("UNKNOWN_EXCEPTION", "U", "It could not be stored. Send it again."))


def refuse(*, client_id: str, now: datetime, why: Refusal = Refusal.UNVERIFIED) -> Acknowledgement:
    """For a message that is not taken in."""
    http_status, told = why.value
    return _answer(http_status, told, client_id=client_id, now=now)


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
