"""Merchants, stores, counters, and how they are known at Alipay."""

from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account, Integration, a_web_address
from qrcodes.states import CODE_ENDED, ReviewState

if TYPE_CHECKING:
    from qrcodes.models.codes import QRCode

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
    front_photo_url = models.CharField(
        _("photo of the front"), max_length=300, blank=True, validators=[a_web_address]
    )
    inside_photo_url = models.CharField(
        _("photo of the inside"), max_length=300, blank=True, validators=[a_web_address]
    )
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


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def reviewed(self) -> "EnrolmentQuerySet":
        """Those whose stores Alipay reviews."""
        return self.exclude(account__integration=Integration.DIRECT)

    def in_review_state(self, state: ReviewState) -> "EnrolmentQuerySet":
        """Those whose review stands so."""
        return self.filter(in_review_state(state))


def in_review_state(state: ReviewState) -> Q:
    """The enrolments in a state of review; one that was never told about is unregistered."""
    if state != ReviewState.UNREGISTERED:
        return Q(registration__state=state)
    return Q(registration__state=state) | Q(registration__isnull=True)


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
    known_at_alipay = models.BooleanField(
        _("Alipay knows this store id already"),
        default=False,
        help_text=_("A code that exists there is taken over; posters that show it stay good."),
    )
    frozen_at = models.DateTimeField(null=True, editable=False)

    objects = EnrolmentQuerySet.as_manager()

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

    @property
    def review_state(self) -> ReviewState:
        """Where Alipay's review of the store stands; of no matter under a direct account."""
        registration = getattr(self, "registration", None)
        return ReviewState(registration.state) if registration else ReviewState.UNREGISTERED

    @property
    def awaits_approval(self) -> bool:
        """Whether Alipay must approve the store, and has not."""
        return self.account.registers_stores and self.review_state != ReviewState.APPROVED

    def live_codes(self) -> models.QuerySet["QRCode"]:
        return self.codes.exclude(state__in=CODE_ENDED)
