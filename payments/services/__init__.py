"""The verbs about payments: what notifications and Alipay's answers do, asking, deciding,
cancelling."""

from payments.services.addressing import Addressee, find_account, find_addressee
from payments.services.arriving import (
    Arrival,
    JSONArrival,
    KeysSealedShut,
    Post,
    Unverified,
    arrived_before,
    verify,
)
from payments.services.asking import ask_payment, poll_payment, told
from payments.services.cancel_calls import ask_cancel, submit_cancel
from payments.services.cancelling import (
    approve_cancel,
    decline_cancel,
    refuse_cancel,
    request_cancel,
)
from payments.services.deciding import place_payment, settle_question, take_question
from payments.services.doubting import ask_about_number
from payments.services.elsewhere import book_cancel_made_elsewhere
from payments.services.finding import (
    ask_lookup,
    ask_lookup_again,
    find_payment,
    look_for_payment_of,
    poll_lookup,
)
from payments.services.json_notices import apply_json
from payments.services.notices import (
    apply_paid,
    hear_refund,
    keep_waiting,
    mark_applied,
    record_notification,
)
from payments.services.noting import write_note
from payments.services.quarantining import (
    count_turned_away,
    keep_in_quarantine,
    lock_held,
    quarantine,
    release_from_quarantine,
)
from payments.services.selling import (
    end_sale,
    sale_enrolments,
    sales,
    sell_by_code,
    sell_by_order_code,
)
from payments.services.shifts import (
    assign_payment,
    book_of,
    close_day,
    close_shift,
    open_shift,
    refuse_day,
)
from payments.services.silence import set_silence_threshold, watch_counter
from payments.services.speaking import Heard, Unsent
from payments.services.summing import keep_day_sums

__all__ = [
    "Addressee",
    "Arrival",
    "Heard",
    "JSONArrival",
    "KeysSealedShut",
    "Post",
    "Unsent",
    "Unverified",
    "apply_json",
    "apply_paid",
    "approve_cancel",
    "arrived_before",
    "ask_about_number",
    "ask_cancel",
    "ask_lookup",
    "ask_lookup_again",
    "ask_payment",
    "assign_payment",
    "book_cancel_made_elsewhere",
    "book_of",
    "close_day",
    "close_shift",
    "count_turned_away",
    "decline_cancel",
    "end_sale",
    "find_account",
    "find_addressee",
    "find_payment",
    "hear_refund",
    "keep_day_sums",
    "keep_in_quarantine",
    "keep_waiting",
    "lock_held",
    "look_for_payment_of",
    "mark_applied",
    "open_shift",
    "place_payment",
    "poll_lookup",
    "poll_payment",
    "quarantine",
    "record_notification",
    "refuse_cancel",
    "refuse_day",
    "release_from_quarantine",
    "request_cancel",
    "sale_enrolments",
    "sales",
    "sell_by_code",
    "sell_by_order_code",
    "set_silence_threshold",
    "settle_question",
    "submit_cancel",
    "take_question",
    "told",
    "verify",
    "watch_counter",
    "write_note",
]
