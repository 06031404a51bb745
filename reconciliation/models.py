"""Alipay's nightly files, their lines, what comparing them found, and the worklist."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Document, Family
from merchant_portal.due import DueWork
from merchant_portal.fields import IdentifierField
from merchant_portal.money import Money
from payments.models import Cancel, LedgerEntry, Payment
from payments.states import Interface
from reconciliation.states import (
    FILE_AWAITED,
    FILE_USABLE,
    VERDICT_QUIET,
    DiscrepancyState,
    FileState,
    LineKind,
    Resolution,
    Source,
    VerdictWord,
)
from refunds.models import Refund


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
    kind = models.CharField(_("kind"), max_length=7, choices=LineKind)
    partner_trans_id = IdentifierField(_("partner number"), max_length=64)
    alipay_trans_id = IdentifierField(_("Alipay number"), max_length=64)
    #: JSON products only: the payment's number that the line of a refund or cancel gives. The
    #: default is the database's, so that storing the lines of other files says nothing of it.
    original_trans_id = IdentifierField(max_length=64, blank=True, db_default="")
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


class VerdictQuerySet(models.QuerySet["Verdict"]):
    def problems(self) -> "VerdictQuerySet":
        return self.exclude(word__in=VERDICT_QUIET)


class Verdict(models.Model):
    """What one comparison of a day found: their line, our noun, a word.

    Comparing a day again writes its verdicts anew; what people decided stands in discrepancies.
    The database checks none of the references: with a million rows a day that takes longer than
    everything else, and comparing reads each key from the row it names, in one transaction.
    """

    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="verdicts",
        db_index=False,
        db_constraint=False,
    )
    day = models.DateField(_("day"))
    word = models.CharField(_("verdict"), max_length=21, choices=VerdictWord)
    kind = models.CharField(_("kind"), max_length=7, choices=LineKind, blank=True)
    #: Their time lies on another transaction day than ours; that alone is no problem.
    date_drift = models.BooleanField(default=False)
    line = models.ForeignKey(
        StatementLine,
        on_delete=models.CASCADE,
        null=True,
        related_name="verdicts",
        db_index=False,
        db_constraint=False,
    )
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        related_name="verdicts",
        db_constraint=False,
    )
    refund = models.ForeignKey(
        Refund,
        on_delete=models.PROTECT,
        null=True,
        related_name="verdicts",
        db_index=False,
        db_constraint=False,
    )
    cancel = models.ForeignKey(
        Cancel,
        on_delete=models.PROTECT,
        null=True,
        related_name="verdicts",
        db_index=False,
        db_constraint=False,
    )
    entry = models.ForeignKey(
        LedgerEntry,
        on_delete=models.PROTECT,
        null=True,
        related_name="verdicts",
        db_index=False,
        db_constraint=False,
    )

    objects = VerdictQuerySet.as_manager()

    class Meta:
        verbose_name = _("verdict")
        verbose_name_plural = _("verdicts")
        indexes = [
            models.Index(fields=["account", "day"], name="verdict_day"),
            models.Index(
                fields=["account", "day", "word"],
                condition=~Q(word=VerdictWord.MATCHED),
                name="verdict_day_word",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.word}"


class ComparedDay(DueWork):
    """A transaction day (GMT+8) of an account, compared with Alipay's file or due to be.

    ``tally`` is what the day's page shows: counts and sums by side, kind and currency.
    """

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="compared_days", verbose_name=_("account")
    )
    day = models.DateField(_("day"))
    compared_at = models.DateTimeField(_("compared at"), null=True)
    matched_count = models.PositiveBigIntegerField(_("agreeing"), default=0)
    awaiting_count = models.PositiveBigIntegerField(_("waiting"), default=0)
    problem_count = models.PositiveBigIntegerField(_("differing"), default=0)
    #: Of the agreeing those whose time lies on another day than ours.
    drift_count = models.PositiveBigIntegerField(default=0)
    tally = models.JSONField(default=list)
    #: The newest ledger entry when it was compared: what came after may belong to the day.
    last_entry = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("compared day")
        verbose_name_plural = _("compared days")
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="compared_day_once"),
        ]
        indexes = [
            models.Index(fields=["-day", "-id"], name="compared_day_list"),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="compared_day_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.day}"

    def get_absolute_url(self) -> str:
        return reverse("day_detail", args=[self.account_id, self.day.isoformat()])


class DiscrepancyQuerySet(models.QuerySet["Discrepancy"]):
    def open(self) -> "DiscrepancyQuerySet":
        """What somebody must still look at."""
        return self.filter(state=DiscrepancyState.OPEN)


class Discrepancy(models.Model):
    """A difference that a person sees on the worklist; decisions outlive a re-import.

    ``key`` names it by the numbers both sides know, so that the same difference found again in a
    later delivery is the same row. ``ours`` and ``theirs`` are what stood there when it was found,
    as texts by field; ``differing`` names the fields that do not agree.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="discrepancies")
    key = models.CharField(max_length=200)
    day = models.DateField(_("day"))
    word = models.CharField(_("difference"), max_length=21, choices=VerdictWord)
    kind = models.CharField(_("kind"), max_length=7, choices=LineKind, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=DiscrepancyState)
    file = models.ForeignKey(
        StatementFile, on_delete=models.PROTECT, null=True, related_name="discrepancies"
    )
    line = models.ForeignKey(
        StatementLine, on_delete=models.SET_NULL, null=True, related_name="discrepancies"
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, related_name="discrepancies"
    )
    refund = models.ForeignKey(
        Refund, on_delete=models.PROTECT, null=True, related_name="discrepancies"
    )
    cancel = models.ForeignKey(
        Cancel, on_delete=models.PROTECT, null=True, related_name="discrepancies"
    )
    ours = models.JSONField(default=dict)
    theirs = models.JSONField(default=dict)
    differing = models.JSONField(default=list)
    #: Theirs less ours, in minor units of ``currency``; None where it is no matter of money.
    difference_minor = models.BigIntegerField(_("difference"), null=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    found_at = models.DateTimeField(_("found at"))
    last_found_at = models.DateTimeField(_("last found at"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="discrepancies"
    )
    resolution = models.CharField(_("resolution"), max_length=14, choices=Resolution, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    settled_by_name = models.CharField(_("settled by"), max_length=200, blank=True)
    #: What resolving it booked.
    entry = models.ForeignKey(
        LedgerEntry, on_delete=models.PROTECT, null=True, related_name="discrepancies"
    )

    objects = DiscrepancyQuerySet.as_manager()

    class Meta:
        verbose_name = _("discrepancy")
        verbose_name_plural = _("discrepancies")
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="discrepancy_once"),
            models.CheckConstraint(
                condition=Q(state=DiscrepancyState.OPEN) | Q(settled_at__isnull=False),
                name="discrepancy_settled_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-day", "-id"], name="discrepancy_list"),
            models.Index(fields=["account", "day"], name="discrepancy_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.word}"

    def get_absolute_url(self) -> str:
        return reverse("discrepancy_detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state == DiscrepancyState.OPEN

    @property
    def difference(self) -> Money | None:
        if self.difference_minor is None:
            return None
        return Money(self.difference_minor, self.currency)


class DiscrepancyMove(models.Model):
    """One move of a discrepancy: found, resolved, explained, taken back."""

    discrepancy = models.ForeignKey(Discrepancy, on_delete=models.PROTECT, related_name="moves")
    from_state = models.CharField(max_length=9, blank=True)
    to_state = models.CharField(max_length=9, choices=DiscrepancyState)
    at = models.DateTimeField()
    actor_name = models.CharField(max_length=200)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("move of a discrepancy")
        verbose_name_plural = _("moves of a discrepancy")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} -> {self.to_state}"
