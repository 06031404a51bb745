"""Everything that was ever said and done about a payment, in order, with its evidence."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import F, Value
from django.db.models.functions import Cast

from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import GatewayCall
from merchant_portal.alipay.charsets import codec_of, media_type
from merchant_portal.alipay.errors import KeyUnusable, NotificationUnreadable
from merchant_portal.alipay.json_api.notifications import Posted as JSONPosted
from merchant_portal.evidence.signatures import Signed, notice_holds, read_signed
from merchant_portal.models import AuditEntry
from merchant_portal.vault import SealBroken
from payments.models import Cancel, GivingBack, Notification, Payment, PaymentMove, PaymentNote


class EventKind(StrEnum):
    """What an event is; at one instant they are told in this order."""

    AUDIT = "audit"
    NOTE = "note"
    NOTIFICATION = "notification"
    CALL = "call"
    #: A row of Alipay's file, and what comparing made of it.
    FILE = "file"
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
        """The posted bytes; a form is ASCII, a message UTF-8, so nothing is lost in showing it."""
        charset = "utf-8" if self.notification.headers else "ascii"
        return bytes(self.notification.body).decode(charset, "backslashreplace")

    @cached_property
    def posted(self) -> Signed | None:
        row = self.notification
        try:
            return read_signed(bytes(row.body), content_type=row.content_type, headers=row.headers)
        except NotificationUnreadable:
            return None

    @property
    def presign(self) -> str:
        if isinstance(self.posted, JSONPosted):
            return self.posted.signed_bytes.decode("utf-8", "backslashreplace")
        return self.posted.presign if self.posted else ""

    @property
    def signature(self) -> str:
        """Of a message of the JSON API; that of a form stands in its body."""
        return self.posted.signature if isinstance(self.posted, JSONPosted) else ""

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
        return notice_holds(self.posted, key)


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


@dataclass(slots=True)
class Story:
    """All that is kept of a payment, read in a fixed number of questions."""

    events: list[Event] = field(default_factory=list)
    #: What went back of it or may, the newest first; each has made at least one move.
    givings: list[GivingBack] = field(default_factory=list)


def story_of(payment: Payment) -> Story:
    """All events of a payment, the newest first."""
    steps = [_Step(*row) for row in _steps(payment)]
    givings = _givings(payment, steps)
    events = [*_events(payment), *(_event(payment, step, givings) for step in steps)]
    return Story(
        sorted(events, key=_place, reverse=True),
        sorted(givings.values(), key=attrgetter("requested_at"), reverse=True),
    )


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
    for booking in payment.ledger_entries.all():
        yield Event(EventKind.ENTRY, booking.posted_at, booking)
    rows: models.QuerySet[Any] = payment.verdicts.filter(line__file__read_at__isnull=False)
    for verdict in rows.select_related("line__file"):
        yield Event(EventKind.FILE, verdict.line.file.read_at, verdict)


# ---- Moves, notes, verbs ------------------------------------------------------------------------
#
# Five tables of short rows, read in one question. Refunds are a higher noun: what is needed of one
# comes with its moves, through the payment's own relation.


class _Step(NamedTuple):
    """A move of the payment, one of money going back with what moved, a note, or a verb of the
    audit log, which stands in the place of the first state, its details in that of the note."""

    noun: str
    pk: int
    at: datetime
    actor_name: str
    from_state: str
    to_state: str
    note: str
    giving: int
    number: str
    amount_minor: int
    state: str
    requested_at: datetime
    requested_by_name: str


_MOVE, _NOTE, _VERB, _CANCEL, _REFUND = "move", "note", "verb", "cancel", "refund"
_NOTHING = Value("")
#: In the place of what went back, where a step is of the payment itself.
_NO_GIVING = (Value(0), _NOTHING, Value(0), _NOTHING, F("at"), _NOTHING)
_GIVING = ("amount_minor", "state", "requested_at", "requested_by_name")
_OF_MOVES = ("pk", "at", "actor_name", "from_state", "to_state", "note")


def _steps(payment: Payment) -> models.QuerySet[Any, tuple[Any, ...]]:
    moves = ("pk", "at", "actor_name", "from_state", "to_state", _NOTHING)
    notes = ("pk", "at", "author_name", _NOTHING, _NOTHING, "text")
    verbs = ("pk", "at", "actor_name", "verb", _NOTHING, Cast("details", models.TextField()))
    # A note's entry in the audit log says no more than the note.
    audit = AuditEntry.objects.filter(target_type="payment", target_id=payment.pk)
    of_giving = [f"moves__{name}" for name in _OF_MOVES]
    own = payment.moves.order_by().values_list(Value(_MOVE), *moves, *_NO_GIVING)
    others = [
        payment.notes.order_by().values_list(Value(_NOTE), *notes, *_NO_GIVING),
        audit.exclude(verb="write_note").order_by().values_list(Value(_VERB), *verbs, *_NO_GIVING),
        payment.cancels.filter(moves__isnull=False).values_list(
            Value(_CANCEL), *of_giving, "pk", _NOTHING, *_GIVING
        ),
        payment.refunds.filter(moves__isnull=False).values_list(
            Value(_REFUND), *of_giving, "pk", "partner_refund_id", *_GIVING
        ),
    ]
    return own.union(*others, all=True)


def _givings(payment: Payment, steps: list[_Step]) -> dict[tuple[str, int], GivingBack]:
    """The cancels and refunds that made the steps, with what a line of a list shows of them."""
    nouns: dict[str, type[GivingBack]] = {_CANCEL: Cancel, _REFUND: payment.refunds.model}
    found: dict[tuple[str, int], GivingBack] = {}
    for step in steps:
        if step.noun in nouns and (step.noun, step.giving) not in found:
            known = {name: getattr(step, name) for name in _GIVING}
            known |= {"id": step.giving, "currency": payment.currency}
            known |= {"partner_refund_id": step.number} if step.number else {}
            giving = _row(nouns[step.noun], **known)
            found[step.noun, step.giving] = giving
    return found


def _event(payment: Payment, step: _Step, givings: dict[tuple[str, int], GivingBack]) -> Event:
    if step.noun == _NOTE:
        note = _row(PaymentNote, id=step.pk, text=step.note, author_name=step.actor_name)
        return Event(EventKind.NOTE, step.at, note)
    if step.noun == _VERB:
        return Event(EventKind.AUDIT, step.at, _verb(step))
    moved = {name: getattr(step, name) for name in ("actor_name", "from_state", "to_state")}
    if step.noun == _MOVE:
        return Event(EventKind.MOVE, step.at, _row(PaymentMove, id=step.pk, **moved))
    giving: Any = givings[step.noun, step.giving]
    move = _row(giving.moves.model, id=step.pk, note=step.note, **moved)
    setattr(move, giving.moves.field.name, giving)
    return Event(EventKind.GIVING_BACK, step.at, move)


def _verb(step: _Step) -> models.Model:
    known = {"verb": step.from_state, "actor_name": step.actor_name}
    row: models.Model = _row(AuditEntry, id=step.pk, details=json.loads(step.note), **known)
    return row


def _row(model: type[Any], **known: object) -> Any:
    """A row of which some columns were read; Django reads the others if they are asked for."""
    names = [column.attname for column in model._meta.concrete_fields if column.attname in known]
    return model.from_db(DEFAULT_DB_ALIAS, names, [known[name] for name in names])
