"""What is paid out on a day: everything that waits and was not held back, each thing once."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from . import happenings
from .books import Books
from .file_faults import Displaced
from .happenings import Happening, Wire
from .layouts import FileKind
from .records import Record
from .terms import Terms
from .working_days import last_settled_day, settles_on


@dataclass(frozen=True)
class Settled(Record):
    """On which day a happening was paid out: once only."""

    table = "settled"
    key = "happening"

    happening: str
    partner_id: str
    settled_on: str


def pay_out(books: Books, terms: Terms, day: date, *, wire: Wire) -> None:
    """Settle on a day what waits for it, of what came by one API."""
    paid = happenings.settled_on(books, terms, day, wire=wire)
    started = {each.settlement_currency for each in paid}
    for each in _due(books, terms, day, started=started, wire=wire):
        books.add(Settled(each.key, terms.partner_id, day.isoformat()))


def _due(
    books: Books, terms: Terms, day: date, *, started: set[str], wire: Wire
) -> Iterator[Happening]:
    """What waits, by currency: all of it, or nothing while it is below the minimum."""
    if not settles_on(day, terms):
        return
    waiting: defaultdict[str, list[Happening]] = defaultdict(list)
    held_back = _held_back(books, terms, day)
    until = last_settled_day(day, terms)
    for each in happenings.unsettled(books, terms, until=until, wire=wire):
        if each.key not in held_back:
            waiting[each.settlement_currency].append(each)
    for currency, owed in waiting.items():
        total = sum(each.owed_minor for each in owed)
        if currency in started or total >= terms.minimum_minor(currency):
            yield from owed


def _held_back(books: Books, terms: Terms, day: date) -> set[str]:
    """What the fault of a late settlement holds back beyond this day."""
    where = "kind = ? AND partner_id = ? AND to_day > ?"
    late = books.select(Displaced, where, FileKind.SETTLEMENT, terms.partner_id, day.isoformat())
    return {each.happening for each in late}
