"""The verbs about payments: what notifications and Alipay's answers do, and asking Alipay."""

from payments.services.asking import (
    ask_lookup,
    ask_payment,
    find_payment,
    poll_lookup,
    poll_payment,
)
from payments.services.notices import apply_paid, record_notification
from payments.services.quarantining import count_turned_away, quarantine

__all__ = [
    "apply_paid",
    "ask_lookup",
    "ask_payment",
    "count_turned_away",
    "find_payment",
    "poll_lookup",
    "poll_payment",
    "quarantine",
    "record_notification",
]
