"""The pages about Alipay's nightly files and what differs from them."""

from reconciliation.views.days import day_detail, day_list
from reconciliation.views.files import (
    statement_bytes,
    statement_detail,
    statement_fetch,
    statement_list,
    statement_upload,
    statement_vouch,
)
from reconciliation.views.worklist import (
    discrepancy_book,
    discrepancy_detail,
    discrepancy_list,
    discrepancy_resolve,
    discrepancy_resolve_alike,
    discrepancy_take,
    discrepancy_undo,
)

__all__ = [
    "day_detail",
    "day_list",
    "discrepancy_book",
    "discrepancy_detail",
    "discrepancy_list",
    "discrepancy_resolve",
    "discrepancy_resolve_alike",
    "discrepancy_take",
    "discrepancy_undo",
    "statement_bytes",
    "statement_detail",
    "statement_fetch",
    "statement_list",
    "statement_upload",
    "statement_vouch",
]
