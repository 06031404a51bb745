"""Where nightly files come from: a folder into which somebody, or Alipay's server, puts them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import FileIO
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from merchant_portal import clock
from merchant_portal.alipay.statements import read_day

_UNFINISHED = ".tmp"
"""Senders write under this ending and rename when done (docs.antom.com/ac/ams_oc/sft)."""

_DEEPEST = 4
"""Folders below an account's own: `v1/settlements/<merchant id>/<date>`."""
_merchant = re.compile(r"[0-9]{10,64}", re.ASCII)


class FolderMissing(Exception):
    """The folder of an account is not there, or may not be read."""


class SourceChanged(Exception):
    """Somebody wrote to the file while it was read; it comes again when it is whole."""


class Stamp(NamedTuple):
    """What changes when a file is written to or replaced."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be taken."""

    path: Path
    stamp: Stamp

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def written_on(self) -> date:
        """The GMT+8 day on which it was last written to."""
        return clock.transaction_day(datetime.fromtimestamp(self.stamp.modified_ns / 1e9, UTC))

    @property
    def sorted_under(self) -> tuple[str, date | None]:
        """The merchant number and the day by which a server sorts its files, as far as it does:
        `/v1/settlements/<merchant id>/<date>/` (docs.antom.com/ac/reconcile/transaction_details).
        """
        folder = self.path.parent
        day = read_day(folder.name)
        if day is not None:
            folder = folder.parent
        return (folder.name if _merchant.fullmatch(folder.name) else ""), day

    def open(self) -> "WholeFile":
        return WholeFile(self)


class WholeFile(FileIO):
    """A file that must stay as it was seen until its end: else what was read is not all of it."""

    def __init__(self, candidate: Candidate) -> None:
        super().__init__(candidate.path)
        self._candidate = candidate

    def read(self, size: int | None = -1, /) -> bytes:
        """As of any file; at the end raises SourceChanged where it has changed meanwhile."""
        chunk = super().read(-1 if size is None else size) or b""
        if not chunk and _stamp(self._candidate.path) != self._candidate.stamp:
            raise SourceChanged(self._candidate.name)
        return chunk


def candidates(folder: str) -> Iterator[Candidate]:
    """The files in a folder and in those right below it, where a server may sort them by day; and
    further down where it sorts them by merchant too. Hidden names and uploads in progress are
    passed over. Raises FolderMissing.
    """
    yield from _below(Path(folder), depth=0)


def _below(folder: Path, *, depth: int) -> Iterator[Candidate]:
    for path in _listed(folder):
        if not path.is_dir():
            yield from _files([path])
        elif depth == 0 or (depth < _DEEPEST and _sorts_files(path.name)):
            yield from _below(path, depth=depth + 1)


def _sorts_files(name: str) -> bool:
    """Whether a folder's name is one by which a server sorts files."""
    return name == "settlements" or bool(_merchant.fullmatch(name)) or read_day(name) is not None


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as missing:
        raise FolderMissing(str(folder)) from missing


def _files(paths: list[Path]) -> Iterator[Candidate]:
    for path in paths:
        if path.name.lower().endswith(_UNFINISHED):
            continue
        stamp = _stamp(path)
        if stamp is not None:
            yield Candidate(path, stamp)


def _stamp(path: Path) -> Stamp | None:
    """None where it is no file, or has gone meanwhile."""
    try:
        status = path.stat()
    except OSError:
        return None
    if not S_ISREG(status.st_mode):
        return None
    return Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
