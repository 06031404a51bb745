"""The verbs about stores, counters, enrolments and codes: the only writers of their rows."""

from qrcodes.services.calling import send_claimed_code, send_code
from qrcodes.services.codes import (
    Refreshed,
    change_fee,
    decide,
    make_code,
    outcomes_of,
    refresh_notify_urls,
    send_again,
    want_state,
)
from qrcodes.services.details import details_of, fits
from qrcodes.services.enrolments import change_enrolment, enrol_counter
from qrcodes.services.places import (
    add_counter,
    add_merchant,
    add_store,
    change_counter,
    change_store,
)

__all__ = [
    "Refreshed",
    "add_counter",
    "add_merchant",
    "add_store",
    "change_counter",
    "change_enrolment",
    "change_fee",
    "change_store",
    "decide",
    "details_of",
    "enrol_counter",
    "fits",
    "make_code",
    "outcomes_of",
    "refresh_notify_urls",
    "send_again",
    "send_claimed_code",
    "send_code",
    "want_state",
]
