"""The ledger: amounts moved from one ledger account to another."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account
from merchant_portal.fields import IdentifierField
from merchant_portal.money import Money
from payments.models.payment import Payment


class LedgerAccount(models.TextChoices):
    RECEIVABLE = "receivable", _("Receivable from Alipay")
    SALES = "sales", _("Sales")
    CANCELS = "cancels", _("Cancels")
    REFUNDS = "refunds", _("Refunds")
    ADJUSTMENTS = "adjustments", _("Adjustments")


class EntryKind(models.TextChoices):
    PAYMENT = "PAYMENT", _("Payment")
    CANCEL = "CANCEL", _("Cancel")
    REFUND = "REFUND", _("Refund")
    REFUND_REVERSAL = "REFUND_REVERSAL", _("Refund returned")
    ADJUSTMENT = "ADJUSTMENT", _("Adjustment")


class LedgerEntry(models.Model):
    """One amount moved from one ledger account (credit) to another (debit). Never changed."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="ledger_entries", db_index=False
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="ledger_entries", null=True
    )
    kind = models.CharField(_("kind"), max_length=16, choices=EntryKind)
    reference = IdentifierField(_("reference"), max_length=100)
    debit = models.CharField(_("debit"), max_length=12, choices=LedgerAccount)
    credit = models.CharField(_("credit"), max_length=12, choices=LedgerAccount)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    occurred_at = models.DateTimeField(_("occurred at"))
    posted_at = models.DateTimeField(_("posted at"))

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "reference"], name="ledger_entry_once"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="ledger_entry_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="ledger_entry_moves"),
        ]
        indexes = [
            # A transaction day of an account, as its file is compared and its sums are shown.
            models.Index(fields=["account", "occurred_at"], name="ledger_entry_day"),
            # Money that went back in a shift, of payments however old; payments pay nothing for it.
            models.Index(
                fields=["occurred_at"], condition=~Q(kind="PAYMENT"), name="ledger_entry_back"
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
