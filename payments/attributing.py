"""Which shift an entry belongs to, and what a report would hold if it were made now.

Read only. A report takes what no report has told yet; each entry is told once, and what a person
moved afterwards is taken out of one shift and put into another in the next report.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from payments.models import (
    BACK_KINDS,
    TAKEN_KINDS,
    EntryKind,
    LedgerEntry,
    Payment,
    ReportBook,
    Section,
    Shift,
    ShiftAssignment,
    ZFigure,
    ZLine,
    ZReport,
)
from payments.states import PAYMENT_UNSETTLED
from qrcodes.models import Store

#: How long after it happened an entry is looked for by itself; a later one a person places.
HEARD_WITHIN = timedelta(days=62)
#: The counter or the store a report is about, as payments name it.
Place = dict[str, int]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a report holds: rows, sums of the rows, payments that are open; nothing is saved."""

    lines: tuple[ZLine, ...]
    figures: tuple[ZFigure, ...]
    open_payments: tuple[Payment, ...]
    #: The moves between shifts that it tells of.
    told: tuple[ShiftAssignment, ...]


def draft_shift(shift: Shift, book: ReportBook, *, until: datetime) -> Draft:
    """What the open shift's report would hold at an instant."""
    place = {"counter": shift.counter_id}
    during = Payment.objects.filter(
        **place, occurred_at__gte=shift.opened_at, occurred_at__lt=until
    )
    since = _since(book, begins=shift.opened_at, until=until)
    return _draft(place, book, closing=shift, span=(since, until), during=during)


def draft_day(book: ReportBook, *, since: datetime, until: datetime) -> Draft:
    """What the day's report would hold beside its shifts: what fell outside, came late, moved."""
    place = {"store": book.store_id}
    during = Payment.objects.filter(**place, occurred_at__gte=since, occurred_at__lt=until)
    span = (_since(book, begins=since, until=until), until)
    return _draft(place, book, closing=None, span=span, during=during)


def _draft(
    place: Place,
    book: ReportBook,
    *,
    closing: Shift | None,
    span: tuple[datetime, datetime],
    during: QuerySet[Payment],
) -> Draft:
    shifts = _shifts(book, since=span[0])
    assigned = _untold_assignments(place)
    lines: list[ZLine] = []
    told: list[ShiftAssignment] = []
    for entry in _untold_entries(place, span=span):
        is_payment = entry.kind == EntryKind.PAYMENT
        if not (is_payment and entry.payment_id in assigned):
            lines += _first_lines(entry, shifts.at(entry), closing=closing)
    for assignment in assigned.values():
        found = _moved_lines(assignment, closing=closing)
        if found is not None:
            lines += found
            told.append(assignment)
    return Draft(tuple(lines), tuple(figures_of(lines)), tuple(_open(during)), tuple(told))


# ---- To which shift ---------------------------------------------------------------------------


class Shifts:
    """The shifts of some counters, to find the one that was open at an instant."""

    def __init__(self, shifts: Iterable[Shift]) -> None:
        self._of: dict[int, list[Shift]] = defaultdict(list)
        for shift in sorted(shifts, key=lambda shift: shift.opened_at):
            self._of[shift.counter_id].append(shift)

    def at(self, entry: LedgerEntry) -> Shift | None:
        """The shift in which an entry happened at its payment's counter."""
        payment = entry.payment
        return self.open_at(payment.counter_id, entry.occurred_at) if payment else None

    def open_at(self, counter_id: int | None, at: datetime) -> Shift | None:
        shifts = self._of.get(counter_id, []) if counter_id is not None else []
        position = bisect_right(shifts, at, key=lambda shift: shift.opened_at)
        found = shifts[position - 1] if position else None
        if found is None or (found.closed_at is not None and found.closed_at <= at):
            return None
        return found


def shift_of(payment: Payment) -> Shift | None:
    """The shift a payment belongs to: where a person put it, else the one open when it was paid."""
    moved = payment.shift_assignments.select_related("shift__counter__store").last()
    if moved is not None:
        return moved.shift
    open_then = Q(closed_at__isnull=True) | Q(closed_at__gt=payment.occurred_at)
    return (
        Shift.objects.filter(open_then, counter=payment.counter_id)
        .filter(opened_at__lte=payment.occurred_at)
        .select_related("counter__store")
        .order_by("-opened_at")
        .first()
    )


def _shifts(book: ReportBook, *, since: datetime) -> Shifts:
    recent = Q(closed_at__isnull=True) | Q(closed_at__gte=since)
    rows = Shift.objects.filter(recent, counter__store=book.store_id)
    return Shifts(rows.select_related("counter"))


# ---- What is untold ---------------------------------------------------------------------------


def _since(book: ReportBook, *, begins: datetime, until: datetime) -> datetime:
    """From when on untold entries are looked for; never from later than the report begins."""
    return max(book.began_at, min(begins, until - HEARD_WITHIN))


def _untold_entries(place: Place, *, span: tuple[datetime, datetime]) -> list[LedgerEntry]:
    """Entries no report has told, the oldest first: payments by their list, the rest by its own."""
    since, until = span
    untold = LedgerEntry.objects.filter(
        ~Exists(ZLine.objects.filter(entry=OuterRef("pk"))),
        occurred_at__gte=since,
        occurred_at__lt=until,
    ).select_related("payment")
    of_place = {f"payment__{name}": key for name, key in place.items()}
    taken = untold.filter(kind=EntryKind.PAYMENT, payment__occurred_at__gte=since, **of_place)
    back = untold.exclude(kind=EntryKind.PAYMENT).filter(kind__in=TAKEN_KINDS, **of_place)
    return sorted([*taken, *back], key=lambda entry: (entry.occurred_at, entry.pk))


def _first_lines(
    entry: LedgerEntry, shift: Shift | None, *, closing: Shift | None
) -> Iterable[ZLine]:
    """The entry as it is told for the first time; not yet, where it is another report's."""
    if shift is None and closing is None:
        yield _line(entry, None, Section.OUTSIDE)
    elif shift is not None and closing is not None and shift.pk == closing.pk:
        yield _line(entry, shift, Section.OWN)
    elif shift is not None and not shift.is_open:
        yield _line(entry, shift, Section.LATE)


def _untold_assignments(place: Place) -> dict[int, ShiftAssignment]:
    """Per payment the last move to another shift that no report has told."""
    of_place = {f"payment__{name}": key for name, key in place.items()}
    rows = ShiftAssignment.objects.filter(told_in__isnull=True, **of_place)
    rows = rows.select_related("shift__counter", "payment").order_by("pk")
    return {row.payment_id: row for row in rows}


def _moved_lines(assignment: ShiftAssignment, *, closing: Shift | None) -> list[ZLine] | None:
    """The payment out of where it was told, into its new shift; None: not for this report."""
    target = assignment.shift
    if target.is_open and (closing is None or target.pk != closing.pk):
        return None
    entry = (
        assignment.payment.ledger_entries.filter(kind=EntryKind.PAYMENT)
        .select_related("payment")
        .first()
    )
    if entry is None:  # not booked yet
        return None
    holder = entry.report_lines.filter(sign=1).select_related("shift").order_by("pk").last()
    if holder is None:
        return [_line(entry, target, Section.MOVED_IN)]
    if holder.shift_id == target.pk:
        return []
    return [
        _line(entry, holder.shift, Section.MOVED_OUT),
        _line(entry, target, Section.MOVED_IN),
    ]


def _line(entry: LedgerEntry, shift: Shift | None, section: Section) -> ZLine:
    payment = entry.payment
    sign = -1 if section is Section.MOVED_OUT else 1
    way = -1 if entry.kind in BACK_KINDS else 1
    return ZLine(
        shift=shift,
        section=section,
        kind=entry.kind,
        currency=entry.currency,
        wallet=payment.wallet if payment else "",
        amount_minor=sign * way * entry.amount_minor,
        entry=entry,
        payment=payment,
        sign=sign,
        occurred_at=entry.occurred_at,
    )


def _open(during: QuerySet[Payment]) -> QuerySet[Payment]:
    return during.filter(Q(state__in=PAYMENT_UNSETTLED) | ~Q(question="")).order_by("occurred_at")


# ---- Sums -------------------------------------------------------------------------------------


def figures_of(lines: Iterable[ZLine]) -> list[ZFigure]:
    """The sums of some rows, one per section, shift, currency, wallet and kind."""
    groups: dict[tuple[str, int, str, str, str], ZFigure] = {}
    for line in lines:
        key = (line.section, line.shift_id or 0, line.currency, line.wallet, line.kind)
        figure = groups.setdefault(
            key,
            ZFigure(
                shift=line.shift,
                section=line.section,
                kind=line.kind,
                currency=line.currency,
                wallet=line.wallet,
                amount_minor=0,
                number=0,
            ),
        )
        figure.amount_minor += line.amount_minor
        figure.number += line.sign
    return [groups[key] for key in sorted(groups)]


def later_figures(report: ZReport) -> list[ZFigure]:
    """What later reports told of this report's shift."""
    if report.shift_id is None:
        return []
    later = ZFigure.objects.filter(shift=report.shift_id).exclude(report=report)
    return list(later.select_related("report", "shift").order_by("report__number", "pk"))


def undone(store: Store) -> QuerySet[ZReport]:
    """Shift reports that no day's report has added up."""
    rows = ZReport.objects.filter(store=store, shift__isnull=False, part_of__isnull=True)
    return rows.select_related("shift__counter").order_by("number")
