"""Refunds and cancels: money on its way back, come back, or refused."""

from django.db.models import CharField, DateTimeField, Value
from django.utils.translation import gettext_lazy as _

from merchant_portal.reports.catalogue.places import USUAL_FILTERS, number_columns, place_columns
from merchant_portal.reports.definition import Column, Kind, Report, Source
from payments.models import Cancel
from payments.states import CancelState, GiveBackReason
from refunds.models import Refund
from refunds.states import RefundOrigin, RefundState

_KINDS = {"refund": _("Refund"), "cancel": _("Cancel")}
_STATES = dict(CancelState.choices) | dict(RefundState.choices)
_NO_TIME = Value(None, output_field=DateTimeField())

REFUNDS_AND_CANCELS = Report(
    name="refunds-and-cancels",
    title=_("Refunds and cancels"),
    meaning=_(
        "All money that somebody asked to go back, by the time it was asked for, with who asked, "
        "who approved, and how it ended. Refunds made at Alipay's portal are among them."
    ),
    columns=(
        Column("kind", _("Kind"), Kind.WORD, words=_KINDS),
        Column("row", _("Row"), Kind.COUNT, "pk"),
        Column("number", _("Refund number"), Kind.ID),
        Column("origin", _("Made by"), Kind.WORD, words=dict(RefundOrigin.choices)),
        Column("state", _("State"), Kind.WORD, "state", words=_STATES),
        Column("currency", _("Currency"), Kind.TEXT, "currency"),
        Column("amount", _("Amount"), Kind.AMOUNT, "amount_minor"),
        Column("asked_at", _("Asked for at"), Kind.TIME, "requested_at"),
        Column("asked_by", _("Asked for by"), Kind.TEXT, "requested_by_name"),
        Column("reason", _("Reason"), Kind.WORD, "reason", words=dict(GiveBackReason.choices)),
        Column("note", _("Note"), Kind.TEXT, "note"),
        Column("decided_by", _("Decided by"), Kind.TEXT, "decided_by_name"),
        Column("decided_at", _("Decided at"), Kind.TIME, "decided_at"),
        Column("sent_at", _("First sent at"), Kind.TIME, "first_sent_at"),
        Column("settled_at", _("Ended at"), Kind.TIME, "settled_at"),
        Column("returned_at", _("Came back at"), Kind.TIME),
        Column("refusal", _("Refusal"), Kind.TEXT, "refusal"),
        Column("account", _("Account"), Kind.TEXT, "payment__account__name"),
        *place_columns(payment="payment__"),
        *number_columns(payment="payment__"),
        Column("paid_at", _("Paid at"), Kind.TIME, "payment__paid_at"),
    ),
    filters=USUAL_FILTERS,
    states=_STATES,
    types=("kind", "state"),
    sums=("amount",),
    order=("asked_at", "kind", "row"),
    sources=(
        Source(
            rows=lambda asked: Refund.objects.all(),
            time="requested_at",
            account="payment__account",
            payment="payment__",
            numbers=("partner_refund_id", "payment__alipay_trans_id", "payment__partner_trans_id"),
            values={
                "kind": Value("refund", output_field=CharField()),
                "number": "partner_refund_id",
                "origin": "origin",
                "returned_at": "returned_at",
            },
        ),
        Source(
            rows=lambda asked: Cancel.objects.all(),
            time="requested_at",
            account="payment__account",
            payment="payment__",
            numbers=("payment__alipay_trans_id", "payment__partner_trans_id"),
            values={
                "kind": Value("cancel", output_field=CharField()),
                "number": Value("", output_field=CharField()),
                "origin": Value(RefundOrigin.OURS.value, output_field=CharField()),
                "returned_at": _NO_TIME,
            },
        ),
    ),
)
