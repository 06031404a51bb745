"""What comparing a day found: a verdict on each pair, and how the day stands."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account
from merchant_portal.due import DueWork
from payments.models import Cancel, LedgerEntry, Payment
from reconciliation.models.files import StatementLine
from reconciliation.states import (
    VERDICT_QUIET,
    LineKind,
    VerdictWord,
)
from refunds.models import Refund


class VerdictQuerySet(models.QuerySet["Verdict"]):
    def problems(self) -> "VerdictQuerySet":
        return self.exclude(word__in=VERDICT_QUIET)


class Verdict(models.Model):
    """What one comparison of a day found: their line, our noun, a word.

    Comparing a day again writes its verdicts anew; what people decided stands in discrepancies.
    The database checks none of the references: with a million rows a day that takes longer than
    everything else, and comparing reads each key from the row it names, in one transaction.
    """

    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="verdicts",
        db_index=False,
        db_constraint=False,
    )
    day = models.DateField(_("day"))
    word = models.CharField(_("verdict"), max_length=21, choices=VerdictWord)
    kind = models.CharField(_("kind"), max_length=15, choices=LineKind, blank=True)
    #: Their time lies on another transaction day than ours; that alone is no problem.
    date_drift = models.BooleanField(default=False)
    line = models.ForeignKey(
        StatementLine,
        on_delete=models.CASCADE,
        null=True,
        related_name="verdicts",
        db_index=False,
        db_constraint=False,
    )
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        related_name="verdicts",
        db_constraint=False,
    )
    refund = models.ForeignKey(
        Refund,
        on_delete=models.PROTECT,
        null=True,
        related_name="verdicts",
        db_index=False,
        db_constraint=False,
    )
    cancel = models.ForeignKey(
        Cancel,
        on_delete=models.PROTECT,
        null=True,
        related_name="verdicts",
        db_index=False,
        db_constraint=False,
    )
    entry = models.ForeignKey(
        LedgerEntry,
        on_delete=models.PROTECT,
        null=True,
        related_name="verdicts",
        db_index=False,
        db_constraint=False,
    )

    objects = VerdictQuerySet.as_manager()

    class Meta:
        verbose_name = _("verdict")
        verbose_name_plural = _("verdicts")
        indexes = [
            models.Index(fields=["account", "day"], name="verdict_day"),
            models.Index(
                fields=["account", "day", "word"],
                condition=~Q(word=VerdictWord.MATCHED),
                name="verdict_day_word",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.word}"


class ComparedDay(DueWork):
    """A transaction day (GMT+8) of an account, compared with Alipay's file or due to be.

    ``tally`` is what the day's page shows: counts and sums by side, kind and currency.
    """

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="compared_days", verbose_name=_("account")
    )
    day = models.DateField(_("day"))
    compared_at = models.DateTimeField(_("compared at"), null=True)
    matched_count = models.PositiveBigIntegerField(_("agreeing"), default=0)
    awaiting_count = models.PositiveBigIntegerField(_("waiting"), default=0)
    problem_count = models.PositiveBigIntegerField(_("differing"), default=0)
    #: Of the agreeing those whose time lies on another day than ours.
    drift_count = models.PositiveBigIntegerField(default=0)
    tally = models.JSONField(default=list)
    #: The newest ledger entry when it was compared: what came after may belong to the day.
    last_entry = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("compared day")
        verbose_name_plural = _("compared days")
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="compared_day_once"),
        ]
        indexes = [
            models.Index(fields=["-day", "-id"], name="compared_day_list"),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="compared_day_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.day}"

    def get_absolute_url(self) -> str:
        return reverse("day_detail", args=[self.account_id, self.day.isoformat()])
