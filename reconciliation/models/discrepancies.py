"""The worklist: differences, and how each one moved."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account
from merchant_portal.money import Money
from payments.models import Cancel, LedgerEntry, Payment
from reconciliation.models.files import StatementFile, StatementLine
from reconciliation.states import (
    DiscrepancyState,
    LineKind,
    Resolution,
    VerdictWord,
)
from refunds.models import Refund


class DiscrepancyQuerySet(models.QuerySet["Discrepancy"]):
    def open(self) -> "DiscrepancyQuerySet":
        """What somebody must still look at."""
        return self.filter(state=DiscrepancyState.OPEN)


class Discrepancy(models.Model):
    """A difference that a person sees on the worklist; decisions outlive a re-import.

    ``key`` names it by the numbers both sides know, so that the same difference found again in a
    later delivery is the same row. ``ours`` and ``theirs`` are what stood there when it was found,
    as texts by field; ``differing`` names the fields that do not agree.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="discrepancies")
    key = models.CharField(max_length=200)
    day = models.DateField(_("day"))
    word = models.CharField(_("difference"), max_length=21, choices=VerdictWord)
    kind = models.CharField(_("kind"), max_length=15, choices=LineKind, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=DiscrepancyState)
    file = models.ForeignKey(
        StatementFile, on_delete=models.PROTECT, null=True, related_name="discrepancies"
    )
    line = models.ForeignKey(
        StatementLine, on_delete=models.SET_NULL, null=True, related_name="discrepancies"
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, related_name="discrepancies"
    )
    refund = models.ForeignKey(
        Refund, on_delete=models.PROTECT, null=True, related_name="discrepancies"
    )
    cancel = models.ForeignKey(
        Cancel, on_delete=models.PROTECT, null=True, related_name="discrepancies"
    )
    ours = models.JSONField(default=dict)
    theirs = models.JSONField(default=dict)
    differing = models.JSONField(default=list)
    #: Theirs less ours, in minor units of ``currency``; None where it is no matter of money.
    difference_minor = models.BigIntegerField(_("difference"), null=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    found_at = models.DateTimeField(_("found at"))
    last_found_at = models.DateTimeField(_("last found at"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="discrepancies"
    )
    resolution = models.CharField(_("resolution"), max_length=14, choices=Resolution, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    settled_by_name = models.CharField(_("settled by"), max_length=200, blank=True)
    #: What resolving it booked.
    entry = models.ForeignKey(
        LedgerEntry, on_delete=models.PROTECT, null=True, related_name="discrepancies"
    )

    objects = DiscrepancyQuerySet.as_manager()

    class Meta:
        verbose_name = _("discrepancy")
        verbose_name_plural = _("discrepancies")
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="discrepancy_once"),
            models.CheckConstraint(
                condition=Q(state=DiscrepancyState.OPEN) | Q(settled_at__isnull=False),
                name="discrepancy_settled_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-day", "-id"], name="discrepancy_list"),
            models.Index(fields=["account", "day"], name="discrepancy_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.word}"

    def get_absolute_url(self) -> str:
        return reverse("discrepancy_detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state == DiscrepancyState.OPEN

    @property
    def difference(self) -> Money | None:
        if self.difference_minor is None:
            return None
        return Money(self.difference_minor, self.currency)


class DiscrepancyMove(models.Model):
    """One move of a discrepancy: found, resolved, explained, taken back."""

    discrepancy = models.ForeignKey(Discrepancy, on_delete=models.PROTECT, related_name="moves")
    from_state = models.CharField(max_length=9, blank=True)
    to_state = models.CharField(max_length=9, choices=DiscrepancyState)
    at = models.DateTimeField()
    actor_name = models.CharField(max_length=200)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("move of a discrepancy")
        verbose_name_plural = _("moves of a discrepancy")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} -> {self.to_state}"
