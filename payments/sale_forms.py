"""What a cashier or a customer types to begin a sale: the amount, then the scanned code."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.payment_codes import PaymentCode
from merchant_portal.money import AmountUnusable, Money
from payments.expected_form import how_to_write, narrow
from payments.states import Product
from payments.tills import Till

#: The field of a scanned code; kept out of error reports by this name.
CODE_FIELD = "code"
#: Why a code is asked about before it is sent.
UNUSUAL = "unusual"
_NO_KEYBOARD = {
    "autocomplete": "off",
    "autocapitalize": "off",
    "spellcheck": "false",
    # A scanner types by itself: the keyboard of a tablet would only cover the page.
    "inputmode": "none",
    "autofocus": True,
}


class SaleForm(forms.Form):
    """What the customer owes, what for, and under which account it is taken."""

    amount = forms.CharField(
        label=_("Amount"),
        max_length=20,
        widget=forms.TextInput(
            {"inputmode": "decimal", "autocomplete": "off", "autofocus": True, "class": "amount"}
        ),
    )
    description = forms.CharField(
        label=_("For"),
        required=False,
        max_length=128,
        help_text=_("The customer reads it in the wallet. Empty: the store's name."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    account = forms.ChoiceField(label=_("Alipay account"))

    def __init__(self, asked: Any = None, *, till: Till, initial: Any = None) -> None:
        super().__init__(asked, initial=initial)
        self._offers = {str(offer.account.pk): offer for offer in till.offers}
        field = cast("forms.ChoiceField", self.fields["account"])
        field.choices = [(key, str(offer)) for key, offer in self._offers.items()]
        if len(self._offers) == 1:
            field.widget = forms.HiddenInput()
            field.initial = next(iter(self._offers))

    @property
    def currencies(self) -> Sequence[str]:
        """What the amount may be in: each account is priced in one currency at a store."""
        return sorted({offer.currency for offer in self._offers.values()})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        text, key = cleaned.get("amount"), cleaned.get("account")
        if not text or not key:
            return cleaned
        offer = self._offers[key]
        cleaned["offer"] = offer
        try:
            cleaned["money"] = Money.parse(narrow(text), offer.currency)
        except AmountUnusable:
            self.add_error("amount", how_to_write(text, offer.currency))
        return cleaned

    def refuse_product(self, product: Product) -> None:
        """Raise ValidationError where the account does not take payments so at this counter."""
        if product not in self.cleaned_data["offer"].products:
            raise ValidationError(gettext("This account does not take payments in this way here."))


class _NeverShown(forms.PasswordInput):
    """What was typed does not come back in the page. No password: browsers offer to keep those."""

    input_type = "text"


class CodeForm(forms.Form):
    """The customer's code, as a scanner types it or a camera reads it. It is never shown again.

    A form that Alipay's page does not describe is asked about once: a wallet may know more of them,
    so what is scanned after the question is sent.
    """

    code = forms.CharField(
        label=_("Customer's code"),
        max_length=200,
        strip=False,
        widget=_NeverShown({**_NO_KEYBOARD, "class": "scan-field", "data-scan-field": ""}),
    )
    was_asked = forms.BooleanField(required=False, widget=forms.HiddenInput())

    @property
    def asks_again(self) -> bool:
        """Whether the next scan is sent in whatever form it is."""
        return self.is_bound and self.has_error(CODE_FIELD, UNUSUAL)

    def clean_code(self) -> PaymentCode:
        try:
            return PaymentCode.scanned(self.cleaned_data["code"])
        except RequestInvalid:
            raise ValidationError(
                gettext(
                    "This is not a payment code: it has 16 to 32 digits and no letters. "
                    "Ask the customer to show the payment code, and scan it again."
                )
            ) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        code: PaymentCode | None = cleaned.get(CODE_FIELD)
        if code is not None and not code.is_usual and not cleaned["was_asked"]:
            self.add_error(CODE_FIELD, _unusual())
        return cleaned


def _unusual() -> ValidationError:
    text = gettext(
        "Nothing was sent yet. Payment codes usually have 16 to 24 digits and begin with 25 to 30; "
        "this one does not. Make sure that the customer shows the payment code, not another one. "
        "Then scan again: it is sent as it is."
    )
    return ValidationError(text, code=UNUSUAL)
