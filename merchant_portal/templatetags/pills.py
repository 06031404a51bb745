"""How pages show where something stands: a word with its tone and icon."""

from typing import Protocol

from django import template
from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from merchant_portal.templatetags.portal import pill
from payments.models import GivingBack
from payments.states import CancelState
from qrcodes.models import Registration
from qrcodes.states import ReviewState
from reconciliation.standing import DayStanding

register = template.Library()

#: Tone and icon of each state's pill, whatever noun it belongs to.
_PILLS = {
    "PAID": ("good", "circle-check"),
    "CONFIRMING": ("good", "circle-check"),
    "PENDING": ("wait", "clock"),
    "UNKNOWN": ("warn", "circle-question-mark"),
    "CANCELLED": ("quiet", "undo-2"),
    "CLOSED": ("quiet", "ban"),
    "CREATING": ("wait", "loader"),
    "ADOPTING": ("wait", "loader"),
    "ACTIVE": ("good", "circle-check"),
    "STOPPED": ("warn", "circle-pause"),
    "DELETED": ("quiet", "trash-2"),
    "REFUSED": ("bad", "circle-x"),
    "WAITING": ("warn", "hourglass"),
    "APPLIED": ("good", "circle-check"),
    "ASKING": ("wait", "loader"),
    "FOUND": ("good", "circle-check"),
    "NOT_FOUND": ("quiet", "search-x"),
    "UNANSWERED": ("warn", "circle-question-mark"),
    "UNREGISTERED": ("quiet", "circle-dashed"),
    "IN_REVIEW": ("wait", "clock"),
    "APPROVED": ("good", "circle-check"),
    "REJECTED": ("bad", "circle-x"),
    "REQUESTED": ("wait", "user-round-check"),
    "DECLINED": ("quiet", "ban"),
    "SUBMITTED": ("wait", "send"),
    "ACCEPTED": ("wait", "clock"),
    "REFUNDED": ("good", "undo-2"),
    "FAILED": ("bad", "circle-x"),
    "RETURNED": ("warn", "redo-2"),
    "LAPSED": ("warn", "alarm-clock-off"),
    "DONE": ("good", "undo-2"),
    "RUNNING": ("wait", "loader"),
    "READY": ("good", "circle-check"),
    "EXPIRED": ("quiet", "archive-x"),
    "OPEN": ("warn", "circle-alert"),
    "RESOLVED": ("good", "circle-check"),
    "EXPLAINED": ("quiet", "history"),
}
#: Money that may go back has not gone: its APPROVED is no end, as a review's is.
_PILL_NOT_SENT = ("wait", "clock")
_FILE_PILLS = {
    "EXPECTED": ("wait", "clock"),
    "LATE": ("bad", "clock-alert"),
    "RECEIVED": ("wait", "loader"),
    "ACCEPTED": ("good", "circle-check"),
    "COUNT_MISMATCH": ("warn", "triangle-alert"),
    "SUPERSEDED": ("quiet", "history"),
}
_DAY_PILLS = {
    DayStanding.OPEN: ("bad", "circle-alert"),
    DayStanding.NO_FILE: ("wait", "file-clock"),
    DayStanding.INCOMPLETE: ("warn", "file-exclamation-point"),
    DayStanding.WAITING: ("wait", "clock"),
    DayStanding.SETTLED: ("quiet", "circle-check"),
    DayStanding.CLEAN: ("good", "circle-check"),
}


class _Stateful(Protocol):
    """A row with a state."""

    state: str

    def get_state_display(self) -> str: ...


@register.simple_tag
def state_pill(noun: _Stateful) -> SafeString:
    """The state of a payment, a refund, a code or any other noun, as word and icon."""
    tone, icon = _PILLS.get(noun.state, ("quiet", "circle"))
    if isinstance(noun, GivingBack) and noun.state == CancelState.APPROVED:
        tone, icon = _PILL_NOT_SENT
    return pill(noun.get_state_display(), tone, icon)


@register.simple_tag
def file_pill(file: _Stateful) -> SafeString:
    """Where a nightly file stands; some of its words mean something else elsewhere."""
    tone, icon = _FILE_PILLS.get(file.state, ("bad", "file-x"))
    return pill(file.get_state_display(), tone, icon)


@register.simple_tag
def day_pill(standing: DayStanding) -> SafeString:
    """How a compared day stands."""
    tone, icon = _DAY_PILLS[standing]
    return pill(str(standing.label), tone, icon)


_LIGHTS = {
    "done": ("good", "circle-check"),
    "to_do": ("wait", "circle-dashed"),
    "problem": ("bad", "circle-x"),
}


@register.simple_tag
def light(step: models.TextChoices) -> SafeString:
    """How a step of the set-up guide stands."""
    tone, icon = _LIGHTS[step.value]
    return pill(str(step.label), tone, icon)


@register.simple_tag
def review_pill(registration: Registration) -> SafeString:
    """Where a store's review stands; one whose answer was lost is not called unregistered."""
    if registration.state == ReviewState.UNREGISTERED and registration.asked_without_answer:
        return pill(gettext("Unknown"), "warn", "circle-question-mark")
    if registration.state == ReviewState.UNREGISTERED and registration.is_under_way:
        return pill(gettext("Being asked"), "wait", "loader")
    return state_pill(registration)
