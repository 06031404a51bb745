"""What people type about shifts and days, and which rows of a report they want to see."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from payments.filtering import CursorField, offer
from payments.models import EntryKind, Section, Shift, ZLine

#: A payment is moved to one of the latest shifts of its counter.
_SHIFTS_OFFERED = 40


class NoteForm(forms.Form):
    """What somebody writes beside opening or closing; nothing need be said."""

    note = forms.CharField(required=False, label=_("Note"), max_length=200)


class AssignForm(forms.Form):
    """To which shift a payment belongs, and why."""

    shift = forms.ModelChoiceField(Shift.objects.none(), label=_("Shift"), empty_label=None)
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, asked: Any = None, *, shifts: QuerySet[Shift]) -> None:
        super().__init__(asked)
        recent = shifts.order_by("-opened_at").values("pk")[:_SHIFTS_OFFERED]
        offer(self, "shift", shifts.filter(pk__in=list(recent.values_list("pk", flat=True))))


class PageForm(forms.Form):
    """The page of a list that has no filter."""

    page = CursorField()


class ZRowsForm(forms.Form):
    """Which figure of a report the rows are wanted of; nothing said wants all of them."""

    section = forms.ChoiceField(required=False, choices=Section.choices)
    kind = forms.ChoiceField(required=False, choices=EntryKind.choices)
    currency = forms.CharField(required=False, max_length=3)
    wallet = forms.CharField(required=False, max_length=32)
    shift = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def wanted(self) -> Q:
        """The rows of the figure, for the database."""
        return Q(**self._terms())

    def wants(self, line: ZLine) -> bool:
        """Whether a row that is not saved yet is of the figure."""
        return all(getattr(line, name) == value for name, value in self._terms().items())

    def _terms(self) -> dict[str, Any]:
        """Nothing said narrows nothing; an empty wallet or shift of a figure means it has none."""
        if not self.is_valid():
            return {}
        asked = self.cleaned_data
        terms = {name: asked[name] for name in ("section", "kind", "currency") if asked[name]}
        if terms and "wallet" in self.data:
            terms["wallet"] = asked["wallet"]
        if terms and "shift" in self.data:
            terms["shift_id"] = asked["shift"]
        return terms
