"""A payment's proof on pages of lower nouns, which do not know what it is gathered from."""

from collections.abc import Sequence

from django import template

from merchant_portal.proof import ShortProof, short_proof
from payments.models import Payment
from payments.timeline import Event

register = template.Library()


@register.simple_tag
def proof_of(payment: Payment, events: Sequence[Event]) -> ShortProof:
    """How much bears a payment out, told from the events its page shows."""
    return short_proof(payment, events)
