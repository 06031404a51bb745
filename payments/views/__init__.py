"""Pages about payments: the list, one payment, finding a lost one, the counter's screen."""

from payments.views.adding import payment_columns, payment_sums
from payments.views.asking import lookup_ask, lookup_detail, lookup_new, payment_ask
from payments.views.counter import counter_feed, counter_screen, device_feed, device_screen
from payments.views.deciding import payment_place, payment_settle
from payments.views.listing import payment_list
from payments.views.looking import payment_detail, payment_panel
from payments.views.noting import payment_note
from payments.views.silence import counter_silence

__all__ = [
    "counter_feed",
    "counter_screen",
    "counter_silence",
    "device_feed",
    "device_screen",
    "lookup_ask",
    "lookup_detail",
    "lookup_new",
    "payment_ask",
    "payment_columns",
    "payment_detail",
    "payment_list",
    "payment_note",
    "payment_panel",
    "payment_place",
    "payment_settle",
    "payment_sums",
]
