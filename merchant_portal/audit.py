"""The audit log's one writer. Called inside the verb's own transaction."""

from dataclasses import dataclass

from django.db import models

from merchant_portal import clock, rows
from merchant_portal.models import AuditEntry, User


@dataclass(frozen=True, slots=True)
class Actor:
    """The person, API key or schedule behind a change."""

    name: str
    user: User | None = None

    @classmethod
    def person(cls, user: User) -> "Actor":
        return cls(name=str(user), user=user)


ALIPAY = Actor("Alipay")
SCHEDULE = Actor("schedule")
COMMAND_LINE = Actor("command line")


def record(actor: Actor, verb: str, target: models.Model, **details: object) -> AuditEntry:
    """Write down that ``actor`` did ``verb`` to ``target``; details must be JSON values."""
    entry = AuditEntry(
        at=clock.now(),
        actor_user=actor.user,
        actor_name=actor.name[:200],
        verb=verb,
        target_type=target._meta.model_name or "",
        target_id=target.pk,
        target_name=str(target)[:200],
        details=details,
    )
    rows.insert(entry)
    return entry
