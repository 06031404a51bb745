"""Who may see and do what where: memberships of people, and keys of programs."""

import hashlib
import secrets
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from merchant_portal.access import ROLE_NAMES, Role
from qrcodes.models.places import Merchant, Store


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


class IdempotencyKey(models.Model):
    """A caller's own key for one write that moves money: the same key again finds what it made.

    Written in the transaction of what it made, so that a crash leaves both or neither; a refusal
    leaves none and may be tried again.
    """

    #: Who it belongs to: ``person:<id>`` or ``key:<id>``.
    owner = models.CharField(max_length=40)
    key = models.CharField(_("idempotency key"), max_length=100)
    #: Digest of what was asked for; the same key for something else is refused.
    fingerprint = models.CharField(max_length=64)
    target_type = models.CharField(max_length=40)
    target_id = models.BigIntegerField()
    created_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.owner}: {self.key}"
