"""Looking at a sticker: whose code is it, and is it in force here?"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.db.models import QuerySet

from merchant_portal import audit
from merchant_portal.audit import Actor
from qrcodes.check_codes import typed_check_code
from qrcodes.models import Counter, Print, QRCode
from qrcodes.states import CodeState


class Sighting(StrEnum):
    """What a sticker turned out to be."""

    IN_FORCE = "in_force"
    ELSEWHERE = "elsewhere"
    NOT_IN_FORCE = "not_in_force"
    ENDED = "ended"
    NOT_OURS = "not_ours"
    NO_SUCH_PRINT = "no_such_print"


@dataclass(frozen=True, slots=True)
class Finding:
    """One code on a sticker, and whose it is; ``printed`` where its check code was typed."""

    sighting: Sighting
    text: str
    code: QRCode | None = None
    printed: Print | None = None


@transaction.atomic
def look_at_sticker(
    texts: Sequence[str], *, among: QuerySet[QRCode], counter: Counter | None, actor: Actor
) -> list[Finding]:
    """What each text on a sticker is, among the codes somebody sees; it is noted down."""
    findings = [_found(text.strip(), among=among, counter=counter) for text in texts]
    for finding in findings:
        target = finding.code or counter
        if target is not None:
            audit.record(
                actor,
                "look_at_sticker",
                target,
                found=finding.sighting.value,
                text=finding.text[:200],
                at=str(counter) if counter else "",
            )
    return findings


def _found(text: str, *, among: QuerySet[QRCode], counter: Counter | None) -> Finding:
    if (check_code := typed_check_code(text)) is not None:
        return _print_found(check_code, among=among, counter=counter)
    # One text may have had several versions here: the living one counts, else the newest.
    codes = list(among.filter(value=text).order_by("-pk")) if text else []
    code = next((code for code in codes if code.is_live), codes[0] if codes else None)
    if code is None:
        return Finding(Sighting.NOT_OURS, text)
    return Finding(_sighting(code, counter), text, code)


def _print_found(check_code: str, *, among: QuerySet[QRCode], counter: Counter | None) -> Finding:
    prints = Print.objects.with_run().filter(check_code=check_code, code__in=among.values("pk"))
    printed = prints.order_by("-pk").first()
    if printed is None:
        return Finding(Sighting.NO_SUCH_PRINT, check_code)
    code = among.get(pk=printed.code_id)
    return Finding(_sighting(code, counter), check_code, code, printed)


def _sighting(code: QRCode, counter: Counter | None) -> Sighting:
    if not code.is_live:
        return Sighting.ENDED
    if counter is not None and code.enrolment.counter_id != counter.pk:
        return Sighting.ELSEWHERE
    return Sighting.IN_FORCE if code.state == CodeState.ACTIVE else Sighting.NOT_IN_FORCE
