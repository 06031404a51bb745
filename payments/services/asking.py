"""Asking Alipay: about a payment we have, or a number we have no payment for.

Calls are made outside transactions; the answer is recorded in one of its own.
"""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from merchant_portal import audit, clock, due, gateway
from merchant_portal.accounts.models import Account, GatewayCall
from merchant_portal.alipay.client import GatewayClient
from merchant_portal.alipay.messages import TradeAnswer, TradeStatus
from merchant_portal.audit import Actor
from merchant_portal.gateway import Answered, Refused, Unanswered
from merchant_portal.money import AmountUnusable, Money
from payments.errors import LookupRefused
from payments.models import Lookup, Payment
from payments.services import moves
from payments.services.moves import Place, Word
from payments.states import PAYMENT_UNSETTLED, LookupState, PaymentState, Question
from qrcodes.models import Counter

Heard = Answered[TradeAnswer] | Refused | Unanswered
_NOT_THERE = "TRADE_NOT_EXIST"


def ask_payment(payment: Payment, *, actor: Actor) -> Heard:
    """A person asks Alipay now: always asks, also about a settled payment."""
    with transaction.atomic():
        audit.record(actor, "ask_alipay", payment)
    return _ask_and_record(payment.pk)


def poll_payment(payment_id: int) -> Heard:
    """The clock asks about a payment it has claimed."""
    return _ask_and_record(payment_id)


def find_payment(
    account: Account,
    *,
    actor: Actor,
    alipay_trans_id: str = "",
    partner_trans_id: str = "",
    counter: Counter | None = None,
) -> Lookup:
    """Ask Alipay for a payment we know only a number of; raises LookupRefused.

    Hong Kong answers only to the merchant order number
    (global.alipay.com/docs/ac/hkapi/overseas_query).
    """
    if account.is_hk and not partner_trans_id:
        raise LookupRefused("Hong Kong needs the merchant order number.")
    if not (alipay_trans_id or partner_trans_id):
        raise LookupRefused("A number is needed.")
    now = clock.now()
    with transaction.atomic():
        lookup = Lookup.objects.create(
            account=account,
            alipay_trans_id=alipay_trans_id,
            partner_trans_id=partner_trans_id,
            counter=counter,
            state=LookupState.ASKING,
            asked_by=actor.name,
            asked_at=now,
            next_attempt_at=now,
        )
        audit.record(actor, "find_payment", lookup)
    return lookup


def ask_lookup(lookup: Lookup) -> Lookup:
    """Ask now, unless the clock is asking at this very moment."""
    if due.claim_one(Lookup, lookup.pk, now=clock.now()):
        poll_lookup(lookup.pk)
    lookup.refresh_from_db()
    return lookup


def poll_lookup(lookup_id: int) -> None:
    """Ask about a number that was claimed, and record the answer."""
    lookup = Lookup.objects.select_related("account", "counter__store").get(pk=lookup_id)
    heard = gateway.ask(lookup.account, lookup, _query(lookup))
    with transaction.atomic():
        lookup = (
            Lookup.objects.select_for_update(of=("self",))
            .select_related("account")
            .get(pk=lookup_id)
        )
        _record_lookup(lookup, heard)


def _ask_and_record(payment_id: int) -> Heard:
    payment = Payment.objects.select_related("account").get(pk=payment_id)
    heard = gateway.ask(payment.account, payment, _query(payment))
    with transaction.atomic():
        _record_answer(payment_id, heard)
    return heard


def _query(subject: Payment | Lookup) -> Callable[[GatewayClient], TradeAnswer]:
    return lambda client: client.query_payment(
        partner_trans_id=subject.partner_trans_id, alipay_trans_id=subject.alipay_trans_id
    )


def _record_answer(payment_id: int, heard: Heard) -> None:
    payment = _lock(payment_id)
    match heard:
        case Answered(answer=answer, call=call):
            try:
                word = _word(answer, call, Place())
            except AmountUnusable as unusable:
                _hear_nothing(payment, str(unusable))
                return
            moves.hear(payment.account, word)
            payment = _lock(payment_id)
            payment.last_answer = answer.status.value
            _wait_for_buyer(payment, answer)
            payment.save()
        case Refused(code=code):
            _hear_nothing(payment, code)
        case Unanswered(reason=reason):
            _hear_nothing(payment, reason.value)


def _lock(payment_id: int) -> Payment:
    return (
        Payment.objects.select_for_update(of=("self",))
        .select_related("account", "code__enrolment")
        .get(pk=payment_id)
    )


def _hear_nothing(payment: Payment, answer: str) -> None:
    """Neither yes nor no: ask again along the ladder, and in the end ask a person."""
    payment.last_answer = answer[:200]
    payment.lease_until = None
    if payment.next_attempt_at is not None:
        payment.next_attempt_at = due.later(payment, settings.ASK_LADDER_SECONDS, now=clock.now())
    if payment.state == PaymentState.PENDING:
        moves.move(payment, PaymentState.UNKNOWN)
    if payment.state in PAYMENT_UNSETTLED and payment.next_attempt_at is None:
        moves.raise_question(payment, Question.NO_ANSWER)
    payment.save()


def _wait_for_buyer(payment: Payment, answer: TradeAnswer) -> None:
    payment.lease_until = None
    if answer.status == TradeStatus.WAIT_BUYER_PAY and payment.state == PaymentState.PENDING:
        payment.next_attempt_at = clock.now() + timedelta(seconds=settings.WAIT_BUYER_SECONDS)


def _record_lookup(lookup: Lookup, heard: Heard) -> None:
    lookup.lease_until = None
    match heard:
        case Answered(answer=answer, call=call):
            _record_found(lookup, answer, call)
        case Refused(code=code):
            lookup.last_answer = code
            _end_or_ask_again(
                lookup, LookupState.NOT_FOUND if code == _NOT_THERE else LookupState.REFUSED
            )
        case Unanswered(reason=reason):
            lookup.last_answer = reason.value
            _end_or_ask_again(lookup, LookupState.UNANSWERED)
    lookup.save()


def _record_found(lookup: Lookup, answer: TradeAnswer, call: GatewayCall) -> None:
    counter = lookup.counter
    place = Place(store=counter.store, counter=counter) if counter else Place()
    lookup.last_answer = answer.status.value
    try:
        payment = moves.hear(lookup.account, _word(answer, call, place))
    except AmountUnusable as unusable:
        lookup.last_answer = str(unusable)[:200]
        _end_or_ask_again(lookup, LookupState.UNANSWERED)
        return
    lookup.payment = payment
    _settle(lookup, LookupState.FOUND if payment else LookupState.NOT_FOUND)


def _end_or_ask_again(lookup: Lookup, end: LookupState) -> None:
    """One "does not exist" proves nothing: only the ladder's end does."""
    lookup.next_attempt_at = due.later(lookup, settings.ASK_LADDER_SECONDS, now=clock.now())
    if lookup.next_attempt_at is None:
        _settle(lookup, end)


def _settle(lookup: Lookup, state: LookupState) -> None:
    lookup.state = state
    lookup.settled_at = clock.now()
    lookup.next_attempt_at = None


def _word(answer: TradeAnswer, call: GatewayCall, place: Place) -> Word:
    return Word(
        status=answer.status,
        alipay_trans_id=answer.alipay_trans_id,
        partner_trans_id=answer.partner_trans_id,
        amount=Money.parse(answer.amount, answer.currency),
        paid_at=answer.paid_at,
        buyer=answer.buyer_login,
        wallet=answer.payment_inst,
        place=place,
        call=call,
    )
