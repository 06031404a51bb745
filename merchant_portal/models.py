"""People, the audit log, and the sign that the clock runs."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person who signs in. What they may do stands in their memberships."""

    #: The language they chose; empty: their browser's.
    language = models.CharField(_("language"), max_length=10, blank=True)

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class AuditEntry(models.Model):
    """Who did what, when: one row per verb of a person, a key or a schedule."""

    at = models.DateTimeField(_("at"), db_index=True)
    actor_user = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="audit_entries"
    )
    actor_name = models.CharField(_("actor"), max_length=200)
    verb = models.CharField(_("verb"), max_length=60)
    target_type = models.CharField(max_length=40)
    target_id = models.BigIntegerField(null=True)
    target_name = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [models.Index(fields=["target_type", "target_id"])]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.verb} {self.target_name}"


class StepUp(models.Model):
    """What a person shows again where money goes back: a PIN, if they have set one, and how often
    in a row what they typed was wrong."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="step_up")
    pin_hash = models.CharField(max_length=128, blank=True, editable=False)
    pin_set_at = models.DateTimeField(_("PIN set at"), null=True)
    wrong_in_a_row = models.PositiveIntegerField(_("wrong in a row"), default=0)
    #: Nothing that is typed is looked at before this instant.
    paused_until = models.DateTimeField(_("paused until"), null=True)

    class Meta:
        verbose_name = _("step-up")
        verbose_name_plural = _("step-ups")

    def __str__(self) -> str:
        return str(self.user)


class ClockTick(models.Model):
    """When the clock (beat) last reached a worker: one row, renewed by a task."""

    seen_at = models.DateTimeField(_("seen at"))

    def __str__(self) -> str:
        return str(self.seen_at)
