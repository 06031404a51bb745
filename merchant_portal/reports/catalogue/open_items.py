"""Open items: what is not yet proven, or has no end yet, with its age."""

from collections.abc import Callable

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from merchant_portal.reports.asked import Asked
from merchant_portal.reports.catalogue.places import USUAL_FILTERS, number_columns, place_columns
from merchant_portal.reports.definition import (
    Calendar,
    Column,
    Expression,
    Kind,
    Opening,
    Reach,
    Report,
    Rows,
    Source,
)
from payments.models import Cancel, Payment
from payments.states import CANCEL_WATCHED, CancelState, PaymentState
from reconciliation.models import Discrepancy, Verdict
from reconciliation.states import DiscrepancyState, LineKind, VerdictWord
from refunds.models import Refund
from refunds.states import REFUND_WATCHED, RefundOrigin, RefundState

_UNSETTLED, _UNMATCHED, _DIFFERENCE = "unsettled", "unmatched", "difference"
_TYPES = {
    _UNSETTLED: _("No end yet"),
    _UNMATCHED: _("Booked, not in Alipay's file"),
    _DIFFERENCE: _("Open difference"),
}
_NOUNS = {"payment": _("Payment"), "refund": _("Refund"), "cancel": _("Cancel")}
_AWAITED, _NOT_COMPARED, _UNBOOKED = "AWAITED", "NOT_COMPARED", "UNBOOKED"
#: A payment's UNKNOWN; one of a refund or a cancel says that a call has left.
_PAID_OR_NOT = "PAID_OR_NOT"
#: How a row stands: the state of what has no end, else what comparing said.
_STANDINGS = (
    dict(PaymentState.choices)
    | dict(CancelState.choices)
    | dict(RefundState.choices)
    | dict(VerdictWord.choices)
    | {
        _AWAITED: _("Waiting for their next file"),
        _NOT_COMPARED: _("No line agrees yet"),
        _UNBOOKED: _("Made at Alipay's portal, not booked"),
        _PAID_OR_NOT: _("Unknown: paid or not?"),
    }
)
#: Nouns, and what a line of Alipay's file calls them.
_KINDS = {"payment": LineKind.PAYMENT, "refund": LineKind.REFUND, "cancel": LineKind.CANCEL}


def _text(value: str) -> Combinable:
    return Value(value, output_field=CharField())


def _verdicts(noun: str, word: VerdictWord) -> Exists:
    """Whether comparing has said a word of the row; of what kind, as a refund names its payment."""
    said = Verdict.objects.filter(kind=_KINDS[noun], word=word)
    return Exists(said.filter(**{noun: OuterRef("pk")}))


def _unmatched(noun: str) -> Q:
    return Q(~_verdicts(noun, VerdictWord.MATCHED))


def _standing(noun: str) -> Combinable:
    awaited = When(_verdicts(noun, VerdictWord.AWAITING), then=_text(_AWAITED))
    return Case(awaited, default=_text(_NOT_COMPARED), output_field=CharField())


def _state_of_payment() -> Combinable:
    unknown = When(state=PaymentState.UNKNOWN, then=_text(_PAID_OR_NOT))
    return Case(unknown, default=F("state"), output_field=CharField())


def _unsettled_payments(asked: Asked) -> QuerySet[Payment]:
    return Payment.objects.filter(state__in=(PaymentState.UNKNOWN, PaymentState.CONFIRMING))


def _unmatched_payments(asked: Asked) -> QuerySet[Payment]:
    taken = (PaymentState.PAID, PaymentState.CANCELLED)
    return Payment.objects.filter(_unmatched("payment"), state__in=taken, paid_at__isnull=False)


def _refunds_on_their_way(asked: Asked) -> QuerySet[Refund]:
    return Refund.objects.filter(state__in=REFUND_WATCHED)


def _refunds_not_booked(asked: Asked) -> QuerySet[Refund]:
    return Refund.objects.filter(
        state=RefundState.REFUNDED, origin=RefundOrigin.ELSEWHERE, booked_at__isnull=True
    )


def _unmatched_refunds(asked: Asked) -> QuerySet[Refund]:
    return Refund.objects.filter(
        _unmatched("refund"), state=RefundState.REFUNDED, booked_at__isnull=False
    )


def _cancels_on_their_way(asked: Asked) -> QuerySet[Cancel]:
    return Cancel.objects.filter(state__in=CANCEL_WATCHED)


def _unmatched_cancels(asked: Asked) -> QuerySet[Cancel]:
    return Cancel.objects.filter(_unmatched("cancel"), state=CancelState.DONE)


_Maker = Callable[[Asked], Rows]
_PLACES = (*place_columns(payment="payment__"), *number_columns(payment="payment__"))
_NUMBERS = tuple(str(column.value) for column in number_columns(payment="payment__"))
#: The same columns of a payment itself.
_OWN_PLACES = {
    column.name: column.value
    for column in (*place_columns(payment=""), *number_columns(payment=""))
}


def _payments(rows: _Maker, *, stands_for: str, standing: Expression) -> Source:
    """Payments that are open: Alipay owes them, or will."""
    more: dict[str, Expression] = {"noun": _text("payment"), "amount": "amount_minor"}
    return _source(
        rows,
        stands_for=stands_for,
        standing=standing,
        since="occurred_at",
        payment="",
        values=_OWN_PLACES | {"account": "account__name"} | more,
    )


def _going_back(
    rows: _Maker, *, noun: str, stands_for: str, standing: Expression, since: str
) -> Source:
    """Refunds or cancels that are open: what Alipay owes less."""
    less: dict[str, Expression] = {"noun": _text(noun), "amount": -F("amount_minor")}
    return _source(rows, stands_for=stands_for, standing=standing, since=since, values=less)


def _source(
    rows: _Maker,
    *,
    stands_for: str,
    standing: Expression,
    since: str,
    values: dict[str, Expression],
    payment: str = "payment__",
) -> Source:
    usual: dict[str, Expression] = {"type": _text(stands_for), "standing": standing}
    return Source(
        rows=rows,
        stands_for=stands_for,
        time=since,
        account=f"{payment}account",
        payment=payment,
        numbers=tuple(f"{payment}{name.removeprefix('payment__')}" for name in _NUMBERS),
        values=usual | {"since": since, "age": since} | values,
    )


_DIFFERENCES = Source(
    rows=lambda asked: Discrepancy.objects.filter(state=DiscrepancyState.OPEN),
    stands_for=_DIFFERENCE,
    time="found_at",
    payment="payment__",
    amount="difference_minor",
    numbers=_NUMBERS,
    values={
        "type": _text(_DIFFERENCE),
        "noun": Case(
            *(When(kind=kind, then=_text(noun)) for noun, kind in _KINDS.items()),
            default=_text(""),
            output_field=CharField(),
        ),
        "standing": "word",
        "since": "found_at",
        "age": "found_at",
        "amount": "difference_minor",
        "account": "account__name",
    },
)

OPEN_ITEMS = Report(
    name="open-items",
    title=_("Open items"),
    meaning=_(
        "What has no end yet, what is booked and stands in none of Alipay's files so far, and "
        "the differences that nobody has resolved. Money that goes back counts below zero; a "
        "difference is theirs less ours. The three are added up apart: one payment may be in two."
    ),
    columns=(
        Column("type", _("Why open"), Kind.WORD, words=_TYPES),
        Column("standing", _("Standing"), Kind.WORD, words=_STANDINGS),
        Column("noun", _("Kind"), Kind.WORD, words=_NOUNS),
        Column("row", _("Row"), Kind.COUNT, "pk"),
        Column("since", _("Since"), Kind.TIME),
        Column("age", _("Age in days"), Kind.AGE),
        Column("currency", _("Currency"), Kind.TEXT, "currency"),
        Column("amount", _("Amount"), Kind.AMOUNT),
        Column("account", _("Account"), Kind.TEXT, "payment__account__name"),
        *_PLACES,
    ),
    filters=USUAL_FILTERS,
    states=_TYPES,
    calendar=Calendar.TRANSACTION,
    types=("type",),
    sums=("amount",),
    order=("since", "type", "noun", "row"),
    reach=Reach.EVERYTHING,
    opens=Opening.ALL_DAYS,
    sources=(
        _payments(_unsettled_payments, stands_for=_UNSETTLED, standing=_state_of_payment()),
        _going_back(
            _refunds_on_their_way,
            noun="refund",
            stands_for=_UNSETTLED,
            standing="state",
            since="requested_at",
        ),
        _going_back(
            _refunds_not_booked,
            noun="refund",
            stands_for=_UNSETTLED,
            standing=_text(_UNBOOKED),
            since="requested_at",
        ),
        _going_back(
            _cancels_on_their_way,
            noun="cancel",
            stands_for=_UNSETTLED,
            standing="state",
            since="requested_at",
        ),
        _payments(_unmatched_payments, stands_for=_UNMATCHED, standing=_standing("payment")),
        _going_back(
            _unmatched_refunds,
            noun="refund",
            stands_for=_UNMATCHED,
            standing=_standing("refund"),
            since="booked_at",
        ),
        _going_back(
            _unmatched_cancels,
            noun="cancel",
            stands_for=_UNMATCHED,
            standing=_standing("cancel"),
            since="settled_at",
        ),
        _DIFFERENCES,
    ),
)
