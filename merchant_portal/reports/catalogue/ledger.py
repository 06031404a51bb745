"""The ledger: every entry, and what it does to what Alipay owes."""

from django.db.models import BigIntegerField, Case, F, Value, When
from django.utils.translation import gettext_lazy as _

from merchant_portal.reports.catalogue.places import USUAL_FILTERS, number_columns, place_columns
from merchant_portal.reports.definition import Calendar, Column, Kind, Reach, Report, Source
from payments.models import EntryKind, LedgerAccount, LedgerEntry

_ACCOUNTS = dict(LedgerAccount.choices)
#: More is owed where the receivable is debited, less where it is credited.
_OWED = Case(
    When(debit=LedgerAccount.RECEIVABLE, then=F("amount_minor")),
    When(credit=LedgerAccount.RECEIVABLE, then=-F("amount_minor")),
    default=Value(0),
    output_field=BigIntegerField(),
)

LEDGER = Report(
    name="ledger",
    title=_("Ledger"),
    meaning=_(
        "Every entry by the time of what it books, in Alipay's days. The last amount is what the "
        "entry adds to what Alipay owes; its sum is the change of the receivable."
    ),
    columns=(
        Column("entry", _("Entry"), Kind.COUNT, "pk"),
        Column("account", _("Account"), Kind.TEXT, "account__name"),
        Column("time", _("Time"), Kind.TIME, "occurred_at"),
        Column("posted_at", _("Booked at"), Kind.TIME, "posted_at"),
        Column("kind", _("Kind"), Kind.WORD, "kind", words=dict(EntryKind.choices)),
        Column("reference", _("Reference"), Kind.ID, "reference"),
        Column("debit", _("Debit"), Kind.WORD, "debit", words=_ACCOUNTS),
        Column("credit", _("Credit"), Kind.WORD, "credit", words=_ACCOUNTS),
        Column("currency", _("Currency"), Kind.TEXT, "currency"),
        Column("amount", _("Amount"), Kind.AMOUNT, "amount_minor"),
        Column("owed", _("Owed by Alipay"), Kind.AMOUNT, _OWED),
        *place_columns(payment="payment__"),
        *number_columns(payment="payment__"),
    ),
    filters=USUAL_FILTERS,
    states=dict(EntryKind.choices),
    calendar=Calendar.TRANSACTION,
    types=("kind",),
    sums=("amount", "owed"),
    order=("time", "entry"),
    reach=Reach.EVERYTHING,
    sources=(
        Source(
            rows=lambda asked: LedgerEntry.objects.all(),
            time="occurred_at",
            payment="payment__",
            state="kind",
            numbers=("reference", "payment__alipay_trans_id", "payment__partner_trans_id"),
        ),
    ),
)
