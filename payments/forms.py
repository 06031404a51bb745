"""What people type about payments: numbers to look for, decisions."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import Account
from payments.filtering import NumberField, offer
from payments.recognising import Shown
from qrcodes.models import Counter


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


class NoteForm(forms.Form):
    """What somebody wants to keep with a payment."""

    text = forms.CharField(
        label=_("Note"),
        max_length=500,
        help_text=_("For everybody who sees the payment. It cannot be changed or taken back."),
        widget=forms.Textarea({"rows": 2}),
    )


class SettleForm(forms.Form):
    """What was decided about an open question."""

    note = forms.CharField(
        label=_("What was decided, and why"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
    )
