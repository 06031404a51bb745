"""The night: closes a day so far and writes the files of that day.

`close_day` works upon books alone, without any server, and once more each time it is called: the
same day closed again is a second delivery of the same files.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from . import fault_strikes, filing, happenings, refunds, settlements
from .books import ALIPAY_TIME, Books
from .file_faults import HOLD_BACK, AwaitedFile, Displaced, FileFaultName
from .filing import StatementFile
from .layouts import Draft, FileKind, Line, settlement_draft, transaction_draft
from .records import Partner
from .terms import Terms, terms_of

READY_AFTER = timedelta(hours=9, minutes=30)  # Files are made between 9:00 and 10:00 next day.
FARTHEST_AHEAD = timedelta(days=14)


class TooFarAhead(ValueError):
    """Nobody closes a day that is weeks away."""


def close_day(
    books: Books, *, day: date | None = None, partner_id: str = "", folder: Path | None = None
) -> list[StatementFile]:
    """Close a day (today) for a partner (all of them); answers the files that were written.

    They are put into `folder`, or where each partner's terms say. Raises LookupError for a partner
    nobody knows and TooFarAhead for a day weeks away.
    """
    today = books.now().date()
    closed = day or today
    if closed > today + FARTHEST_AHEAD:
        raise TooFarAhead(f"{closed} is too far ahead of {today}")
    partners = [_known(books, partner_id)] if partner_id else books.select(Partner)
    refunds.run_due(books)
    with books.transaction():
        if closed == today:
            refunds.run_before(books, _end_of(closed), partner_id=partner_id)
        nights = [_Night(books, each, _terms_with(books, each, folder)) for each in partners]
        return [filed for each in nights for filed in each.close(closed)]


def close_due(books: Books) -> None:
    """Do what the clock does: files that come later, and days of partners whose files come so."""
    with books.transaction():
        for awaited in books.select(AwaitedFile, "due_at <= ?", books.timestamp()):
            partner = _known(books, awaited.partner_id)
            _Night(books, partner, terms_of(books, partner.partner_id)).deliver(awaited)
        ready = last_ready_day(books)
        for terms in books.select(
            Terms, "automatic_files = 1 AND closed_until < ?", ready.isoformat()
        ):
            _close_until(books, terms, ready)


def last_ready_day(books: Books) -> date:
    """The last day whose files are there by the clock."""
    return (books.now() - READY_AFTER).date() - timedelta(days=1)


def _close_until(books: Books, terms: Terms, ready: date) -> None:
    """Close the days since the last one that was closed by the clock."""
    day = date.fromisoformat(terms.closed_until)
    while day < ready:
        day += timedelta(days=1)
        close_day(books, day=day, partner_id=terms.partner_id)
    books.save(replace(terms, closed_until=ready.isoformat()))


@dataclass(frozen=True)
class _Night:
    """One partner's night."""

    books: Books
    partner: Partner
    terms: Terms

    def close(self, day: date) -> list[StatementFile]:
        """The files that were awaited, then those of the day, as the faults leave them."""
        late = [self.deliver(each) for each in self._awaited_beside(day)]
        settlements.pay_out(self.books, self.terms, day)
        made = [self._file_struck(kind, day) for kind in FileKind]
        return [filed for filed in (*late, *made) if filed is not None]

    def deliver(self, awaited: AwaitedFile) -> StatementFile | None:
        """Write a file that was to come later; nothing holds it back once more."""
        self.books.remove(awaited)
        kind, day = FileKind(awaited.kind), date.fromisoformat(awaited.day)
        return self._file_struck(kind, day, spare=HOLD_BACK)

    def _awaited_beside(self, day: date) -> list[AwaitedFile]:
        """What comes in this night; what is awaited of the day itself is written anyway."""
        mine = self.books.select(AwaitedFile, "partner_id = ?", self.terms.partner_id)
        for overtaken in (each for each in mine if each.day == day.isoformat()):
            self.books.remove(overtaken)
        now = self.books.timestamp()
        return [
            each
            for each in mine
            if each.day != day.isoformat() and (each.due_at is None or each.due_at <= now)
        ]

    def _file_struck(
        self, kind: FileKind, day: date, *, spare: frozenset[FileFaultName] = frozenset()
    ) -> StatementFile | None:
        """A file as the faults leave it; a file that has nothing to tell is not written."""
        draft = self._draft(kind, day)
        if draft is None:
            return None
        struck = fault_strikes.strike(
            self.books, self.partner, self.terms, draft, day=day, spare=spare
        )
        return None if struck.is_withheld else self._file(struck, day)

    def _file(self, draft: Draft, day: date) -> StatementFile:
        content, rows = draft.content, 0 if draft.is_empty else len(draft.lines)
        return filing.put(self.books, self.terms, draft.kind, day=day, content=content, rows=rows)

    def _draft(self, kind: FileKind, day: date) -> Draft | None:
        if kind is FileKind.TRANSACTION:
            return self._transactions(day)
        return self._settlement(day)

    def _transactions(self, day: date) -> Draft | None:
        """All that happened on the day; nothing on a day without, unless the contract says so."""
        books, terms = self.books, self.terms
        moved = _moved(books, terms, day)
        arrived = {each.happening: each.payment_time for each in moved if each.to_day == str(day)}
        gone = {each.happening for each in moved}
        happened = happenings.with_keys(books, terms, arrived)
        happened += [each for each in happenings.of_day(books, terms, day) if each.key not in gone]
        if not happened and not terms.idle_files:
            return None
        draft = transaction_draft(happened, region=self.partner.region, terms=terms, day=day)
        return replace(draft, lines=tuple(_at(line, arrived) for line in draft.lines))

    def _settlement(self, day: date) -> Draft | None:
        """All that was paid out on the day."""
        paid = happenings.settled_on(self.books, self.terms, day)
        if not paid:
            return None
        return settlement_draft(paid, region=self.partner.region, terms=self.terms, day=day)


def _moved(books: Books, terms: Terms, day: date) -> list[Displaced]:
    """What a fault has moved over the midnight before or after a day."""
    where = "kind = ? AND partner_id = ? AND ? IN (from_day, to_day)"
    asked = (FileKind.TRANSACTION, terms.partner_id, day.isoformat())
    return books.select(Displaced, where, *asked)


def _at(line: Line, arrived: dict[str, str]) -> Line:
    """A row that came over midnight is told with its new time."""
    time_told = arrived.get(line.happening)
    return line.changed(Payment_time=time_told) if time_told else line


def _known(books: Books, partner_id: str) -> Partner:
    partner = books.partner(partner_id)
    if partner is None:
        raise LookupError(f"there is no partner {partner_id}")
    return partner


def _terms_with(books: Books, partner: Partner, folder: Path | None) -> Terms:
    terms = terms_of(books, partner.partner_id)
    return terms if folder is None else replace(terms, files_folder=str(folder.absolute()))


def _end_of(day: date) -> float:
    return datetime.combine(day + timedelta(days=1), time(), ALIPAY_TIME).timestamp()
