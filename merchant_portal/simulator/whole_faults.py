"""Faults that strike a file as a whole: its heading, its bytes, whether it comes at all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from .fault_stage import IDS, REMARK, Stage, Struck, await_file, in_place, without
from .layouts import Draft, Heading

CHINESE = "收款"


def second_delivery(draft: Draft, stage: Stage) -> Struck | None:
    """The first delivery lacks a row; a whole one follows."""
    line = stage.pick(draft.lines)
    if line is None:
        return None
    due = await_file(draft, stage)
    return Struck(without(draft, line), line, line.cells, due)


def padded_ids(draft: Draft, _: Stage) -> Struck | None:
    """Ids are followed by a blank and a tab."""
    lines = tuple(
        line.changed(**{name: f"{line.cells[name]} \t" for name in IDS}) for line in draft.lines
    )
    return Struck(replace(draft, lines=lines), after={"padding": "a blank and a tab"})


def extra_column(draft: Draft, stage: Stage) -> Struck | None:
    """There is one more column at the end."""
    name = stage.fault.value
    if name in draft.columns:
        return None
    lines = tuple(line.changed(**{name: "0.00"}) for line in draft.lines)
    return Struck(replace(draft, columns=(*draft.columns, name), lines=lines), after={name: "0.00"})


def changed_column_order(draft: Draft, _: Stage) -> Struck | None:
    """The columns stand in another order."""
    columns = (*draft.columns[5:], *draft.columns[:5])
    return Struck(replace(draft, columns=columns), after={"columns": "|".join(columns)})


def wrong_count(draft: Draft, stage: Stage) -> Struck | None:
    """The first line states another number of rows."""
    more = int(stage.fault.value)
    return _reheaded(draft, lambda heading: replace(heading, miscounted=more))


def wrong_partner(draft: Draft, stage: Stage) -> Struck | None:
    """The first line names another partner."""
    return _reheaded(draft, lambda heading: replace(heading, partner_id=stage.fault.value))


def wrong_date(draft: Draft, stage: Stage) -> Struck | None:
    """The first line names another day."""
    day = stage.day + timedelta(days=int(stage.fault.value))
    return _reheaded(draft, lambda heading: replace(heading, day=day))


def gbk(draft: Draft, stage: Stage) -> Struck | None:
    """GBK; where the file has no Chinese, one remark gets some, so that it shows."""
    before, after = {"charset": "UTF-8"}, {"charset": "GBK"}
    line = None
    if draft.content.isascii():
        line, column = stage.pick(draft.lines), REMARK[draft.kind]
        if line is None:
            return None
        before, after = before | {column: line.cells[column]}, after | {column: CHINESE}
        draft = in_place(draft, line, line.changed(**{column: CHINESE}))
    return Struck(replace(draft, codec="gb18030"), line, before, after)


def crlf(draft: Draft, _: Stage) -> Struck | None:
    """Lines end with CR and LF."""
    return Struck(replace(draft, line_end="\r\n"), after={"line ends": "CRLF"})


def bom(draft: Draft, _: Stage) -> Struck | None:
    """The file begins with a UTF-8 mark."""
    if draft.codec != "utf-8":
        return None
    return Struck(replace(draft, mark=b"\xef\xbb\xbf"), after={"mark": "UTF-8"})


def cut_file(draft: Draft, stage: Stage) -> Struck | None:
    """The end is lost: so many bytes, or half of the last line."""
    whole = draft.content
    last_line = len(whole.rstrip().splitlines()[-1])
    lost = abs(int(stage.fault.value)) if stage.fault.value else last_line // 2
    lengths = {"bytes": str(len(whole))}, {"bytes": str(max(0, len(whole) - lost))}
    return Struck(replace(draft, lost_bytes=lost), None, *lengths)


def empty_file(draft: Draft, _: Stage) -> Struck | None:
    """The file has no bytes."""
    size = str(len(draft.content))
    return Struck(replace(draft, is_empty=True), None, {"bytes": size}, {"bytes": "0"})


def late_file(draft: Draft, stage: Stage) -> Struck | None:
    """The file comes later: after hours, or in the next night."""
    return Struck(replace(draft, is_withheld=True), after=await_file(draft, stage))


def no_file(draft: Draft, _: Stage) -> Struck | None:
    """The file never comes, unless its day is closed again."""
    return Struck(replace(draft, is_withheld=True), None, {"rows": str(len(draft.lines))})


def _reheaded(draft: Draft, change: Callable[[Heading], Heading]) -> Struck | None:
    if draft.heading is None:
        return None
    heading, count = change(draft.heading), len(draft.lines)
    before = {"heading": draft.heading.text(count=count)}
    after = {"heading": heading.text(count=count)}
    return Struck(replace(draft, heading=heading), None, before, after)
