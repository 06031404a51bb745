"""How a compared day stands, and its figures side by side."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from merchant_portal.alipay.statements import Document, Kind
from merchant_portal.money import Money
from reconciliation import findings
from reconciliation.models import ComparedDay, Discrepancy, StatementFile
from reconciliation.states import FILE_USABLE, FileState, LineKind


class DayStanding(models.TextChoices):
    """What a day comes to, the most urgent first."""

    OPEN = "open", _("Differences open")
    NO_FILE = "no_file", _("File not in")
    INCOMPLETE = "incomplete", _("File not complete")
    WAITING = "waiting", _("Waiting")
    SETTLED = "settled", _("Differences decided")
    CLEAN = "clean", _("Clean")


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts and sums of one kind and currency on both sides; money back counts below zero."""

    kind: LineKind
    ours_count: int
    ours: Money
    theirs_count: int
    theirs: Money

    @property
    def difference(self) -> Money:
        """Theirs less ours."""
        return self.theirs - self.ours

    @property
    def agrees(self) -> bool:
        return self.ours == self.theirs and self.ours_count == self.theirs_count


def with_standing(days: QuerySet[ComparedDay]) -> QuerySet[ComparedDay]:
    """Days with what their standing is told from."""
    files = StatementFile.objects.filter(
        account=OuterRef("account"), day=OuterRef("day"), document=Document.TRANSACTION
    )
    complete = Q(state=FileState.ACCEPTED) | Q(
        state=FileState.COUNT_MISMATCH, vouched_at__isnull=False
    )
    open_ones = Discrepancy.objects.open().filter(account=OuterRef("account"), day=OuterRef("day"))
    counted = open_ones.order_by().values("day").annotate(number=Count("pk")).values("number")
    return days.select_related("account").annotate(
        open_count=Coalesce(Subquery(counted), 0),
        has_file=Exists(files.filter(state__in=FILE_USABLE)),
        has_complete_file=Exists(files.filter(complete)),
        awaits_file=Exists(files.awaited()),
    )


def standing_of(day: ComparedDay) -> DayStanding:
    """Clean only where all agrees and the file is in; of a day ``with_standing``."""
    checks: Iterable[tuple[bool, DayStanding]] = (
        (day.open_count > 0, DayStanding.OPEN),  # type: ignore[attr-defined]  # annotated
        (not day.has_file, DayStanding.NO_FILE),  # type: ignore[attr-defined]
        (day.awaits_file, DayStanding.NO_FILE),  # type: ignore[attr-defined]
        (not day.has_complete_file, DayStanding.INCOMPLETE),  # type: ignore[attr-defined]
        (day.awaiting_count > 0, DayStanding.WAITING),
        (day.problem_count > 0, DayStanding.SETTLED),
    )
    return next((standing for holds, standing in checks if holds), DayStanding.CLEAN)


def figures_of(day: ComparedDay) -> list[Figures]:
    """Both sides of a day by kind and currency."""
    sides: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for row in day.tally:
        group = sides.setdefault((row["kind"], row["currency"]), {})
        group[row["side"]] = (row["count"], row["minor"])
    order = [kind.value for kind in LineKind]
    return [
        _figures(kind, currency, group)
        for (kind, currency), group in sorted(
            sides.items(), key=lambda item: (item[0][1], order.index(item[0][0]))
        )
    ]


def _figures(kind: str, currency: str, group: dict[str, tuple[int, int]]) -> Figures:
    ours_count, ours = group.get("ours", (0, 0))
    theirs_count, theirs = group.get("theirs", (0, 0))
    return Figures(
        LineKind(kind),
        ours_count=ours_count,
        ours=_directed(ours, kind, currency),
        theirs_count=theirs_count,
        theirs=_directed(theirs, kind, currency),
    )


def _directed(minor: int, kind: str, currency: str) -> Money:
    """As what Alipay owes: money back counts below zero."""
    return findings.directed(Money(minor, currency), Kind(kind))


def month_of(first: date) -> tuple[date, date]:
    """The first day of this month and of the next."""
    begins = first.replace(day=1)
    return begins, (begins + timedelta(days=32)).replace(day=1)
