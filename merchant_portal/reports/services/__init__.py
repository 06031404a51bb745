"""What may be done with reports: read them, download them, have workbooks made."""

from merchant_portal.reports.services.making import (
    MOST_ATTEMPTS,
    Order,
    open_download,
    opened,
    request_workbook,
    work_on,
    write_file,
)

__all__ = [
    "MOST_ATTEMPTS",
    "Order",
    "open_download",
    "opened",
    "request_workbook",
    "work_on",
    "write_file",
]
