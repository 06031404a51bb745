"""Taking a file in: its bytes on the disk, then its row, which is due to be read."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from merchant_portal import audit, clock, crashpoints
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Document, Statement, Units, read_statement
from merchant_portal.audit import Actor
from payments.states import Interface
from reconciliation.models import StatementFile
from reconciliation.services import keeping
from reconciliation.services.keeping import Draft, Readable
from reconciliation.services.moves import lock_account, move
from reconciliation.services.placing import account_of
from reconciliation.sources import Candidate
from reconciliation.states import FileState, Source

_LONGEST_NAME = 200
#: What browsers add to the name of a file that they have downloaded before.
_downloaded_again = re.compile(r" ?\(\d{1,3}\)(?=\.[A-Za-z]{2,4}\Z)")

Origin = Path | Candidate | Readable
"""A file's place, one in a folder that others write to, or an open stream."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A delivery, and whether the very same one had come before and nothing is to be done."""

    file: StatementFile
    already_stored: bool


def receive_file(
    origin: Origin, *, name: str, source: Source, actor: Actor, account: Account | None = None
) -> StatementFile:
    """Keep a file's bytes and a row that is due to be read; the same delivery is the same row.

    ``account`` is whose it is where neither first line nor name tells. Raises StatementRefused.
    """
    return take_in(origin, name=name, source=source, actor=actor, account=account).file


def take_in(
    origin: Origin, *, name: str, source: Source, actor: Actor, account: Account | None = None
) -> Receipt:
    """As ``receive_file``, and tells whether the delivery was known."""
    name = name_at_alipay(name)
    with _opened(origin) as stream, keeping.drafted(stream) as draft:
        statement = read_statement(
            draft.path, name=name, in_smallest_units=settings.STATEMENT_SMALLEST_UNITS
        )
        owner = account_of(statement, account)
        with transaction.atomic():
            lock_account(owner.pk)
            stored = StatementFile.objects.filter(account=owner, name=name, sha256=draft.sha256)
            if known := stored.select_for_update().first():
                again = _read_again(known, statement, actor)
                return Receipt(known, already_stored=not again)
            draft.keep()
            crashpoints.reached("statement.kept")
            file = _store(statement, draft, name=name, account=owner, source=source, actor=actor)
            audit.record(actor, "receive_statement", file, sha256=file.sha256)
    crashpoints.reached("statement.received")
    return Receipt(file, already_stored=False)


def name_at_alipay(name: str) -> str:
    """A file's name without folders and without what a browser adds to a second download."""
    base = re.split(r"[/\\]", name)[-1].strip()
    printable = "".join(sign for sign in base if sign.isprintable())
    return _downloaded_again.sub("", printable)[:_LONGEST_NAME] or "-"


@contextmanager
def _opened(origin: Origin) -> Iterator[Readable]:
    match origin:
        case Path():
            with origin.open("rb") as stream:
                yield stream
        case Candidate():
            with origin.open() as whole:
                yield whole
        case _:
            yield origin


def _store(
    statement: Statement,
    draft: Draft,
    *,
    name: str,
    account: Account,
    source: Source,
    actor: Actor,
) -> StatementFile:
    """The row of a delivery: the awaited one of its day, where there is one."""
    now = clock.now()
    file = _awaited(statement, account) or StatementFile(account=account)
    file.name = name
    file.interface = interface_of(statement)
    file.document = statement.document or statement.named.document or ""
    file.day = statement.day or statement.named.day
    file.sha256 = draft.sha256
    file.size_bytes = draft.size_bytes
    file.source = source
    file.received_at = file.next_attempt_at = now
    file.received_by_name = actor.name[:200]
    move(file, FileState.RECEIVED)
    file.save()
    return file


def _read_again(known: StatementFile, statement: Statement, actor: Actor) -> bool:
    """Let a file that seemed to write smallest units be read anew, once that is said of it."""
    if known.state != FileState.UNIT_SUSPECT or statement.units is not Units.SMALLEST:
        return False
    move(known, FileState.RECEIVED)
    known.next_attempt_at = clock.now()
    known.save()
    audit.record(actor, "receive_statement", known, sha256=known.sha256)
    return True


def interface_of(statement: Statement) -> Interface:
    """Whose payments a file tells of, as far as its heading or name shows."""
    return Interface.JSON if statement.is_json else Interface.GATEWAY


def _awaited(statement: Statement, account: Account) -> StatementFile | None:
    """The awaited file of its day, which this one is, as far as its heading shows."""
    is_transaction = statement.document == Document.TRANSACTION
    if not is_transaction or statement.day is None or statement.refusal is not None:
        return None
    of_day = StatementFile.objects.of_day(account, Document.TRANSACTION, statement.day)
    awaited = of_day.of_interface(interface_of(statement)).awaited()
    return awaited.select_for_update().first()
