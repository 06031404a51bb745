"""Takings: what the ledger booked, added up by store, counter, wallet and business day."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DateField,
    F,
    Func,
    Q,
    Sum,
    TimeField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from merchant_portal.reports.asked import Asked
from merchant_portal.reports.definition import (
    Calendar,
    Column,
    FilterName,
    Kind,
    Report,
    Rows,
    Source,
    scope,
)
from merchant_portal.reports.narrowing import narrow
from payments.models import EntryKind, LedgerEntry
from payments.places import ALIPAY_ZONE
from qrcodes.permissions import Principal

GROUPS = {
    "store": _("Store"),
    "counter": _("Counter"),
    "wallet": _("Wallet"),
    "day": _("Business day"),
}
_BACK = (EntryKind.CANCEL, EntryKind.REFUND)
TAKEN = (EntryKind.PAYMENT, *_BACK, EntryKind.REFUND_REVERSAL)
_MINOR = BigIntegerField()


class BusinessDay(Func):
    """The store's own day of an instant: it begins when the store says, in the store's zone."""

    output_field = DateField()
    arity = 3  # the instant, the zone, the time of day at which the day begins

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        (instant, zone, begins), parameters = self._compiled(compiler)
        return f"(({instant} AT TIME ZONE {zone}) - ({begins})::interval)::date", parameters

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        (instant, zone, begins), parameters = self._compiled(compiler)
        local = f"django_datetime_trunc('second', {instant}, {zone}, 'UTC')"
        return f"date({local}, '-' || {begins})", parameters

    def _compiled(self, compiler: Any) -> tuple[list[str], list[Any]]:
        parts = [compiler.compile(each) for each in self.get_source_expressions()]
        return [sql for sql, _ in parts], [each for _, given in parts for each in given]


def _of_store(name: str, otherwise: object, field: Any) -> Combinable:
    """A term of the payment's store; payments of no store keep Alipay's day."""
    return Coalesce(f"payment__store__{name}", Value(otherwise, output_field=field))


_ZONE = _of_store("time_zone", ALIPAY_ZONE, CharField())
_DAY = BusinessDay("occurred_at", _ZONE, _of_store("business_day_starts", time(0), TimeField()))


def _sum(*, taken: Combinable, kinds: tuple[EntryKind, ...]) -> Combinable:
    return Coalesce(Sum(taken, filter=Q(kind__in=kinds)), Value(0), output_field=_MINOR)


def _minor_less(condition: Q) -> Combinable:
    """The amount, below zero where the condition holds."""
    below = When(condition, then=-F("amount_minor"))
    return Case(below, default=F("amount_minor"), output_field=_MINOR)


_NET = _minor_less(Q(kind__in=_BACK))
#: A refund that came back is taken off what went back.
_GIVEN_BACK = _minor_less(Q(kind=EntryKind.REFUND_REVERSAL))
SUMS = {
    "payments": Count("pk", filter=Q(kind=EntryKind.PAYMENT)),
    "paid": _sum(taken=F("amount_minor"), kinds=(EntryKind.PAYMENT,)),
    "given_back": _sum(taken=_GIVEN_BACK, kinds=(*_BACK, EntryKind.REFUND_REVERSAL)),
    "net": _sum(taken=_NET, kinds=TAKEN),
}
_SOURCE = Source(
    rows=lambda asked: LedgerEntry.objects.filter(kind__in=TAKEN),
    time="occurred_at",
    payment="payment__",
)
#: No zone is further than this from another, and no business day begins later than a day.
_MARGIN = timedelta(days=2)


def _rows(asked: Asked, principal: Principal) -> Rows:
    """Groups of entries; the days are those of each store."""
    columns = TAKINGS.columns_for(asked)
    keys = {column.alias: _key(column) for column in columns if column.name not in SUMS}
    sums = {column.alias: SUMS[column.name] for column in columns if column.name in SUMS}
    entries = _SOURCE.rows(asked).filter(
        scope(principal, payment=_SOURCE.payment),
        narrow(_SOURCE, replace(asked, first=None, last=None)),
    )
    groups: Rows = (
        _on_days(entries, asked)
        .order_by()
        .values(**keys)
        .annotate(**sums)
        .values_list(*(column.alias for column in columns))
    )
    return groups


def _key(column: Column) -> Combinable:
    return F(column.value) if isinstance(column.value, str) else column.value


def _on_days(entries: Rows, asked: Asked) -> Rows:
    """Entries of the business days asked for; the wider range of instants is what an index has."""
    entries = entries.annotate(business_day=_DAY)
    if asked.since is not None:
        entries = entries.filter(
            business_day__gte=asked.first, occurred_at__gte=asked.since - _MARGIN
        )
    if asked.until is not None:
        entries = entries.filter(
            business_day__lte=asked.last, occurred_at__lt=asked.until + _MARGIN
        )
    return entries


TAKINGS = Report(
    name="takings",
    title=_("Takings"),
    meaning=_(
        "What the ledger booked, on each store's own business day: paid, given back, and what "
        "remains. Money that goes back on a later day is taken off that day. Payments that are "
        "still being confirmed are not in it."
    ),
    columns=(
        Column("day", _("Business day"), Kind.DAY, _DAY, group="day"),
        Column("store_code", _("Store code"), Kind.ID, "payment__store__code", group="store"),
        Column("store", _("Store"), Kind.TEXT, "payment__store__name", group="store"),
        Column("zone", _("Time zone"), Kind.TEXT, _ZONE, group="store"),
        Column(
            "counter_code", _("Counter code"), Kind.ID, "payment__counter__code", group="counter"
        ),
        Column("counter", _("Counter"), Kind.TEXT, "payment__counter__name", group="counter"),
        Column("wallet", _("Wallet"), Kind.TEXT, "payment__wallet", group="wallet"),
        Column("currency", _("Currency"), Kind.TEXT, "currency"),
        Column("payments", _("Payments"), Kind.COUNT),
        Column("paid", _("Paid"), Kind.AMOUNT),
        Column("given_back", _("Given back"), Kind.AMOUNT),
        Column("net", _("Remains"), Kind.AMOUNT),
    ),
    filters=(
        FilterName.FIRST,
        FilterName.LAST,
        FilterName.ACCOUNT,
        FilterName.MERCHANT,
        FilterName.STORE,
        FilterName.COUNTER,
        FilterName.WALLET,
        FilterName.PRODUCT,
        FilterName.CURRENCY,
        FilterName.BY,
    ),
    calendar=Calendar.BUSINESS,
    sums=("payments", "paid", "given_back", "net"),
    order=("day", "store", "store_code", "counter", "counter_code", "wallet", "currency"),
    grouped=_rows,
)
