"""What people type about payments: filters of the list, numbers to look for, decisions."""

import unicodedata
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

from merchant_portal.accounts.models import Account
from merchant_portal.keyset import Cursor, CursorUnreadable
from merchant_portal.money import CURRENCIES
from payments.models import Payment
from payments.places import Places
from payments.states import PaymentState
from qrcodes.models import Counter, Store

_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)
_WHOLE_CURRENCIES = [code for code, decimals in CURRENCIES.items() if decimals == 0]


def tidy_number(text: str) -> str:
    """A number as people and scanners give it: full-width digits, blanks and control signs go."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in plain if sign.isprintable() and not sign.isspace())


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
class PaymentFilter:
    """Which payments the list shall show; nothing said narrows nothing."""

    number: str = ""
    state: str = ""
    store: Store | None = None
    counter: Counter | None = None
    since: datetime | None = None
    until: datetime | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    with_question: bool = False
    unplaced: bool = False
    cursor: Cursor | None = None

    def narrow(self, rows: QuerySet[Payment]) -> QuerySet[Payment]:
        """The rows that match, but for the state, the open questions and the number."""
        wanted = Q()
        if self.store is not None:
            wanted &= Q(store=self.store)
        if self.counter is not None:
            wanted &= Q(counter=self.counter)
        if self.since is not None:
            wanted &= Q(occurred_at__gte=self.since)
        if self.until is not None:
            wanted &= Q(occurred_at__lt=self.until)
        return rows.filter(wanted, self._amounts())

    def narrow_further(self, rows: QuerySet[Payment]) -> QuerySet[Payment]:
        """Of the narrowed rows those that the tiles choose."""
        if self.state:
            rows = rows.filter(state=self.state)
        if self.with_question:
            rows = rows.exclude(question="")
        if self.unplaced:
            rows = rows.filter(store__isnull=True)
        return rows

    def _amounts(self) -> Q:
        """Amounts are typed in major units; what those are depends on the currency."""
        if self.least is None and self.most is None:
            return Q()
        whole = Q(currency__in=_WHOLE_CURRENCIES)
        return (~whole & self._between(100)) | (whole & self._between(1))

    def _between(self, minor_units: int) -> Q:
        between = Q()
        if self.least is not None:
            between &= Q(amount_minor__gte=int(self.least * minor_units))
        if self.most is not None:
            between &= Q(amount_minor__lte=int(self.most * minor_units))
        return between


class PaymentFilterForm(forms.Form):
    """The list's filter bar; days are those of the shop's zone."""

    q = NumberField(required=False, label=_("Search"))
    state = forms.ChoiceField(
        required=False, label=_("State"), choices=[("", _("Any")), *PaymentState.choices]
    )
    store = forms.ModelChoiceField(
        Store.objects.none(), required=False, label=_("Store"), empty_label=_("All stores")
    )
    counter = forms.ModelChoiceField(
        Counter.objects.none(), required=False, label=_("Counter"), empty_label=_("All counters")
    )
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
    question = forms.BooleanField(required=False, label=_("Question open"))
    unplaced = forms.BooleanField(required=False, label=_("Unplaced"))
    page = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(
        self, asked: Any, *, stores: tuple[Store, ...], unplaced: bool, now: datetime
    ) -> None:
        super().__init__(asked, auto_id="filter_%s")
        self._stores, self._now = stores, now
        pks = [store.pk for store in stores]
        counters = Counter.objects.filter(store__in=pks).select_related("store")
        _offer(self, "store", Store.objects.filter(pk__in=pks))
        _offer(self, "counter", counters)
        for name in ("least", "most"):
            self.fields[name].widget = forms.TextInput({"inputmode": "decimal"})
        if not unplaced:
            del self.fields["unplaced"]

    def clean_page(self) -> Cursor | None:
        text: str = self.cleaned_data["page"]
        try:
            return Cursor.parse(text) if text else None
        except CursorUnreadable as error:
            raise ValidationError(_("The address of this page is damaged.")) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        _refuse_backwards(cleaned, "first", "last", _("The first day is after the last."))
        _refuse_backwards(cleaned, "least", "most", _("The smallest is above the largest."))
        return cleaned

    @property
    def places(self) -> Places:
        """The stores and, where one was chosen, whose zone counts."""
        chosen = getattr(self, "cleaned_data", {}).get("store")
        counter = getattr(self, "cleaned_data", {}).get("counter")
        return Places(self._stores, chosen or (counter.store if counter else None))

    def read(self) -> PaymentFilter:
        """What was asked for; call it on a valid form."""
        asked = self.cleaned_data
        since, until = self._bounds()
        return PaymentFilter(
            number=asked["q"],
            state=asked["state"],
            store=asked["store"],
            counter=asked["counter"],
            since=since,
            until=until,
            least=asked["least"],
            most=asked["most"],
            with_question=asked["question"],
            unplaced=asked.get("unplaced", False),
            cursor=asked["page"],
        )

    def _bounds(self) -> tuple[datetime | None, datetime | None]:
        """From the first day's midnight to the one after the last, in the shop's zone."""
        zone = self.places.zone
        first, last = self.cleaned_data["first"], self.cleaned_data["last"]
        if self.cleaned_data["days"] and not (first or last):
            today = self._now.astimezone(zone).date()
            first, last = DayRange(self.cleaned_data["days"]).days(today)
        since = _midnight(first, zone) if first else None
        return since, _midnight(last + timedelta(days=1), zone) if last else None


def _refuse_backwards(cleaned: dict[str, Any], low: str, high: str, why: Any) -> None:
    least, most = cleaned.get(low), cleaned.get(high)
    if least is not None and most is not None and least > most:
        raise ValidationError(why)


def _offer(form: forms.Form, name: str, rows: QuerySet[Any]) -> None:
    """What may be chosen in a field."""
    cast("forms.ModelChoiceField[Any]", form.fields[name]).queryset = rows


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)


class LookupForm(forms.Form):
    """A payment that is lost: which numbers the customer can read out, and where it was made."""

    account = forms.ModelChoiceField(
        Account.objects.none(), label=_("Alipay account"), empty_label=None
    )
    partner_trans_id = NumberField(
        required=False,
        label=_("Merchant order number"),
        help_text=_("商戶訂單號 in the details of the bill in the customer's app."),
    )
    alipay_trans_id = NumberField(
        required=False,
        label=_("Alipay's number"),
        help_text=_("订单号 in the details of the bill; 28 digits that begin with the date."),
    )
    counter = forms.ModelChoiceField(
        Counter.objects.none(),
        required=False,
        label=_("Counter where the customer paid"),
        empty_label=_("Not known"),
        help_text=_("The payment is shown there once it is found."),
    )

    def __init__(
        self,
        asked: Any = None,
        *,
        accounts: QuerySet[Account],
        counters: QuerySet[Counter],
        must_be_placed: bool,
        initial: dict[str, str] | None = None,
    ) -> None:
        super().__init__(asked, initial=initial)
        self.accounts = list(accounts)
        _offer(self, "account", accounts)
        _offer(self, "counter", counters)
        self.fields["counter"].required = must_be_placed
        if len(self.accounts) == 1:
            self.fields["account"].widget = forms.HiddenInput()
            self.fields["account"].initial = self.accounts[0].pk

    @property
    def serves_hk(self) -> bool:
        """Whether the merchant order number may be the only one that helps."""
        return any(account.is_hk for account in self.accounts)


class PlaceForm(forms.Form):
    """The counter an unplaced payment belongs to."""

    counter = forms.ModelChoiceField(Counter.objects.none(), label=_("Counter"))

    def __init__(self, asked: Any = None, *, counters: QuerySet[Counter]) -> None:
        super().__init__(asked)
        _offer(self, "counter", counters)


class SettleForm(forms.Form):
    """What was decided about an open question."""

    note = forms.CharField(
        label=_("What was decided, and why"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
    )
