"""Whom an integrator acts for: the agent token of a merchant under an account."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account
from qrcodes.models.places import Merchant


class AgentToken(models.Model):
    """What names a merchant in calls under an integrator's own client id, sealed with the master
    key (docs.antom.com/ac/ams/api_fund, header Agent-Token)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="agent_tokens")
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="agent_tokens")
    sealed = models.BinaryField()
    fingerprint = models.CharField(_("fingerprint"), max_length=16)
    kept_at = models.DateTimeField(_("kept since"))

    class Meta:
        verbose_name = _("agent token")
        verbose_name_plural = _("agent tokens")
        constraints = [
            models.UniqueConstraint(fields=["account", "merchant"], name="agent_token_once"),
        ]

    def __str__(self) -> str:
        return f"{self.merchant} {self.fingerprint}"
