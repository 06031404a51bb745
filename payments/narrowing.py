"""The filter of the payments list: what may be asked for, and the rows it leaves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from merchant_portal.keyset import Cursor
from payments.filtering import Between, DayRange, ListFilterForm, OneOf
from payments.models import GOES_BACK, DaySum, Payment
from payments.places import Places
from payments.states import PaymentState, Product
from payments.wallets import wallet_choices
from qrcodes.models import Counter, Store

#: How a comparison with Alipay's file says that both agree. Files live above payments: what they
#: said is reached through the payment's own relations.
AGREES = {"verdicts__kind": "PAYMENT", "verdicts__word": "MATCHED"}
_MOVED = (PaymentState.PAID, PaymentState.CANCELLED)
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments the list shall show; nothing said narrows nothing."""

    number: str = ""
    state: str = ""
    store: Store | None = None
    counter: Counter | None = None
    since: datetime | None = None
    until: datetime | None = None
    between: Between = field(default_factory=Between)
    wallet: str = ""
    product: str = ""
    goes_back: bool = False
    unreconciled: bool = False
    with_question: bool = False
    unplaced: bool = False
    cursor: Cursor | None = None

    @property
    def without_tiles(self) -> "PaymentFilter":
        """What is left when every tile is taken back."""
        return replace(self, state="", with_question=False, unplaced=False)

    @property
    def is_costly(self) -> bool:
        """Whether rows must be asked one by one: no index knows what no file has said."""
        return self.unreconciled

    @property
    def without_days(self) -> "PaymentFilter":
        """What is left when all times count."""
        return replace(self, since=None, until=None)

    @property
    def is_known_to_day_sums(self) -> bool:
        """Whether the sums of days tell apart all that is asked for; what is asked for besides
        these, now or in time to come, payments alone can answer."""
        known = replace(self.without_days, store=None, counter=None, wallet="", cursor=None)
        return replace(known, product="", state="", unplaced=False) == PaymentFilter()

    def narrow_sums(self, sums: QuerySet[DaySum]) -> QuerySet[DaySum]:
        """The sums that match, of whatever day."""
        if self.wallet:
            sums = sums.filter(wallet=self.wallet)
        if self.product:
            sums = sums.filter(product=self.product)
        if self.state:
            sums = sums.filter(state=self.state)
        if self.unplaced:
            sums = sums.filter(store__isnull=True)
        return sums.filter(self._place())

    def narrow(self, rows: QuerySet[Payment]) -> QuerySet[Payment]:
        """The rows that match, but for the number and what the tiles choose."""
        rows = rows.filter(self._place() & self._time(), self.between.wanted())
        if self.wallet:
            rows = rows.filter(wallet=self.wallet)
        if self.product:
            rows = rows.filter(product=self.product)
        if self.goes_back:
            rows = rows.filter(GOES_BACK)
        return _unreconciled(rows) if self.unreconciled else rows

    def narrow_further(self, rows: QuerySet[Payment]) -> QuerySet[Payment]:
        """Of the narrowed rows those that the tiles choose."""
        if self.state:
            rows = rows.filter(state=self.state)
        if self.with_question:
            rows = rows.exclude(question="")
        if self.unplaced:
            rows = rows.filter(store__isnull=True)
        return rows

    def _place(self) -> Q:
        wanted = Q()
        if self.store is not None:
            wanted &= Q(store=self.store)
        if self.counter is not None:
            wanted &= Q(counter=self.counter)
        return wanted

    def _time(self) -> Q:
        wanted = Q()
        if self.since is not None:
            wanted &= Q(occurred_at__gte=self.since)
        if self.until is not None:
            wanted &= Q(occurred_at__lt=self.until)
        return wanted


def _unreconciled(rows: QuerySet[Payment]) -> QuerySet[Payment]:
    """Paid, and no row of Alipay's file agrees with it (yet)."""
    agreed = Payment.objects.filter(pk=OuterRef("pk"), **AGREES)
    return rows.filter(~Exists(agreed), state__in=_MOVED, paid_at__isnull=False)


class WallTimeField(forms.Field):
    """Day and time as a clock on the shop's wall shows it; which zone, the form knows."""

    def __init__(self, *, label: StrOrPromise) -> None:
        shown = {"type": "datetime-local", "step": "1"}
        super().__init__(required=False, label=label, widget=forms.TextInput(shown))

    def to_python(self, value: object) -> datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            read = datetime.fromisoformat(text)
        except ValueError as error:
            raise ValidationError(_("Write day and time as 2026-03-18T14:30.")) from error
        if read.tzinfo is not None or not _FIRST_YEAR <= read.year <= _LAST_YEAR:
            raise ValidationError(_("Write day and time as 2026-03-18T14:30."))
        return read


def _asks_for_one_day(asked: Mapping[str, Any]) -> bool:
    first, last = asked.get("first"), asked.get("last")
    if first or last:
        return bool(first == last)
    return asked.get("days") in {DayRange.TODAY, DayRange.YESTERDAY}


class PaymentFilterForm(ListFilterForm):
    """The list's filter bar."""

    state = forms.ChoiceField(
        required=False, label=_("State"), choices=[("", _("Any")), *PaymentState.choices]
    )
    counter = OneOf(label=_("Counter"), everything=_("All counters"))
    since = WallTimeField(label=_("Not before"))
    until = WallTimeField(label=_("Before"))
    wallet = forms.ChoiceField(required=False, label=_("Wallet"))
    product = forms.ChoiceField(
        required=False, label=_("Product"), choices=[("", _("Any")), *Product.choices]
    )
    #: Of one day, as the charts name it.
    hour = forms.TypedChoiceField(
        required=False,
        label=_("Hour"),
        choices=[("", _("All day")), *((hour, f"{hour:02}:00–{hour:02}:59") for hour in range(24))],
        coerce=int,
        empty_value=None,
    )
    refunded = forms.BooleanField(required=False, label=_("Money went or goes back"))
    unreconciled = forms.BooleanField(required=False, label=_("Not reconciled"))
    question = forms.BooleanField(required=False, label=_("Question open"))
    unplaced = forms.BooleanField(required=False, label=_("Unplaced"))

    def __init__(
        self,
        asked: Any,
        *,
        stores: tuple[Store, ...],
        counters: Iterable[Counter],
        wallets: Iterable[str],
        unplaced: bool,
        now: datetime,
    ) -> None:
        super().__init__(asked, stores=stores, now=now)
        cast("OneOf", self.fields["counter"]).offer(counters)
        cast("forms.ChoiceField", self.fields["wallet"]).choices = [
            ("", _("Any")),
            *wallet_choices(wallets),
        ]
        if not unplaced:
            del self.fields["unplaced"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since >= until:
            raise ValidationError(_("The first instant is not before the last."))
        if cleaned.get("hour") is not None and not _asks_for_one_day(cleaned):
            raise ValidationError(_("An hour is one of a day: choose the day."))
        return cleaned

    @property
    def places(self) -> Places:
        """A chosen counter's store counts as one that was chosen."""
        counter = getattr(self, "cleaned_data", {}).get("counter")
        chosen = super().places.chosen
        return Places(self.stores, chosen or (counter.store if counter else None))

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """Instants that were named, each in place of what the days say; of one day also an hour."""
        zone, hour = self.places.zone, self.cleaned_data["hour"]
        since, until = (self.cleaned_data[name] for name in ("since", "until"))
        if not (since or until):
            first, last = super().bounds()
            if hour is None or first is None:
                return first, last
            return first.replace(hour=hour), first.replace(hour=hour) + timedelta(hours=1)
        return (
            since.replace(tzinfo=zone) if since else None,
            until.replace(tzinfo=zone) if until else None,
        )

    def shown_since(self) -> str:
        """What stands in the field; days that an address names become the instant they mean."""
        return self._shown("since", 0)

    def shown_until(self) -> str:
        return self._shown("until", 1)

    def _shown(self, name: str, bound: int) -> str:
        typed = str(self[name].value() or "")
        if typed or not self.is_valid():
            return typed
        if self.cleaned_data["days"] and self.cleaned_data["hour"] is None:
            return ""
        instant = self.bounds()[bound]
        return instant.strftime("%Y-%m-%dT%H:%M:%S") if instant else ""

    def read(self) -> PaymentFilter:
        """What was asked for; call it on a valid form."""
        asked = self.cleaned_data
        since, until = self.bounds()
        return PaymentFilter(
            number=asked["q"],
            state=asked["state"],
            store=asked["store"],
            counter=asked["counter"],
            since=since,
            until=until,
            between=self.between,
            wallet=asked["wallet"],
            product=asked["product"],
            goes_back=asked["refunded"],
            unreconciled=asked["unreconciled"],
            with_question=asked["question"],
            unplaced=asked.get("unplaced", False),
            cursor=asked["page"],
        )
