"""What each word from Alipay does to a payment, whether a notification or a query said it.

The caller holds the transaction. Nothing here moves a payment backwards.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, Sum

from merchant_portal import clock, rows
from merchant_portal.accounts.models import Account, AmountSource
from merchant_portal.alipay.messages import TradeStatus
from merchant_portal.audit import Actor
from payments import ledger
from payments.errors import WordUnusable
from payments.models import EntryKind, Payment
from payments.services import cancel_moves, sale_moves
from payments.services.learning import describe, learn, settlement_currency
from payments.services.sale_refusals import FINAL
from payments.services.steps import climb, move, raise_question, settle_by_answer, write_move
from payments.services.words import Word
from payments.states import (
    PAYMENT_TAKEN,
    PaymentState,
    Product,
    Question,
    WaitReason,
)


def hear(account: Account, word: Word) -> Payment | None:
    """Let a word have its effect, once; answers the payment it is about, if there is one.

    Raises WordUnusable where the word lacks what its effect needs.
    """
    begun = _begin_unless_known(account, word)
    if begun is not None:
        return begun
    payment = lock_named(account, word)
    if payment is None:
        return _begin(account, word)
    hear_about(payment, word)
    return payment


def hear_about(payment: Payment, word: Word) -> None:
    """Let a word have its effect on the locked payment it is about; raises WordUnusable."""
    apply(payment, word)
    payment.save()


def apply(payment: Payment, word: Word) -> None:
    """The same for a caller who has more to say of the payment, and saves it; raises WordUnusable
    before anything is written."""
    learn(payment, word)
    if word.says_taken:
        _hear_taken(payment, word)
    elif word.says_closed_unpaid:
        _hear_closed_unpaid(payment, word)
    else:
        _hear_waiting(payment, word)
    settle_by_answer(payment, word)
    _schedule(payment, word)


def wants_query(account: Account, payment: Payment) -> bool:
    """Whether the amount is booked only once Alipay has confirmed it; what the shop itself began
    has the amount that the shop named."""
    if payment.is_begun_here:
        return False
    if account.amount_source != AmountSource.AUTO:
        return account.amount_source == AmountSource.QUERY
    return payment.currency != settlement_currency(account, payment)


def lock_named(account: Account, word: Word) -> Payment | None:
    """The payment a word names, locked; raises WordUnusable where its numbers name two."""
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


def _begin_unless_known(account: Account, word: Word) -> Payment | None:
    """Most notices are the first about their trade and tell all there is to know: the payment is
    put in without asking for it. None where it is known, or this must be asked first."""
    if word.is_query or not word.says_taken or word.amount is None or word.paid_at is None:
        return None
    payment = _first_heard(account, word)
    if not rows.insert_new(payment):
        return None
    _write_beginning(payment, word)
    return payment


def _begin(account: Account, word: Word) -> Payment | None:
    """The first word about a trade: a payment exists only once an amount is known.

    That somebody began to pay and left it is not worth a row, unless we asked about it. Raises
    IntegrityError where somebody else began it just now.
    """
    if word.says_closed_unpaid and not word.is_query:
        return None
    payment = _first_heard(account, word)
    rows.insert(payment)
    _write_beginning(payment, word)
    return payment


def _first_heard(account: Account, word: Word) -> Payment:
    """A payment as its first word tells it; raises WordUnusable."""
    payment = _new_payment(account, word)
    describe(payment, word)
    payment.state = _first_state(account, payment, word)
    if payment.state == PaymentState.PAID:
        _refuse_unbookable(payment)
    if word.says_taken:
        payment.frozen = word.status == TradeStatus.TRADE_PENDING
        _hear_flags(payment, word)
    if word.says_closed_unpaid:
        payment.closed_reason = word.status
    _schedule(payment, word)
    return payment


def _write_beginning(payment: Payment, word: Word) -> None:
    write_move(payment, "", word)
    if payment.state == PaymentState.PAID:
        ledger.post_payment(payment, occurred_at=payment.occurred_at)


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
    if sale_moves.is_ending_in_vain(payment):
        raise_question(payment, Question.PAID_AFTER_END)


def _refuse_unbookable(payment: Payment) -> None:
    """What is booked has Alipay's number and the time it was paid; neither is guessed."""
    if not payment.alipay_trans_id:
        raise WordUnusable(WaitReason.NO_TRADE_NUMBER)
    if payment.paid_at is None:
        raise WordUnusable(WaitReason.NO_PAYMENT_TIME)


def _hear_amount(payment: Payment, word: Word) -> None:
    """A query decides an amount not yet booked, unless we named it; any difference becomes a
    question."""
    if word.amount is None or word.amount == payment.amount:
        return
    is_open = payment.state not in {PaymentState.PAID, PaymentState.CANCELLED}
    if word.is_query and is_open and not payment.is_begun_here:
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
        case TradeStatus.TRADE_CLOSED:
            _hear_closed_paid(payment, word)


def _hear_closed_paid(payment: Payment, word: Word) -> None:
    """Paid, and all of it gone back: by our cancel under way, or by what explains it, or by
    somebody at Alipay."""
    cancel = cancel_moves.sent_cancel_of(payment) if payment.reserved_minor else None
    if cancel is not None and payment.state == PaymentState.PAID:
        cancel_moves.complete(
            cancel,
            payment,
            actor=Actor(word.actor_name),
            call=word.call,
            notification=word.notification,
            done_at=cancel.first_sent_at or clock.now(),
        )
        move(payment, PaymentState.CANCELLED, word=word)
    elif not _explained(payment):
        raise_question(payment, Question.CLOSED_AT_ALIPAY)


def _explained(payment: Payment) -> bool:
    """Whether what we gave back, or are giving back, explains that Alipay closed the trade; also
    what came back later did, when it went."""
    ours = payment.refunded_minor + payment.cancelled_minor + payment.reserved_minor
    return ours + _came_back(payment) >= payment.amount_minor


def _came_back(payment: Payment) -> int:
    if payment._state.adding:  # Heard of just now: nothing of it went anywhere.
        return 0
    entries = payment.ledger_entries.filter(kind=EntryKind.REFUND_REVERSAL)
    return int(entries.aggregate(total=Sum("amount_minor"))["total"] or 0)


def _hear_closed_unpaid(payment: Payment, word: Word) -> None:
    """Ended unpaid. A late notice of it changes nothing; an answer that says so is a question."""
    if payment.state in {PaymentState.PENDING, PaymentState.UNKNOWN}:
        _close(payment, word)
    elif _contradicts(payment, word) and not _explained(payment):
        raise_question(payment, Question.STATUS_DIFFERS)


def _close(payment: Payment, word: Word) -> None:
    if payment.is_begun_here:
        if word.reason in FINAL:  # Else it ended by itself, or was cancelled.
            sale_moves.keep_refusal(payment, word.reason)
        sale_moves.close(payment, word.status, word=word)
    else:
        payment.closed_reason = word.status
        move(payment, PaymentState.CLOSED, word=word)


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


def _schedule(payment: Payment, word: Word) -> None:
    """When Alipay is asked next; None where nothing is open."""
    if payment.is_begun_here and payment.is_unsettled:
        sale_moves.schedule(payment)
    elif word.is_query:
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
