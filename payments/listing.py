"""Reading the payments list: by number, by page, and its counts and sums, each at a fixed cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from merchant_portal.accounts.models import Account, CallOutcome, GatewayCall
from merchant_portal.money import Money
from payments.forms import PaymentFilter
from payments.models import Notification, Payment, PaymentMove
from payments.states import PAYMENT_TAKEN, PaymentState

#: Counts and sums read this many rows at most; what is beyond is said, not counted.
MOST_COUNTED = 10_000
#: Where a summary is capped, a tile counts no further than this by itself.
MOST_IN_TILE = 1_000
PAGE_SIZE = 50
#: Fewer digits than this name too many payments.
LEAST_DIGITS = 4
_NEWEST_FIRST = ("-occurred_at", "-pk")


@dataclass(frozen=True, slots=True)
class Count:
    """How many were counted; ``is_capped`` where there are more."""

    number: int
    is_capped: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}+" if self.is_capped else f"{self.number:,}"


@dataclass(frozen=True, slots=True)
class Summary:
    """What the newest rows of a filter amount to."""

    count: Count
    #: Of the payments a cashier may call paid, and of all, whatever their state.
    paid: tuple[Money, ...]
    amounts: tuple[Money, ...]
    by_state: dict[str, int]
    questions: int
    unplaced: int


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of one state and currency."""

    state: str
    currency: str
    with_question: bool
    unplaced: bool
    number: int
    minor: int


def search(rows: QuerySet[Payment], number: str) -> QuerySet[Payment]:
    """Of ``rows`` those a number names: any whole number, else the last digits of newer ones."""
    named = _named_whole(number)
    if not named and len(number) >= LEAST_DIGITS:
        named = _ending_so(rows, number)
    return rows.filter(pk__in=named)


def _ending_so(rows: QuerySet[Payment], number: str) -> set[int]:
    """Of the newest rows those whose number ends so, read once for the page and its sums."""
    newest = rows.order_by(*_NEWEST_FIRST).values("pk")[:MOST_COUNTED]
    ends_so = Q(alipay_trans_id__endswith=number) | Q(partner_trans_id__endswith=number)
    found = Payment.objects.filter(ends_so, pk__in=newest)
    return set(found.values_list("pk", flat=True))


def _named_whole(number: str) -> set[int]:
    """Payments with this number, whosever number it is. Each read walks an index."""
    accounts = list(Account.objects.values_list("pk", flat=True))
    by_notice = Notification.objects.filter(account__in=accounts, notify_id=number)
    pks = {
        *Payment.objects.numbered(number).values_list("pk", flat=True),
        *by_notice.values_list("payment_id", flat=True),
    }
    return {pk for pk in pks if pk is not None}


def with_marks(rows: QuerySet[Payment]) -> QuerySet[Payment]:
    """Payments with who has spoken about them: a notification, an answer to a query."""
    notices = Notification.objects.filter(payment=OuterRef("pk"))
    answers = GatewayCall.objects.filter(
        subject_type="payment", subject_id=OuterRef("pk"), outcome=CallOutcome.ANSWERED
    )
    found_by_asking = PaymentMove.objects.filter(payment=OuterRef("pk"), call__isnull=False)
    return rows.select_related("store", "counter", "account").annotate(
        has_notice=Exists(notices), has_answer=Exists(answers) | Exists(found_by_asking)
    )


def summarise(rows: QuerySet[Payment]) -> Summary:
    """Count and add up the newest ``MOST_COUNTED`` of ``rows``."""
    groups = _groups(rows)
    number = sum(group.number for group in groups)
    by_state = dict.fromkeys(PaymentState.values, 0)
    for group in groups:
        by_state[group.state] += group.number
    return Summary(
        count=Count(min(number, MOST_COUNTED), is_capped=number > MOST_COUNTED),
        paid=_sums(group for group in groups if group.state in PAYMENT_TAKEN),
        amounts=_sums(groups),
        by_state=by_state,
        questions=sum(group.number for group in groups if group.with_question),
        unplaced=sum(group.number for group in groups if group.unplaced),
    )


def _sums(groups: Iterable[_Group]) -> tuple[Money, ...]:
    minor: dict[str, int] = {}
    for group in groups:
        minor[group.currency] = minor.get(group.currency, 0) + group.minor
    return tuple(Money(amount, currency) for currency, amount in sorted(minor.items()))


def _groups(rows: QuerySet[Payment]) -> list[_Group]:
    """Grouping after a limit, which the ORM has no word for."""
    newest = rows.order_by(*_NEWEST_FIRST).values_list(
        "state", "currency", "question", "store_id", "amount_minor"
    )[: MOST_COUNTED + 1]
    try:
        inner, parameters = newest.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, currency, question <> '', store_id IS NULL, COUNT(*), "
            f"SUM(amount_minor) FROM ({inner}) AS newest GROUP BY 1, 2, 3, 4",
            parameters,
        )
        return [
            _Group(state, currency, bool(asked), bool(unplaced), number, int(minor))
            for state, currency, asked, unplaced, number, minor in cursor.fetchall()
        ]


def capped_count(rows: QuerySet[Any]) -> Count:
    """How many rows there are, counting no further than ``MOST_IN_TILE``."""
    number = rows.order_by()[: MOST_IN_TILE + 1].count()
    return Count(min(number, MOST_IN_TILE), is_capped=number > MOST_IN_TILE)


def capped_counts(questions: Mapping[str, Sequence[QuerySet[Any]]]) -> dict[str, Count]:
    """What ``capped_count`` says of each name's rows together, asked all at once."""
    limited = [
        (name, rows.order_by().values("pk")[: MOST_IN_TILE + 1])
        for name, several in questions.items()
        for rows in several
    ]
    numbers = dict.fromkeys(questions, 0)
    for name, number in zip([name for name, _ in limited], _count_each(limited), strict=True):
        numbers[name] += number
    return {
        name: Count(min(number, MOST_IN_TILE), is_capped=number > MOST_IN_TILE)
        for name, number in numbers.items()
    }


def _count_each(limited: Sequence[tuple[str, QuerySet[Any, Any]]]) -> Sequence[int]:
    """One row of counts, which the ORM has no word for."""
    selects: list[str] = ["0"]
    parameters: list[Any] = []
    for _, rows in limited:
        try:
            inner, of_inner = rows.query.sql_with_params()
        except EmptyResultSet:
            selects.append("0")
            continue
        selects.append(f"(SELECT COUNT(*) FROM ({inner}) AS counted)")
        parameters += of_inner
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(selects)}", parameters)
        counts: Sequence[int] = cursor.fetchone()[1:]
    return counts


@dataclass(frozen=True, slots=True)
class Tiles:
    """The counts above the list, each of which filters it."""

    all: Count
    states: dict[str, Count]
    questions: Count
    unplaced: Count


def count_tiles(rows: QuerySet[Payment], *, summary: Summary) -> Tiles:
    """Counts per state of ``rows``; what a capped summary does not know is counted by itself."""
    if not summary.count.is_capped:
        return Tiles(
            all=summary.count,
            states={state: Count(number) for state, number in summary.by_state.items()},
            questions=Count(summary.questions),
            unplaced=Count(summary.unplaced),
        )
    return Tiles(
        all=summary.count,
        states={state: capped_count(rows.filter(state=state)) for state in PaymentState.values},
        questions=capped_count(rows.exclude(question="")),
        unplaced=capped_count(rows.filter(store__isnull=True)),
    )


def narrowed(rows: QuerySet[Payment], asked: PaymentFilter) -> QuerySet[Payment]:
    """The rows of a filter, before its tiles choose among them."""
    rows = asked.narrow(rows)
    return search(rows, asked.number) if asked.number else rows
