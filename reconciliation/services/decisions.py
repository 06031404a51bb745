"""The one place where a discrepancy's state moves, along its table, leaving a move row."""

from datetime import datetime

from merchant_portal.audit import Actor
from reconciliation.models import Discrepancy, DiscrepancyMove
from reconciliation.states import DISCREPANCY_MACHINE, DiscrepancyState, Resolution


def begin(discrepancy: Discrepancy, *, actor: Actor, at: datetime) -> DiscrepancyMove:
    """A new discrepancy is open; the caller stores it and the move."""
    discrepancy.state = DiscrepancyState.OPEN
    return _move_row(discrepancy, "", actor=actor, note="", at=at)


def end(
    discrepancy: Discrepancy,
    target: DiscrepancyState,
    *,
    resolution: Resolution,
    note: str,
    actor: Actor,
    at: datetime,
) -> DiscrepancyMove:
    """It is resolved or explained; the caller holds the lock and stores both."""
    before = _check(discrepancy, target)
    discrepancy.state = target
    discrepancy.resolution, discrepancy.note = resolution, note[:300]
    discrepancy.settled_at, discrepancy.settled_by_name = at, actor.name[:200]
    return _move_row(discrepancy, before, actor=actor, note=note, at=at)


def reopen(discrepancy: Discrepancy, *, note: str, actor: Actor, at: datetime) -> DiscrepancyMove:
    """Somebody must look again; the caller holds the lock and stores both."""
    before = _check(discrepancy, DiscrepancyState.OPEN)
    discrepancy.state = DiscrepancyState.OPEN
    discrepancy.resolution = discrepancy.note = discrepancy.settled_by_name = ""
    discrepancy.settled_at = None
    return _move_row(discrepancy, before, actor=actor, note=note, at=at)


def _check(discrepancy: Discrepancy, target: DiscrepancyState) -> str:
    current = DiscrepancyState(discrepancy.state)
    DISCREPANCY_MACHINE.check(current, target)
    return current.value


def _move_row(
    discrepancy: Discrepancy, before: str, *, actor: Actor, note: str, at: datetime
) -> DiscrepancyMove:
    return DiscrepancyMove(
        discrepancy=discrepancy,
        from_state=before,
        to_state=discrepancy.state,
        at=at,
        actor_name=actor.name[:200],
        note=note[:300],
    )
