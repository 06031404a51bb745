"""What refunds and cancels stand at, in words for the people who wait for them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from merchant_portal.alipay.messages import RefundResult
from merchant_portal.gateway import Answered, Refused
from merchant_portal.money import Money
from payments.models import Cancel, Payment
from payments.sentences import said_sentence, unheard_sentence
from payments.services import Heard
from payments.states import CancelState
from refunds.advice import Advice, Call, Why
from refunds.models import Refund
from refunds.services.speaking import HeardOfQuery
from refunds.states import RefundState

#: What a page of money going back is about.
Giving = Refund | Cancel


NOTHING_TO_ASK = gettext_lazy("Nothing was sent yet: there is nothing to ask Alipay about.")


def can_be_asked(giving: Giving) -> bool:
    """Whether asking does something: tells what became of it, or has it sent once more."""
    return giving.may_have_left or giving.state == RefundState.APPROVED


class StepState(StrEnum):
    """How far one step of the way back is."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the progress line."""

    label: str
    state: StepState
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Mark:
    """A step that was passed or not, and when as far as that is kept."""

    label: str
    is_passed: bool
    at: datetime | None


#: Ends at which the money did not go back, or did not stay with the buyer.
_ENDED_OTHERWISE = frozenset(
    {
        RefundState.DECLINED,
        RefundState.FAILED,
        RefundState.RETURNED,
        CancelState.DECLINED,
        CancelState.LAPSED,
        CancelState.CLOSED,
        CancelState.REFUSED,
    }
)
_BACK = frozenset({RefundState.REFUNDED, RefundState.RETURNED, CancelState.DONE})


def progress(giving: Giving) -> list[Step]:
    """The way back, step by step: what is done, what is waited for, what lies ahead."""
    marks = list(_marks(giving))
    if giving.state in _ENDED_OTHERWISE:
        passed = [Step(mark.label, StepState.DONE, mark.at) for mark in marks if mark.is_passed]
        return [*passed, Step(giving.get_state_display(), StepState.ENDED, _ended_at(giving))]
    number_passed = sum(mark.is_passed for mark in marks)
    return [
        Step(mark.label, _state_at(place, number_passed), mark.at if mark.is_passed else None)
        for place, mark in enumerate(marks)
    ]


def _state_at(place: int, number_passed: int) -> StepState:
    if place < number_passed:
        return StepState.DONE
    return StepState.NOW if place == number_passed else StepState.AHEAD


def _marks(giving: Giving) -> list[_Mark]:
    if isinstance(giving, Refund) and not giving.is_ours:
        return [
            _Mark(_("Made at Alipay's portal"), True, giving.refunded_at or giving.requested_at),
            _Mark(_("Booked"), giving.booked_at is not None, giving.booked_at),
        ]
    is_agreed = giving.state not in (RefundState.REQUESTED, RefundState.DECLINED)
    marks = [_Mark(_("Requested"), True, giving.requested_at)]
    if giving.needs_approval:
        is_approved = giving.decided_at is not None and is_agreed
        marks.append(_Mark(_("Approved"), is_approved, giving.decided_at))
    marks.append(_Mark(_("Sent"), giving.may_have_left, giving.first_sent_at))
    if isinstance(giving, Refund) and _is_recorded_first(giving):
        is_recorded = giving.state in _BACK or giving.state == RefundState.ACCEPTED
        marks.append(_Mark(_("Recorded by Alipay"), is_recorded, None))
    marks.append(_Mark(_("With the buyer"), giving.state in _BACK, _back_at(giving)))
    return marks


def _is_recorded_first(refund: Refund) -> bool:
    """Alipay's first yes means recorded, not paid back, as far as is decided yet."""
    return refund.state == RefundState.ACCEPTED or refund.is_sync is False


def _back_at(giving: Giving) -> datetime | None:
    if isinstance(giving, Refund):
        return giving.refunded_at or giving.settled_at
    return giving.settled_at


def _ended_at(giving: Giving) -> datetime | None:
    if isinstance(giving, Refund) and giving.returned_at is not None:
        return giving.returned_at
    return giving.settled_at or giving.decided_at


def standing(giving: Giving) -> str:
    """One honest sentence: where the money is, and what happens next."""
    if giving.question:
        return _questioned(giving)
    if isinstance(giving, Cancel):
        return _cancel_standing(giving)
    return _refund_standing(giving)


def _questioned(giving: Giving) -> str:
    """A person must look; what is known about the money is said all the same."""
    return f"{giving.get_question_display()}. {whereabouts(giving)}"


def whereabouts(giving: Giving) -> str:
    """Whether anything has left the building."""
    if giving.state in _BACK:
        return _("The money has gone back.")
    if giving.state in _ENDED_OTHERWISE or not giving.may_have_left:
        return _("Nothing has left.")
    return _("The money may be on its way: what was sent cannot be taken back, nor leave twice.")


def _refund_standing(refund: Refund) -> str:
    match RefundState(refund.state):
        case RefundState.ACCEPTED:
            return _(
                "Alipay has recorded it and pays the buyer with its next run. The buyer does not "
                "have the money yet."
            )
        case RefundState.REFUNDED if not refund.is_ours and refund.booked_at is None:
            return _(
                "Somebody gave it back at Alipay's own portal. It is booked once the night's file "
                "names it."
            )
        case RefundState.REFUNDED:
            return _("The buyer has the money back.")
        case RefundState.FAILED:
            return _("Alipay refused. Nothing has left; a new try is a new refund.")
        case RefundState.RETURNED:
            return _("The money came back to the shop: the buyer does not have it.")
        case _:
            return _under_way(refund)


def _cancel_standing(cancel: Cancel) -> str:
    match CancelState(cancel.state):
        case CancelState.DONE:
            return _("The payment is undone in full: the buyer has the money back.")
        case CancelState.CLOSED:
            return _("The sale was never paid and can no longer be: there is nothing to give back.")
        case CancelState.LAPSED:
            return _(
                "Alipay's day ended before it was sent. Nothing has left; only a refund is "
                "possible now."
            )
        case CancelState.REFUSED:
            return _("Alipay refused. Nothing has left; a refund may be possible.")
        case _:
            return _under_way(cancel)


def _under_way(giving: Giving) -> str:
    """What both have in common before they end; the words of the states are the same."""
    match giving.state:
        case RefundState.REQUESTED:
            return _("A second person must agree. Nothing has left.")
        case RefundState.APPROVED:
            return _("It is about to be sent. Nothing has left yet.")
        case RefundState.DECLINED:
            return _("It was declined. Nothing has left.")
        case RefundState.SUBMITTED:
            return _("It was sent; Alipay's answer is awaited.")
        case _:
            return _(
                "Alipay has not answered. We keep asking with the same number, money cannot "
                "leave twice."
            )


# ---- What Alipay answered -------------------------------------------------------------------


def refund_heard(refund: Refund, heard: HeardOfQuery) -> str:
    """What Alipay answered about a refund, and what that leaves us with."""
    match heard:
        case Answered(answer=answer):
            said = _RESULTS[answer.state]
        case Refused(code=code):
            said = _("Alipay refused the question (%(code)s).") % {"code": code}
        case _:
            said = unheard_sentence(heard)
    return f"{said} {standing(refund)}"


def cancel_heard(cancel: Cancel, heard: Heard) -> str:
    """What Alipay answered about the payment a cancel undoes, and what that leaves us with."""
    return f"{said_sentence(heard)} {standing(cancel)}"


_RESULTS: dict[RefundResult, StrOrPromise] = {
    RefundResult.SUCCESS: gettext_lazy("Alipay says: paid back."),
    RefundResult.PROCESSING: gettext_lazy("Alipay says: recorded, not paid back yet."),
    RefundResult.FAIL: gettext_lazy("Alipay says: it failed."),
}


# ---- Before anything is asked for ---------------------------------------------------------------


def give_back_sentence(payment: Payment, amount: Money) -> str:
    """The one sentence somebody says yes to."""
    said = {
        "amount": amount,
        "whole": payment.amount,
        "buyer": payment.buyer,
        "place": _place(payment),
    }
    if payment.buyer:
        return _("You give back %(amount)s of %(whole)s to buyer %(buyer)s at %(place)s.") % said
    return _("You give back %(amount)s of %(whole)s to the buyer at %(place)s.") % said


def _place(payment: Payment) -> str:
    if payment.store is None:
        return _("a store not known")
    if payment.counter is None:
        return payment.store.name
    return f"{payment.store.name} / {payment.counter.name}"


def advice_sentences(advice: Advice) -> list[str]:
    """Why it is this call, and what becomes of Alipay's fee."""
    return [str(_WHY[advice.why]), _fee_sentence(advice)]


def _fee_sentence(advice: Advice) -> str:
    if advice.call is Call.CANCEL:
        if advice.fee is None:
            return _("Alipay's fee comes back with it.")
        return _("Alipay's fee of %(fee)s comes back with it.") % {"fee": advice.fee}
    if advice.fee is None:
        return _("Whether Alipay gives its fee back is a matter of your contract.")
    return _(
        "Whether Alipay gives its fee of %(fee)s back is a matter of your contract; a cancel "
        "would have returned it."
    ) % {"fee": advice.fee}


_WHY: dict[Why, StrOrPromise] = {
    Why.WHOLE_ON_ITS_DAY: gettext_lazy(
        "The whole payment goes back on its own day: it is undone as if it had not been."
    ),
    Why.NOT_WHOLE: gettext_lazy("Only a whole payment can be cancelled; this is a part."),
    Why.DAY_IS_OVER: gettext_lazy(
        "Alipay's day of the payment (GMT+8) is over: too late to cancel."
    ),
    Why.CANCEL_WAS_REFUSED: gettext_lazy("Alipay refused to cancel this payment."),
}
