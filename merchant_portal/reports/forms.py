"""What people and programs ask of a report, read and refused in one place."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from merchant_portal.money import CURRENCIES
from merchant_portal.reports.asked import Asked
from merchant_portal.reports.catalogue.takings import GROUPS
from merchant_portal.reports.definition import Calendar, FilterName, Report
from merchant_portal.reports.errors import FilterRefused
from payments.filtering import DayField, NumberField
from payments.places import ALIPAY_ZONE, Places, visible_stores
from payments.states import Product
from qrcodes.models import Counter, Merchant, Store
from qrcodes.permissions import Principal

#: What takings are added up by where nothing else is said.
USUAL_GROUPS = ["store", "day"]
_RIGHT = Right.EXPORT_REPORTS


def _noun(rows: QuerySet[Any], label: Any, everything: Any) -> forms.Field:
    return forms.ModelChoiceField(rows, required=False, label=label, empty_label=everything)


def _amount(label: Any) -> forms.Field:
    return forms.DecimalField(
        required=False,
        label=label,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        widget=forms.TextInput({"inputmode": "decimal"}),
    )


def _choice(label: Any, choices: Mapping[str, Any]) -> forms.Field:
    return forms.ChoiceField(
        required=False, label=label, choices=[("", _("Any")), *choices.items()]
    )


_Maker = Callable[[Report, Principal, "tuple[Store, ...]"], forms.Field]
_FIELDS: dict[FilterName, _Maker] = {
    FilterName.FIRST: lambda report, principal, stores: DayField(label=_("From")),
    FilterName.LAST: lambda report, principal, stores: DayField(label=_("To")),
    FilterName.ACCOUNT: lambda report, principal, stores: _noun(
        _accounts(principal), _("Account"), _("All accounts")
    ),
    FilterName.MERCHANT: lambda report, principal, stores: _noun(
        Merchant.objects.filter(stores__in=_keys(stores)).distinct(),
        _("Merchant"),
        _("All merchants"),
    ),
    FilterName.STORE: lambda report, principal, stores: _noun(
        Store.objects.filter(pk__in=_keys(stores)), _("Store"), _("All stores")
    ),
    FilterName.COUNTER: lambda report, principal, stores: _noun(
        Counter.objects.filter(store__in=_keys(stores)).select_related("store"),
        _("Counter"),
        _("All counters"),
    ),
    FilterName.WALLET: lambda report, principal, stores: forms.CharField(
        required=False, label=_("Wallet"), max_length=32
    ),
    FilterName.PRODUCT: lambda report, principal, stores: _choice(
        _("Product"), dict(Product.choices)
    ),
    FilterName.STATE: lambda report, principal, stores: _choice(_("State"), report.states),
    FilterName.CURRENCY: lambda report, principal, stores: _choice(
        _("Currency"), {code: code for code in CURRENCIES}
    ),
    FilterName.LEAST: lambda report, principal, stores: _amount(_("Amount from")),
    FilterName.MOST: lambda report, principal, stores: _amount(_("Amount to")),
    FilterName.NUMBER: lambda report, principal, stores: NumberField(
        required=False, label=_("Number")
    ),
    FilterName.BY: lambda report, principal, stores: forms.MultipleChoiceField(
        required=False,
        label=_("Added up by"),
        choices=list(GROUPS.items()),
        widget=forms.CheckboxSelectMultiple,
    ),
}


def _keys(stores: "tuple[Store, ...]") -> list[int]:
    return [store.pk for store in stores]


def _accounts(principal: Principal) -> QuerySet[Account]:
    """The accounts through which the stores somebody reports on are paid."""
    return Account.objects.filter(
        principal.scope(_RIGHT, store_path="enrolments__store")
    ).distinct()


class ReportForm(forms.Form):
    """The filter of one report; what it does not name, the report has no filter for."""

    def __init__(self, asked: Any, *, report: Report, principal: Principal) -> None:
        super().__init__(asked, auto_id="filter_%s")
        self.report = report
        self._stores = visible_stores(principal, right=_RIGHT)
        for name in report.filters:
            self.fields[name.value] = _FIELDS[name](report, principal, self._stores)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        for low, high, why in (
            ("from", "to", _("The first day is after the last.")),
            ("least", "most", _("The smallest is above the largest.")),
        ):
            first, last = said.get(low), said.get(high)
            if first is not None and last is not None and first > last:
                self.add_error(high, why)
        self._refuse_amounts_of_no_currency(said)
        return said

    def _refuse_amounts_of_no_currency(self, said: dict[str, Any]) -> None:
        """How much 100 is depends on the currency."""
        amounts = [said[name] for name in ("least", "most") if said.get(name) is not None]
        currency = said.get("currency")
        if amounts and not currency and "currency" not in self.errors:
            self.add_error("currency", _("Choose the currency of the amounts."))
        if currency and CURRENCIES[currency] == 0 and any(each % 1 for each in amounts):
            self.add_error("least", _("This currency has no decimals."))

    @property
    def places(self) -> Places:
        """The stores and, where one was chosen, whose zone counts."""
        said = getattr(self, "cleaned_data", {})
        counter = said.get("counter")
        return Places(self._stores, said.get("store") or (counter.store if counter else None))

    @property
    def zone(self) -> str:
        """Whose days they are."""
        is_shops = self.report.calendar is Calendar.SHOP
        return self.places.time_zone if is_shops else ALIPAY_ZONE

    def read(self) -> Asked:
        """What was asked for; raises FilterRefused."""
        if not self.is_valid():
            raise FilterRefused(
                {name: [str(each) for each in texts] for name, texts in self.errors.items()}
            )
        said = self.cleaned_data
        nouns = {name: said.get(name) for name in ("account", "merchant", "store", "counter")}
        return Asked(
            zone=self.zone,
            first=said.get("from"),
            last=said.get("to"),
            wallet=said.get("wallet", ""),
            product=said.get("product", ""),
            state=said.get("state", ""),
            currency=said.get("currency", ""),
            least=said.get("least"),
            most=said.get("most"),
            number=said.get("number", ""),
            by=tuple(said.get("by") or (USUAL_GROUPS if "by" in self.fields else ())),
            **{name: row.pk if row else None for name, row in nouns.items()},
        )


def refuse_unknown(report: Report, names: Mapping[str, Any]) -> None:
    """Raise FilterRefused for a name that is no filter of the report: nothing is overlooked."""
    known = {name.value for name in report.filters}
    unknown = [name for name in names if name not in known]
    if unknown:
        why = _("This report is not narrowed by this.")
        raise FilterRefused({name: [str(why)] for name in unknown})


def usual_days(now: datetime, zone: str) -> tuple[date, date]:
    """The days a page opens with: this month so far."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return today.replace(day=1), today
