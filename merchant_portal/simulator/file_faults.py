"""Faults of the night's files as switches: what may be wrong with a file, and what was made wrong.

They strike in the order of their names below: whether the file comes at all, then its rows, then
the file as a whole, then its bytes. A file that does not come, or comes empty, is struck no more.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from .books import Books
from .currencies import PRICING_CURRENCIES, UnusableAmount, read_fraction
from .layouts import FileKind
from .records import Record


class FileFaultName(StrEnum):
    """What may be wrong with a file."""

    LATE_FILE = "late_file"
    NO_FILE = "no_file"
    EMPTY_FILE = "empty_file"

    DATE_DRIFT = "date_drift"
    LATE_SETTLEMENT = "late_settlement"
    SETTLED_TWICE = "settled_twice"
    ROW_MISSING = "row_missing"
    UNKNOWN_ROW = "unknown_row"
    DUPLICATE_ROW = "duplicate_row"
    CONFLICTING_DUPLICATE = "conflicting_duplicate"
    AMOUNT_CHANGED = "amount_changed"
    FEE_CHANGED = "fee_changed"
    CURRENCY_CHANGED = "currency_changed"
    BATCH_SUM_WRONG = "batch_sum_wrong"

    SECOND_DELIVERY = "second_delivery"
    PADDED_IDS = "padded_ids"
    EXTRA_COLUMN = "extra_column"
    CHANGED_COLUMN_ORDER = "changed_column_order"
    WRONG_COUNT = "wrong_count"
    WRONG_PARTNER = "wrong_partner"
    WRONG_DATE = "wrong_date"

    GBK = "gbk"
    CRLF = "crlf"
    BOM = "bom"
    CUT_FILE = "cut_file"


Name = FileFaultName
ONLY_TRANSACTION = frozenset(
    {Name.DATE_DRIFT, Name.WRONG_COUNT, Name.WRONG_PARTNER, Name.WRONG_DATE}
)
ONLY_SETTLEMENT = frozenset({Name.LATE_SETTLEMENT, Name.SETTLED_TWICE, Name.BATCH_SUM_WRONG})
AMOUNTS = frozenset(
    {
        *(Name.UNKNOWN_ROW, Name.CONFLICTING_DUPLICATE, Name.AMOUNT_CHANGED),
        *(Name.FEE_CHANGED, Name.BATCH_SUM_WRONG),
    },
)
HOURS = frozenset({Name.LATE_FILE, Name.SECOND_DELIVERY})
HOLD_BACK = frozenset({Name.LATE_FILE, Name.NO_FILE, Name.SECOND_DELIVERY})
WHOLE_NUMBERS = frozenset({Name.CUT_FILE, Name.DATE_DRIFT, Name.LATE_SETTLEMENT, Name.WRONG_DATE})
WITHOUT_VALUE = frozenset(
    {
        *(Name.SETTLED_TWICE, Name.ROW_MISSING, Name.DUPLICATE_ROW, Name.PADDED_IDS),
        *(Name.CHANGED_COLUMN_ORDER, Name.GBK, Name.CRLF, Name.BOM, Name.EMPTY_FILE),
        Name.NO_FILE,
    },
)
USUAL_VALUES: dict[str, str] = {
    Name.CURRENCY_CHANGED: "EUR",
    Name.EXTRA_COLUMN: "Voucher_amount",
    Name.WRONG_COUNT: "1",
    Name.WRONG_PARTNER: "2088000000009999",
    Name.WRONG_DATE: "-1",
    Name.DATE_DRIFT: "5",
    Name.LATE_SETTLEMENT: "1",
}


class UnknownFault(ValueError):
    """No fault has this name, or what it is to do makes no sense."""


@dataclass(frozen=True)
class FileFault(Record):
    """A switched-on fault; `times` None lasts for ever, empty partner or day means any.

    The row it strikes is the one with the number `seed` in the order of Transaction_id.
    """

    table = "file_faults"
    key = "fault_id"

    name: str
    value: str = ""
    partner_id: str = ""
    day: str = ""
    kind: str = ""
    seed: int = 0
    times: int | None = 1
    fault_id: int | None = None


@dataclass(frozen=True)
class SeededFault(Record):
    """What was made wrong in a file: the row (none: all of it), before and after as JSON."""

    table = "seeded_faults"
    key = "seeded_id"

    seeded_id: int | None
    name: str
    value: str
    partner_id: str
    kind: str
    day: str
    file_name: str
    happening: str
    partner_trans_id: str
    transaction_id: str
    before: str
    after: str
    seeded_at: float


@dataclass(frozen=True)
class Displaced(Record):
    """A row that stands in a later file than it belongs into."""

    table = "displaced"
    key = "displaced_id"

    displaced_id: int | None
    happening: str
    partner_id: str
    kind: str
    from_day: str
    to_day: str
    payment_time: str


@dataclass(frozen=True)
class AwaitedFile(Record):
    """A file still to be written, at an instant or (None) in the next night."""

    table = "late_files"
    key = "late_id"

    late_id: int | None
    partner_id: str
    kind: str
    day: str
    name: str
    due_at: float | None


def switch_on(books: Books, fault: FileFault) -> FileFault:
    """Turn a fault on; raises UnknownFault."""
    if fault.name not in list(Name):
        raise UnknownFault(f"no fault is called {fault.name!r}; there are {', '.join(Name)}")
    if fault.times is not None and fault.times < 1:
        raise UnknownFault("times is a whole number from 1, or null for ever")
    if fault.seed < 0:
        raise UnknownFault("seed is a whole number from 0")
    value = fault.value or USUAL_VALUES.get(fault.name, "")
    _check_value(Name(fault.name), value)
    switched = replace(fault, value=value, kind=_kind_of(fault))
    return replace(switched, fault_id=books.add(switched))


def switched_on(books: Books, kind: FileKind, *, partner_id: str, day: str) -> list[FileFault]:
    """The faults that would strike a file, in the order in which they do."""
    where = "kind = ? AND partner_id IN ('', ?) AND day IN ('', ?)"
    order = list(Name)
    found = books.select(FileFault, where, kind, partner_id, day)
    return sorted(found, key=lambda fault: order.index(Name(fault.name)))


def use_up(books: Books, fault: FileFault) -> None:
    """A fault has struck: once less, or gone."""
    if fault.times is None:
        return
    if fault.times > 1:
        books.save(replace(fault, times=fault.times - 1))
    else:
        books.remove(fault)


def _kind_of(fault: FileFault) -> FileKind:
    usual = FileKind.SETTLEMENT if fault.name in ONLY_SETTLEMENT else FileKind.TRANSACTION
    kind = fault.kind or usual
    only = ONLY_SETTLEMENT | ONLY_TRANSACTION
    if kind not in list(FileKind) or (fault.name in only and kind != usual):
        raise UnknownFault(f"{fault.name} does not happen to a {kind} file")
    return FileKind(kind)


def _check_value(name: Name, value: str) -> None:
    if name in AMOUNTS and value and not _is_number(value):
        raise UnknownFault("the value is an amount")
    if name in HOURS and value and not _is_number(value):
        raise UnknownFault("the value is a number of hours")
    if name in WHOLE_NUMBERS | {Name.WRONG_COUNT} and value and not _is_whole(value):
        raise UnknownFault("the value is a whole number")
    if name is Name.CURRENCY_CHANGED and value not in PRICING_CURRENCIES:
        raise UnknownFault("the value is a currency")
    if name is Name.WRONG_PARTNER and not (len(value) == 16 and _is_whole(value)):
        raise UnknownFault("the value is a partner id of 16 digits")
    if name is Name.EXTRA_COLUMN and ("|" in value or "\n" in value or "\r" in value):
        raise UnknownFault("the value is the name of a column")
    if name in WITHOUT_VALUE and value:
        raise UnknownFault(f"{name} takes no value")


def _is_number(text: str) -> bool:
    try:
        return 0 < read_fraction(text) < 1_000_000
    except UnusableAmount:
        return False


def _is_whole(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) <= 16 and int(digits) != 0
