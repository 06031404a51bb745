"""Two deliveries of one file: the later one that can be used takes the earlier one's place.

The earlier one's lines and verdicts go, in the transaction that brings the new ones; its bytes
stay, and so do the differences with what people decided about them.
"""

from django.db.models import Q, QuerySet

from merchant_portal.alipay.statements import WHOLE_DAY, Document, read_name
from payments.states import Interface
from reconciliation.models import Discrepancy, StatementFile, StatementLine, Verdict
from reconciliation.services.moves import move
from reconciliation.states import FILE_USABLE, FileState

#: What a later delivery that can be used takes the place of.
_REPLACED = (*FILE_USABLE, FileState.TRUNCATED, FileState.EMPTY_BYTES)


def take_places(file: StatementFile, found: FileState) -> None:
    """Let a delivery about to be usable replace those that came before it."""
    if found not in FILE_USABLE:
        return
    earlier = _deliveries(file).filter(state__in=_REPLACED, received_at__lte=file.received_at)
    for replaced in earlier.select_for_update():
        _replace(replaced, file)


def give_way_to_later(file: StatementFile) -> None:
    """A delivery that is read after a later one is replaced by it at once."""
    later = (
        _deliveries(file).filter(state__in=FILE_USABLE, received_at__gt=file.received_at).first()
    )
    if later is not None:
        _replace(file, later)


def _deliveries(file: StatementFile) -> QuerySet[StatementFile]:
    """The other deliveries: of the same name, or of the same day's transactions.

    Those of the JSON products come in several files, each of which has its name; but what the
    portal gives is the whole day, so it and the parts replace one another.
    """
    same = Q(name=file.name)
    if file.document == Document.TRANSACTION and file.day is not None:
        of_day = Q(document=file.document, day=file.day, interface=file.interface)
        if file.interface == Interface.GATEWAY or read_name(file.name).is_whole_day:
            same |= of_day
        else:
            same |= of_day & Q(name__istartswith=WHOLE_DAY)
    return StatementFile.objects.filter(same, account=file.account_id).exclude(pk=file.pk)


def _replace(replaced: StatementFile, by: StatementFile) -> None:
    _drop_lines(replaced)
    move(replaced, FileState.SUPERSEDED)
    replaced.superseded_by = by
    replaced.save()


def _drop_lines(file: StatementFile) -> None:
    """Set by set: a cascade would fetch every line first."""
    lines = StatementLine.objects.filter(file=file)
    Discrepancy.objects.filter(line__in=lines).update(line=None)
    verdicts = Verdict.objects.filter(account=file.account_id, line__in=lines)
    if file.day is not None:
        verdicts = verdicts.filter(day=file.day)
    for rows in (verdicts, lines, file.set_aside.all()):
        rows._raw_delete(rows.db)
