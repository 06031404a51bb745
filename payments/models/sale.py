"""What the shop itself begins: a scan of the customer's code, or a code made for one order."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import new_key
from payments.models.payment import Payment
from payments.states import Interface
from qrcodes.models import Counter, Device


class Sale(models.Model):
    """How the shop began a payment, and until when it waits for the buyer.

    Written with its payment, in one transaction, before anything is sent. The payment says how
    it stands and when Alipay is asked again; a cancel ends what is not paid by ``ends_at``.
    """

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="sale")
    interface = models.CharField(_("interface"), max_length=7, choices=Interface)
    description = models.CharField(_("description"), max_length=256)
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    begun_by_name = models.CharField(_("begun by"), max_length=200)
    #: The paired device it was begun on; none where a person or a till's own software began it.
    device = models.ForeignKey(
        Device, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    #: The first two and last four digits of the scanned code; never more of it.
    code_hint = models.CharField(_("customer's code"), max_length=32, blank=True)
    #: The text of the order's code, as Alipay issued it.
    order_code = models.CharField(max_length=2048, blank=True)
    order_code_expires_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent at"))
    #: Not known to be paid by then: it is ended by a cancel.
    ends_at = models.DateTimeField(_("waits until"))
    #: Somebody, or the clock, gave it up.
    ending_at = models.DateTimeField(_("given up at"), null=True)
    ending_by_name = models.CharField(_("given up by"), max_length=200, blank=True)
    #: Why Alipay refused it, in its own word.
    refusal = models.CharField(_("refusal"), max_length=64, blank=True)
    #: For the customer's own page of it; stands on the slip.
    receipt_key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)

    class Meta:
        verbose_name = _("sale")
        verbose_name_plural = _("sales")
        constraints = [
            models.CheckConstraint(
                condition=Q(ending_at__isnull=True) | ~Q(ending_by_name=""),
                name="sale_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment.amount} {self.payment.partner_trans_id}"

    @property
    def counter(self) -> Counter:
        """The counter it was begun at; the database keeps no sale without one."""
        counter = self.payment.counter
        if counter is None:
            raise Counter.DoesNotExist(f"{self} has no counter.")
        return counter
