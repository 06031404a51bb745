"""What each word from Alipay does to a payment, whether a notification or a query said it.

The caller holds the transaction. Nothing here moves a payment backwards.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from merchant_portal import clock
from merchant_portal.accounts.models import Account, AmountSource, GatewayCall
from merchant_portal.alipay.messages import TradeStatus
from merchant_portal.money import Money
from payments import ledger
from payments.models import Notification, Payment, PaymentMove
from payments.states import PAYMENT_MACHINE, PaymentState, Product, Question
from qrcodes.models import Counter, QRCode, Store

#: Statuses with which money has been taken (overseas.query; acquire family).
TAKEN = frozenset(
    {TradeStatus.TRADE_SUCCESS, TradeStatus.TRADE_FINISHED, TradeStatus.TRADE_PENDING}
)
#: Questions that an answer from Alipay settles by itself.
_SETTLED_BY_AN_ANSWER = frozenset({Question.NO_ANSWER})
_GLOBAL_WALLET = "ALIPAYCN"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a payment was made, as far as it is known."""

    store: Store | None = None
    counter: Counter | None = None
    code: QRCode | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """What Alipay said about one trade, by a notification or as the answer to a query."""

    status: TradeStatus
    alipay_trans_id: str
    partner_trans_id: str
    amount: Money | None
    paid_at: datetime | None
    buyer: str
    wallet: str
    place: Place
    notification: Notification | None = None
    call: GatewayCall | None = None

    @property
    def is_query(self) -> bool:
        return self.call is not None

    @property
    def actor_name(self) -> str:
        return "Alipay, asked" if self.is_query else "Alipay"

    @property
    def says_taken(self) -> bool:
        """Money was taken, whatever became of it later (a closed trade may carry a pay time)."""
        return self.status in TAKEN or (
            self.status == TradeStatus.TRADE_CLOSED and self.paid_at is not None
        )


def lock_payment(account: Account, word: Word) -> Payment | None:
    """The payment a word is about, locked; by Alipay's number first, then by the order number."""
    locked = Payment.objects.select_for_update(of=("self",)).filter(account=account)
    if word.alipay_trans_id:
        found = locked.filter(alipay_trans_id=word.alipay_trans_id).first()
        if found is not None:
            return found
    if word.partner_trans_id:
        return locked.filter(partner_trans_id=word.partner_trans_id, alipay_trans_id="").first()
    return None


def hear(account: Account, word: Word) -> Payment | None:
    """Let a word have its effect, once; answers the payment it is about, if there is one."""
    payment = lock_payment(account, word)
    if payment is None:
        return _begin(account, word)
    _learn(payment, word)
    if word.says_taken:
        _hear_taken(payment, word)
    elif word.status == TradeStatus.TRADE_CLOSED:
        _hear_closed_unpaid(payment, word)
    elif payment.state == PaymentState.UNKNOWN:
        move(payment, PaymentState.PENDING, word=word)
    _settle_questions(payment, word)
    payment.save()
    return payment


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


def wants_query(account: Account, payment: Payment) -> bool:
    """Whether the amount is booked only once Alipay has confirmed it."""
    if account.amount_source != AmountSource.AUTO:
        return account.amount_source == AmountSource.QUERY
    enrolment = payment.code.enrolment if payment.code else None
    settlement = enrolment.settlement_currency if enrolment else account.settlement_currency
    return payment.currency != settlement


def _begin(account: Account, word: Word) -> Payment | None:
    """The first word about a trade: a payment exists only once an amount is known."""
    if word.amount is None or (word.status == TradeStatus.TRADE_CLOSED and not word.says_taken):
        return None
    now = clock.now()
    payment = Payment(
        account=account,
        product=Product.MERCHANT_QR,
        store=word.place.store,
        counter=word.place.counter,
        code=word.place.code,
        alipay_trans_id=word.alipay_trans_id,
        partner_trans_id=word.partner_trans_id,
        amount_minor=word.amount.minor,
        currency=word.amount.currency,
        wallet=_wallet(account, word),
        buyer=word.buyer,
        paid_at=word.paid_at,
        occurred_at=word.paid_at or now,
        first_heard_at=now,
        frozen=word.status == TradeStatus.TRADE_PENDING,
        refundable=word.status != TradeStatus.TRADE_FINISHED,
    )
    payment.state = _first_state(account, payment, word)
    _schedule_after(payment, word)
    if word.status == TradeStatus.TRADE_CLOSED:
        raise_question(payment, Question.CLOSED_AT_ALIPAY)
    payment.save(force_insert=True)
    _write_move(payment, "", word)
    if payment.state == PaymentState.PAID:
        _book(payment)
    return payment


def _first_state(account: Account, payment: Payment, word: Word) -> PaymentState:
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
    _schedule_after(payment, word)


def _take(payment: Payment, word: Word) -> None:
    if not word.is_query and wants_query(payment.account, payment):
        move(payment, PaymentState.CONFIRMING, word=word)
        return
    payment.frozen = word.status == TradeStatus.TRADE_PENDING
    payment.paid_at = payment.paid_at or word.paid_at
    move(payment, PaymentState.PAID, word=word)
    _book(payment)


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
    if payment.state in {PaymentState.PENDING, PaymentState.UNKNOWN}:
        payment.closed_reason = "Closed unpaid at Alipay"
        move(payment, PaymentState.CLOSED, word=word)
        payment.next_attempt_at = None


def _learn(payment: Payment, word: Word) -> None:
    """Fill in what was not known; nothing known is overwritten."""
    payment.alipay_trans_id = payment.alipay_trans_id or word.alipay_trans_id
    payment.partner_trans_id = payment.partner_trans_id or word.partner_trans_id
    payment.buyer = payment.buyer or word.buyer
    payment.wallet = payment.wallet or _wallet(payment.account, word)
    if payment.paid_at is None and word.paid_at is not None:
        payment.paid_at = payment.occurred_at = word.paid_at
    _learn_place(payment, word.place)


def _learn_place(payment: Payment, place: Place) -> None:
    if place.store is None:
        return
    if payment.store_id is None:
        payment.store, payment.counter, payment.code = place.store, place.counter, place.code
    elif place.counter is not None and payment.counter_id != place.counter.pk:
        raise_question(payment, Question.PLACE_DIFFERS)
    elif payment.code_id is None:
        payment.code = place.code


def _settle_questions(payment: Payment, word: Word) -> None:
    if word.is_query and payment.question in _SETTLED_BY_AN_ANSWER:
        payment.question = ""
        payment.question_since = None


def _schedule_after(payment: Payment, word: Word) -> None:
    """When Alipay is asked next; None where nothing is open."""
    payment.attempts = 0
    payment.lease_until = None
    if payment.state == PaymentState.CONFIRMING or not payment.wallet:
        payment.next_attempt_at = clock.now()
    elif payment.state in {PaymentState.PENDING, PaymentState.UNKNOWN}:
        payment.next_attempt_at = clock.now() + timedelta(seconds=settings.WAIT_BUYER_SECONDS)
    else:
        payment.next_attempt_at = None
    if word.is_query and payment.state == PaymentState.PAID:
        payment.next_attempt_at = None


def _wallet(account: Account, word: Word) -> str:
    """Which wallet paid: told in Hong Kong, the Alipay China wallet under a global contract."""
    return word.wallet or ("" if account.is_hk else _GLOBAL_WALLET)


def _book(payment: Payment) -> None:
    ledger.post_payment(payment, occurred_at=payment.paid_at or clock.now())


def _write_move(payment: Payment, from_state: str, word: Word | None) -> None:
    PaymentMove.objects.create(
        payment=payment,
        from_state=from_state,
        to_state=payment.state,
        at=clock.now(),
        actor_name=word.actor_name if word else "schedule",
        notification=word.notification if word else None,
        call=word.call if word else None,
    )
