"""Fetching: every account's folder is looked through, and what is new there is taken in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import read_name
from merchant_portal.audit import SCHEDULE, Actor
from reconciliation.errors import StatementRefused
from reconciliation.models import StatementFile
from reconciliation.services.placing import accounts_of_merchant
from reconciliation.services.receiving import take_in
from reconciliation.sources import Candidate, FolderMissing, SourceChanged, candidates
from reconciliation.states import Source

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The files that were new, and what could not be taken, each in one sentence."""

    files: list[StatementFile] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


def fetch_folders(now: datetime, *, actor: Actor = SCHEDULE) -> list[StatementFile]:
    """Take in what is new in the folders, of the last days; what fails there is logged."""
    fetched = fetch_days(recent_days(now), actor=actor)
    for trouble in fetched.troubles:
        log.warning("statement_not_taken", why=trouble)
    return fetched.files


def recent_days(now: datetime) -> list[date]:
    """Today, and the days whose files Alipay's server still has."""
    today = clock.transaction_day(now)
    return [today - timedelta(days=back) for back in range(settings.STATEMENT_DAYS_BACK + 1)]


def fetch_days(days: Sequence[date], *, actor: Actor) -> Fetched:
    """Take in what is new of these days from every folder; one that fails holds up no other."""
    fetched = Fetched()
    for account in Account.objects.exclude(statement_folder=""):
        try:
            for candidate in _of_days(account, days):
                _take(candidate, account, actor, fetched)
        except FolderMissing as missing:
            fetched.troubles.append(
                _("The folder of %(account)s cannot be read: %(folder)s")
                % {"account": account, "folder": missing}
            )
    return fetched


def _of_days(account: Account, days: Sequence[date]) -> Iterator[Candidate]:
    """The files of these days by their name, else by their folder's, else by when they were
    written.
    """
    for candidate in candidates(account.statement_folder):
        _merchant, day = candidate.sorted_under
        if (read_name(candidate.name).day or day or candidate.written_on) in days:
            yield candidate


def _owner(candidate: Candidate, account: Account) -> Account:
    """The account whose merchant number stands above a file; else the one whose folder it is."""
    merchant, _day = candidate.sorted_under
    named = accounts_of_merchant(merchant)
    return named[0] if len(named) == 1 else account


def _take(candidate: Candidate, account: Account, actor: Actor, fetched: Fetched) -> None:
    try:
        receipt = take_in(
            candidate,
            name=candidate.name,
            source=Source.FOLDER,
            actor=actor,
            account=_owner(candidate, account),
        )
    except StatementRefused as refused:
        fetched.troubles.append(f"{candidate.name}: {refused}")
    except SourceChanged:
        fetched.troubles.append(
            _("%(name)s is still being written; it is fetched when it is whole.")
            % {"name": candidate.name}
        )
    except OSError as unreadable:
        fetched.troubles.append(f"{candidate.name}: {unreadable.strerror}")
    else:
        if not receipt.already_stored:
            fetched.files.append(receipt.file)
