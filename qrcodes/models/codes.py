"""Static codes, and every move they made."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import new_key
from merchant_portal.due import DueWork
from qrcodes.models.places import Enrolment
from qrcodes.states import (
    CODE_ENDED,
    CODE_UNSETTLED,
    CodeCall,
    CodeKind,
    CodeQuestion,
    CodeState,
)


class QRCodeQuerySet(models.QuerySet["QRCode"]):
    def live(self) -> "QRCodeQuerySet":
        """Codes that are neither deleted nor refused."""
        return self.exclude(state__in=CODE_ENDED)

    def settled(self) -> "QRCodeQuerySet":
        """Codes in force or stopped that owe Alipay no call."""
        return self.filter(state__in=(CodeState.ACTIVE, CodeState.STOPPED), next_call="")

    def with_place(self) -> "QRCodeQuerySet":
        """With everything Alipay is told about a code."""
        return self.select_related(
            "enrolment__account", "enrolment__store__merchant", "enrolment__counter__store"
        )


class QRCode(DueWork):
    """A version of an enrolment's static code.

    ``key`` is committed before the create call and reused by its retries; it stands in the path of
    the code's notify address and in its passback parameters, and resolves for ever.
    """

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="codes")
    kind = models.CharField(_("kind"), max_length=5, choices=CodeKind, default=CodeKind.PLAIN)
    version = models.PositiveIntegerField(_("version"))
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    value = models.CharField(_("text of the code"), max_length=256, blank=True)
    image_url = models.CharField(max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=CodeState)
    wanted_state = models.CharField(_("wanted state"), max_length=8, choices=CodeState)
    next_call = models.CharField(_("call owed"), max_length=6, choices=CodeCall, blank=True)
    channel_fee_type = models.CharField(_("channel fee type"), max_length=5, blank=True)
    channel_fee_value = models.CharField(_("channel fee"), max_length=20, blank=True)
    notify_url = models.CharField(_("notify address in force"), max_length=200, blank=True)
    #: Digest of what Alipay last confirmed to know about the code; empty: never confirmed.
    told_digest = models.CharField(max_length=64, blank=True, editable=False)
    known_before = models.BooleanField(_("existed before"), default=False)
    #: A call has left whose outcome is not known: from then on a refusal ends nothing.
    asked_without_answer = models.BooleanField(default=False)
    question = models.CharField(_("question"), max_length=18, choices=CodeQuestion, blank=True)
    question_since = models.DateTimeField(_("question since"), null=True)
    refusal = models.CharField(_("refusal"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("asked for at"))

    objects = QRCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("QR code")
        verbose_name_plural = _("QR codes")
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "kind"],
                condition=~Q(state__in=CODE_ENDED),
                name="code_one_live_per_kind",
            ),
            models.UniqueConstraint(
                fields=["value"],
                condition=~Q(state__in=CODE_ENDED) & ~Q(value=""),
                name="code_value_live_once",
            ),
            models.UniqueConstraint(
                fields=["enrolment", "kind", "version"], name="code_version_once"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=CODE_UNSETTLED)
                | Q(next_attempt_at__isnull=False)
                | ~Q(question=""),
                name="code_unsettled_is_watched",
            ),
            models.CheckConstraint(
                condition=Q(next_call="") | Q(next_attempt_at__isnull=False) | ~Q(question=""),
                name="code_call_is_watched",
            ),
            models.CheckConstraint(
                condition=Q(question="") | Q(question_since__isnull=False),
                name="code_question_has_age",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="code_due"),
            models.Index(fields=["value"], name="code_value"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment.place} v{self.version}"

    def get_absolute_url(self) -> str:
        return reverse("code_detail", args=[self.pk])

    @property
    def is_live(self) -> bool:
        return self.state not in CODE_ENDED

    @property
    def is_settled(self) -> bool:
        """In force or stopped, and no call is owed: a person may ask for a change."""
        return self.state in {CodeState.ACTIVE, CodeState.STOPPED} and not self.next_call

    @property
    def is_delete_wanted(self) -> bool:
        return self.next_call == CodeCall.STATUS and self.wanted_state == CodeState.DELETED

    @property
    def notify_path(self) -> str:
        return reverse("alipay_notify", args=[self.key])

    @property
    def wanted_notify_url(self) -> str:
        """The address Alipay shall post to: it follows ``PUBLIC_URL``."""
        return f"{settings.PUBLIC_URL}{self.notify_path}"


class QRCodeMove(models.Model):
    """One move of a code along its states."""

    code = models.ForeignKey(QRCode, on_delete=models.PROTECT, related_name="moves")
    from_state = models.CharField(max_length=8, choices=CodeState, blank=True)
    to_state = models.CharField(max_length=8, choices=CodeState)
    at = models.DateTimeField()
    actor_name = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("move of a code")
        verbose_name_plural = _("moves of a code")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} -> {self.to_state}"
