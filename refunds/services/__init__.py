"""The verbs about refunds: asking for them, approving, sending, asking, and what Alipay tells."""

from refunds.services.calling import ask_refund, poll_refund, submit_refund
from refunds.services.elsewhere import book_refund_made_elsewhere
from refunds.services.notices import apply_refund_notice
from refunds.services.requesting import (
    approve_refund,
    decline_refund,
    refuse_refund,
    request_refund,
)
from refunds.services.returning import record_return

__all__ = [
    "apply_refund_notice",
    "approve_refund",
    "ask_refund",
    "book_refund_made_elsewhere",
    "decline_refund",
    "poll_refund",
    "record_return",
    "refuse_refund",
    "request_refund",
    "submit_refund",
]
