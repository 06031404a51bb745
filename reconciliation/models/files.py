"""A delivery of a nightly file, or one that is awaited, and what it holds line by line."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Document, Family
from merchant_portal.due import DueWork
from merchant_portal.fields import IdentifierField
from merchant_portal.money import Money
from payments.states import Interface
from reconciliation.states import (
    FILE_AWAITED,
    FILE_USABLE,
    DiscrepancyState,
    FileState,
    LineKind,
    Source,
)


class StatementFileQuerySet(models.QuerySet["StatementFile"]):
    def awaited(self) -> "StatementFileQuerySet":
        """Due or late, with no bytes yet."""
        return self.filter(state__in=FILE_AWAITED)

    def missed(self) -> "StatementFileQuerySet":
        """Late, and nobody has said yet why they will not come."""
        return self.filter(state=FileState.LATE, discrepancies__state=DiscrepancyState.OPEN)

    def received(self) -> "StatementFileQuerySet":
        """Whose bytes are here, whatever they are good for."""
        return self.exclude(state__in=FILE_AWAITED)

    def usable(self) -> "StatementFileQuerySet":
        """Whose lines are compared."""
        return self.filter(state__in=FILE_USABLE)

    def of_interface(self, interface: Interface) -> "StatementFileQuerySet":
        return self.filter(interface=interface)

    def of_day(self, account: Account, document: str, day: date) -> "StatementFileQuerySet":
        return self.filter(account=account, document=document, day=day)


class StatementFile(DueWork):
    """One delivery of a nightly file, or one that is awaited. Its bytes are kept as they came."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="statement_files", verbose_name=_("account")
    )
    name = models.CharField(_("name"), max_length=200)
    family = models.CharField(
        _("family"), max_length=4, choices=[(each.value, each.value) for each in Family], blank=True
    )
    #: Whose payments it tells of: an account may have both, and then files of both each day.
    interface = models.CharField(
        _("interface"), max_length=7, choices=Interface, default=Interface.GATEWAY
    )
    document = models.CharField(
        _("document"), max_length=11, choices=[(each.value, each.value) for each in Document]
    )
    #: The transaction day (GMT+8) whose lines it has; of a settlement file the day in its name.
    day = models.DateField(_("day"), null=True)
    state = models.CharField(_("state"), max_length=14, choices=FileState)
    #: Awaited files: from this instant on it may come, and is late after its deadline.
    due_at = models.DateTimeField(_("due at"), null=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    size_bytes = models.BigIntegerField(_("bytes"), default=0)
    charset = models.CharField(_("charset"), max_length=8, blank=True)
    source = models.CharField(_("came by"), max_length=8, choices=Source, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True)
    received_by_name = models.CharField(_("received by"), max_length=200, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True)
    stated_count = models.PositiveBigIntegerField(_("stated lines"), null=True)
    row_count = models.PositiveBigIntegerField(_("lines stored"), default=0)
    set_aside_count = models.PositiveBigIntegerField(_("lines set aside"), default=0)
    #: What keeps it from ACCEPTED: a sentence of the protocol package, its line, what was found.
    problem = models.CharField(_("problem"), max_length=200, blank=True)
    problem_line = models.PositiveBigIntegerField(null=True)
    problem_shown = models.CharField(max_length=200, blank=True)
    superseded_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="supersedes"
    )
    #: A person holds a file with another count to be complete: absence in it means something.
    vouched_by_name = models.CharField(max_length=200, blank=True)
    vouched_at = models.DateTimeField(null=True)
    reconciled_at = models.DateTimeField(_("compared at"), null=True)

    objects = StatementFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("statement file")
        verbose_name_plural = _("statement files")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "name", "sha256"],
                condition=~Q(sha256=""),
                name="statement_file_once",
            ),
            models.UniqueConstraint(
                fields=["account", "document", "day", "interface"],
                condition=Q(state__in=FILE_AWAITED),
                name="statement_awaited_once",
            ),
            models.UniqueConstraint(
                fields=["account", "name"],
                condition=Q(state__in=FILE_USABLE),
                name="statement_one_usable_delivery",
            ),
            models.CheckConstraint(
                condition=Q(state__in=FILE_AWAITED) | ~Q(sha256=""),
                name="statement_received_has_bytes",
            ),
            models.CheckConstraint(
                condition=~Q(state=FileState.RECEIVED) | Q(next_attempt_at__isnull=False),
                name="statement_received_is_due",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "document", "day"], name="statement_day"),
            models.Index(fields=["-day", "-id"], name="statement_list"),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="statement_due",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("statement_detail", args=[self.pk])

    @property
    def is_awaited(self) -> bool:
        return self.state in FILE_AWAITED

    @property
    def is_complete(self) -> bool:
        """Whether what is absent from it is absent at Alipay."""
        return self.state == FileState.ACCEPTED or (
            self.state == FileState.COUNT_MISMATCH and self.vouched_at is not None
        )


class StatementLine(models.Model):
    """One line of a file whose rows may be used. Amounts are magnitudes in minor units.

    ``amount_minor``, ``fee_minor`` and ``net_minor`` are in ``currency``, the settlement currency;
    payments are compared in pricing currency. Lines of kind OTHER and TOTAL have their own sign.
    """

    # Without a constraint: checking a million lines against the one row that the same transaction
    # has locked took as long as storing them. Only reading a file writes lines.
    file = models.ForeignKey(
        StatementFile,
        on_delete=models.CASCADE,
        related_name="lines",
        db_constraint=False,
        db_index=False,
    )
    line_number = models.PositiveBigIntegerField(_("line"))
    kind = models.CharField(_("kind"), max_length=15, choices=LineKind)
    partner_trans_id = IdentifierField(_("partner number"), max_length=64)
    alipay_trans_id = IdentifierField(_("Alipay number"), max_length=64)
    #: JSON products only: the payment's number that the line of a refund or cancel gives. The
    #: default is the database's, so that storing the lines of other files says nothing of it.
    original_trans_id = IdentifierField(max_length=64, blank=True, db_default="")
    #: Settlements of the JSON products: the number of the batch in which it was paid out.
    batch = IdentifierField(_("batch"), max_length=64, blank=True, db_default="")
    #: Summaries only: of how many lines it is the sum.
    stated_count = models.PositiveBigIntegerField(_("stated lines"), null=True)
    currency = models.CharField(_("settlement currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount"))
    #: None where the file gives no fee; that is not a fee of zero.
    fee_minor = models.BigIntegerField(_("fee"), null=True)
    #: Settlement files only: what was paid out or taken back.
    net_minor = models.BigIntegerField(_("net"), null=True)
    pricing_currency = models.CharField(_("pricing currency"), max_length=3, blank=True)
    pricing_amount_minor = models.BigIntegerField(_("pricing amount"), null=True)
    occurred_at = models.DateTimeField(_("time"))
    settled_at = models.DateTimeField(_("settled at"), null=True)
    remark = models.CharField(_("remark"), max_length=256, blank=True)
    store_name = models.CharField(_("store"), max_length=256, blank=True)
    secondary_merchant_id = models.CharField(max_length=64, blank=True)
    scene = models.CharField(_("scene"), max_length=32, blank=True)
    wallet = models.CharField(_("wallet"), max_length=32, blank=True)
    rate_text = models.CharField(_("rate"), max_length=32, blank=True)
    #: The line untouched.
    text = models.TextField()

    class Meta:
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        constraints = [
            models.UniqueConstraint(fields=["file", "line_number"], name="statement_line_once"),
        ]
        indexes = [
            models.Index(fields=["alipay_trans_id"], name="statement_line_alipay_number"),
            models.Index(fields=["partner_trans_id"], name="statement_line_partner_number"),
            models.Index(fields=["batch"], condition=~Q(batch=""), name="statement_line_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.file_id}: {self.line_number}"

    @property
    def amount(self) -> Money:
        """In settlement currency."""
        return Money(self.amount_minor, self.currency)

    @property
    def pricing_amount(self) -> Money | None:
        if self.pricing_amount_minor is None:
            return None
        return Money(self.pricing_amount_minor, self.pricing_currency)


class SetAside(models.Model):
    """A line of a sound file that could not be used, with its place and why."""

    file = models.ForeignKey(StatementFile, on_delete=models.CASCADE, related_name="set_aside")
    line_number = models.PositiveBigIntegerField(_("line"))
    column = models.CharField(_("column"), max_length=100, blank=True)
    code = models.CharField(_("code"), max_length=14)
    #: A sentence of the protocol package, kept as it is and translated when shown.
    reason = models.CharField(_("reason"), max_length=200)
    shown = models.CharField(_("found"), max_length=200, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        verbose_name = _("line set aside")
        verbose_name_plural = _("lines set aside")
        ordering = ["file", "line_number"]

    def __str__(self) -> str:
        return f"{self.file}: {self.line_number}"
