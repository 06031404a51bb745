"""Merchants, stores, counters, how they are known at Alipay, their codes, and who may see them."""

import hashlib
import secrets
from datetime import datetime
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal.access import ROLE_NAMES, Role
from merchant_portal.accounts.models import Account, new_key
from merchant_portal.due import DueWork
from qrcodes.states import (
    CODE_ENDED,
    CODE_UNSETTLED,
    CodeCall,
    CodeKind,
    CodeQuestion,
    CodeState,
    ReviewState,
)

#: Codes carry no dash: `<store>-<counter>` is the store id at Alipay, at most 32 characters.
no_dash = RegexValidator(r"\A[A-Za-z0-9_]+\Z", _("Letters, digits and underscore only."))


def known_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("%(name)s is not a time zone."), params={"name": name})


class Merchant(models.Model):
    """A legal person that owns stores; the secondary merchant of the protocol."""

    name = models.CharField(_("registered legal name"), max_length=64)
    mcc = models.CharField(
        _("merchant category code"),
        max_length=4,
        validators=[RegexValidator(r"\A[0-9]{4}\Z", _("Four digits, 5812 for a restaurant."))],
    )
    secondary_merchant_id = models.CharField(
        _("secondary merchant id"),
        max_length=32,
        unique=True,
        validators=[no_dash],
        help_text=_("Fixed for the life of every code. Letters, digits and underscore."),
    )

    class Meta:
        verbose_name = _("merchant")
        verbose_name_plural = _("merchants")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Store(models.Model):
    """A shop. It exists once, however many accounts it is paid through."""

    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="stores", verbose_name=_("merchant")
    )
    code = models.CharField(_("code"), max_length=16, validators=[no_dash])
    name = models.CharField(_("name"), max_length=64)
    country = models.CharField(
        _("country"),
        max_length=2,
        validators=[RegexValidator(r"\A[A-Z]{2}\Z", _("Two capital letters, HK for Hong Kong."))],
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    pricing_currency = models.CharField(_("pricing currency"), max_length=3)
    time_zone = models.CharField(_("time zone"), max_length=40, validators=[known_time_zone])
    business_day_starts = models.TimeField(_("business day starts at"), default="00:00")

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "code"], name="store_code_once"),
        ]
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("store_detail", args=[self.pk])


class Counter(models.Model):
    """A till of a store."""

    store = models.ForeignKey(
        Store, on_delete=models.PROTECT, related_name="counters", verbose_name=_("store")
    )
    code = models.CharField(_("code"), max_length=15, validators=[no_dash])
    name = models.CharField(_("name"), max_length=64)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")
        constraints = [
            models.UniqueConstraint(fields=["store", "code"], name="counter_code_once"),
        ]
        ordering = ["store", "code", "id"]

    def __str__(self) -> str:
        return f"{self.store} / {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("counter_detail", args=[self.pk])

    @property
    def live_codes(self) -> list["QRCode"]:
        """The counter's codes in every account, neither deleted nor refused."""
        return [
            code
            for enrolment in self.enrolments.all()
            for code in enrolment.codes.all()
            if code.is_live
        ]


class Enrolment(models.Model):
    """How a store or a counter is known at Alipay under one account.

    Alipay keys codes by partner, secondary merchant and store id
    (global.alipay.com/docs/ac/global/qrcode_create), so the store id and the pricing currency are
    frozen from the first create that Alipay did not plainly refuse.
    """

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="enrolments", verbose_name=_("account")
    )
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="enrolments")
    counter = models.ForeignKey(
        Counter, on_delete=models.PROTECT, related_name="enrolments", null=True, blank=True
    )
    secondary_merchant_id = models.CharField(max_length=32, editable=False)
    alipay_store_id = models.CharField(
        _("store id at Alipay"),
        max_length=32,
        validators=[RegexValidator(r"\A[A-Za-z0-9_-]+\Z", _("Letters, digits, dash, underscore."))],
    )
    pricing_currency = models.CharField(_("pricing currency"), max_length=3)
    settlement_currency = models.CharField(_("settlement currency"), max_length=3)
    review_state = models.CharField(
        _("review"), max_length=12, choices=ReviewState, default=ReviewState.UNREGISTERED
    )
    known_at_alipay = models.BooleanField(
        _("Alipay knows this store id already"),
        default=False,
        help_text=_("A code that exists there is taken over; posters that show it stay good."),
    )
    frozen_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "secondary_merchant_id", "alipay_store_id"],
                name="enrolment_store_id_once",
            ),
            models.UniqueConstraint(
                fields=["account", "counter"],
                condition=Q(counter__isnull=False),
                name="enrolment_counter_once",
            ),
            models.UniqueConstraint(
                fields=["account", "store"],
                condition=Q(counter__isnull=True),
                name="enrolment_store_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.alipay_store_id}"

    @property
    def place(self) -> Store | Counter:
        return self.counter or self.store

    def live_codes(self) -> models.QuerySet["QRCode"]:
        return self.codes.exclude(state__in=CODE_ENDED)


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


class Membership(models.Model):
    """What a person is, and where: at one merchant or all, at some stores or all."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(
        _("role"), max_length=13, choices=[(role.value, ROLE_NAMES[role]) for role in Role]
    )
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        related_name="memberships",
        null=True,
        blank=True,
        verbose_name=_("merchant"),
        help_text=_("Empty: every merchant."),
    )
    stores = models.ManyToManyField(
        Store,
        related_name="memberships",
        blank=True,
        verbose_name=_("stores"),
        help_text=_("Empty: every store of the merchant."),
    )

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"


class ApiKey(models.Model):
    """A key for a program: a role at one merchant, one store, or everywhere.

    Only a digest is kept; the key itself is shown once, when it is made.
    """

    PREFIX_LENGTH = 8

    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    role = models.CharField(
        _("role"), max_length=13, choices=[(role.value, ROLE_NAMES[role]) for role in Role]
    )
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, null=True, blank=True)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_live(self, at: datetime) -> bool:
        """Whether the key opens anything at an instant."""
        is_expired = self.expires_at is not None and self.expires_at <= at
        return self.revoked_at is None and not is_expired

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()
