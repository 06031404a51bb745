"""What people decide about differences. A decision is added, never an imported row changed."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.audit import Actor
from payments.models import LedgerEntry
from reconciliation.errors import ResolutionRefused
from reconciliation.models import Discrepancy
from reconciliation.services import decisions
from reconciliation.states import DiscrepancyState, Resolution


@transaction.atomic
def resolve_discrepancy(discrepancy: Discrepancy, *, note: str, actor: Actor) -> Discrepancy:
    """A person has looked, and says what it was; nothing is booked. Raises ResolutionRefused."""
    locked = lock(discrepancy)
    refuse_ended(locked)
    return resolve(locked, resolution=Resolution.NOTED, note=_written(note), actor=actor)


@transaction.atomic
def resolve_alike(discrepancy: Discrepancy, *, note: str, actor: Actor) -> int:
    """The same for all that are identical; answers how many. Raises ResolutionRefused."""
    refuse_ended(lock(discrepancy))
    note = _written(note)
    identical = list(alike(discrepancy).order_by("pk").values_list("pk", flat=True))
    for key in identical:
        one = Discrepancy.objects.select_for_update().get(pk=key)
        resolve(one, resolution=Resolution.NOTED, note=note, actor=actor)
    return len(identical)


def alike(discrepancy: Discrepancy) -> QuerySet[Discrepancy]:
    """Open differences of the same account, day and kind that differ in the same fields."""
    return Discrepancy.objects.open().filter(
        account=discrepancy.account_id,
        day=discrepancy.day,
        word=discrepancy.word,
        kind=discrepancy.kind,
        differing=discrepancy.differing,
    )


@transaction.atomic
def undo_resolution(discrepancy: Discrepancy, *, note: str, actor: Actor) -> Discrepancy:
    """Take a decision back; what was booked stays booked. Raises ResolutionRefused."""
    locked = lock(discrepancy)
    if locked.state != DiscrepancyState.RESOLVED:
        raise ResolutionRefused(_("There is no decision about this difference to take back."))
    if locked.resolution != Resolution.NOTED:
        raise ResolutionRefused(
            _(
                "What was booked stays in the ledger: entries are never taken out again. If it was"
                " wrong, put it right with a booking of its own."
            )
        )
    move = decisions.reopen(locked, note=_written(note), actor=actor, at=clock.now())
    locked.save()
    move.save()
    audit.record(actor, "undo_resolution", locked, note=note.strip())
    return locked


@transaction.atomic
def take_discrepancy(discrepancy: Discrepancy, *, actor: Actor) -> Discrepancy:
    """A person makes it theirs; raises ResolutionRefused."""
    locked = lock(discrepancy)
    refuse_ended(locked)
    if actor.user is None:
        raise ResolutionRefused(_("Only a person can take it."))
    locked.owner = actor.user
    locked.save(update_fields=["owner"])
    audit.record(actor, "take_discrepancy", locked)
    return locked


def lock(discrepancy: Discrepancy) -> Discrepancy:
    rows = Discrepancy.objects.select_for_update(of=("self",))
    return rows.select_related("account", "payment", "refund", "cancel").get(pk=discrepancy.pk)


def refuse_ended(discrepancy: Discrepancy) -> None:
    if not discrepancy.is_open:
        raise ResolutionRefused(_("Nothing is open about this difference any more."))


def resolve(
    locked: Discrepancy,
    *,
    resolution: Resolution,
    note: str,
    actor: Actor,
    entry: LedgerEntry | None = None,
) -> Discrepancy:
    """End a locked difference by a person's decision; the caller holds the transaction."""
    move = decisions.end(
        locked,
        DiscrepancyState.RESOLVED,
        resolution=resolution,
        note=note,
        actor=actor,
        at=clock.now(),
    )
    locked.entry = entry
    locked.save()
    move.save()
    audit.record(actor, "resolve_discrepancy", locked, resolution=resolution, note=note)
    return locked


def _written(note: str) -> str:
    """What was decided must be said."""
    note = note.strip()
    if not note:
        raise ResolutionRefused(_("Write down what was decided, and why."))
    return note[:300]
