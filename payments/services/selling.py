"""The shop begins a payment: by the code a customer shows, or by a code made for one order.

A payment and its sale are committed before anything is sent. A scan is sent once; what comes of it
is asked, and in the end it is given up by a cancel.
"""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from merchant_portal import audit, clock, gateway, rows
from merchant_portal.accounts.models import Account
from merchant_portal.accounts.services import contract_of, json_contract_of
from merchant_portal.alipay.messages import PaymentCode
from merchant_portal.audit import Actor
from merchant_portal.crashpoints import reached
from merchant_portal.money import Money
from merchant_portal.vault import SealBroken
from payments.errors import SaleRefused
from payments.models import Cancel, Payment, Sale
from payments.services import (
    beginning,
    cancel_calls,
    cancel_moves,
    giving_back,
    sale_calls,
    sale_moves,
    steps,
)
from payments.services.beginning import Wish
from payments.states import PaymentState, Product
from qrcodes.errors import KeyReused
from qrcodes.models import Counter, Device, Enrolment
from qrcodes.services import agent_token_for
from qrcodes.services.idempotency import RequestKey, recall, remember


def sale_enrolments(counter: Counter, product: Product) -> list[Enrolment]:
    """Under what the counter can begin payments: its store is enrolled as a whole, and the account
    has keys to speak with. By account."""
    if product == Product.MERCHANT_QR:
        return []
    stores_own = "store_id = %s AND counter_id IS NULL ORDER BY account_id"
    enrolments = rows.select(Enrolment, stores_own, [counter.store_id])
    for enrolment in enrolments:
        enrolment.store = counter.store
        [enrolment.account] = rows.select(Account, "id = %s", [enrolment.account_id])
    return [enrolment for enrolment in enrolments if _has_keys(enrolment)]


def _has_keys(enrolment: Enrolment) -> bool:
    account = enrolment.account
    try:
        if account.sells_by_json:
            token = agent_token_for(account, enrolment.store_id)
            json_contract_of(account, agent_token=token).key()
        else:
            contract_of(account).signing()
    except gateway.NOTHING_SENT:
        return False
    return True


def sell_by_code(
    counter: Counter,
    *,
    under: Enrolment,
    amount: Money,
    code: PaymentCode,
    description: str,
    actor: Actor,
    device: Device | None = None,
    request: RequestKey | None = None,
) -> Sale:
    """Charge the code a customer shows; answers the sale as it stands, not necessarily paid.

    ``under`` is the enrolment of the counter's store at the account that takes the money. Raises
    SaleRefused before anything is sent, and KeyReused.
    """
    wish = _wish(counter, under, amount, description, code=code)
    return _sell(wish, actor=actor, device=device, request=request)


def sell_by_order_code(
    counter: Counter,
    *,
    under: Enrolment,
    amount: Money,
    description: str,
    actor: Actor,
    device: Device | None = None,
    request: RequestKey | None = None,
) -> Sale:
    """Have a code made for one order, to be shown to the customer. Where ``order_code`` is empty
    none came, and the sale is being ended. Raises as ``sell_by_code`` does."""
    wish = _wish(counter, under, amount, description, code=None)
    return _sell(wish, actor=actor, device=device, request=request)


def end_sale(sale: Sale, *, actor: Actor) -> Sale:
    """Give up a sale: a cancel ends it, and gives back what was paid meanwhile.

    Once more is the same. Raises SaleRefused for one that is known to be paid.
    """
    with transaction.atomic():
        payment = giving_back.lock_payment(sale.payment_id)
        if payment.is_taken and sale_moves.open_ending(payment) is None:
            raise SaleRefused(_("It is paid: give the money back instead."))
        ending = sale_moves.open_ending(payment)
        if ending is None and payment.is_unsettled:
            audit.record(actor, "end_sale", payment)
            ending = sale_moves.give_up(payment, actor=actor) or _end_late(payment, actor)
            payment.save()
    if ending is not None and not ending.may_have_left:
        cancel_calls.submit_at_once(ending)
    return sales().get(pk=sale.pk)


# ---- How it begins ------------------------------------------------------------------------


def _wish(
    counter: Counter,
    enrolment: Enrolment,
    amount: Money,
    description: str,
    *,
    code: PaymentCode | None,
) -> Wish:
    """What is wanted, if Alipay can be asked for it; raises SaleRefused."""
    if (enrolment.store_id, enrolment.counter_id) != (counter.store_id, None):
        text = _("%(store)s is not enrolled as a store under %(account)s.")
        raise SaleRefused(text % {"store": counter.store, "account": enrolment.account})
    if amount.minor <= 0:
        raise SaleRefused(_("Enter an amount above zero."))
    if amount.currency != enrolment.pricing_currency:
        text = _("%(store)s sells in %(currency)s.")
        raise SaleRefused(text % {"store": counter.store, "currency": enrolment.pricing_currency})
    return Wish(
        enrolment=enrolment,
        counter=counter,
        amount=amount,
        description=description.strip() or enrolment.store.name,
        number=_new_number(),
        sent_at=clock.now(),
        code=code,
    )


def _new_number() -> str:
    """Its name at Alipay for ever, also for the buyer; letters among its digits, so that it is
    never taken for a customer's code."""
    return f"S{clock.transaction_day(clock.now()):%Y%m%d}{secrets.token_hex(8)}"


def _sell(wish: Wish, *, actor: Actor, device: Device | None, request: RequestKey | None) -> Sale:
    _refuse_unfit(wish)
    try:
        payment = _commit(wish, actor=actor, device=device, request=request)
    except KeyReused:  # By the same request, or for something else, which ``recall`` refuses.
        made = recall(request) if request else None
        if made is None:
            raise
        return sales().get(pk=made)
    reached("sale.committed")
    return sale_calls.begin(payment, wish).sale


def sales() -> QuerySet[Sale]:
    """Sales with their payments."""
    return Sale.objects.select_related("payment")


def _refuse_unfit(wish: Wish) -> None:
    try:
        beginning.refuse_unfit(wish)
    except SealBroken as broken:
        raise SaleRefused(_("Nothing was sent: the master key opens no key.")) from broken
    except gateway.NOTHING_SENT as unfit:
        raise SaleRefused(_("Nothing was sent: %s") % unfit) from unfit


@transaction.atomic(durable=True)
def _commit(
    wish: Wish, *, actor: Actor, device: Device | None, request: RequestKey | None
) -> Payment:
    """The payment and its sale, before anything is sent. Raises KeyReused, having kept nothing,
    where the request's key is taken."""
    payment = _begin_payment(wish, actor)
    sale = _begin_sale(wish, payment, actor=actor, device=device)
    if request is not None:
        remember(request, sale)
    audit.record(actor, "begin_sale", payment, amount=str(wish.amount), product=payment.product)
    return payment


def _begin_payment(wish: Wish, actor: Actor) -> Payment:
    """Asked about by the clock if the program ends before the answer is recorded."""
    payment = Payment(
        account=wish.account,
        product=Product.BARCODE if wish.code else Product.ORDER_CODE,
        store_id=wish.counter.store_id,
        counter=wish.counter,
        partner_trans_id=wish.number,
        amount_minor=wish.amount.minor,
        currency=wish.amount.currency,
        state=PaymentState.PENDING,
        occurred_at=wish.sent_at,
        first_heard_at=wish.sent_at,
    )
    answered_by = wish.sent_at + timedelta(seconds=settings.SALE_ANSWER_SECONDS)
    payment.next_attempt_at = answered_by + sale_moves.pace_of(payment)
    rows.insert(payment)
    steps.write_move(payment, "", None, actor=actor)
    return payment


def _begin_sale(wish: Wish, payment: Payment, *, actor: Actor, device: Device | None) -> Sale:
    sale = Sale(
        payment=payment,
        interface=wish.interface,
        description=wish.description[:256],
        begun_by=actor.user,
        begun_by_name=actor.name[:200],
        device=device,
        code_hint=wish.code.shown if wish.code else "",
        sent_at=wish.sent_at,
        ends_at=_first_end(wish),
    )
    rows.insert(sale)
    return sale


def _first_end(wish: Wish) -> datetime:
    """A scan waits a minute. An order waits for its code first, and then for that code's end."""
    if wish.code is not None:
        return wish.sent_at + timedelta(seconds=settings.BARCODE_WAIT_SECONDS)
    return wish.sent_at + timedelta(
        seconds=settings.SALE_ANSWER_SECONDS + settings.ORDER_CODE_GRACE_SECONDS
    )


def _end_late(payment: Payment, actor: Actor) -> Cancel:
    """A person gives it up after the deadline of its own day: what Alipay may still do about it,
    Alipay decides."""
    today = cancel_moves.end_of_day(clock.now(), payment.account)
    return sale_moves.ask_to_end(payment, actor=actor, deadline=today)
