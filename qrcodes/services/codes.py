"""What people do with codes. Each verb writes down what is wanted; ``calling`` tells Alipay."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.audit import Actor
from qrcodes.errors import CodeExists, CodeRefused
from qrcodes.models import Enrolment, QRCode
from qrcodes.services.details import fee_of
from qrcodes.services.moves import (
    lock,
    move,
    owe,
    owe_modify,
    owe_nothing,
    refuse_unsendable,
    write_move,
)
from qrcodes.states import (
    CODE_MACHINE,
    CODE_UNSETTLED,
    CodeCall,
    CodeKind,
    CodeState,
)


def make_code(
    enrolment: Enrolment,
    *,
    actor: Actor,
    kind: CodeKind = CodeKind.PLAIN,
    channel_fee_type: str = "",
    channel_fee_value: str = "",
) -> QRCode:
    """Ask for a code: its row and key are committed before anything is sent.

    Raises CodeExists, and CodeRefused where Alipay could not take what we would tell it.
    """
    code = QRCode(
        enrolment=enrolment,
        kind=kind,
        channel_fee_type=channel_fee_type if kind == CodeKind.WITH_FEE else "",
        channel_fee_value=channel_fee_value if kind == CodeKind.WITH_FEE else "",
        state=CodeState.CREATING,
        wanted_state=CodeState.ACTIVE,
        created_at=clock.now(),
    )
    refuse_unsendable(code)
    try:
        with transaction.atomic():
            Enrolment.objects.select_for_update().get(pk=enrolment.pk)
            newest = enrolment.codes.filter(kind=kind).aggregate(newest=Max("version"))["newest"]
            code.version = (newest or 0) + 1
            owe(code, CodeCall.CREATE)
            code.save()
            write_move(code, "", actor=actor)
            audit.record(actor, "make_code", code)
    except IntegrityError as taken:
        raise CodeExists(_("This counter has a live code of this kind already.")) from taken
    return code


@transaction.atomic
def want_state(code: QRCode, wanted: CodeState, *, actor: Actor) -> QRCode:
    """A person stops, restarts or deletes a code; raises CodeRefused where that cannot be."""
    locked = lock(code.pk)
    _refuse_unsettled(locked)
    if not CODE_MACHINE.permits(CodeState(locked.state), wanted):
        raise CodeRefused(_("The code is %s already.") % locked.get_state_display().lower())
    locked.wanted_state = wanted
    owe(locked, CodeCall.STATUS)
    locked.save()
    audit.record(actor, f"want_{wanted.lower()}", locked)
    return locked


@transaction.atomic
def change_fee(code: QRCode, *, channel_fee_value: str, actor: Actor) -> QRCode:
    """Another channel fee for a code that has one; it cannot be dropped, nor added later.

    Raises CodeRefused.
    """
    locked = lock(code.pk)
    _refuse_unsettled(locked)
    if fee_of(locked) is None:
        raise CodeRefused(_("A code made without a channel fee cannot be given one."))
    before, locked.channel_fee_value = locked.channel_fee_value, channel_fee_value
    refuse_unsendable(locked)
    owe_modify(locked, actor=actor, note=_("channel fee changed"))
    locked.save()
    audit.record(actor, "change_fee", locked, changed=[before, channel_fee_value])
    return locked


@transaction.atomic
def send_again(code: QRCode, *, actor: Actor) -> QRCode:
    """Make the owed call again now, whatever the ladder says; raises CodeRefused if none is."""
    locked = lock(code.pk)
    if locked.next_call:
        if locked.question:
            locked.attempts = 0
        locked.question, locked.question_since = "", None
        locked.next_attempt_at = clock.now()
    elif locked.question and locked.is_settled:
        owe_modify(locked, actor=actor, note=_("sent again"))
    else:
        raise CodeRefused(_("Nothing is waiting for Alipay's answer."))
    locked.save()
    audit.record(actor, "send_code_again", locked, call=locked.next_call)
    return locked


def outcomes_of(code: QRCode) -> tuple[CodeState, ...]:
    """What a person may say has become of a code that Alipay does not answer for."""
    if not code.question or code.state not in CODE_UNSETTLED:
        return ()
    if not code.told_digest:
        return (CodeState.REFUSED,)
    if code.next_call == CodeCall.MODIFY:
        return (CodeState(code.wanted_state),)
    return (CodeState.ACTIVE, CodeState.STOPPED, CodeState.DELETED)


@transaction.atomic
def decide(code: QRCode, outcome: CodeState, *, reason: str, actor: Actor) -> QRCode:
    """A person says what has become of a code, and why; raises CodeRefused."""
    locked = lock(code.pk)
    if outcome not in outcomes_of(locked):
        raise CodeRefused(_("This is not open for a person to decide."))
    if not reason.strip():
        raise CodeRefused(_("Say how you know: it is kept with the code."))
    question = locked.question
    move(locked, outcome, actor=actor, note=reason.strip())
    owe_nothing(locked)
    locked.wanted_state = outcome if outcome != CodeState.REFUSED else locked.wanted_state
    locked.save()
    audit.record(
        actor, "decide_code", locked, question=question, state=outcome.value, reason=reason.strip()
    )
    return locked


def _refuse_unsettled(code: QRCode) -> None:
    if not code.is_live:
        raise CodeRefused(_("The code has ended."))
    if not code.is_settled:
        raise CodeRefused(_("The code's last call is not answered yet."))


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A code whose notify address in force was not the one of today's ``PUBLIC_URL``."""

    code: QRCode
    notify_url_before: str
    is_owed: bool


def refresh_notify_urls(*, actor: Actor) -> list[Refreshed]:
    """After ``PUBLIC_URL`` changed: owe a modify for each code that posts elsewhere.

    A code whose call is under way is only named: the call that comes next carries the address.
    """
    live = QRCode.objects.live().with_place().order_by("id")
    return [
        _refresh(code, actor=actor) for code in live if code.notify_url != code.wanted_notify_url
    ]


@transaction.atomic
def _refresh(code: QRCode, *, actor: Actor) -> Refreshed:
    locked = lock(code.pk)
    before = locked.notify_url
    may_owe = locked.is_settled and before != locked.wanted_notify_url
    if may_owe:
        owe_modify(locked, actor=actor, note=_("notify address changed"))
        locked.save()
        audit.record(
            actor, "refresh_notify_url", locked, changed=[before, locked.wanted_notify_url]
        )
    return Refreshed(code=locked, notify_url_before=before, is_owed=may_owe)
