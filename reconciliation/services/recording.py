"""What comparing found, as rows: verdicts, and for problems the discrepancies people work on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Document
from merchant_portal.audit import SCHEDULE
from reconciliation import findings
from reconciliation.findings import Finding, Word
from reconciliation.models import (
    Discrepancy,
    DiscrepancyMove,
    StatementFile,
    Verdict,
)
from reconciliation.services import decisions
from reconciliation.states import DiscrepancyState, Resolution, VerdictWord

BATCH = 500
#: What finding a discrepancy again brings up to date; one that people ended keeps what they saw.
_PLACE = ("day", "file_id", "line_id")
_SHOWN = (
    *_PLACE,
    *("payment_id", "refund_id", "cancel_id", "ours", "theirs", "differing", "difference_minor"),
)
_FIELDS = tuple(name.removesuffix("_id") for name in _SHOWN)
_STANDING = ("state", "resolution", "note", "settled_at", "settled_by_name")


@dataclass(slots=True)
class Recorder:
    """One comparison of a day, at an instant; it counts what it records."""

    account: Account
    day: date
    now: datetime
    matched: int = 0
    drifted: int = 0

    def record(self, findings: Iterable[Finding]) -> None:
        """Verdicts for all, discrepancies for problems."""
        stream = iter(findings)
        while some := list(islice(stream, BATCH)):
            self.matched += sum(finding.word is Word.MATCHED for finding in some)
            self.drifted += sum(finding.date_drift for finding in some)
            Verdict.objects.bulk_create([self._verdict(finding) for finding in some])
            self._remember(self._discrepancy(finding) for finding in some if finding.is_problem)

    def explain_gone(self) -> None:
        """What was open and is not found any more needs nobody; what people decided stays."""
        gone = self._open_of_day().filter(last_found_at__lt=self.now).select_for_update()
        newest = self._newest_file()
        while some := list(gone[:BATCH]):
            moves = [self._explain(discrepancy, newest) for discrepancy in some]
            Discrepancy.objects.bulk_update(some, _STANDING)
            DiscrepancyMove.objects.bulk_create(moves)

    def _open_of_day(self) -> QuerySet[Discrepancy]:
        """Late files apart: those end when the file comes."""
        of_day = Discrepancy.objects.open().filter(account=self.account, day=self.day)
        return of_day.exclude(word=VerdictWord.MISSING_FILE).order_by("pk")

    def _newest_file(self) -> StatementFile | None:
        """The file read last that may explain something of the day."""
        around = (self.day - timedelta(days=1), self.day + timedelta(days=1))
        files = StatementFile.objects.usable().filter(
            account=self.account, document=Document.TRANSACTION, day__range=around
        )
        return files.order_by("-read_at").first()

    def _explain(self, discrepancy: Discrepancy, newest: StatementFile | None) -> DiscrepancyMove:
        read_at = newest.read_at if newest else None
        if newest is not None and read_at is not None and read_at > discrepancy.last_found_at:
            note = _("Explained by the file %(name)s.") % {"name": newest.name}
        else:
            note = _("Explained by what has become known since.")
        return decisions.end(
            discrepancy,
            DiscrepancyState.EXPLAINED,
            resolution=Resolution.EXPLAINED,
            note=note,
            actor=SCHEDULE,
            at=self.now,
        )

    # ---- Remembering --------------------------------------------------------------------------

    def _remember(self, found: Iterable[Discrepancy]) -> None:
        """New differences begin; known ones are brought up to date, explained ones open again."""
        by_key = {discrepancy.key: discrepancy for discrepancy in found}
        rows = Discrepancy.objects.filter(account=self.account, key__among=by_key)
        known = list(rows.select_for_update())
        changed = [old for old in known if self._refresh(old, by_key)]
        Discrepancy.objects.bulk_update(changed, [*_FIELDS, *_STANDING])
        rows.update(last_found_at=self.now)
        new = [by_key[key] for key in by_key.keys() - {old.key for old in known}]
        moves = [decisions.begin(each, actor=SCHEDULE, at=self.now) for each in new]
        Discrepancy.objects.bulk_create(new)
        DiscrepancyMove.objects.bulk_create(moves)

    def _refresh(self, old: Discrepancy, by_key: Mapping[str, Discrepancy]) -> bool:
        """Bring a known difference up to date; answers whether anything of it changed. What
        people ended keeps what they saw, but for the place of its line."""
        is_decided = old.state == DiscrepancyState.RESOLVED
        changed = [
            name
            for name in (_PLACE if is_decided else _SHOWN)
            if getattr(old, name) != getattr(by_key[old.key], name)
        ]
        for name in changed:
            setattr(old, name, getattr(by_key[old.key], name))
        if old.state == DiscrepancyState.EXPLAINED:
            decisions.reopen(old, note=_("Found again."), actor=SCHEDULE, at=self.now).save()
            return True
        return bool(changed)

    def _discrepancy(self, finding: Finding) -> Discrepancy:
        money = finding.difference
        return Discrepancy(
            **self._links(finding),
            account=self.account,
            key=finding.key,
            day=self.day,
            word=finding.word.value,
            kind=finding.kind or "",
            ours=findings.snapshot_of_ours(finding),
            theirs=findings.snapshot_of_theirs(finding),
            differing=[field.value for field in finding.differing],
            difference_minor=money.minor if money else None,
            currency=money.currency if money else "",
            found_at=self.now,
            last_found_at=self.now,
        )

    def _links(self, finding: Finding) -> dict[str, int | None]:
        line, ours = finding.theirs, finding.ours
        return {
            "file_id": line.file_id if line else None,
            "line_id": line.line_id if line else None,
            "payment_id": finding.payment_id,
            "refund_id": ours.refund_id if ours else None,
            "cancel_id": ours.cancel_id if ours else None,
        }

    def _verdict(self, finding: Finding) -> Verdict:
        links = self._links(finding)
        links.pop("file_id")
        return Verdict(
            **links,
            account=self.account,
            day=self.day,
            word=finding.word.value,
            kind=finding.kind or "",
            date_drift=finding.date_drift,
            entry_id=finding.ours.entry_id if finding.ours else None,
        )
