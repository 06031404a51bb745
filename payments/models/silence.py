"""Counters that fell silent: how long each may be, and each time it was longer."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from merchant_portal.due import DueWork
from qrcodes.models import Counter


class GatewayHeard(models.TextChoices):
    """Whether Alipay's gateway answered when it was asked about an earlier payment."""

    ANSWERS = "answers", _("answers")
    SILENT = "silent", _("does not answer")
    NOT_ASKED = "not_asked", _("not asked: there is no payment to ask about")


class SilenceReason(models.TextChoices):
    """What the neighbours make likely; nothing of it is proved."""

    NETWORK = (
        "network",
        _(
            "Alipay does not answer us either: the network between here and Alipay may be down. "
            "Customers may have paid all the same; look at what they can show."
        ),
    )
    STICKER = (
        "sticker",
        _(
            "Other counters of the store were paid meanwhile, so notifications arrive. Check the "
            "sticker: it may be swapped, covered or gone. Or nobody came here."
        ),
    )
    STORE = (
        "store",
        _(
            "Notifications arrive for other stores, and none for this one. Check the stickers and "
            "the customers' network in the shop. Or nobody came."
        ),
    )
    NOTIFICATIONS = (
        "notifications",
        _(
            "Alipay answers us, but no notification at all has come meanwhile: they may have "
            "stopped. Ask Alipay about a payment a customer can show, and check the sticker. Or "
            "nobody came."
        ),
    )
    UNCLEAR = (
        "unclear",
        _(
            "A swapped sticker, a dead network, stopped notifications, or no customer: nothing "
            "here tells them apart. Check the sticker, and try a small payment."
        ),
    )


class SilenceEnd(models.TextChoices):
    """How an alarm ended."""

    PAID = "paid", _("a payment came")
    CLOSED = "closed", _("the store closed")
    NO_CODE = "no_code", _("the counter has no active code any more")
    CHANGED = "changed", _("the alarm or the opening hours were changed")


class SilenceWatch(DueWork):
    """A counter that is not to be silent for longer than so many minutes while its store is
    open."""

    counter = models.OneToOneField(Counter, on_delete=models.CASCADE, related_name="silence_watch")
    threshold_minutes = models.PositiveIntegerField(_("minutes without a payment"))

    class Meta:
        verbose_name = _("silence watch")
        verbose_name_plural = _("silence watches")
        constraints = [
            models.CheckConstraint(
                condition=Q(threshold_minutes__gt=0), name="silence_threshold_positive"
            ),
            models.CheckConstraint(
                condition=Q(next_attempt_at__isnull=False), name="silence_watch_is_due"
            ),
        ]
        indexes = [models.Index(fields=["next_attempt_at"], name="silence_watch_due")]

    def __str__(self) -> str:
        return f"{self.counter}: {self.threshold_minutes}"


class SilenceAlarmQuerySet(models.QuerySet["SilenceAlarm"]):
    def open(self) -> "SilenceAlarmQuerySet":
        """Counters that are silent now."""
        return self.filter(ended_at__isnull=True)


class SilenceAlarm(models.Model):
    """Once that a counter was silent for too long, and what its neighbours said then."""

    counter = models.ForeignKey(Counter, on_delete=models.CASCADE, related_name="silence_alarms")
    silent_since = models.DateTimeField(_("silent since"))
    noticed_at = models.DateTimeField(_("noticed at"))
    threshold_minutes = models.PositiveIntegerField(_("minutes without a payment"))
    #: Payments at other counters of the store since then, and the last of them.
    neighbours_paid = models.PositiveIntegerField(_("payments at the other counters"))
    neighbours_paid_at = models.DateTimeField(_("last payment at another counter"), null=True)
    notified_at = models.DateTimeField(_("last notification on the account"), null=True)
    gateway = models.CharField(_("Alipay's gateway"), max_length=9, choices=GatewayHeard)
    reason = models.CharField(_("what is likely"), max_length=13, choices=SilenceReason)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    end = models.CharField(_("how it ended"), max_length=7, choices=SilenceEnd, blank=True)

    objects = SilenceAlarmQuerySet.as_manager()

    class Meta:
        verbose_name = _("silence alarm")
        verbose_name_plural = _("silence alarms")
        ordering = ["-noticed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["counter"],
                condition=Q(ended_at__isnull=True),
                name="silence_alarm_rings_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end="")
                | (Q(ended_at__isnull=False) & ~Q(end="")),
                name="silence_alarm_ends_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(self.counter)
