"""Shifts of a counter, and the numbered reports of a store: written once, never changed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from merchant_portal.money import Money
from payments.models.entry import EntryKind, LedgerEntry
from payments.models.payment import Payment
from payments.states import PaymentState, Question
from qrcodes.models import Counter, Store

#: Kinds of entries that a report adds up, and which of them take away.
TAKEN_KINDS = (
    EntryKind.PAYMENT,
    EntryKind.CANCEL,
    EntryKind.REFUND,
    EntryKind.REFUND_REVERSAL,
)
BACK_KINDS = (EntryKind.CANCEL, EntryKind.REFUND)


class ReportBook(models.Model):
    """A store's book of Z-reports: whoever opens, closes or numbers, locks it first."""

    store = models.OneToOneField(Store, on_delete=models.PROTECT, related_name="report_book")
    last_number = models.PositiveIntegerField(_("last number"), default=0)
    #: What happened before stands in no report.
    began_at = models.DateTimeField(_("began at"))
    last_day = models.DateField(_("last closed day"), null=True)

    class Meta:
        verbose_name = _("book of reports")
        verbose_name_plural = _("books of reports")

    def __str__(self) -> str:
        return str(self.store)


class Shift(models.Model):
    """A counter in somebody's hands, from opening to closing."""

    counter = models.ForeignKey(Counter, on_delete=models.PROTECT, related_name="shifts")
    number = models.PositiveIntegerField(_("number"))
    #: The store's day it was opened on, also where it ends after midnight.
    business_day = models.DateField(_("business day"))
    opened_at = models.DateTimeField(_("opened at"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    opened_by_name = models.CharField(_("opened by"), max_length=200)
    opening_note = models.CharField(_("note"), max_length=200, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    closed_by_name = models.CharField(_("closed by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        constraints = [
            models.UniqueConstraint(fields=["counter", "number"], name="shift_number_once"),
            models.UniqueConstraint(
                fields=["counter"],
                condition=Q(closed_at__isnull=True),
                name="shift_one_open_per_counter",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")),
                name="shift_closes_after_opening",
            ),
        ]
        indexes = [models.Index(fields=["counter", "-opened_at"], name="shift_list")]

    def __str__(self) -> str:
        return gettext("Shift %(number)s of %(counter)s") % {
            "number": self.number,
            "counter": self.counter.name,
        }

    def get_absolute_url(self) -> str:
        return reverse("shift_detail", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def store(self) -> Store:
        """Whose zone its times are shown in."""
        return self.counter.store


class ReportKind(models.TextChoices):
    SHIFT = "shift", _("Shift")
    DAY = "day", _("Day")


class ZReport(models.Model):
    """A numbered report of a store, over a shift or a business day."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="z_reports")
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=5, choices=ReportKind)
    shift = models.OneToOneField(
        Shift, on_delete=models.PROTECT, null=True, related_name="z_report"
    )
    business_day = models.DateField(_("business day"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    made_at = models.DateTimeField(_("made at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    made_by_name = models.CharField(_("made by"), max_length=200)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("Z-report")
        verbose_name_plural = _("Z-reports")
        constraints = [
            models.UniqueConstraint(fields=["store", "number"], name="z_report_number_once"),
            models.UniqueConstraint(
                fields=["store", "business_day"],
                condition=Q(kind=ReportKind.DAY),
                name="z_report_one_per_day",
            ),
            models.CheckConstraint(
                condition=Q(kind=ReportKind.SHIFT, shift__isnull=False)
                | Q(kind=ReportKind.DAY, shift__isnull=True),
                name="z_report_is_of_its_kind",
            ),
        ]
        indexes = [models.Index(fields=["store", "-made_at", "-id"], name="z_report_list")]

    def __str__(self) -> str:
        return gettext("Z-report %s") % self.number

    def get_absolute_url(self) -> str:
        return reverse("z_report", args=[self.pk])

    @property
    def is_of_day(self) -> bool:
        return self.kind == ReportKind.DAY


class ZPart(models.Model):
    """A shift's report as part of its day's."""

    day = models.ForeignKey(ZReport, on_delete=models.PROTECT, related_name="parts")
    part = models.OneToOneField(ZReport, on_delete=models.PROTECT, related_name="part_of")

    class Meta:
        verbose_name = _("part of a day's report")
        verbose_name_plural = _("parts of a day's report")

    def __str__(self) -> str:
        return f"{self.day}: {self.part}"


class Section(models.TextChoices):
    """Why a line stands in a report."""

    OWN = "own", _("Taken in this shift")
    LATE = "late", _("Late for an earlier shift")
    MOVED_OUT = "moved_out", _("Moved away from a shift")
    MOVED_IN = "moved_in", _("Moved to a shift")
    OUTSIDE = "outside", _("Outside any shift")


#: Sections in which an entry is told for the first time.
FIRST_TOLD = (Section.OWN, Section.LATE, Section.OUTSIDE)


class ZAmount(models.Model):
    """What rows and figures of a report share; given back is below zero, moved away reversed."""

    #: For which shift it counts; none: outside any.
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, null=True, related_name="+")
    section = models.CharField(max_length=9, choices=Section)
    kind = models.CharField(max_length=16, choices=EntryKind)
    currency = models.CharField(max_length=3)
    wallet = models.CharField(max_length=32, blank=True)
    amount_minor = models.BigIntegerField(_("amount"))

    class Meta:
        abstract = True

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class ZLine(ZAmount):
    """One ledger entry as a report tells it."""

    report = models.ForeignKey(ZReport, on_delete=models.PROTECT, related_name="lines")
    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="report_lines")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="report_lines")
    #: 1: counts in; -1: taken out of what an earlier line had counted.
    sign = models.SmallIntegerField(default=1)
    occurred_at = models.DateTimeField()

    class Meta:
        verbose_name = _("row of a Z-report")
        verbose_name_plural = _("rows of a Z-report")
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=Q(section__in=FIRST_TOLD), name="z_line_told_once"
            ),
            models.CheckConstraint(condition=Q(sign__in=(1, -1)), name="z_line_sign"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.entry.reference}"


class ZFigure(ZAmount):
    """A sum of a report, as it was when it was made."""

    report = models.ForeignKey(ZReport, on_delete=models.PROTECT, related_name="figures")
    number = models.IntegerField()

    class Meta:
        verbose_name = _("figure of a Z-report")
        verbose_name_plural = _("figures of a Z-report")

    def __str__(self) -> str:
        return f"{self.report}: {self.number}, {self.amount}"


class ZOpenPayment(models.Model):
    """A payment that was not settled, or had an open question, when the report was made."""

    report = models.ForeignKey(ZReport, on_delete=models.PROTECT, related_name="open_payments")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=PaymentState)
    question = models.CharField(_("question"), max_length=20, choices=Question, blank=True)

    class Meta:
        verbose_name = _("open payment of a Z-report")
        verbose_name_plural = _("open payments of a Z-report")

    def __str__(self) -> str:
        return str(self.payment)


class ShiftAssignment(models.Model):
    """A person's word that a payment belongs to another shift of its counter; the last holds."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="shift_assignments")
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="assignments")
    reason = models.CharField(_("reason"), max_length=200)
    assigned_at = models.DateTimeField(_("moved at"))
    assigned_by_name = models.CharField(_("moved by"), max_length=200)
    #: The report that has told of it; none: the next one will.
    told_in = models.ForeignKey(ZReport, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("move to another shift")
        verbose_name_plural = _("moves to another shift")
        indexes = [
            models.Index(
                fields=["payment"], condition=Q(told_in__isnull=True), name="shift_move_untold"
            )
        ]

    def __str__(self) -> str:
        return f"{self.payment}: {self.shift}"
