"""Forms about posters, logos, stickers and opening hours."""

from collections.abc import Iterator, Sequence
from datetime import time
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from qrcodes.models import Counter, QRCode
from qrcodes.models.hours import Weekday
from qrcodes.posters import Language, Size
from qrcodes.services import Order
from qrcodes.states import PosterLanguage, PosterSize

ALL, UNPRINTED = "all", "unprinted"


class PrintForm(forms.Form):
    """What to print of some codes."""

    which = forms.ChoiceField(label=_("Which codes"), widget=forms.RadioSelect)
    size = forms.ChoiceField(label=_("Size"), choices=PosterSize.choices)
    language = forms.ChoiceField(label=_("Language"), choices=PosterLanguage.choices)
    where = forms.CharField(
        label=_("Where it will hang"),
        required=False,
        max_length=200,
        help_text=_("Beside the till, on the door; it can be changed later."),
    )
    reason = forms.CharField(
        label=_("Why it is printed again"),
        required=False,
        max_length=200,
        help_text=_("Faded, lost, another size. It is kept with the print."),
    )

    def __init__(self, *args: Any, codes: Sequence[QRCode], printed: set[int], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.codes, self.printed = codes, printed
        self.unprinted = [code for code in codes if code.pk not in printed]
        if len(codes) == 1 or not printed or not self.unprinted:
            del self.fields["which"]
        else:
            self.fields["which"] = forms.ChoiceField(
                label=_("Which codes"),
                widget=forms.RadioSelect,
                choices=[
                    (UNPRINTED, _("Only the %d never printed") % len(self.unprinted)),
                    (ALL, _("All %d") % len(codes)),
                ],
                initial=UNPRINTED,
            )
        if not printed:
            del self.fields["reason"]

    def chosen(self) -> list[QRCode]:
        """The codes that are to be printed."""
        is_partial = self.cleaned_data.get("which") == UNPRINTED
        return list(self.unprinted if is_partial else self.codes)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        again = any(code.pk in self.printed for code in self.chosen())
        if again and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("It was printed before: say why it is printed again."))
        return cleaned

    def order(self) -> Order:
        wanted = self.cleaned_data
        return Order(
            size=Size(wanted["size"]),
            language=Language(wanted["language"]),
            reason=wanted.get("reason", "").strip(),
            where=wanted["where"].strip(),
        )


class LogoForm(forms.Form):
    picture = forms.FileField(
        label=_("Picture"),
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg"}),
        help_text=_("PNG or JPEG, up to 2 MB. Wide and dark on white prints best."),
    )


class PatrolForm(forms.Form):
    """What a sticker on a counter shows: its text, its check code, or a photo of it."""

    counter = forms.ModelChoiceField(
        Counter.objects.none(),
        label=_("Where you stand"),
        required=False,
        empty_label=_("not said"),
    )
    photo = forms.FileField(
        label=_("Photo of the sticker"),
        required=False,
        widget=forms.ClearableFileInput(
            attrs={"accept": "image/png,image/jpeg", "capture": "environment"}
        ),
    )
    text = forms.CharField(
        label=_("Or what it says"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off"}),
        help_text=_("The text a scanner read, or the check code printed below the code."),
    )

    def __init__(self, *args: Any, counters: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Counter]", self.fields["counter"])
        field.queryset = counters

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("photo") and not cleaned.get("text", "").strip():
            self.add_error("text", _("Take a photo, or type what the sticker says."))
        return cleaned


class OpeningHoursForm(forms.Form):
    """From and to for each weekday; a day without times is closed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day in Weekday:
            self.fields[f"opens_{day.value}"] = _hour(_("%s, from") % day.label)
            self.fields[f"closes_{day.value}"] = _hour(_("%s, to") % day.label)

    def days(self) -> Iterator[tuple[Weekday, forms.BoundField, forms.BoundField]]:
        for day in Weekday:
            yield day, self[f"opens_{day.value}"], self[f"closes_{day.value}"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for day in Weekday:
            opens, closes = cleaned.get(f"opens_{day.value}"), cleaned.get(f"closes_{day.value}")
            if (opens is None) != (closes is None):
                half = "closes" if closes is None else "opens"
                self.add_error(f"{half}_{day.value}", _("Give both times, or none."))
        return cleaned

    def hours(self) -> dict[int, tuple[time, time]]:
        wanted = self.cleaned_data
        return {
            day.value: (wanted[f"opens_{day.value}"], wanted[f"closes_{day.value}"])
            for day in Weekday
            if wanted[f"opens_{day.value}"] is not None
        }


def _hour(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget)
