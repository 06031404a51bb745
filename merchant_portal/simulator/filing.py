"""Putting files where a merchant fetches them: `.tmp` first, then renamed; the books remember."""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from .books import Books
from .layouts import Draft, file_name
from .records import Record
from .terms import Terms, folder_of


@dataclass(frozen=True)
class StatementFile(Record):
    """One delivery of a file; a later one of the same name replaces it on the disk."""

    table = "statement_files"
    key = "file_id"

    file_id: int | None
    partner_id: str
    kind: str
    day: str
    name: str
    path: str
    rows: int
    delivery: int
    sha256: str
    written_at: float


def put(books: Books, terms: Terms, draft: Draft, *, day: date, below: str = "") -> StatementFile:
    """Write a file, or write it anew, and remember the delivery; `below`: in which folder."""
    kind, content = draft.kind, draft.content
    rows = 0 if draft.is_empty else len(draft.lines)
    name = draft.name or file_name(terms.partner_id, kind, day)
    folder = folder_of(books, terms) / below
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{name}.tmp"
    unfinished.write_bytes(content)
    unfinished.replace(folder / name)
    before = books.select(StatementFile, "partner_id = ? AND name = ?", terms.partner_id, name)
    filed = StatementFile(
        file_id=None,
        partner_id=terms.partner_id,
        kind=kind,
        day=day.isoformat(),
        name=name,
        path=str(folder / name),
        rows=rows,
        delivery=len(before) + 1,
        sha256=hashlib.sha256(content).hexdigest(),
        written_at=books.timestamp(),
    )
    books.add(filed)
    return filed


def newest(books: Books) -> list[StatementFile]:
    """The last delivery of every file, the latest first."""
    latest = {(each.partner_id, each.name): each for each in books.select(StatementFile)}
    return sorted(latest.values(), key=lambda each: each.written_at, reverse=True)


def find(books: Books, partner_id: str, name: str) -> Path:
    """Where a file lies; raises LookupError."""
    made = books.select(StatementFile, "partner_id = ? AND name = ?", partner_id, name)
    if not made or not Path(made[-1].path).is_file():
        raise LookupError(f"there is no file {name}")
    return Path(made[-1].path)


def remove_all(books: Books) -> None:
    """Take away every file that was written."""
    for filed in books.select(StatementFile):
        Path(filed.path).unlink(missing_ok=True)
