"""The portal's languages, by Python alone: texts found in the code, catalogs kept in step with
them, and compiled when a process starts and finds others than it compiled last.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

#: Where translators work; what is compiled lies under ``var/``, since this may not be writable.
SOURCE = Path(settings.BASE_DIR) / "locale"
_CATALOG = "LC_MESSAGES/django.po"
_PACKAGES = ("merchant_portal", "qrcodes", "payments", "refunds", "reconciliation")
_NOT_OURS = frozenset({"simulator", "migrations", "alipay"})
_WITH_CONTEXT = ((1, "c"), 2)
#: The functions that mark a text, and which of their arguments are texts.
_KEYWORDS: Mapping[str, object] = {
    "_": None,
    "_now": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": _WITH_CONTEXT,
    "pgettext_lazy": _WITH_CONTEXT,
    "npgettext": (*_WITH_CONTEXT, 3),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a catalog is."""

    name: str
    texts: int
    translated: int

    @property
    def per_cent(self) -> int:
        """Rounded down, so that only a whole catalog says 100."""
        return 100 * self.translated // self.texts if self.texts else 100


def compile_catalogs() -> None:
    """Compile each catalog that is another than what was compiled last, as its digest beside it
    tells: an upgrade may well bring files that are older than what was compiled of their elders."""
    for source in catalog_paths():
        target = _compiled_path(source)
        digest_path = target.with_suffix(".sha256")
        digest = hashlib.sha256(source.read_bytes()).hexdigest()
        if target.exists() and digest_path.exists() and digest_path.read_text() == digest:
            continue
        _write_whole(target, _compiled(source))
        _write_whole(digest_path, digest.encode())


def catalog_paths() -> list[Path]:
    return sorted(SOURCE.glob(f"*/{_CATALOG}"))


def _compiled_path(source: Path) -> Path:
    relative = source.relative_to(SOURCE).with_suffix(".mo")
    return Path(settings.LOCALE_PATHS[0]) / relative


def _compiled(source: Path) -> bytes:
    compiled = BytesIO()
    write_mo(compiled, read_catalog(source))
    return compiled.getvalue()


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: several processes start at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(draft).replace(path)


def read_catalog(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def update_catalogs() -> Iterator[Standing]:
    """Put what the code says today into each catalog; what it no longer says goes."""
    found = find_texts()
    for path in catalog_paths():
        catalog = read_catalog(path)
        found.creation_date = catalog.creation_date
        catalog.update(found, no_fuzzy_matching=True)
        written = BytesIO()
        write_po(
            written,
            catalog,
            width=100,
            sort_by_file=True,
            ignore_obsolete=True,
            include_lineno=False,
        )
        _write_whole(path, written.getvalue())
        path.chmod(0o644)
        yield standing_of(path)


def standing_of(path: Path) -> Standing:
    messages = [each for each in read_catalog(path) if each.id]
    done = sum(bool(each.string and all(_forms(each.string))) for each in messages)
    return Standing(path.parent.parent.name, len(messages), done)


def _forms(text: object) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)  # type: ignore[arg-type]


def find_texts() -> Catalog:
    """Every text of code and templates that goes through gettext."""
    catalog = Catalog(project="merchant-portal")
    for path, source in _sources():
        for _line, text, _comments, context in extract(
            "python",
            BytesIO(source.encode()),
            keywords=_KEYWORDS,  # type: ignore[arg-type]
        ):
            catalog.add(text, locations=[(path, 1)], context=context)
    return catalog


def _sources() -> Iterator[tuple[str, str]]:
    """Python files as they are; templates as Django turns them into calls."""
    root = Path(settings.BASE_DIR)
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            if not _NOT_OURS & set(path.parts):
                yield str(path.relative_to(root)), path.read_text()
    for path in sorted((root / "templates").rglob("*.html")):
        calls = templatize(path.read_text(), origin=str(path))
        # A template's indentation is none of Python's.
        yield str(path.relative_to(root)), "\n".join(line.lstrip() for line in calls.splitlines())
