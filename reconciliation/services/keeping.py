"""The bytes of every delivery, on disk as they came, under the name of their digest.

They are whole on the disk before a row speaks of them, and nothing ever takes them away.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings
from django.utils.translation import gettext as _

from reconciliation.errors import StatementRefused
from reconciliation.models import StatementFile
from reconciliation.states import FileState

_CHUNK_BYTES = 1 << 18


class Readable(Protocol):
    """Bytes that come chunk by chunk; none at the end."""

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """Bytes that were copied but belong to no row yet."""

    path: Path
    sha256: str
    size_bytes: int

    def keep(self) -> None:
        """Give the bytes their place for good. Where the same ones lie there, those stay."""
        place = _place(self.sha256)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.replace(place)
        _flush_folder(place.parent)


def path_of(file: StatementFile) -> Path:
    """Where the bytes of a delivery lie."""
    return _place(file.sha256)


def open_bytes(file: StatementFile) -> BinaryIO:
    """The bytes of a delivery as they came; raises FileNotFoundError where they are gone."""
    return path_of(file).open("rb")


@contextmanager
def drafted(stream: Readable) -> Iterator[Draft]:
    """Copy a stream to the disk, chunk by chunk; what is not kept in the end is gone."""
    folder: Path = settings.STATEMENTS_DIR / "incoming"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            draft = _copy(stream, copy, path)
        yield draft
    finally:
        path.unlink(missing_ok=True)


def _copy(stream: Readable, copy: BinaryIO, path: Path) -> Draft:
    digest, size = hashlib.sha256(), 0
    for chunk in iter(partial(stream.read, _CHUNK_BYTES), b""):
        size += len(chunk)
        if size > settings.STATEMENT_FILE_BYTES:
            raise StatementRefused(
                _("The file is larger than %(limit)d MB, the most that is taken.")
                % {"limit": settings.STATEMENT_FILE_BYTES // 1_000_000},
                state=FileState.UNKNOWN_LAYOUT,
            )
        digest.update(chunk)
        copy.write(chunk)
    copy.flush()
    os.fsync(copy.fileno())
    return Draft(path, digest.hexdigest(), size)


def _place(sha256: str) -> Path:
    place: Path = settings.STATEMENTS_DIR / sha256[:2] / sha256
    return place


def _flush_folder(folder: Path) -> None:
    """A renamed file is there after a power cut only once its folder is on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
