"""States of statement files and discrepancies, and the words of a comparison."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from merchant_portal.machine import Machine


class FileState(models.TextChoices):
    """Where a statement file stands: awaited, stored, and then what its bytes are good for."""

    EXPECTED = "EXPECTED", _("Expected")
    LATE = "LATE", _("Late")
    RECEIVED = "RECEIVED", _("Received, being read")
    ACCEPTED = "ACCEPTED", _("Accepted")
    COUNT_MISMATCH = "COUNT_MISMATCH", _("Other count")
    TRUNCATED = "TRUNCATED", _("Cut off")
    EMPTY_BYTES = "EMPTY_BYTES", _("Empty")
    WRONG_PARTNER = "WRONG_PARTNER", _("Another partner's")
    WRONG_DATE = "WRONG_DATE", _("Another day's")
    UNKNOWN_LAYOUT = "UNKNOWN_LAYOUT", _("Unknown layout")
    UNIT_SUSPECT = "UNIT_SUSPECT", _("Other units")
    SUPERSEDED = "SUPERSEDED", _("Replaced")


#: Awaited, with no bytes yet.
FILE_AWAITED = (FileState.EXPECTED, FileState.LATE)
#: Whose lines may be compared.
FILE_USABLE = (FileState.ACCEPTED, FileState.COUNT_MISMATCH)
#: What reading the bytes may end in.
FILE_READ = (
    FileState.ACCEPTED,
    FileState.COUNT_MISMATCH,
    FileState.TRUNCATED,
    FileState.EMPTY_BYTES,
    FileState.WRONG_PARTNER,
    FileState.WRONG_DATE,
    FileState.UNKNOWN_LAYOUT,
    FileState.UNIT_SUSPECT,
)

FILE_MACHINE: Machine[FileState] = Machine(
    "StatementFile",
    {
        FileState.EXPECTED: frozenset({FileState.LATE, FileState.RECEIVED}),
        FileState.LATE: frozenset({FileState.RECEIVED}),
        FileState.RECEIVED: frozenset(FILE_READ),
        FileState.ACCEPTED: frozenset({FileState.SUPERSEDED}),
        FileState.COUNT_MISMATCH: frozenset({FileState.SUPERSEDED}),
        FileState.TRUNCATED: frozenset({FileState.SUPERSEDED}),
        FileState.EMPTY_BYTES: frozenset({FileState.SUPERSEDED}),
        # Read once more when somebody has said in which units it writes.
        FileState.UNIT_SUSPECT: frozenset({FileState.RECEIVED}),
    },
)


class Source(models.TextChoices):
    """How a file came."""

    FOLDER = "folder", _("Folder")
    UPLOAD = "upload", _("Upload")
    COMMAND = "command", _("Command line")


class LineKind(models.TextChoices):
    """What a line says happened; the last two stand in settlements of the JSON products alone, and
    that a refund came back in any of their files.
    """

    PAYMENT = "PAYMENT", _("Payment")
    CANCEL = "CANCEL", _("Cancel")
    REFUND = "REFUND", _("Refund")
    REFUND_REVERSAL = "REFUND_REVERSAL", _("Refund that came back")
    OTHER = "OTHER", _("Fee, reserve or correction")
    TOTAL = "TOTAL", _("Total")


class VerdictWord(models.TextChoices):
    """What a comparison found. A pair may carry several."""

    MATCHED = "MATCHED", _("Agrees")
    AWAITING = "AWAITING", _("Waiting for their next file")
    MISSING_THEIRS = "MISSING_THEIRS", _("Missing in their file")
    MISSING_OURS = "MISSING_OURS", _("Unknown to us")
    STATUS_MISMATCH = "STATUS_MISMATCH", _("Different outcome")
    AMOUNT_MISMATCH = "AMOUNT_MISMATCH", _("Different amount")
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH", _("Different currency")
    FEE_MISMATCH = "FEE_MISMATCH", _("Different fee")
    DUPLICATE_ROW = "DUPLICATE_ROW", _("The same row twice")
    CONFLICTING_DUPLICATE = "CONFLICTING_DUPLICATE", _("Two rows with one identity that differ")
    ORPHAN_REVERSAL = "ORPHAN_REVERSAL", _("Money back without a payment")
    NET_MISMATCH = "NET_MISMATCH", _("Net is not amount less fee")
    MISSING_FILE = "MISSING_FILE", _("The file is late")
    AMOUNT_QUESTION = "AMOUNT_QUESTION", _("Notification and query name different amounts")


#: Words that need nobody.
VERDICT_QUIET = (VerdictWord.MATCHED, VerdictWord.AWAITING)


class DiscrepancyState(models.TextChoices):
    """A difference on the worklist."""

    OPEN = "OPEN", _("Open")
    RESOLVED = "RESOLVED", _("Resolved")
    EXPLAINED = "EXPLAINED", _("Explained by what came later")


DISCREPANCY_MACHINE: Machine[DiscrepancyState] = Machine(
    "Discrepancy",
    {
        DiscrepancyState.OPEN: frozenset({DiscrepancyState.RESOLVED, DiscrepancyState.EXPLAINED}),
        DiscrepancyState.RESOLVED: frozenset({DiscrepancyState.OPEN}),
        DiscrepancyState.EXPLAINED: frozenset({DiscrepancyState.OPEN}),
    },
)


class Resolution(models.TextChoices):
    """How a discrepancy was ended."""

    NOTED = "noted", _("Noted, nothing booked")
    REFUND_BOOKED = "refund_booked", _("The refund made at Alipay was booked")
    PAYMENT_BOOKED = "payment_booked", _("The lost payment was booked")
    CANCEL_BOOKED = "cancel_booked", _("The cancel made at Alipay was booked")
    RETURN_BOOKED = "return_booked", _("That the refund came back was booked")
    ADJUSTED = "adjusted", _("An adjustment was booked")
    EXPLAINED = "explained", _("A later file or answer explains it")
