"""Reading the payments list: who has spoken about its rows, and counts at a fixed cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from merchant_portal.accounts.models import CallOutcome, GatewayCall
from payments.models import Notification, Payment, PaymentMove
from payments.narrowing import AGREES, PaymentFilter
from payments.searching import Found, search
from payments.states import CancelState

#: A count of rows goes no further than this; what is beyond is said, not counted.
MOST_COUNTED = 10_000
#: A tile counts no further than this.
MOST_IN_TILE = 1_000
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Count:
    """How many were counted; ``is_capped`` where there are more."""

    number: int
    is_capped: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}+" if self.is_capped else f"{self.number:,}"


def with_marks(rows: QuerySet[Payment]) -> QuerySet[Payment]:
    """Payments with who has spoken about them: a notification, an answer to a query, Alipay's
    file; and with what stands beside their amounts."""
    notices = Notification.objects.filter(payment=OuterRef("pk"))
    answers = GatewayCall.objects.filter(
        subject_type="payment", subject_id=OuterRef("pk"), outcome=CallOutcome.ANSWERED
    )
    found_by_asking = PaymentMove.objects.filter(payment=OuterRef("pk"), call__isnull=False)
    return rows.select_related("store", "counter", "account").annotate(
        has_notice=Exists(notices),
        has_answer=Exists(answers) | Exists(found_by_asking),
        has_row=_itself(**AGREES),
        has_difference=_itself(discrepancies__state="OPEN"),
        waits_for_approval=Q(reserved_minor__gt=0)
        & (
            _itself(refunds__state=CancelState.REQUESTED)
            | _itself(cancels__state=CancelState.REQUESTED)
        ),
    )


def _itself(**wanted: object) -> Exists:
    """Whether something holds of a row, also where it stands in nouns above: by its relations."""
    return Exists(Payment.objects.filter(pk=OuterRef("pk"), **wanted))


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


def narrowed(rows: QuerySet[Payment], asked: PaymentFilter) -> Found:
    """The rows of a filter, before its tiles choose among them."""
    rows = asked.narrow(rows)
    return search(rows, asked.number) if asked.number else Found(rows)


def known_wallets() -> list[str]:
    """Every wallet that ever paid, by leaps along its index: a row of it is read for each."""
    table = Payment._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH RECURSIVE known (wallet) AS (
                SELECT MIN(wallet) FROM {table} WHERE wallet > ''
                UNION ALL
                SELECT (SELECT MIN(wallet) FROM {table} WHERE wallet > known.wallet)
                FROM known WHERE known.wallet IS NOT NULL
            ) SELECT wallet FROM known WHERE wallet IS NOT NULL"""
        )
        return [wallet for (wallet,) in cursor.fetchall()]
