"""The switches for faults of files, over HTTP and on the page."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from . import file_faults
from .books import Books
from .contracts import text_of
from .file_faults import FileFault, FileFaultName, UnknownFault
from .terms import read_day
from .web import BadRequest, Html, Request, Response, done, fill, join, json_response

FAULT_WORDS: dict[str, str] = {
    FileFaultName.LATE_FILE: "File comes later (hours; else in the next night)",
    FileFaultName.NO_FILE: "File never comes",
    FileFaultName.SECOND_DELIVERY: "First delivery lacks a row, a second follows (hours)",
    FileFaultName.EMPTY_FILE: "File of no bytes",
    FileFaultName.CUT_FILE: "File cut at its end (bytes)",
    FileFaultName.WRONG_COUNT: "First line states another count (how many more)",
    FileFaultName.WRONG_PARTNER: "First line names another partner (partner id)",
    FileFaultName.WRONG_DATE: "First line names another day (days)",
    FileFaultName.ROW_MISSING: "A row is missing",
    FileFaultName.UNKNOWN_ROW: "A payment nobody made (amount)",
    FileFaultName.DUPLICATE_ROW: "A row twice",
    FileFaultName.CONFLICTING_DUPLICATE: "A row twice, with two amounts (difference)",
    FileFaultName.AMOUNT_CHANGED: "Another amount (difference)",
    FileFaultName.FEE_CHANGED: "Another fee (difference)",
    FileFaultName.CURRENCY_CHANGED: "Another currency",
    FileFaultName.DATE_DRIFT: "A row moved over midnight (seconds after it)",
    FileFaultName.SETTLED_TWICE: "A row settled twice",
    FileFaultName.LATE_SETTLEMENT: "A row settled later (days)",
    FileFaultName.BATCH_SUM_WRONG: "Settled is not amount less fee (difference)",
    FileFaultName.GBK: "GBK in place of UTF-8",
    FileFaultName.CRLF: "Lines end with CR and LF",
    FileFaultName.BOM: "UTF-8 mark at the beginning",
    FileFaultName.PADDED_IDS: "Ids with blanks behind them",
    FileFaultName.EXTRA_COLUMN: "One more column (its name)",
    FileFaultName.CHANGED_COLUMN_ORDER: "Columns in another order",
}
MEMBERS = frozenset({"name", "value", "partner_id", "day", "kind", "seed", "times"})

Route = Callable[..., Response]


def addresses(books: Books) -> Iterator[tuple[str, str, Route]]:
    """Where the switches are."""
    base = "/control/file_faults"
    yield "POST", base, lambda request: switch_fault(books, request)
    yield "DELETE", base, lambda request: clear_faults(books, request)
    yield "POST", f"{base}/clear", lambda request: clear_faults(books, request)
    yield "POST", f"{base}/([0-9]+)/off", lambda request, number: switch_off(books, request, number)
    yield "GET", rf"{base}\.json", lambda _: json_response(_switched_on(books))


def switch_fault(books: Books, request: Request) -> Response:
    """Turn a fault of the next file on."""
    fields = request.fields()
    unknown = fields.keys() - MEMBERS
    if unknown:
        raise BadRequest(f"there is no member {min(unknown)!r}; there are {sorted(MEMBERS)}")
    fault = FileFault(
        name=text_of(fields.get("name")),
        value=text_of(fields.get("value")),
        partner_id=_partner(books, fields),
        day=read_day(fields["day"]).isoformat() if fields.get("day") else "",
        kind=text_of(fields.get("kind")),
        seed=_whole(fields.get("seed") or 0, "seed"),
        times=_times(fields),
    )
    try:
        return done(request, asdict(file_faults.switch_on(books, fault)))
    except UnknownFault as unusable:
        raise BadRequest(str(unusable)) from unusable


def switch_off(books: Books, request: Request, fault_id: str) -> Response:
    """Turn one fault off."""
    fault = books.get(FileFault, int(fault_id))
    if fault is None:
        raise LookupError(f"there is no fault {fault_id}")
    books.remove(fault)
    return done(request, {"cleared": True})


def clear_faults(books: Books, request: Request) -> Response:
    """Turn every fault off; what was made wrong before stays wrong."""
    with books.transaction():
        for fault in books.select(FileFault):
            books.remove(fault)
    return done(request, {"cleared": True})


def fault_values(books: Books) -> dict[str, str]:
    """What the page shows of them."""
    choices = [
        fill("_choice.html", {"value": name, "words": words}) for name, words in FAULT_WORDS.items()
    ]
    rows = [_fault_row(fault) for fault in books.select(FileFault)]
    nothing = fill("_nothing.html", {"words": "The next files will be right."})
    return {"fault_choices": join(choices), "file_faults": join(rows) if rows else nothing}


def _switched_on(books: Books) -> list[dict[str, object]]:
    return [asdict(fault) for fault in books.select(FileFault)]


def _fault_row(fault: FileFault) -> Html:
    often = "for ever" if fault.times is None else f"{fault.times} times"
    scope = (fault.value, f"{fault.kind} file", fault.day, fault.partner_id or "any partner")
    values = {
        "words": FAULT_WORDS[fault.name],
        "times": "once" if fault.times == 1 else often,
        "scope": " · ".join(filter(None, scope)),
        "number": str(fault.fault_id),
    }
    return fill("_file_fault.html", values)


def _partner(books: Books, fields: dict[str, Any]) -> str:
    partner_id = text_of(fields.get("partner_id"))
    if partner_id and books.partner(partner_id) is None:
        raise BadRequest("there is no such partner")
    return partner_id


def _times(fields: dict[str, Any]) -> int | None:
    """Once, unless another number is said; null or an empty field is for ever."""
    wish = fields.get("times", 1)
    return None if wish in (None, "") else _whole(wish, "times")


def _whole(wish: Any, name: str) -> int:
    try:
        return int(str(wish))
    except ValueError as unreadable:
        raise BadRequest(f"{name} is a whole number") from unreadable
