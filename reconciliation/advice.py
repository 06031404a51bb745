"""What a difference means and what to do about it, in plain words; and its two sides aligned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from payments.states import CancelState, PaymentState
from reconciliation.findings import Field
from reconciliation.models import Discrepancy
from reconciliation.states import LineKind, VerdictWord
from refunds.states import RefundState

FIELDS: Mapping[str, StrOrPromise] = MappingProxyType(
    {
        Field.STATE.value: _("Outcome"),
        Field.AMOUNT.value: _("Amount"),
        Field.FEE.value: _("Fee"),
        Field.TIME.value: _("Time"),
        Field.ALIPAY_NUMBER.value: _("Alipay number"),
        Field.PARTNER_NUMBER.value: _("Our number"),
        Field.STORE.value: _("Store"),
    }
)
#: By word, or by word and kind where that says more.
_ADVICE: Mapping[tuple[str, str], StrOrPromise] = MappingProxyType(
    {
        (VerdictWord.MISSING_OURS, LineKind.PAYMENT): _(
            "Alipay's file has a payment that no notification told us of. Let Alipay be asked"
            " about it: what it confirms is booked like any payment."
        ),
        (VerdictWord.MISSING_OURS, LineKind.REFUND): _(
            "Money went back that was not given back here: most often a refund made by hand in"
            " Alipay's own portal. If your people know of it, book it."
        ),
        (VerdictWord.MISSING_OURS, LineKind.CANCEL): _(
            "The whole payment was undone, and not by us: most often in Alipay's own portal. If"
            " your people know of it, book it."
        ),
        (VerdictWord.MISSING_OURS, LineKind.REFUND_REVERSAL): _(
            "A refund that was done could not reach the customer, so Alipay owes you the money"
            " again. Book that it came back, then settle with the customer. If no refund is named"
            " here, find out in Alipay's portal which one it was, and close it with a note."
        ),
        (VerdictWord.MISSING_THEIRS, ""): _(
            "We booked it, and Alipay's complete file has it not. Ask Alipay about it first. If"
            " Alipay does not know it either, it is taken off what Alipay owes; what was booked"
            " stays as it is."
        ),
        (VerdictWord.STATUS_MISMATCH, ""): _(
            "Alipay's file counts it as done, and here it is not. Ask Alipay: its answer ends it"
            " here in the normal way."
        ),
        (VerdictWord.AMOUNT_MISMATCH, ""): _(
            "Both know it, with different amounts. Look at the receipt and ask Alipay; nothing is"
            " changed here by itself."
        ),
        (VerdictWord.CURRENCY_MISMATCH, ""): _(
            "Both know it, in different currencies, so the amounts cannot be compared. Look at the"
            " counter's currency and at the contract."
        ),
        (VerdictWord.FEE_MISMATCH, ""): _(
            "Alipay's fee is not what the account's rate makes of the amount. Look whether the rate"
            " has changed; if not, claim the difference."
        ),
        (VerdictWord.DUPLICATE_ROW, ""): _(
            "The file has this row twice, and it counts once. Close it with a note, unless you"
            " know that it happened twice."
        ),
        (VerdictWord.CONFLICTING_DUPLICATE, ""): _(
            "The file has two rows about the same event that do not say the same. The one that"
            " agrees with us counts; ask Alipay what the other one is."
        ),
        (VerdictWord.ORPHAN_REVERSAL, ""): _(
            "Money went back for a payment that neither we nor any of Alipay's files know. Look at"
            " older days, and ask Alipay."
        ),
        (VerdictWord.ORPHAN_REVERSAL, LineKind.REFUND_REVERSAL): _(
            "Alipay gives back the money of a refund that neither we nor any of its files know."
            " Look at older days, and ask Alipay."
        ),
        (VerdictWord.MISSING_FILE, ""): _(
            "Alipay's file should have come. Fetch it from Alipay's portal and upload it; it is"
            " kept there for about 7 days."
        ),
        (VerdictWord.AMOUNT_QUESTION, ""): _(
            "Notification and query named different amounts for this payment. Settle the question"
            " on the payment's page."
        ),
    }
)
_STATES = {
    LineKind.PAYMENT: PaymentState,
    LineKind.REFUND: RefundState,
    LineKind.REFUND_REVERSAL: RefundState,
    LineKind.CANCEL: CancelState,
}


@dataclass(frozen=True, slots=True)
class Aligned:
    """One field of both sides."""

    name: str
    label: StrOrPromise
    ours: object
    theirs: object
    differs: bool

    @property
    def is_time(self) -> bool:
        return self.name == Field.TIME

    @property
    def is_number(self) -> bool:
        return self.name in {Field.ALIPAY_NUMBER, Field.PARTNER_NUMBER}


def advice_about(discrepancy: Discrepancy) -> StrOrPromise:
    """What it means, and what to do."""
    word = discrepancy.word
    return _ADVICE.get((word, discrepancy.kind)) or _ADVICE.get((word, ""), "")


def aligned(discrepancy: Discrepancy) -> list[Aligned]:
    """Both sides field by field, as they stood when the difference was found."""
    rows = (_aligned(discrepancy, name, label) for name, label in FIELDS.items())
    return [row for row in rows if row.ours or row.theirs]


def _aligned(discrepancy: Discrepancy, name: str, label: StrOrPromise) -> Aligned:
    ours, theirs = discrepancy.ours.get(name, ""), discrepancy.theirs.get(name, "")
    return Aligned(
        name,
        label,
        ours=_state(discrepancy, ours) if name == Field.STATE else _value(name, ours),
        theirs=_their_state(discrepancy) if name == Field.STATE else _value(name, theirs),
        differs=name in discrepancy.differing,
    )


def _state(discrepancy: Discrepancy, state: str) -> StrOrPromise:
    return _STATES[LineKind(discrepancy.kind)](state).label if state else ""


def _their_state(discrepancy: Discrepancy) -> StrOrPromise:
    """A line is a success: the file has no column for anything else."""
    return _("Done") if discrepancy.theirs and discrepancy.kind else ""


def _value(name: str, text: str) -> object:
    return datetime.fromisoformat(text) if name == Field.TIME and text else text
