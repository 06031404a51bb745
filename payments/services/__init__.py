"""The verbs about payments: what notifications and Alipay's answers do, asking, deciding."""

from payments.services.addressing import Addressee, find_addressee
from payments.services.asking import Heard, Unsent, ask_payment, poll_payment
from payments.services.deciding import place_payment, settle_question, take_question
from payments.services.finding import (
    ask_lookup,
    ask_lookup_again,
    find_payment,
    look_for_payment_of,
    poll_lookup,
)
from payments.services.notices import (
    Arrival,
    apply_paid,
    hear_refund,
    keep_waiting,
    mark_applied,
    record_notification,
)
from payments.services.quarantining import (
    count_turned_away,
    keep_in_quarantine,
    lock_held,
    quarantine,
    release_from_quarantine,
)

__all__ = [
    "Addressee",
    "Arrival",
    "Heard",
    "Unsent",
    "apply_paid",
    "ask_lookup",
    "ask_lookup_again",
    "ask_payment",
    "count_turned_away",
    "find_addressee",
    "find_payment",
    "hear_refund",
    "keep_in_quarantine",
    "keep_waiting",
    "lock_held",
    "look_for_payment_of",
    "mark_applied",
    "place_payment",
    "poll_lookup",
    "poll_payment",
    "quarantine",
    "record_notification",
    "release_from_quarantine",
    "settle_question",
    "take_question",
]
