"""Every report there is, by its name."""

from collections.abc import Mapping
from types import MappingProxyType

from merchant_portal.reports.catalogue.giving_back import REFUNDS_AND_CANCELS
from merchant_portal.reports.catalogue.ledger import LEDGER
from merchant_portal.reports.catalogue.open_items import OPEN_ITEMS
from merchant_portal.reports.catalogue.takings import TAKINGS
from merchant_portal.reports.catalogue.transactions import TRANSACTIONS
from merchant_portal.reports.definition import Report
from merchant_portal.reports.errors import ReportUnknown

CATALOGUE: Mapping[str, Report] = MappingProxyType(
    {
        report.name: report
        for report in (TRANSACTIONS, REFUNDS_AND_CANCELS, TAKINGS, LEDGER, OPEN_ITEMS)
    }
)


def find_report(name: str) -> Report:
    """The report of a name; raises ReportUnknown."""
    try:
        return CATALOGUE[name]
    except KeyError:
        raise ReportUnknown(name, list(CATALOGUE)) from None
