"""What is always true of QR codes and of registrations: named checks."""

from django.db.models import Exists, F, Q
from django.utils.translation import gettext_lazy as _

from merchant_portal.truths import (
    Check,
    Rows,
    last_move_to_state,
    permitted,
    telling,
    unchained,
)
from qrcodes.models import QRCode, QRCodeMove, Registration, RegistrationMove
from qrcodes.states import (
    CODE_ENDED,
    CODE_MACHINE,
    CODE_UNSETTLED,
    REVIEW_MACHINE,
    CodeState,
    ReviewState,
)

CHECKS: list[Check] = []
_always = telling(CHECKS)


@_always(_("A code's state is where its last move led."))
def code_state_is_last_move() -> Rows:
    return QRCode.objects.filter(~Exists(last_move_to_state(QRCodeMove, "code")))


@_always(_("A code's moves follow one another, each from where the one before led."))
def code_moves_are_chained() -> Rows:
    return QRCode.objects.filter(pk__in=unchained(QRCodeMove, "code").values("code"))


@_always(_("A code's moves stand in the table of moves."))
def code_moves_are_permitted() -> Rows:
    first = (CodeState.CREATING, CodeState.ADOPTING)
    moves = QRCodeMove.objects.exclude(permitted(CODE_MACHINE, first))
    return QRCode.objects.filter(pk__in=moves.values("code"))


@_always(_("A code whose last call is not answered has a next attempt or a question."))
def open_code_is_watched() -> Rows:
    unanswered = Q(state__in=CODE_UNSETTLED) | ~Q(wanted_state=F("state"))
    return QRCode.objects.filter(unanswered, next_attempt_at__isnull=True, question="").exclude(
        state__in=CODE_ENDED
    )


@_always(_("A code that customers can pay has its text and our address."))
def active_code_is_complete() -> Rows:
    return QRCode.objects.filter(Q(value="") | Q(notify_url=""), state=CodeState.ACTIVE)


@_always(_("A registration that owes a call, or is in review, has a next attempt or a question."))
def open_registration_is_watched() -> Rows:
    is_open = ~Q(next_call="") | Q(state=ReviewState.IN_REVIEW) | Q(asked_without_answer=True)
    return Registration.objects.filter(is_open, next_attempt_at__isnull=True, question="")


@_always(_("A registration's state is where its last move led."))
def registration_state_is_last_move() -> Rows:
    return Registration.objects.filter(
        ~Exists(last_move_to_state(RegistrationMove, "registration"))
    )


@_always(_("A registration's moves follow one another along the table of moves."))
def registration_moves_are_permitted() -> Rows:
    along = permitted(REVIEW_MACHINE, [ReviewState.UNREGISTERED])
    strange = RegistrationMove.objects.exclude(along).values("registration")
    loose = unchained(RegistrationMove, "registration").values("registration")
    return Registration.objects.filter(Q(pk__in=strange) | Q(pk__in=loose))
