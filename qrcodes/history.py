"""What happened to a code or a registration, in order: what people asked for, and how it moved."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from merchant_portal.models import AuditEntry
from qrcodes.models import QRCode, QRCodeMove, Registration, RegistrationMove
from qrcodes.sentences import reason_sentence
from qrcodes.states import CodeState, ReviewState

_MOVE_ICONS = {
    CodeState.CREATING: "qr-code",
    CodeState.ADOPTING: "send",
    CodeState.ACTIVE: "circle-check",
    CodeState.STOPPED: "circle-pause",
    CodeState.UNKNOWN: "circle-question-mark",
    CodeState.DELETED: "trash-2",
    CodeState.REFUSED: "circle-x",
}
_REVIEW_ICONS = {
    ReviewState.UNREGISTERED: "circle-dashed",
    ReviewState.IN_REVIEW: "clock",
    ReviewState.APPROVED: "circle-check",
    ReviewState.REJECTED: "circle-x",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a code or a registration, as its page tells it."""

    at: datetime
    sentence: str
    who: str
    icon: str
    note: str = ""


def history_of(code: QRCode) -> list[Event]:
    """Newest first."""
    wishes = AuditEntry.objects.filter(target_type="qrcode", target_id=code.pk)
    moves = code.moves.exclude(from_state="")  # the first says what the wish says
    events = [_wish(entry) for entry in wishes] + [_move(move) for move in moves]
    return sorted(events, key=lambda event: event.at, reverse=True)


def history_of_registration(registration: Registration) -> list[Event]:
    """Newest first."""
    wishes = AuditEntry.objects.filter(target_type="registration", target_id=registration.pk)
    moves = registration.moves.exclude(from_state="")
    events = [_wish(entry) for entry in wishes] + [_review_move(move) for move in moves]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _review_move(move: RegistrationMove) -> Event:
    to = ReviewState(move.to_state)
    return Event(move.at, str(to.label), move.actor_name, _REVIEW_ICONS[to], move.note)


def _move(move: QRCodeMove) -> Event:
    to = CodeState(move.to_state)
    return Event(
        move.at, str(to.label), move.actor_name, _MOVE_ICONS[to], reason_sentence(move.note)
    )


def _wish(entry: AuditEntry) -> Event:
    sentences = {
        "make_code": _("Asked for the code"),
        "want_stopped": _("Asked to stop it"),
        "want_active": _("Asked to restart it"),
        "want_deleted": _("Asked to delete it"),
        "send_code_again": _("Asked to send again"),
        "change_fee": _("Changed the channel fee"),
        "refresh_notify_url": _("Had the notify address changed"),
        "register_enrolment": _("Had Alipay told about the store"),
        "ask_review": _("Had Alipay asked about the review"),
        "look_at_sticker": _("Checked a sticker of it"),
        "print_code": _("Printed it"),
        "take_print_down": _("Took a print down"),
        "move_print": _("Noted where a print hangs"),
        "decide_code": _("Decided what has become of it"),
    }
    sentence = sentences.get(entry.verb, entry.verb)
    return Event(entry.at, sentence, entry.actor_name, "user")
