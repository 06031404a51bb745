"""The night: closes a day so far and writes the files of that day.

`close_day` works upon books alone, without any server, and once more each time it is called: the
same day closed again is a second delivery of the same files.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

from . import fault_strikes, filing, happenings, items, refunds, settlements
from .books import ALIPAY_TIME, Books
from .file_faults import HOLD_BACK, AwaitedFile, Displaced, FileFaultName
from .filing import StatementFile
from .happenings import Happening, Wire
from .item_layouts import ItemDraft, folder_name, summary_of
from .layouts import Draft, FileKind, Line, file_name, settlement_draft, transaction_draft
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
        late = [filed for each in self._awaited_beside(day) for filed in self.deliver(each)]
        for wire in (Wire.GATEWAY, Wire.JSON):
            settlements.pay_out(self.books, self.terms, day, wire=wire)
        return late + [filed for kind in FileKind for filed in self._files(kind, day)]

    def deliver(self, awaited: AwaitedFile) -> list[StatementFile]:
        """Write a file that was to come later; nothing holds it back once more."""
        self.books.remove(awaited)
        kind, day = FileKind(awaited.kind), date.fromisoformat(awaited.day)
        return self._files(kind, day, only=awaited.name, spare=HOLD_BACK)

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

    def _files(
        self,
        kind: FileKind,
        day: date,
        *,
        only: str = "",
        spare: frozenset[FileFaultName] = frozenset(),
    ) -> list[StatementFile]:
        """The files of one kind, or one of them, as the faults leave them; what has nothing to tell
        is not made."""
        made = []
        for draft in self._drafts(kind, day):
            name = draft.name or file_name(self.terms.partner_id, kind, day)
            if only not in {"", name}:
                continue
            struck = fault_strikes.strike(
                self.books, self.partner, self.terms, draft, day=day, spare=spare
            )
            if not struck.is_withheld:
                made += self._put(draft, struck, day)
        return made

    def _put(self, draft: Draft, struck: Draft, day: date) -> list[StatementFile]:
        """A file, and with a batch of the JSON API its summary, which no fault strikes."""
        if not isinstance(draft, ItemDraft) or not isinstance(struck, ItemDraft):
            return [filing.put(self.books, self.terms, struck, day=day)]
        put = partial(filing.put, self.books, self.terms, day=day)
        below = folder_name(self.terms.partner_id, day)
        if draft.kind is FileKind.SETTLEMENT:
            return [put(struck, below=below), put(summary_of(draft), below=below)]
        failed = items.failures(self.books, self.terms, day)
        return [put(replace(struck, lines=(*struck.lines, *failed)), below=below)]

    def _drafts(self, kind: FileKind, day: date) -> list[Draft]:
        """Of gateway.do, then of the JSON API."""
        if kind is FileKind.TRANSACTION:
            return self._transactions(day)
        return self._settlements(day)

    def _transactions(self, day: date) -> list[Draft]:
        """All that happened on the day; nothing on a day without, unless the contract says so."""
        terms, made = self.terms, list[Draft]()
        happened, arrived = self._happened(day, Wire.GATEWAY)
        if happened or terms.idle_files:
            region = self.partner.region
            draft = transaction_draft(happened, region=region, terms=terms, day=day)
            made.append(_arrived(draft, arrived))
        happened, arrived = self._happened(day, Wire.JSON)
        failed = items.failures(self.books, terms, day)
        if happened or failed or (terms.idle_files and items.has_clients(self.books, terms)):
            feed = items.feed_of(self.books, terms, happened)
            made.append(_arrived(feed.transactions(happened, day), arrived))
        return made

    def _happened(self, day: date, wire: Wire) -> tuple[list[Happening], dict[str, str]]:
        """What belongs to a day, and when what came over midnight is told to have been."""
        books, terms = self.books, self.terms
        moved = _moved(books, terms, day)
        arrived = {each.happening: each.payment_time for each in moved if each.to_day == str(day)}
        gone = {each.happening for each in moved}
        happened = happenings.with_keys(books, terms, arrived, wire=wire)
        of_day = happenings.of_day(books, terms, day, wire=wire)
        return happened + [each for each in of_day if each.key not in gone], arrived

    def _settlements(self, day: date) -> list[Draft]:
        """All that was paid out on the day."""
        books, terms, made = self.books, self.terms, list[Draft]()
        paid = happenings.settled_on(books, terms, day, wire=Wire.GATEWAY)
        if paid:
            retold = partial(settlement_draft, region=self.partner.region, terms=terms, day=day)
            made.append(replace(retold(paid), wire=Wire.GATEWAY, again=retold))
        paid = happenings.settled_on(books, terms, day, wire=Wire.JSON)
        return made + items.settlements(books, terms, paid, day)


def _moved(books: Books, terms: Terms, day: date) -> list[Displaced]:
    """What a fault has moved over the midnight before or after a day."""
    where = "kind = ? AND partner_id = ? AND ? IN (from_day, to_day)"
    asked = (FileKind.TRANSACTION, terms.partner_id, day.isoformat())
    return books.select(Displaced, where, *asked)


def _arrived(draft: Draft, arrived: dict[str, str]) -> Draft:
    return replace(draft, lines=tuple(_at(line, arrived) for line in draft.lines))


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
