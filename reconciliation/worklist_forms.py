"""What people type about differences: the worklist's filter, and notes."""

from dataclasses import dataclass
from datetime import date

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy

from merchant_portal.accounts.models import Account
from merchant_portal.keyset import Cursor
from merchant_portal.models import User
from payments.filtering import CursorField, DayField, NumberField
from reconciliation.states import VERDICT_QUIET, DiscrepancyState, LineKind, VerdictWord

ANY = "any"


@dataclass(frozen=True, slots=True)
class DiscrepancyFilter:
    """Which differences the worklist shall show; unless asked otherwise the open ones."""

    account: Account | None
    word: str
    kind: str
    state: str
    number: str
    first: date | None
    last: date | None
    owner: User | None
    cursor: Cursor | None

    @property
    def wanted(self) -> Q:
        wanted = Q() if self.state == ANY else Q(state=self.state)
        for column, value in (
            ("account", self.account),
            ("word", self.word),
            ("kind", self.kind),
            ("key__contains", self.number),
            ("day__gte", self.first),
            ("day__lte", self.last),
            ("owner", self.owner),
        ):
            wanted &= Q(**{column: value}) if value else Q()
        return wanted

    @property
    def is_empty(self) -> bool:
        """Whether everything that is open is shown."""
        return self.wanted == Q(state=DiscrepancyState.OPEN)


class DiscrepancyFilterForm(forms.Form):
    """The worklist's filter bar."""

    q = NumberField(required=False, label=gettext_lazy("Search"))
    state = forms.ChoiceField(
        required=False,
        label=gettext_lazy("State"),
        choices=[
            ("", DiscrepancyState.OPEN.label),
            (DiscrepancyState.RESOLVED.value, DiscrepancyState.RESOLVED.label),
            (DiscrepancyState.EXPLAINED.value, DiscrepancyState.EXPLAINED.label),
            (ANY, gettext_lazy("Any")),
        ],
    )
    word = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Difference"),
        choices=[
            ("", gettext_lazy("Any")),
            *((word.value, word.label) for word in VerdictWord if word not in VERDICT_QUIET),
        ],
    )
    kind = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Kind"),
        choices=[("", gettext_lazy("Any")), *LineKind.choices],
    )
    account = forms.ModelChoiceField(
        Account.objects.all(),
        required=False,
        label=gettext_lazy("Account"),
        empty_label=gettext_lazy("All accounts"),
    )
    first = DayField(label=gettext_lazy("Day from"))
    last = DayField(label=gettext_lazy("To"))
    mine = forms.BooleanField(required=False, label=gettext_lazy("Only mine"))
    page = CursorField()

    def read(self, user: User | None) -> DiscrepancyFilter:
        """What was asked for, by whom; call it on a valid form."""
        asked = self.cleaned_data
        return DiscrepancyFilter(
            account=asked["account"],
            word=asked["word"],
            kind=asked["kind"],
            state=asked["state"] or DiscrepancyState.OPEN.value,
            number=asked["q"],
            first=asked["first"],
            last=asked["last"],
            owner=user if asked["mine"] else None,
            cursor=asked["page"],
        )


class DecisionForm(forms.Form):
    """What was decided about a difference, and why."""

    note = forms.CharField(
        label=gettext_lazy("What was decided, and why"),
        max_length=300,
        widget=forms.Textarea({"rows": 2}),
    )


class BookingForm(forms.Form):
    """A word about what is booked; the booking speaks for itself."""

    note = forms.CharField(
        required=False,
        label=gettext_lazy("Note"),
        max_length=300,
        widget=forms.Textarea({"rows": 2}),
    )
