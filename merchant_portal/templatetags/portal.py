"""How pages show money, states and times."""

from django import template

from merchant_portal.money import Money

register = template.Library()


@register.filter
def money(amount: Money) -> str:
    """``HKD 88.00``."""
    return str(amount)
