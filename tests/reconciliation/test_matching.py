"""The words for what differs, without a database."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from merchant_portal.alipay.statements import Kind
from merchant_portal.clock import GMT8
from merchant_portal.money import Money
from reconciliation import findings, matching
from reconciliation.findings import Ours, Standing, Theirs, Word
from reconciliation.matching import Numbers, Shelf
from reconciliation.states import VerdictWord

DAY = date(2024, 3, 15)
NOON = datetime(2024, 3, 15, 12, tzinfo=GMT8)
THEIRS = Theirs(
    line_id=1,
    file_id=1,
    line_number=3,
    day=DAY,
    kind=Kind.PAYMENT,
    alipay_trans_id="2024A1",
    partner_trans_id="A1",
    amount=Money(800, "USD"),
    settlement_amount=Money(1000, "AUD"),
    fee_minor=6,
    occurred_at=NOON,
)
OURS = Ours(
    kind=Kind.PAYMENT,
    alipay_trans_id="2024A1",
    partner_trans_id="A1",
    amount=Money(800, "USD"),
    standing=Standing.BOOKED,
    occurred_at=NOON,
    payment_id=1,
    entry_id=1,
)
PAYMENT = Numbers("2024A1", "A1")
SHELF = Shelf(
    day=DAY,
    complete=frozenset({DAY}),
    set_aside=frozenset(),
    now=NOON + timedelta(days=1),
)


def _words(theirs: Theirs, ours: Ours, *, fee_rate: str = "") -> list[Word]:
    return [finding.word for finding in matching.compare(theirs, ours, fee_rate=fee_rate)]


def test_every_word_is_one_of_the_verdicts() -> None:
    assert {word.value for word in Word} <= set(VerdictWord.values)


def test_two_sides_that_agree_match() -> None:
    assert _words(THEIRS, OURS) == [Word.MATCHED]


@pytest.mark.parametrize(
    ("amount", "word", "difference"),
    [
        (Money(801, "USD"), Word.AMOUNT_MISMATCH, Money(1, "USD")),
        (Money(799, "USD"), Word.AMOUNT_MISMATCH, Money(-1, "USD")),
        (Money(800, "NZD"), Word.CURRENCY_MISMATCH, None),
    ],
)
def test_amounts_are_compared_to_the_smallest_unit(
    amount: Money, word: Word, difference: Money | None
) -> None:
    [finding] = matching.compare(replace(THEIRS, amount=amount), OURS, fee_rate="")
    assert (finding.word, finding.difference) == (word, difference)


@pytest.mark.parametrize("kind", [Kind.CANCEL, Kind.REFUND])
def test_more_money_back_is_owed_less(kind: Kind) -> None:
    theirs = replace(THEIRS, kind=kind, amount=Money(900, "USD"))
    [finding] = matching.compare(theirs, replace(OURS, kind=kind), fee_rate="")
    assert finding.difference == Money(-100, "USD")


@pytest.mark.parametrize(
    ("minor", "rate", "fee"),
    [
        (1000, "0.006", 6),
        (1250, "0.006", 8),
        (1249, "0.006", 7),
        (83, "0.006", 0),
        (84, "0.006", 1),
    ],
)
def test_a_fee_is_rounded_half_up(minor: int, rate: str, fee: int) -> None:
    assert matching.fee_by_contract(Money(minor, "AUD"), rate) == Money(fee, "AUD")


@pytest.mark.parametrize(
    ("fee", "word"),
    [(6, Word.MATCHED), (5, Word.MATCHED), (7, Word.MATCHED), (8, Word.FEE_MISMATCH)],
)
def test_a_fee_may_be_one_unit_off(fee: int, word: Word) -> None:
    assert _words(replace(THEIRS, fee_minor=fee), OURS, fee_rate="0.006") == [word]


def test_a_fee_the_file_does_not_tell_is_no_fee_of_zero() -> None:
    assert _words(replace(THEIRS, fee_minor=None), OURS, fee_rate="0.9") == [Word.MATCHED]


def test_the_fee_of_a_refund_is_each_contracts_own_matter() -> None:
    theirs = replace(THEIRS, kind=Kind.REFUND, fee_minor=0)
    assert _words(theirs, replace(OURS, kind=Kind.REFUND), fee_rate="0.5") == [Word.MATCHED]


def test_what_is_not_booked_is_another_outcome() -> None:
    ours = replace(OURS, standing=Standing.NOT_BOOKED, entry_id=None)
    assert _words(THEIRS, ours) == [Word.STATUS_MISMATCH]


def test_what_was_only_heard_of_is_still_to_be_booked() -> None:
    theirs = replace(THEIRS, kind=Kind.REFUND)
    ours = replace(OURS, kind=Kind.REFUND, standing=Standing.HEARD)
    assert _words(theirs, ours) == [Word.MISSING_OURS]


def test_another_day_is_a_flag_beside_the_match() -> None:
    ours = replace(OURS, occurred_at=NOON - timedelta(days=1))
    [finding] = matching.compare(THEIRS, ours, fee_rate="")
    assert (finding.word, finding.date_drift) == (Word.MATCHED, True)


# ---- Twins ------------------------------------------------------------------------------------


def test_of_twins_the_one_that_agrees_comes_first() -> None:
    other = replace(THEIRS, line_id=0, line_number=1, amount=Money(900, "USD"))
    assert matching.in_order([other, THEIRS], OURS, fee_rate="")[0] == THEIRS


def test_of_equal_twins_the_one_of_our_day_comes_first() -> None:
    earlier = replace(THEIRS, line_id=0, day=DAY - timedelta(days=1))
    assert matching.in_order([earlier, THEIRS], OURS, fee_rate="")[0] == THEIRS


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({}, Word.DUPLICATE_ROW),
        ({"fee_minor": 7}, Word.CONFLICTING_DUPLICATE),
        ({"amount": Money(900, "USD")}, Word.CONFLICTING_DUPLICATE),
    ],
)
def test_a_second_row_is_equal_or_contradicts(change: dict[str, object], word: Word) -> None:
    second = replace(THEIRS, line_id=2, line_number=4, **change)  # type: ignore[arg-type]
    assert matching.judge_twin(second, THEIRS, nth=2).word == word


# ---- Refunds made elsewhere -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alipay", "partner", "nth", "reference"),
    [
        ("2024A1", "A1", 1, "alipay:2024A1@20240315120000"),
        ("2024A1", "A1", 2, "alipay:2024A1@20240315120000#2"),
        ("7700", "A1", 1, "alipay:7700"),
        ("2024A1", "RF7", 1, "alipay:RF7"),
    ],
)
def test_a_refund_made_elsewhere_has_a_reference_of_its_own(
    alipay: str, partner: str, nth: int, reference: str
) -> None:
    theirs = replace(THEIRS, alipay_trans_id=alipay, partner_trans_id=partner)
    assert matching.external_reference(theirs, PAYMENT, nth=nth) == reference


# ---- Absence ----------------------------------------------------------------------------------


def _absence(ours: Ours = OURS, **shelf: object) -> Word:
    return matching.judge_absence(ours, replace(SHELF, **shelf)).word  # type: ignore[arg-type]


def test_what_a_complete_file_lacks_is_missing() -> None:
    assert _absence() == Word.MISSING_THEIRS


@pytest.mark.parametrize(
    "shelf",
    [
        {"complete": frozenset()},
        {"set_aside": frozenset({"A1"})},
        {"set_aside": frozenset({"2024A1"})},
    ],
)
def test_an_absence_that_proves_nothing_waits(shelf: dict[str, object]) -> None:
    assert _absence(**shelf) == Word.AWAITING


@pytest.mark.parametrize(
    ("hour", "minute", "word"),
    [
        (23, 49, Word.MISSING_THEIRS),
        (23, 51, Word.AWAITING),
        (0, 9, Word.AWAITING),
        (0, 11, Word.MISSING_THEIRS),
    ],
)
def test_ten_minutes_around_midnight_wait_for_the_neighbour(
    hour: int, minute: int, word: Word
) -> None:
    near = replace(OURS, occurred_at=NOON.replace(hour=hour, minute=minute))
    assert _absence(near) == word


def test_near_midnight_a_complete_neighbour_ends_the_waiting() -> None:
    near = replace(OURS, occurred_at=NOON.replace(hour=23, minute=59))
    complete = frozenset({DAY, DAY + timedelta(days=1)})
    assert _absence(near, complete=complete) == Word.MISSING_THEIRS


def test_near_midnight_three_days_end_the_waiting() -> None:
    near = replace(OURS, occurred_at=NOON.replace(hour=23, minute=59))
    assert _absence(near, now=NOON + timedelta(days=4)) == Word.MISSING_THEIRS


def test_what_has_no_end_here_waits_and_is_never_missing() -> None:
    assert _absence(replace(OURS, standing=Standing.NOT_BOOKED)) == Word.AWAITING


# ---- Keys -------------------------------------------------------------------------------------


def test_a_key_does_not_depend_on_file_or_line() -> None:
    again = replace(THEIRS, line_id=99, file_id=9, line_number=50, store="Noodle Bar")
    keys = {findings.Finding(Word.MISSING_OURS, theirs).key for theirs in (THEIRS, again)}
    assert len(keys) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Money(801, "USD")},
        {"alipay_trans_id": "2024A2"},
        {"partner_trans_id": "A2"},
        {"kind": Kind.REFUND},
    ],
)
def test_another_fact_is_another_key(change: dict[str, object]) -> None:
    other = replace(THEIRS, **change)  # type: ignore[arg-type]
    first = findings.Finding(Word.MISSING_OURS, THEIRS)
    assert first.key != findings.Finding(Word.MISSING_OURS, other).key


def test_refunds_of_two_seconds_have_two_keys() -> None:
    refund = replace(THEIRS, kind=Kind.REFUND)
    later = replace(refund, occurred_at=NOON + timedelta(seconds=1))
    keys = {findings.Finding(Word.MISSING_OURS, each).key for each in (refund, later)}
    assert len(keys) == 2


def test_a_key_fits_its_column_with_the_longest_numbers() -> None:
    longest = replace(THEIRS, alipay_trans_id="9" * 64, partner_trans_id="8" * 64)
    assert len(findings.Finding(Word.CONFLICTING_DUPLICATE, longest).key) <= 200


def test_numbers_are_found_in_lines_that_could_not_be_used() -> None:
    assert {"A1", "2024A1"} <= matching.numbers_in([" A1 |2024A1|8.005|PAYMENT"])
