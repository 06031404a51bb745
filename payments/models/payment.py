"""Payments, and every move they made along their states."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Right
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account, GatewayCall
from merchant_portal.due import DueWork
from merchant_portal.fields import IdentifierField
from merchant_portal.money import Money
from payments.models.notification import Notification
from payments.states import (
    PAYMENT_TAKEN,
    PAYMENT_UNSETTLED,
    Interface,
    PaymentState,
    Product,
    Question,
)
from qrcodes.models import Counter, QRCode, Store

#: So many last digits name a payment among few others; fewer are not looked for.
LEAST_DIGITS = 4
#: Something of the payment has gone back, or is to.
GOES_BACK = Q(refunded_minor__gt=0) | Q(cancelled_minor__gt=0) | Q(reserved_minor__gt=0)


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

    def ending_in(self, digits: str) -> "PaymentQuerySet":
        """Payments one of whose numbers ends so, with ``LEAST_DIGITS`` digits or more. The last
        few stand in indexes; the rest is compared."""
        last = digits[-LEAST_DIGITS:]
        alipays = Q(last_of_alipays=last, alipay_trans_id__endswith=digits)
        ours = Q(last_of_ours=last, partner_trans_id__endswith=digits)
        return self.alias(
            last_of_alipays=Right("alipay_trans_id", LEAST_DIGITS),
            last_of_ours=Right("partner_trans_id", LEAST_DIGITS),
        ).filter(alipays | ours)


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
    #: The code whose address or fields the notification named; none where people placed it. Nothing
    #: is looked up by it, and an index is paid for with each payment.
    code = models.ForeignKey(
        QRCode, on_delete=models.PROTECT, related_name="payments", null=True, db_index=False
    )
    alipay_trans_id = IdentifierField(_("Alipay number"), max_length=64, blank=True)
    partner_trans_id = IdentifierField(_("merchant order number"), max_length=64, blank=True)
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
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="questions",
        db_index=False,
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
            models.CheckConstraint(
                condition=Q(product=Product.MERCHANT_QR)
                | Q(counter__isnull=False, store__isnull=False),
                name="payment_begun_here_has_counter",
            ),
        ]
        indexes = [
            # Numbers are looked up without the condition of the unique constraints above.
            models.Index(fields=["alipay_trans_id"], name="payment_alipay_number"),
            models.Index(fields=["partner_trans_id"], name="payment_partner_number"),
            # What a customer reads out: the last digits of a recent payment, at any counter.
            models.Index(
                Right("alipay_trans_id", LEAST_DIGITS),
                F("occurred_at").desc(),
                name="payment_last_digits",
            ),
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
                fields=["-occurred_at", "-id"],
                condition=~Q(question=""),
                name="payment_question_list",
            ),
            models.Index(
                fields=["-occurred_at", "-id"], condition=GOES_BACK, name="payment_goes_back_list"
            ),
            models.Index(fields=["wallet", "-occurred_at", "-id"], name="payment_wallet_list"),
            models.Index(Right("partner_trans_id", LEAST_DIGITS), name="payment_our_last_digits"),
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
    def reserved(self) -> Money:
        """What is asked for to go back, or on its way, and has not come to an end."""
        return Money(self.reserved_minor, self.currency)

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
    def is_begun_here(self) -> bool:
        """Whether the shop began it (a ``Sale``); customers begin what they pay by static code."""
        return self.product != Product.MERCHANT_QR

    @property
    def interface(self) -> Interface:
        """In which generation of the interface Alipay is spoken to about it."""
        return Interface(self.sale.interface) if self.is_begun_here else Interface.GATEWAY

    @property
    def is_unplaced(self) -> bool:
        return self.store_id is None


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
