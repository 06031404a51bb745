"""Asking Alipay about a payment we have.

Calls are made outside transactions; the answer is recorded in one of its own.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from merchant_portal import audit, due, gateway
from merchant_portal.accounts.models import Account, GatewayCall
from merchant_portal.alipay.messages import TradeAnswer
from merchant_portal.audit import Actor
from merchant_portal.gateway import Answered, Refused, Unanswered
from payments.errors import WordUnusable
from payments.models import Lookup, Payment
from payments.services import moves, steps
from payments.services.words import Place, Word, read_amount
from payments.states import PaymentState, Question


@dataclass(frozen=True, slots=True)
class Unsent:
    """Nothing was sent: a key is missing or sealed shut, or Alipay would not take the request."""

    why: str


Heard = Answered[TradeAnswer] | Refused | Unanswered | Unsent


def ask_payment(payment: Payment, *, actor: Actor) -> Heard:
    """A person asks Alipay now: always asks, also about a settled payment, also while the clock
    does. The answer is returned to be shown, whatever it is."""
    with transaction.atomic():
        audit.record(actor, "ask_alipay", payment)
    return poll_payment(payment.pk)


def poll_payment(payment_id: int) -> Heard:
    """Ask about a payment and record the answer; the clock has claimed it before."""
    payment = Payment.objects.select_related("account").get(pk=payment_id)
    heard = query(
        payment.account,
        payment,
        alipay_trans_id=payment.alipay_trans_id,
        partner_trans_id=payment.partner_trans_id,
    )
    with transaction.atomic():
        _record_answer(payment_id, heard)
    return heard


def query(
    account: Account, subject: Payment | Lookup, *, alipay_trans_id: str, partner_trans_id: str
) -> Heard:
    """Ask about these numbers. What keeps us from asking is told too, and never raised."""
    try:
        return gateway.ask(
            account,
            subject,
            lambda client: client.query_payment(
                partner_trans_id=partner_trans_id, alipay_trans_id=alipay_trans_id
            ),
        )
    except gateway.NOTHING_SENT as unfit:
        return Unsent(str(unfit))


def told(heard: Heard) -> str:
    """What was heard, in the one short text that rows keep."""
    match heard:
        case Answered(answer=answer):
            return answer.status.value
        case Refused(code=code):
            return code[: due.LONGEST_ANSWER]
        case Unanswered(reason=reason):
            return reason.value
        case Unsent(why=why):
            return why[: due.LONGEST_ANSWER]


def word_of(answer: TradeAnswer, call: GatewayCall, place: Place) -> Word:
    """An answer as a word; raises WordUnusable where its amount cannot be read."""
    return Word(
        status=answer.status,
        alipay_trans_id=answer.alipay_trans_id,
        partner_trans_id=answer.partner_trans_id,
        amount=read_amount(answer.amount, answer.currency),
        paid_at=answer.paid_at,
        buyer=answer.buyer_login,
        wallet=answer.payment_inst,
        place=place,
        discount_text=answer.fields.get("m_discount_forex_amount", ""),
        call=call,
    )


def _record_answer(payment_id: int, heard: Heard) -> None:
    problem = ""
    if isinstance(heard, Answered):
        try:
            with transaction.atomic():
                payment = _lock(payment_id)
                payment.last_answer = told(heard)
                moves.hear_about(payment, word_of(heard.answer, heard.call, Place()))
                return
        except WordUnusable as unusable:
            problem = str(unusable)
    _record_nothing(_lock(payment_id), problem or told(heard))


def _lock(payment_id: int) -> Payment:
    return (
        Payment.objects.select_for_update(of=("self",))
        .select_related("account", "code__enrolment")
        .get(pk=payment_id)
    )


def _record_nothing(payment: Payment, answer: str) -> None:
    """Neither yes nor no: ask again along the ladder, and in the end ask a person."""
    payment.last_answer = answer[: due.LONGEST_ANSWER]
    payment.lease_until = None
    if payment.state == PaymentState.PENDING:
        steps.move(payment, PaymentState.UNKNOWN)
    if payment.next_attempt_at is not None or payment.is_unsettled:
        steps.climb(payment, settings.ASK_LADDER_SECONDS, at_the_end=Question.NO_ANSWER)
    payment.save()
