"""What a row of the counter's screen carries for the script that announces it."""

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from merchant_portal.templatetags.portal import digits, zone_of
from payments.watching import Arrival

register = template.Library()


@register.simple_tag
def announced(arrival: Arrival) -> SafeString:
    """Number, amount and time of a payment, and what a voice says of it in each language."""
    payment = arrival.payment
    local = payment.occurred_at.astimezone(zone_of(payment.counter))
    carried = {
        "payment": str(payment.pk),
        "amount": f"{payment.currency} {digits(payment.amount)}",
        "time": local.strftime("%H:%M:%S"),
    }
    carried |= {f"say-{tongue}": words for tongue, words in arrival.spoken}
    if arrival.is_late:
        carried["late"] = "late"
    return format_html_join(" ", 'data-{}="{}"', carried.items())
