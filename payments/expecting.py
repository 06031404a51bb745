"""What a customer owes, held against what arrives at the counter next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from merchant_portal.money import Money
from payments.watching import Arrival

#: A payment that came this shortly before the cashier had typed the amount may be the one.
_MAY_BE_MEANT = timedelta(minutes=2)


class Verdict(StrEnum):
    """How what arrived stands to what was expected."""

    WAITING = "waiting"
    RIGHT = "right"
    SHORT = "short"
    OVER = "over"
    OTHER_CURRENCY = "other_currency"


@dataclass(frozen=True, slots=True)
class Expectation:
    """An amount a cashier waits for, since when, and the payment it was compared with already."""

    amount: Money
    since: datetime
    judged: int | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the screen says about an expected amount."""

    verdict: Verdict
    expected: Money
    arrival: Arrival | None = None
    #: Too little or too much, as a positive amount.
    difference: Money | None = None
    #: Where nothing has come yet: the one from just before, which may be meant.
    just_before: Arrival | None = None

    @property
    def is_going_back(self) -> bool:
        """Whether what was paid too much is asked for already."""
        return (
            self.verdict == Verdict.OVER
            and self.arrival is not None
            and self.difference is not None
            and self.arrival.payment.reserved_minor >= self.difference.minor
        )


def judge(expectation: Expectation, arrivals: Sequence[Arrival]) -> Judgement:
    """Hold the expected amount against the next payment of the counter."""
    arrival = _compared(expectation, arrivals)
    if arrival is None:
        before = _just_before(expectation, arrivals)
        return Judgement(Verdict.WAITING, expectation.amount, just_before=before)
    received = arrival.payment.amount - arrival.payment.given_back
    if received.currency != expectation.amount.currency:
        return Judgement(Verdict.OTHER_CURRENCY, expectation.amount, arrival)
    difference = received - expectation.amount
    if difference.minor == 0:
        return Judgement(Verdict.RIGHT, expectation.amount, arrival)
    verdict = Verdict.OVER if difference.minor > 0 else Verdict.SHORT
    size = Money(abs(difference.minor), difference.currency)
    return Judgement(verdict, expectation.amount, arrival, size)


def _compared(expectation: Expectation, arrivals: Sequence[Arrival]) -> Arrival | None:
    """The one it was compared with, so that a verdict stays; else the first that came since."""
    for arrival in arrivals:
        if arrival.id == expectation.judged:
            return arrival
    later = [arrival for arrival in arrivals if arrival.taken_at > expectation.since]
    return min(later, key=_came, default=None)


def _just_before(expectation: Expectation, arrivals: Sequence[Arrival]) -> Arrival | None:
    first = expectation.since - _MAY_BE_MEANT
    earlier = [each for each in arrivals if first <= each.taken_at <= expectation.since]
    return max(earlier, key=_came, default=None)


def _came(arrival: Arrival) -> tuple[datetime, int]:
    return arrival.taken_at, arrival.id
