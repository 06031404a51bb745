"""What is always true of shifts and their numbered reports: named checks."""

from django.db.models import BigIntegerField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Abs, Coalesce
from django.utils.translation import gettext_lazy as _

from merchant_portal.truths import Check, Rows, telling
from payments.models import BACK_KINDS, ReportBook, ReportKind, Shift, ZFigure, ZLine, ZReport

CHECKS: list[Check] = []
_always = telling(CHECKS)

_GROUP = ("report", "section", "kind", "currency", "wallet")


def _of_group(rows: QuerySet[ZLine] | QuerySet[ZFigure]) -> Rows:
    """The rows of one figure; a shift of none is a group too."""
    same = {name: OuterRef(name) for name in _GROUP}
    found: Rows = rows.filter(
        Q(shift=OuterRef("shift")) | Q(shift__isnull=True, report=OuterRef("unshifted_report")),
        **same,
    )
    return found.order_by()


def _unshifted(rows: Rows) -> Rows:
    """Rows with their report's key where they are of no shift, so that such groups meet too."""
    mine = rows.filter(pk=OuterRef("pk"), shift__isnull=True).values("report")[:1]
    named: Rows = rows.annotate(unshifted_report=Subquery(mine))
    return named


def _sum_of(column: str) -> Coalesce:
    lines: Rows = _of_group(ZLine.objects.all()).values("report").annotate(total=Sum(column))
    return Coalesce(Subquery(lines.values("total")), 0, output_field=BigIntegerField())


@_always(_("A figure of a Z-report is the sum of its rows."))
def figure_is_its_rows() -> Rows:
    figures = _unshifted(ZFigure.objects.all())
    summed: Rows = figures.annotate(rows=_sum_of("sign"), total=_sum_of("amount_minor"))
    return summed.exclude(number=F("rows"), amount_minor=F("total"))


@_always(_("Every row of a Z-report stands in one of its figures."))
def line_is_in_a_figure() -> Rows:
    return _unshifted(ZLine.objects.all()).filter(~Exists(_of_group(ZFigure.objects.all())))


@_always(_("A row of a Z-report is its ledger entry, given back below zero, moved away reversed."))
def line_is_its_entry() -> Rows:
    differs = (
        ~Q(size=F("entry__amount_minor"))
        | ~Q(currency=F("entry__currency"))
        | ~Q(kind=F("entry__kind"))
        | ~Q(payment=F("entry__payment"))
    )
    back = Q(kind__in=BACK_KINDS)
    wrong_way = (
        Q(~back, sign=1, amount_minor__lt=0)
        | Q(~back, sign=-1, amount_minor__gt=0)
        | Q(back, sign=1, amount_minor__gt=0)
        | Q(back, sign=-1, amount_minor__lt=0)
    )
    return ZLine.objects.annotate(size=Abs("amount_minor")).filter(differs | wrong_way)


@_always(_("All Z-reports together tell an entry once, whatever was moved between shifts."))
def entry_is_told_once() -> Rows:
    told = ZLine.objects.order_by().values("entry").annotate(net=Sum("sign"), last=Max("pk"))
    return ZLine.objects.filter(pk__in=told.exclude(net=1).values("last"))


@_always(_("A store's Z-reports are numbered from one without a gap."))
def reports_have_no_gap() -> Rows:
    before = ZReport.objects.filter(store=OuterRef("store"), number=OuterRef("number") - 1)
    return ZReport.objects.filter(~Exists(before), number__gt=1)


@_always(_("A book's last number is that of the store's last Z-report."))
def book_is_at_its_last_report() -> Rows:
    reports = ZReport.objects.filter(store=OuterRef("store")).order_by().values("store")
    last = Subquery(reports.annotate(last=Max("number")).values("last"))
    return ReportBook.objects.annotate(last=Coalesce(last, 0)).exclude(last_number=F("last"))


@_always(_("A closed shift has its Z-report, over the time it was open; an open one has none."))
def closed_shift_has_its_report() -> Rows:
    has_ended = Q(closed_at__isnull=False)
    has_report = Q(
        z_report__kind=ReportKind.SHIFT,
        z_report__starts_at=F("opened_at"),
        z_report__ends_at=F("closed_at"),
        z_report__store=F("counter__store"),
    )
    return Shift.objects.filter(
        Q(has_ended & ~Q(pk__in=Shift.objects.filter(has_report).values("pk")))
        | Q(closed_at__isnull=True, z_report__isnull=False)
    )
