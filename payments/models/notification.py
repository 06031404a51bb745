"""What Alipay told us: verified notifications, and in quarantine what did not verify."""

from datetime import UTC, datetime, timedelta

from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account, AccountKey
from merchant_portal.due import DueWork
from merchant_portal.fields import IdentifierField
from payments.states import NotificationState, WaitReason
from qrcodes.models import QRCode

#: See QuarantinedQuerySet.to_verify_again.
CHECKED_AGAIN_WITHIN = timedelta(minutes=1)
#: For a body that no key could be opened for: before any change of keys, so it is checked again.
NEVER_CHECKED = datetime(1970, 1, 1, tzinfo=UTC)


class NotificationQuerySet(models.QuerySet["Notification"]):
    def waiting(self) -> "NotificationQuerySet":
        """Stored, with no effect yet."""
        return self.filter(state=NotificationState.WAITING)

    def waiting_for_people(self) -> "NotificationQuerySet":
        """Waiting, and time alone will not cure it."""
        return self.waiting().filter(next_attempt_at__isnull=True)

    def conflicting(self) -> "NotificationQuerySet":
        """Came under a notification id that had come with other content before."""
        return self.filter(conflicting=True)


class Notification(DueWork):
    """A verified notification, stored as it came, before anything else is done with it."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="notifications", db_index=False
    )
    #: Nothing is looked up by it, nor by the key: an index is paid for with each notification.
    code = models.ForeignKey(
        QRCode, on_delete=models.PROTECT, related_name="notifications", null=True, db_index=False
    )
    verified_with = models.ForeignKey(
        AccountKey, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    notify_id = models.CharField(_("notification id"), max_length=128)
    digest = models.CharField(max_length=64)
    body = models.BinaryField()
    content_type = models.CharField(max_length=100)
    #: Of a notification of the JSON API what is signed beside its body, as JSON text: ``path``,
    #: ``client_id``, ``request_time`` and ``signature``. Empty: the gateway's, signed in its body.
    headers = models.TextField(blank=True)
    received_at = models.DateTimeField(_("received at"))
    last_received_at = models.DateTimeField(_("last received at"))
    received_count = models.PositiveIntegerField(_("times received"), default=1)
    #: The same notification id came with other content before.
    conflicting = models.BooleanField(default=False)
    alipay_trans_id = IdentifierField(_("Alipay number"), max_length=64, blank=True)
    partner_trans_id = IdentifierField(_("merchant order number"), max_length=64, blank=True)
    trade_status = models.CharField(_("status"), max_length=32, blank=True)
    state = models.CharField(
        _("state"), max_length=7, choices=NotificationState, default=NotificationState.WAITING
    )
    reason = models.CharField(_("reason"), max_length=20, choices=WaitReason, blank=True)
    reason_text = models.CharField(max_length=300, blank=True)
    applied_at = models.DateTimeField(_("applied at"), null=True)
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, related_name="notifications", null=True
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "notify_id", "digest"], name="notification_once"
            ),
            models.CheckConstraint(
                condition=Q(state=NotificationState.APPLIED) | ~Q(reason=""),
                name="notification_waits_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="notification_state_list"),
            models.Index(fields=["alipay_trans_id"], name="notification_trade"),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="notification_due",
            ),
        ]

    def __str__(self) -> str:
        return self.notify_id


class QuarantinedQuerySet(models.QuerySet["Quarantined"]):
    def held(self) -> "QuarantinedQuerySet":
        """What no key has verified yet."""
        return self.filter(notification__isnull=True)

    def to_verify_again(self) -> "QuarantinedQuerySet":
        """What is held and was checked before its account's keys changed, oldest first.

        A request that read the keys just before a change may write its row just after it, so what
        was checked within a minute after the change is checked once more.
        """
        changed_at = ExpressionWrapper(
            F("account__keys_changed_at") + CHECKED_AGAIN_WITHIN, models.DateTimeField()
        )
        return self.held().filter(checked_at__lte=changed_at).order_by("id")


class Quarantined(models.Model):
    """A body that arrived on a known key and did not verify: sealed, and verified again later."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="quarantine")
    code = models.ForeignKey(QRCode, on_delete=models.PROTECT, null=True, related_name="+")
    sealed_body = models.BinaryField()
    body_digest = models.CharField(max_length=64)
    body_bytes = models.PositiveIntegerField(_("bytes"))
    content_type = models.CharField(max_length=100)
    #: As a notification's.
    headers = models.TextField(blank=True)
    why = models.CharField(_("why"), max_length=200)
    received_at = models.DateTimeField(_("received at"))
    received_count = models.PositiveIntegerField(_("times received"), default=1)
    #: When it last failed to verify.
    checked_at = models.DateTimeField(_("checked at"))
    notification = models.ForeignKey(
        Notification, on_delete=models.PROTECT, null=True, related_name="quarantined"
    )

    objects = QuarantinedQuerySet.as_manager()

    class Meta:
        verbose_name = _("quarantined message")
        verbose_name_plural = _("quarantined messages")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "body_digest", "content_type"], name="quarantined_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["account"], condition=Q(notification__isnull=True), name="quarantine_held"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.body_digest[:12]}"

    @property
    def was_checked(self) -> bool:
        """Whether any key has judged it yet."""
        return self.checked_at != NEVER_CHECKED


class IntakeCount(models.Model):
    """How many messages of a kind were turned away on a day (GMT+8) without being stored."""

    class Kind(models.TextChoices):
        UNKNOWN_KEY = "unknown_key", _("Unknown address")
        QUARANTINE_FULL = "quarantine_full", _("Quarantine full")
        TOO_LARGE = "too_large", _("Too large")

    day = models.DateField(_("day"))
    scope = models.CharField(max_length=20, blank=True, help_text=_("Number of the account."))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    count = models.PositiveBigIntegerField(_("count"), default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "scope", "kind"], name="intake_count_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}: {self.count}"
