"""What each word from Alipay does to a payment, whether a notification or a query said it.

The caller holds the transaction. Nothing here moves a payment backwards.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Q

from merchant_portal import clock, due, rows
from merchant_portal.accounts.models import Account, AmountSource
from merchant_portal.alipay.messages import TradeStatus
from payments import ledger
from payments.errors import WordUnusable
from payments.models import Payment, PaymentMove
from payments.services.words import Place, Word, masked, read_discount
from payments.states import (
    PAYMENT_MACHINE,
    PAYMENT_TAKEN,
    PaymentState,
    Product,
    Question,
    WaitReason,
)

#: Questions that only ask for an answer: one settles them.
_SETTLED_BY_AN_ANSWER = frozenset({Question.NO_ANSWER, Question.STILL_WAITING})
_GLOBAL_WALLET = "ALIPAYCN"


def hear(account: Account, word: Word) -> Payment | None:
    """Let a word have its effect, once; answers the payment it is about, if there is one.

    Raises WordUnusable where the word lacks what its effect needs.
    """
    payment = _lock_named(account, word)
    if payment is None:
        return _begin(account, word)
    hear_about(payment, word)
    return payment


def hear_about(payment: Payment, word: Word) -> None:
    """Let a word have its effect on the locked payment it is about; raises WordUnusable."""
    _learn(payment, word)
    if word.says_taken:
        _hear_taken(payment, word)
    elif word.says_closed_unpaid:
        _hear_closed_unpaid(payment, word)
    else:
        _hear_waiting(payment, word)
    _settle_by_answer(payment, word)
    _schedule(payment, word)
    payment.save()


def move(payment: Payment, target: PaymentState, *, word: Word | None = None) -> None:
    """Move along the table and leave a row; the caller holds the lock and saves the payment."""
    current = PaymentState(payment.state)
    PAYMENT_MACHINE.check(current, target)
    payment.state = target
    _write_move(payment, current.value, word)


def raise_question(payment: Payment, question: Question) -> None:
    """A person must decide; the first open question stays until it is settled."""
    if payment.question and payment.question not in _SETTLED_BY_AN_ANSWER:
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


def wants_query(account: Account, payment: Payment) -> bool:
    """Whether the amount is booked only once Alipay has confirmed it."""
    if account.amount_source != AmountSource.AUTO:
        return account.amount_source == AmountSource.QUERY
    return payment.currency != _settlement_currency(account, payment)


def _settlement_currency(account: Account, payment: Payment) -> str:
    code = payment.code
    return code.enrolment.settlement_currency if code else account.settlement_currency


def _lock_named(account: Account, word: Word) -> Payment | None:
    """The payment a word names, locked; raises WordUnusable where its numbers name two."""
    if not _is_known(account, word):
        return None
    named = Q(alipay_trans_id=word.alipay_trans_id) if word.alipay_trans_id else Q(pk__in=[])
    if word.partner_trans_id:
        named |= Q(partner_trans_id=word.partner_trans_id)
    named_rows = list(
        Payment.objects.select_for_update(of=("self",))
        .filter(named, account=account)
        .order_by("id")
    )
    if len(named_rows) > 1:
        raise WordUnusable(WaitReason.NUMBERS_DIFFER, word.partner_trans_id)
    if not named_rows:
        return None
    payment = named_rows[0]
    if word.alipay_trans_id and payment.alipay_trans_id not in {"", word.alipay_trans_id}:
        raise WordUnusable(WaitReason.NUMBERS_DIFFER, payment.alipay_trans_id)
    payment.account = account
    return payment


def _is_known(account: Account, word: Word) -> bool:
    """Whether a payment has one of the numbers. Most notices are the first about theirs, and this
    plain question costs a fifth of reading and locking a payment that is not there."""
    numbers = {
        "alipay_trans_id": word.alipay_trans_id,
        "partner_trans_id": word.partner_trans_id,
    }
    asked = {name: number for name, number in numbers.items() if number}
    if not asked:
        return False
    named = " OR ".join(f"{name} = %s" for name in asked)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {Payment._meta.db_table} WHERE account_id = %s AND ({named}) LIMIT 1",
            [account.pk, *asked.values()],
        )
        return cursor.fetchone() is not None


def _begin(account: Account, word: Word) -> Payment | None:
    """The first word about a trade: a payment exists only once an amount is known.

    That somebody began to pay and left it is not worth a row, unless we asked about it.
    """
    if word.says_closed_unpaid and not word.is_query:
        return None
    payment = _new_payment(account, word)
    _describe(payment, word)
    payment.state = _first_state(account, payment, word)
    if payment.state == PaymentState.PAID:
        _refuse_unbookable(payment)
    if word.says_taken:
        payment.frozen = word.status == TradeStatus.TRADE_PENDING
        _hear_flags(payment, word)
    if word.says_closed_unpaid:
        payment.closed_reason = word.status
    _schedule(payment, word)
    rows.insert(payment)
    _write_move(payment, "", word)
    if payment.state == PaymentState.PAID:
        ledger.post_payment(payment, occurred_at=payment.occurred_at)
    return payment


def _new_payment(account: Account, word: Word) -> Payment:
    if not word.alipay_trans_id:
        raise WordUnusable(WaitReason.NO_TRADE_NUMBER)
    if word.amount is None:
        raise WordUnusable(WaitReason.UNUSABLE_AMOUNT)
    now = clock.now()
    return Payment(
        account=account,
        product=Product.MERCHANT_QR,
        store_id=word.place.store_id,
        counter_id=word.place.counter_id,
        code=word.place.code,
        alipay_trans_id=word.alipay_trans_id,
        partner_trans_id=word.partner_trans_id,
        amount_minor=word.amount.minor,
        currency=word.amount.currency,
        paid_at=word.paid_at,
        occurred_at=word.paid_at or now,
        first_heard_at=now,
    )


def _first_state(account: Account, payment: Payment, word: Word) -> PaymentState:
    if word.says_closed_unpaid:
        return PaymentState.CLOSED
    if not word.says_taken:
        return PaymentState.PENDING
    if not word.is_query and wants_query(account, payment):
        return PaymentState.CONFIRMING
    return PaymentState.PAID


def _hear_taken(payment: Payment, word: Word) -> None:
    """Paid: book it once, unless it is booked, confirmed later, or was ended by us."""
    _hear_amount(payment, word)
    match PaymentState(payment.state):
        case PaymentState.CANCELLED:
            if word.status != TradeStatus.TRADE_CLOSED:
                raise_question(payment, Question.PAID_AFTER_CANCEL)
            return
        case PaymentState.PAID:
            pass
        case PaymentState.CONFIRMING if not word.is_query:
            pass
        case state:
            _take(payment, word)
            if state == PaymentState.CLOSED:
                raise_question(payment, Question.PAID_AFTER_END)
    _hear_flags(payment, word)


def _take(payment: Payment, word: Word) -> None:
    payment.frozen = word.status == TradeStatus.TRADE_PENDING
    if not word.is_query and wants_query(payment.account, payment):
        move(payment, PaymentState.CONFIRMING, word=word)
        return
    _refuse_unbookable(payment)
    move(payment, PaymentState.PAID, word=word)
    ledger.post_payment(payment, occurred_at=payment.occurred_at)


def _refuse_unbookable(payment: Payment) -> None:
    """What is booked has Alipay's number and the time it was paid; neither is guessed."""
    if not payment.alipay_trans_id:
        raise WordUnusable(WaitReason.NO_TRADE_NUMBER)
    if payment.paid_at is None:
        raise WordUnusable(WaitReason.NO_PAYMENT_TIME)


def _hear_amount(payment: Payment, word: Word) -> None:
    """A query decides an amount not yet booked; any difference becomes a question."""
    if word.amount is None or word.amount == payment.amount:
        return
    if word.is_query and payment.state not in {PaymentState.PAID, PaymentState.CANCELLED}:
        payment.amount_minor = word.amount.minor
        payment.currency = word.amount.currency
    raise_question(payment, Question.AMOUNT_DIFFERS)


def _hear_flags(payment: Payment, word: Word) -> None:
    """Frozen, released, final: only a query freezes what was free; a late notice never does."""
    match word.status:
        case TradeStatus.TRADE_SUCCESS:
            payment.frozen = False
        case TradeStatus.TRADE_FINISHED:
            payment.frozen = False
            payment.refundable = False
        case TradeStatus.TRADE_PENDING if word.is_query:
            payment.frozen = True
        case TradeStatus.TRADE_CLOSED if not _explained(payment):
            raise_question(payment, Question.CLOSED_AT_ALIPAY)


def _explained(payment: Payment) -> bool:
    """Whether what we gave back, or are giving back, explains that Alipay closed the trade."""
    ours = payment.refunded_minor + payment.cancelled_minor + payment.reserved_minor
    return ours >= payment.amount_minor


def _hear_closed_unpaid(payment: Payment, word: Word) -> None:
    """Ended unpaid. A late notice of it changes nothing; an answer that says so is a question."""
    if payment.state in {PaymentState.PENDING, PaymentState.UNKNOWN}:
        payment.closed_reason = word.status
        move(payment, PaymentState.CLOSED, word=word)
    elif _contradicts(payment, word) and not _explained(payment):
        raise_question(payment, Question.STATUS_DIFFERS)


def _hear_waiting(payment: Payment, word: Word) -> None:
    """The buyer has not finished: what is taken stays so, and only asking can contradict it."""
    if payment.state == PaymentState.UNKNOWN:
        move(payment, PaymentState.PENDING, word=word)
    elif _contradicts(payment, word):
        raise_question(payment, Question.STATUS_DIFFERS)


def _contradicts(payment: Payment, word: Word) -> bool:
    """Whether an answer denies that a payment is taken: one asked for before it was does not."""
    if word.call is None or not payment.is_taken:
        return False
    taken_since = payment.moves.filter(
        to_state__in=PAYMENT_TAKEN, at__gte=word.call.started_at
    ).exists()
    return not taken_since


def _learn(payment: Payment, word: Word) -> None:
    """Fill in what was not known; nothing known is overwritten."""
    payment.alipay_trans_id = payment.alipay_trans_id or word.alipay_trans_id
    _learn_order_number(payment, word.partner_trans_id)
    if payment.paid_at is None and word.paid_at is not None:
        payment.paid_at = payment.occurred_at = word.paid_at
    _learn_place(payment, word)
    _describe(payment, word)


def _learn_order_number(payment: Payment, said: str) -> None:
    """One order number belongs to one payment: a second claim to it is a question."""
    if said in {"", payment.partner_trans_id}:
        return
    others = Payment.objects.filter(account=payment.account_id, partner_trans_id=said)
    if payment.partner_trans_id or others.exclude(pk=payment.pk).exists():
        raise_question(payment, Question.NUMBERS_DIFFER)
    else:
        payment.partner_trans_id = said


def _describe(payment: Payment, word: Word) -> None:
    """Wallet, buyer and discount, where they were not known."""
    account = payment.account
    payment.buyer = payment.buyer or masked(word.buyer)
    # Told in Hong Kong; under a global contract the Alipay China wallet pays.
    told = word.wallet[:32] or ("" if account.is_hk else _GLOBAL_WALLET)
    payment.wallet = payment.wallet or told
    if word.discount_text and not payment.merchant_discount_minor:
        discount = read_discount(word.discount_text, _settlement_currency(account, payment))
        if discount is not None:
            payment.merchant_discount_minor = discount.minor
            payment.merchant_discount_currency = discount.currency


def _learn_place(payment: Payment, word: Word) -> None:
    """A code is evidence, and decides; the counter somebody asked from or chose is not."""
    place = word.place
    known = (payment.store_id, payment.counter_id)
    if place.code is None:
        if payment.is_unplaced and place.store_id is not None:
            _put(payment, place)
        return
    enrolment = place.code.enrolment
    if not payment.is_unplaced and known != (enrolment.store_id, enrolment.counter_id):
        raise_question(payment, Question.PLACE_DIFFERS)
    if payment.code_id is None:
        _put(payment, place)


def _put(payment: Payment, place: Place) -> None:
    payment.store_id, payment.counter_id = place.store_id, place.counter_id
    payment.code = place.code


def _settle_by_answer(payment: Payment, word: Word) -> None:
    """Alipay has answered, or the matter has ended: nobody need look any more."""
    if payment.question in _SETTLED_BY_AN_ANSWER and (word.is_query or not payment.is_unsettled):
        payment.question = ""
        payment.question_since = payment.question_owner = None


def _schedule(payment: Payment, word: Word) -> None:
    """When Alipay is asked next; None where nothing is open."""
    if word.is_query:
        payment.lease_until = None
        _schedule_after_answer(payment)
    else:
        payment.attempts = 0
        payment.next_attempt_at = _first_asking(payment, word)


def _schedule_after_answer(payment: Payment) -> None:
    if not payment.is_unsettled:
        payment.attempts = 0
        payment.next_attempt_at = None
    elif payment.state == PaymentState.PENDING:
        ladder = settings.WAIT_BUYER_LADDER_SECONDS
        climb(payment, ladder, at_the_end=Question.STILL_WAITING)
    else:
        climb(payment, settings.ASK_LADDER_SECONDS, at_the_end=Question.NO_ANSWER)


def _first_asking(payment: Payment, word: Word) -> datetime | None:
    """Once a notice has spoken: to confirm, to hear which wallet paid, whether a free payment is
    frozen now or the notice is late, or if the buyer paid."""
    now = clock.now()
    is_in_doubt = word.status == TradeStatus.TRADE_PENDING and not payment.frozen
    if payment.state == PaymentState.CONFIRMING:
        return now
    if payment.is_taken and (is_in_doubt or not payment.wallet):
        return now
    if payment.is_unsettled:
        return now + timedelta(seconds=settings.WAIT_BUYER_LADDER_SECONDS[0])
    return None


def _write_move(payment: Payment, from_state: str, word: Word | None) -> None:
    written = PaymentMove(
        payment=payment,
        from_state=from_state,
        to_state=payment.state,
        at=clock.now(),
        actor_name=word.actor_name if word else "schedule",
        notification=word.notification if word else None,
        call=word.call if word else None,
    )
    rows.insert(written)
