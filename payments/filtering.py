"""What the filter bars of payments and money going back share: numbers, days, amounts."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from merchant_portal.keyset import Cursor, CursorUnreadable
from merchant_portal.money import CURRENCIES
from payments.places import Places
from qrcodes.models import Store

_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)
_LONGEST_ROW_NUMBER = 18
_WHOLE_CURRENCIES = [code for code, decimals in CURRENCIES.items() if decimals == 0]


def tidy_number(text: str) -> str:
    """A number as people and scanners give it: full-width digits, blanks and control signs go."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in plain if sign.isprintable() and not sign.isspace())


def read_row_number(text: str) -> int:
    """The number of a row or a line as an address names it; 0, which none has, where it names
    none."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ROW_NUMBER
    return int(text) if is_number else 0


class NumberField(forms.CharField):
    """A number of Alipay's or of ours, typed, pasted or scanned."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=160, **options)

    def to_python(self, value: object) -> str:
        return tidy_number(super().to_python(value) or "")


class DayField(forms.DateField):
    """A day that a payment may have, far from both ends of the calendar."""

    def __init__(self, *, label: StrOrPromise) -> None:
        super().__init__(
            required=False,
            label=label,
            widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
            validators=[MinValueValidator(_EARLIEST), MaxValueValidator(_LATEST)],
        )


class OneOf(forms.TypedChoiceField):
    """One of some rows that are already read, so that offering them asks nothing."""

    def __init__(self, *, label: StrOrPromise, everything: StrOrPromise) -> None:
        super().__init__(required=False, label=label, empty_value=None)
        self._everything = everything

    def offer(self, rows: Iterable[models.Model]) -> None:
        """What may be chosen."""
        by_key = {str(row.pk): row for row in rows}
        self.choices = [("", self._everything), *((key, str(row)) for key, row in by_key.items())]
        self.coerce = by_key.__getitem__


class CursorField(forms.CharField):
    """The page of a list, by the row it begins at; nothing said is the first page."""

    def __init__(self) -> None:
        super().__init__(required=False, max_length=200, widget=forms.HiddenInput)

    def clean(self, value: object) -> Cursor | None:
        text: str = super().clean(value)
        try:
            return Cursor.parse(text) if text else None
        except CursorUnreadable as error:
            raise ValidationError(_("The address of this page is damaged.")) from error


class DayRange(models.TextChoices):
    """Days people name, in the shop's zone."""

    TODAY = "today", _("Today")
    YESTERDAY = "yesterday", _("Yesterday")
    WEEK = "week", _("Last 7 days")
    MONTH = "month", _("This month")
    LAST_MONTH = "last-month", _("Last month")

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last day of the range."""
        first_of_month = today.replace(day=1)
        match self:
            case DayRange.TODAY:
                return today, today
            case DayRange.YESTERDAY:
                return today - timedelta(days=1), today - timedelta(days=1)
            case DayRange.WEEK:
                return today - timedelta(days=6), today
            case DayRange.MONTH:
                return first_of_month, today
            case DayRange.LAST_MONTH:
                last = first_of_month - timedelta(days=1)
                return last.replace(day=1), last


@dataclass(frozen=True, slots=True)
class Between:
    """A span of amounts in major units; what those are depends on the currency."""

    least: Decimal | None = None
    most: Decimal | None = None

    def wanted(self) -> Q:
        """The rows whose ``amount_minor`` lies within."""
        if self.least is None and self.most is None:
            return Q()
        whole = Q(currency__in=_WHOLE_CURRENCIES)
        return (~whole & self._in_minor(100)) | (whole & self._in_minor(1))

    def _in_minor(self, minor_units: int) -> Q:
        between = Q()
        if self.least is not None:
            between &= Q(amount_minor__gte=int(self.least * minor_units))
        if self.most is not None:
            between &= Q(amount_minor__lte=int(self.most * minor_units))
        return between


class ListFilterForm(forms.Form):
    """The filter bar of a list by store, day and amount; days are those of the shop's zone."""

    q = NumberField(required=False, label=_("Search"))
    store = OneOf(label=_("Store"), everything=_("All stores"))
    days = forms.ChoiceField(
        required=False, label=_("Days"), choices=[("", _("Any time")), *DayRange.choices]
    )
    first = DayField(label=_("From"))
    last = DayField(label=_("To"))
    least = forms.DecimalField(
        required=False, label=_("Amount from"), min_value=0, max_digits=12, decimal_places=2
    )
    most = forms.DecimalField(
        required=False, label=_("Amount to"), min_value=0, max_digits=12, decimal_places=2
    )
    page = CursorField()

    def __init__(self, asked: Any, *, stores: tuple[Store, ...], now: datetime) -> None:
        super().__init__(asked, auto_id="filter_%s")
        self.stores, self._now = stores, now
        cast("OneOf", self.fields["store"]).offer(stores)
        for name in ("least", "most"):
            self.fields[name].widget = forms.TextInput({"inputmode": "decimal"})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        _refuse_backwards(cleaned, "first", "last", _("The first day is after the last."))
        _refuse_backwards(cleaned, "least", "most", _("The smallest is above the largest."))
        return cleaned

    @property
    def places(self) -> Places:
        """The stores and, where one was chosen, whose zone counts."""
        return Places(self.stores, getattr(self, "cleaned_data", {}).get("store"))

    @property
    def between(self) -> Between:
        return Between(self.cleaned_data["least"], self.cleaned_data["most"])

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """From the first day's midnight to the one after the last, in the shop's zone."""
        zone = self.places.zone
        first, last = self.cleaned_data["first"], self.cleaned_data["last"]
        if self.cleaned_data["days"] and not (first or last):
            today = self._now.astimezone(zone).date()
            first, last = DayRange(self.cleaned_data["days"]).days(today)
        since = _midnight(first, zone) if first else None
        return since, _midnight(last + timedelta(days=1), zone) if last else None


def offer(form: forms.Form, name: str, rows: QuerySet[Any]) -> None:
    """What may be chosen in a field."""
    cast("forms.ModelChoiceField[Any]", form.fields[name]).queryset = rows


def _refuse_backwards(cleaned: dict[str, Any], low: str, high: str, why: Any) -> None:
    least, most = cleaned.get(low), cleaned.get(high)
    if least is not None and most is not None and least > most:
        raise ValidationError(why)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)
