"""What people type about money going back: how much and why, a decision, the list's filters."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from merchant_portal.keyset import Cursor
from merchant_portal.money import AmountUnusable, Money, decimals_of
from payments.filtering import Between, ListFilterForm, tidy_number
from payments.states import ASKED_REASONS, GiveBackReason
from qrcodes.models import Store


class HowMuch(models.TextChoices):
    """How much goes back: people think of all or of a part."""

    ALL = "all", _("All that is left")
    PART = "part", _("Another amount")


class GiveBackForm(forms.Form):
    """The first step: how much goes back, and why."""

    how_much = forms.ChoiceField(
        label=_("How much"),
        choices=HowMuch.choices,
        widget=forms.RadioSelect,
        initial=HowMuch.ALL.value,
    )
    amount = forms.CharField(
        label=_("Amount"),
        required=False,
        max_length=20,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose one")), *ASKED_REASONS])
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=200,
        help_text=_("Needed where the reason is “Other”. The buyer does not see it."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, asked: Any = None, *, left: Money, initial: Any = None) -> None:
        super().__init__(asked, initial={"amount": left.decimal_text} | (initial or {}))
        self.left = left

    def clean_amount(self) -> str:
        return tidy_number(self.cleaned_data["amount"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "how_much" in cleaned and "amount" in cleaned:
            cleaned["money"] = self._money(cleaned)
        if cleaned.get("reason") == GiveBackReason.OTHER and not cleaned.get("note"):
            self.add_error("note", _now("Say in the note what the reason is."))
        return cleaned

    def _money(self, cleaned: dict[str, Any]) -> Money | None:
        if cleaned["how_much"] == HowMuch.ALL and not cleaned["amount"]:
            return self.left
        try:
            money = read_amount(cleaned["amount"], self.left.currency)
            _refuse_more_than(self.left, money)
            if cleaned["how_much"] == HowMuch.ALL:
                _refuse_another_than(self.left, money)
        except ValidationError as unusable:
            self.add_error("amount", unusable)
            return None
        return money


def read_amount(text: str, currency: str) -> Money:
    """An amount as people type it; raises ValidationError that says how to write it."""
    try:
        return Money.parse(text, currency)
    except AmountUnusable as unusable:
        example = "20" if decimals_of(currency) == 0 else "20.00"
        why = _now("Write an amount in %(currency)s as a plain number such as %(example)s.")
        raise ValidationError(why % {"currency": currency, "example": example}) from unusable


def _refuse_more_than(left: Money, money: Money) -> None:
    if money.minor > left.minor:
        raise ValidationError(_now("Only %(left)s is left of this payment.") % {"left": left})


def _refuse_another_than(left: Money, money: Money) -> None:
    """Who typed an amount and left "all" chosen meant one of the two, and is asked which."""
    if money != left:
        why = _now(
            "All that is left is %(left)s, but you typed %(typed)s: choose “Another amount”, or "
            "empty the field."
        )
        raise ValidationError(why % {"left": left, "typed": money})


class DeclineForm(forms.Form):
    """Why money does not go back."""

    note = forms.CharField(
        label=_("Why not"), max_length=200, widget=forms.TextInput({"autocomplete": "off"})
    )


class Kind(models.TextChoices):
    """Which way money went back."""

    REFUND = "refund", _("Refunds")
    CANCEL = "cancel", _("Cancels")


class Group(models.TextChoices):
    """What refunds and cancels stand at, in the words that the list's tiles use for both."""

    WAITING = "waiting", _("Waiting for approval")
    ON_ITS_WAY = "on-its-way", _("On its way")
    UNKNOWN = "unknown", _("Outcome unknown")
    BACK = "back", _("With the buyer")
    AGREE_ANEW = "agree-anew", _("Not cancelled: decide anew")
    NOT_BACK = "not-back", _("Not given back")
    RETURNED = "returned", _("Came back")


@dataclass(frozen=True, slots=True)
class GivingBackFilter:
    """Which refunds and cancels the list shall show; nothing said narrows nothing."""

    number: str = ""
    kind: Kind | None = None
    group: Group | None = None
    store: Store | None = None
    since: datetime | None = None
    until: datetime | None = None
    between: Between = field(default_factory=Between)
    cursor: Cursor | None = None

    def wanted(self) -> Q:
        """What matches, but for the kind, the group and the number."""
        wanted = self.between.wanted()
        if self.store is not None:
            wanted &= Q(payment__store=self.store)
        if self.since is not None:
            wanted &= Q(requested_at__gte=self.since)
        if self.until is not None:
            wanted &= Q(requested_at__lt=self.until)
        return wanted

    @property
    def shows_refunds(self) -> bool:
        return self.kind is not Kind.CANCEL

    @property
    def shows_cancels(self) -> bool:
        return self.kind is not Kind.REFUND


class GivingBackFilterForm(ListFilterForm):
    """The filter bar of refunds and cancels; days are those of the request."""

    kind = forms.ChoiceField(
        required=False, label=_("Kind"), choices=[("", _("Refunds and cancels")), *Kind.choices]
    )
    state = forms.ChoiceField(
        required=False, label=_("State"), choices=[("", _("Any")), *Group.choices]
    )

    def read(self) -> GivingBackFilter:
        """What was asked for; call it on a valid form."""
        asked = self.cleaned_data
        since, until = self.bounds()
        return GivingBackFilter(
            number=asked["q"],
            kind=Kind(asked["kind"]) if asked["kind"] else None,
            group=Group(asked["state"]) if asked["state"] else None,
            store=asked["store"],
            since=since,
            until=until,
            between=self.between,
            cursor=asked["page"],
        )
