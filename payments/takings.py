"""What a counter has taken, per currency, by the payments themselves: also what is being confirmed.

Its screen asks with each look that brings something, so this is a statement that is planned once.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from merchant_portal import rows
from merchant_portal.money import Money
from payments.states import PAYMENT_TAKEN
from qrcodes.models import Counter

_TAKEN = """
SELECT currency, COUNT(*), SUM(amount_minor - refunded_minor - cancelled_minor)
FROM payments_payment WHERE counter_id = %s AND occurred_at >= %s AND state IN ({states})
GROUP BY currency ORDER BY currency"""


@dataclass(frozen=True, slots=True)
class Takings:
    """Payments of one currency and what they add up to; given back is already off."""

    number: int
    total: Money


def add_up(counter: Counter, *, since: datetime) -> list[Takings]:
    """Takings per currency, of the counter's payments that a cashier may call paid."""
    return [
        Takings(number, Money(int(total), currency))
        for currency, number, total in rows.run(_statement(), [counter.pk, since])
    ]


@cache
def _statement() -> str:
    return _TAKEN.format(states=", ".join(f"'{state.value}'" for state in PAYMENT_TAKEN))
