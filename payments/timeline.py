"""Everything that was ever said and done about a payment, in order, with its evidence."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from django.db import models

from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import GatewayCall
from merchant_portal.alipay.charsets import codec_of, media_type
from merchant_portal.alipay.errors import KeyUnusable, NotificationUnreadable
from merchant_portal.alipay.messages import Posted, parse_posted, verify_posted
from merchant_portal.alipay.signing import SignType
from merchant_portal.models import AuditEntry
from merchant_portal.vault import SealBroken
from payments.models import Notification, Payment


class EventKind(StrEnum):
    """What an event is; at one instant they are told in this order."""

    AUDIT = "audit"
    NOTIFICATION = "notification"
    CALL = "call"
    MOVE = "move"
    #: A move of a refund or a cancel.
    GIVING_BACK = "giving_back"
    ENTRY = "entry"


_ORDER = list(EventKind)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a payment: the row that keeps it."""

    kind: EventKind
    at: datetime
    row: models.Model

    @property
    def template(self) -> str:
        return f"payments/_event_{self.kind}.html"


class NoticeEvidence:
    """A notification as it came, and whether its signature holds when it is checked now."""

    def __init__(self, notification: Notification) -> None:
        self.notification = notification

    @cached_property
    def raw(self) -> str:
        """The posted bytes; a form is ASCII, so nothing is lost in showing it."""
        return bytes(self.notification.body).decode("ascii", "backslashreplace")

    @cached_property
    def posted(self) -> Posted | None:
        content_type = self.notification.content_type
        try:
            return parse_posted(bytes(self.notification.body), content_type=content_type)
        except NotificationUnreadable:
            return None

    @property
    def presign(self) -> str:
        return self.posted.presign if self.posted else ""

    @cached_property
    def holds(self) -> bool | None:
        """Checked again with the key it was verified with; None where that cannot be done."""
        row = self.notification.verified_with
        if self.posted is None:
            return None
        try:
            key = accounts.open_verifying_key(row)
        except (SealBroken, KeyUnusable):
            return None
        return verify_posted(self.posted, sign_type=SignType(row.algorithm), keys=[key]) is not None


def answer_text(call: GatewayCall) -> str:
    """Alipay's answer as text, in the charset it was written in."""
    body = bytes(call.body)
    named = media_type(call.content_type)[1] or _declared(body)
    return body.decode(codec_of(named) or "utf-8", "backslashreplace")


def _declared(body: bytes) -> str:
    """The encoding of an XML declaration; empty where there is none."""
    head = body[:100]
    if not head.startswith(b"<?xml") or b"encoding=" not in head:
        return ""
    return head.partition(b"encoding=")[2][1:].partition(b'"')[0].decode("ascii", "replace")


def events_of(payment: Payment) -> list[Event]:
    """All events of a payment, the newest first; its cancels and refunds are read on the way."""
    models.prefetch_related_objects([payment], "cancels__moves", "refunds__moves")
    return sorted(_events(payment), key=_place, reverse=True)


def _place(event: Event) -> tuple[datetime, int, int]:
    return event.at, _ORDER.index(event.kind), event.row.pk


def calls_about(payment: Payment) -> models.Q:
    """Calls about the payment, those that found it, and those that gave of it back."""
    return (
        models.Q(subject_type="payment", subject_id=payment.pk)
        | models.Q(subject_type="lookup", subject_id__in=payment.lookups.values("pk"))
        | models.Q(subject_type="cancel", subject_id__in=payment.cancels.values("pk"))
        | models.Q(subject_type="refund", subject_id__in=payment.refunds.values("pk"))
    )


def _events(payment: Payment) -> Iterator[Event]:
    for notification in payment.notifications.select_related("verified_with", "account"):
        yield Event(EventKind.NOTIFICATION, notification.received_at, notification)
    for call in GatewayCall.objects.filter(calls_about(payment)):
        yield Event(EventKind.CALL, call.started_at, call)
    for move in payment.moves.all():
        yield Event(EventKind.MOVE, move.at, move)
    for entry in AuditEntry.objects.filter(target_type="payment", target_id=payment.pk):
        yield Event(EventKind.AUDIT, entry.at, entry)
    for booking in payment.ledger_entries.all():
        yield Event(EventKind.ENTRY, booking.posted_at, booking)
    yield from _moves_of_money_back(payment)


def _moves_of_money_back(payment: Payment) -> Iterator[Event]:
    """Every move of the payment's cancels and of its refunds, which are a higher noun."""
    for cancel in payment.cancels.all():
        for step in cancel.moves.all():
            yield Event(EventKind.GIVING_BACK, step.at, step)
    for refund in payment.refunds.all():
        for move in refund.moves.all():
            yield Event(EventKind.GIVING_BACK, move.at, move)
