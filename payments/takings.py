"""What a shop has taken, per currency, by the payments themselves: also what is being confirmed."""

from dataclasses import dataclass

from django.db.models import Count, F, QuerySet, Sum

from merchant_portal.money import Money
from payments.models import Payment
from payments.states import PAYMENT_TAKEN


@dataclass(frozen=True, slots=True)
class Takings:
    """Payments of one currency and what they add up to; given back is already off."""

    number: int
    total: Money
    given_back: Money


def add_up(payments: QuerySet[Payment]) -> list[Takings]:
    """Takings per currency of the payments that a cashier may call paid."""
    given_back = F("refunded_minor") + F("cancelled_minor")
    rows = (
        payments.filter(state__in=PAYMENT_TAKEN)
        .order_by("currency")
        .values("currency")
        .annotate(number=Count("pk"), taken=Sum("amount_minor"), back=Sum(given_back))
    )
    return [
        Takings(
            number=row["number"],
            total=Money(row["taken"] - row["back"], row["currency"]),
            given_back=Money(row["back"], row["currency"]),
        )
        for row in rows
    ]
