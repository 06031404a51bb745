"""What is always true, as named checks: one statement each, that finds the rows which break it.

Each app says its own truths in its ``checking.py``; `merchant_portal.verifying` asks them all. The
checks know the rules from the tables of states and of the ledger, not from the verbs that follow
them: a mistake in a verb cannot hide here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Count, Exists, F, Max, Model, OuterRef, Q, QuerySet, Value, Window
from django.db.models.functions import Lag
from django.utils.functional import Promise

from merchant_portal.machine import Machine

Rows = QuerySet[Any]
Adds = Callable[[Callable[[], Rows]], Callable[[], Rows]]


@dataclass(frozen=True, slots=True)
class Check:
    """Something that is always true, and the rows for which it is not."""

    name: str
    meaning: Promise
    breaches: Callable[[], Rows]


@dataclass(frozen=True, slots=True)
class Breach:
    """One row that breaks a check."""

    noun: str
    pk: int
    text: str

    def __str__(self) -> str:
        return f"{self.noun} {self.pk}: {self.text}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: its first breaches, and whether there are more."""

    check: Check
    breaches: tuple[Breach, ...]
    has_more: bool


def telling(checks: list[Check]) -> Callable[[Promise], Adds]:
    """A decorator that adds what is always true to an app's list of checks."""

    def always(meaning: Promise) -> Adds:
        def add(breaches: Callable[[], Rows]) -> Callable[[], Rows]:
            checks.append(Check(breaches.__name__, meaning, breaches))
            return breaches

        return add

    return always


def run_checks(checks: Iterable[Check], *, most_breaches: int = 10) -> list[Finding]:
    """Run the checks; each finding names at most ``most_breaches`` rows."""
    return [_run(check, most_breaches) for check in checks]


def _run(check: Check, most_breaches: int) -> Finding:
    rows = check.breaches().order_by("pk")[: most_breaches + 1]
    found = [_breach(row) for row in rows.iterator()]
    return Finding(check, tuple(islice(found, most_breaches)), len(found) > most_breaches)


def _breach(row: Model) -> Breach:
    return Breach(str(row._meta.verbose_name), row.pk, str(row))


# ---- How the rows are found -------------------------------------------------------------------


def repeated(rows: Rows, *columns: str) -> Rows:
    """The last row of each group of rows that have the same values in these columns."""
    groups = rows.order_by().values(*columns).annotate(rows=Count("pk"), last=Max("pk"))
    last: Rows = groups.filter(rows__gt=1).values("last")
    return last


def last_move_to_state(model: type[Model], subject: str) -> Rows:
    """The last move of the row outside, if it led to the state that row is in."""
    moves = model._default_manager.order_by()
    later = moves.filter(pk__gt=OuterRef("pk"), **{subject: OuterRef(subject)})
    led = {subject: OuterRef("pk"), "to_state": OuterRef("state")}
    return moves.filter(~Exists(later), **led)


def unchained(model: type[Model], subject: str) -> Rows:
    """Moves that do not begin where the move before them led, the first from nowhere."""
    before = Window(Lag("to_state", default=Value("")), subject, "pk")
    return model._default_manager.annotate(before=before).exclude(before=F("from_state"))


def permitted(machine: Machine[Any], first: Iterable[Any]) -> Q:
    """Moves along the machine's table, or from nowhere into one of the first states."""
    along = Q(from_state="", to_state__in=tuple(first))
    for source, targets in machine.moves.items():
        along |= Q(from_state=source, to_state__in=targets)
    return along
