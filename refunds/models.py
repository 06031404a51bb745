"""Refunds: money of a payment that goes back in full or in part, by us or elsewhere."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account
from merchant_portal.fields import IdentifierField
from payments.models import Cancel, GiveBackMove, GivingBack
from payments.states import GiveBackQuestion
from refunds.states import (
    REFUND_ENDED,
    REFUND_MACHINE,
    REFUND_WATCHED,
    RefundOrigin,
    RefundState,
)


class RefundQuerySet(models.QuerySet["Refund"]):
    def open(self) -> "RefundQuerySet":
        """Neither done nor given up."""
        return self.exclude(state__in=REFUND_ENDED)

    def waiting_for_approval(self) -> "RefundQuerySet":
        return self.filter(state=RefundState.REQUESTED)

    def questioned(self) -> "RefundQuerySet":
        return self.exclude(question="")

    def unbooked(self) -> "RefundQuerySet":
        """Made elsewhere and heard of; the night's file has not confirmed them yet."""
        return self.filter(
            origin=RefundOrigin.ELSEWHERE, state=RefundState.REFUNDED, booked_at__isnull=True
        )


class Refund(GivingBack):
    """One refund. The account and ``partner_refund_id`` name it at Alipay for ever."""

    machine = REFUND_MACHINE
    ended = REFUND_ENDED
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="refunds")
    origin = models.CharField(_("made by"), max_length=9, choices=RefundOrigin)
    #: Ours: sent to Alipay. Made elsewhere: the ledger's reference, ``alipay:...``.
    partner_refund_id = IdentifierField(_("refund number"), max_length=100)
    #: Alipay's own number of it, where an answer of the JSON API has given it.
    alipay_refund_id = IdentifierField(_("Alipay number"), max_length=64, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=RefundState)
    #: Whether SUCCESS means paid back (True) or only recorded; frozen when it is first sent.
    is_sync = models.BooleanField(null=True)
    #: When the buyer got the money, as far as Alipay has told.
    refunded_at = models.DateTimeField(_("refunded at"), null=True)
    #: When the ledger took it. Made elsewhere: only once a person books the file's row.
    booked_at = models.DateTimeField(_("booked at"), null=True)
    returned_at = models.DateTimeField(_("came back at"), null=True)
    #: The cancel that lapsed or was refused, where this refund follows one.
    instead_of = models.ForeignKey(
        Cancel, on_delete=models.PROTECT, null=True, related_name="refunds"
    )

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "partner_refund_id"], name="refund_number_once"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
                name="refund_approver_is_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=REFUND_WATCHED)
                | Q(next_attempt_at__isnull=False)
                | ~Q(question=""),
                name="refund_unsettled_is_watched",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(RefundState.REFUNDED, RefundState.RETURNED))
                | Q(booked_at__isnull=False)
                | Q(origin=RefundOrigin.ELSEWHERE),
                name="refund_ours_is_booked",
            ),
        ]
        indexes = [
            models.Index(fields=["partner_refund_id"], name="refund_number"),
            models.Index(fields=["alipay_refund_id"], name="refund_alipay_number"),
            models.Index(fields=["-requested_at", "-id"], name="refund_list"),
            models.Index(fields=["state", "-requested_at", "-id"], name="refund_state_list"),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="refund_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.partner_refund_id}"

    def get_absolute_url(self) -> str:
        return reverse("refund_detail", args=[self.pk])

    @property
    def is_stuck(self) -> bool:
        """Approved, but the portal cannot send it as things stand; nothing has left."""
        cannot_send = self.question == GiveBackQuestion.CANNOT_SEND
        return self.state == RefundState.APPROVED and cannot_send and not self.may_have_left

    @property
    def is_ours(self) -> bool:
        return self.origin == RefundOrigin.OURS


class RefundMove(GiveBackMove):
    """One move of a refund."""

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="moves")
    to_state = models.CharField(max_length=9, choices=RefundState)

    class Meta(GiveBackMove.Meta):
        verbose_name = _("move of a refund")
        verbose_name_plural = _("moves of a refund")
