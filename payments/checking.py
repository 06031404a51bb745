"""What is always true of payments, cancels, ledger and notifications: named checks.

Each check is one statement that finds the rows which break it, so each sees one moment of a busy
database.
"""

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from merchant_portal.alipay.messages import TradeStatus
from merchant_portal.truths import (
    Check,
    Rows,
    last_move_to_state,
    permitted,
    repeated,
    telling,
    unchained,
)
from payments.ledger import MOVES
from payments.models import (
    Cancel,
    CancelMove,
    EntryKind,
    LedgerEntry,
    Lookup,
    Notification,
    Payment,
    PaymentMove,
    Quarantined,
)
from payments.states import (
    CANCEL_ENDED,
    CANCEL_MACHINE,
    CANCEL_SENT,
    CANCEL_WATCHED,
    PAYMENT_MACHINE,
    PAYMENT_TAKEN,
    PAYMENT_UNSETTLED,
    CancelState,
    LookupState,
    NotificationState,
    PaymentState,
    WaitReason,
)

CHECKS: list[Check] = []
_always = telling(CHECKS)


# ---- Payments and their entries ---------------------------------------------------------------

#: States in which a payment's amount stands in the ledger.
_BOOKED = (PaymentState.PAID, PaymentState.CANCELLED)
#: States a payment may begin in.
_FIRST_PAYMENT_STATES = (
    PaymentState.PENDING,
    PaymentState.CONFIRMING,
    PaymentState.PAID,
    PaymentState.CLOSED,  # found by its number, and ended unpaid
)


def _entries_of_payment(*kinds: EntryKind) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(payment=OuterRef("pk"), kind__in=kinds).order_by()


def _sum_of_entries(kind: EntryKind) -> Coalesce:
    entries = _entries_of_payment(kind).values("payment").annotate(total=Sum("amount_minor"))
    return Coalesce(Subquery(entries.values("total")), 0, output_field=BigIntegerField())


@_always(_("A paid payment has a PAYMENT entry of its amount, currency and Alipay number."))
def paid_is_booked() -> Rows:
    entry = _entries_of_payment(EntryKind.PAYMENT).filter(
        account=OuterRef("account"),
        reference=OuterRef("alipay_trans_id"),
        amount_minor=OuterRef("amount_minor"),
        currency=OuterRef("currency"),
    )
    return Payment.objects.filter(~Exists(entry), state=PaymentState.PAID)


@_always(_("A payment is booked once: no payment has two PAYMENT entries."))
def booked_once() -> Rows:
    entries = LedgerEntry.objects.filter(kind=EntryKind.PAYMENT)
    return LedgerEntry.objects.filter(pk__in=repeated(entries, "payment"))


@_always(_("Only what is paid, or was and is cancelled, has entries."))
def only_paid_is_booked() -> Rows:
    return LedgerEntry.objects.filter(payment__isnull=False).exclude(payment__state__in=_BOOKED)


@_always(_("A paid payment has Alipay's number and the time it was paid."))
def paid_is_complete() -> Rows:
    return Payment.objects.filter(
        Q(alipay_trans_id="") | Q(paid_at__isnull=True), state=PaymentState.PAID
    )


@_always(_("Refunded, cancelled and reserved together are at most the amount, none below zero."))
def gives_back_at_most_its_amount() -> Rows:
    given_back = F("refunded_minor") + F("cancelled_minor") + F("reserved_minor")
    return Payment.objects.filter(
        Q(amount_minor__lt=given_back)
        | Q(refunded_minor__lt=0)
        | Q(cancelled_minor__lt=0)
        | Q(reserved_minor__lt=0)
        | Q(amount_minor__lte=0)
    )


@_always(_("What a payment says was refunded or cancelled is the sum of its entries."))
def columns_equal_entries() -> Rows:
    back = (EntryKind.CANCEL, EntryKind.REFUND, EntryKind.REFUND_REVERSAL)
    some = ~Q(refunded_minor=0) | ~Q(cancelled_minor=0) | Exists(_entries_of_payment(*back))
    return (
        Payment.objects.filter(some)
        .annotate(
            refund_sum=_sum_of_entries(EntryKind.REFUND),
            returned_sum=_sum_of_entries(EntryKind.REFUND_REVERSAL),
            cancel_sum=_sum_of_entries(EntryKind.CANCEL),
        )
        .exclude(
            refunded_minor=F("refund_sum") - F("returned_sum"), cancelled_minor=F("cancel_sum")
        )
    )


@_always(_("One payment per Alipay number of an account."))
def alipay_number_once() -> Rows:
    numbered = Payment.objects.exclude(alipay_trans_id="")
    return Payment.objects.filter(pk__in=repeated(numbered, "account", "alipay_trans_id"))


@_always(_("One payment per merchant order number of an account."))
def partner_number_once() -> Rows:
    numbered = Payment.objects.exclude(partner_trans_id="")
    return Payment.objects.filter(pk__in=repeated(numbered, "account", "partner_trans_id"))


@_always(_("An open payment has a next attempt or a question for a person."))
def open_payment_is_watched() -> Rows:
    return Payment.objects.filter(
        state__in=PAYMENT_UNSETTLED, next_attempt_at__isnull=True, question=""
    )


@_always(_("A question says since when it is asked."))
def question_has_time() -> Rows:
    return Payment.objects.exclude(question="").filter(question_since__isnull=True)


# ---- Cancels ----------------------------------------------------------------------------------


@_always(_("A cancelled payment, and no other, has one CANCEL entry of its amount and number."))
def cancelled_is_booked() -> Rows:
    entry = _entries_of_payment(EntryKind.CANCEL).filter(
        account=OuterRef("account"),
        reference=OuterRef("alipay_trans_id"),
        amount_minor=OuterRef("amount_minor"),
        currency=OuterRef("currency"),
    )
    cancelled = Q(state=PaymentState.CANCELLED)
    others = ~cancelled & Exists(_entries_of_payment(EntryKind.CANCEL))
    return Payment.objects.filter((cancelled & ~Exists(entry)) | others)


@_always(_("A cancel that is done has cancelled its payment, and gives all of it back."))
def done_cancel_cancelled_its_payment() -> Rows:
    done = Q(state=CancelState.DONE) & ~Q(payment__state=PaymentState.CANCELLED)
    whole = Q(amount_minor=F("payment__amount_minor"), currency=F("payment__currency"))
    return Cancel.objects.filter(done | ~whole)


@_always(_("A cancel that has no end yet has a next attempt or a question for a person."))
def open_cancel_is_watched() -> Rows:
    return Cancel.objects.filter(
        state__in=CANCEL_WATCHED, next_attempt_at__isnull=True, question=""
    )


@_always(_("A cancel first leaves before its deadline, and says when it did."))
def cancel_left_in_time() -> Rows:
    unmarked = Q(state__in=CANCEL_SENT, first_sent_at__isnull=True)
    return Cancel.objects.filter(unmarked | Q(first_sent_at__gte=F("deadline_at")))


@_always(_("A cancel that lapsed or was declined was never sent."))
def lapsed_cancel_never_left() -> Rows:
    unsent = (CancelState.LAPSED, CancelState.DECLINED)
    return Cancel.objects.filter(state__in=unsent, first_sent_at__isnull=False)


@_always(_("A cancel above the limit went on only with another person's approval."))
def cancel_was_approved_by_another() -> Rows:
    alone = Q(decided_by__isnull=True) | Q(decided_by=F("requested_by"))
    waited = (CancelState.REQUESTED, CancelState.DECLINED, CancelState.LAPSED)
    return Cancel.objects.filter(
        (alone & ~Q(state__in=waited) & Q(needs_approval=True)) | Q(decided_by=F("requested_by"))
    )


@_always(_("A cancel that has ended says when; one that has not, does not."))
def ended_cancel_has_time() -> Rows:
    has_ended = Q(state__in=CANCEL_ENDED)
    return Cancel.objects.filter(
        (has_ended & Q(settled_at__isnull=True)) | (~has_ended & Q(settled_at__isnull=False))
    )


# ---- The ledger -------------------------------------------------------------------------------


@_always(_("An entry belongs to a payment, of the same account and currency."))
def entry_has_payment() -> Rows:
    strange = (
        Q(payment__isnull=True)
        | ~Q(payment__account=F("account"))
        | ~Q(payment__currency=F("currency"))
    )
    return LedgerEntry.objects.exclude(kind=EntryKind.ADJUSTMENT).filter(strange)


@_always(_("An entry moves an amount between the two ledger accounts of its kind."))
def entry_balances() -> Rows:
    permitted = Q(kind=EntryKind.ADJUSTMENT)
    for kind, (debit, credit) in MOVES.items():
        permitted |= Q(kind=kind, debit=debit, credit=credit)
    return LedgerEntry.objects.filter(~permitted | Q(amount_minor__lte=0) | Q(debit=F("credit")))


@_always(_("One entry per account, kind and reference."))
def entry_once() -> Rows:
    twice = repeated(LedgerEntry.objects.all(), "account", "kind", "reference")
    return LedgerEntry.objects.filter(pk__in=twice)


# ---- Moves ------------------------------------------------------------------------------------


@_always(_("A payment's state is where its last move led."))
def payment_state_is_last_move() -> Rows:
    return Payment.objects.filter(~Exists(last_move_to_state(PaymentMove, "payment")))


@_always(_("A payment's moves follow one another, each from where the one before led."))
def payment_moves_are_chained() -> Rows:
    return Payment.objects.filter(pk__in=unchained(PaymentMove, "payment").values("payment"))


@_always(_("A payment's moves stand in the table of moves."))
def payment_moves_are_permitted() -> Rows:
    moves = PaymentMove.objects.exclude(permitted(PAYMENT_MACHINE, _FIRST_PAYMENT_STATES))
    return Payment.objects.filter(pk__in=moves.values("payment"))


@_always(_("A cancel's state is where its last move led."))
def cancel_state_is_last_move() -> Rows:
    return Cancel.objects.filter(~Exists(last_move_to_state(CancelMove, "cancel")))


@_always(_("A cancel's moves follow one another, each from where the one before led."))
def cancel_moves_are_chained() -> Rows:
    return Cancel.objects.filter(pk__in=unchained(CancelMove, "cancel").values("cancel"))


@_always(_("A cancel's moves stand in the table of moves."))
def cancel_moves_are_permitted() -> Rows:
    # Made at Alipay's portal it is known when it is done.
    first = (CancelState.REQUESTED, CancelState.APPROVED, CancelState.DONE)
    moves = CancelMove.objects.exclude(permitted(CANCEL_MACHINE, first))
    return Cancel.objects.filter(pk__in=moves.values("cancel"))


# ---- Notifications and lookups ----------------------------------------------------------------

_SAYS_PAID = (
    TradeStatus.TRADE_SUCCESS.value,
    TradeStatus.TRADE_FINISHED.value,
    TradeStatus.TRADE_PENDING.value,
)


@_always(_("A notification is applied, or waits with a reason and a time or a person."))
def notification_is_applied_or_waits() -> Rows:
    applied = Q(state=NotificationState.APPLIED, applied_at__isnull=False)
    waiting = Q(state=NotificationState.WAITING) & ~Q(reason="")
    seen = Q(next_attempt_at__isnull=False) | ~Q(reason=WaitReason.ARRIVED)
    return Notification.objects.exclude(applied | (waiting & seen))


@_always(_("An applied notification of a paid trade has led to a payment that is taken."))
def applied_paid_notice_has_payment() -> Rows:
    taken = (*PAYMENT_TAKEN, PaymentState.CANCELLED)
    paid = Notification.objects.filter(state=NotificationState.APPLIED, trade_status__in=_SAYS_PAID)
    return paid.filter(Q(payment__isnull=True) | ~Q(payment__state__in=taken))


@_always(_("A notification and its payment have the same account and Alipay number."))
def notice_names_its_payment() -> Rows:
    differs = ~Q(payment__account=F("account")) | ~Q(payment__alipay_trans_id=F("alipay_trans_id"))
    return Notification.objects.filter(differs, payment__isnull=False)


@_always(_("What left the quarantine is a notification of the same account."))
def released_is_a_notification() -> Rows:
    return Quarantined.objects.filter(notification__isnull=False).exclude(
        notification__account=F("account")
    )


@_always(_("A lookup that is not settled has a next attempt."))
def open_lookup_is_due() -> Rows:
    return Lookup.objects.filter(state=LookupState.ASKING, next_attempt_at__isnull=True)


@_always(_("A lookup that found something names the payment it found."))
def found_lookup_has_payment() -> Rows:
    return Lookup.objects.filter(state=LookupState.FOUND, payment__isnull=True)
