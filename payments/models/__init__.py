"""What Alipay told us, the payments it became, what goes back of them, and the ledger."""

from payments.models.day_sums import ChangedDay, DaySum, day_of, start_of
from payments.models.entry import EntryKind, LedgerAccount, LedgerEntry
from payments.models.giving_back import Cancel, CancelMove, GiveBackMove, GivingBack
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
from payments.models.sale import Sale
from payments.models.shifts import (
    BACK_KINDS,
    FIRST_TOLD,
    TAKEN_KINDS,
    ReportBook,
    ReportKind,
    Section,
    Shift,
    ShiftAssignment,
    ZFigure,
    ZLine,
    ZOpenPayment,
    ZPart,
    ZReport,
)
from payments.models.silence import (
    GatewayHeard,
    SilenceAlarm,
    SilenceEnd,
    SilenceReason,
    SilenceWatch,
)

__all__ = [
    "BACK_KINDS",
    "FIRST_TOLD",
    "GOES_BACK",
    "LEAST_DIGITS",
    "NEVER_CHECKED",
    "TAKEN_KINDS",
    "Cancel",
    "CancelMove",
    "ChangedDay",
    "DaySum",
    "EntryKind",
    "GatewayHeard",
    "GiveBackMove",
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
    "ReportBook",
    "ReportKind",
    "Sale",
    "Section",
    "Shift",
    "ShiftAssignment",
    "SilenceAlarm",
    "SilenceEnd",
    "SilenceReason",
    "SilenceWatch",
    "ZFigure",
    "ZLine",
    "ZOpenPayment",
    "ZPart",
    "ZReport",
    "day_of",
    "start_of",
]
