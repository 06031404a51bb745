"""What people write beside a payment."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.models.payment import Payment


class PaymentNote(models.Model):
    """One remark of a person about a payment. Never changed: who is wrong writes another."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(_("note"), max_length=500)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    author_name = models.CharField(_("written by"), max_length=200)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="payment_note_says_something")
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.author_name}: {self.text}"
