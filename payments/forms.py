"""What people type about payments: filters of the list, numbers to look for, decisions."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account
from merchant_portal.keyset import Cursor
from payments.filtering import Between, DayRange, ListFilterForm, NumberField, offer
from payments.models import Payment
from payments.places import Places
from payments.recognising import Shown
from payments.states import PaymentState
from qrcodes.models import Counter, Store


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
        return rows.filter(wanted, self.between.wanted())

    def narrow_further(self, rows: QuerySet[Payment]) -> QuerySet[Payment]:
        """Of the narrowed rows those that the tiles choose."""
        if self.state:
            rows = rows.filter(state=self.state)
        if self.with_question:
            rows = rows.exclude(question="")
        if self.unplaced:
            rows = rows.filter(store__isnull=True)
        return rows


class PaymentFilterForm(ListFilterForm):
    """The list's filter bar."""

    state = forms.ChoiceField(
        required=False, label=_("State"), choices=[("", _("Any")), *PaymentState.choices]
    )
    counter = forms.ModelChoiceField(
        Counter.objects.none(), required=False, label=_("Counter"), empty_label=_("All counters")
    )
    hour = forms.TypedChoiceField(
        required=False,
        label=_("Hour"),
        choices=[("", _("All day")), *((hour, f"{hour:02}:00–{hour:02}:59") for hour in range(24))],
        coerce=int,
        empty_value=None,
    )
    question = forms.BooleanField(required=False, label=_("Question open"))
    unplaced = forms.BooleanField(required=False, label=_("Unplaced"))

    def __init__(
        self, asked: Any, *, stores: tuple[Store, ...], unplaced: bool, now: datetime
    ) -> None:
        super().__init__(asked, stores=stores, now=now)
        pks = [store.pk for store in stores]
        offer(self, "counter", Counter.objects.filter(store__in=pks).select_related("store"))
        if not unplaced:
            del self.fields["unplaced"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("hour") is not None and not self._asks_for_one_day(cleaned):
            raise ValidationError(_("An hour is one of a day: choose the day."))
        return cleaned

    def _asks_for_one_day(self, asked: dict[str, Any]) -> bool:
        first, last = asked.get("first"), asked.get("last")
        if first or last:
            return first == last
        return asked.get("days") in {DayRange.TODAY, DayRange.YESTERDAY}

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """As for every list; of one day also an hour."""
        since, until = super().bounds()
        hour = self.cleaned_data["hour"]
        if hour is None or since is None:
            return since, until
        return since.replace(hour=hour), since.replace(hour=hour) + timedelta(hours=1)

    @property
    def places(self) -> Places:
        """A chosen counter's store counts as one that was chosen."""
        counter = getattr(self, "cleaned_data", {}).get("counter")
        chosen = super().places.chosen
        return Places(self.stores, chosen or (counter.store if counter else None))

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
            with_question=asked["question"],
            unplaced=asked.get("unplaced", False),
            cursor=asked["page"],
        )


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
        offer(self, "account", accounts)
        offer(self, "counter", counters)
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
        offer(self, "counter", counters)


class CounterForm(forms.Form):
    """At which counter the customer stands."""

    counter = forms.ModelChoiceField(Counter.objects.none(), label=_("Counter"), empty_label=None)

    def __init__(self, asked: Any = None, *, counters: QuerySet[Counter]) -> None:
        super().__init__(asked)
        offer(self, "counter", counters)


class ShownForm(forms.Form):
    """What stands on the customer's screen; the scanner types into the first field."""

    number = NumberField(
        label=_("Number on the customer's screen"),
        help_text=_("Scan it, or type its last four digits."),
        widget=forms.TextInput(
            {
                "autofocus": True,
                "inputmode": "numeric",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )
    amount = forms.DecimalField(
        required=False,
        label=_("Amount"),
        min_value=0,
        max_digits=12,
        decimal_places=2,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )

    def read(self) -> Shown:
        """What is shown; call it on a valid form."""
        return Shown(self.cleaned_data["number"], self.cleaned_data["amount"])


class SettleForm(forms.Form):
    """What was decided about an open question."""

    note = forms.CharField(
        label=_("What was decided, and why"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
    )
