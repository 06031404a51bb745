"""What narrows the list, each part as a chip that takes it away."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from django.http import QueryDict
from django.utils import formats
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from payments.filtering import DayRange
from payments.narrowing import PaymentFilterForm
from payments.states import PaymentState, Product
from payments.tiles import without
from payments.wallets import wallet_name


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of a filter in words, and the address without it."""

    label: str
    url: str


def _day(value: date) -> str:
    return formats.date_format(value, pgettext("date format", "j M Y"))


def _time(value: datetime) -> str:
    return formats.date_format(value, pgettext("date format", "j M Y H:i:s"))


#: The words of each part; what is not here (the page) is no part of the filter.
_WORDS: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "q": lambda number: _("number %s") % number,
        "store": str,
        "counter": str,
        "days": lambda days: str(DayRange(days).label),
        "first": lambda day: _("from %s") % _day(day),
        "last": lambda day: _("to %s") % _day(day),
        "hour": lambda hour: f"{hour:02}:00–{hour:02}:59",
        "since": lambda instant: _("from %s") % _time(instant),
        "until": lambda instant: _("before %s") % _time(instant),
        "least": lambda amount: _("%s or more") % amount,
        "most": lambda amount: _("%s or less") % amount,
        "wallet": wallet_name,
        "product": lambda product: str(Product(product).label),
        "state": lambda state: str(PaymentState(state).label),
        "refunded": lambda _on: str(_("Money went or goes back")),
        "unreconciled": lambda _on: str(_("Not reconciled")),
        "question": lambda _on: str(_("Question open")),
        "unplaced": lambda _on: str(_("Unplaced")),
    }
)


def chips(form: PaymentFilterForm, asked_for: QueryDict, *, paging: tuple[str, ...]) -> list[Chip]:
    """A chip for each part of a valid filter that is in force."""
    return [
        Chip(_WORDS[name](value), f"?{without(asked_for, name, *paging)}")
        for name, value in _in_force(form.cleaned_data)
    ]


def _in_force(asked: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Instants stand in the place of days, and days with a date in the place of named ones."""
    instants = asked["since"] or asked["until"]
    days = asked["first"] or asked["last"]
    overruled = {"days": instants or days, "first": instants, "last": instants, "hour": instants}
    for name in _WORDS:
        value = asked.get(name)
        if value not in (None, "") and value is not False and not overruled.get(name):
            yield name, value
