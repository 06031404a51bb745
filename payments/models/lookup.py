"""Questions to Alipay about numbers we have no payment for."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account
from merchant_portal.due import DueWork
from merchant_portal.fields import IdentifierField
from payments.models.payment import Payment
from payments.states import LookupState
from qrcodes.models import Counter


class LookupQuerySet(models.QuerySet["Lookup"]):
    def asking(self) -> "LookupQuerySet":
        return self.filter(state=LookupState.ASKING)

    def unanswered(self) -> "LookupQuerySet":
        """Alipay gave no usable answer to the end of the ladder: somebody must look."""
        return self.filter(state=LookupState.UNANSWERED)


class Lookup(DueWork):
    """A question to Alipay about a number, asked before there is a payment with an amount."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lookups")
    alipay_trans_id = IdentifierField(_("Alipay number"), max_length=64, blank=True)
    partner_trans_id = IdentifierField(_("merchant order number"), max_length=64, blank=True)
    counter = models.ForeignKey(Counter, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=LookupState)
    asked_by = models.CharField(_("asked by"), max_length=200)
    asked_at = models.DateTimeField(_("asked at"))
    settled_at = models.DateTimeField(null=True)
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, related_name="lookups"
    )

    objects = LookupQuerySet.as_manager()

    class Meta:
        verbose_name = _("lookup")
        verbose_name_plural = _("lookups")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=LookupState.ASKING) | Q(next_attempt_at__isnull=False),
                name="lookup_asking_is_due",
            ),
            models.CheckConstraint(
                condition=~(Q(alipay_trans_id="") & Q(partner_trans_id="")),
                name="lookup_names_a_number",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="lookup_due",
            ),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.alipay_trans_id or self.partner_trans_id
