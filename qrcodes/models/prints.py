"""What was printed of a code, where it hangs, and the merchant's picture on it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from qrcodes.models.codes import QRCode
from qrcodes.models.places import Merchant
from qrcodes.states import CODE_ENDED, PosterLanguage, PosterSize


class MerchantLogo(models.Model):
    """A merchant's own picture on its posters, as we wrote it anew from what was uploaded."""

    merchant = models.OneToOneField(Merchant, on_delete=models.CASCADE, related_name="logo")
    png = models.BinaryField()
    digest = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    uploaded_at = models.DateTimeField(_("uploaded at"))

    class Meta:
        verbose_name = _("logo")
        verbose_name_plural = _("logos")

    def __str__(self) -> str:
        return str(self.merchant)


class PrintRun(models.Model):
    """One file of posters, as it was offered: its bytes are kept, so one knows what hangs."""

    size = models.CharField(_("size"), max_length=8, choices=PosterSize)
    language = models.CharField(_("language"), max_length=7, choices=PosterLanguage)
    reason = models.CharField(_("reason for printing again"), max_length=200, blank=True)
    printed_at = models.DateTimeField(_("printed at"))
    printed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    actor_name = models.CharField(_("printed by"), max_length=200)
    pages = models.PositiveIntegerField(_("pages"))
    pdf = models.BinaryField()
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("print run")
        verbose_name_plural = _("print runs")

    def __str__(self) -> str:
        return f"{self.get_size_display()} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("print_run", args=[self.pk])


class PrintQuerySet(models.QuerySet["Print"]):
    def hanging(self) -> "PrintQuerySet":
        """Prints nobody has said to be taken down."""
        return self.filter(taken_down_at__isnull=True)

    def outdated(self) -> "PrintQuerySet":
        """Hanging, though their code has ended: customers scan something that is dead."""
        return self.hanging().filter(code__state__in=CODE_ENDED)

    def with_run(self) -> "PrintQuerySet":
        """With what their file was, without its bytes."""
        return self.select_related("run", "code__enrolment__counter__store").defer("run__pdf")


class Print(models.Model):
    """A code's version on paper: the file it is in, its number, and where it hangs."""

    run = models.ForeignKey(PrintRun, on_delete=models.PROTECT, related_name="prints")
    code = models.ForeignKey(QRCode, on_delete=models.PROTECT, related_name="prints")
    #: Of this version of the code: 1, 2, 3.
    number = models.PositiveIntegerField(_("number"))
    check_code = models.CharField(_("check code"), max_length=12)
    where = models.CharField(_("where it hangs"), max_length=200, blank=True)
    taken_down_at = models.DateTimeField(_("taken down at"), null=True)
    taken_down_by = models.CharField(_("taken down by"), max_length=200, blank=True)

    objects = PrintQuerySet.as_manager()

    class Meta:
        verbose_name = _("print")
        verbose_name_plural = _("prints")
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="print_number_once"),
            models.CheckConstraint(
                condition=Q(taken_down_at__isnull=True) | ~Q(taken_down_by=""),
                name="print_taken_down_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["check_code"], name="print_check_code")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.code} {self.check_code}"

    @property
    def is_hanging(self) -> bool:
        return self.taken_down_at is None

    @property
    def is_outdated(self) -> bool:
        return self.is_hanging and not self.code.is_live
