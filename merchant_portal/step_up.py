"""The person at the device is who signed in: asked for again wherever money goes back.

A short PIN, or the password. Each try is counted before it is looked at, in one conditional
UPDATE, so that tries side by side, in whatever process, cannot be more than the limits allow.
What was typed is never kept or logged.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NoReturn

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from merchant_portal import audit, clock
from merchant_portal.audit import Actor
from merchant_portal.models import StepUp, User

#: What the field is called, in forms and in the API.
FIELD = "confirmation"

_PIN = re.compile(r"[0-9]{4,8}", re.ASCII)
#: Lines on the keypad, years of films, pairs: the best known beyond what follows a rule.
_WELL_KNOWN = frozenset({"2580", "0852", "1004", "5683", "1122", "1221", "2468", "1379", "112233"})
_UP = "0123456789" * 2


class ConfirmationRefused(Exception):
    """What was typed does not prove who is there; the text says it to people."""


class PinRefused(Exception):
    """A PIN that cannot be set."""


class Means(StrEnum):
    """What somebody proved themselves with."""

    PIN = "pin"
    PASSWORD = "password"  # noqa: S105  a word, not a secret


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks a person for."""

    has_pin: bool
    is_pin_blocked: bool

    @property
    def wants_pin(self) -> bool:
        return self.has_pin and not self.is_pin_blocked


def asked_of(user: User) -> Asked:
    """What a person is asked for: the PIN while it opens something, else the password."""
    row: StepUp | None = getattr(user, "step_up", None)
    if row is None:
        return Asked(has_pin=False, is_pin_blocked=False)
    is_blocked = row.wrong_in_a_row >= settings.STEP_UP_PIN_TRIES
    return Asked(has_pin=bool(row.pin_hash), is_pin_blocked=is_blocked)


def confirm(user: User, *, typed: str, verb: str, target: models.Model) -> None:
    """Somebody proves who they are before they do this; raises ConfirmationRefused."""
    if not typed:
        raise ConfirmationRefused(_("Type your PIN or your password."))
    row = _count_try(user)
    means = _means_of(row, typed)
    if means is None:
        _refuse(row, verb=verb, target=target)
    _forget_tries(row)
    audit.record(Actor.person(user), "confirm", target, doing=verb, means=str(means))


def set_pin(user: User, *, password: str, pin: str) -> None:
    """A person's new PIN, for their password; raises PinRefused and ConfirmationRefused."""
    refuse_pin(pin)
    row = _count_try(user)
    if not row.user.check_password(password):
        _refuse(row, verb="set_pin", target=user)
    keep_pin(user, pin, actor=Actor.person(user))


def refuse_pin(pin: str) -> None:
    """Raise PinRefused unless this can be a PIN."""
    if not is_pin(pin):
        raise PinRefused(_("A PIN has four to eight digits."))
    if is_trivial(pin):
        raise PinRefused(_("That one is guessed first. Choose digits without a pattern."))


@transaction.atomic
def keep_pin(user: User, pin: str, *, actor: Actor) -> None:
    """From now on this is the PIN, and wrong tries are forgotten."""
    values = {
        "pin_hash": make_password(pin),
        "pin_set_at": clock.now(),
        "wrong_in_a_row": 0,
        "paused_until": None,
    }
    StepUp.objects.update_or_create(user=user, defaults=values)
    audit.record(actor, "set_pin", user)


# ---- PINs ---------------------------------------------------------------------------------------


def is_pin(text: str) -> bool:
    """Four to eight digits."""
    return _PIN.fullmatch(text) is not None


def is_trivial(pin: str) -> bool:
    """Whether somebody who looks over a shoulder, or guesses, has it at once."""
    return pin in _WELL_KNOWN or _repeats(pin) or pin in _UP or pin in _UP[::-1]


def _repeats(pin: str) -> bool:
    """One part again and again: 0000, 1212, 123123."""
    return any(
        len(pin) % length == 0 and pin == pin[:length] * (len(pin) // length)
        for length in range(1, len(pin) // 2 + 1)
    )


# ---- Counting -----------------------------------------------------------------------------------


def _count_try(user: User) -> StepUp:
    """Count one more try, which stands until it proves right; raises ConfirmationRefused while
    nobody is listened to. Never part of a caller's transaction, which could take it back."""
    with transaction.atomic(durable=True):
        StepUp.objects.get_or_create(user=user)
        now = clock.now()
        listening = Q(paused_until__isnull=True) | Q(paused_until__lte=now)
        counted = StepUp.objects.filter(listening, user=user).update(
            wrong_in_a_row=F("wrong_in_a_row") + 1, paused_until=_pause_from(now)
        )
        row = StepUp.objects.select_related("user").get(user=user)
    if not counted:
        raise ConfirmationRefused(_paused(row, now))
    return row


def _pause_from(now: datetime) -> Case:
    """The try that reaches the limit begins the pause, also for those beside it."""
    is_last = Q(wrong_in_a_row__gte=settings.STEP_UP_TRIES - 1)
    until = now + timedelta(seconds=settings.STEP_UP_PAUSE_SECONDS)
    field = models.DateTimeField()
    return Case(When(is_last, then=Value(until, field)), default=Value(None, field))


def _forget_tries(row: StepUp) -> None:
    StepUp.objects.filter(pk=row.pk).update(wrong_in_a_row=0, paused_until=None)


# ---- Looking at what was typed ------------------------------------------------------------------


def _means_of(row: StepUp, typed: str) -> Means | None:
    """What this proves itself as; None where it proves nothing."""
    if row.pin_hash and is_pin(typed):
        is_right = not _is_pin_used_up(row) and check_password(typed, row.pin_hash)
        return Means.PIN if is_right else None
    return Means.PASSWORD if row.user.check_password(typed) else None


def _is_pin_used_up(row: StepUp) -> bool:
    """Counting the try that is being looked at."""
    return row.wrong_in_a_row > settings.STEP_UP_PIN_TRIES


def _refuse(row: StepUp, *, verb: str, target: models.Model) -> NoReturn:
    wrong = row.wrong_in_a_row
    audit.record(
        Actor.person(row.user), "confirm_wrongly", target, doing=verb, wrong_in_a_row=wrong
    )
    raise ConfirmationRefused(_what_was_wrong(row))


def _what_was_wrong(row: StepUp) -> str:
    if row.paused_until is not None:
        return _paused(row, clock.now())
    left = settings.STEP_UP_PIN_TRIES - row.wrong_in_a_row
    if not row.pin_hash:
        return _("That is not your password. Nothing was done.")
    if left <= 0:
        return _("Wrong too often: the PIN opens nothing until you type your password.")
    return ngettext(
        "That was wrong, nothing was done. After %(left)d more the PIN is blocked.",
        "That was wrong, nothing was done. After %(left)d more the PIN is blocked.",
        left,
    ) % {"left": left}


def _paused(row: StepUp, now: datetime) -> str:
    seconds = (row.paused_until - now).total_seconds() if row.paused_until else 0
    minutes = max(1, round(seconds / 60 + 0.5))
    return ngettext(
        "Wrong too often: wait %(minutes)d minute, then type your password.",
        "Wrong too often: wait %(minutes)d minutes, then type your password.",
        minutes,
    ) % {"minutes": minutes}
