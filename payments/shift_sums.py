"""Figures of shifts and days as pages show them: grouped, added up, each leading to its rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from merchant_portal.money import Money
from payments.models import EntryKind, Section, Shift, ZFigure, ZReport
from payments.wallets import wallet_choices


@dataclass(frozen=True, slots=True)
class Sum:
    """What some figures amount to in one currency."""

    payments: int
    paid: Money
    given_back: Money
    net: Money


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, what its wallet is called, and the query that shows its rows."""

    figure: ZFigure
    wallet: str
    query: str


@dataclass(frozen=True, slots=True)
class Block:
    """Figures of one section and shift."""

    title: str
    rows: tuple[Row, ...]


def sums(figures: Iterable[ZFigure]) -> list[Sum]:
    """Per currency: paid, given back, and what remains."""
    found: dict[str, list[ZFigure]] = {}
    for figure in figures:
        found.setdefault(figure.currency, []).append(figure)
    return [_sum(currency, found[currency]) for currency in sorted(found)]


def _sum(currency: str, figures: list[ZFigure]) -> Sum:
    paid = [figure for figure in figures if figure.kind == EntryKind.PAYMENT]
    net = sum(figure.amount_minor for figure in figures)
    taken = sum(figure.amount_minor for figure in paid)
    return Sum(
        payments=sum(figure.number for figure in paid),
        paid=Money(taken, currency),
        given_back=Money(taken - net, currency),
        net=Money(net, currency),
    )


def blocks(figures: Iterable[ZFigure], *, own: Shift | None) -> list[Block]:
    """Figures under their headings; ``own`` is the shift the report is about."""
    ordered = sorted(figures, key=_place)
    called = dict(wallet_choices(sorted({figure.wallet for figure in ordered})))
    found = [list(group) for _key, group in groupby(ordered, key=_place)]
    return [
        Block(
            _title(group[0], own=own),
            tuple(Row(row, called[row.wallet], _query(row)) for row in group),
        )
        for group in found
    ]


def _place(figure: ZFigure) -> tuple[int, int]:
    return list(Section).index(Section(figure.section)), figure.shift_id or 0


def _title(figure: ZFigure, *, own: Shift | None) -> str:
    where = str(figure.shift) if figure.shift else _("outside any shift")
    match Section(figure.section):
        case Section.OWN:
            return where if own is None else _("Taken in this shift")
        case Section.LATE:
            return _("Late for %s") % where if figure.shift else _("Late, outside any shift")
        case Section.MOVED_OUT:
            return _("Correction: moved away from %s") % where
        case Section.MOVED_IN:
            return _("Correction: moved to %s") % where
        case Section.OUTSIDE:
            return _("Outside any shift")


def _query(figure: ZFigure) -> str:
    return urlencode(
        {
            "section": figure.section,
            "shift": figure.shift_id or "",
            "kind": figure.kind,
            "currency": figure.currency,
            "wallet": figure.wallet,
        }
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A shift of a day: its report and what that amounts to."""

    report: ZReport
    sums: tuple[Sum, ...]


def parts_of(day: Iterable[ZReport]) -> list[Part]:
    """The shifts of a day, each with the sums of its report."""
    reports = list(day)
    figures: dict[int, list[ZFigure]] = {report.pk: [] for report in reports}
    for figure in ZFigure.objects.filter(report__in=reports):
        figures[figure.report_id].append(figure)
    return [Part(report, tuple(sums(figures[report.pk]))) for report in reports]
