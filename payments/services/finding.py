"""Finding a payment by a number: what Alipay says about it is a payment of ours or there is none.

One "does not exist" proves nothing (the money may be on its way): only the ladder's end does.
"""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from merchant_portal import audit, clock, due
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.messages import TradeAnswer
from merchant_portal.audit import ALIPAY, Actor
from merchant_portal.gateway import Answered, Refused
from payments.errors import LookupRefused, WordUnusable
from payments.models import Lookup, Notification, Payment
from payments.services import moves
from payments.services.asking import Heard, told, word_of
from payments.services.speaking import ask_gateway
from payments.services.words import Place, Word
from payments.states import LOOKUP_MACHINE, LookupState
from qrcodes.models import Counter

_NOT_THERE = "TRADE_NOT_EXIST"
_LONGEST_NUMBER = 64


def find_payment(
    account: Account,
    *,
    actor: Actor,
    alipay_trans_id: str = "",
    partner_trans_id: str = "",
    counter: Counter | None = None,
) -> Lookup:
    """Note down to ask Alipay about a number; raises LookupRefused. `ask_lookup` asks.

    The same question that is still being asked is the same lookup.
    """
    alipay_trans_id, partner_trans_id = _fit(alipay_trans_id), _fit(partner_trans_id)
    if not (alipay_trans_id or partner_trans_id):
        raise LookupRefused(_("Enter Alipay's number or the merchant order number."))
    known = _known_payment(account, alipay_trans_id, partner_trans_id)
    _refuse_without_order_number(account, partner_trans_id, known)
    asked = {
        "account": account,
        "alipay_trans_id": alipay_trans_id,
        "partner_trans_id": partner_trans_id,
        "counter": counter,
        "state": LookupState.ASKING,
    }
    being_asked = Lookup.objects.filter(**asked).first()
    return being_asked or _begin(asked, actor=actor, known=known)


@transaction.atomic
def _begin(asked: dict[str, object], *, actor: Actor, known: Payment | None) -> Lookup:
    now = clock.now()
    lookup = Lookup.objects.create(
        **asked, asked_by=actor.name, asked_at=now, next_attempt_at=now, payment=known
    )
    audit.record(actor, "find_payment", lookup)
    return lookup


def look_for_payment_of(notification: Notification) -> Lookup | None:
    """A notice came before its payment: ask Alipay about the payment, if it can be asked."""
    try:
        return find_payment(
            notification.account,
            actor=ALIPAY,
            alipay_trans_id=notification.alipay_trans_id,
            partner_trans_id=notification.partner_trans_id,
        )
    except LookupRefused:  # Hong Kong without the order number: it waits for a person anyway.
        return None


def ask_lookup(lookup: Lookup) -> Lookup:
    """Ask now, unless it is settled or being asked at this very moment."""
    if lookup.state == LookupState.ASKING and due.claim_one(Lookup, lookup.pk, now=clock.now()):
        poll_lookup(lookup.pk)
    lookup.refresh_from_db()
    return lookup


def ask_lookup_again(lookup: Lookup, *, actor: Actor) -> Lookup:
    """A person asks once more about a number whose question was settled."""
    with transaction.atomic():
        locked = Lookup.objects.select_for_update().get(pk=lookup.pk)
        if locked.state != LookupState.ASKING:
            _move(locked, LookupState.ASKING)
            locked.settled_at = None
            locked.attempts = 0
            locked.next_attempt_at = clock.now()
            locked.save()
        audit.record(actor, "ask_alipay", locked)
    lookup.refresh_from_db()
    return ask_lookup(lookup)


def poll_lookup(lookup_id: int) -> None:
    """Ask about a number that was claimed, and record the answer."""
    lookup = Lookup.objects.select_related("account", "payment").get(pk=lookup_id)
    known = lookup.payment
    heard = ask_gateway(
        lookup.account,
        lookup,
        alipay_trans_id=lookup.alipay_trans_id or (known.alipay_trans_id if known else ""),
        partner_trans_id=lookup.partner_trans_id or (known.partner_trans_id if known else ""),
    )
    with transaction.atomic():
        locked = Lookup.objects.select_for_update(of=("self",)).select_related("account", "counter")
        lookup = locked.get(pk=lookup_id)
        _record(lookup, heard)
    # Not under the payment's lock: what applies a notification locks that first, then the payment.
    _link_waiting_notices(lookup.payment)


def _record(lookup: Lookup, heard: Heard) -> None:
    """The answer, unless another worker has settled the question meanwhile."""
    lookup.lease_until = None
    lookup.last_answer = told(heard)
    if lookup.state == LookupState.ASKING:
        match heard:
            case Answered():
                _record_found(lookup, heard)
            case Refused(code=code):
                refused = LookupState.NOT_FOUND if code == _NOT_THERE else LookupState.REFUSED
                _end_or_ask_again(lookup, refused)
            case _:
                _end_or_ask_again(lookup, LookupState.UNANSWERED)
    lookup.save()


def _record_found(lookup: Lookup, heard: Answered[TradeAnswer]) -> None:
    counter = lookup.counter
    place = Place(counter.store_id, counter.pk) if counter else Place()
    try:
        payment = _hear_or_again(lookup.account, word_of(heard.answer, heard.call, place))
    except WordUnusable as unusable:
        lookup.last_answer = str(unusable)[: due.LONGEST_ANSWER]
        _end_or_ask_again(lookup, LookupState.UNANSWERED)
        return
    lookup.payment = payment
    _settle(lookup, LookupState.FOUND)


def _hear_or_again(account: Account, word: Word) -> Payment | None:
    """A notice may begin the same payment at this instant; the second try sees it."""
    try:
        with transaction.atomic():
            return moves.hear(account, word)
    except IntegrityError:
        with transaction.atomic():
            return moves.hear(account, word)


def _link_waiting_notices(payment: Payment | None) -> None:
    """What waited for this payment to be known (a refund notice) is shown with it, and due."""
    if payment is not None:
        Notification.objects.waiting().filter(
            account=payment.account_id,
            alipay_trans_id=payment.alipay_trans_id,
            payment__isnull=True,
        ).update(payment=payment, next_attempt_at=clock.now(), lease_until=None)


def _end_or_ask_again(lookup: Lookup, end: LookupState) -> None:
    lookup.next_attempt_at = due.later(lookup, settings.ASK_LADDER_SECONDS, now=clock.now())
    if lookup.next_attempt_at is None:
        _settle(lookup, end)


def _settle(lookup: Lookup, end: LookupState) -> None:
    _move(lookup, end)
    lookup.settled_at = clock.now()
    lookup.next_attempt_at = None


def _move(lookup: Lookup, target: LookupState) -> None:
    LOOKUP_MACHINE.check(LookupState(lookup.state), target)
    lookup.state = target


def _fit(number: str) -> str:
    number = number.strip()
    if len(number) > _LONGEST_NUMBER or not number.isprintable():
        raise LookupRefused(
            _("This is no number of a payment: it is too long, or has characters no number has.")
        )
    return number


def _known_payment(account: Account, alipay_trans_id: str, partner_trans_id: str) -> Payment | None:
    """The payment of this account that carries the numbers; raises where they name two."""
    named = Q(pk__in=[])
    if alipay_trans_id:
        named |= Q(alipay_trans_id=alipay_trans_id)
    if partner_trans_id:
        named |= Q(partner_trans_id=partner_trans_id)
    found = list(account.payments.filter(named)[:2])
    if len(found) > 1:
        raise LookupRefused(_("The two numbers belong to different payments; enter one of them."))
    return found[0] if found else None


def _refuse_without_order_number(
    account: Account, partner_trans_id: str, known: Payment | None
) -> None:
    """Hong Kong answers to the order number alone (docs/ac/hkapi/overseas_query)."""
    if account.is_hk and not partner_trans_id and not (known and known.partner_trans_id):
        raise LookupRefused(
            _(
                "In Hong Kong Alipay answers only to the merchant order number. Ask the customer "
                "to open this payment in AlipayHK or Alipay, under the bills, and to show "
                "“Merchant order number”."
            )
        )
