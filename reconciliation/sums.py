"""What the lines of a file add up to."""

from dataclasses import dataclass

from django.db.models import Count, Sum

from merchant_portal.money import Money
from reconciliation.models import StatementFile
from reconciliation.states import LineKind


@dataclass(frozen=True, slots=True)
class KindSum:
    """The lines of one kind in one settlement currency."""

    kind: LineKind
    number: int
    amount: Money
    #: None where lines give no fee, or no net: what is not said is not added up.
    fee: Money | None
    net: Money | None


def sums_of(file: StatementFile) -> list[KindSum]:
    """Counts and sums of a file's lines, per kind and currency."""
    groups = (
        file.lines.order_by("currency", "kind")
        .values_list("currency", "kind")
        .annotate(
            Count("pk"),
            Sum("amount_minor"),
            Count("fee_minor"),
            Sum("fee_minor"),
            Count("net_minor"),
            Sum("net_minor"),
        )
    )
    return [
        KindSum(
            kind=LineKind(kind),
            number=number,
            amount=Money(amount, currency),
            fee=Money(fee, currency) if fees == number else None,
            net=Money(net, currency) if nets == number else None,
        )
        for currency, kind, number, amount, fees, fee, nets, net in groups
    ]
