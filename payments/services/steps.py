"""A payment's steps: along its states, from question to question, from rung to rung.

The caller holds the lock and saves the payment.
"""

from collections.abc import Sequence

from merchant_portal import clock, due, rows
from merchant_portal.accounts.models import GatewayCall
from merchant_portal.audit import SCHEDULE, Actor
from payments.models import Payment, PaymentMove
from payments.services.words import Word
from payments.states import PAYMENT_MACHINE, PaymentState, Question

#: Questions that only ask for an answer: one settles them.
_SETTLED_BY_AN_ANSWER = frozenset({Question.NO_ANSWER, Question.STILL_WAITING})
#: Questions that give way to one that knows more.
_GIVES_WAY = _SETTLED_BY_AN_ANSWER | {Question.CANCELLED_UNSAID}


def move(
    payment: Payment,
    target: PaymentState,
    *,
    word: Word | None = None,
    call: GatewayCall | None = None,
) -> None:
    """Move along the table and leave a row; the caller holds the lock and saves the payment.

    Without a word ``call`` is the answer that moved it, if one did.
    """
    current = PaymentState(payment.state)
    PAYMENT_MACHINE.check(current, target)
    payment.state = target
    write_move(payment, current.value, word, call=call)


def raise_question(payment: Payment, question: Question) -> None:
    """A person must decide; the first open question stays until it is settled."""
    if payment.question and payment.question not in _GIVES_WAY:
        return
    payment.question = question
    payment.question_since = clock.now()
    payment.question_owner = None


def clear_question(payment: Payment) -> None:
    """Nobody need decide any more; what is unsettled goes back to the clock."""
    payment.question = ""
    payment.question_since = payment.question_owner = None
    if payment.is_unsettled and payment.next_attempt_at is None:
        payment.attempts = 0
        payment.next_attempt_at = clock.now()


def climb(payment: Payment, ladder: Sequence[int], *, at_the_end: Question) -> None:
    """Ask again at the ladder's next rung; where it has ended, a person must look."""
    payment.attempts = max(payment.attempts, 1)
    payment.next_attempt_at = due.later(payment, ladder, now=clock.now())
    if payment.next_attempt_at is None and payment.is_unsettled:
        raise_question(payment, at_the_end)


def settle_by_answer(payment: Payment, word: Word) -> None:
    """Alipay has answered, or the matter has ended: nobody need look any more."""
    if payment.question in _SETTLED_BY_AN_ANSWER and (word.is_query or not payment.is_unsettled):
        payment.question = ""
        payment.question_since = payment.question_owner = None


def write_move(
    payment: Payment,
    from_state: str,
    word: Word | None,
    *,
    actor: Actor = SCHEDULE,
    call: GatewayCall | None = None,
) -> None:
    """Leave the row of a move; ``actor`` made it where nobody at Alipay said a word."""
    written = PaymentMove(
        payment=payment,
        from_state=from_state,
        to_state=payment.state,
        at=clock.now(),
        actor_name=word.actor_name if word else actor.name[:200],
        notification=word.notification if word else None,
        call=word.call if word else call,
    )
    rows.insert(written)
