"""What is always true of payments, ledger, notifications and codes: one list of named checks.

Each check is one statement that finds the rows which break it, so each sees one moment of a busy
database. The checks know the rules from the tables of states and of the ledger, not from the verbs
that follow them: a mistake in a verb cannot hide here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    F,
    Max,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    Window,
)
from django.db.models.functions import Coalesce, Lag
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from merchant_portal.alipay.messages import TradeStatus
from merchant_portal.machine import Machine
from payments.ledger import MOVES
from payments.models import (
    EntryKind,
    LedgerEntry,
    Lookup,
    Notification,
    Payment,
    PaymentMove,
    Quarantined,
)
from payments.states import (
    PAYMENT_MACHINE,
    PAYMENT_TAKEN,
    PAYMENT_UNSETTLED,
    LookupState,
    NotificationState,
    PaymentState,
    WaitReason,
)
from qrcodes.models import QRCode, QRCodeMove
from qrcodes.states import CODE_ENDED, CODE_MACHINE, CODE_UNSETTLED, CodeState

Rows = QuerySet[Any]


@dataclass(frozen=True, slots=True)
class Check:
    """Something that is always true, and the rows for which it is not."""

    name: str
    meaning: Promise
    breaches: Callable[[], Rows]


@dataclass(frozen=True, slots=True)
class Breach:
    """One row that breaks a check."""

    noun: str
    pk: int
    text: str

    def __str__(self) -> str:
        return f"{self.noun} {self.pk}: {self.text}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: its first breaches, and whether there are more."""

    check: Check
    breaches: tuple[Breach, ...]
    has_more: bool


CHECKS: list[Check] = []


def run_checks(*, most_breaches: int = 10) -> list[Finding]:
    """Run every check; each finding names at most ``most_breaches`` rows."""
    return [_run(check, most_breaches) for check in CHECKS]


def find_breaches() -> list[str]:
    """The first breaches of every check in one list of lines; empty where all is true."""
    return [
        f"{finding.check.name}: {breach}" for finding in run_checks() for breach in finding.breaches
    ]


def _run(check: Check, most_breaches: int) -> Finding:
    rows = check.breaches().order_by("pk")[: most_breaches + 1]
    found = [_breach(row) for row in rows.iterator()]
    return Finding(check, tuple(islice(found, most_breaches)), len(found) > most_breaches)


def _breach(row: Model) -> Breach:
    return Breach(str(row._meta.verbose_name), row.pk, str(row))


def _always(meaning: Promise) -> Callable[[Callable[[], Rows]], Callable[[], Rows]]:
    def add(breaches: Callable[[], Rows]) -> Callable[[], Rows]:
        CHECKS.append(Check(breaches.__name__, meaning, breaches))
        return breaches

    return add


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
    return LedgerEntry.objects.filter(pk__in=_repeated(entries, "payment"))


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
            refunds=_sum_of_entries(EntryKind.REFUND),
            returned=_sum_of_entries(EntryKind.REFUND_REVERSAL),
            cancels=_sum_of_entries(EntryKind.CANCEL),
        )
        .exclude(refunded_minor=F("refunds") - F("returned"), cancelled_minor=F("cancels"))
    )


@_always(_("One payment per Alipay number of an account."))
def alipay_number_once() -> Rows:
    numbered = Payment.objects.exclude(alipay_trans_id="")
    return Payment.objects.filter(pk__in=_repeated(numbered, "account", "alipay_trans_id"))


@_always(_("One payment per merchant order number of an account."))
def partner_number_once() -> Rows:
    numbered = Payment.objects.exclude(partner_trans_id="")
    return Payment.objects.filter(pk__in=_repeated(numbered, "account", "partner_trans_id"))


@_always(_("An open payment has a next attempt or a question for a person."))
def open_payment_is_watched() -> Rows:
    return Payment.objects.filter(
        state__in=PAYMENT_UNSETTLED, next_attempt_at__isnull=True, question=""
    )


@_always(_("A question says since when it is asked."))
def question_has_time() -> Rows:
    return Payment.objects.exclude(question="").filter(question_since__isnull=True)


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
    repeated = _repeated(LedgerEntry.objects.all(), "account", "kind", "reference")
    return LedgerEntry.objects.filter(pk__in=repeated)


# ---- Moves ------------------------------------------------------------------------------------


@_always(_("A payment's state is where its last move led."))
def payment_state_is_last_move() -> Rows:
    return Payment.objects.filter(~Exists(_last_move_to_state(PaymentMove, "payment")))


@_always(_("A payment's moves follow one another, each from where the one before led."))
def payment_moves_are_chained() -> Rows:
    return Payment.objects.filter(pk__in=_unchained(PaymentMove, "payment").values("payment"))


@_always(_("A payment's moves stand in the table of moves."))
def payment_moves_are_permitted() -> Rows:
    moves = PaymentMove.objects.exclude(_permitted(PAYMENT_MACHINE, _FIRST_PAYMENT_STATES))
    return Payment.objects.filter(pk__in=moves.values("payment"))


@_always(_("A code's state is where its last move led."))
def code_state_is_last_move() -> Rows:
    return QRCode.objects.filter(~Exists(_last_move_to_state(QRCodeMove, "code")))


@_always(_("A code's moves follow one another, each from where the one before led."))
def code_moves_are_chained() -> Rows:
    return QRCode.objects.filter(pk__in=_unchained(QRCodeMove, "code").values("code"))


@_always(_("A code's moves stand in the table of moves."))
def code_moves_are_permitted() -> Rows:
    first = (CodeState.CREATING, CodeState.ADOPTING)
    moves = QRCodeMove.objects.exclude(_permitted(CODE_MACHINE, first))
    return QRCode.objects.filter(pk__in=moves.values("code"))


# ---- Notifications, lookups, codes ------------------------------------------------------------

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


@_always(_("A code whose last call is not answered has a next attempt or a question."))
def open_code_is_watched() -> Rows:
    unanswered = Q(state__in=CODE_UNSETTLED) | ~Q(wanted_state=F("state"))
    return QRCode.objects.filter(unanswered, next_attempt_at__isnull=True, question="").exclude(
        state__in=CODE_ENDED
    )


@_always(_("A code that customers can pay has its text and our address."))
def active_code_is_complete() -> Rows:
    return QRCode.objects.filter(Q(value="") | Q(notify_url=""), state=CodeState.ACTIVE)


# ---- How the rows are found -------------------------------------------------------------------


def _repeated(rows: Rows, *columns: str) -> Rows:
    """The last row of each group of rows that have the same values in these columns."""
    groups = rows.order_by().values(*columns).annotate(rows=Count("pk"), last=Max("pk"))
    last: Rows = groups.filter(rows__gt=1).values("last")
    return last


def _sum_of_entries(kind: EntryKind) -> Coalesce:
    entries = _entries_of_payment(kind).values("payment").annotate(total=Sum("amount_minor"))
    return Coalesce(Subquery(entries.values("total")), 0, output_field=BigIntegerField())


def _last_move_to_state(model: type[Model], subject: str) -> Rows:
    """The last move of the row outside, if it led to the state that row is in."""
    moves = model._default_manager.order_by()
    later = moves.filter(pk__gt=OuterRef("pk"), **{subject: OuterRef(subject)})
    led = {subject: OuterRef("pk"), "to_state": OuterRef("state")}
    return moves.filter(~Exists(later), **led)


def _unchained(model: type[Model], subject: str) -> Rows:
    """Moves that do not begin where the move before them led, the first from nowhere."""
    before = Window(Lag("to_state", default=Value("")), subject, "pk")
    return model._default_manager.annotate(before=before).exclude(before=F("from_state"))


def _permitted(machine: Machine[Any], first: tuple[Any, ...]) -> Q:
    permitted = Q(from_state="", to_state__in=first)
    for source, targets in machine.moves.items():
        permitted |= Q(from_state=source, to_state__in=targets)
    return permitted
