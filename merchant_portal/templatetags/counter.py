"""A row of the counter's screen, and what it carries for the script that announces it.

Of the fifty rows that a screen is sent again, one is new: a process keeps the others, up to a few
MB of them, each under all that it shows.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from merchant_portal.money import Money
from merchant_portal.templatetags.portal import digits
from payments.speech import sayings
from payments.watching import Arrival

register = template.Library()


@register.simple_tag
def till_rows(arrivals: Iterable[Arrival]) -> SafeString:
    """Payments as the cashier sees them, in the reader's language."""
    language = get_language()
    return SafeString("".join(_row(arrival, language) for arrival in arrivals))


@register.simple_tag
def hidden_rows(arrivals: Iterable[Arrival]) -> SafeString:
    """Payments that are there to be announced alone."""
    return SafeString("".join(f"<li hidden {announced(arrival)}></li>" for arrival in arrivals))


@lru_cache(maxsize=4096)
def _row(arrival: Arrival, _language: str | None) -> SafeString:
    return render_to_string("payments/_counter_row.html", {"arrival": arrival})


@register.simple_tag
def announced(arrival: Arrival) -> SafeString:
    """Number, amount and time of a payment, and what a voice says of it in each language."""
    return _carried(
        arrival.id, arrival.amount, arrival.occurred_at, arrival.time_zone, arrival.is_late
    )


@lru_cache(maxsize=16_384)
def _carried(
    number: int, amount: Money, occurred_at: datetime, time_zone: str, is_late: bool
) -> SafeString:
    carried = {
        "payment": str(number),
        "amount": f"{amount.currency} {digits(amount)}",
        "time": occurred_at.astimezone(ZoneInfo(time_zone)).strftime("%H:%M:%S"),
    }
    carried |= {f"say-{tongue.value}": words for tongue, words in sayings(amount).items()}
    if is_late:
        carried["late"] = "late"
    return format_html_join(" ", 'data-{}="{}"', carried.items())
