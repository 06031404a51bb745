"""One caller, one key, one effect: the same request again finds what the first one made."""

import hashlib
import json
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _

from merchant_portal import clock, rows
from qrcodes.errors import KeyReused
from qrcodes.models import IdempotencyKey


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A caller's key for one write that moves money, and a digest of what was asked for."""

    owner: str
    key: str
    fingerprint: str

    @classmethod
    def over(cls, *, owner: str, key: str, verb: str, **asked: object) -> "RequestKey":
        """The key of a verb with all that was asked of it; texts and numbers only."""
        said = json.dumps([verb, asked], sort_keys=True, ensure_ascii=False)
        return cls(owner, key, hashlib.sha256(said.encode()).hexdigest())


def recall(request: RequestKey) -> int | None:
    """The id of what this request made before, None where it made nothing; raises KeyReused.

    Call it once the payment is locked: whoever holds the lock has made it, or nobody has.
    """
    made = found(owner=request.owner, key=request.key)
    if made is None:
        return None
    if made.fingerprint != request.fingerprint:
        raise _reused()
    return made.target_id


def found(*, owner: str, key: str) -> IdempotencyKey | None:
    """What a caller's key stands for already, whatever was asked with it."""
    made = rows.select(IdempotencyKey, "owner = %s AND key = %s", [owner, key])
    return made[0] if made else None


def remember(request: RequestKey, target: models.Model) -> None:
    """Write down what the request made, in the transaction that made it; raises KeyReused where
    the key is taken. Whoever uses it at the same moment waits here for the other's end."""
    made = IdempotencyKey(
        owner=request.owner,
        key=request.key,
        fingerprint=request.fingerprint,
        target_type=target._meta.model_name or "",
        target_id=target.pk,
        created_at=clock.now(),
    )
    if not rows.insert_new(made):
        raise _reused()


def _reused() -> KeyReused:
    return KeyReused(_("This key was used before, for something else. Take a new one."))
