"""Asking Alipay about a payment we have.

Calls are made outside transactions; the answer is recorded in one of its own.
"""

from django.conf import settings
from django.db import transaction

from merchant_portal import audit, due
from merchant_portal.accounts.models import GatewayCall
from merchant_portal.alipay.messages import TradeAnswer
from merchant_portal.audit import Actor
from merchant_portal.gateway import Answered, Refused, Unanswered
from merchant_portal.money import Money
from payments.errors import WordUnusable
from payments.models import Payment
from payments.services import endings, giving_back, learning, moves, sale_moves, speaking, steps
from payments.services.speaking import Heard, Unsent
from payments.services.words import Place, Word, read_amount
from payments.states import PaymentState, Question

__all__ = ["Heard", "Unsent", "ask_payment", "poll_payment", "told", "word_about", "word_of"]


def ask_payment(payment: Payment, *, actor: Actor) -> Heard:
    """A person asks Alipay now: always asks, also about a settled payment, also while the clock
    does. The answer is returned to be shown, whatever it is."""
    with transaction.atomic():
        audit.record(actor, "ask_alipay", payment)
    return poll_payment(payment.pk)


def poll_payment(payment_id: int) -> Heard:
    """Ask about a payment and record the answer; the clock has claimed it before."""
    payment = Payment.objects.select_related("account").get(pk=payment_id)
    heard = speaking.ask(payment)
    with transaction.atomic():
        _record_answer(payment_id, heard)
    return heard


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
    return _word(answer, call, place, read_amount(answer.amount, answer.currency))


def _word(answer: TradeAnswer, call: GatewayCall, place: Place, amount: Money | None) -> Word:
    return Word(
        status=answer.status,
        alipay_trans_id=answer.alipay_trans_id,
        partner_trans_id=answer.partner_trans_id,
        amount=amount,
        paid_at=answer.paid_at,
        buyer=answer.buyer_login,
        wallet=answer.payment_inst,
        place=place,
        discount_text=answer.fields.get("m_discount_forex_amount", ""),
        reason=answer.fields.get("error", ""),
        call=call,
    )


def word_about(
    payment: Payment, answer: TradeAnswer, call: GatewayCall, *, settles_in: str = ""
) -> Word:
    """The same about a payment we have; raises WordUnusable.

    Of what we began the amount is known, and is in the currency the shop named: an answer may name
    only the one it settles in (global.alipay.com/docs/ac/global/spot_pay, currency), which is
    looked up unless ``settles_in`` tells it.
    """
    if not payment.is_begun_here:
        return word_of(answer, call, Place())
    currency = answer.fields.get("trans_currency", "") or answer.currency or payment.currency
    if currency == (settles_in or learning.settlement_currency(payment.account, payment)):
        currency = payment.currency
    amount = read_amount(answer.amount, currency) if answer.amount else None
    return _word(answer, call, Place(), amount)


def _record_answer(payment_id: int, heard: Heard) -> None:
    problem = ""
    if isinstance(heard, Answered):
        try:
            with transaction.atomic():
                payment = giving_back.lock_payment(payment_id)
                is_doubtful = endings.is_doubtful(payment, heard.answer)
                payment.last_answer = told(heard)
                if not is_doubtful:
                    moves.hear_about(payment, word_about(payment, heard.answer, heard.call))
                    return
        except WordUnusable as unusable:
            problem = str(unusable)
    _record_nothing(giving_back.lock_payment(payment_id), heard, problem or told(heard))


def _record_nothing(payment: Payment, heard: Heard, answer: str) -> None:
    """Neither yes nor no: ask again along the ladder, and in the end ask a person."""
    payment.last_answer = answer[: due.LONGEST_ANSWER]
    payment.lease_until = None
    if payment.is_begun_here:
        _record_nothing_of_sale(payment, heard)
    else:
        _climb(payment)
    payment.save()


def _climb(payment: Payment) -> None:
    if payment.state == PaymentState.PENDING:
        steps.move(payment, PaymentState.UNKNOWN)
    if payment.next_attempt_at is not None or payment.is_unsettled:
        steps.climb(payment, settings.ASK_LADDER_SECONDS, at_the_end=Question.NO_ANSWER)


def _record_nothing_of_sale(payment: Payment, heard: Heard) -> None:
    """That Alipay knows no such payment ends what it had refused; of a code that nobody has scanned
    it says the same, and nothing is wrong then."""
    is_unknown_there = speaking.says_not_there(heard)
    if not payment.is_unsettled:
        if is_unknown_there:
            payment.attempts, payment.next_attempt_at = 0, None
        elif payment.next_attempt_at is not None:
            steps.climb(payment, settings.ASK_LADDER_SECONDS, at_the_end=Question.NO_ANSWER)
        return
    if is_unknown_there and payment.sale.refusal and isinstance(heard, Refused):
        sale_moves.close(payment, payment.sale.refusal, call=heard.call)
        payment.next_attempt_at = None
        return
    is_shown = is_unknown_there and payment.sale.order_code and payment.sale.ending_at is None
    if payment.state == PaymentState.PENDING and not is_shown:
        steps.move(payment, PaymentState.UNKNOWN)
    sale_moves.schedule(payment)
