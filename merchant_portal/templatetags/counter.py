"""What a row of the counter's screen carries for the script that announces it."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from merchant_portal.money import Money
from merchant_portal.templatetags.portal import digits, zone_of
from payments.speech import sayings
from payments.watching import Arrival

register = template.Library()


@register.simple_tag
def announced(arrival: Arrival) -> SafeString:
    """Number, amount and time of a payment, and what a voice says of it in each language."""
    payment = arrival.payment
    zone = zone_of(payment.counter)
    return _carried(payment.pk, payment.amount, payment.occurred_at, zone, arrival.is_late)


#: Of fifty rows that a screen is sent again, one is new; a process remembers a few MB of them.
@lru_cache(maxsize=8192)
def _carried(
    number: int, amount: Money, occurred_at: datetime, zone: ZoneInfo, is_late: bool
) -> SafeString:
    carried = {
        "payment": str(number),
        "amount": f"{amount.currency} {digits(amount)}",
        "time": occurred_at.astimezone(zone).strftime("%H:%M:%S"),
    }
    carried |= {f"say-{tongue.value}": words for tongue, words in sayings(amount).items()}
    if is_late:
        carried["late"] = "late"
    return format_html_join(" ", 'data-{}="{}"', carried.items())
