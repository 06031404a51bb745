"""Their line and our record of the same event, and the word for what differs.

Set-based SQL settles every pair that agrees in all things; only the few others come here. Nothing
is ever paired by amount and time alone: numbers name what belongs together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from merchant_portal.alipay.statements.words import Kind
from merchant_portal.clock import GMT8, transaction_day
from merchant_portal.money import Money
from reconciliation.findings import Field, Finding, Ours, Standing, Theirs, Word, directed

#: An event this near to midnight (GMT+8) may stand in the neighbouring day's file.
NEAR_MIDNIGHT = timedelta(minutes=10)
#: Fees are rounded per transaction; how, no page says.
FEE_TOLERANCE_MINOR = 1
#: What waited so long for a neighbouring file waits no more.
LONGEST_WAIT = timedelta(days=3)


def compare(theirs: Theirs, ours: Ours, *, fee_rate: str) -> list[Finding]:
    """Every word that a pair deserves, the heaviest first; MATCHED alone where all agree."""
    drift = _drifts(theirs, ours)
    found = [
        finding
        for finding in (
            _compare_outcome(theirs, ours),
            _compare_amount(theirs, ours),
            _compare_fee(theirs, ours, fee_rate=fee_rate),
        )
        if finding is not None
    ]
    return found or [Finding(Word.MATCHED, theirs, ours, date_drift=drift)]


def _drifts(theirs: Theirs, ours: Ours) -> bool:
    return ours.occurred_at is not None and transaction_day(ours.occurred_at) != theirs.day


def _compare_outcome(theirs: Theirs, ours: Ours) -> Finding | None:
    """Lines are successes: there is no column for an outcome."""
    owed = directed(theirs.amount, theirs.kind)
    if ours.standing is Standing.BOOKED:
        return None
    if ours.standing is Standing.HEARD:
        return Finding(Word.MISSING_OURS, theirs, ours, difference=owed)
    return Finding(Word.STATUS_MISMATCH, theirs, ours, (Field.STATE,), difference=owed)


def _compare_amount(theirs: Theirs, ours: Ours) -> Finding | None:
    if theirs.amount.currency != ours.amount.currency:
        return Finding(Word.CURRENCY_MISMATCH, theirs, ours, (Field.AMOUNT,))
    if theirs.amount == ours.amount:
        return None
    difference = directed(theirs.amount - ours.amount, theirs.kind)
    return Finding(Word.AMOUNT_MISMATCH, theirs, ours, (Field.AMOUNT,), difference=difference)


def _compare_fee(theirs: Theirs, ours: Ours, *, fee_rate: str) -> Finding | None:
    """Only where the contract's rate is known; on a refund each contract has its own rule."""
    is_refund = theirs.kind in {Kind.REFUND, Kind.REFUND_REVERSAL}
    if not fee_rate or theirs.fee_minor is None or is_refund:
        return None
    expected = fee_by_contract(theirs.settlement_amount, fee_rate)
    difference = theirs.fee_minor - expected.minor
    if abs(difference) <= FEE_TOLERANCE_MINOR:
        return None
    return Finding(
        Word.FEE_MISMATCH,
        theirs,
        ours,
        (Field.FEE,),
        difference=Money(-difference * theirs.kind.direction, expected.currency),
        expected_fee=expected,
    )


def fee_by_contract(amount: Money, rate: str) -> Money:
    """The fee of one transaction in settlement currency, rounded half up to its smallest unit."""
    exact = Decimal(amount.minor) * Decimal(rate)
    return Money(int(exact.to_integral_value(ROUND_HALF_UP)), amount.currency)


# ---- Lines that are alike ---------------------------------------------------------------------


def in_order(twins: Iterable[Theirs], ours: Ours | None, *, fee_rate: str) -> list[Theirs]:
    """Lines that name one event, the one that counts first: it agrees with ours, on our day."""

    def rank(twin: Theirs) -> tuple[object, ...]:
        return _disagrees(twin, ours, fee_rate), _is_other_day(twin, ours), twin.place

    return sorted(twins, key=rank)


def judge_twin(theirs: Theirs, first: Theirs, *, nth: int) -> Finding:
    """What a line is that names the same event as another one, which counts."""
    if theirs.content == first.content:
        return Finding(Word.DUPLICATE_ROW, theirs, nth=nth)
    differing = _differing(theirs, first)
    return Finding(Word.CONFLICTING_DUPLICATE, theirs, differing=differing, nth=nth)


def _disagrees(theirs: Theirs, ours: Ours | None, fee_rate: str) -> bool:
    if ours is None:
        return False
    return any(finding.is_problem for finding in compare(theirs, ours, fee_rate=fee_rate))


def _is_other_day(theirs: Theirs, ours: Ours | None) -> bool:
    return ours is not None and _drifts(theirs, ours)


def _differing(one: Theirs, other: Theirs) -> tuple[Field, ...]:
    fields = {
        Field.ALIPAY_NUMBER: one.alipay_trans_id != other.alipay_trans_id,
        Field.PARTNER_NUMBER: one.partner_trans_id != other.partner_trans_id,
        Field.AMOUNT: (one.amount, one.settlement_amount)
        != (other.amount, other.settlement_amount),
        Field.FEE: one.fee_minor != other.fee_minor,
        Field.TIME: one.occurred_at != other.occurred_at,
    }
    return tuple(field for field, differs in fields.items() if differs)


# ---- Refunds made elsewhere -------------------------------------------------------------------


class Numbers(NamedTuple):
    """A payment's two numbers."""

    alipay_trans_id: str
    partner_trans_id: str


def external_reference(theirs: Theirs, payment: Numbers, *, nth: int = 1) -> str:
    """The ledger's reference of a refund made at Alipay's portal.

    Alipay gives such a refund a number of its own, or repeats the payment's: then only its second
    tells it from another one, and of two in one second a person says that both are real.
    """
    own = own_number(theirs, payment)
    if own:
        return f"alipay:{own}"
    second = theirs.occurred_at.astimezone(GMT8).strftime("%Y%m%d%H%M%S")
    again = f"#{nth}" if nth > 1 else ""
    return f"alipay:{payment.alipay_trans_id}@{second}{again}"


def own_number(theirs: Theirs, payment: Numbers) -> str:
    """The refund's own number, empty where the line repeats the payment's."""
    theirs_not_ours = (
        (theirs.alipay_trans_id, payment.alipay_trans_id),
        (theirs.partner_trans_id, payment.partner_trans_id),
    )
    return next(
        (number for number, of_payment in theirs_not_ours if number not in {"", of_payment}), ""
    )


# ---- What is absent from their file -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is known of Alipay's files around a day, when something of ours is not in them."""

    day: date
    #: Days whose complete file is in.
    complete: frozenset[date]
    #: Numbers that stand in lines which could not be used.
    set_aside: frozenset[str]
    now: datetime


@dataclass(frozen=True, slots=True)
class Shelves:
    """What is known of the files of a day: of the gateway's, and of those of the JSON products.

    An account without a client id has them on one shelf.
    """

    gateway: Shelf
    json: Shelf

    @property
    def day(self) -> date:
        return self.gateway.day

    def of(self, ours: Ours) -> Shelf:
        """The shelf on which the file that should name something of ours stands."""
        return self.json if ours.by_json else self.gateway


def judge_absence(ours: Ours, shelf: Shelf) -> Finding:
    """Whether something of ours that no line names is missing, or waits for a file."""
    if _still_waits(ours, shelf):
        return Finding(Word.AWAITING, ours=ours)
    owed = directed(ours.amount, ours.kind)
    return Finding(Word.MISSING_THEIRS, ours=ours, difference=Money(-owed.minor, owed.currency))


def _still_waits(ours: Ours, shelf: Shelf) -> bool:
    if ours.standing is Standing.NOT_BOOKED or shelf.day not in shelf.complete:
        return True
    if {ours.alipay_trans_id, ours.partner_trans_id} & shelf.set_aside:
        return True
    return _may_stand_in_neighbour(ours, shelf) and not _waited_long(shelf)


def _may_stand_in_neighbour(ours: Ours, shelf: Shelf) -> bool:
    """Near midnight the neighbouring day's file may have it, and that is not in yet."""
    if ours.occurred_at is None:
        return shelf.day + timedelta(days=1) not in shelf.complete
    near = {
        transaction_day(ours.occurred_at + NEAR_MIDNIGHT),
        transaction_day(ours.occurred_at - NEAR_MIDNIGHT),
    }
    return not near <= shelf.complete


def _waited_long(shelf: Shelf) -> bool:
    return shelf.now - day_bounds(shelf.day)[1] > LONGEST_WAIT


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The instants between which a transaction day lies; the second belongs to the next."""
    begins = datetime(day.year, day.month, day.day, tzinfo=GMT8)
    return begins, begins + timedelta(days=1)


def numbers_in(texts: Iterable[str]) -> frozenset[str]:
    """The values that stand in lines which could not be used."""
    return frozenset(
        value
        for text in texts
        for part in text.replace(",", "|").split("|")
        if (value := part.strip())
    )
