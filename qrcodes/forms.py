"""Forms about merchants, stores, counters, enrolments and codes."""

from collections.abc import Sequence
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.messages import ChannelFee, ChannelFeeType
from merchant_portal.money import CURRENCIES
from qrcodes.countries import COUNTRIES
from qrcodes.models import Counter, Device, Enrolment, Merchant, QRCode, Registrant, Store
from qrcodes.services import stores_are_registered
from qrcodes.states import CodeKind

_CNY = "CNY"


def _currencies(codes: Sequence[str] = tuple(sorted(CURRENCIES))) -> list[tuple[str, str]]:
    return [(code, code) for code in codes]


def _time_zones() -> list[tuple[str, str]]:
    """Zones named after places, and UTC; the historical short names are left out."""
    named = sorted(name for name in available_timezones() if "/" in name)
    kept = [name for name in named if not name.startswith(("Etc/", "SystemV/", "posix", "right"))]
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in kept)]


class MerchantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A merchant; what it is known by at Alipay is fixed once a counter is enrolled."""

    class Meta:
        model = Merchant
        fields = ["name", "secondary_merchant_id", "mcc"]
        help_texts = {
            "name": _("As registered; buyers see it in their wallet."),
            "mcc": _("What the merchant sells: 5812 restaurant, 5311 shop, 7011 hotel."),
        }

    def __init__(self, *args: Any, is_enrolled: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_enrolled:
            self.fields["secondary_merchant_id"].disabled = True
            self.fields["secondary_merchant_id"].help_text = _(
                "Fixed: Alipay knows the merchant by it."
            )


class RegistrantForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who stands behind a merchant, as Alipay asks acquirers."""

    register_country = forms.ChoiceField(label=_("Country of registration"), choices=COUNTRIES)

    class Meta:
        model = Registrant
        fields = [
            "type",
            "registration_no",
            "register_country",
            "register_address",
            "contact_no",
            "contact_email",
            "representative_name",
            "representative_id",
            "shareholder_name",
            "shareholder_id",
            "settlement_no",
            "cs_no",
            "cs_email",
        ]
        help_texts = {
            "registration_no": _("Of the company, or of the individual's trade."),
            "contact_no": _("A number or an e-mail is needed; both are welcome."),
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        unread = {"contact_no", "contact_email"} & self.errors.keys()
        if not unread and not cleaned.get("contact_no") and not cleaned.get("contact_email"):
            self.add_error("contact_no", _("Give a number or an e-mail to reach them by."))
        return cleaned


class StoreForm(forms.ModelForm):  # type: ignore[type-arg]
    """A store; its merchant and code are asked once, when it is added."""

    merchant = forms.ModelChoiceField(Merchant.objects.none(), label=_("Merchant"))
    country = forms.ChoiceField(label=_("Country or area"), choices=COUNTRIES)
    pricing_currency = forms.ChoiceField(
        label=_("Pricing currency"),
        choices=_currencies,
        help_text=_("What new codes of this store are priced in; existing codes keep theirs."),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=_time_zones)
    business_day_starts = forms.TimeField(
        label=_("Business day starts at"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        initial="00:00",
        help_text=_("Takings before this hour belong to the day before."),
    )

    class Meta:
        model = Store
        fields = [
            "merchant",
            "code",
            "name",
            "country",
            "address",
            "pricing_currency",
            "time_zone",
            "business_day_starts",
            "front_photo_url",
            "inside_photo_url",
        ]
        help_texts = {
            "front_photo_url": _("A web address that Alipay's reviewers can open."),
            "code": _("Short and for ever, like PIER3. Letters, digits and underscore."),
            "name": _("Buyers see it when they pay, and it stands in Alipay's files."),
        }

    def __init__(self, *args: Any, merchants: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not stores_are_registered():
            del self.fields["front_photo_url"], self.fields["inside_photo_url"]
        if self.instance.pk:
            del self.fields["merchant"], self.fields["code"]
            self.fields["name"].help_text = _(
                "Buyers see it when they pay. Codes in force are changed at Alipay too."
            )
        elif merchants is not None:
            self._offer(merchants)

    def _offer(self, merchants: Any) -> None:
        field = cast("forms.ModelChoiceField[Merchant]", self.fields["merchant"])
        field.queryset = merchants
        if len(merchants) == 1:
            self.initial.setdefault("merchant", merchants[0].pk)


class CounterForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Counter
        fields = ["code", "name"]
        help_texts = {
            "code": _("Short and for ever, like C1. Letters, digits and underscore."),
            "name": _("What staff call it: Counter 1, Bar, Terrace."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["code"]


class DeviceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A device that shall be paired with a counter."""

    class Meta:
        model = Device
        fields = ["name", "use", "shows_takings"]
        widgets = {"name": forms.TextInput({"autocomplete": "off"})}


class PairForm(forms.Form):
    """On the device: the code that a manager reads out or shows."""

    code = forms.CharField(
        label=_("Pairing code"),
        max_length=20,
        widget=forms.TextInput(
            {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class AccountChoice(forms.Form):
    """The account a counter shall be known under."""

    account = forms.ModelChoiceField(Account.objects.all())


class EnrolmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """How a counter is known at Alipay; what says which code it is, is fixed once one exists."""

    pricing_currency = forms.ChoiceField(label=_("Pricing currency"), choices=_currencies)
    settlement_currency = forms.ChoiceField(
        label=_("Settlement currency"),
        choices=_currencies,
        help_text=_("CNY or the pricing currency; in Hong Kong both are HKD."),
    )

    class Meta:
        model = Enrolment
        fields = [
            "alipay_store_id",
            "known_at_alipay",
            "pricing_currency",
            "settlement_currency",
        ]
        help_texts = {
            "alipay_store_id": _(
                "To take over a code that exists, give the store id it was made with."
            ),
        }

    def __init__(
        self, *args: Any, is_frozen: bool, is_registered: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if is_registered:
            self.fields["alipay_store_id"].disabled = True
            self.fields["alipay_store_id"].help_text = _(
                "Fixed: Alipay reviews the store by this store id."
            )
        if is_frozen:
            for name in ("alipay_store_id", "known_at_alipay", "pricing_currency"):
                self.fields[name].disabled = True
            self.fields["alipay_store_id"].help_text = _(
                "Fixed: Alipay keeps a code under this store id."
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        pricing = cleaned.get("pricing_currency")
        settlement = cleaned.get("settlement_currency")
        if self.instance.account.is_hk and (pricing, settlement) != ("HKD", "HKD"):
            raise forms.ValidationError(_("In Hong Kong both currencies are HKD."))
        if pricing != _CNY and settlement not in {_CNY, pricing}:
            self.add_error("settlement_currency", _("Choose CNY or the pricing currency."))
        return cleaned


class FeeValueField(forms.CharField):
    """A channel fee's number as Alipay writes it: a plain decimal."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=20, widget=widget, **kwargs)


class CodeForm(forms.Form):
    """A new code for a counter: under which account, and with a channel fee or without."""

    account = forms.ModelChoiceField(Account.objects.all(), label=_("Account"), empty_label=None)
    kind = forms.ChoiceField(label=_("Kind"), choices=CodeKind.choices)
    channel_fee_type = forms.ChoiceField(
        label=_("Channel fee"),
        required=False,
        choices=[
            (ChannelFeeType.RATE.value, _("Share of the price")),
            (ChannelFeeType.FIXED.value, _("Fixed amount")),
        ],
    )
    channel_fee_value = FeeValueField(
        label=_("Value"),
        required=False,
        help_text=_("Share: from 0 to 0.05, so 0.01 for 1 %. Fixed: in the settlement currency."),
    )

    def __init__(
        self, *args: Any, accounts: Sequence[Account], kinds: Sequence[CodeKind], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"] = forms.ChoiceField(
            label=_("Kind"), choices=[(kind.value, kind.label) for kind in kinds]
        )
        self.needs_fee = list(kinds) == [CodeKind.WITH_FEE]
        self.fields["channel_fee_value"].required = self.needs_fee
        self.fields["channel_fee_type"].required = self.needs_fee
        field = cast("forms.ModelChoiceField[Account]", self.fields["account"])
        field.queryset = Account.objects.filter(pk__in=[account.pk for account in accounts])
        if len(accounts) == 1:
            self.initial["account"] = accounts[0].pk

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        account = cleaned.get("account")
        if cleaned.get("kind") == CodeKind.WITH_FEE and account is not None:
            self._refuse_fee(cleaned, account.settlement_currency)
        return cleaned

    def _refuse_fee(self, cleaned: dict[str, Any], currency: str) -> None:
        kind, value = cleaned.get("channel_fee_type"), cleaned.get("channel_fee_value", "")
        if not kind or not value:
            self.add_error("channel_fee_value", _("A code with a channel fee needs its value."))
            return
        try:
            ChannelFee(ChannelFeeType(kind), value).refuse_unfit(currency=currency)
        except RequestInvalid as unfit:
            self.add_error("channel_fee_value", _sentence(unfit))


class FeeForm(forms.Form):
    """Another channel fee for a code that has one."""

    channel_fee_value = FeeValueField(label=_("Channel fee"))

    def __init__(self, *args: Any, code: QRCode, **kwargs: Any) -> None:
        self.code = code
        super().__init__(*args, **kwargs)

    def clean_channel_fee_value(self) -> str:
        value: str = self.cleaned_data["channel_fee_value"]
        fee = ChannelFee(ChannelFeeType(self.code.channel_fee_type), value)
        try:
            fee.refuse_unfit(currency=self.code.enrolment.settlement_currency)
        except RequestInvalid as unfit:
            raise forms.ValidationError(_sentence(unfit)) from unfit
        return value


def _sentence(unfit: RequestInvalid) -> str:
    return f"{unfit.problem[:1].upper()}{unfit.problem[1:]}."
