"""Faults that strike rows: missing, unknown, doubled, moved, with other money."""

import hashlib
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from . import happenings
from .currencies import decimals_of, write_amount
from .fault_stage import (
    AMOUNT,
    FEE,
    Stage,
    Struck,
    cells_before,
    changed,
    grown,
    with_line,
    without,
)
from .file_faults import Displaced
from .happenings import fee_of, minor_units
from .layouts import Draft, FileKind, Line, written
from .settlements import Settled

USUAL_AMOUNT_MINOR, USUAL_FEE_MINOR, UNKNOWN_AMOUNT_MINOR = 100, 50, 7770


def date_drift(draft: Draft, stage: Stage) -> Struck | None:
    """The row leaves its day and stands in the next day's file, seconds after midnight."""
    line = stage.pick(_in_their_place(draft, stage))
    if line is None:
        return None
    midnight = datetime.combine(stage.day + timedelta(days=1), time())
    at = midnight + timedelta(seconds=abs(int(stage.fault.value)))
    _displace(draft, stage, line, to=midnight.date(), payment_time=f"{at:%Y-%m-%d %H:%M:%S}")
    before = {"Payment_time": line.cells["Payment_time"]}
    return Struck(without(draft, line), line, before, {"Payment_time": f"{at:%Y-%m-%d %H:%M:%S}"})


def late_settlement(draft: Draft, stage: Stage) -> Struck | None:
    """The row is not paid out now, but some days later at the earliest."""
    line = stage.pick(draft.lines)
    settled = stage.books.get(Settled, line.happening) if line else None
    if line is None or settled is None:
        return None
    stage.books.remove(settled)
    later = stage.day + timedelta(days=abs(int(stage.fault.value)))
    _displace(draft, stage, line, to=later)
    before, after = {"settled_on": stage.day.isoformat()}, {"not_before": later.isoformat()}
    return Struck(without(draft, line), line, before, after)


def settled_twice(draft: Draft, stage: Stage) -> Struck | None:
    """A row that was paid out on an earlier day is paid out once more."""
    where = "partner_id = ? AND settled_on < ?"
    paid = stage.books.select(Settled, where, stage.terms.partner_id, stage.day.isoformat())
    keys = [each.happening for each in paid]
    if draft.again is None:
        return None
    earlier = happenings.with_keys(stage.books, stage.terms, keys, wire=draft.wire)
    line = stage.pick(draft.again(earlier).lines)
    if line is None:
        return None
    settled_on = next(each.settled_on for each in paid if each.happening == line.happening)
    after = {"Settlement_time": line.cells["Settlement_time"]}
    return Struck(with_line(draft, line), line, {"settled_on": settled_on}, after)


def row_missing(draft: Draft, stage: Stage) -> Struck | None:
    """The row is not there."""
    line = stage.pick(draft.lines)
    return Struck(without(draft, line), line, line.cells) if line else None


def unknown_row(draft: Draft, stage: Stage) -> Struck | None:
    """A payment nobody made, in the words of a row that is there."""
    model = stage.pick(draft.lines)
    if model is None:
        return None
    cells = _invented_numbers(stage) | _invented_money(draft, model, stage)
    if draft.kind is FileKind.TRANSACTION:
        cells |= {"Transaction_type": "PAYMENT", "Remark": ""}
    else:
        cells |= {"Type": "P", "Remarks": ""}
    made_up = {"Transaction_type": "PAYMENT", "original": "", "original_request": ""}
    cells |= {name: text for name, text in made_up.items() if name in model.cells}
    line = replace(model.changed(**cells), happening=f"UNKNOWN {cells['Transaction_id']}")
    return Struck(with_line(draft, line), line, {}, cells)


def duplicate_row(draft: Draft, stage: Stage) -> Struck | None:
    """The row stands there twice."""
    line = stage.pick(draft.lines)
    return Struck(with_line(draft, line), line, {}, line.cells) if line else None


def conflicting_duplicate(draft: Draft, stage: Stage) -> Struck | None:
    """The row stands there once more, with another amount."""
    line = stage.pick(draft.lines)
    if line is None:
        return None
    cells = _with_more(draft, line, stage)
    return Struck(with_line(draft, line.changed(**cells)), line, cells_before(line, cells), cells)


def amount_changed(draft: Draft, stage: Stage) -> Struck | None:
    """Price and settlement amount are higher."""
    line = stage.pick(draft.lines)
    return changed(draft, line, _with_more(draft, line, stage)) if line else None


def fee_changed(draft: Draft, stage: Stage) -> Struck | None:
    """The fee is higher; what is settled is less by as much."""
    line = stage.pick(draft.lines)
    if line is None:
        return None
    currency, column = line.cells["Currency"], FEE[draft.kind]
    more = stage.amount_minor(USUAL_FEE_MINOR, currency)
    cells = {column: grown(line.cells[column], more, line)}
    if draft.kind is FileKind.SETTLEMENT:
        cells["Settlement"] = grown(line.cells["Settlement"], -more, line)
    return changed(draft, line, cells)


def currency_changed(draft: Draft, stage: Stage) -> Struck | None:
    """The price is said to be in another currency; the settlement too where both were one."""
    line = stage.pick(draft.lines)
    if line is None or line.cells["Trans_currency"] == stage.fault.value:
        return None
    cells = {"Trans_currency": stage.fault.value}
    if line.cells["Currency"] == line.cells["Trans_currency"]:
        cells["Currency"] = stage.fault.value
    return changed(draft, line, cells)


def batch_sum_wrong(draft: Draft, stage: Stage) -> Struck | None:
    """What is settled is not amount less fee."""
    line = stage.pick(draft.lines)
    if line is None:
        return None
    more = stage.amount_minor(USUAL_AMOUNT_MINOR, line.cells["Currency"])
    return changed(draft, line, {"Settlement": grown(line.cells["Settlement"], more, line)})


def _invented_numbers(stage: Stage) -> dict[str, str]:
    """Numbers nobody minted; the same fault on the same day has the same ones."""
    seed = f"{stage.terms.partner_id} {stage.day} {stage.fault.fault_id}"
    number = int(hashlib.sha256(seed.encode()).hexdigest(), 16) % 10**15
    return {
        "Partner_transaction_id": f"{stage.day:%Y%m%d}UNKNOWN{number:015d}",
        "Transaction_id": f"{stage.day:%Y%m%d}22009{number:015d}",
    }


def _invented_money(draft: Draft, model: Line, stage: Stage) -> dict[str, str]:
    currency, pricing = model.cells["Currency"], model.cells["Trans_currency"]
    amount = written(stage.amount_minor(UNKNOWN_AMOUNT_MINOR, pricing), pricing)
    gross = _exchanged(Decimal(amount), model, currency)
    fee = written(fee_of(minor_units(gross, currency), stage.terms), currency)
    cells = {"Trans_amount": amount, AMOUNT[draft.kind]: gross, FEE[draft.kind]: fee}
    if draft.kind is FileKind.SETTLEMENT:
        cells["Settlement"] = write_amount(Decimal(gross) - Decimal(fee), currency)
    return cells


def _with_more(draft: Draft, line: Line, stage: Stage) -> dict[str, str]:
    """The row's amounts, grown: price, settlement amount, and what is settled."""
    pricing, column = line.cells["Trans_currency"], AMOUNT[draft.kind]
    more = stage.amount_minor(USUAL_AMOUNT_MINOR, pricing)
    price = Decimal(more).scaleb(-decimals_of(pricing))
    gross = minor_units(_exchanged(price, line, line.cells["Currency"]), line.cells["Currency"])
    cells = {
        "Trans_amount": written(minor_units(line.cells["Trans_amount"], pricing) + more, pricing),
        column: grown(line.cells[column], gross, line),
    }
    if draft.kind is FileKind.SETTLEMENT:
        cells["Settlement"] = grown(line.cells["Settlement"], gross, line)
    return cells


def _exchanged(price: Decimal, line: Line, currency: str) -> str:
    return write_amount(price * Decimal(line.cells["Trans_forex_rate"]), currency)


def _in_their_place(draft: Draft, stage: Stage) -> tuple[Line, ...]:
    """The rows that did not come from the day before by the same fault."""
    moved = {each.happening for each in stage.books.select(Displaced, "kind = ?", draft.kind)}
    return tuple(line for line in draft.lines if line.happening not in moved)


def _displace(draft: Draft, stage: Stage, line: Line, *, to: date, payment_time: str = "") -> None:
    stage.books.add(
        Displaced(
            displaced_id=None,
            happening=line.happening,
            partner_id=stage.terms.partner_id,
            kind=draft.kind,
            from_day=stage.day.isoformat(),
            to_day=to.isoformat(),
            payment_time=payment_time,
        ),
    )
