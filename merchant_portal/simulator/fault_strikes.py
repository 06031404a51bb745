"""The faults that are on strike a file before it is written; the books keep what each did."""

import json
from collections.abc import Callable
from datetime import date

from . import file_faults, row_faults, whole_faults
from .books import Books
from .fault_stage import Stage, Struck
from .file_faults import FileFaultName, SeededFault
from .layouts import Draft, file_name
from .records import Partner
from .terms import Terms

Strike = Callable[[Draft, Stage], Struck | None]

STRIKES: dict[FileFaultName, Strike] = {
    FileFaultName.DATE_DRIFT: row_faults.date_drift,
    FileFaultName.LATE_SETTLEMENT: row_faults.late_settlement,
    FileFaultName.SETTLED_TWICE: row_faults.settled_twice,
    FileFaultName.ROW_MISSING: row_faults.row_missing,
    FileFaultName.UNKNOWN_ROW: row_faults.unknown_row,
    FileFaultName.DUPLICATE_ROW: row_faults.duplicate_row,
    FileFaultName.CONFLICTING_DUPLICATE: row_faults.conflicting_duplicate,
    FileFaultName.AMOUNT_CHANGED: row_faults.amount_changed,
    FileFaultName.FEE_CHANGED: row_faults.fee_changed,
    FileFaultName.CURRENCY_CHANGED: row_faults.currency_changed,
    FileFaultName.BATCH_SUM_WRONG: row_faults.batch_sum_wrong,
    FileFaultName.SECOND_DELIVERY: whole_faults.second_delivery,
    FileFaultName.PADDED_IDS: whole_faults.padded_ids,
    FileFaultName.EXTRA_COLUMN: whole_faults.extra_column,
    FileFaultName.CHANGED_COLUMN_ORDER: whole_faults.changed_column_order,
    FileFaultName.WRONG_COUNT: whole_faults.wrong_count,
    FileFaultName.WRONG_PARTNER: whole_faults.wrong_partner,
    FileFaultName.WRONG_DATE: whole_faults.wrong_date,
    FileFaultName.GBK: whole_faults.gbk,
    FileFaultName.CRLF: whole_faults.crlf,
    FileFaultName.BOM: whole_faults.bom,
    FileFaultName.CUT_FILE: whole_faults.cut_file,
    FileFaultName.EMPTY_FILE: whole_faults.empty_file,
    FileFaultName.LATE_FILE: whole_faults.late_file,
    FileFaultName.NO_FILE: whole_faults.no_file,
}


def strike(
    books: Books,
    partner: Partner,
    terms: Terms,
    draft: Draft,
    *,
    day: date,
    spare: frozenset[FileFaultName] = frozenset(),
) -> Draft:
    """Let the faults that are on strike a file, but those to spare; the books remember."""
    struck: frozenset[str] = frozenset()
    wanted = {"partner_id": terms.partner_id, "day": day.isoformat()}
    for fault in file_faults.switched_on(books, draft.kind, **wanted):
        if draft.is_withheld or draft.is_empty:
            break
        stage = Stage(books, partner, terms, day, fault, struck)
        name = FileFaultName(fault.name)
        done = None if name in spare else STRIKES[name](draft, stage)
        if done is None:
            continue
        draft = done.draft
        struck |= {done.line.happening} if done.line else set()
        file_faults.use_up(books, fault)
        books.add(_seeded(done, stage))
    return draft


def _seeded(done: Struck, stage: Stage) -> SeededFault:
    cells = done.line.cells if done.line else {}
    kind = done.draft.kind
    return SeededFault(
        seeded_id=None,
        name=stage.fault.name,
        value=stage.fault.value,
        partner_id=stage.terms.partner_id,
        kind=kind,
        day=stage.day.isoformat(),
        file_name=done.draft.name or file_name(stage.terms.partner_id, kind, stage.day),
        happening=done.line.happening if done.line else "",
        partner_trans_id=cells.get("Partner_transaction_id", ""),
        transaction_id=cells.get("Transaction_id", ""),
        before=json.dumps(dict(done.before), ensure_ascii=False),
        after=json.dumps(dict(done.after), ensure_ascii=False),
        seeded_at=stage.books.timestamp(),
    )
