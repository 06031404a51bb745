"""Alipay accounts, their keys, and every call that was made to the gateway."""

import re
import secrets
from datetime import datetime
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import (
    MaxValueValidator,
    MinValueValidator,
    RegexValidator,
    URLValidator,
)
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal import rows
from merchant_portal.money import CURRENCIES, Money

a_web_address = URLValidator(
    schemes=["http", "https"], message=_("Enter a whole http or https address.")
)


def known_currency(code: str) -> None:
    if code not in CURRENCIES:
        raise ValidationError(
            _("%(code)s is not a currency Alipay lists; write three capitals such as HKD."),
            params={"code": code},
        )


def new_key() -> str:
    """A random key for an address: 128 bits, lower-case hexadecimal."""
    return secrets.token_hex(16)


class Region(models.TextChoices):
    GLOBAL = "global", _("Global")
    HK = "hk", _("Hong Kong")


class SignType(models.TextChoices):
    MD5 = "MD5", "MD5"
    RSA = "RSA", "RSA"
    RSA2 = "RSA2", "RSA2"


class Integration(models.TextChoices):
    """In whose name the account takes payments; others than direct ones register each store."""

    DIRECT = "direct", _("Direct: the merchant's own contract")
    ACQUIRER = "acquirer", _("Acquirer: for secondary merchants")
    INTEGRATOR = "integrator", _("Through a system integrator")


class AmountSource(models.TextChoices):
    AUTO = "auto", _("Query where pricing and settlement currency differ, else notification")
    NOTICE = "notice", _("Notification")
    QUERY = "query", _("Query")


class KeyPurpose(models.TextChoices):
    SHARED = "shared", _("MD5 key, shared with Alipay")
    OURS = "ours", _("Our private key")
    ALIPAY = "alipay", _("Alipay's public key")


class Account(models.Model):
    """One Alipay contract: a partner id in a region, with its address, keys and terms."""

    name = models.CharField(_("name"), max_length=100)
    partner_id = models.CharField(
        _("partner id"),
        max_length=16,
        validators=[RegexValidator(r"\A(2088|2160)[0-9]{12}\Z", _("16 digits, from 2088 or 2160"))],
    )
    region = models.CharField(_("region"), max_length=6, choices=Region)
    gateway_url = models.CharField(_("gateway address"), max_length=200, validators=[a_web_address])
    spare_url = models.CharField(
        _("spare address"),
        max_length=200,
        blank=True,
        validators=[a_web_address],
        help_text=_("Used only for questions, never for a call that changes something."),
    )
    sign_type = models.CharField(_("sign type"), max_length=4, choices=SignType)
    settlement_currency = models.CharField(
        _("settlement currency"), max_length=3, validators=[known_currency]
    )
    refund_window_days = models.PositiveSmallIntegerField(
        _("refund window (days)"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
    )
    cancel_grace_minutes = models.PositiveSmallIntegerField(
        _("cancel grace (minutes)"), default=15, validators=[MaxValueValidator(1440)]
    )
    approval_limit_minor = models.BigIntegerField(
        _("approval limit (minor units)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Above it a second person approves money going back. Empty: never."),
    )
    fee_rate = models.CharField(
        _("fee rate"),
        max_length=12,
        blank=True,
        help_text=_("As a fraction, 0.006 for 0.6 %. Empty: fees are not checked."),
        validators=[RegexValidator(r"\A0(\.[0-9]{1,8})?\Z", _("a fraction such as 0.006"))],
    )
    amount_source = models.CharField(
        _("amount from"), max_length=6, choices=AmountSource, default=AmountSource.AUTO
    )
    integration = models.CharField(
        _("integration"), max_length=10, choices=Integration, default=Integration.DIRECT
    )
    service_provider_id = models.CharField(_("system integrator id"), max_length=16, blank=True)
    statement_folder = models.CharField(_("statement folder"), max_length=300, blank=True)
    client_id = models.CharField(_("client id (JSON products)"), max_length=64, blank=True)
    key_version = models.CharField(_("key version (JSON products)"), max_length=8, blank=True)
    json_url = models.CharField(
        _("address of the JSON API"),
        max_length=200,
        blank=True,
        validators=[a_web_address],
        help_text=_(
            "Without a path. With a client id, what a counter begins is paid through the JSON API; "
            "without one, through the gateway."
        ),
    )
    sends_agent_tokens = models.BooleanField(
        _("agent tokens (JSON products)"),
        default=False,
        help_text=_(
            "Only where the client id is a system integrator's with a contract of its own: every"
            " call then names its merchant by an agent token."
        ),
    )
    notify_key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    created_at = models.DateTimeField(_("added at"))
    keys_changed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("Alipay account")
        verbose_name_plural = _("Alipay accounts")
        constraints = [
            models.UniqueConstraint(fields=["partner_id", "region"], name="account_once"),
        ]
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("account_detail", args=[self.pk])

    def clean(self) -> None:
        if self.spare_url and self.spare_url == self.gateway_url:
            raise ValidationError(
                {"spare_url": _("The spare address is the gateway address; leave it empty.")}
            )
        self.json_url = self.json_url.rstrip("/")
        problems = {}
        if self.json_url.count("/") > 2 or "?" in self.json_url or "#" in self.json_url:
            problems["json_url"] = _("Without a path: https://open-sea-global.alipay.com.")
        if not re.fullmatch(r"[A-Za-z0-9_-]*", self.client_id):
            problems["client_id"] = _("A client id is letters, digits, _ and -.")
        if not re.fullmatch(r"[0-9]*", self.key_version, re.ASCII):
            problems["key_version"] = _("A key version is a number.")
        if self.sends_agent_tokens and not self.client_id:
            problems["sends_agent_tokens"] = _("Agent tokens go with a client id only.")
        if problems:
            raise ValidationError(problems)

    @property
    def approval_limit(self) -> Money | None:
        """The amount above which a second person approves money going back."""
        if self.approval_limit_minor is None:
            return None
        return Money(self.approval_limit_minor, self.settlement_currency)

    @property
    def is_hk(self) -> bool:
        return self.region == Region.HK

    @property
    def sells_by_json(self) -> bool:
        """Whether sales begun at a counter go through the JSON API; else through the gateway."""
        return bool(self.client_id and self.json_url)

    @property
    def registers_stores(self) -> bool:
        """Whether Alipay is told about each store, and reviews it, before it may be paid."""
        return self.integration != Integration.DIRECT

    @property
    def names_registrants(self) -> bool:
        """Whether Alipay also asks who stands behind a store: acquirers tell, integrators do not.

        Page: global.alipay.com/docs/ac/global/offline_maintain.
        """
        return self.integration == Integration.ACQUIRER

    def live_keys(self, at: datetime) -> "list[AccountKey]":
        """Keys in force at an instant, newest first; what ``keys.live`` gives, for each call."""
        return rows.select(AccountKey, _KEYS_IN_FORCE, [self.pk, at, at])

    @property
    def points_at_simulator(self) -> bool:
        """Whether the gateway is on this very machine, and so no real money moves."""
        host = urlsplit(self.gateway_url).hostname or ""
        return host in {"localhost", "::1"} or host.startswith("127.")


_KEYS_IN_FORCE = (
    "account_id = %s AND valid_from <= %s AND (retired_at IS NULL OR retired_at > %s) "
    "ORDER BY valid_from DESC, id DESC"
)


class AccountKeyQuerySet(models.QuerySet["AccountKey"]):
    def live(self, at: datetime) -> "AccountKeyQuerySet":
        """Keys in force at an instant; two may be while one is being replaced."""
        return self.filter(
            Q(retired_at__isnull=True) | Q(retired_at__gt=at), valid_from__lte=at
        ).order_by("-valid_from", "-id")


class AccountKey(models.Model):
    """One key of an account, sealed with the master key."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="keys")
    purpose = models.CharField(_("purpose"), max_length=6, choices=KeyPurpose)
    algorithm = models.CharField(_("algorithm"), max_length=4, choices=SignType)
    sealed = models.BinaryField()
    fingerprint = models.CharField(_("fingerprint"), max_length=16)
    added_at = models.DateTimeField(_("added at"))
    #: Empty: made here and not yet known at Alipay, so it does not sign.
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    objects = AccountKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("account key")
        verbose_name_plural = _("account keys")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "purpose", "algorithm", "fingerprint"], name="account_key_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.algorithm} {self.fingerprint}"

    @property
    def is_ours(self) -> bool:
        return self.purpose == KeyPurpose.OURS

    @property
    def is_waiting(self) -> bool:
        """Made here; its public half is not yet said to be known at Alipay."""
        return self.valid_from is None and self.retired_at is None

    def is_live(self, at: datetime) -> bool:
        """Whether the key signs or verifies at an instant."""
        is_retired = self.retired_at is not None and self.retired_at <= at
        return self.valid_from is not None and self.valid_from <= at and not is_retired


class CallOutcome(models.TextChoices):
    ANSWERED = "answered", _("Answered")
    REFUSED = "refused", _("Refused")
    NO_ANSWER = "no_answer", _("No answer")


class GatewayCall(models.Model):
    """One call to Alipay, as it was sent and as it was answered. Written by ``gateway`` alone."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="calls")
    service = models.CharField(_("service"), max_length=80)
    subject_type = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    url = models.CharField(_("address"), max_length=300)
    presign = models.TextField(_("signed string"))
    started_at = models.DateTimeField(_("sent at"))
    elapsed_ms = models.PositiveIntegerField(_("milliseconds"))
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    content_type = models.CharField(max_length=100, blank=True)
    #: What an answer of the JSON API signs beside its body, as `alipay.json_api.kept_answers`
    #: writes it. Empty of the gateway's, which sign themselves, and of rows older than the column.
    headers = models.TextField(blank=True, default="")
    body = models.BinaryField(_("answer"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=CallOutcome)
    code = models.CharField(_("code"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("gateway call")
        verbose_name_plural = _("gateway calls")
        indexes = [models.Index(fields=["subject_type", "subject_id", "id"])]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.service} {self.get_outcome_display()}"
