"""Pages of money going back: the panel, the list, the inbox, one refund, one cancel."""

from refunds.views.deciding import (
    cancel_approve,
    cancel_ask,
    cancel_decline,
    refund_approve,
    refund_ask,
    refund_decline,
)
from refunds.views.looking import approval_list, cancel_detail, giving_back_list, refund_detail
from refunds.views.panel import give_back

__all__ = [
    "approval_list",
    "cancel_approve",
    "cancel_ask",
    "cancel_decline",
    "cancel_detail",
    "give_back",
    "giving_back_list",
    "refund_approve",
    "refund_ask",
    "refund_decline",
    "refund_detail",
]
