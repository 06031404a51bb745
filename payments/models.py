"""What Alipay told us, the payments it became, and the ledger."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account, AccountKey, GatewayCall
from merchant_portal.due import DueWork
from merchant_portal.money import Money
from payments.states import (
    PAYMENT_TAKEN,
    PAYMENT_UNSETTLED,
    LookupState,
    NotificationState,
    PaymentState,
    Product,
    Question,
    WaitReason,
)
from qrcodes.models import Counter, QRCode, Store

#: See QuarantinedQuerySet.to_verify_again.
CHECKED_AGAIN_WITHIN = timedelta(minutes=1)
#: For a body that no key could be opened for: before any change of keys, so it is checked again.
NEVER_CHECKED = datetime(1970, 1, 1, tzinfo=UTC)


class PaymentQuerySet(models.QuerySet["Payment"]):
    def newest_first(self) -> "PaymentQuerySet":
        """As every list shows them."""
        return self.order_by("-occurred_at", "-id")

    def taken(self) -> "PaymentQuerySet":
        """What a cashier may call paid, booked or still being confirmed."""
        return self.filter(state__in=PAYMENT_TAKEN)

    def unsettled(self) -> "PaymentQuerySet":
        """What Alipay is still asked about."""
        return self.filter(state__in=PAYMENT_UNSETTLED)

    def unplaced(self) -> "PaymentQuerySet":
        """Payments no store is known for."""
        return self.filter(store__isnull=True)

    def questioned(self) -> "PaymentQuerySet":
        """Payments about which a person must decide."""
        return self.exclude(question="")

    def numbered(self, number: str) -> "PaymentQuerySet":
        """Payments that carry exactly this number, Alipay's or the merchant's."""
        return self.filter(Q(alipay_trans_id=number) | Q(partner_trans_id=number))


class Payment(DueWork):
    """One buyer's payment, whatever product began it. Amounts are minor units of ``currency``."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payments")
    product = models.CharField(_("product"), max_length=12, choices=Product)
    #: None: unplaced. Its lists' indexes serve the foreign key too, as the counter's do.
    store = models.ForeignKey(
        Store, on_delete=models.PROTECT, related_name="payments", null=True, db_index=False
    )
    counter = models.ForeignKey(
        Counter, on_delete=models.PROTECT, related_name="payments", null=True, db_index=False
    )
    #: The code whose address or fields the notification named; none where people placed it.
    code = models.ForeignKey(QRCode, on_delete=models.PROTECT, related_name="payments", null=True)
    alipay_trans_id = models.CharField(_("Alipay number"), max_length=64, blank=True)
    partner_trans_id = models.CharField(_("merchant order number"), max_length=64, blank=True)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    #: What the merchant gave as a coupon or discount; Alipay tells it in settlement currency.
    merchant_discount_minor = models.BigIntegerField(default=0)
    merchant_discount_currency = models.CharField(max_length=3, blank=True)
    wallet = models.CharField(_("wallet"), max_length=32, blank=True)
    buyer = models.CharField(_("buyer"), max_length=100, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=PaymentState)
    closed_reason = models.CharField(max_length=100, blank=True)
    paid_at = models.DateTimeField(_("paid at"), null=True)
    #: When it happened as far as we know: paid at, else when we first heard of it. Orders lists.
    occurred_at = models.DateTimeField(_("time"))
    first_heard_at = models.DateTimeField(_("first heard of at"))
    refunded_minor = models.BigIntegerField(default=0)
    cancelled_minor = models.BigIntegerField(default=0)
    reserved_minor = models.BigIntegerField(default=0)
    frozen = models.BooleanField(default=False)
    refundable = models.BooleanField(default=True)
    question = models.CharField(_("question"), max_length=20, choices=Question, blank=True)
    question_since = models.DateTimeField(null=True)
    question_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="questions"
    )

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "alipay_trans_id"],
                condition=~Q(alipay_trans_id=""),
                name="payment_alipay_number_once",
            ),
            models.UniqueConstraint(
                fields=["account", "partner_trans_id"],
                condition=~Q(partner_trans_id=""),
                name="payment_partner_number_once",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0)
                & Q(cancelled_minor__gte=0)
                & Q(reserved_minor__gte=0)
                & Q(
                    amount_minor__gte=F("refunded_minor")
                    + F("cancelled_minor")
                    + F("reserved_minor")
                ),
                name="payment_gives_back_at_most_its_amount",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=PAYMENT_UNSETTLED)
                | Q(next_attempt_at__isnull=False)
                | ~Q(question=""),
                name="payment_unsettled_is_watched",
            ),
            models.CheckConstraint(
                condition=~Q(state=PaymentState.PAID) | Q(paid_at__isnull=False),
                name="payment_paid_has_time",
            ),
        ]
        indexes = [
            # Numbers are looked up without the condition of the unique constraints above.
            models.Index(fields=["alipay_trans_id"], name="payment_alipay_number"),
            models.Index(fields=["partner_trans_id"], name="payment_partner_number"),
            models.Index(fields=["-occurred_at", "-id"], name="payment_list"),
            models.Index(fields=["amount_minor"], name="payment_amount"),
            models.Index(fields=["store", "-occurred_at", "-id"], name="payment_store_list"),
            models.Index(fields=["counter", "-occurred_at", "-id"], name="payment_counter_list"),
            models.Index(fields=["state", "-occurred_at", "-id"], name="payment_state_list"),
            models.Index(fields=["counter", "id"], name="payment_counter_feed"),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="payment_due",
            ),
            models.Index(
                fields=["question_since"], condition=~Q(question=""), name="payment_question"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.alipay_trans_id or self.partner_trans_id}"

    def get_absolute_url(self) -> str:
        return reverse("payment_detail", args=[self.pk])

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def given_back(self) -> Money:
        return Money(self.refunded_minor + self.cancelled_minor, self.currency)

    @property
    def merchant_discount(self) -> Money | None:
        """The merchant's own coupon or discount, in settlement currency."""
        if not self.merchant_discount_minor:
            return None
        return Money(self.merchant_discount_minor, self.merchant_discount_currency)

    @property
    def is_taken(self) -> bool:
        """Whether a cashier may call it paid."""
        return self.state in PAYMENT_TAKEN

    @property
    def is_unsettled(self) -> bool:
        """Whether Alipay is still asked about it, or a person."""
        return self.state in PAYMENT_UNSETTLED

    @property
    def is_unplaced(self) -> bool:
        return self.store_id is None


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
    code = models.ForeignKey(
        QRCode, on_delete=models.PROTECT, related_name="notifications", null=True
    )
    verified_with = models.ForeignKey(
        AccountKey, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    notify_id = models.CharField(_("notification id"), max_length=128)
    digest = models.CharField(max_length=64)
    body = models.BinaryField()
    content_type = models.CharField(max_length=100)
    received_at = models.DateTimeField(_("received at"))
    last_received_at = models.DateTimeField(_("last received at"))
    received_count = models.PositiveIntegerField(_("times received"), default=1)
    #: The same notification id came with other content before.
    conflicting = models.BooleanField(default=False)
    alipay_trans_id = models.CharField(_("Alipay number"), max_length=64, blank=True)
    partner_trans_id = models.CharField(_("merchant order number"), max_length=64, blank=True)
    trade_status = models.CharField(_("status"), max_length=32, blank=True)
    state = models.CharField(
        _("state"), max_length=7, choices=NotificationState, default=NotificationState.WAITING
    )
    reason = models.CharField(_("reason"), max_length=20, choices=WaitReason, blank=True)
    reason_text = models.CharField(max_length=300, blank=True)
    applied_at = models.DateTimeField(_("applied at"), null=True)
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="notifications", null=True
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


class PaymentMove(models.Model):
    """One move of a payment along its states, and what caused it."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="moves")
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10, choices=PaymentState)
    at = models.DateTimeField()
    actor_name = models.CharField(max_length=200)
    notification = models.ForeignKey(
        Notification, on_delete=models.PROTECT, null=True, db_index=False
    )
    call = models.ForeignKey(GatewayCall, on_delete=models.PROTECT, null=True, db_index=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} -> {self.to_state}"


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


class LookupQuerySet(models.QuerySet["Lookup"]):
    def asking(self) -> "LookupQuerySet":
        return self.filter(state=LookupState.ASKING)

    def unanswered(self) -> "LookupQuerySet":
        """Alipay gave no usable answer to the end of the ladder: somebody must look."""
        return self.filter(state=LookupState.UNANSWERED)


class Lookup(DueWork):
    """A question to Alipay about a number, asked before there is a payment with an amount."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lookups")
    alipay_trans_id = models.CharField(_("Alipay number"), max_length=64, blank=True)
    partner_trans_id = models.CharField(_("merchant order number"), max_length=64, blank=True)
    counter = models.ForeignKey(Counter, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=LookupState)
    asked_by = models.CharField(_("asked by"), max_length=200)
    asked_at = models.DateTimeField(_("asked at"))
    settled_at = models.DateTimeField(null=True)
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, related_name="lookups"
    )

    objects = LookupQuerySet.as_manager()

    class Meta:
        verbose_name = _("lookup")
        verbose_name_plural = _("lookups")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=LookupState.ASKING) | Q(next_attempt_at__isnull=False),
                name="lookup_asking_is_due",
            ),
            models.CheckConstraint(
                condition=~(Q(alipay_trans_id="") & Q(partner_trans_id="")),
                name="lookup_names_a_number",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="lookup_due",
            ),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.alipay_trans_id or self.partner_trans_id


class LedgerAccount(models.TextChoices):
    RECEIVABLE = "receivable", _("Receivable from Alipay")
    SALES = "sales", _("Sales")
    CANCELS = "cancels", _("Cancels")
    REFUNDS = "refunds", _("Refunds")


class EntryKind(models.TextChoices):
    PAYMENT = "PAYMENT", _("Payment")
    CANCEL = "CANCEL", _("Cancel")
    REFUND = "REFUND", _("Refund")
    REFUND_REVERSAL = "REFUND_REVERSAL", _("Refund returned")
    ADJUSTMENT = "ADJUSTMENT", _("Adjustment")


class LedgerEntry(models.Model):
    """One amount moved from one ledger account (credit) to another (debit). Never changed."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="ledger_entries", db_index=False
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="ledger_entries", null=True
    )
    kind = models.CharField(_("kind"), max_length=16, choices=EntryKind)
    reference = models.CharField(_("reference"), max_length=100)
    debit = models.CharField(_("debit"), max_length=12, choices=LedgerAccount)
    credit = models.CharField(_("credit"), max_length=12, choices=LedgerAccount)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    occurred_at = models.DateTimeField(_("occurred at"))
    posted_at = models.DateTimeField(_("posted at"))

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "reference"], name="ledger_entry_once"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="ledger_entry_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="ledger_entry_moves"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
