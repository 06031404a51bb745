"""What the payments of past transaction days add up to, and the days that have changed since."""

from datetime import date, datetime, time, timedelta, timezone

from django.db import models
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account
from payments.states import PaymentState, Product
from qrcodes.models import Counter, Store

#: Transaction days are Alipay's, GMT+8 without summer time: as long in every year, everywhere.
_GMT8 = timezone(timedelta(hours=8))


def day_of(instant: datetime) -> date:
    """The transaction day an instant falls in."""
    return instant.astimezone(_GMT8).date()


def start_of(day: date) -> datetime:
    """The instant a transaction day begins, which is when the one before ends."""
    return datetime.combine(day, time.min, tzinfo=_GMT8)


class DaySum(models.Model):
    """Payments of one transaction day that are alike in all the columns here, added up once.

    It stands for its payments unless its day is a ``ChangedDay``. Of every day up to the last one
    here all payments are added up; a day without rows had none. Amounts are minor units of
    ``currency``. Nothing here refers: whoever adds up must wait for nobody (decision 21).
    """

    day = models.DateField(_("transaction day"))
    account = models.ForeignKey(
        Account, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    product = models.CharField(_("product"), max_length=12, choices=Product)
    store = models.ForeignKey(
        Store, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    counter = models.ForeignKey(
        Counter, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    wallet = models.CharField(_("wallet"), max_length=32, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=PaymentState)
    currency = models.CharField(_("currency"), max_length=3)
    number = models.PositiveIntegerField(_("payments"))
    total_minor = models.BigIntegerField(_("amount"))
    #: Refunded and cancelled.
    back_minor = models.BigIntegerField(_("given back"))

    class Meta:
        verbose_name = _("sum of a day")
        verbose_name_plural = _("sums of days")
        indexes = [
            models.Index(fields=["day"], name="day_sum_day"),
            models.Index(fields=["store", "day"], name="day_sum_store"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.state} {self.currency}: {self.number}"


class ChangedDay(models.Model):
    """A transaction day of which a payment came late or changed: its sums, if any, do not count.

    Written by triggers of the payments' table, so that no way of writing a payment forgets it;
    taken away by whoever adds the day up anew.
    """

    day = models.DateField(_("transaction day"), db_index=True)

    class Meta:
        verbose_name = _("changed day")
        verbose_name_plural = _("changed days")

    def __str__(self) -> str:
        return f"{self.day}"
