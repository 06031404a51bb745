"""The one search box: any whole number somebody has, else the last digits of one."""

from dataclasses import dataclass

from django.db.models import QuerySet

from merchant_portal.accounts.models import Account
from payments.models import LEAST_DIGITS, Notification, Payment

#: Last digits that fit more payments than this are no name.
_MOST_NAMED = 1_000


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that a number names."""

    rows: QuerySet[Payment]
    #: The payments that carry the whole number, also where ``rows`` do not reach them.
    named_whole: frozenset[int] = frozenset()

    def only(self) -> Payment | None:
        """The one payment meant, where a whole number names no other."""
        found = list(self.rows[:2]) if self.named_whole else []
        return found[0] if len(found) == 1 else None


def search(rows: QuerySet[Payment], number: str) -> Found:
    """Of ``rows`` those a number names: the payment's own, a notification's, a refund's."""
    named = _named_whole(number)
    if named:
        return Found(rows.filter(pk__in=named), named)
    if len(number) < LEAST_DIGITS:
        return Found(rows.none())
    return Found(rows.filter(pk__in=_ending_in(rows, number)))


def _named_whole(number: str) -> frozenset[int]:
    """Payments with this number, whosever number it is, each way by its index."""
    accounts = Account.objects.values("pk")
    notices = Notification.objects.filter(account__in=accounts, notify_id=number)
    ways = (
        Payment.objects.numbered(number).values_list("pk"),
        notices.exclude(payment=None).values_list("payment"),
        Payment.objects.filter(refunds__partner_refund_id=number).values_list("pk"),
    )
    first, *others = ways
    return frozenset(pk for (pk,) in first.union(*others))


def _ending_in(rows: QuerySet[Payment], digits: str) -> set[int]:
    """Read once, for the page and its counts. The index of last digits is asked before ``rows``
    are narrowed: together the database would rather walk the list."""
    ending = Payment.objects.ending_in(digits).values("pk")
    return set(
        rows.filter(pk__in=ending).order_by("-pk").values_list("pk", flat=True)[:_MOST_NAMED]
    )
