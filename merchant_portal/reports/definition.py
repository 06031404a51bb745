"""What a report is: one declaration that page, file, API and command read alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django_stubs_ext import StrOrPromise

from merchant_portal.access import Right
from merchant_portal.reports.asked import Asked
from qrcodes.models import Store
from qrcodes.permissions import Principal

Expression = str | Combinable
Rows = QuerySet[Any, Any]


class Kind(StrEnum):
    """What stands in a column, and so how it is written."""

    TEXT = "text"
    #: A number that names something: text, whatever its signs look like.
    ID = "id"
    #: One of our words, written as people read it.
    WORD = "word"
    COUNT = "count"
    #: Minor units of the row's currency.
    AMOUNT = "amount"
    TIME = "time"
    DAY = "day"
    #: An instant, written as the whole days that have passed since.
    AGE = "age"


class Calendar(StrEnum):
    """Whose days a report's filter names."""

    SHOP = "shop"
    BUSINESS = "business"
    TRANSACTION = "transaction"


class FilterName(StrEnum):
    """What a report may be narrowed by."""

    FIRST = "from"
    LAST = "to"
    ACCOUNT = "account"
    MERCHANT = "merchant"
    STORE = "store"
    COUNTER = "counter"
    WALLET = "wallet"
    PRODUCT = "product"
    STATE = "state"
    CURRENCY = "currency"
    LEAST = "least"
    MOST = "most"
    NUMBER = "number"
    BY = "by"


class Reach(StrEnum):
    """Whom a report is for."""

    #: For each who may export: the rows of their own stores.
    OWN_STORES = "own_stores"
    #: It is about what belongs to no store: for those whose right holds everywhere.
    EVERYTHING = "everything"


class Opening(StrEnum):
    """The days a page opens with."""

    THIS_MONTH = "this_month"
    ALL_DAYS = "all_days"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, what stands in it, and how that is written."""

    name: str
    heading: StrOrPromise
    kind: Kind
    value: Expression = ""
    words: Mapping[str, StrOrPromise] = field(default_factory=dict)
    #: The grouping that brings the column in; empty: it is always there.
    group: str = ""

    @property
    def alias(self) -> str:
        """Its name in SQL, where no field of a model has it."""
        return f"c_{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Rows of one noun. Paths lead from a row to what filters ask about; none: it has none."""

    rows: Callable[[Asked], Rows]
    time: str
    account: str = "account"
    #: From a row to its payment, which has store, counter and wallet.
    payment: str = ""
    state: str = "state"
    #: The one state these rows stand for, where a state is no column of theirs.
    stands_for: str = ""
    amount: str = "amount_minor"
    numbers: tuple[str, ...] = ()
    #: Where a column stands here, if not where the report says.
    values: Mapping[str, Expression] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report of the catalogue."""

    name: str
    title: StrOrPromise
    #: What is in it and what is not, in one or two sentences.
    meaning: StrOrPromise
    columns: tuple[Column, ...]
    filters: tuple[FilterName, ...]
    states: Mapping[str, StrOrPromise] = field(default_factory=dict)
    calendar: Calendar = Calendar.SHOP
    #: Columns whose words rows are added up by, beside the currency.
    types: tuple[str, ...] = ()
    #: Columns that are added up.
    sums: tuple[str, ...]
    order: tuple[str, ...]
    sources: tuple[Source, ...] = ()
    #: Instead of sources: rows that are sums themselves, in the order of the columns asked for.
    grouped: Callable[[Asked, Principal], Rows] | None = None
    reach: Reach = Reach.OWN_STORES
    #: Where a page opens: with this month, or with what is open since whenever.
    opens: Opening = Opening.THIS_MONTH

    def columns_for(self, asked: Asked) -> tuple[Column, ...]:
        """The columns that are there for what was asked."""
        return tuple(each for each in self.columns if not each.group or each.group in asked.by)

    def may_see(self, principal: Principal) -> bool:
        if self.reach is Reach.EVERYTHING:
            return principal.holds_everywhere(Right.EXPORT_REPORTS)
        return principal.may(Right.EXPORT_REPORTS)

    def require(self, principal: Principal) -> None:
        """Raise RightMissing where somebody may not see this report at all."""
        if self.reach is Reach.EVERYTHING:
            principal.require_everywhere(Right.EXPORT_REPORTS)
        principal.require(Right.EXPORT_REPORTS)


def scope(principal: Principal, *, payment: str) -> Q:
    """The rows whose payments' stores somebody may report on.

    Stores are named one by one: a join to their merchants keeps the database from walking the
    lists' indexes.
    """
    if principal.holds_everywhere(Right.EXPORT_REPORTS):
        return Q()
    stores = Store.objects.filter(principal.scope_stores(Right.EXPORT_REPORTS))
    return Q(**{f"{payment}store__in": list(stores.values_list("pk", flat=True))})
