"""Beginning a sale that is committed: the call, sent once, and what its answer does.

What is not plainly paid or refused is asked about; a scan is never sent a second time.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from merchant_portal import due, rows
from merchant_portal.accounts.models import GatewayCall
from merchant_portal.audit import SCHEDULE
from merchant_portal.crashpoints import reached
from merchant_portal.gateway import Answered, Refused, Unanswered
from payments.errors import WordUnusable
from payments.models import Cancel, Payment, Sale
from payments.services import (
    asking,
    beginning,
    cancel_calls,
    moves,
    sale_moves,
    steps,
)
from payments.services.beginning import Begun, HeardOfBeginning, Wish
from payments.services.sale_refusals import FINAL, NOT_SENT
from payments.services.speaking import Unsent
from payments.states import PaymentState


@dataclass(frozen=True, slots=True)
class Silence:
    """Whatever was said, it ends nothing."""

    said: str


def begin(payment: Payment, wish: Wish) -> Payment:
    """Call Alipay and record what it says; answers the payment as it stands then, with its sale. An
    order for which no code came is ended at once."""
    heard = beginning.send(wish, payment)
    after_silence = beginning.may_repeat(wish, heard)
    if after_silence:
        heard = beginning.send(wish, payment)
    reached("sale.called")
    recorded, ending = _record(payment.pk, _silenced(heard) if after_silence else heard, wish)
    reached("sale.recorded")
    if ending is None:
        return recorded
    cancel_calls.submit_at_once(ending)
    return Payment.objects.select_related("sale").get(pk=payment.pk)


def _silenced(heard: HeardOfBeginning) -> Answered[Begun] | Silence:
    """A second attempt: after the silence of the first no refusal ends anything."""
    match heard:
        case Refused(code=said) | Unsent(why=said):
            return Silence(said)
        case Unanswered(reason=reason):
            return Silence(reason.value)
    return heard


@transaction.atomic(durable=True)
def _record(
    payment_id: int, heard: HeardOfBeginning | Silence, wish: Wish
) -> tuple[Payment, Cancel | None]:
    """What the call said; beside the payment the cancel that ends an order for which no code
    came."""
    payment = _lock(payment_id, wish)
    _hear(payment, heard, wish)
    ending = None
    if wish.code is None and payment.is_unsettled and not payment.sale.order_code:
        ending = sale_moves.give_up(payment, actor=SCHEDULE)
    rows.update(payment)
    return payment, ending


def _lock(payment_id: int, wish: Wish) -> Payment:
    """The payment with its sale, as they stand now."""
    [payment] = rows.select(Payment, "id = %s", [payment_id], lock=True)
    [payment.sale] = rows.select(Sale, "payment_id = %s", [payment_id])
    payment.account = wish.account
    return payment


def _hear(payment: Payment, heard: HeardOfBeginning | Silence, wish: Wish) -> None:
    match heard:
        case Silence(said=said):
            _hear_silence(payment, said)
        case Answered(answer=begun, call=call):
            _hear_begun(payment, begun, call, wish)
        case Refused(code=code, call=call):
            _hear_refused(payment, code, call)
        case Unanswered(reason=reason, never_sent=True, call=call):
            _hear_unsent(payment, reason.value, call)
        case Unanswered(reason=reason):
            _hear_silence(payment, reason.value)
        case Unsent(why=why):
            _hear_unsent(payment, why, None)


def _hear_begun(payment: Payment, begun: Begun, call: GatewayCall, wish: Wish) -> None:
    if begun.order_code:
        _keep_code(payment, begun)
    if begun.trade is None:
        if not begun.order_code:
            _hear_silence(payment, "U")
        return
    payment.last_answer = payment.last_answer or begun.trade.status.value
    try:
        settles_in = wish.enrolment.settlement_currency
        word = asking.word_about(payment, begun.trade, call, settles_in=settles_in)
        moves.apply(payment, word)
    except WordUnusable as unusable:
        payment.refresh_from_db()
        _hear_silence(payment, str(unusable))


def _keep_code(payment: Payment, begun: Begun) -> None:
    """A code was issued, which is not paid; of what was given up meanwhile it is not shown."""
    sale = payment.sale
    payment.last_answer = "ISSUED"
    if not payment.is_unsettled or sale.ending_at is not None or begun.expires_at is None:
        return
    sale.order_code, sale.order_code_expires_at = begun.order_code, begun.expires_at
    sale.ends_at = begun.expires_at + timedelta(seconds=settings.ORDER_CODE_GRACE_SECONDS)
    sale.save(update_fields=["order_code", "order_code_expires_at", "ends_at"])
    sale_moves.schedule(payment)


def _hear_refused(payment: Payment, code: str, call: GatewayCall) -> None:
    """A first attempt, so a refusal we know ends it; any other word is asked about first."""
    if not payment.is_unsettled:
        return
    payment.last_answer = code[: due.LONGEST_ANSWER]
    sale_moves.keep_refusal(payment, code)
    if code in FINAL:
        sale_moves.close(payment, code, call=call)
    else:
        _hear_silence(payment, code)


def _hear_unsent(payment: Payment, why: str, call: GatewayCall | None) -> None:
    """Nothing left this machine, so nothing can be paid."""
    if payment.is_unsettled:
        payment.last_answer = why[: due.LONGEST_ANSWER]
        sale_moves.keep_refusal(payment, NOT_SENT)
        sale_moves.close(payment, NOT_SENT, call=call)


def _hear_silence(payment: Payment, said: str) -> None:
    """It may be paid or not: from here on it is asked about."""
    if not payment.is_unsettled:
        return
    payment.last_answer = said[: due.LONGEST_ANSWER]
    if payment.state == PaymentState.PENDING:
        steps.move(payment, PaymentState.UNKNOWN)
    sale_moves.schedule(payment)
