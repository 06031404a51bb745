"""The verbs about stores, counters, enrolments and codes: the only writers of their rows."""

from qrcodes.services.agents import (
    agent_token_for,
    forget_agent_token,
    keep_agent_token,
    newest_agent_token,
    reseal_agent_tokens,
)
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
from qrcodes.services.devices import (
    SEEN_EVERY,
    TRIES_PER_CODE,
    NewPairing,
    PairedDevice,
    change_device,
    find_device,
    note_seen,
    offer_pairing,
    pair_device,
    revoke_device,
)
from qrcodes.services.enrolments import change_enrolment, enrol_counter, enrol_store
from qrcodes.services.hours import change_opening_hours, hours_of
from qrcodes.services.logos import remove_logo, save_logo
from qrcodes.services.patrolling import Finding, Sighting, look_at_sticker
from qrcodes.services.people import (
    IssuedKey,
    add_membership,
    add_person,
    issue_api_key,
    revoke_api_key,
)
from qrcodes.services.places import (
    add_counter,
    add_merchant,
    add_store,
    change_counter,
    change_merchant,
    change_store,
    is_enrolled,
)
from qrcodes.services.printing import (
    Order,
    no_font_sentence,
    print_codes,
    printed_sentence,
    say_where,
    take_down,
)
from qrcodes.services.registering import (
    ask_review,
    register_enrolment,
    save_registrant,
)
from qrcodes.services.reviewing import send_claimed_registration, send_registration
from qrcodes.services.store_details import (
    refuse_unregistrable,
    registrant_of,
    registrants_are_named,
    stores_are_registered,
)

__all__ = [
    "SEEN_EVERY",
    "TRIES_PER_CODE",
    "Finding",
    "IssuedKey",
    "NewPairing",
    "Order",
    "PairedDevice",
    "Refreshed",
    "Sighting",
    "add_counter",
    "add_membership",
    "add_merchant",
    "add_person",
    "add_store",
    "agent_token_for",
    "ask_review",
    "change_counter",
    "change_device",
    "change_enrolment",
    "change_fee",
    "change_merchant",
    "change_opening_hours",
    "change_store",
    "decide",
    "details_of",
    "enrol_counter",
    "enrol_store",
    "find_device",
    "fits",
    "forget_agent_token",
    "hours_of",
    "is_enrolled",
    "issue_api_key",
    "keep_agent_token",
    "look_at_sticker",
    "make_code",
    "newest_agent_token",
    "no_font_sentence",
    "note_seen",
    "offer_pairing",
    "outcomes_of",
    "pair_device",
    "print_codes",
    "printed_sentence",
    "refresh_notify_urls",
    "refuse_unregistrable",
    "register_enrolment",
    "registrant_of",
    "registrants_are_named",
    "remove_logo",
    "reseal_agent_tokens",
    "revoke_api_key",
    "revoke_device",
    "save_logo",
    "save_registrant",
    "say_where",
    "send_again",
    "send_claimed_code",
    "send_claimed_registration",
    "send_code",
    "send_registration",
    "stores_are_registered",
    "take_down",
    "want_state",
]
