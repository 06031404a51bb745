"""A file that is late stands on the worklist until it comes, or somebody says why it will not."""

from datetime import date

from django.utils.translation import gettext_noop

from merchant_portal import clock
from merchant_portal.alipay.statements import Document
from merchant_portal.audit import SCHEDULE
from payments.states import Interface
from reconciliation.models import Discrepancy, DiscrepancyMove, StatementFile
from reconciliation.services import decisions
from reconciliation.states import DiscrepancyState, Resolution, VerdictWord

CAME = gettext_noop("The file has come.")


def report(file: StatementFile, *, day: date) -> None:
    """Put a late file on the worklist, once; what a person decided about it stays decided."""
    now = clock.now()
    found = _of_file(file)
    if found is None:
        found = Discrepancy(
            account_id=file.account_id,
            key=_key(file),
            day=day,
            word=VerdictWord.MISSING_FILE,
            theirs={"name": file.name},
            found_at=now,
        )
    found.file, found.last_found_at = file, now
    moves = []
    if not found.state:
        moves = [decisions.begin(found, actor=SCHEDULE, at=now)]
    elif found.state == DiscrepancyState.EXPLAINED:
        moves = [decisions.reopen(found, note="", actor=SCHEDULE, at=now)]
    found.save()
    DiscrepancyMove.objects.bulk_create(moves)


def explain(file: StatementFile) -> None:
    """A file that was late has come and can be used."""
    late = _of_file(file) if file.document == Document.TRANSACTION else None
    if late is None or not late.is_open:
        return
    late.file = file
    move = decisions.end(
        late,
        DiscrepancyState.EXPLAINED,
        resolution=Resolution.EXPLAINED,
        note=CAME,
        actor=SCHEDULE,
        at=clock.now(),
    )
    late.save()
    move.save()


def _of_file(file: StatementFile) -> Discrepancy | None:
    rows = Discrepancy.objects.select_for_update(of=("self",))
    return rows.filter(account=file.account_id, key=_key(file)).first()


def _key(file: StatementFile) -> str:
    key = f"{VerdictWord.MISSING_FILE}:{file.document}:{file.day}"
    return key if file.interface == Interface.GATEWAY else f"{key}:{file.interface}"
