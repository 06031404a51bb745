"""From what was asked to the rows of a report: filters and rights on each source, put together."""

from django.db.models import F, Q
from django.db.models.expressions import Combinable

from merchant_portal.reports.asked import Asked
from merchant_portal.reports.definition import Column, Report, Rows, Source, scope
from qrcodes.permissions import Principal


def rows_of(report: Report, asked: Asked, *, principal: Principal) -> Rows:
    """The report's rows as one query, its columns in their order, not sorted."""
    report.require(principal)
    if report.grouped is not None:
        return report.grouped(asked, principal)
    first, *others = [_of_source(each, report, asked, principal) for each in report.sources]
    united: Rows = first.union(*others, all=True) if others else first
    return united


def _of_source(source: Source, report: Report, asked: Asked, principal: Principal) -> Rows:
    columns = report.columns_for(asked)
    wanted = scope(principal, payment=source.payment) & narrow(source, asked)
    values = {column.alias: _value(source, column) for column in columns}
    rows: Rows = source.rows(asked).filter(wanted).order_by().annotate(**values)
    return rows.values_list(*values)


def _value(source: Source, column: Column) -> Combinable:
    value = source.values.get(column.name, column.value)
    return F(value) if isinstance(value, str) else value


def narrow(source: Source, asked: Asked) -> Q:
    """The filter as conditions on the rows of a source."""
    if source.stands_for and asked.state not in {"", source.stands_for}:
        return Q(pk__in=[])
    paths = {
        source.account: asked.account,
        f"{source.payment}store__merchant": asked.merchant,
        f"{source.payment}store": asked.store,
        f"{source.payment}counter": asked.counter,
        f"{source.payment}wallet": asked.wallet,
        f"{source.payment}product": asked.product,
        source.state: "" if source.stands_for else asked.state,
        "currency": asked.currency,
        f"{source.time}__gte": asked.since,
        f"{source.time}__lt": asked.until,
    }
    said = {path: value for path, value in paths.items() if value not in (None, "")}
    return Q(**said) & _amounts(source, asked) & _numbered(source, asked.number)


def _amounts(source: Source, asked: Asked) -> Q:
    between = Q()
    if asked.least is not None:
        between &= Q(**{f"{source.amount}__gte": asked.minor(asked.least)})
    if asked.most is not None:
        between &= Q(**{f"{source.amount}__lte": asked.minor(asked.most)})
    return between


def _numbered(source: Source, number: str) -> Q:
    """Rows one of whose numbers is this, or ends so."""
    found = Q()
    for path in source.numbers if number else ():
        found |= Q(**{f"{path}__endswith": number})
    return found
