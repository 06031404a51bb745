"""The control sheet: what a file holds, so that anybody can see that nothing is missing."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from merchant_portal.reports import cells
from merchant_portal.reports.asked import Asked
from merchant_portal.reports.catalogue.takings import GROUPS
from merchant_portal.reports.definition import Calendar, Column, Kind, Report
from merchant_portal.reports.reading import MARK, Total
from merchant_portal.wording import listed
from payments.places import ALIPAY_ZONE
from payments.states import Product
from qrcodes.models import Counter, Merchant, Store
from qrcodes.permissions import Principal
from qrcodes.training import training_names, training_names_among

Cell = str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSheet:
    """What a file holds, in the words of the language it was made in."""

    title: str
    meaning: str
    #: The filter in words, as (what, which).
    filter: Sequence[Sequence[str]]
    time_zone: str
    made_by: str
    made_at: str
    rows: int
    #: The ledger's highest entry when the rows were read.
    ledger_watermark: int
    #: Of the rows as a CSV file, mark and headings included; of a CSV file simply its own.
    sha256: str
    headings: Sequence[str]
    #: One line per type and currency; the first ``words`` of each are words, the rest numbers.
    totals: Sequence[Sequence[str]]
    words: int
    #: The training accounts among those whose rows these are: no money of theirs moved.
    training: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def facts(self) -> Iterator[tuple[str, Cell]]:
        """What stands above the totals."""
        yield _("Report"), self.title
        if self.training:
            yield _("Training: no real money"), self.training
        yield _("What is in it"), self.meaning
        yield from ((what, which) for what, which in self.filter)
        yield _("Days and times in"), self.time_zone
        yield _("Made by"), self.made_by
        yield _("Made at"), self.made_at
        yield _("Rows"), self.rows
        yield _("Ledger up to entry"), self.ledger_watermark
        yield _("SHA-256 of the rows as CSV"), self.sha256

    def csv(self) -> bytes:
        """The sheet as a file of its own, which goes with a CSV file."""
        lines = [[what, str(which)] for what, which in self.facts()]
        lines += [[], list(self.headings)]
        texts = [cells.line([cells.guarded(text) for text in each]) for each in lines]
        texts += [cells.line(self._total(each)) for each in self.totals]
        return f"{MARK}{''.join(texts)}".encode()

    def _total(self, total: Sequence[str]) -> list[str]:
        """Words are guarded; sums below zero stay numbers."""
        words = [cells.guarded(text) for text in total[: self.words]]
        return [*words, *total[self.words :]]


def total_headings(report: Report, columns: Sequence[Column]) -> list[str]:
    """What stands above the totals: types, currency, rows, sums."""
    by_name = {column.name: str(column.heading) for column in columns}
    names = [*report.types, "currency"]
    return [*(by_name[name] for name in names), _("Rows"), *(by_name[each] for each in report.sums)]


def total_line(report: Report, columns: Sequence[Column], total: Total) -> list[str]:
    """A total as texts, under its headings."""
    by_name = {column.name: column for column in columns}
    words = [
        cells.plain_words(by_name[name]).get(value, value or "")
        for name, value in zip(report.types, total.types, strict=True)
    ]
    sums = [_sum(by_name[name], minor, total.currency) for name, minor in total.sums.items()]
    return [*words, total.currency, str(total.rows), *sums]


def _sum(column: Column, minor: int, currency: str) -> str:
    """A sum as text; empty where no row of the total bears an amount, as a doubled row's
    difference does not. An amount without its currency is never written.
    """
    if column.kind is not Kind.AMOUNT:
        return str(minor)
    return cells.amount_text(minor, currency) if minor or currency else ""


def filter_in_words(report: Report, asked: Asked) -> list[tuple[str, str]]:
    """The filter as people say it; what was not narrowed is not said."""
    said: list[tuple[str, str]] = []
    if asked.first or asked.last:
        said.append((_("Days"), _days(asked)))
    for what, model, pk in (
        (_("Account"), Account, asked.account),
        (_("Merchant"), Merchant, asked.merchant),
        (_("Store"), Store, asked.store),
        (_("Counter"), Counter, asked.counter),
    ):
        if pk is not None:
            said.append((what, _name(model, pk)))
    said += [
        (what, which)
        for what, which in (
            (_("Wallet"), asked.wallet),
            (_("Product"), str(dict(Product.choices).get(asked.product, asked.product))),
            (_("State"), str(report.states.get(asked.state, asked.state))),
            (_("Currency"), asked.currency),
            (_("Amount from"), str(asked.least or "")),
            (_("Amount to"), str(asked.most or "")),
            (_("Number"), asked.number),
            (_("Added up by"), listed(GROUPS[each] for each in asked.by)),
        )
        if which
    ]
    return said or [(_("Filter"), _("none: every row"))]


def training_in_words(principal: Principal, asked: Asked) -> str:
    """The names of the training accounts that rows may be of; empty where all money is real."""
    if asked.account is not None:
        return listed(training_names_among(asked.account))
    return listed(training_names(principal, right=Right.EXPORT_REPORTS))


def zone_in_words(report: Report, asked: Asked) -> str:
    """Whose days and times they are."""
    match report.calendar:
        case Calendar.BUSINESS:
            return _("each store's own zone and business day")
        case Calendar.TRANSACTION:
            return _("GMT+8, Alipay's own day")
        case Calendar.SHOP:
            is_alipays = asked.zone == ALIPAY_ZONE
            return _("GMT+8, Alipay's own day") if is_alipays else asked.zone


def _days(asked: Asked) -> str:
    first, last = (day.isoformat() if day else "" for day in (asked.first, asked.last))
    if first and last:
        return _("%(first)s to %(last)s") % {"first": first, "last": last}
    if first:
        return _("from %(first)s") % {"first": first}
    return _("to %(last)s") % {"last": last}


def _name(model: type[Model], pk: int) -> str:
    row = model._default_manager.filter(pk=pk).first()
    return str(row) if row else str(pk)
