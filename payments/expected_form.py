"""The amount a cashier expects, as it stands in the screen's address."""

import unicodedata
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from merchant_portal.money import AmountUnusable, Money, decimals_of
from payments.expecting import Expectation, Judgement, Verdict
from payments.watching import Arrival
from qrcodes.models import Counter

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class ExpectedForm(forms.Form):
    """What the customer owes, since when it is waited for, and what it was compared with."""

    expect = forms.CharField(
        label=_("The customer owes"),
        max_length=20,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    since = forms.IntegerField(required=False, min_value=0, max_value=4_102_444_800_000_000)
    judged = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def __init__(self, asked: Any = None, *, counter: Counter) -> None:
        super().__init__(asked if asked and "expect" in asked else None)
        self._counter = counter
        field = cast("forms.ChoiceField", self.fields["currency"])
        field.choices = lambda: [(code, code) for code in self.currencies]

    @cached_property
    def currencies(self) -> list[str]:
        """What the counter's codes are priced in, else what its store is; asked for once, and only
        where somebody types an amount."""
        usual = self._counter.store.pricing_currency
        priced = set(self._counter.enrolments.values_list("pricing_currency", flat=True))
        return sorted(priced or {usual}, key=lambda currency: (currency != usual, currency))

    @property
    def has_choice(self) -> bool:
        """Whether the counter is paid in several currencies."""
        return len(self.currencies) > 1

    @property
    def lacks_start(self) -> bool:
        return self.cleaned_data.get("since") is None

    @property
    def problem(self) -> str:
        """Why nothing can be compared, in a sentence."""
        written = [*self.non_field_errors(), *(self.errors.get("expect") or [])]
        if written:
            return str(written[0])
        return gettext("Type the amount again.") if self.errors else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        text, currency = cleaned.get("expect"), cleaned.get("currency") or self.currencies[0]
        if text:
            try:
                cleaned["money"] = Money.parse(narrow(text), currency)
            except AmountUnusable as unusable:
                raise ValidationError(how_to_write(text, currency)) from unusable
        return cleaned

    def expectation(self, *, now: datetime) -> Expectation:
        """What is waited for; from now on, where the address names no start."""
        since = self.cleaned_data.get("since")
        start = now if since is None else _EPOCH + since * _MICROSECOND
        return Expectation(self.cleaned_data["money"], start, self.cleaned_data.get("judged"))

    def address_from(self, start: datetime) -> str:
        return _address(self.cleaned_data["money"], start)

    def address_of(self, expectation: Expectation, judgement: Judgement) -> str:
        """The address under which the verdict stays what it is."""
        return _address(expectation.amount, expectation.since, judgement.arrival)

    def address_of_rest(self, judgement: Judgement) -> str:
        """The address that waits for what is missing, from the short payment on."""
        if judgement.verdict != Verdict.SHORT or not judgement.arrival or not judgement.difference:
            return ""
        return _address(judgement.difference, judgement.arrival.taken_at)

    def address_of_one_before(self, judgement: Judgement) -> str:
        """The address that compares with the payment from just before."""
        before = judgement.just_before
        return _address(judgement.expected, before.taken_at, before) if before else ""


def _address(amount: Money, since: datetime, judged: Arrival | None = None) -> str:
    query: dict[str, object] = {
        "expect": amount.decimal_text,
        "currency": amount.currency,
        "since": (since - _EPOCH) // _MICROSECOND,
    }
    if judged is not None:
        query["judged"] = judged.payment.pk
    return urlencode(query)


def narrow(text: str) -> str:
    """Full-width digits as plain ones; a mark between digits stays, and is refused."""
    return unicodedata.normalize("NFKC", text)


def how_to_write(text: str, currency: str) -> str:
    example = "1250" if decimals_of(currency) == 0 else "1250.00"
    why = gettext("“%(text)s” is not an amount in %(currency)s: write it as %(example)s.")
    return why % {"text": text, "currency": currency, "example": example}
