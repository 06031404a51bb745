"""Screens that stand at counters: paired once by a manager, then without personal sign-in."""

import hashlib
import secrets
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from qrcodes.models.places import Counter
from qrcodes.states import DeviceUse

#: No sign looks like another: people read codes off one screen and type them into the next.
CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class DeviceTerms(models.Model):
    """What a manager says of a device when it is paired."""

    counter = models.ForeignKey(Counter, on_delete=models.PROTECT)
    name = models.CharField(
        _("name"),
        max_length=60,
        help_text=_("So that people know which one it is: Tablet, Second monitor."),
    )
    shows_takings = models.BooleanField(
        _("Shows what the counter has taken today"),
        default=False,
        help_text=_("Customers may see the screen too."),
    )
    use = models.CharField(
        _("who stands in front of it"),
        max_length=12,
        choices=DeviceUse,
        default=DeviceUse.STAFF,
    )

    class Meta:
        abstract = True


class Pairing(DeviceTerms):
    """A one-time code by which one device becomes the screen of one counter.

    Its first half finds the row, so that wrong tries are counted per code; of the whole only a
    keyed digest is kept.
    """

    CODE_LENGTH = 8
    PREFIX_LENGTH = 4

    counter = models.ForeignKey(Counter, on_delete=models.PROTECT, related_name="pairings")
    prefix = models.CharField(max_length=4, unique=True)
    digest = models.CharField(max_length=64)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    made_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("expires at"))
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(_("used at"), null=True)

    class Meta:
        verbose_name = _("pairing code")
        verbose_name_plural = _("pairing codes")

    def __str__(self) -> str:
        return f"{self.name}: {self.counter}"

    @staticmethod
    def new_code() -> str:
        return "".join(secrets.choice(CODE_ALPHABET) for _ in range(Pairing.CODE_LENGTH))

    @staticmethod
    def digest_of(code: str) -> str:
        """Keyed: eight characters could be tried out against a plain digest."""
        return salted_hmac("pairing code", code, algorithm="sha256").hexdigest()


class PairingMiss(models.Model):
    """A wrong code from an address; counted, so that nobody can try all of them."""

    address = models.CharField(max_length=45)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("wrong pairing code")
        verbose_name_plural = _("wrong pairing codes")
        indexes = [models.Index(fields=["address", "at"], name="pairing_miss_address")]

    def __str__(self) -> str:
        return f"{self.address} {self.at}"


class DeviceQuerySet(models.QuerySet["Device"]):
    def in_use(self) -> "DeviceQuerySet":
        """Devices that may still look."""
        return self.filter(revoked_at__isnull=True)


class Device(DeviceTerms):
    """A tablet, phone or monitor that shows one counter's screen and nothing else.

    Of its token only the SHA-256 is kept; the token itself stands in the device's cookie alone.
    """

    TOKEN_BYTES = 32

    counter = models.ForeignKey(Counter, on_delete=models.PROTECT, related_name="devices")
    token_digest = models.CharField(max_length=64, unique=True)
    paired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    paired_at = models.DateTimeField(_("paired at"))
    last_seen_at = models.DateTimeField(_("last seen at"))
    revoked_at = models.DateTimeField(_("disconnected at"), null=True)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=models.F("paired_at")),
                name="device_seen_after_pairing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.counter}"

    def get_absolute_url(self) -> str:
        return reverse("counter_devices", args=[self.counter_id])

    @property
    def is_for_customers(self) -> bool:
        """Whether customers stand in front of it: it shows them nothing of the counter's."""
        return self.use != DeviceUse.STAFF

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None

    def is_live(self, now: datetime, *, within_seconds: int = 90) -> bool:
        """Whether it looked a moment ago."""
        return (now - self.last_seen_at).total_seconds() <= within_seconds

    @staticmethod
    def new_token() -> str:
        return secrets.token_urlsafe(Device.TOKEN_BYTES)

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()
