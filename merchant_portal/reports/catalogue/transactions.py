"""Transactions: every payment, whatever became of it."""

from django.utils.translation import gettext_lazy as _

from merchant_portal.reports.catalogue.places import USUAL_FILTERS, number_columns, place_columns
from merchant_portal.reports.definition import Column, Kind, Report, Source
from payments.models import Payment
from payments.states import PaymentState, Product, Question

TRANSACTIONS = Report(
    name="transactions",
    title=_("Transactions"),
    meaning=_(
        "Every payment by the time it was paid, or was first heard of, whatever became of it. "
        "What has gone back stands beside it, also where it went back on a later day."
    ),
    columns=(
        Column("payment", _("Payment"), Kind.COUNT, "pk"),
        Column("account", _("Account"), Kind.TEXT, "account__name"),
        *place_columns(payment=""),
        *number_columns(payment=""),
        Column("time", _("Time"), Kind.TIME, "occurred_at"),
        Column("paid_at", _("Paid at"), Kind.TIME, "paid_at"),
        Column("state", _("State"), Kind.WORD, "state", words=dict(PaymentState.choices)),
        Column("currency", _("Currency"), Kind.TEXT, "currency"),
        Column("amount", _("Amount"), Kind.AMOUNT, "amount_minor"),
        Column("refunded", _("Refunded"), Kind.AMOUNT, "refunded_minor"),
        Column("cancelled", _("Cancelled"), Kind.AMOUNT, "cancelled_minor"),
        Column("product", _("Product"), Kind.WORD, "product", words=dict(Product.choices)),
        Column("wallet", _("Wallet"), Kind.TEXT, "wallet"),
        Column("buyer", _("Buyer"), Kind.TEXT, "buyer"),
        Column("question", _("Open question"), Kind.WORD, "question", words=dict(Question.choices)),
    ),
    filters=USUAL_FILTERS,
    states=dict(PaymentState.choices),
    types=("state",),
    sums=("amount", "refunded", "cancelled"),
    order=("time", "payment"),
    sources=(
        Source(
            rows=lambda asked: Payment.objects.all(),
            time="occurred_at",
            numbers=("alipay_trans_id", "partner_trans_id"),
        ),
    ),
)
