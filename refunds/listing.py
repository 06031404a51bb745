"""Refunds and cancels read as one list: who may see them, in which order, how many."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from merchant_portal.access import Right
from merchant_portal.keyset import Cursor, Page, Way
from merchant_portal.money import Money
from payments.listing import MOST_COUNTED, MOST_IN_TILE, Count
from payments.models import LEAST_DIGITS, Cancel, Payment
from payments.places import visible_stores
from payments.states import CancelState
from qrcodes.permissions import Principal
from refunds.forms import GivingBackFilter, Group
from refunds.models import Refund
from refunds.sentences import Giving
from refunds.states import RefundState

PAGE_SIZE = 50
#: So many wait in the inbox at most; the others move up.
MOST_IN_INBOX = 100
_WITH = ("payment__store", "payment__counter", "payment__account", "requested_by", "decided_by")


#: A cancel that came to nothing leaves its people with a question, until somebody has moved the
#: money or asked for a refund instead.
CAME_TO_NOTHING = Q(state__in=(CancelState.LAPSED, CancelState.REFUSED))
_DECIDED_SINCE = (
    Q(payment__refunded_minor__gt=0)
    | Q(payment__cancelled_minor__gt=0)
    | Q(payment__reserved_minor__gt=0)
    | Q(Exists(Refund.objects.filter(instead_of=OuterRef("pk"))))
)

#: What each group means for either noun.
_REFUNDS: dict[Group, tuple[RefundState, ...]] = {
    Group.WAITING: (RefundState.REQUESTED,),
    Group.ON_ITS_WAY: (RefundState.APPROVED, RefundState.SUBMITTED, RefundState.ACCEPTED),
    Group.UNKNOWN: (RefundState.UNKNOWN,),
    Group.BACK: (RefundState.REFUNDED,),
    Group.AGREE_ANEW: (),
    Group.NOT_BACK: (RefundState.DECLINED, RefundState.FAILED),
    Group.RETURNED: (RefundState.RETURNED,),
}
_CANCELS: dict[Group, Q] = {
    Group.WAITING: Q(state=CancelState.REQUESTED),
    Group.ON_ITS_WAY: Q(state__in=(CancelState.APPROVED, CancelState.SUBMITTED)),
    Group.UNKNOWN: Q(state=CancelState.UNKNOWN),
    Group.BACK: Q(state=CancelState.DONE),
    Group.AGREE_ANEW: CAME_TO_NOTHING & ~_DECIDED_SINCE,
    Group.NOT_BACK: Q(state__in=(CancelState.DECLINED, CancelState.CLOSED))
    | (CAME_TO_NOTHING & _DECIDED_SINCE),
    Group.RETURNED: Q(state__in=()),
}


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """Some refunds and some cancels."""

    refunds: QuerySet[Refund]
    cancels: QuerySet[Cancel]

    def narrow(self, wanted: Q) -> "MoneyBack":
        """Those of both that match; the columns are the ones they share."""
        return MoneyBack(self.refunds.filter(wanted), self.cancels.filter(wanted))

    def among(self, group: Group) -> "MoneyBack":
        """Those of both that stand so."""
        return MoneyBack(
            self.refunds.filter(state__in=_REFUNDS[group]), self.cancels.filter(_CANCELS[group])
        )

    def count(self) -> Count:
        """How many there are, counting no further than ``MOST_IN_TILE``."""
        number = sum(rows[: MOST_IN_TILE + 1].count() for rows in (self.refunds, self.cancels))
        return Count(min(number, MOST_IN_TILE), is_capped=number > MOST_IN_TILE)


def visible(principal: Principal, *, right: Right = Right.SEE_PAYMENTS) -> MoneyBack:
    """The money going back that a right reaches; of no store only where it holds everywhere."""
    rows = MoneyBack(Refund.objects.select_related(*_WITH), Cancel.objects.select_related(*_WITH))
    if principal.holds_everywhere(right):
        return rows
    # Named one by one, as for payments: a join to the merchant keeps the list from its index.
    stores = [store.pk for store in visible_stores(principal, right=right)]
    return rows.narrow(Q(payment__store__in=stores))


def narrowed(rows: MoneyBack, asked: GivingBackFilter) -> MoneyBack:
    """What a filter asks for, before its tiles choose among it."""
    rows = rows.narrow(asked.wanted())
    if not asked.shows_refunds:
        rows = MoneyBack(rows.refunds.none(), rows.cancels)
    if not asked.shows_cancels:
        rows = MoneyBack(rows.refunds, rows.cancels.none())
    return search(rows, asked.number) if asked.number else rows


def search(rows: MoneyBack, number: str) -> MoneyBack:
    """Those a number names, a refund's or its payment's: any whole one, else the last digits."""
    payments = Payment.objects.numbered(number).values("pk")
    named = MoneyBack(
        rows.refunds.filter(Q(partner_refund_id=number) | Q(payment__in=payments)),
        rows.cancels.filter(payment__in=payments),
    )
    if len(number) < LEAST_DIGITS or named.refunds.exists() or named.cancels.exists():
        return named
    return _ending_so(rows, number)


def _ending_so(rows: MoneyBack, number: str) -> MoneyBack:
    of_payment = Q(payment__alipay_trans_id__endswith=number) | Q(
        payment__partner_trans_id__endswith=number
    )
    newest_refunds = rows.refunds.order_by("-requested_at", "-pk").values("pk")[:MOST_COUNTED]
    newest_cancels = rows.cancels.order_by("-requested_at", "-pk").values("pk")[:MOST_COUNTED]
    return MoneyBack(
        rows.refunds.filter(
            of_payment | Q(partner_refund_id__endswith=number), pk__in=newest_refunds
        ),
        rows.cancels.filter(of_payment, pk__in=newest_cancels),
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """What a filter amounts to: how many, and how much the buyers have back of it."""

    count: Count
    back: tuple[Money, ...]


def summarise(rows: MoneyBack) -> Summary:
    """Count ``rows``, and add up what of the newest ``MOST_COUNTED`` is with the buyers."""
    minor: dict[str, int] = {}
    for currency, amount in (*_back(rows.refunds), *_back(rows.cancels)):
        minor[currency] = minor.get(currency, 0) + amount
    return Summary(
        rows.count(), tuple(Money(amount, currency) for currency, amount in sorted(minor.items()))
    )


def _back(rows: QuerySet[Refund] | QuerySet[Cancel]) -> Iterable[tuple[str, int]]:
    newest = rows.order_by("-requested_at", "-pk").values("pk")[:MOST_COUNTED]
    done = rows.model._default_manager.filter(pk__in=newest, state__in=_WITH_THE_BUYER)
    return done.order_by().values_list("currency").annotate(Sum("amount_minor"))


#: The ends at which the money is with the buyer, of either noun.
_WITH_THE_BUYER = (RefundState.REFUNDED, CancelState.DONE)


def inbox(principal: Principal) -> list[Giving]:
    """What waits for a second person, who waits longest first."""
    rows = visible(principal, right=Right.APPROVE_GIVING_BACK).among(Group.WAITING)
    found: list[Giving] = [
        *rows.refunds.order_by("requested_at", "pk")[:MOST_IN_INBOX],
        *rows.cancels.order_by("requested_at", "pk")[:MOST_IN_INBOX],
    ]
    return sorted(found, key=attrgetter("requested_at"))[:MOST_IN_INBOX]


def to_agree_anew(principal: Principal) -> QuerySet[Cancel]:
    """Cancels that came to nothing, for those who may ask for a refund instead."""
    mine = visible(principal, right=Right.GIVE_BACK)
    return mine.among(Group.AGREE_ANEW).cancels.order_by("-requested_at")[:MOST_IN_INBOX]


# ---- Pages ----------------------------------------------------------------------------------
#
# Both nouns share one order: by the instant of the request, then by a rank that is the key twice,
# and one more for a refund. So one cursor leads through both, and each is read by its own index.


def read_page(rows: MoneyBack, *, cursor: Cursor | None, size: int = PAGE_SIZE) -> Page[Giving]:
    """One page of both, newest first."""
    if cursor is not None and cursor.way is Way.NEWER:
        return _newer_page(rows, cursor=cursor, size=size)
    found = _merged(rows, cursor, size + 1, newest_first=True)
    shown = found[:size]
    newer = _cursor(Way.NEWER, shown[0]) if cursor is not None and shown else ""
    older = _cursor(Way.OLDER, shown[-1]) if len(found) > size else ""
    return Page(shown, newer, older)


def _newer_page(rows: MoneyBack, *, cursor: Cursor, size: int) -> Page[Giving]:
    found = _merged(rows, cursor, size + 1, newest_first=False)
    if len(found) <= size:  # the newest page is always whole
        return read_page(rows, cursor=None, size=size)
    shown = found[size - 1 :: -1]
    return Page(shown, _cursor(Way.NEWER, shown[0]), _cursor(Way.OLDER, shown[-1]))


def _merged(
    rows: MoneyBack, cursor: Cursor | None, limit: int, *, newest_first: bool
) -> list[Giving]:
    order = ("-requested_at", "-pk") if newest_first else ("requested_at", "pk")
    refunds, cancels = rows.refunds, rows.cancels
    if cursor is not None:
        refunds = refunds.filter(_beyond(cursor, bit=1))
        cancels = cancels.filter(_beyond(cursor, bit=0))
    found: Iterable[Giving] = [
        *refunds.order_by(*order)[:limit],
        *cancels.order_by(*order)[:limit],
    ]
    return sorted(found, key=_place, reverse=newest_first)[:limit]


def _place(giving: Giving) -> tuple[object, int]:
    return giving.requested_at, _rank(giving)


def _rank(giving: Giving) -> int:
    return 2 * giving.pk + isinstance(giving, Refund)


def _cursor(way: Way, giving: Giving) -> str:
    return Cursor(way, giving.requested_at, _rank(giving)).text


def _beyond(cursor: Cursor, *, bit: int) -> Q:
    """Rows of one noun past the cursor. The first half alone is a range an index can walk."""
    if cursor.way is Way.NEWER:
        later = Q(requested_at__gt=cursor.at) | Q(pk__gt=(cursor.pk - bit) // 2)
        return Q(requested_at__gte=cursor.at) & later
    earlier = Q(requested_at__lt=cursor.at) | Q(pk__lt=(cursor.pk - bit + 1) // 2)
    return Q(requested_at__lte=cursor.at) & earlier
