"""What the shops have taken on the business day that runs, per currency."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet, Sum

from merchant_portal.money import Money
from payments.models import Payment
from payments.places import business_day_start
from payments.states import PAYMENT_TAKEN
from qrcodes.models import Store


@dataclass(frozen=True, slots=True)
class Takings:
    """Payments of one currency and what they add up to; given back is already off."""

    number: int
    total: Money
    given_back: Money


def takings_today(
    payments: QuerySet[Payment], stores: Iterable[Store], *, now: datetime
) -> list[Takings]:
    """Of each store's own business day, so that no shop's evening falls into another's morning."""
    by_start: dict[datetime, list[int]] = defaultdict(list)
    for store in stores:
        by_start[business_day_start(store, now=now)].append(store.pk)
    days = Q(pk__in=[])
    for start, pks in by_start.items():
        days |= Q(store__in=pks, occurred_at__gte=start)
    return add_up(payments.filter(days))


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
