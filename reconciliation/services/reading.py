"""Reading a stored file: its lines in and its definite state, in one transaction."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from merchant_portal import audit, clock, crashpoints, due
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import (
    Charset,
    Document,
    Problem,
    Reason,
    Statement,
    read_statement,
)
from merchant_portal.audit import SCHEDULE
from reconciliation.models import StatementFile
from reconciliation.services import keeping, late_files, superseding, units
from reconciliation.services.comparing import reconcile_day
from reconciliation.services.moves import lock_account, move
from reconciliation.services.placing import family_of, named_partner, of_another_region
from reconciliation.services.storing import store_lines
from reconciliation.states import FILE_USABLE, FileState

OTHER_REGION = gettext_noop("The file's columns are those of the account's other region.")
BYTES_MISSING = gettext_noop("Its bytes are not where they were put: bring back var/statements.")
_LONGEST_PROBLEM = 200
_CHARSETS = {Charset.UTF8: "utf-8", Charset.GB18030: "gb18030"}


@dataclass(frozen=True, slots=True)
class _Found:
    """What a file is good for, and the sentence that says what keeps it from more."""

    state: FileState
    rows: int = 0
    set_aside: int = 0
    problem: str = ""
    line: int | None = None
    shown: str = ""


def read_file(file_id: int) -> StatementFile:
    """Read what was received and compare its day; a file that has been read stays as it is."""
    file = StatementFile.objects.get(pk=file_id)
    if file.state != FileState.RECEIVED:
        return file
    statement = _statement(file)
    with transaction.atomic():
        file = _lock(file_id)
        if file.state != FileState.RECEIVED:
            return file
        if statement is None:
            _wait_for_bytes(file)
        else:
            _read(file, statement)
        file.save()
    crashpoints.reached("statement.read")
    if file.state in FILE_USABLE and file.document == Document.TRANSACTION and file.day:
        reconcile_day(file.account, file.day)
    return file


def _statement(file: StatementFile) -> Statement | None:
    """The file's bytes; None where they are gone or are others."""
    path = keeping.path_of(file)
    if not path.is_file():
        return None
    statement = read_statement(
        path, name=file.name, in_smallest_units=settings.STATEMENT_SMALLEST_UNITS
    )
    return statement if statement.sha256 == file.sha256 else None


def _lock(file_id: int) -> StatementFile:
    """The file, after its account: deliveries of one account are read one after the other."""
    lock_account(StatementFile.objects.get(pk=file_id).account_id)
    locked = StatementFile.objects.select_for_update(of=("self",)).select_related("account")
    return locked.get(pk=file_id)


def _wait_for_bytes(file: StatementFile) -> None:
    file.last_answer = BYTES_MISSING[: due.LONGEST_ANSWER]
    file.lease_until = None
    file.next_attempt_at = clock.now() + timedelta(seconds=settings.STATEMENT_RETRY_SECONDS)


def _read(file: StatementFile, statement: Statement) -> None:
    found = _store(file, statement)
    _describe(file, statement, found)
    superseding.take_places(file, found.state)
    move(file, found.state)
    file.read_at = clock.now()
    file.next_attempt_at = file.lease_until = None
    file.last_answer = ""
    if found.state in FILE_USABLE:
        superseding.give_way_to_later(file)
        late_files.explain(file)
    audit.record(SCHEDULE, "read_statement", file, state=found.state, rows=found.rows)


def _store(file: StatementFile, statement: Statement) -> _Found:
    refused = _refused(file.account, statement)
    if refused is not None:
        return refused
    reading = statement.read()
    with transaction.atomic():
        store_lines(file, reading)
        crashpoints.reached("statement.stored")
        outcome = reading.outcome
        found = _by_problem(outcome.problem)
        if found.state in FILE_USABLE and units.is_suspect(file):
            found = _Found(FileState.UNIT_SUSPECT, problem=Reason.UNITS.value)
        if found.state in FILE_USABLE:
            return replace(found, rows=outcome.rows, set_aside=outcome.set_aside)
        transaction.set_rollback(True)  # what is wrong was seen only at its end
    return found


def _refused(account: Account, statement: Statement) -> _Found | None:
    """What already the heading shows, or that the file is none of this account's."""
    if statement.refusal is not None:
        return _by_problem(statement.refusal)
    partner_id = named_partner(statement)
    if partner_id and partner_id != account.partner_id:
        return _Found(
            FileState.WRONG_PARTNER, problem=Reason.ANOTHER_PARTNER.value, line=1, shown=partner_id
        )
    if of_another_region(statement, account):
        return _Found(FileState.UNKNOWN_LAYOUT, problem=OTHER_REGION, shown=account.region)
    return None


def _by_problem(problem: Problem | None) -> _Found:
    if problem is None:
        return _Found(FileState.ACCEPTED)
    return _Found(
        FileState(problem.code.value),
        problem=problem.reason.value,
        line=problem.line_number,
        shown=problem.shown[:_LONGEST_PROBLEM],
    )


def _describe(file: StatementFile, statement: Statement, found: _Found) -> None:
    """What the file says of itself, and what reading it found."""
    is_usable = found.state in FILE_USABLE
    family = family_of(statement, file.account) if is_usable else statement.family
    file.family = family.value if family else ""
    file.charset = _CHARSETS[statement.charset] if statement.charset else ""
    file.stated_count = statement.stated_count
    file.row_count, file.set_aside_count = found.rows, found.set_aside
    file.problem, file.problem_line, file.problem_shown = found.problem, found.line, found.shown
