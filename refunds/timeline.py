"""Everything that was said and done about one refund or cancel, with its evidence."""

from collections.abc import Iterator

from django.db.models import Q

from merchant_portal.accounts.models import GatewayCall
from merchant_portal.models import AuditEntry
from payments.models import EntryKind
from payments.states import CancelState
from payments.timeline import Event, EventKind
from refunds.models import Refund
from refunds.sentences import Giving

#: What no move tells of.
_ASKED = "ask_alipay"
_ORDER = list(EventKind)


def events_of(giving: Giving) -> list[Event]:
    """All events of a refund or a cancel, the newest first."""
    return sorted(_events(giving), key=_place, reverse=True)


def _place(event: Event) -> tuple[object, int, int]:
    return event.at, _ORDER.index(event.kind), event.row.pk


def _events(giving: Giving) -> Iterator[Event]:
    named = giving._meta.model_name
    heard = set()
    moves = giving.moves.select_related("notification__verified_with", "notification__account")
    for move in moves:
        yield Event(EventKind.GIVING_BACK, move.at, move)
        if move.notification is not None:
            heard.add(move.notification)
    for notification in heard:
        yield Event(EventKind.NOTIFICATION, notification.received_at, notification)
    for call in GatewayCall.objects.filter(_called_about(giving)):
        yield Event(EventKind.CALL, call.started_at, call)
    for entry in AuditEntry.objects.filter(target_type=named, target_id=giving.pk, verb=_ASKED):
        yield Event(EventKind.AUDIT, entry.at, entry)
    for booking in giving.payment.ledger_entries.filter(_booked_for(giving)):
        yield Event(EventKind.ENTRY, booking.posted_at, booking)


def _called_about(giving: Giving) -> Q:
    """Its own calls. What became of a cancel is asked of its payment, once it may have left."""
    called = Q(subject_type=giving._meta.model_name, subject_id=giving.pk)
    if isinstance(giving, Refund) or giving.first_sent_at is None:
        return called
    asked = Q(subject_type="payment", subject_id=giving.payment_id)
    return called | (asked & Q(started_at__gte=giving.first_sent_at))


def _booked_for(giving: Giving) -> Q:
    if isinstance(giving, Refund):
        kinds = (EntryKind.REFUND, EntryKind.REFUND_REVERSAL)
        return Q(kind__in=kinds, reference=giving.partner_refund_id)
    return Q(kind=EntryKind.CANCEL) if giving.state == CancelState.DONE else Q(pk__in=())
