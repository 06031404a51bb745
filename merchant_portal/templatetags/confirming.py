"""The field where somebody proves again who they are, on forms that move money back."""

from django import template
from django.template import Context

from merchant_portal import step_up

register = template.Library()


@register.inclusion_tag("partials/_confirm.html", takes_context=True)
def confirm_field(context: Context, name: str, error: str = "") -> dict[str, object]:
    """The one field; ``name`` sets it apart from others on the page."""
    return {
        "field": step_up.FIELD,
        "name": name,
        "error": error,
        "asked": step_up.asked_of(context["request"].user),
    }
