"""What each thing that goes wrong in a simulated month is to lead to, and why.

The faults of files carry the simulator's names (docs/simulator.md), what happens between buyers,
Alipay and the shop has names of its own. ``tests/reconciliation`` holds that no fault is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from merchant_portal.simulator.file_faults import FileFaultName as Fault
from reconciliation.states import FileState, LineKind
from reconciliation.states import VerdictWord as Word

_ANY = frozenset(LineKind)
_PAID = frozenset({LineKind.PAYMENT})
_ON_THE_DAY = timedelta(hours=5)
_DAYS_LATER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is to be found, and why just that."""

    reason: str
    #: Stands open on the worklist at the end, about the row that was struck.
    opens: Word | None = None
    #: Was on the worklist, and was explained by what came later.
    explained: Word | None = None
    #: May have stood there until something came; how long depends on the order files come in.
    passes: frozenset[Word] = frozenset()
    #: What the struck delivery is read as; None where it is not there to be read.
    reads: FileState | None = FileState.ACCEPTED
    #: The rows it strikes.
    strikes: frozenset[LineKind] = _ANY
    #: People ask Alipay for the file again so long after it should have come.
    again_after: timedelta | None = None
    #: The row agrees, and stands in another day's file.
    drifts: bool = False


_LATE_NOW_AND_THEN = frozenset({Word.MISSING_FILE})

#: Each has a file of its own: it would hide what else is wrong there.
ALONE: Mapping[Fault, Rule] = MappingProxyType(
    {
        Fault.LATE_FILE: Rule(
            "The day had successes and no file by the afternoon; in the next night it came.",
            explained=Word.MISSING_FILE,
        ),
        Fault.NO_FILE: Rule(
            "As with a late file, but it comes only after somebody has asked for it.",
            explained=Word.MISSING_FILE,
            again_after=_DAYS_LATER,
        ),
        Fault.EMPTY_FILE: Rule(
            "No bytes prove nothing: no row of the day is called missing.",
            reads=FileState.EMPTY_BYTES,
            passes=_LATE_NOW_AND_THEN,
            again_after=_ON_THE_DAY,
        ),
        Fault.CUT_FILE: Rule(
            "Half a line shows that the end is lost; what was there is not used either.",
            reads=FileState.TRUNCATED,
            passes=_LATE_NOW_AND_THEN,
            again_after=_ON_THE_DAY,
        ),
        Fault.WRONG_COUNT: Rule(
            "Rows are there and count, but absence proves nothing until a right one comes.",
            reads=FileState.COUNT_MISMATCH,
            passes=_LATE_NOW_AND_THEN,
            again_after=_ON_THE_DAY,
        ),
        Fault.WRONG_PARTNER: Rule(
            "Whose rows they are is not known, whatever the name says: set aside.",
            reads=FileState.WRONG_PARTNER,
            passes=_LATE_NOW_AND_THEN,
            again_after=_ON_THE_DAY,
        ),
        Fault.WRONG_DATE: Rule(
            "First line and name contradict each other about the day: set aside.",
            reads=FileState.WRONG_DATE,
            passes=_LATE_NOW_AND_THEN,
            again_after=_ON_THE_DAY,
        ),
        Fault.SECOND_DELIVERY: Rule(
            "The first one lacks a row, which is missing until the whole one takes its place.",
            passes=frozenset({Word.MISSING_THEIRS}),
        ),
        Fault.DATE_DRIFT: Rule(
            "The row is found in the next day's file and agrees; until that is in it is missing.",
            passes=frozenset({Word.MISSING_THEIRS}),
            strikes=_PAID,
            drifts=True,
        ),
    }
)

#: About one row each; several may strike one file.
ROWS: Mapping[Fault, Rule] = MappingProxyType(
    {
        Fault.ROW_MISSING: Rule("A complete file lacks what we booked.", opens=Word.MISSING_THEIRS),
        Fault.UNKNOWN_ROW: Rule(
            "A payment of which no notice and no answer ever told.", opens=Word.MISSING_OURS
        ),
        Fault.DUPLICATE_ROW: Rule(
            "The first of two equal rows agrees, the second one is one too many.",
            opens=Word.DUPLICATE_ROW,
        ),
        Fault.CONFLICTING_DUPLICATE: Rule(
            "One of two rows agrees; the other one says something else of the same event.",
            opens=Word.CONFLICTING_DUPLICATE,
        ),
        Fault.AMOUNT_CHANGED: Rule(
            "Numbers agree, amounts do not; the fee moves by less than may be rounding.",
            opens=Word.AMOUNT_MISMATCH,
        ),
        Fault.FEE_CHANGED: Rule(
            "The contract's rate gives another fee. What a refund gives back of the fee is in"
            " no contract of ours, so a payment's row is struck.",
            opens=Word.FEE_MISMATCH,
            strikes=_PAID,
        ),
        Fault.CURRENCY_CHANGED: Rule(
            "Amounts in two currencies are not compared.", opens=Word.CURRENCY_MISMATCH
        ),
    }
)

#: Ways to write the same rows.
FORMS: Mapping[Fault, Rule] = MappingProxyType(
    {
        Fault.GBK: Rule("What is not UTF-8 is read as GB18030."),
        Fault.CRLF: Rule("Line ends say nothing."),
        Fault.BOM: Rule("A mark at the beginning says nothing."),
        Fault.PADDED_IDS: Rule("Blanks around a number are not part of it."),
        Fault.EXTRA_COLUMN: Rule("Columns are known by name; what we do not know is kept unread."),
        Fault.CHANGED_COLUMN_ORDER: Rule("Columns are known by name, not by place."),
    }
)

_STORED = "Settlement files are stored and read; comparing what was paid out is not built yet."
#: Of settlement files.
SETTLEMENTS: Mapping[Fault, Rule] = MappingProxyType(
    {
        Fault.LATE_SETTLEMENT: Rule(_STORED),
        Fault.SETTLED_TWICE: Rule(_STORED),
        Fault.BATCH_SUM_WRONG: Rule(_STORED),
    }
)

NOTICE_LOST, NOTICE_LATE = "notice_lost", "notice_late"
PORTAL_REFUND, PORTAL_CANCEL = "portal_refund", "portal_cancel"
ORDER_OF_IMPORT = "order_of_import"
#: What goes wrong, or is done, outside the files.
OUTSIDE: Mapping[str, Rule] = MappingProxyType(
    {
        NOTICE_LOST: Rule("Alipay was paid and we were never told.", opens=Word.MISSING_OURS),
        NOTICE_LATE: Rule(
            "If the file comes first, it tells of a payment before its notice does.",
            passes=frozenset({Word.MISSING_OURS}),
        ),
        PORTAL_REFUND: Rule(
            "Money went back at Alipay's portal; a person books it, its notice alone does not.",
            opens=Word.MISSING_OURS,
        ),
        PORTAL_CANCEL: Rule(
            "A payment was undone at Alipay's portal; a person books it.", opens=Word.MISSING_OURS
        ),
        ORDER_OF_IMPORT: Rule(
            "Held back until the month is over: by then it was late.",
            explained=Word.MISSING_FILE,
        ),
    }
)

_OF_FILES: Mapping[Fault, Rule] = {**ALONE, **ROWS, **FORMS, **SETTLEMENTS}
RULES: Mapping[str, Rule] = MappingProxyType(
    {**{fault.value: rule for fault, rule in _OF_FILES.items()}, **OUTSIDE}
)
