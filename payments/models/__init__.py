"""What Alipay told us, the payments it became, what goes back of them, and the ledger."""

from payments.models.entry import EntryKind, LedgerAccount, LedgerEntry
from payments.models.giving_back import Cancel, CancelMove, GivingBack
from payments.models.lookup import Lookup
from payments.models.note import PaymentNote
from payments.models.notification import (
    NEVER_CHECKED,
    IntakeCount,
    Notification,
    NotificationQuerySet,
    Quarantined,
)
from payments.models.payment import GOES_BACK, LEAST_DIGITS, Payment, PaymentMove
from payments.models.silence import (
    GatewayHeard,
    SilenceAlarm,
    SilenceEnd,
    SilenceReason,
    SilenceWatch,
)

__all__ = [
    "GOES_BACK",
    "LEAST_DIGITS",
    "NEVER_CHECKED",
    "Cancel",
    "CancelMove",
    "EntryKind",
    "GatewayHeard",
    "GivingBack",
    "IntakeCount",
    "LedgerAccount",
    "LedgerEntry",
    "Lookup",
    "Notification",
    "NotificationQuerySet",
    "Payment",
    "PaymentMove",
    "PaymentNote",
    "Quarantined",
    "SilenceAlarm",
    "SilenceEnd",
    "SilenceReason",
    "SilenceWatch",
]
