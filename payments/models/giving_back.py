"""Money going back to the buyer: what a refund and a cancel share, and the cancel."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import GatewayCall
from merchant_portal.due import DueWork
from merchant_portal.machine import Machine
from merchant_portal.money import Money
from payments.models.notification import Notification
from payments.models.payment import Payment
from payments.states import (
    CANCEL_ENDED,
    CANCEL_MACHINE,
    CANCEL_WATCHED,
    CancelState,
    GiveBackQuestion,
    GiveBackReason,
)


class GivingBack(DueWork):
    """Money that somebody wants to go back, or that went back; minor units of ``currency``.

    From the request on its amount is reserved on the payment, until a definite end.
    """

    #: Each has states of its own, along a table of its own, and leaves moves of its own.
    machine: ClassVar[Machine[Any]]
    ended: ClassVar[tuple[str, ...]]
    state: "models.CharField[str, str]"
    moves: Any  # the manager of its move rows

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="%(class)ss")
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=16, choices=GiveBackReason, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    requested_by_name = models.CharField(_("requested by"), max_length=200)
    requested_at = models.DateTimeField(_("requested at"))
    #: Above the account's limit: a second person approves it, whichever call carries it.
    needs_approval = models.BooleanField(default=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_by_name = models.CharField(_("decided by"), max_length=200, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decision_note = models.CharField(_("note to the decision"), max_length=200, blank=True)
    #: When a call first left, or may have.
    first_sent_at = models.DateTimeField(_("first sent at"), null=True)
    #: A call has left whose outcome is not known: from then on a refusal ends nothing.
    asked_without_answer = models.BooleanField(default=False)
    refusal = models.CharField(_("refusal"), max_length=200, blank=True)
    #: When it came to a definite end, whichever.
    settled_at = models.DateTimeField(_("settled at"), null=True)
    question = models.CharField(_("question"), max_length=16, choices=GiveBackQuestion, blank=True)
    question_since = models.DateTimeField(_("question since"), null=True)

    class Meta:
        abstract = True

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_open(self) -> bool:
        """Neither done nor given up: its amount is reserved."""
        return self.state not in self.ended

    @property
    def may_have_left(self) -> bool:
        """Whether a call has gone out, or may have: money may already be on its way."""
        return self.first_sent_at is not None


class CancelQuerySet(models.QuerySet["Cancel"]):
    def open(self) -> "CancelQuerySet":
        """Neither done nor given up: their amount is reserved."""
        return self.exclude(state__in=CANCEL_ENDED)

    def waiting_for_approval(self) -> "CancelQuerySet":
        return self.filter(state=CancelState.REQUESTED)

    def questioned(self) -> "CancelQuerySet":
        return self.exclude(question="")


class Cancel(GivingBack):
    """A payment undone in full on its own GMT+8 day; Alipay's fee comes back with it.

    Never sent after ``deadline_at``, the end of the transaction day plus the account's grace
    (global.alipay.com/docs/ac/hkapi/acquire_cancel).
    """

    machine = CANCEL_MACHINE
    ended = CANCEL_ENDED
    state = models.CharField(_("state"), max_length=9, choices=CancelState)
    deadline_at = models.DateTimeField(_("deadline"))

    objects = CancelQuerySet.as_manager()

    class Meta:
        verbose_name = _("cancel")
        verbose_name_plural = _("cancels")
        constraints = [
            models.UniqueConstraint(
                fields=["payment"],
                condition=~Q(state__in=CANCEL_ENDED),
                name="cancel_one_open_per_payment",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="cancel_amount_positive"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
                name="cancel_approver_is_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=CANCEL_WATCHED)
                | Q(next_attempt_at__isnull=False)
                | ~Q(question=""),
                name="cancel_unsettled_is_watched",
            ),
        ]
        indexes = [
            models.Index(fields=["-requested_at", "-id"], name="cancel_list"),
            models.Index(fields=["state", "-requested_at", "-id"], name="cancel_state_list"),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="cancel_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.payment.alipay_trans_id or self.payment.partner_trans_id}"

    def get_absolute_url(self) -> str:
        return reverse("cancel_detail", args=[self.pk])


class GiveBackMove(models.Model):
    """One move of a refund or cancel along its states, and what caused it."""

    from_state = models.CharField(max_length=9, blank=True)
    at = models.DateTimeField()
    actor_name = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)
    notification = models.ForeignKey(
        Notification, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    call = models.ForeignKey(
        GatewayCall, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    to_state: "models.CharField[str, str]"

    class Meta:
        abstract = True
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} -> {self.to_state}"


class CancelMove(GiveBackMove):
    """One move of a cancel."""

    cancel = models.ForeignKey(Cancel, on_delete=models.PROTECT, related_name="moves")
    to_state = models.CharField(max_length=9, choices=CancelState)

    class Meta(GiveBackMove.Meta):
        verbose_name = _("move of a cancel")
        verbose_name_plural = _("moves of a cancel")
