"""What may happen at two counters that begin payments, in both generations of the interface."""

from dataclasses import dataclass
from datetime import time

import hypothesis.strategies as st

from tests.properties.machine import GATEWAY_MISHAPS, POST, SOME

#: Seconds, or an instant of the GMT+8 day that is waited for.
Until = int | time
#: A mishap of the calls that follow: name, value, how often, of which call.
Mishaps = list[tuple[str, str | None, int, str]]

POINTS = [
    *(f"sale.{point}" for point in ("committed", "called", "recorded")),
    *(
        f"{noun}.{point}"
        for noun in ("cancel", "refund")
        for point in ("marked", "called", "recorded", "asked")
    ),
    *("notification.applied", "notification.kept"),
]
AT = st.sampled_from(["", "", "", "", *POINTS])
SELLS_AT = st.sampled_from(["", "", "", *POINTS[:7]])
CALL = st.sampled_from(["pay", "order", "query", "cancel", "refund", "refund_query"])
CODES = ("ACCESS_DENIED", "SYSTEM_ERROR", "TRADE_STATUS_ERROR", "SOMETHING_NEW")
WRONG = st.one_of(
    st.tuples(st.sampled_from(GATEWAY_MISHAPS), st.none(), st.integers(1, 3), CALL),
    st.tuples(st.just("done_but_no_answer"), st.none(), st.integers(1, 2), CALL),
    st.tuples(st.just("unknown_then"), st.just("done"), st.integers(1, 2), CALL),
    st.tuples(st.just("refused"), st.sampled_from(CODES), st.just(1), CALL),
    st.tuples(st.just("not_exist"), st.none(), st.integers(1, 3), st.just("query")),
    st.tuples(st.just("paid_meanwhile"), st.none(), st.just(1), st.just("cancel")),
)
SOME_WRONG = st.lists(WRONG, max_size=2)
NOTICE = st.sampled_from(["", "", "", "lost", "late", "doubled", "reordered", "without_optional"])
OUTCOME = st.sampled_from(["paid", "paid", "waiting", "waiting", "not_enough_money", "risk"])
UNTIL = st.sampled_from([0, 1, 3, 10, 30, 70, 200, 3600, time(23, 59), time(0, 10), time(0, 20)])
#: What a counter takes; the largest are above what Alipay lets a buyer pay at once.
AMOUNTS = st.one_of(st.integers(1, 500_000), st.integers(1, 500_000), st.integers(1, 10_000_000))
TEXTS = AMOUNTS.map(lambda minor: f"{minor // 100}.{minor % 100:02}")


@dataclass(frozen=True)
class Scan:
    """A cashier scans the code on a customer's phone."""

    by_json: bool
    amount: str
    outcome: str
    wrong: Mishaps
    notice: str
    at: str


@dataclass(frozen=True)
class Order:
    """A code is made for an order."""

    by_json: bool
    amount: str
    wrong: Mishaps
    notice: str
    at: str


@dataclass(frozen=True)
class GiveUp:
    """Somebody ends a sale."""

    which: int
    wrong: Mishaps
    at: str


@dataclass(frozen=True)
class Customer:
    """Somebody reads an order's code, or decides on the phone."""

    which: int
    decision: str
    notice: str


@dataclass(frozen=True)
class Look:
    """Somebody asks Alipay now, about the payment or about its cancel."""

    which: int
    at_cancel: bool
    wrong: Mishaps
    at: str


@dataclass(frozen=True)
class GiveBack:
    """Somebody wants so many percent of what is paid back; 0 undoes it."""

    which: int
    percent: int
    wrong: Mishaps


@dataclass(frozen=True)
class OldLetter:
    """The post brings once more what it has brought before."""

    which: int


@dataclass(frozen=True)
class Pass:
    """Time passes, the post comes, and the clock comes by so often."""

    post: str
    until: Until
    ticks: int
    first_door: int
    wrong: Mishaps
    at: str


Deed = Scan | Order | GiveUp | Customer | Look | GiveBack | OldLetter | Pass
BEGIN = st.one_of(
    st.builds(Scan, st.booleans(), TEXTS, OUTCOME, SOME_WRONG, NOTICE, SELLS_AT),
    st.builds(Order, st.booleans(), TEXTS, SOME_WRONG, NOTICE, SELLS_AT),
)
DECISION = st.sampled_from(["pay", "pay", "pay", "leave", "cancel"])
PASS = st.builds(Pass, POST, UNTIL, st.integers(1, 4), SOME, SOME_WRONG, AT)
DEED = st.one_of(
    BEGIN,
    BEGIN,
    st.builds(GiveUp, SOME, SOME_WRONG, SELLS_AT),
    st.builds(Customer, SOME, DECISION, NOTICE),
    st.builds(Customer, SOME, DECISION, NOTICE),
    st.builds(Look, SOME, st.booleans(), SOME_WRONG, AT),
    st.builds(GiveBack, SOME, st.sampled_from([0, 100, 40, 1]), SOME_WRONG),
    st.builds(OldLetter, SOME),
    PASS,
    PASS,
    PASS,
)
