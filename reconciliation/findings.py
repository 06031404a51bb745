"""What is compared: their line, our record, and the word that a comparison found. No Django.

A finding has a key by which the same difference is known again in every delivery.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from merchant_portal.alipay.statements.words import Kind
from merchant_portal.money import CURRENCIES, Money

_LONGEST_NUMBER = 64


class Word(StrEnum):
    """What comparing one line, or one record of ours, found."""

    MATCHED = "MATCHED"
    AWAITING = "AWAITING"
    MISSING_THEIRS = "MISSING_THEIRS"
    MISSING_OURS = "MISSING_OURS"
    STATUS_MISMATCH = "STATUS_MISMATCH"
    AMOUNT_MISMATCH = "AMOUNT_MISMATCH"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    FEE_MISMATCH = "FEE_MISMATCH"
    DUPLICATE_ROW = "DUPLICATE_ROW"
    CONFLICTING_DUPLICATE = "CONFLICTING_DUPLICATE"
    ORPHAN_REVERSAL = "ORPHAN_REVERSAL"
    AMOUNT_QUESTION = "AMOUNT_QUESTION"


QUIET = frozenset({Word.MATCHED, Word.AWAITING})


#: Beside the fields, in what is kept of a line: the ledger's reference it would be booked under.
REFERENCE = "reference"


class Standing(StrEnum):
    """How far a record of ours has come."""

    #: A success that stands in the ledger.
    BOOKED = "booked"
    #: Alipay told of it; the ledger takes it once a person books their line.
    HEARD = "heard"
    #: Not a success, or not yet.
    NOT_BOOKED = "not_booked"


class Field(StrEnum):
    """What two sides may differ in."""

    ALIPAY_NUMBER = "alipay_trans_id"
    PARTNER_NUMBER = "partner_trans_id"
    AMOUNT = "amount"
    FEE = "fee"
    TIME = "time"
    STATE = "state"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Theirs:
    """A line of Alipay's file. ``amount`` is in pricing currency, where the line gives it."""

    line_id: int
    file_id: int
    line_number: int
    #: The day of its file.
    day: date
    kind: Kind
    alipay_trans_id: str
    partner_trans_id: str
    amount: Money
    #: In settlement currency, as the fee.
    settlement_amount: Money
    fee_minor: int | None
    occurred_at: datetime
    store: str = ""
    #: The payment's number that a refund's or cancel's line of the JSON products gives.
    original_trans_id: str = ""

    @property
    def place(self) -> tuple[date, int, int]:
        """Where it stands among all files; the first of equal lines is the one that counts."""
        return self.day, self.line_number, self.line_id

    @property
    def content(self) -> tuple[object, ...]:
        """What equal lines have in common."""
        numbers = (self.alipay_trans_id, self.partner_trans_id)
        return *numbers, self.amount, self.settlement_amount, self.fee_minor, self.occurred_at


@dataclass(frozen=True, slots=True)
class Ours:
    """Our payment, refund or cancel."""

    kind: Kind
    alipay_trans_id: str
    partner_trans_id: str
    amount: Money
    standing: Standing
    state: str = ""
    occurred_at: datetime | None = None
    store: str = ""
    payment_id: int | None = None
    refund_id: int | None = None
    cancel_id: int | None = None
    entry_id: int | None = None
    #: Whether it was begun through the JSON API: those stand in files of their own.
    by_json: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A word about a line, a record of ours, or both."""

    word: Word
    theirs: Theirs | None = None
    ours: Ours | None = None
    differing: tuple[Field, ...] = ()
    date_drift: bool = False
    #: Theirs less ours, counted as what Alipay owes; None where it is no matter of money.
    difference: Money | None = None
    #: What our side says where it is no record but a reckoning: the fee by contract.
    expected_fee: Money | None = None
    #: The payment it concerns, where we know it and have no record of the event itself.
    of_payment_id: int | None = None
    #: Its place among lines that name the same event, from 1.
    nth: int = 1
    #: What the ledger would know it by, where a person may book it as a refund made elsewhere.
    reference: str = ""

    @property
    def is_problem(self) -> bool:
        return self.word not in QUIET

    @property
    def kind(self) -> Kind | None:
        side = self.theirs or self.ours
        return side.kind if side else None

    @property
    def payment_id(self) -> int | None:
        """The payment it is about, as far as we know it."""
        return (self.ours.payment_id if self.ours else None) or self.of_payment_id

    @property
    def key(self) -> str:
        """The same for the same difference in every delivery, in whatever order files come.

        It holds the facts that a decision was about: another amount in a later delivery is another
        difference, and no decision about the first one covers it.
        """
        side = self.theirs or self.ours
        if side is None:
            return self.word
        facts: list[object] = [side.amount.minor, side.amount.currency, side.partner_trans_id]
        if self.theirs is not None:
            facts += self._facts_of_line(self.theirs)
        digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
        numbers = (side.alipay_trans_id, side.partner_trans_id[:_LONGEST_NUMBER])
        return "/".join((self.word, side.kind, *numbers, digest))

    def _facts_of_line(self, theirs: Theirs) -> list[object]:
        facts: list[object] = []
        if theirs.kind in {Kind.REFUND, Kind.REFUND_REVERSAL}:
            facts.append(int(theirs.occurred_at.timestamp()))
        if self.word is Word.FEE_MISMATCH:
            facts.append(theirs.fee_minor)
        if self.word in {Word.AMOUNT_MISMATCH, Word.CURRENCY_MISMATCH} and self.ours is not None:
            facts += [self.ours.amount.minor, self.ours.amount.currency]
        if self.nth > 1:
            facts += [theirs.fee_minor, self.nth]
        return facts


def directed(amount: Money, kind: Kind) -> Money:
    """An amount as what Alipay owes: money back to the buyer counts below zero."""
    return Money(amount.minor * kind.direction, amount.currency)


# ---- What a person sees -----------------------------------------------------------------------


def snapshot_of_theirs(finding: Finding) -> dict[str, str]:
    """A line as texts by field; empty where there is none."""
    theirs = finding.theirs
    if theirs is None:
        return {}
    fee = theirs.fee_minor
    return {
        Field.ALIPAY_NUMBER: theirs.alipay_trans_id,
        Field.PARTNER_NUMBER: theirs.partner_trans_id,
        Field.AMOUNT: text_of(theirs.amount),
        Field.FEE: "" if fee is None else text_of(Money(fee, theirs.settlement_amount.currency)),
        Field.TIME: theirs.occurred_at.isoformat(),
        Field.STORE: theirs.store,
        REFERENCE: finding.reference,
    }


def snapshot_of_ours(finding: Finding) -> dict[str, str]:
    """Our record as texts by field; empty where we have none."""
    ours = finding.ours
    if ours is None:
        return {}
    return {
        Field.ALIPAY_NUMBER: ours.alipay_trans_id,
        Field.PARTNER_NUMBER: ours.partner_trans_id,
        Field.AMOUNT: text_of(ours.amount),
        Field.FEE: text_of(finding.expected_fee) if finding.expected_fee else "",
        Field.TIME: ours.occurred_at.isoformat() if ours.occurred_at else "",
        Field.STATE: ours.state,
        Field.STORE: ours.store,
    }


def text_of(amount: Money) -> str:
    """An amount as text, also in a currency whose decimals we do not know."""
    if amount.currency in CURRENCIES:
        return str(amount)
    return f"{amount.currency} {amount.minor} (smallest units)"
