"""What is always true of refunds, and of all money that goes back: named checks."""

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from merchant_portal.truths import (
    Check,
    Rows,
    last_move_to_state,
    permitted,
    telling,
    unchained,
)
from payments.models import Cancel, EntryKind, LedgerEntry, Payment
from refunds.models import Refund, RefundMove
from refunds.states import (
    REFUND_ENDED,
    REFUND_MACHINE,
    REFUND_SENT,
    REFUND_WATCHED,
    RefundOrigin,
    RefundState,
)

CHECKS: list[Check] = []
_always = telling(CHECKS)

#: States with which the buyer got the money, whether or not it came back later.
_PAID_BACK = (RefundState.REFUNDED, RefundState.RETURNED)
#: States a refund may begin in; made elsewhere it is heard of when it is done.
_FIRST_REFUND_STATES = (RefundState.REQUESTED, RefundState.APPROVED, RefundState.REFUNDED)


@_always(_("What is reserved is the sum of what is on its way back or was made elsewhere."))
def reserved_is_on_its_way() -> Rows:
    on_its_way = (Cancel.objects.open(), Refund.objects.open(), Refund.objects.unbooked())
    cancelling, refunding, elsewhere = on_its_way
    concerned = ~Q(reserved_minor=0)
    for rows in on_its_way:
        concerned |= Q(pk__in=rows.order_by().values("payment"))
    return (
        Payment.objects.filter(concerned)
        .annotate(
            cancelling=_sum_of(cancelling),
            refunding=_sum_of(refunding),
            elsewhere=_sum_of(elsewhere),
        )
        .exclude(reserved_minor=F("cancelling") + F("refunding") + F("elsewhere"))
    )


@_always(_("A refund that is done and booked has one REFUND entry of its amount and number."))
def refunded_is_booked() -> Rows:
    booked = Refund.objects.filter(state__in=_PAID_BACK).exclude(pk__in=Refund.objects.unbooked())
    return booked.filter(~Exists(_entry_of_refund(EntryKind.REFUND)))


@_always(_("A REFUND entry belongs to a refund that is done."))
def refund_entry_has_refund() -> Rows:
    refunds = _refund_of_entry().filter(state__in=_PAID_BACK, booked_at__isnull=False)
    return LedgerEntry.objects.filter(~Exists(refunds), kind=EntryKind.REFUND)


@_always(_("A refund that came back, and no other, has one REFUND_REVERSAL entry."))
def returned_is_booked() -> Rows:
    reversal = Exists(_entry_of_refund(EntryKind.REFUND_REVERSAL))
    returned = Q(state=RefundState.RETURNED)
    return Refund.objects.filter((returned & ~reversal) | (~returned & reversal))


@_always(_("A REFUND_REVERSAL entry belongs to a refund."))
def reversal_has_refund() -> Rows:
    return LedgerEntry.objects.filter(~Exists(_refund_of_entry()), kind=EntryKind.REFUND_REVERSAL)


@_always(_("A refund and its payment have the same account and currency."))
def refund_fits_its_payment() -> Rows:
    return Refund.objects.filter(
        ~Q(payment__account=F("account")) | ~Q(payment__currency=F("currency"))
    )


@_always(_("A refund's number is no merchant order number."))
def refund_number_is_no_order() -> Rows:
    orders = Payment.objects.filter(
        account=OuterRef("account"), partner_trans_id=OuterRef("partner_refund_id")
    )
    return Refund.objects.filter(Exists(orders))


@_always(_("A refund that has no end yet has a next attempt or a question for a person."))
def open_refund_is_watched() -> Rows:
    return Refund.objects.filter(
        state__in=REFUND_WATCHED, next_attempt_at__isnull=True, question=""
    )


@_always(_("A refund that was sent says when it first left, and what Alipay's yes means."))
def sent_refund_is_marked() -> Rows:
    unmarked = Q(first_sent_at__isnull=True) | Q(is_sync__isnull=True)
    return Refund.objects.filter(unmarked, state__in=REFUND_SENT)


@_always(_("A refund above the limit went on only with another person's approval."))
def refund_was_approved_by_another() -> Rows:
    alone = Q(decided_by__isnull=True) | Q(decided_by=F("requested_by"))
    went_on = ~Q(state__in=(RefundState.REQUESTED, RefundState.DECLINED))
    return Refund.objects.filter(
        (alone & went_on & Q(needs_approval=True)) | Q(decided_by=F("requested_by"))
    )


@_always(_("A refund that has ended says when; one that has not, does not."))
def ended_refund_has_time() -> Rows:
    has_ended = Q(state__in=REFUND_ENDED)
    return Refund.objects.filter(
        (has_ended & Q(settled_at__isnull=True)) | (~has_ended & Q(settled_at__isnull=False))
    )


@_always(_("A refund's state is where its last move led."))
def refund_state_is_last_move() -> Rows:
    return Refund.objects.filter(~Exists(last_move_to_state(RefundMove, "refund")))


@_always(_("A refund's moves follow one another, each from where the one before led."))
def refund_moves_are_chained() -> Rows:
    return Refund.objects.filter(pk__in=unchained(RefundMove, "refund").values("refund"))


@_always(_("A refund's moves stand in the table of moves; only one made elsewhere begins done."))
def refund_moves_are_permitted() -> Rows:
    moves = RefundMove.objects.exclude(permitted(REFUND_MACHINE, _FIRST_REFUND_STATES))
    born_done = RefundMove.objects.filter(
        from_state="", to_state=RefundState.REFUNDED, refund__origin=RefundOrigin.OURS
    )
    return Refund.objects.filter(
        Q(pk__in=moves.values("refund")) | Q(pk__in=born_done.values("refund"))
    )


# ---- How the rows are found -------------------------------------------------------------------


def _sum_of(rows: Rows) -> Coalesce:
    ours = rows.filter(payment=OuterRef("pk")).order_by().values("payment")
    total = ours.annotate(total=Sum("amount_minor")).values("total")
    return Coalesce(Subquery(total), 0, output_field=BigIntegerField())


def _entry_of_refund(kind: EntryKind) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(
        kind=kind,
        account=OuterRef("account"),
        payment=OuterRef("payment"),
        reference=OuterRef("partner_refund_id"),
        amount_minor=OuterRef("amount_minor"),
        currency=OuterRef("currency"),
    ).order_by()


def _refund_of_entry() -> QuerySet[Refund]:
    return Refund.objects.filter(
        account=OuterRef("account"),
        payment=OuterRef("payment"),
        partner_refund_id=OuterRef("reference"),
        amount_minor=OuterRef("amount_minor"),
    ).order_by()
