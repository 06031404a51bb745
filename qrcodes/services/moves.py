"""How a code moves: along the table, leaving a row; and what it owes Alipay next."""

from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import clock
from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.messages import Region
from merchant_portal.audit import Actor
from qrcodes.errors import CodeRefused
from qrcodes.models import QRCode, QRCodeMove
from qrcodes.services.details import details_of, wanted_digest
from qrcodes.states import CODE_MACHINE, CodeCall, CodeQuestion, CodeState


def lock(code_id: int) -> QRCode:
    """The code's row, locked, with everything Alipay is told about it."""
    return QRCode.objects.select_for_update(of=("self",)).with_place().get(pk=code_id)


def move(code: QRCode, target: CodeState, *, actor: Actor, note: str = "") -> None:
    """Take a locked code to another state; raises MoveRefused. The caller saves."""
    before = CodeState(code.state)
    CODE_MACHINE.check(before, target)
    code.state = target
    write_move(code, before.value, actor=actor, note=note)


def write_move(code: QRCode, before: str, *, actor: Actor, note: str = "") -> None:
    QRCodeMove.objects.create(
        code=code,
        from_state=before,
        to_state=code.state,
        at=clock.now(),
        actor_name=actor.name[:200],
        note=note[:200],
    )


def owe(code: QRCode, call: CodeCall) -> None:
    """From now on the code owes Alipay this call. The caller saves."""
    code.next_call = call
    code.next_attempt_at = clock.now()
    code.attempts = 0
    code.asked_without_answer = False
    code.question, code.question_since = "", None
    code.refusal = code.last_answer = ""


def owe_nothing(code: QRCode) -> None:
    """The code's call has its end. The caller saves."""
    code.next_call = ""
    code.next_attempt_at = code.lease_until = None
    code.attempts = 0
    code.asked_without_answer = False
    code.question, code.question_since = "", None
    code.refusal = code.last_answer = ""


def ask_person(code: QRCode, question: CodeQuestion) -> None:
    """Nothing more happens by itself: a person must decide. The caller saves."""
    code.question = question
    code.question_since = clock.now()
    code.next_attempt_at = code.lease_until = None


def owe_modify(code: QRCode, *, actor: Actor, note: str = "") -> None:
    """Alipay must be told the code's details; until it has, the code is not in force."""
    move(code, CodeState.ADOPTING, actor=actor, note=note)
    owe(code, CodeCall.MODIFY)


def owe_changed_details(codes: list[QRCode], *, actor: Actor, note: str) -> int:
    """Owe a modify for each settled code whose details Alipay does not know; answers how many.

    A code with a call under way is left: when that call ends, its details are compared again.
    Raises CodeRefused where Alipay could not be told the new details.
    """
    owed = 0
    for code in codes:
        if code.told_digest != wanted_digest(code):
            refuse_unsendable(code)
            owe_modify(code, actor=actor, note=note)
            code.save()
            owed += 1
    return owed


def refuse_unsendable(code: QRCode) -> None:
    """Raise CodeRefused where Alipay could not be told about the code as it stands."""
    try:
        details_of(code).as_biz_data(Region(code.enrolment.account.region))
    except (RequestInvalid, ValueError) as unfit:
        raise CodeRefused(_("Alipay could not take this: %s") % unfit) from unfit


def lock_settled(**place: object) -> list[QRCode]:
    """The settled codes of a place, locked in one order so that no two verbs wait in a circle."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("Codes are locked inside a verb's transaction.")
    rows = QRCode.objects.settled().filter(**place)
    return list(rows.select_for_update(of=("self",)).with_place().order_by("id"))
